//! Load balancers that are open to everybody.

use super::ground::Ground;
use crate::cross::Member;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A load balancer that lets in everybody, on other ports than those of the web.
pub(super) static RULE: Rule = Rule {
    id: "security/open-load-balancer",
    level: Level::Advice,
    summary: "a load balancer lets everybody in, on a port that is not the web's",
    why: "clouds give it an address of the internet by default: what answers there (a database, a queue, a metrics page) is found by scanners within the hour",
    docs: include_str!("open-load-balancer.md"),
};

/// Looks at the Services of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in ground.scene.set.of_the_set("", "Service") {
        let spec = service.spec();
        if spec.text("type") != "LoadBalancer"
            || !spec.list("loadBalancerSourceRanges").is_empty()
            || is_kept_in(service)
        {
            continue;
        }
        let is_of_the_web = |port: &NodeRef<'_>| matches!(port.int("port"), Some(80 | 443));
        let ports = spec.list("ports");
        let Some(open) = ports.iter().find(|port| !is_of_the_web(port)).and_then(|port| port.int("port")) else {
            continue;
        };
        let message = format!("{} lets everybody in on port {open}", service.title());
        let field = FieldPath::of(&["spec", "type"]);
        let help = "write the networks that may come into `loadBalancerSourceRanges`, or make the load balancer an internal one";
        found.push(Finding::in_object(&RULE, message, service.object, field).with_help(help));
    }
    found
}

/// Whether an annotation or a class keeps the load balancer within a network, or its sources are narrowed there.
fn is_kept_in(service: &Member<'_>) -> bool {
    let annotations = service.object.root().at(&["metadata", "annotations"]);
    let mut pairs = annotations.into_iter().flat_map(NodeRef::entries);
    let is_so = |name: &str, value: &str| {
        let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
        let is_internal = name.contains("internal") && !matches!(value.as_str(), "false" | "");
        let is_private = matches!(value.as_str(), "internal" | "private" | "intranet");
        is_internal
            || is_private
            || name.contains("source-ranges")
            || name.contains("inbound-cidrs")
            || name.starts_with("metallb.")
    };
    pairs.any(|entry| is_so(entry.name(), entry.value.as_str().unwrap_or_default()))
        || service.spec().text("loadBalancerClass").contains("internal")
}
