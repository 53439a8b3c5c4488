//! A `PodDisruptionBudget` whose selector selects no pods.

use super::scene::Scene;
use super::selects_nothing::Selecting;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// A `PodDisruptionBudget` selects no pods.
pub static RULE: Rule = Rule {
    id: "cross/disruption-budget-selects-nothing",
    level: Level::Warning,
    summary: "a PodDisruptionBudget selects no pods",
    why: "the budget is accepted and protects nothing: drained nodes evict the pods that were meant",
    docs: include_str!("disruption-budget-selects-nothing.md"),
};

/// Looks at every `PodDisruptionBudget`.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let budgets = scene.set.of_the_set("policy", "PodDisruptionBudget");
    let selecting = budgets.filter_map(|owner| {
        let selector = owner.spec()?.get("selector")?;
        let path = FieldPath::of(&["spec", "selector"]);
        Some(Selecting { owner, selector, path, namespace: owner.namespace })
    });
    selecting.filter_map(|selecting| selecting.judge(scene, &RULE)).collect()
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings, findings_in};

    const RULE: &str = "cross/disruption-budget-selects-nothing";

    fn budget(selector: &str) -> String {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: keep}}\nspec: {{minAvailable: 1, selector: {selector}}}\n---\n"
        )
    }

    const OVEN: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: oven}\nspec: {template: {metadata: {labels: {app: oven, tier: heat}}}}\n---\n";

    #[test]
    fn labels_that_nearly_match() {
        let all = "{matchLabels: {app: oven}}";
        assert!(findings(RULE, &format!("{OVEN}{}", budget(all))).is_empty());
        for off in ["{matchLabels: {app: ovens}}", "{matchLabels: {app: oven, teir: heat}}"] {
            assert_eq!(findings(RULE, &format!("{OVEN}{}", budget(off))).len(), 1, "{off}");
        }
        assert_eq!(
            findings(RULE, &format!("{OVEN}{}", budget("{matchLabels: {app: ovne}}"))),
            ["spec.selector: no pods in namespace default have the labels app=ovne"]
        );
    }

    #[test]
    fn one_called_as_the_workload_is_means_it() {
        let budget = budget("{matchLabels: {app: stove}}").replace("keep", "oven");
        assert_eq!(findings(RULE, &format!("{OVEN}{budget}")).len(), 1);
    }

    #[test]
    fn pods_may_come_from_elsewhere() {
        let other = budget("{matchExpressions: [{key: app, operator: In, values: [stove]}]}");
        assert!(findings(RULE, &format!("{OVEN}{other}")).is_empty());
        assert_eq!(advice(RULE, &format!("{OVEN}{other}")).len(), 1);
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        assert_eq!(findings_in(nothing, RULE, &format!("{OVEN}{other}")).len(), 1);
    }

    #[test]
    fn an_empty_selector_selects_all() {
        assert!(advice(RULE, &budget("{}")).is_empty());
    }
}
