//! Addresses and ports that a Service takes from the cluster when it is created.
//!
//! Apart because they are taken between admission and validation, and only the real apply takes them: a server dry run
//! does not. Source: `pkg/registry/core/service/{ipallocator,portallocator,storage}` (1.36).

use super::admission::{Refusal, Surroundings};
use super::world::{Identity, cluster_ips, node_ports};
use crate::finding::{Finding, Level, Reason, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};
use crate::server_rules::content::ip::{Cidr, parse_cidr, parse_ip};
use crate::yaml::NodeRef;

/// A cluster IP or node port that another Service holds, or that lies outside the range.
pub static TAKEN: Rule = Rule {
    id: "apply/service-allocation",
    level: Level::Error,
    summary: "the Service asks for an address or port that it cannot have",
    why: "cluster IPs and node ports belong to one Service of the whole cluster each; the API server allocates them when the Service is created",
    docs: include_str!("service-allocation.md"),
};

/// A node port outside of the usual range.
pub static UNUSUAL_NODE_PORT: Rule = Rule {
    id: "apply/node-port-range",
    level: Level::Warning,
    summary: "the node port is outside of the usual range",
    why: "an API server refuses node ports outside of its --service-node-port-range, 30000-32767 unless it was started with another",
    docs: include_str!("node-port-range.md"),
};

/// Node ports the API server hands out unless `--service-node-port-range` says otherwise.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

/// Node ports that some API server hands out.
const POSSIBLE_NODE_PORTS: std::ops::RangeInclusive<i64> = 1..=65535;

/// Refuses a Service whose cluster IP or node port is not to be had.
pub fn service(object: &Object, identity: &Identity, around: Surroundings<'_>) -> Option<Refusal> {
    if !identity.group.is_empty() || identity.kind != "Service" {
        return None;
    }
    let is_certain = |owner: &&Identity| {
        let holder = around.world.get(owner);
        *owner != identity && holder.is_none_or(|holder| around.together.knows(object.origin.file, holder.origin.file))
    };
    let ranges = service_ranges(object, around);
    let is_dual = |ranges: &[Cidr]| {
        ranges.iter().any(|range| range.address.is_ipv4()) && ranges.iter().any(|range| range.address.is_ipv6())
    };
    let policy = object.root().get("spec").text("ipFamilyPolicy");
    if policy == "RequireDualStack" && !ranges.is_empty() && !is_dual(&ranges) {
        let text = format!("Invalid value: \"{policy}\": this cluster is not configured for dual-stack services");
        let path = FieldPath::of(&["spec", "ipFamilyPolicy"]);
        return Some(refuse(object, path.clone(), &path, &text, None));
    }
    for address in cluster_ips(object) {
        let is_outside = |ip| !ranges.is_empty() && !ranges.iter().any(|range| range.contains(ip));
        if parse_ip(&address).is_some_and(is_outside) {
            let text = format!(
                "Invalid value: [\"{address}\"]: failed to allocate IP {address}: the provided network does not match \
                 the current range"
            );
            let path = FieldPath::of(&["spec", "clusterIPs"]);
            return Some(refuse(object, path, &FieldPath::of(&["spec", "clusterIP"]), &text, None));
        }
        if let Some(owner) = around.world.cluster_ip_owner(&address).filter(is_certain) {
            let text = format!(
                "Invalid value: [\"{address}\"]: failed to allocate IP {address}: provided IP is already allocated"
            );
            let path = FieldPath::of(&["spec", "clusterIPs"]);
            let place = FieldPath::of(&["spec", "clusterIP"]);
            return Some(refuse(object, path, &place, &text, around.world.get(owner).map(AsRef::as_ref)));
        }
    }
    node_ports(object).into_iter().find_map(|port| {
        let path = node_port_path(object, port.1);
        if let Some(owner) = around.world.node_port_owner(&port).filter(is_certain) {
            let text = format!("Invalid value: {}: provided port is already allocated", port.1);
            return Some(refuse(object, path.clone(), &path, &text, around.world.get(owner).map(AsRef::as_ref)));
        }
        let text = format!("Invalid value: {}: {}", port.1, outside_of_range());
        (!POSSIBLE_NODE_PORTS.contains(&port.1)).then(|| refuse(object, path.clone(), &path, &text, None))
    })
}

/// Warns of a node port that an API server with the usual range refuses.
pub fn unusual_node_port(object: &Object, identity: &Identity) -> Option<Finding> {
    if !identity.group.is_empty() || identity.kind != "Service" {
        return None;
    }
    let is_unusual = |number: &i64| POSSIBLE_NODE_PORTS.contains(number) && !NODE_PORTS.contains(number);
    let number = node_ports(object).into_iter().map(|port| port.1).find(is_unusual)?;
    let path = node_port_path(object, number);
    let message = format!("{path}: Invalid value: {number}: {}", outside_of_range());
    let finding = Finding::in_object(&UNUSUAL_NODE_PORT, message, object, path);
    Some(finding.with_help(
        "leave the field out and let the cluster choose, or make sure that the API server runs with a \
         --service-node-port-range that holds it",
    ))
}

fn node_port_path(object: &Object, number: i64) -> FieldPath {
    let ports = object.root().at(&["spec", "ports"]);
    let index = ports.and_then(|ports| ports.elements().position(|port| port.int("nodePort") == Some(number)));
    FieldPath(vec![
        Segment::Field("spec".to_owned()),
        Segment::Field("ports".to_owned()),
        Segment::Index(index.unwrap_or_default()),
        Segment::Field("nodePort".to_owned()),
    ])
}

fn outside_of_range() -> String {
    format!(
        "provided port is not in the valid range. The range of valid ports is {}-{}",
        NODE_PORTS.start(),
        NODE_PORTS.end()
    )
}

/// The ranges of the cluster's Services; none where the default `ServiceCIDR`, which every cluster has, is not shown.
/// Source: `pkg/registry/core/service/ipallocator/cidrallocator.go` (1.36), stable since 1.33.
fn service_ranges(object: &Object, around: Surroundings<'_>) -> Vec<Cidr> {
    let shown = around.certain(object, "ServiceCIDR", "");
    if !shown.iter().any(|range| range.name == "kubernetes") {
        return Vec::new();
    }
    let cidrs = shown.into_iter().flat_map(|range| range.root().get("spec").list("cidrs"));
    cidrs.filter_map(NodeRef::as_str).filter_map(parse_cidr).collect()
}

fn refuse(object: &Object, path: FieldPath, place: &FieldPath, text: &str, holder: Option<&Object>) -> Refusal {
    let message = format!("Service \"{}\" is invalid: {path}: {text}", object.name);
    let at = if object.locate(&path).exact { &path } else { place };
    let mut finding = Finding::at(&TAKEN, format!("{path}: {text}"), object.span(object.locate(at).range()));
    finding.object = Some(object.origin);
    finding.reason = Some(Reason::Invalid);
    finding.field = path;
    if let Some(holder) = holder {
        let place = holder.locate(&FieldPath::of(&["metadata", "name"])).range();
        finding = finding.with_label(holder.span(place), "this Service holds it");
    }
    (message, finding.with_help("leave the field out and let the cluster choose, or choose another value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Together, World};
    use crate::object::{GroupVersionKind, Origin};
    use crate::source::FileId;
    use crate::yaml::TreeBuilder;
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn object(api_version: &str, kind: &str, name: &str, spec: &Value) -> Object {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&json!({"spec": spec}));
        let tree = Arc::new(builder.finish(root));
        Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind::parse(api_version, kind).expect("a kind"),
            namespace: String::new(),
            name: name.to_owned(),
            node: tree.root().index(),
            tree,
        }
    }

    fn identity(group: &str, kind: &str, name: &str) -> Identity {
        let namespace = if kind == "Service" { "quay" } else { "" };
        Identity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    fn refused(ranges: &[(&str, &[&str])], spec: &Value) -> Option<String> {
        let mut world = World::new(true);
        for (name, cidrs) in ranges {
            let range = object("networking.k8s.io/v1", "ServiceCIDR", name, &json!({"cidrs": cidrs}));
            world.put(identity("networking.k8s.io", "ServiceCIDR", name), Arc::new(range));
        }
        let set = HashMap::new();
        let around = Surroundings { world: &world, set: &set, together: &Together::All };
        let asked = object("v1", "Service", "pier", spec);
        service(&asked, &identity("", "Service", "pier"), around).map(|refusal| refusal.0)
    }

    #[test]
    fn an_address_lies_in_a_range_of_the_cluster() {
        let outside = json!({"clusterIP": "10.9.0.1"});
        assert_eq!(refused(&[("kubernetes", &["10.96.0.0/16"])], &json!({"clusterIP": "10.96.3.1"})), None);
        assert_eq!(
            refused(&[("kubernetes", &["10.96.0.0/16"])], &outside).expect("a refusal"),
            "Service \"pier\" is invalid: spec.clusterIPs: Invalid value: [\"10.9.0.1\"]: failed to allocate IP \
             10.9.0.1: the provided network does not match the current range"
        );
        assert_eq!(refused(&[("kubernetes", &["10.96.0.0/16"]), ("more", &["10.9.0.0/24"])], &outside), None);
        assert_eq!(refused(&[("more", &["10.96.0.0/16"])], &outside), None, "the default range is not shown");
        assert_eq!(refused(&[], &outside), None);
    }

    #[test]
    fn two_families_need_ranges_of_both() {
        let dual = json!({"ipFamilyPolicy": "RequireDualStack"});
        assert_eq!(refused(&[("kubernetes", &["10.96.0.0/16", "fd00::/108"])], &dual), None);
        assert_eq!(
            refused(&[("kubernetes", &["10.96.0.0/16"])], &dual).expect("a refusal"),
            "Service \"pier\" is invalid: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not \
             configured for dual-stack services"
        );
    }
}
