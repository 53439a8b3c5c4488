//! Services on a port of every node.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// A Service of type `NodePort`.
pub(super) static RULE: Rule = Rule {
    id: "security/node-port",
    level: Level::Advice,
    summary: "a Service is open on a port of every node",
    why: "the port is open to whatever reaches any node, past Ingress, TLS and its logs, and often past the firewall that was written for known ports",
    docs: include_str!("node-port.md"),
};

/// Looks at the Services of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let services =
        ground.scene.set.of_the_set("", "Service").filter(|service| service.spec().text("type") == "NodePort");
    services
        .map(|service| {
            let message = format!("{} is open on a port of every node", service.title());
            Finding::in_object(&RULE, message, service.object, FieldPath::of(&["spec", "type"]))
                .with_help("leave `type` out, and let an Ingress, a Gateway or a load balancer lead to it")
        })
        .collect()
}
