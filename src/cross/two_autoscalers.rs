//! Two autoscalers that scale one workload.
//!
//! Apart from the workload's own `replicas`, which one autoscaler is enough to disagree with.
//! Source: `validateAndParseSelector` in `pkg/controller/podautoscaler/horizontal.go` (1.36).

use super::{Named, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use std::collections::HashMap;

/// A workload with two autoscalers.
pub static RULE: Rule = Rule {
    id: "cross/two-autoscalers",
    level: Level::Warning,
    summary: "two autoscalers scale the same workload",
    why: "a HorizontalPodAutoscaler whose pods another one scales as well reports AmbiguousSelector and stops scaling, and so does the other (before 1.27 each undid what the other did)",
    docs: include_str!("two-autoscalers.md"),
};

/// Looks at what the autoscalers of the set scale.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut first: HashMap<(&str, &str, Option<&str>, &str), Vec<&Named<'_>>> = HashMap::new();
    let mut found = Vec::new();
    for named in scene.names.iter().filter(|named| is_autoscaler(named)) {
        let before = first.entry((named.kind, named.group, named.namespace, named.name)).or_default();
        if let Some(other) = before.iter().find(|other| scene.are_rivals(&other.from, &named.from)) {
            found.push(tell(other, named));
        } else {
            before.push(named);
        }
    }
    found
}

/// Whether a name is that of what an autoscaler scales.
pub(super) fn is_autoscaler(named: &Named<'_>) -> bool {
    let is_hpa = named.from.is("autoscaling", "HorizontalPodAutoscaler");
    // KEDA makes a HorizontalPodAutoscaler for each; one that is there already can be handed over to it.
    let is_scaled_object = named.from.is("keda.sh", "ScaledObject") && {
        let annotations = named.from.object.root().at(&["metadata", "annotations"]);
        annotations.text("scaledobject.keda.sh/transfer-hpa-ownership") != "true"
    };
    (is_hpa || is_scaled_object) && named.path.to_string() == "spec.scaleTargetRef.name"
}

fn tell(other: &Named<'_>, named: &Named<'_>) -> Finding {
    let message = format!("{} scales {} \"{}\" as well", other.from.title(), named.kind, named.name);
    Finding::in_object(&RULE, message, named.from.object, named.path.clone())
        .with_label(other.from.place(&other.path), format!("{} scales it too", other.from.title()))
        .with_help("keep one: a HorizontalPodAutoscaler can have several metrics and takes the largest size any of them asks for")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/two-autoscalers";

    fn autoscaler(name: &str, target: &str) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec: {{maxReplicas: 3, scaleTargetRef: {{{target}}}}}\n---\n"
        )
    }

    const OVEN: &str = "apiVersion: apps/v1, kind: Deployment, name: oven";

    #[test]
    fn a_workload_has_one_autoscaler() {
        assert_eq!(
            findings(RULE, &(autoscaler("cpu", OVEN) + &autoscaler("memory", OVEN))),
            ["spec.scaleTargetRef.name: HorizontalPodAutoscaler default/cpu scales Deployment \"oven\" as well"]
        );
        let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: queue}\nspec: {scaleTargetRef: {name: oven}, triggers: []}\n";
        assert_eq!(findings(RULE, &(autoscaler("cpu", OVEN) + keda)).len(), 1);
    }

    #[test]
    fn other_targets_are_others() {
        let set = autoscaler("cpu", OVEN)
            + &autoscaler("memory", "apiVersion: apps/v1, kind: StatefulSet, name: oven")
            + &autoscaler("more", "apiVersion: apps/v1, kind: Deployment, name: stove")
            + &autoscaler("cpu", OVEN).replace("{name: cpu}", "{name: cpu, namespace: annex}");
        assert!(findings(RULE, &set).is_empty());
        assert!(findings(RULE, &autoscaler("cpu", OVEN).repeat(2)).is_empty(), "one object, written twice");
        let handed_over = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: queue, annotations: {scaledobject.keda.sh/transfer-hpa-ownership: \"true\"}}\nspec: {scaleTargetRef: {name: oven}}\n";
        assert!(findings(RULE, &(autoscaler("cpu", OVEN) + handed_over)).is_empty());
    }
}
