//! Pods that nobody ranked, beside others that somebody did.

use super::ground::Ground;
use crate::apply::SYSTEM_PRIORITY_CLASSES;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// No priority class where the repository has its own.
pub(super) static RULE: Rule = Rule {
    id: "reliability/no-priority-class",
    level: Level::Advice,
    summary: "pods have no priority where others have one",
    why: "without a class their priority is 0: when nodes are full, they wait behind, and are evicted for, all pods that were given one",
    docs: include_str!("no-priority-class.md"),
};

/// Looks at pods without a class, in a repository that defines classes and no default among them.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let classes: Vec<_> = ground.known("scheduling.k8s.io", "PriorityClass").collect();
    let is_default = classes
        .iter()
        .any(|class| class.object.root().get("globalDefault").and_then(crate::yaml::NodeRef::as_bool) == Some(true));
    let Some(class) = classes.iter().find(|class| {
        let value = class.object.root().get("value").and_then(crate::yaml::NodeRef::as_i64);
        value.is_some_and(|value| value > 0) && !SYSTEM_PRIORITY_CLASSES.contains(&class.object.name.as_str())
    }) else {
        return Vec::new();
    };
    if is_default {
        return Vec::new();
    }
    let unranked = ground
        .pods
        .iter()
        .filter(|pod| pod.is_lasting() && !pod.is_knative() && pod.spec.text("priorityClassName").is_empty());
    unranked
        .map(|pod| {
            let message = format!("the pods of {} are the first to go when nodes are full", pod.member().title());
            pod.advise(&RULE, message, pod.field(&["priorityClassName"]))
                .with_label(class.name_place(), "there is a class of its own here")
                .with_help("write `priorityClassName`, or make one class the default (`globalDefault: true`)")
        })
        .collect()
}
