//! Object metadata: name, namespace, labels, annotations, owners, finalizers.
//!
//! Apart because every kind has it, custom ones included. Only the rule for the name differs between kinds.
//! Source: apimachinery `pkg/api/validation/objectmeta.go`, `pkg/apis/core/validation/validation.go` (1.36).
//!
//! `metadata.managedFields` is left alone: on creation the server drops entries it cannot read before it validates
//! (apimachinery `pkg/util/managedfields/internal/fieldmanager.go`).

use super::Judge;
use super::content::int_or_percent::nonnegative;
use super::content::label_selector::validate_labels;
use super::content::{ip, names, report};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{GroupVersionKind, Path, view::View as _};
use crate::schema::Minor;
use crate::yaml::{NodeRef, Value};

pub use super::content::names::NameRule;

/// Names and namespaces.
pub static NAME: Rule = Rule {
    id: "api/name",
    level: Level::Error,
    summary: "the object's name or namespace is not of the form its kind needs",
    why: "names become parts of URLs, host names and labels, so the API server refuses those that could not",
    docs: include_str!("name.md"),
};

/// Labels, annotations, owners, finalizers.
pub static METADATA: Rule = Rule {
    id: "api/metadata",
    level: Level::Error,
    summary: "a label, annotation, owner or finalizer is not of the form the API server accepts",
    why: "kube-apiserver checks the metadata of every object alike and refuses the whole object for one bad entry",
    docs: include_str!("metadata.md"),
};

/// What client-side apply adds to the annotations is too much.
pub static TOO_LARGE_TO_APPLY: Rule = Rule {
    id: "api/last-applied-size",
    level: Level::Error,
    summary: "the object is too large for client-side apply",
    why: "kubectl apply keeps a copy of the object in an annotation, and annotations hold at most 256 KiB together; \
          kubectl apply --server-side keeps none",
    docs: include_str!("last-applied-size.md"),
};

/// The annotation in which client-side apply keeps the object as it was last applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The most bytes that all annotations of an object may have, keys and values together (`TotalAnnotationSizeLimitB`).
pub const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// What a kind asks of its metadata.
#[derive(Clone, Copy, Debug)]
pub struct MetadataRules {
    /// The form of the name; none where the kind has a rule of its own.
    pub name: Option<NameRule>,
    /// Finalizers without a domain must be Kubernetes' own (`core/validation.ValidateObjectMeta`). Kinds of API groups
    /// outside `kubernetes/kubernetes/pkg/apis/core` that call the general function do not ask this.
    pub standard_finalizers: bool,
    /// The server sets `generation` itself before it validates.
    pub sets_generation: bool,
    /// A `generateName` is judged itself; else only the name made of it is (`ValidateObjectMetaWithOpts`).
    pub checks_prefix: bool,
}

impl MetadataRules {
    /// What custom resources are held to.
    pub const CUSTOM: MetadataRules = MetadataRules {
        name: Some(NameRule::Subdomain),
        standard_finalizers: false,
        sets_generation: true,
        checks_prefix: true,
    };

    /// What a built-in kind is held to.
    pub fn of(gvk: &GroupVersionKind, minor: Minor) -> Self {
        let name = match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("", "Namespace") | ("apps", "StatefulSet") => Some(NameRule::Label),
            ("", "Service") if minor >= Minor(36) => Some(NameRule::Label),
            ("", "Service") => Some(NameRule::Label1035),
            ("coordination.k8s.io", "LeaseCandidate") => Some(NameRule::ConfigMapKey),
            ("", "Event")
            | ("policy", "PodDisruptionBudget")
            | ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _)
            | ("certificates.k8s.io", "CertificateSigningRequest") => Some(NameRule::PathSegment),
            ("networking.k8s.io", "IPAddress") | ("certificates.k8s.io", "ClusterTrustBundle") => None,
            _ => Some(NameRule::Subdomain),
        };
        // The groups whose validation goes through `core/validation.ValidateObjectMeta`.
        let standard_finalizers = match gvk.group.as_str() {
            "" => gvk.kind != "Event",
            group => matches!(
                group,
                "apps"
                    | "autoscaling"
                    | "batch"
                    | "certificates.k8s.io"
                    | "discovery.k8s.io"
                    | "events.k8s.io"
                    | "flowcontrol.apiserver.k8s.io"
                    | "internal.apiserver.k8s.io"
                    | "networking.k8s.io"
                    | "rbac.authorization.k8s.io"
                    | "resource.k8s.io"
                    | "scheduling.k8s.io"
                    | "storage.k8s.io"
                    | "storagemigration.k8s.io"
            ),
        };
        let sets_generation = matches!(
            (gvk.group.as_str(), gvk.kind.as_str()),
            (
                "admissionregistration.k8s.io"
                    | "flowcontrol.apiserver.k8s.io"
                    | "policy"
                    | "apiextensions.k8s.io"
                    | "batch",
                _
            ) | ("networking.k8s.io", "Ingress" | "IngressClass" | "NetworkPolicy")
                | ("scheduling.k8s.io", "PriorityClass")
                | ("discovery.k8s.io", "EndpointSlice")
                | ("resource.k8s.io", "ResourceSlice" | "DeviceClass" | "DeviceTaintRule")
                | ("apps", "DaemonSet" | "StatefulSet" | "Deployment" | "ReplicaSet")
                | ("", "Pod" | "PodTemplate" | "ReplicationController")
        );
        let checks_prefix = !matches!(
            (gvk.group.as_str(), gvk.kind.as_str()),
            ("", "ReplicationController") | ("resource.k8s.io", "DeviceClass")
        );
        Self { name, standard_finalizers, sets_generation, checks_prefix }
    }
}

/// Judges the metadata of the object under judgement.
pub fn validate(judge: &mut Judge<'_>) {
    let mut rules = MetadataRules::of(judge.gvk, judge.minor);
    if judge.live.is_some() && !CHECK_PREFIX_ON_UPDATE.contains(&(judge.gvk.group.as_str(), judge.gvk.kind.as_str())) {
        rules.checks_prefix = false;
    }
    let metadata = judge.root.get("metadata");
    let path = Path::ROOT.field("metadata");
    validate_object_meta(metadata, rules, judge.last_applied, &path, &mut judge.errors);
    let generate_name = metadata.text("generateName");
    if judge.live.is_none() && !rules.checks_prefix && !generate_name.is_empty() {
        // What all names are held to in the end (apiserver `pkg/registry/rest/create.go`).
        judge.errors.under(&NAME, |errors| {
            report(names::path_segment_prefix(generate_name), &path.field("generateName"), generate_name, errors);
        });
    }
    if rules.name.is_none() && judge.gvk.kind == "IPAddress" {
        judge.errors.under(&NAME, |errors| validate_ip_address_name(metadata, &path, errors));
    }
}

/// Kinds whose update judges all of the metadata again (`ValidateObjectMeta`), where others judge what may have changed
/// (`ValidateObjectMetaUpdate`): only the former look at a `generateName` once more.
const CHECK_PREFIX_ON_UPDATE: [(&str, &str); 34] = [
    ("", "ConfigMap"),
    ("", "Endpoints"),
    ("", "LimitRange"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apps", "ControllerRevision"),
    ("batch", "Job"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("resource.k8s.io", "ResourceClaim"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
    ("storagemigration.k8s.io", "StorageVersionMigration"),
];

/// Judges metadata, of a built-in kind, of a custom resource, or of an object embedded in one
/// (`ValidateObjectMeta`). An absent one reads as the zero value.
///
/// `last_applied` is the length in bytes of the annotation that client-side apply adds (its value only), none for every
/// other way to apply.
pub fn validate_object_meta(
    metadata: Option<NodeRef<'_>>,
    rules: MetadataRules,
    last_applied: Option<usize>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    errors.under(&NAME, |errors| {
        let generate_name = metadata.text("generateName");
        let name = metadata.text("name");
        if let Some(rule) = rules.name {
            if !generate_name.is_empty() {
                // Whatever the kind asks, the prefix must fit into a path (`BeforeCreate` of apiserver
                // `pkg/registry/rest/create.go`).
                let rule = if rules.checks_prefix { rule } else { NameRule::PathSegment };
                for message in rule.check_prefix(generate_name) {
                    errors.invalid(&path.field("generateName"), generate_name, &message);
                }
            }
            let generated;
            let name = if name.is_empty() && !generate_name.is_empty() {
                generated = generated_name(generate_name);
                &generated
            } else {
                name
            };
            if !name.is_empty() {
                for message in rule.check(name) {
                    errors.invalid(&path.field("name"), name, &message);
                }
            }
        }
        if name.is_empty() && generate_name.is_empty() {
            errors.required(&path.field("name"), "name or generateName is required");
        }
        let namespace = metadata.text("namespace");
        if !namespace.is_empty() {
            for message in names::dns_1123_label(namespace) {
                errors.invalid(&path.field("namespace"), namespace, &message);
            }
        }
    });
    let Some(metadata) = metadata else { return };
    errors.under(&METADATA, |errors| {
        if !rules.sets_generation {
            nonnegative(metadata.int("generation").unwrap_or_default(), &path.field("generation"), errors);
        }
        validate_labels(metadata.get("labels"), &path.field("labels"), errors);
        validate_annotations(metadata.get("annotations"), last_applied, &path.field("annotations"), errors);
        validate_owner_references(metadata, &path.field("ownerReferences"), errors);
        validate_finalizers(metadata, rules.standard_finalizers, &path.field("finalizers"), errors);
    });
}

/// A name as the server makes it: the base, cut to 58 bytes, and five characters that are anyone's guess
/// (apiserver `pkg/storage/names/generate.go`).
pub(super) fn generated_name(base: &str) -> String {
    let mut end = base.len().min(58);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}xxxxx", &base[..end])
}

/// Judges the metadata of a template whose objects get their names and the rest from the server
/// (`ValidateTemplateObjectMeta`).
pub(super) fn validate_template_object_meta(metadata: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_annotations(metadata.get("annotations"), None, &path.field("annotations"), errors);
    validate_labels(metadata.get("labels"), &path.field("labels"), errors);
    for entry in metadata.entries() {
        let is_zero = match entry.value.value() {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Int(number) => number == 0 && entry.name() == "generation",
            _ => false,
        };
        if !is_zero && !matches!(entry.name(), "labels" | "annotations") {
            let name = if entry.name() == "uid" { "uID" } else { entry.name() };
            errors.forbidden(&path.field(name), "cannot be set");
        }
    }
}

/// Judges annotations: their keys, and what they weigh together (`ValidateAnnotations`).
///
/// `last_applied` as in [`validate_object_meta`]; none for a pod template.
pub fn validate_annotations(
    annotations: Option<NodeRef<'_>>,
    last_applied: Option<usize>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let mut bytes = 0;
    for entry in annotations.into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        let replaced = last_applied.is_some() && key == LAST_APPLIED;
        if !replaced {
            bytes += key.len() + entry.value.as_str().map_or(0, str::len);
        }
        // The server lowers the key before it looks; only a prefix has any need of it.
        let lowered = if key.contains('/') { std::borrow::Cow::Owned(key.to_lowercase()) } else { key.into() };
        for message in names::qualified_name(&lowered) {
            errors.invalid(path, key, &message);
        }
    }
    let added = last_applied.map_or(0, |length| LAST_APPLIED.len() + length);
    if bytes > ANNOTATIONS_LIMIT {
        errors.too_long(path, ANNOTATIONS_LIMIT);
    } else if bytes + added > ANNOTATIONS_LIMIT {
        errors.under(&TOO_LARGE_TO_APPLY, |errors| errors.too_long(path, ANNOTATIONS_LIMIT));
    }
}

fn validate_owner_references(metadata: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(references) = metadata.get("ownerReferences") else { return };
    let mut controller: Option<String> = None;
    for (index, reference) in references.elements().enumerate() {
        // The server drops a repeated reference before it validates (`dedupOwnerReferences`).
        if references.elements().take(index).any(|earlier| same_owner(earlier, reference)) {
            continue;
        }
        let api_version = reference.text("apiVersion");
        let kind = reference.text("kind");
        let version = GroupVersionKind::parse(api_version, kind).map(|gvk| gvk.version).unwrap_or_default();
        if version.is_empty() {
            errors.invalid(&path.field("apiVersion"), api_version, "version must not be empty");
        }
        for (field, value) in [("kind", kind), ("name", reference.text("name")), ("uid", reference.text("uid"))] {
            if value.is_empty() {
                errors.invalid(&path.field(field), "", "must not be empty");
            }
        }
        if matches!(api_version, "v1" | "/v1") && kind == "Event" {
            errors.invalid(path, &reference, "/v1, Kind=Event is disallowed from being an owner");
        }
        if reference.flag("controller") {
            let current = format!("{kind}/{}", reference.text("name"));
            match &controller {
                Some(first) => errors.invalid(
                    path,
                    &references,
                    &format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} \
                         and {current}"
                    ),
                ),
                None => controller = Some(current),
            }
        }
    }
}

/// Whether two references are equal field by field.
fn same_owner(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    let flag = |node: NodeRef<'_>, key| node.get(key).and_then(NodeRef::as_bool);
    ["uid", "name", "kind", "apiVersion"].iter().all(|key| one.text(key) == other.text(key))
        && ["controller", "blockOwnerDeletion"].iter().all(|key| flag(one, key) == flag(other, key))
}

fn validate_finalizers(metadata: NodeRef<'_>, standard_only: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(finalizers) = metadata.get("finalizers") else { return };
    let texts = || finalizers.elements().map(|finalizer| finalizer.as_str().unwrap_or_default());
    for finalizer in texts() {
        for message in names::qualified_name(finalizer) {
            errors.invalid(path, finalizer, &message);
        }
    }
    if texts().any(|finalizer| finalizer == "orphan") && texts().any(|finalizer| finalizer == "foregroundDeletion") {
        errors.invalid(path, &finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
    }
    if standard_only {
        for (index, finalizer) in texts().enumerate() {
            if !finalizer.contains('/') && !matches!(finalizer, "kubernetes" | "orphan" | "foregroundDeletion") {
                errors.invalid(
                    &path.index(index),
                    finalizer,
                    "name is neither a standard finalizer name nor is it fully qualified",
                );
            }
        }
    }
}

/// The name of an `IPAddress` is the address, in canonical form (`ValidateIPAddressName`).
fn validate_ip_address_name(metadata: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    for field in ["generateName", "name"] {
        let text = metadata.text(field);
        if !text.is_empty() {
            ip::validate_ip(text, &path.field(field), errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;
    use crate::server_rules::testing::{errors_of, findings_of};
    use serde_json::{Value, json};

    fn config_map(metadata: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    }

    fn name_errors(minor: u8, api_version: &str, kind: &str, name: &str) -> Vec<String> {
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        let findings = findings_of(&object, Minor(minor));
        findings
            .into_iter()
            .filter(|finding| finding.level == Level::Error && finding.message.starts_with("metadata.name"))
            .map(|finding| finding.message)
            .collect()
    }

    fn none() -> Vec<String> {
        Vec::new()
    }

    #[test]
    fn a_name_is_needed() {
        assert_eq!(
            errors_of(&config_map(&json!({}))),
            ["metadata.name: Required value: name or generateName is required"]
        );
        assert_eq!(errors_of(&config_map(&json!({"generateName": "tides-"}))), none());
    }

    #[test]
    fn names_differ_by_kind() {
        let dots = "metadata.name: Invalid value: \"a.b\": must not contain dots";
        assert_eq!(name_errors(36, "v1", "Secret", "a.b"), none());
        assert_eq!(name_errors(36, "v1", "Namespace", "a.b"), [dots]);
        assert_eq!(name_errors(36, "apps/v1", "StatefulSet", "a.b"), [dots]);
        assert_eq!(name_errors(36, "rbac.authorization.k8s.io/v1", "Role", "system:Reader of all"), none());
        assert_eq!(
            name_errors(36, "rbac.authorization.k8s.io/v1", "Role", "a/b"),
            ["metadata.name: Invalid value: \"a/b\": may not contain '/'"]
        );
    }

    #[test]
    fn a_service_may_begin_with_a_digit_since_1_36() {
        assert_eq!(name_errors(36, "v1", "Service", "0web"), none());
        assert!(name_errors(35, "v1", "Service", "0web")[0].contains("a DNS-1035 label must consist of"));
    }

    #[test]
    fn an_ip_address_is_named_after_itself() {
        assert_eq!(
            name_errors(36, "networking.k8s.io/v1", "IPAddress", "FD00::7"),
            ["metadata.name: Invalid value: \"FD00::7\": must be in canonical form (\"fd00::7\")"]
        );
    }

    #[test]
    fn a_generated_name_is_part_of_a_path_even_where_its_prefix_is_not_judged() {
        let class = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "lamps", "generateName": "a/b"}, "spec": {},
        });
        assert_eq!(
            errors_of(&class).first().map(String::as_str),
            Some("metadata.generateName: Invalid value: \"a/b\": may not contain '/'")
        );
    }

    #[test]
    fn generated_names_keep_the_rule_too() {
        let errors = errors_of(&config_map(&json!({"generateName": "Tides-"})));
        assert_eq!(errors.len(), 2);
        assert!(errors[0].starts_with("metadata.generateName: Invalid value: \"Tides-\": a lowercase RFC 1123"));
    }

    #[test]
    fn labels_and_annotations_have_keys_of_one_form() {
        assert_eq!(errors_of(&config_map(&json!({"name": "a", "labels": {"tier": "two words"}}))).len(), 1);
        assert_eq!(
            errors_of(&config_map(&json!({"name": "a", "annotations": {"Shop.Example/Owner": "any text: at all"}}))),
            none()
        );
        assert_eq!(
            errors_of(&config_map(&json!({"name": "a", "annotations": {"/x": ""}}))),
            ["metadata.annotations: Invalid value: \"/x\": prefix part must be non-empty"]
        );
    }

    #[test]
    fn annotations_have_a_limit_together() {
        let mut errors = FieldErrors::new(&METADATA);
        let metadata = Path::ROOT.field("metadata");
        let path = metadata.field("annotations");
        validate_annotations(None, Some(ANNOTATIONS_LIMIT - LAST_APPLIED.len()), &path, &mut errors);
        assert!(errors.is_empty());
        validate_annotations(None, Some(ANNOTATIONS_LIMIT - LAST_APPLIED.len() + 1), &path, &mut errors);
        assert_eq!(errors.list[0].message(), "metadata.annotations: Too long: may not be more than 262144 bytes");
    }

    #[test]
    fn owners_are_named_in_full_and_one_controls() {
        assert_eq!(
            errors_of(&config_map(&json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Node"}]}))),
            [
                "metadata.ownerReferences.name: Invalid value: \"\": must not be empty",
                "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty",
            ]
        );
        let errors = errors_of(&config_map(&json!({"name": "a", "ownerReferences": [
            {"apiVersion": "v1", "kind": "Node", "name": "x", "uid": "1", "controller": true},
            {"apiVersion": "v1", "kind": "Node", "name": "y", "uid": "2", "controller": true},
        ]})));
        assert!(errors[0].ends_with("Found \"true\" in references for Node/x and Node/y"), "{errors:?}");
        let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "x", "uid": "1", "controller": true});
        assert_eq!(errors_of(&config_map(&json!({"name": "a", "ownerReferences": [owner, owner]}))), none());
    }

    #[test]
    fn finalizers_are_kubernetes_own_or_qualified() {
        assert_eq!(
            errors_of(&config_map(&json!({"name": "a", "finalizers": ["shop.example/hold", "orphan"]}))),
            none()
        );
        assert_eq!(
            errors_of(&config_map(&json!({"name": "a", "finalizers": ["hold"]}))),
            ["metadata.finalizers[0]: Invalid value: \"hold\": name is neither a standard finalizer name nor is it \
                 fully qualified"]
        );
    }
}
