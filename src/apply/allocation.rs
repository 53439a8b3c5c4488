//! Addresses and ports that a Service takes from the cluster when it is created.
//!
//! Apart because they are taken between admission and validation, and only the real apply takes them: a server dry run
//! does not. Source: `pkg/registry/core/service/{ipallocator,portallocator,storage}` (1.36).

use super::admission::{Refusal, Surroundings};
use super::world::{Identity, cluster_ips, node_ports};
use crate::finding::{Finding, Level, Reason, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};

/// A cluster IP or node port that another Service holds, or that lies outside the range.
pub static TAKEN: Rule = Rule {
    id: "apply/service-allocation",
    level: Level::Error,
    summary: "the Service asks for an address or port that it cannot have",
    why: "cluster IPs and node ports belong to one Service of the whole cluster each; the API server allocates them when the Service is created",
};

/// Node ports the API server hands out unless `--service-node-port-range` says otherwise.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

/// Refuses a Service whose cluster IP or node port is not to be had.
pub fn service(object: &Object, identity: &Identity, around: Surroundings<'_>) -> Option<Refusal> {
    if !identity.group.is_empty() || identity.kind != "Service" {
        return None;
    }
    let is_certain = |owner: &&Identity| {
        let holder = around.world.get(owner);
        *owner != identity && holder.is_none_or(|holder| around.together.knows(object.origin.file, holder.origin.file))
    };
    for address in cluster_ips(object) {
        if let Some(owner) = around.world.cluster_ip_owner(&address).filter(is_certain) {
            let text = format!(
                "Invalid value: [\"{address}\"]: failed to allocate IP {address}: provided IP is already allocated"
            );
            let path = FieldPath::of(&["spec", "clusterIPs"]);
            let place = FieldPath::of(&["spec", "clusterIP"]);
            return Some(refuse(object, path, &place, &text, around.world.get(owner).map(AsRef::as_ref)));
        }
    }
    let taken = node_ports(object).into_iter().find_map(|port| {
        let outside = !NODE_PORTS.contains(&port.1);
        let owner = around.world.node_port_owner(&port).filter(is_certain);
        (outside || owner.is_some()).then_some((port, owner))
    });
    let ((_, number), owner) = taken?;
    let index = object
        .root()
        .at(&["spec", "ports"])
        .and_then(|ports| ports.elements().position(|port| port.int("nodePort") == Some(number)))
        .unwrap_or_default();
    let path = FieldPath(vec![
        Segment::Field("spec".to_owned()),
        Segment::Field("ports".to_owned()),
        Segment::Index(index),
        Segment::Field("nodePort".to_owned()),
    ]);
    let why = match owner {
        Some(_) => "provided port is already allocated".to_owned(),
        None => format!(
            "provided port is not in the valid range. The range of valid ports is {}-{}",
            NODE_PORTS.start(),
            NODE_PORTS.end()
        ),
    };
    let text = format!("Invalid value: {number}: {why}");
    Some(refuse(object, path.clone(), &path, &text, owner.and_then(|owner| around.world.get(owner)).map(AsRef::as_ref)))
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
