//! The spec of a claim of storage, wherever one stands: in a claim, in an ephemeral volume, in a template
//! (`ValidatePersistentVolumeClaimSpec` of `pkg/apis/core/validation/validation.go`, 1.36).
//!
//! Apart because three kinds hold one.

use super::content::{label_selector, names};
use crate::decode::quantity::Quantity;
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Claims of storage.
pub static CLAIM: Rule = Rule {
    id: "api/volume-claim",
    level: Level::Error,
    summary: "the API server refuses a claim of storage",
    why: "a claim needs an access mode and a size, and may copy from one well-formed source",
    docs: include_str!("volume-claim.md"),
};

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Where a claim copies from: `dataSource` and `dataSourceRef`.
type Sources<'t> = (Option<NodeRef<'t>>, Option<NodeRef<'t>>);

/// Judges the spec of a claim in a template; an absent one reads as the zero value.
pub fn validate(spec: Option<NodeRef<'_>>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let part = |key| spec.and_then(|spec| spec.get(key));
    validate_with(spec, (part("dataSource"), part("dataSourceRef")), minor, path, errors);
}

/// Judges the spec of a `PersistentVolumeClaim` on creation. The server first drops a source it never supported and a
/// reference into another namespace, then copies the one that is left to the other
/// (`EnforceDataSourceBackwardsCompatibility` and `NormalizeDataSources` of `pkg/api/persistentvolumeclaim/util.go`).
pub fn validate_claim(spec: Option<NodeRef<'_>>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let part = |key| spec.and_then(|spec| spec.get(key));
    let reference = part("dataSourceRef").filter(|reference| reference.text("namespace").is_empty());
    let source = part("dataSource").filter(|source| {
        let kind = (source.text("apiGroup"), source.text("kind"));
        reference.is_some()
            || matches!(kind, ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot"))
    });
    validate_with(spec, (source.or(reference), reference.or(source)), minor, path, errors);
}

/// The gate `VolumeAttributesClass` is on by default since then; before, the field is dropped.
/// Source: `pkg/features/kube_features.go` (1.31 to 1.34).
const VOLUME_ATTRIBUTES_CLASS: Minor = Minor(34);

fn validate_with(
    spec: Option<NodeRef<'_>>,
    sources: Sources<'_>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    errors.under(&CLAIM, |errors| {
        validate_access_modes(spec, path, errors);
        validate_size(spec, path, errors);
        for field in ["storageClassName", "volumeAttributesClassName"] {
            // Both are looked at in their own place of the server's list; nothing else comes between that can fail.
            if field == "volumeAttributesClassName" {
                validate_mode_and_sources(spec, sources, path, errors);
                if minor < VOLUME_ATTRIBUTES_CLASS {
                    continue;
                }
            }
            let name = spec.text(field);
            if !name.is_empty() {
                for complaint in names::dns_1123_subdomain(name) {
                    errors.invalid(&path.field(field), name, &complaint);
                }
            }
        }
    });
}

fn validate_access_modes(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let modes = spec.list("accessModes");
    let modes_path = path.field("accessModes");
    if modes.is_empty() {
        errors.required(&modes_path, "at least 1 access mode is required");
    }
    let selector = spec.and_then(|spec| spec.get("selector"));
    label_selector::validate(selector, label_selector::Lenience::default(), &path.field("selector"), errors);
    let (mut alone, mut others) = (false, false);
    for mode in modes {
        match mode.as_str().unwrap_or_default() {
            "ReadWriteOncePod" => alone = true,
            mode if ACCESS_MODES.contains(&mode) => others = true,
            mode => errors.not_supported(&modes_path, mode, &ACCESS_MODES),
        }
    }
    if alone && others {
        errors.forbidden(&modes_path, "may not use ReadWriteOncePod with other access modes");
    }
}

fn validate_size(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let resources_path = path.field("resources");
    let size_path = resources_path.key("storage");
    // kubectl sends no key of a map without a value.
    let size = spec.and_then(|spec| spec.at(&["resources", "requests", "storage"]));
    let Some(size) = size else {
        errors.required(&size_path, "");
        return;
    };
    let size = Quantity::of(size).and_then(Result::ok).unwrap_or_else(|| Quantity::from_integer(0));
    if size.sign() <= 0 {
        errors.invalid(&size_path, &size.text(), "must be greater than zero");
    }
}

fn validate_mode_and_sources(
    spec: Option<NodeRef<'_>>,
    (source, reference): Sources<'_>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    if let Some(mode) = spec.text_pointer("volumeMode").filter(|mode| !matches!(*mode, "Block" | "Filesystem")) {
        errors.not_supported(&path.field("volumeMode"), mode, &["Block", "Filesystem"]);
    }
    for (field, node) in [("dataSource", source), ("dataSourceRef", reference)] {
        if let Some(node) = node {
            validate_source(node, field == "dataSourceRef", &path.field(field), errors);
        }
    }
    let (Some(source), Some(reference)) = (source, reference) else { return };
    // The server shows a path where it means a value; a path prints as an empty struct.
    if !reference.text("namespace").is_empty() {
        let text = "may not be specified when dataSourceRef.namespace is specified";
        errors.invalid(path, &Verbatim("{}"), text);
    } else if source.text_pointer("apiGroup") != reference.text_pointer("apiGroup")
        || source.text("kind") != reference.text("kind")
        || source.text("name") != reference.text("name")
    {
        errors.invalid(path, &Verbatim("{}"), "must match dataSourceRef");
    }
}

fn validate_source(source: NodeRef<'_>, has_namespace: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    for field in ["name", "kind"] {
        if source.text(field).is_empty() {
            errors.required(&path.field(field), "");
        }
    }
    let (group, kind) = (source.text("apiGroup"), source.text("kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        errors.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    }
    if !group.is_empty() {
        for complaint in names::dns_1123_subdomain(group) {
            errors.invalid(&path.field("apiGroup"), group, &complaint);
        }
    }
    let namespace = source.text("namespace");
    if has_namespace && !namespace.is_empty() {
        for complaint in names::dns_1123_label(namespace) {
            errors.invalid(&path.field("namespace"), namespace, &complaint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::TreeBuilder;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(spec);
        let tree = builder.finish(root);
        let mut errors = FieldErrors::new(&CLAIM);
        validate(Some(tree.root()), Minor(36), &Path::ROOT.field("spec"), &mut errors);
        errors.list.iter().map(crate::finding::FieldError::message).collect()
    }

    #[test]
    fn a_claim_has_a_mode_and_a_size() {
        assert_eq!(
            errors(&json!({})),
            [
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Required value",
            ]
        );
        let size = json!({"requests": {"storage": "0"}});
        assert_eq!(
            errors(&json!({"accessModes": ["ReadWriteOncePod", "ReadWriteMany", "All"], "resources": size})),
            [
                "spec.accessModes: Unsupported value: \"All\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \
                 \"ReadWriteOnce\", \"ReadWriteOncePod\"",
                "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
                "spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
            ]
        );
    }

    #[test]
    fn a_claim_copies_one_thing() {
        assert_eq!(
            errors(&json!({
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
                "volumeMode": "Tape",
                "dataSource": {"kind": "Other", "name": "a"},
                "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "a"},
            })),
            [
                "spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\"",
                "spec.dataSource: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the \
                 default apiGroup",
                "spec: Invalid value: {}: must match dataSourceRef",
            ]
        );
    }
}
