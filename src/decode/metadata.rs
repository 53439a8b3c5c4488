//! `metadata`: as kubectl itself decodes it before anything is sent, and as the server decodes that of custom resources.
//!
//! Apart because it is the one part of an object that has a Go type whatever the kind.

use super::fault::FaultKind;
use super::frame::Frame;
use super::walk::Walk;
use super::{Decoded, FieldValidation};
use crate::finding::{Finding, Mend};
use crate::object::{FieldPath, Object};
use crate::schema::{Definition, Facts, Field, ListType, Minor, Schema, Type};
use crate::yaml::{ByteRange, NodeRef};
use std::sync::LazyLock;

/// Why kubectl cannot read a document's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMetaError {
    /// kubectl's words, without its `unable to decode "FILE": ` prefix.
    pub message: String,
    /// The field.
    pub field: FieldPath,
    /// Its value.
    pub range: ByteRange,
    /// What mends it, where that is known.
    pub mend: Option<Mend>,
}

/// The definition of `metadata`.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The type that kubectl decodes every document into.
static METADATA_ONLY_OBJECT: LazyLock<Definition> = LazyLock::new(|| Definition {
    name: "metadataOnlyObject",
    atomic: false,
    fields: vec![Field {
        name: "metadata",
        ty: Type::Object(OBJECT_META),
        listed_required: false,
        list_type: ListType::Atomic,
        list_map_keys: Vec::new(),
        patch_merge_key: None,
        patch_strategy: None,
        atomic: false,
        facts: Facts::default(),
    }],
});

/// Checks that `metadata` can be decoded, as kubectl does with each document and each item of a List.
///
/// Unknown fields are passed over. Source: cli-runtime `pkg/resource/metadata_decoder.go` (1.36).
pub fn object_meta_error(root: NodeRef<'_>) -> Option<ObjectMetaError> {
    let metadata = root.get("metadata")?;
    let definition = &*METADATA_ONLY_OBJECT;
    let field = definition.field("metadata")?;
    // kubectl has its own types; these fields have been the same in every release.
    let mut walk = Walk::new(Schema::of(Minor::LATEST));
    walk.value(metadata, &field.ty, &Frame::ROOT.field(definition, field));
    let returned = walk.returned().filter(|fault| fault.kind == FaultKind::Type)?;
    Some(ObjectMetaError {
        message: returned.message.clone(),
        field: returned.path.clone(),
        range: returned.range,
        mend: returned.mend.clone(),
    })
}

/// What decoding the metadata of a custom resource, or of an object inside one, came to.
#[derive(Clone, Debug, Default)]
pub struct DecodedMetadata {
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// The decoder's words for a value that its type cannot hold.
    pub type_error: Option<String>,
    /// What strict validation says, each once: `unknown field "metadata.x"`.
    pub unknown: Vec<String>,
}

/// Decodes metadata that stands at `path` of a custom resource.
///
/// Fields that `ObjectMeta` does not have are unknown fields.
/// Source: apiextensions-apiserver `pkg/apiserver/schema/objectmeta/coerce.go` (1.36).
pub fn decode_object_meta(
    object: &Object,
    metadata: NodeRef<'_>,
    path: &FieldPath,
    schema: Schema,
    validation: FieldValidation,
) -> DecodedMetadata {
    let mut walk = Walk::new(schema);
    walk.value(metadata, &Type::Object(OBJECT_META), &Frame::ROOT);
    let type_error = walk.returned().map(|fault| fault.message.clone());
    let mut unknown: Vec<String> = Vec::new();
    for fault in &mut walk.faults {
        fault.path.0.splice(0..0, path.0.iter().cloned());
        if let Some(name) = fault.message.strip_prefix("unknown field \"") {
            fault.message = format!("unknown field \"{path}.{name}");
            if fault.kind == FaultKind::Unknown && !unknown.contains(&fault.message) {
                unknown.push(fault.message.clone());
            }
        }
    }
    let findings = walk.faults.into_iter().filter_map(|fault| fault.into_finding(object, validation)).collect();
    DecodedMetadata { findings, type_error, unknown }
}

/// Decodes the metadata of a custom resource as the API server does when it is created: the rest of it has no Go type.
///
/// What stands below `spec` and elsewhere is the custom resource definition's matter.
pub fn decode_custom(object: &Object, schema: Schema, validation: FieldValidation) -> Decoded {
    let Some(metadata) = object.root().get("metadata") else { return Decoded::default() };
    let decoded = decode_object_meta(object, metadata, &FieldPath::of(&["metadata"]), schema, validation);
    let inner = decoded.type_error.or_else(|| custom_strict_message(&decoded.unknown, validation));
    Decoded { server_message: inner.map(|inner| custom_answer(object, &inner)), findings: decoded.findings }
}

/// All unknown fields of a custom resource as one message.
pub fn custom_strict_message(unknown: &[String], validation: FieldValidation) -> Option<String> {
    let is_told = validation == FieldValidation::Strict && !unknown.is_empty();
    is_told.then(|| format!("strict decoding error: {}", unknown.join(", ")))
}

/// The server's answer to a custom resource that it cannot decode.
pub fn custom_answer(object: &Object, inner: &str) -> String {
    let (kind, version) = (&object.gvk.kind, &object.gvk.version);
    format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {inner}")
}

#[cfg(test)]
mod tests {
    use super::super::FieldValidation;
    use super::super::testing::{object, tree};
    use super::{decode_custom, object_meta_error};
    use crate::schema::{Minor, Schema};
    use serde_json::json;

    #[test]
    fn words_errors_as_kubectl_does() {
        for (metadata, message) in [
            (json!({"name": "a", "unknown": 1, "labels": {"a": null}, "creationTimestamp": null}), None),
            (json!(null), None),
            (
                json!({"labels": {"a": 1}}),
                Some("json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"),
            ),
            (
                json!([]),
                Some(
                    "json: cannot unmarshal array into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
                ),
            ),
            (
                json!({"name": 1, "creationTimestamp": "x"}),
                Some("parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\""),
            ),
        ] {
            let tree = tree(&json!({"metadata": metadata}));
            let error = object_meta_error(tree.root());
            assert_eq!(error.as_ref().map(|error| error.message.as_str()), message);
        }
        assert_eq!(object_meta_error(tree(&json!([])).root()), None);
    }

    #[test]
    fn the_metadata_of_a_custom_resource_has_a_type() {
        let decoded = |metadata: &serde_json::Value, validation| {
            let portal = json!({"apiVersion": "example.com/v1", "kind": "Portal", "metadata": metadata, "spec": 1});
            decode_custom(&object(&portal), Schema::of(Minor(36)), validation)
        };
        for (metadata, message) in [
            (json!({"name": "a"}), None),
            (
                json!({"labels": {"a": 1}}),
                Some("json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"),
            ),
            (json!([]), Some("json: cannot unmarshal array into Go value of type v1.ObjectMeta")),
            (json!({"lables": {}}), Some("strict decoding error: unknown field \"metadata.lables\"")),
        ] {
            let wanted =
                message.map(|message| format!("Portal in version \"v1\" cannot be handled as a Portal: {message}"));
            assert_eq!(decoded(&metadata, FieldValidation::Strict).server_message, wanted);
        }
        let warned = decoded(&json!({"lables": {}}), FieldValidation::Warn);
        assert_eq!((warned.server_message, warned.findings[0].field.to_string()), (None, "metadata.lables".to_owned()));
    }
}
