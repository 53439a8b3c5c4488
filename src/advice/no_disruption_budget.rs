//! Servers that a drain may take down as a whole.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// Two pods or more that no `PodDisruptionBudget` selects.
pub(super) static RULE: Rule = Rule {
    id: "reliability/no-disruption-budget",
    level: Level::Advice,
    summary: "no PodDisruptionBudget selects pods of which there are several",
    why: "whoever drains nodes (an upgrade, a cluster autoscaler) may evict all of them at once",
    docs: include_str!("no-disruption-budget.md"),
};

/// Looks at workloads of two pods or more.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| pod.member().kind != "ReplicationController") {
        let Some(pods) = ground.least_pods(pod).filter(|pods| *pods > 1) else { continue };
        if ground.is_selected_by(pod, "policy", "PodDisruptionBudget", &["spec", "selector"]) {
            continue;
        }
        let message = format!("all {pods} pods of {} may be evicted at once", pod.member().title());
        let field = if pod.workload.replicas.is_some() { ["spec", "replicas"] } else { ["metadata", "name"] };
        let help = "add a PodDisruptionBudget with `maxUnavailable: 1` and the labels of the pods";
        found.push(pod.advise(&RULE, message, FieldPath::of(&field)).with_help(help));
    }
    found
}
