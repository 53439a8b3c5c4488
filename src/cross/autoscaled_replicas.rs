//! A workload that says how many pods it has, and an autoscaler that says it too.
//!
//! Apart because each of the two is right by itself.

use super::two_autoscalers::is_autoscaler;
use super::{Named, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// `replicas` in the manifest of what an autoscaler scales.
pub static RULE: Rule = Rule {
    id: "cross/autoscaled-replicas",
    level: Level::Warning,
    summary: "the manifest sets `replicas`, and an autoscaler does too",
    why: "every apply puts the workload back to the number in the manifest, whatever the load, until the autoscaler corrects it; by server-side apply it is a conflict with the autoscaler instead",
    docs: include_str!("autoscaled-replicas.md"),
};

/// Looks at what the autoscalers of the set scale.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene.names.iter().filter(|named| is_autoscaler(named)).filter_map(|named| judge(named, scene)).collect()
}

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let target = scene.set.find(named.group, named.kind, named.namespace, named.name)?;
    if !target.is_of_the_set || !scene.are_known_together(target, &named.from) {
        return None;
    }
    let field = FieldPath::of(&["spec", "replicas"]);
    let replicas = target.spec().int("replicas")?;
    let spec = named.from.spec();
    let (least, most) = match named.from.kind {
        "ScaledObject" => (spec.int("minReplicaCount").unwrap_or(0), spec.int("maxReplicaCount").unwrap_or(100)),
        _ => (spec.int("minReplicas").unwrap_or(1), spec.int("maxReplicas")?),
    };
    if least == most && most == replicas {
        return None;
    }
    let message = if replicas == 0 && named.from.kind == "HorizontalPodAutoscaler" {
        format!(
            "every apply sets {} to 0 replicas, and {} scales nothing that is at 0",
            target.title(),
            named.from.title()
        )
    } else {
        format!(
            "every apply sets {} back to {replicas} replicas, while {} keeps it between {least} and {most}",
            target.title(),
            named.from.title()
        )
    };
    Some(
        Finding::in_object(&RULE, message, target.object, field)
            .with_label(named.from.place(&named.path), format!("{} scales it", named.from.title()))
            .with_help(
                "leave `replicas` out; where it was applied before, first take it out of the last-applied annotation \
                 (`kubectl apply edit-last-applied`), or the apply that leaves it out sets it to 1 once",
            ),
    )
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/autoscaled-replicas";

    fn set(replicas: &str, least: i64, most: i64) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{{replicas}template: {{}}}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: heat}}\nspec: {{minReplicas: {least}, maxReplicas: {most}, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: oven}}}}\n"
        )
    }

    #[test]
    fn the_number_is_in_two_hands() {
        assert_eq!(
            findings(RULE, &set("replicas: 3, ", 2, 10)),
            ["spec.replicas: every apply sets Deployment default/oven back to 3 replicas, while \
              HorizontalPodAutoscaler default/heat keeps it between 2 and 10"]
        );
        assert_eq!(
            findings(RULE, &set("replicas: 0, ", 2, 10)),
            ["spec.replicas: every apply sets Deployment default/oven to 0 replicas, and HorizontalPodAutoscaler \
              default/heat scales nothing that is at 0"]
        );
    }

    #[test]
    fn one_hand_is_enough() {
        assert!(findings(RULE, &set("", 2, 10)).is_empty());
        assert!(findings(RULE, &set("replicas: 3, ", 3, 3)).is_empty(), "both say the same");
        let other = set("replicas: 3, ", 2, 10).replace("name: oven}}", "name: stove}}");
        assert!(findings(RULE, &other).is_empty());
    }

    #[test]
    fn what_only_the_cluster_has_is_not_applied() {
        let both = set("replicas: 3, ", 2, 10);
        let (target, autoscaler) = both.split_once("---\n").expect("two documents");
        let target = target.replace("name: oven", "name: oven, namespace: default");
        assert!(findings_in(&target, RULE, autoscaler).is_empty());
    }
}
