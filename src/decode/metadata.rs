//! `metadata` as kubectl itself decodes it, before anything is sent.
//!
//! Apart because kubectl does this to every document, whatever its kind, and loses that document alone.

use super::fault::FaultKind;
use super::frame::Frame;
use super::walk::Walk;
use crate::object::FieldPath;
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
}

/// The type that kubectl decodes every document into.
static METADATA_ONLY_OBJECT: LazyLock<Definition> = LazyLock::new(|| Definition {
    name: "metadataOnlyObject",
    atomic: false,
    fields: vec![Field {
        name: "metadata",
        ty: Type::Object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"),
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
    Some(ObjectMetaError { message: returned.message.clone(), field: returned.path.clone(), range: returned.range })
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::object_meta_error;
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
}
