//! Servers of which there is one.

use super::ground::{Ground, Pod};
use super::recreate::{cannot_run_twice, is_recreated};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// One pod behind a Service.
pub(super) static RULE: Rule = Rule {
    id: "reliability/single-replica",
    level: Level::Advice,
    summary: "a Service has one pod",
    why: "when its node is drained or dies, or the pod is killed, nothing answers until another one has started",
    docs: include_str!("single-replica.md"),
};

/// Looks at the Deployments that Services of the set lead to.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| is_a_server(pod) && pod.workload.replicas.unwrap_or(1) == 1) {
        let Some(service) = ground.services(pod).first() else { continue };
        if ground.autoscaled_to(pod).is_some() || is_recreated(pod) || cannot_run_twice(ground, pod) {
            continue;
        }
        let message = format!("{} has one pod, and {} has no other", pod.member().title(), service.title());
        found.push(
            pod.advise(&RULE, message, FieldPath::of(&["spec", "replicas"]))
                .with_label(service.place(&FieldPath::of(&["spec", "selector"])), "requests come through it")
                .with_help("write `replicas: 2`, or let an autoscaler say it"),
        );
    }
    found
}

/// Whether it is of a kind that runs any number of equal pods.
pub(super) fn is_a_server(pod: &Pod<'_>) -> bool {
    matches!((pod.member().group, pod.member().kind), ("apps", "Deployment") | ("argoproj.io", "Rollout"))
}
