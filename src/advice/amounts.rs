//! What a container needs, and how much it may take.
//!
//! Apart as one table because the four differ in two words. A limit is the request where there is none; a `LimitRange`
//! and a `VerticalPodAutoscaler` fill in what is not written, and amounts of the pod hold for its containers.

use super::ground::{Ground, Pod};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::yaml::NodeRef;

/// An amount that is not there.
pub(super) struct Amount {
    pub(super) rule: Rule,
    /// `requests` or `limits`.
    list: &'static str,
    /// `cpu` or `memory`.
    resource: &'static str,
    says: &'static str,
    help: &'static str,
}

/// No request of CPU.
pub(super) static CPU_REQUEST: Amount = Amount {
    rule: Rule {
        id: "efficiency/no-cpu-request",
        level: Level::Advice,
        summary: "a container requests no CPU",
        why: "the scheduler counts it as nothing and overfills nodes with it; when the CPU of its node is short, it gets next to none",
        docs: include_str!("no-cpu-request.md"),
    },
    list: "requests",
    resource: "cpu",
    says: "requests no CPU: it counts as nothing when nodes are filled",
    help: "write what it uses on a usual day into `resources.requests.cpu`",
};

/// No limit of CPU.
pub(super) static CPU_LIMIT: Amount = Amount {
    rule: Rule {
        id: "efficiency/no-cpu-limit",
        level: Level::Advice,
        summary: "a container may take all CPU of its node",
        why: "it takes whatever is idle, so its speed depends on its neighbours; what is fast in tests may be slow when the node fills up",
        docs: include_str!("no-cpu-limit.md"),
    },
    list: "limits",
    resource: "cpu",
    says: "may take all CPU that is idle on its node",
    help: "write `resources.limits.cpu`, or a request alone where to take what is idle is meant",
};

/// No request of memory.
pub(super) static MEMORY_REQUEST: Amount = Amount {
    rule: Rule {
        id: "efficiency/no-memory-request",
        level: Level::Advice,
        summary: "a container requests no memory",
        why: "the scheduler counts it as nothing and overfills nodes with it; when memory is short there, it is among the first to be evicted or killed",
        docs: include_str!("no-memory-request.md"),
    },
    list: "requests",
    resource: "memory",
    says: "requests no memory: it counts as nothing when nodes are filled",
    help: "write what it uses on a usual day into `resources.requests.memory`",
};

/// No limit of memory.
pub(super) static MEMORY_LIMIT: Amount = Amount {
    rule: Rule {
        id: "efficiency/no-memory-limit",
        level: Level::Advice,
        summary: "a container may take all memory of its node",
        why: "a leak in it takes the memory of its neighbours: the node evicts pods, and its kernel kills processes that did nothing",
        docs: include_str!("no-memory-limit.md"),
    },
    list: "limits",
    resource: "memory",
    says: "may take all memory of its node",
    help: "write the most that it should ever use into `resources.limits.memory`",
};

/// Looks at the containers that run as long as their pods.
pub(super) fn check(amount: &'static Amount, ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| !is_filled_in(amount, ground, pod)) {
        for container in pod.lasting_containers().filter(|container| !has(amount, container.node)) {
            let message = format!("{} {}", container.title(), amount.says);
            found.push(
                container
                    .advise(&amount.rule, message, &["resources", amount.list, amount.resource])
                    .with_help(amount.help),
            );
        }
    }
    found
}

/// Whether a container, or a pod as a whole, has the amount.
fn has(amount: &Amount, of: NodeRef<'_>) -> bool {
    let written = |list: &str| of.at(&["resources", list, amount.resource]).is_some_and(|value| !value.is_null());
    written(amount.list) || written("limits")
}

/// Whether somebody else says how much it is.
fn is_filled_in(amount: &Amount, ground: &Ground<'_>, pod: &Pod<'_>) -> bool {
    let member = pod.member();
    let defaults = if amount.list == "limits" { ["default"].as_slice() } else { &["defaultRequest", "default", "min"] };
    let mut ranges = ground.known("", "LimitRange").filter(|range| member.may_be_in(range.namespace));
    let of_range = ranges.any(|range| {
        let limits = range.spec().list("limits").into_iter().filter(|limit| limit.text("type") == "Container");
        limits.into_iter().any(|limit| defaults.iter().any(|list| limit.at(&[list, amount.resource]).is_some()))
    });
    let mut autoscalers =
        ground.known("autoscaling.k8s.io", "VerticalPodAutoscaler").filter(|scaler| member.may_be_in(scaler.namespace));
    let of_autoscaler = amount.list == "requests"
        && autoscalers.any(|scaler| {
            let target = scaler.spec().and_then(|spec| spec.get("targetRef"));
            let mode = scaler.spec().and_then(|spec| spec.get("updatePolicy")).text_or("updateMode", "Auto");
            target.text("kind") == member.kind && target.text("name") == member.object.name && mode != "Off"
        });
    // Knative gives what it makes an amount of its own.
    has(amount, pod.spec) || of_range || of_autoscaler || pod.is_knative()
}
