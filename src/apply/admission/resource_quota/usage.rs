//! What one object uses of what quotas count, and which of a quota's names are about it.
//!
//! Apart because every resource counts itself in its own way.
//! Source: `pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims,registry}.go`, and apiserver
//! `pkg/quota/v1/generic/evaluator.go` (1.36).

use super::super::limit_ranger::{self, Container};
use super::super::{Presence, Surroundings};
use crate::decode::quantity::Quantity;
use crate::object::Object;
use crate::object::view::View;
use crate::yaml::NodeRef;
use std::collections::BTreeMap;

/// Amounts by their name in a quota.
pub type Usage = BTreeMap<String, Quantity>;

/// What is between a storage class and what is counted of its claims.
const OF_STORAGE_CLASS: &str = ".storageclass.storage.k8s.io/";

/// What quotas count of Pods, but for huge pages and extended resources.
const OF_PODS: [&str; 11] = [
    "count/pods",
    "pods",
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// Whether a name in a quota is about objects of a resource, which is written `plural.group`.
pub fn is_about(name: &str, resource: &str) -> bool {
    match resource {
        "pods" => {
            let asked = name.strip_prefix("requests.");
            OF_PODS.contains(&name)
                || asked.unwrap_or(name).starts_with("hugepages-")
                || asked.is_some_and(|_| {
                    !is_native(name) || name.starts_with("requests.deviceclass.resource.kubernetes.io/")
                })
        }
        "services" => matches!(name, "count/services" | "services" | "services.nodeports" | "services.loadbalancers"),
        "persistentvolumeclaims" => {
            let of_claims = |name: &str| matches!(name, "persistentvolumeclaims" | "requests.storage");
            name == "count/persistentvolumeclaims"
                || of_claims(name)
                || name.rsplit_once(OF_STORAGE_CLASS).is_some_and(|(_, rest)| of_claims(rest))
        }
        "configmaps" | "resourcequotas" | "replicationcontrollers" | "secrets" if name == resource => true,
        _ => name.strip_prefix("count/") == Some(resource),
    }
}

/// Whether Kubernetes itself owns a resource of nodes.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// What an object uses. `containers` are those of a Pod as admitted.
pub fn usage(object: &Object, resource: &str, containers: &[Container<'_>], around: Surroundings<'_>) -> Usage {
    let mut usage = Usage::new();
    usage.insert(format!("count/{resource}"), Quantity::from_integer(1));
    match resource {
        "pods" => pod(object, containers, around, &mut usage),
        "services" => service(object, &mut usage),
        "persistentvolumeclaims" => claim(object, &mut usage),
        "configmaps" | "resourcequotas" | "replicationcontrollers" | "secrets" => {
            usage.insert(resource.to_owned(), Quantity::from_integer(1));
        }
        _ => {}
    }
    usage
}

fn pod(object: &Object, containers: &[Container<'_>], around: Surroundings<'_>, usage: &mut Usage) {
    if let Some(spec) = object.root().get("spec") {
        amounts_of_pod(spec, containers, overhead(object, spec, around), usage);
    }
}

/// What one pod uses. `overhead` is what its runtime adds.
pub(super) fn amounts_of_pod(
    spec: NodeRef<'_>,
    containers: &[Container<'_>],
    overhead: Option<NodeRef<'_>>,
    usage: &mut Usage,
) {
    usage.insert("pods".to_owned(), Quantity::from_integer(1));
    let mut whole = limit_ranger::whole(spec, containers);
    for (name, more) in limit_ranger::amounts(overhead) {
        let requested = whole.requests.get(name).map_or_else(|| more.clone(), |have| have.plus(&more));
        whole.requests.insert(name, requested);
        if let Some(limit) = whole.limits.get_mut(name).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(&more);
        }
    }
    for (name, amount) in &whole.requests {
        let is_basic = matches!(*name, "cpu" | "memory" | "ephemeral-storage");
        if is_basic || name.starts_with("hugepages-") {
            usage.insert((*name).to_owned(), amount.clone());
        }
        if is_basic || name.starts_with("hugepages-") || !is_native(name) {
            usage.insert(format!("requests.{name}"), amount.clone());
        }
    }
    for name in ["cpu", "memory", "ephemeral-storage"] {
        if let Some(amount) = whole.limits.get(name) {
            usage.insert(format!("limits.{name}"), amount.clone());
        }
    }
}

/// What the Pod's RuntimeClass adds, or the Pod says that it adds.
fn overhead<'t>(object: &Object, spec: NodeRef<'t>, around: Surroundings<'t>) -> Option<NodeRef<'t>> {
    let own = spec.get("overhead").filter(|overhead| !overhead.is_empty());
    own.or_else(|| match around.presence(object, "node.k8s.io", "RuntimeClass", "", spec.text("runtimeClassName")) {
        Presence::Live(class) => class.root().at(&["overhead", "podFixed"]),
        _ => None,
    })
}

fn service(object: &Object, usage: &mut Usage) {
    let spec = object.root().get("spec");
    let ports = spec.list("ports");
    let kind = spec.text("type");
    let is_balanced = kind == "LoadBalancer";
    let without =
        spec.and_then(|spec| spec.get("allocateLoadBalancerNodePorts")).and_then(NodeRef::as_bool) == Some(false);
    let node_ports = match kind {
        "LoadBalancer" if without => {
            ports.iter().filter(|port| port.int("nodePort").is_some_and(|number| number != 0)).count()
        }
        "NodePort" | "LoadBalancer" => ports.len(),
        _ => 0,
    };
    let mut count = |name: &str, number: usize| {
        usage.insert(name.to_owned(), Quantity::from_integer(i64::try_from(number).unwrap_or(i64::MAX)));
    };
    count("services", 1);
    count("services.nodeports", node_ports);
    count("services.loadbalancers", usize::from(is_balanced));
}

/// The default storage class that is put into a claim without one is not counted: which it is only the cluster knows.
fn claim(object: &Object, usage: &mut Usage) {
    let root = object.root();
    let annotation = root.at(&["metadata", "annotations"]).text("volume.beta.kubernetes.io/storage-class");
    let class = if annotation.is_empty() { root.get("spec").text("storageClassName") } else { annotation };
    let mut count = |name: &str, amount: Quantity| {
        if !class.is_empty() {
            usage.insert(format!("{class}{OF_STORAGE_CLASS}{name}"), amount.clone());
        }
        usage.insert(name.to_owned(), amount);
    };
    count("persistentvolumeclaims", Quantity::from_integer(1));
    let size = |path: &[&str]| root.at(path).and_then(Quantity::of).and_then(Result::ok);
    if let Some(requested) = size(&["spec", "resources", "requests", "storage"]) {
        let allocated = size(&["status", "allocatedResources", "storage"]).filter(|size| *size > requested);
        let size = allocated.unwrap_or(requested);
        count("requests.storage", if size.is_integer() { size } else { size.rounded_up(0) });
    }
}
