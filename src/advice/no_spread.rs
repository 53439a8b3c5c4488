//! Pods that may all be put on one node.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// Two pods or more without anti-affinity or spread constraints.
pub(super) static RULE: Rule = Rule {
    id: "reliability/no-spread",
    level: Level::Advice,
    summary: "nothing spreads the pods over nodes",
    why: "the scheduler spreads pods of one Service only as a wish, which a fuller or emptier node outweighs: all of them may be on one node, and go with it",
    docs: include_str!("no-spread.md"),
};

/// Looks at workloads of two pods or more.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in &ground.pods {
        let Some(pods) = ground.least_pods(pod).filter(|pods| *pods > 1) else { continue };
        let rules =
            ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"];
        let apart = pod.spec.at(&["affinity", "podAntiAffinity"]);
        let is_spread = !pod.spec.list("topologySpreadConstraints").is_empty()
            || rules.iter().any(|rule| !apart.list(rule).is_empty())
            // A port of the node keeps two pods from one node.
            || pod.spec.flag("hostNetwork")
            || pod.lasting_containers().flat_map(|container| container.node.list("ports")).any(|port| port.int("hostPort").is_some_and(|port| port != 0));
        if is_spread {
            continue;
        }
        let message = format!("the {pods} pods of {} may all be on one node", pod.member().title());
        let help = "add `topologySpreadConstraints` with `topologyKey: kubernetes.io/hostname`, `maxSkew: 1`, `whenUnsatisfiable: ScheduleAnyway` and the labels of the pods";
        found.push(pod.advise(&RULE, message, pod.field(&["topologySpreadConstraints"])).with_help(help));
    }
    found
}
