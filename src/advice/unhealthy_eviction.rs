//! Budgets that keep pods that do not work.
//!
//! Source: `EvictionREST.Create` in `pkg/registry/core/pod/storage/eviction.go` (1.36).

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// `unhealthyPodEvictionPolicy` that is not `AlwaysAllow`.
pub(super) static RULE: Rule = Rule {
    id: "reliability/unhealthy-pod-eviction",
    level: Level::Advice,
    summary: "a PodDisruptionBudget keeps broken pods where they are",
    why: "a pod that runs and is not ready counts as one that is down: with one of them in a crash loop the budget is used up, the API server refuses to evict it, and its node cannot be drained",
    docs: include_str!("unhealthy-pod-eviction.md"),
};

/// The minor in which the field is on by default.
const SINCE: u8 = 27;

/// Looks at the budgets of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    if ground.oldest.0 < SINCE {
        return Vec::new();
    }
    let budgets = ground.scene.set.of_the_set("policy", "PodDisruptionBudget");
    let keeping = budgets.filter(|budget| budget.spec().text("unhealthyPodEvictionPolicy") != "AlwaysAllow");
    keeping
        .map(|budget| {
            let message = format!("{} keeps pods that run and are not ready from being evicted", budget.title());
            Finding::in_object(&RULE, message, budget.object, FieldPath::of(&["spec", "unhealthyPodEvictionPolicy"]))
                .with_help("write `unhealthyPodEvictionPolicy: AlwaysAllow`")
        })
        .collect()
}
