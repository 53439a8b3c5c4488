//! Pods that two disruption budgets select.
//!
//! Apart from budgets that allow nothing: here each may be sound, and the two together are not.
//! Source: `pkg/registry/core/pod/storage/eviction.go` (1.36).

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use std::collections::{HashMap, HashSet};

/// Pods with two disruption budgets.
pub static RULE: Rule = Rule {
    id: "cross/two-disruption-budgets",
    level: Level::Warning,
    summary: "two PodDisruptionBudgets select the same pods",
    why: "the API server evicts no pod that has more than one: \"This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.\" Its node cannot be drained",
    docs: include_str!("two-disruption-budgets.md"),
};

/// Looks at which pods of the set each budget selects.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut first: HashMap<usize, Vec<&Member<'_>>> = HashMap::new();
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for budget in scene.set.of_the_set("policy", "PodDisruptionBudget") {
        let Some(selector) = budget.spec().and_then(|spec| spec.get("selector")) else { continue };
        let selected = scene.set.surely_selected(budget.namespace, selector).unwrap_or_default();
        for workload in selected.into_iter().filter(|workload| workload.member.is_of_the_set) {
            if !scene.are_known_together(&workload.member, budget) {
                continue;
            }
            let before = first.entry(std::ptr::from_ref(workload).addr()).or_default();
            match before.iter().find(|other| scene.are_rivals(other, budget)) {
                // One finding for a budget, not one for each of its workloads.
                Some(other) if told.insert(std::ptr::from_ref(budget).addr()) => {
                    found.push(tell(other, budget, &workload.member));
                }
                Some(_) => {}
                None => before.push(budget),
            }
        }
    }
    found
}

fn tell(other: &Member<'_>, budget: &Member<'_>, of: &Member<'_>) -> Finding {
    let selector = FieldPath::of(&["spec", "selector"]);
    let message = format!("{} selects the pods of {} as well", other.title(), of.title());
    Finding::in_object(&RULE, message, budget.object, selector.clone())
        .with_label(other.place(&selector), format!("{} selects them too", other.title()))
        .with_label(of.name_place(), format!("the pods of {}", of.title()))
        .with_help("let one budget select them: delete the other, or make its selector narrower")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/two-disruption-budgets";
    const OVEN: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: oven}\nspec: {template: {metadata: {labels: {app: oven, tier: kitchen}}}}\n---\n";

    fn budget(name: &str, selector: &str) -> String {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\nspec: {{maxUnavailable: 1, selector: {selector}}}\n---\n"
        )
    }

    #[test]
    fn pods_have_one_budget() {
        let set = OVEN.to_owned() + &budget("one", "{matchLabels: {app: oven}}");
        assert!(findings(RULE, &set).is_empty());
        for second in
            ["{matchLabels: {tier: kitchen}}", "{}", "{matchExpressions: [{key: app, operator: In, values: [oven]}]}"]
        {
            assert_eq!(
                findings(RULE, &(set.clone() + &budget("two", second))),
                ["spec.selector: PodDisruptionBudget default/one selects the pods of Deployment default/oven as well"]
            );
        }
    }

    #[test]
    fn other_pods_and_namespaces_are_others() {
        let set = OVEN.to_owned()
            + &budget("one", "{matchLabels: {app: oven}}")
            + &budget("two", "{matchLabels: {app: stove}}")
            + &budget("three", "{}").replace("name: three", "name: three, namespace: annex");
        assert!(findings(RULE, &set).is_empty());
    }
}
