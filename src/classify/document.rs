//! What one document is, by its fields.
//!
//! Apart because it is the one place that says what makes a document an object for an API server.

use super::Class;
use crate::yaml::{Kind, NodeRef, Value};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object, or a list of kind `List`, sound or not.
    Object,
    /// A kustomization, by its group.
    Kustomization,
    /// What a kustomization reads: a JSON patch, a built-in transformer or generator, field specifications.
    KustomizeInput,
    /// A file of a tool, with an `apiVersion` and a `kind` that no API server serves.
    ToolConfig,
    /// A kubeconfig.
    Kubeconfig,
    /// Encrypted by SOPS.
    Encrypted,
    /// A list of objects without a `List` around it.
    ObjectList,
    /// None of these.
    Other,
}

impl Shape {
    /// What a file is that has a document of this shape and no object.
    pub(super) const fn class(self) -> Option<Class> {
        match self {
            Shape::Object => Some(Class::Manifest),
            Shape::Kustomization => Some(Class::Kustomization),
            Shape::KustomizeInput => Some(Class::KustomizeInput),
            Shape::ToolConfig => Some(Class::Other("tool-config")),
            Shape::Kubeconfig => Some(Class::Other("kubeconfig")),
            Shape::Encrypted => Some(Class::Encrypted),
            Shape::ObjectList => Some(Class::ObjectList),
            Shape::Other => None,
        }
    }
}

/// Groups of files that only tools read, or that a component of Kubernetes reads from disk: no API server serves
/// them. A name that starts with a dot stands for every group that ends so.
const LOCAL_GROUPS: &[&str] = &[
    // Components of Kubernetes: `k8s.io/kubernetes/pkg/**/apis/config`, `k8s.io/apiserver/pkg/apis` (1.36).
    ".config.k8s.io",
    ".config.x-k8s.io",
    "admission.k8s.io",
    "apiserver.k8s.io",
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "controller-runtime.sigs.k8s.io",
    "credentialprovider.kubelet.k8s.io",
    "descheduler",
    "imagepolicy.k8s.io",
    "kubeadm.k8s.io",
    "kubectl.config.k8s.io",
    "eventratelimit.admission.k8s.io",
    "podnodeselector.admission.k8s.io",
    "resourcequota.admission.k8s.io",
    // Tools that make clusters.
    "eksctl.io",
    "k3d.io",
    "kind.x-k8s.io",
    "kind.sigs.k8s.io",
    "clusterctl.cluster.x-k8s.io",
    "mirror.openshift.io",
    // Tools that build, render and test.
    "backstage.io",
    "cli.kyverno.io",
    "chainsaw.kyverno.io",
    "config.kubernetes.io",
    "devspace",
    "install.istio.io",
    "kpt.dev",
    "ksonnet.io",
    "kuttl.dev",
    "meta.pkg.crossplane.io",
    "policy.networking.k8s.io/test",
    "skaffold",
    "test.gatekeeper.sh",
    "testing.kyverno.io",
    "vcluster.com",
];

/// The groups every API server serves (`kubectl api-versions` of 1.36, and those of earlier versions).
const SERVED_GROUPS: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// The fields in which objects of the groups above keep what they are about, beside `metadata`.
const CONTENT_FIELDS: &[&str] = &[
    "spec",
    "data",
    "stringData",
    "binaryData",
    "items",
    "rules",
    "subjects",
    "roleRef",
    "webhooks",
    "template",
    "provisioner",
    "handler",
    "endpoints",
    "subsets",
];

/// The group of an `apiVersion`; empty for the core group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Whether every API server serves a group of this name.
pub(super) fn is_served_group(group: &str) -> bool {
    SERVED_GROUPS.contains(&group)
}

fn is_local_group(group: &str) -> bool {
    LOCAL_GROUPS.iter().any(|local| if local.starts_with('.') { group.ends_with(local) } else { group == *local })
}

/// What a document is.
pub(super) fn shape(root: NodeRef<'_>) -> Shape {
    match root.value() {
        Value::Mapping => of_mapping(root),
        Value::Sequence => of_sequence(root),
        _ => Shape::Other,
    }
}

fn of_sequence(root: NodeRef<'_>) -> Shape {
    let all = |test: fn(NodeRef<'_>) -> bool| !root.is_empty() && root.elements().all(test);
    if all(|element| element.get("op").is_some() && element.get("path").is_some()) {
        Shape::KustomizeInput
    } else if all(|element| of_mapping(element) == Shape::Object) {
        Shape::ObjectList
    } else {
        Shape::Other
    }
}

fn of_mapping(root: NodeRef<'_>) -> Shape {
    if let Some(sops) = root.get("sops")
        && (sops.get("mac").is_some() || sops.get("lastmodified").is_some())
    {
        return Shape::Encrypted;
    }
    let has_metadata = field(root, "metadata").is_some();
    let has_content = CONTENT_FIELDS.iter().any(|name| root.entry(name).is_some());
    // Without metadata, a custom kind is told from some tool's file by nothing else.
    let has_spec = root.get("spec").is_some_and(|spec| spec.kind() == Kind::Mapping)
        || root.get("items").is_some_and(|items| items.kind() == Kind::Sequence);
    let (api_version, kind) = (field(root, "apiVersion"), field(root, "kind"));
    match (api_version.map(NodeRef::value), kind.map(NodeRef::value)) {
        (Some(Value::String(api_version)), Some(Value::String(kind))) => {
            let group = group_of(api_version);
            if group == "kustomize.config.k8s.io" {
                Shape::Kustomization
            } else if api_version == "builtin" || group == "builtin" {
                Shape::KustomizeInput
            } else if api_version == "v1" && kind == "Config" && !has_metadata {
                Shape::Kubeconfig
            } else if is_local(api_version, kind) {
                Shape::ToolConfig
            } else if has_metadata || has_spec || (is_served_group(group) && (has_content || is_common_kind(kind))) {
                Shape::Object
            } else {
                Shape::ToolConfig
            }
        }
        // The two are there, and one is a number, a list, nothing at all: kubectl refuses an object for it.
        (Some(_), Some(_)) if has_metadata => Shape::Object,
        (None, Some(Value::String(kind)))
            if has_metadata
                && has_content
                && kind.starts_with(|c: char| c.is_ascii_uppercase())
                && root.get("version").is_none() =>
        {
            Shape::Object
        }
        (Some(Value::String(_)), None) if has_metadata && has_content => Shape::Object,
        _ if is_field_specification(root) => Shape::KustomizeInput,
        _ => Shape::Other,
    }
}

/// `apiVersion: skaffold/v4beta6` has its tool where groups stand, `apiVersion: 0.1.0` no group at all.
fn is_local(api_version: &str, kind: &str) -> bool {
    let group = group_of(api_version);
    is_local_group(group)
        || is_local_group(api_version)
        || kind.starts_with("ksonnet.io/")
        // In the groups of custom resources, and read from disk: by `clusterctl`, by Argo CD's sidecars.
        || (kind == "Metadata" && group.ends_with("cluster.x-k8s.io"))
        || (kind == "ConfigManagementPlugin" && group == "argoproj.io")
}

/// Kinds that everybody uses: one of these without any other field is an object that somebody has yet to write.
fn is_common_kind(kind: &str) -> bool {
    matches!(
        kind,
        "ConfigMap"
            | "Endpoints"
            | "Event"
            | "LimitRange"
            | "List"
            | "Namespace"
            | "Node"
            | "PersistentVolume"
            | "PersistentVolumeClaim"
            | "Pod"
            | "PodTemplate"
            | "ReplicationController"
            | "ResourceQuota"
            | "Secret"
            | "Service"
            | "ServiceAccount"
            | "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "CronJob"
            | "Ingress"
    )
}

/// A file for `configurations:` of a kustomization (`api/internal/plugins/builtinconfig/transformerconfig.go`).
fn is_field_specification(root: NodeRef<'_>) -> bool {
    const FIELDS: &[&str] = &[
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "labels",
        "templateLabels",
        "commonAnnotations",
        "nameReference",
        "varReference",
        "images",
        "replicas",
    ];
    !root.is_empty()
        && root.entries().all(|entry| {
            FIELDS.contains(&entry.name())
                && entry.value.elements().len() > 0
                && entry
                    .value
                    .elements()
                    .all(|element| element.get("path").is_some() || element.get("fieldSpecs").is_some())
        })
}

/// The value of a field, `null` included, and also where its name is written in another case (`apiversion`, `Kind`):
/// the API server would not see it, and whoever wrote it meant it.
fn field<'t>(root: NodeRef<'t>, name: &str) -> Option<NodeRef<'t>> {
    root.entry(name)
        .or_else(|| root.entries().find(|entry| entry.name().eq_ignore_ascii_case(name)))
        .map(|entry| entry.value)
}

/// Whether text that does not parse has the fields of an object where a document's own fields stand.
pub(super) fn reads_like_an_object(text: &str) -> bool {
    if text.trim_start().starts_with('{') {
        return text.contains("\"apiVersion\"") && text.contains("\"kind\"");
    }
    let has = |name: &str| {
        text.lines().any(|line| {
            let line = line.strip_prefix(['"', '\'']).unwrap_or(line);
            line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && line[name.len()..].trim_start_matches(['"', '\'']).trim_start().starts_with(':')
        })
    };
    [has("apiVersion"), has("kind"), has("metadata")].into_iter().filter(|found| *found).count() >= 2
}
