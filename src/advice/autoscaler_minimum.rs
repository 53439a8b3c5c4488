//! Autoscalers that go down to one pod.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// `minReplicas` below two.
pub(super) static RULE: Rule = Rule {
    id: "reliability/autoscaler-minimum",
    level: Level::Advice,
    summary: "an autoscaler goes down to one pod",
    why: "in a quiet hour one pod is left: when its node goes, nothing answers, and when the load comes back all of it meets that one",
    docs: include_str!("autoscaler-minimum.md"),
};

/// Looks at the autoscalers of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for autoscaler in ground.scene.set.of_the_set("autoscaling", "HorizontalPodAutoscaler") {
        // Down to zero is meant.
        if autoscaler.spec().int("minReplicas").unwrap_or(1) != 1 || autoscaler.spec().int("maxReplicas") == Some(1) {
            continue;
        }
        let target = autoscaler.spec().and_then(|spec| spec.get("scaleTargetRef"));
        let message = format!(
            "{} \"{}\" is left with one pod when there is little to do",
            target.text("kind"),
            target.text("name")
        );
        let field = FieldPath::of(&["spec", "minReplicas"]);
        found.push(
            Finding::in_object(&RULE, message, autoscaler.object, field).with_help("write `minReplicas: 2` or more"),
        );
    }
    found
}
