//! The target of a `HorizontalPodAutoscaler`, `VerticalPodAutoscaler` or `ScaledObject` that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// An autoscaler names a workload that does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-scale-target",
    level: Level::Warning,
    summary: "an autoscaler names a workload that does not exist",
    why: "the autoscaler is accepted and scales nothing: FailedGetScale",
    docs: include_str!("missing-scale-target.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "nothing is scaled", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-scale-target";

    fn autoscaler(kind: &str, name: &str) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: oven}}\nspec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: {kind}, name: {name}}}}}\n---\n"
        )
    }

    const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: oven}\n---\n";

    #[test]
    fn a_target_must_be_there() {
        assert!(findings(RULE, &format!("{}{DEPLOYMENT}", autoscaler("Deployment", "oven"))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{DEPLOYMENT}", autoscaler("Deployment", "ovem"))),
            ["spec.scaleTargetRef.name: Deployment \"ovem\" is not found in these manifests"]
        );
        assert_eq!(
            findings(RULE, &format!("{}{DEPLOYMENT}", autoscaler("StatefulSet", "oven"))),
            ["spec.scaleTargetRef.name: StatefulSet \"oven\" is not found in these manifests"]
        );
        assert!(findings(RULE, &autoscaler("Deployment", "oven")).is_empty());
    }

    #[test]
    fn what_keda_takes_for_granted() {
        let scaled = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: oven}\nspec: {scaleTargetRef: {name: ovens}}\n---\n";
        assert_eq!(findings(RULE, &format!("{scaled}{DEPLOYMENT}")).len(), 1);
        assert!(findings(RULE, &format!("{}{DEPLOYMENT}", scaled.replace("ovens", "oven"))).is_empty());
    }
}
