//! Ports of nodes that pods take.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A `hostPort`.
pub(super) static RULE: Rule = Rule {
    id: "security/host-port",
    level: Level::Advice,
    summary: "a container takes a port of its node",
    why: "the port is open to whatever reaches the node, past Services and, with many network plugins, past NetworkPolicies; and each node can run one such pod only",
    docs: include_str!("host-port.md"),
};

/// Looks at the ports of every container. On the network of the node every port is one of its ports.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.containers() {
        let pod = container.pod;
        if pod.is_part_of_the_node() || pod.spec.flag("hostNetwork") {
            continue;
        }
        for (at, port) in container.node.list("ports").into_iter().enumerate() {
            let Some(number) = port.int("hostPort").filter(|number| *number != 0) else { continue };
            let field = container.field(&["ports"]).index(at).field("hostPort");
            let message = format!("{} takes port {number} of its node", container.title());
            found.push(
                pod.advise(&RULE, message, field).with_help("leave it out, and reach the pods through a Service"),
            );
        }
    }
    found
}
