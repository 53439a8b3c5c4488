//! The order in which tools other than `kubectl apply -f` send a set.
//!
//! Apart because it is tables and a sort: what they do when an object fails is in `simulate`.

use super::Method;

/// `kubectl apply -k` and `kustomize build`, legacy order: kinds sent first.
/// Source: `api/internal/builtins/SortOrderTransformer.go` of kustomize (12f9e63).
const KUSTOMIZE_FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds sent last by kustomize and by Flux.
const WEBHOOKS_LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// `InstallOrder` of Helm. Source: `pkg/release/v1/util/kind_sorter.go` (v4.2.4).
const HELM: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// `ReconcileOrder` of Flux, kinds sent first. Source: `ssa/sort.go` of fluxcd/pkg.
const FLUX_FIRST: &[&str] = &[
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// What a tool sorts by, smallest first; objects with equal keys keep the order of the files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    stage: u8,
    wave: i64,
    rank: usize,
    tie: [String; 3],
}

/// What is known of an object for sorting.
#[derive(Clone, Copy, Debug)]
pub struct Sorted<'o> {
    /// The API group.
    pub group: &'o str,
    /// The version.
    pub version: &'o str,
    /// The kind.
    pub kind: &'o str,
    /// The namespace, empty if none.
    pub namespace: &'o str,
    /// The name.
    pub name: &'o str,
    /// `argocd.argoproj.io/sync-wave`, 0 if none.
    pub wave: i64,
}

/// The sort key; none where the tool keeps the order of the files.
pub fn key(method: Method, object: Sorted<'_>) -> Option<Key> {
    let rank_in = |table: &[&str]| table.iter().position(|kind| *kind == object.kind);
    let or = |value: &str, none: &str| if value.is_empty() { none.to_owned() } else { value.to_owned() };
    let kustomize_tie = || {
        [
            format!("{}_{}_{}", or(object.group, "~G"), object.version, object.kind),
            or(object.namespace, "~X"),
            object.name.to_owned(),
        ]
    };
    let plain = |stage, wave, rank, tie| Some(Key { stage, wave, rank, tie });
    match method {
        Method::Kubectl | Method::KubectlServerSide | Method::KubectlCreate => None,
        Method::Kustomize => {
            let last = KUSTOMIZE_FIRST.len() + 1 + rank_in(WEBHOOKS_LAST).unwrap_or_default();
            let other = if rank_in(WEBHOOKS_LAST).is_some() { last } else { KUSTOMIZE_FIRST.len() };
            plain(0, 0, rank_in(KUSTOMIZE_FIRST).unwrap_or(other), kustomize_tie())
        }
        Method::Helm => {
            let unknown = if rank_in(HELM).is_some() { String::new() } else { object.kind.to_owned() };
            plain(0, 0, rank_in(HELM).unwrap_or(HELM.len()), [unknown, String::new(), String::new()])
        }
        Method::ArgoCd => {
            let known =
                rank_in(HELM).filter(|_| object.kind != "PriorityClass" && !WEBHOOKS_LAST.contains(&object.kind));
            plain(
                0,
                object.wave,
                known.unwrap_or(HELM.len()),
                [object.kind.to_owned(), object.name.to_owned(), String::new()],
            )
        }
        Method::Flux => {
            let last = FLUX_FIRST.len() + 1 + rank_in(WEBHOOKS_LAST).unwrap_or_default();
            let other = if rank_in(WEBHOOKS_LAST).is_some() { last } else { FLUX_FIRST.len() };
            plain(flux_stage(object.kind), 0, rank_in(FLUX_FIRST).unwrap_or(other), kustomize_tie())
        }
    }
}

/// The stage in which Flux applies a kind: definitions, classes, the rest; each is waited for before the next.
/// Source: `ssa/manager_apply.go`, `ApplyAllStaged`.
pub fn flux_stage(kind: &str) -> u8 {
    match kind {
        "CustomResourceDefinition" | "Namespace" | "ClusterRole" => 0,
        kind if kind.ends_with("Class") => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sorted, key};
    use crate::apply::Method;

    fn order(method: Method, kinds: &[&'static str]) -> Vec<&'static str> {
        let mut kinds = kinds.to_vec();
        kinds.sort_by_key(|kind| {
            key(method, Sorted { group: "", version: "v1", kind, namespace: "", name: "x", wave: 0 })
        });
        kinds
    }

    #[test]
    fn each_tool_has_its_order() {
        let given =
            ["ValidatingWebhookConfiguration", "Widget", "Deployment", "ConfigMap", "Namespace", "PriorityClass"];
        assert_eq!(
            order(Method::Kustomize, &given),
            ["Namespace", "ConfigMap", "PriorityClass", "Deployment", "Widget", "ValidatingWebhookConfiguration"]
        );
        assert_eq!(
            order(Method::Helm, &given),
            ["PriorityClass", "Namespace", "ConfigMap", "Deployment", "ValidatingWebhookConfiguration", "Widget"]
        );
        assert_eq!(
            order(Method::ArgoCd, &given),
            ["Namespace", "ConfigMap", "Deployment", "PriorityClass", "ValidatingWebhookConfiguration", "Widget"]
        );
        assert_eq!(
            order(Method::Flux, &given),
            ["Namespace", "PriorityClass", "ConfigMap", "Deployment", "Widget", "ValidatingWebhookConfiguration"]
        );
        assert_eq!(order(Method::Kubectl, &given), given);
    }

    #[test]
    fn kustomize_puts_the_core_group_behind_named_ones() {
        let of = |group| {
            key(Method::Kustomize, Sorted { group, version: "v1", kind: "Event", namespace: "", name: "e", wave: 0 })
        };
        assert!(of("events.k8s.io") < of(""));
    }
}
