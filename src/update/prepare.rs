//! What the server restores and drops before it validates an update.
//!
//! Apart because it changes the merged object: a Service keeps what was allocated for it and loses what its new type has
//! no use for, a Secret keeps what `stringData` once put into it. Source: `patchAllocatedValues` and
//! `dropTypeDependentFields` of `pkg/registry/core/service`, `PrepareForUpdate` of the strategies in `pkg/registry` (1.36).

use super::{Patch, converted, persistent_volume};
use crate::object::Object;
use crate::object::view::View;
use crate::schema::{KindInfo, Schema};
use crate::yaml::{ByteRange, Entry, Kind, NodeIndex, NodeRef, TreeBuilder, Value};
use std::sync::Arc;

/// A change to a tree: a path of keys, and the value it gets or none to take it away.
pub(super) type Edit = (Vec<String>, Option<serde_json::Value>);

/// The object as the server goes on with it.
pub(super) fn prepare(
    merged: Object,
    live: NodeRef<'_>,
    schema: Schema,
    kind: Option<KindInfo>,
    patch: Patch<'_>,
) -> Object {
    let converted = kind.map(|kind| converted::edits(schema, kind.definition, merged.root())).unwrap_or_default();
    let merged = edited(merged, &converted);
    let edits = match (merged.gvk.group.as_str(), merged.gvk.kind.as_str()) {
        ("", "Service") => service(live.get("spec"), merged.root().get("spec")),
        ("", "Secret") => secret(live, merged.root()),
        ("", "PersistentVolumeClaim") => claim(live.get("spec"), merged.root().get("spec")),
        ("apps", "Deployment") if patch != Patch::ClientSide => rollout(live.get("spec"), merged.root().get("spec")),
        // An update of the spec is not an error, it is not done.
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            vec![(path(&["spec"]), live.get("spec").map(NodeRef::to_json))]
        }
        _ => Vec::new(),
    };
    edited(merged, &edits)
}

/// The object with edits made.
pub(super) fn edited(merged: Object, edits: &[Edit]) -> Object {
    if edits.is_empty() {
        return merged;
    }
    let mut builder = TreeBuilder::new(merged.tree.text().clone());
    let edits: Vec<(&[String], Option<&serde_json::Value>)> =
        edits.iter().map(|(path, value)| (path.as_slice(), value.as_ref())).collect();
    let root = rebuild(&mut builder, Some(merged.root()), &edits);
    let tree = Arc::new(builder.finish(root));
    let node = tree.root().index();
    Object { tree, node, ..merged }
}

/// Copies a value with edits below it; each edit goes down at least one key.
fn rebuild(
    builder: &mut TreeBuilder,
    node: Option<NodeRef<'_>>,
    edits: &[(&[String], Option<&serde_json::Value>)],
) -> NodeIndex {
    let below = |key: &str| -> Vec<(&[String], Option<&serde_json::Value>)> {
        edits.iter().filter(|(path, _)| path[0] == key).map(|(path, value)| (&path[1..], *value)).collect()
    };
    let range = node.map_or_else(ByteRange::default, NodeRef::written_range);
    if let Some(list) = node.filter(|node| node.kind() == Kind::Sequence) {
        let mut elements = Vec::with_capacity(list.len());
        for (index, element) in list.elements().enumerate() {
            let edits = below(&index.to_string());
            elements.push(if edits.is_empty() {
                builder.copy(element)
            } else {
                rebuild(builder, Some(element), &edits)
            });
        }
        return builder.sequence(&elements, range);
    }
    let mut entries = Vec::new();
    for entry in node.into_iter().flat_map(NodeRef::entries) {
        let edits = below(entry.name());
        let value = match edits.first() {
            None => builder.copy(entry.value),
            Some(([], None)) => continue,
            Some(([], Some(value))) => builder.json(value),
            Some(_) => rebuild(builder, Some(entry.value), &edits),
        };
        entries.push(Entry { key: builder.copy(entry.key), value });
    }
    let mut added: Vec<&str> = Vec::new();
    for (path, value) in edits {
        let key = path[0].as_str();
        let exists = node.is_some_and(|node| node.entry(key).is_some());
        if exists || added.contains(&key) || value.is_none() {
            continue;
        }
        added.push(key);
        let value = match (path.len(), value) {
            (1, Some(value)) => builder.json(value),
            _ => rebuild(builder, None, &below(key)),
        };
        entries.push(Entry { key: builder.scalar(Value::String(key), ByteRange::default()), value });
    }
    builder.mapping(entries, range)
}

fn path(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// A Service's spec and what its type needs.
#[derive(Clone, Copy)]
struct Service<'t>(Option<NodeRef<'t>>);

impl<'t> Service<'t> {
    fn kind(self) -> &'t str {
        self.0.text_or("type", "ClusterIP")
    }

    fn is_balanced(self) -> bool {
        self.kind() == "LoadBalancer"
    }

    fn needs_address(self) -> bool {
        matches!(self.kind(), "ClusterIP" | "NodePort" | "LoadBalancer")
    }

    fn needs_node_port(self) -> bool {
        let allocates = || self.0.and_then(|spec| spec.get("allocateLoadBalancerNodePorts")).and_then(NodeRef::as_bool);
        self.kind() == "NodePort" || (self.is_balanced() && allocates() != Some(false))
    }

    fn needs_health_check(self) -> bool {
        self.is_balanced() && self.0.text("externalTrafficPolicy") == "Local"
    }

    fn is_reached_from_outside(self) -> bool {
        matches!(self.kind(), "LoadBalancer" | "NodePort")
            || (self.kind() == "ClusterIP" && !self.0.list("externalIPs").is_empty())
    }

    fn node_ports(self) -> Vec<i64> {
        let mut ports: Vec<i64> = self
            .0
            .list("ports")
            .into_iter()
            .filter_map(|port| port.int("nodePort"))
            .filter(|port| *port != 0)
            .collect();
        ports.sort_unstable();
        ports
    }

    fn field(self, key: &str) -> Option<serde_json::Value> {
        self.0.and_then(|spec| spec.get(key)).map(NodeRef::to_json)
    }
}

fn service(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> Vec<Edit> {
    let (old, new) = (Service(old), Service(new));
    let mut edits = Vec::new();
    if old.needs_address() && new.needs_address() {
        for key in ["clusterIP", "clusterIPs"] {
            if let (Some(value), None) = (old.field(key), new.field(key)) {
                edits.push((path(&["spec", key]), Some(value)));
            }
        }
    }
    let mut drop_if_same = |key: &str| {
        if new.field(key).is_some() && old.field(key) == new.field(key) {
            edits.push((path(&["spec", key]), None));
        }
    };
    if old.needs_address() && !new.needs_address() {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            drop_if_same(key);
        }
    }
    if old.needs_health_check() && !new.needs_health_check() {
        drop_if_same("healthCheckNodePort");
    }
    if old.is_balanced() && !new.is_balanced() {
        drop_if_same("allocateLoadBalancerNodePorts");
        drop_if_same("loadBalancerClass");
    }
    if old.is_reached_from_outside() && !new.is_reached_from_outside() {
        drop_if_same("externalTrafficPolicy");
    }
    if old.needs_node_port() && !new.needs_node_port() && old.node_ports() == new.node_ports() {
        for (index, port) in new.0.list("ports").into_iter().enumerate() {
            if port.has("nodePort") {
                edits.push((path(&["spec", "ports", &index.to_string(), "nodePort"]), None));
            }
        }
    }
    edits
}

/// The server's own defaults for a rolling update belong to nobody, so server-side apply leaves them behind when the type
/// changes.
fn rollout(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> Vec<Edit> {
    let [old, new] = [old, new].map(|spec| spec.and_then(|spec| spec.get("strategy")));
    let [old_rolling, new_rolling] =
        [old, new].map(|strategy| strategy.and_then(|strategy| strategy.get("rollingUpdate")));
    let was_rolling = old.text_or("type", "RollingUpdate") == "RollingUpdate";
    if !was_rolling || new.text("type") != "Recreate" || new_rolling.is_some() {
        return Vec::new();
    }
    let left = ["maxSurge", "maxUnavailable"].into_iter().filter(|field| !old_rolling.has(field));
    left.map(|field| (path(&["spec", "strategy", "rollingUpdate", field]), Some("25%".into()))).collect()
}

/// Each of the two fields for what to copy from is filled in from the other.
fn claim(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> Vec<Edit> {
    let (_, after) = persistent_volume::sources(old, new);
    let fields = persistent_volume::SOURCES.into_iter().zip(after);
    fields
        .filter(|(field, after)| new.and_then(|new| new.get(field)).map(NodeRef::to_json) != *after)
        .map(|(field, after)| (path(&["spec", field]), after))
        .collect()
}

/// What `stringData` put into `data` stays there: nobody applied it there.
fn secret(live: NodeRef<'_>, merged: NodeRef<'_>) -> Vec<Edit> {
    let data = merged.get("data");
    let written = live.get("stringData").into_iter().flat_map(NodeRef::entries);
    written
        .filter(|entry| !data.has(entry.name()))
        .map(|entry| {
            let bytes = entry.value.as_str().unwrap_or_default().as_bytes();
            (path(&["data", entry.name()]), Some(data_encoding::BASE64.encode(bytes).into()))
        })
        .collect()
}
