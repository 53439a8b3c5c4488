//! What is live in the cluster at one moment of the apply.
//!
//! Apart because every object that goes live changes what the next one meets.

use super::admission::resource_quota::{Charge, Usage};
use super::kinds::Mapping;
use crate::object::view::View;
use crate::object::{External, Object};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The namespaces that every cluster has from its start. Source: `pkg/controlplane/controller/systemnamespaces` (1.36).
pub const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// The priority classes that every cluster has from its start. Source: `pkg/apis/scheduling/v1/helpers.go` (1.36).
pub const SYSTEM_PRIORITY_CLASSES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];

/// Kinds whose objects others are judged by, whatever their name: group and kind.
const INDEXED: [(&str, &str); 4] = [
    ("", "LimitRange"),
    ("", "ResourceQuota"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("scheduling.k8s.io", "PriorityClass"),
];

/// What tells one object of a cluster from another; versions of a group share their objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Identity {
    /// The identity of an object in its effective namespace.
    pub fn of(object: &Object, mapping: &Mapping, namespace: Option<&str>) -> Self {
        let kind = match mapping {
            Mapping::BuiltIn(kind) => kind.kind.to_owned(),
            _ => object.gvk.kind.clone(),
        };
        Self {
            group: object.gvk.group.clone(),
            kind,
            namespace: namespace.unwrap_or_default().to_owned(),
            name: object.name.clone(),
        }
    }
}

/// The cluster's content as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Whether what is not in here does not exist.
    pub closed: bool,
    /// Objects that are there though nothing is known of them.
    pub externals: Arc<[External]>,
    live: HashMap<Identity, Arc<Object>>,
    namespaces: HashSet<String>,
    cluster_ips: HashMap<String, Identity>,
    node_ports: HashMap<(String, i64), Identity>,
    /// Objects that others are judged by, by kind and namespace, each by name.
    indexed: HashMap<(&'static str, String), BTreeMap<String, Arc<Object>>>,
    /// What the apply took from quotas, by namespace and name.
    taken: HashMap<(String, String), Usage>,
}

impl World {
    /// An empty cluster, closed or open.
    pub fn new(closed: bool) -> Self {
        Self { closed, ..Self::default() }
    }

    /// Makes an object live that the apply creates or changes. A quota counts once a controller has filled in its status,
    /// which comes after the apply.
    pub fn apply(&mut self, identity: Identity, object: Arc<Object>) {
        if identity.group.is_empty() && identity.kind == "ResourceQuota" {
            self.live.insert(identity, object);
        } else {
            self.put(identity, object);
        }
    }

    /// Makes an object live that is there from the start.
    pub fn put(&mut self, identity: Identity, object: Arc<Object>) {
        if identity.group.is_empty() && identity.kind == "Namespace" {
            self.namespaces.insert(identity.name.clone());
        }
        if identity.group.is_empty() && identity.kind == "Service" {
            self.release(&identity);
            for address in cluster_ips(&object) {
                self.cluster_ips.insert(address, identity.clone());
            }
            for port in node_ports(&object) {
                self.node_ports.insert(port, identity.clone());
            }
        }
        if let Some(kind) = INDEXED.iter().find(|(group, kind)| identity.group == *group && identity.kind == *kind) {
            let by_name = self.indexed.entry((kind.1, identity.namespace.clone())).or_default();
            by_name.insert(identity.name.clone(), Arc::clone(&object));
        }
        self.live.insert(identity, object);
    }

    fn release(&mut self, identity: &Identity) {
        if self.live.contains_key(identity) {
            self.cluster_ips.retain(|_, owner| owner != identity);
            self.node_ports.retain(|_, owner| owner != identity);
        }
    }

    /// Whether an object is there of which nothing is known.
    pub fn is_external(&self, identity: &Identity) -> bool {
        let Identity { group, kind, namespace, name } = identity;
        self.externals.iter().any(|external| external.is(group, kind, Some(namespace), name))
    }

    /// The live object of this identity.
    pub fn get(&self, identity: &Identity) -> Option<&Arc<Object>> {
        self.live.get(identity)
    }

    /// The live objects of one of the kinds that are indexed, in a namespace (empty for cluster-scoped kinds), by name.
    pub fn indexed(&self, kind: &'static str, namespace: &str) -> impl Iterator<Item = &Object> {
        // The key is made only where the kind is there at all: few clusters show any.
        let by_name = (!self.indexed.is_empty()).then(|| self.indexed.get(&(kind, namespace.to_owned()))).flatten();
        by_name.into_iter().flat_map(BTreeMap::values).map(AsRef::as_ref)
    }

    /// What the apply took from a quota so far.
    pub fn taken(&self, namespace: &str, quota: &str) -> Option<&Usage> {
        self.taken.get(&(namespace.to_owned(), quota.to_owned()))
    }

    /// Takes from quotas of a namespace what an object that was admitted uses.
    pub fn charge(&mut self, namespace: &str, charges: Vec<Charge>) {
        for Charge { quota, usage } in charges {
            let taken = self.taken.entry((namespace.to_owned(), quota)).or_default();
            for (name, amount) in usage {
                let sum = taken.get(&name).map_or_else(|| amount.clone(), |before| before.plus(&amount));
                taken.insert(name, sum);
            }
        }
    }

    /// Whether the cluster has the namespace, as far as is known.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name) || SYSTEM_NAMESPACES.contains(&name)
    }

    /// The namespace object, if it is known.
    pub fn namespace(&self, name: &str) -> Option<&Arc<Object>> {
        self.get(&Identity {
            group: String::new(),
            kind: "Namespace".to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
        })
    }

    /// Who holds a cluster IP.
    pub fn cluster_ip_owner(&self, address: &str) -> Option<&Identity> {
        self.cluster_ips.get(address)
    }

    /// Who holds a node port of a protocol.
    pub fn node_port_owner(&self, port: &(String, i64)) -> Option<&Identity> {
        self.node_ports.get(port)
    }

    /// Every live object.
    pub fn objects(&self) -> impl Iterator<Item = (&Identity, &Arc<Object>)> {
        self.live.iter()
    }
}

/// The addresses a Service asks for by name.
pub fn cluster_ips(service: &Object) -> Vec<String> {
    let Some(spec) = service.root().get("spec") else { return Vec::new() };
    let mut addresses = vec![spec.text("clusterIP")];
    addresses.extend(spec.list("clusterIPs").into_iter().filter_map(crate::yaml::NodeRef::as_str));
    addresses.retain(|address| !address.is_empty() && *address != "None");
    addresses.dedup();
    addresses.into_iter().map(str::to_owned).collect()
}

/// The node ports a Service asks for by number, each with its protocol. Services of other types than `NodePort` and
/// `LoadBalancer` hold none.
pub fn node_ports(service: &Object) -> Vec<(String, i64)> {
    let Some(spec) = service.root().get("spec") else { return Vec::new() };
    if !matches!(spec.text("type"), "NodePort" | "LoadBalancer") {
        return Vec::new();
    }
    spec.list("ports")
        .into_iter()
        .filter_map(|port| {
            Some((port.text_or("protocol", "TCP").to_owned(), port.int("nodePort").filter(|port| *port != 0)?))
        })
        .collect()
}
