//! What the tests of this room share.

use super::{Decoded, FieldValidation, decode};
use crate::object::{GroupVersionKind, Object, Origin};
use crate::schema::{Minor, Schema};
use crate::source::FileId;
use crate::yaml::{Tree, TreeBuilder};
use std::sync::Arc;

/// A tree of a JSON value.
pub(super) fn tree(value: &serde_json::Value) -> Arc<Tree> {
    let mut builder = TreeBuilder::new(Arc::from(""));
    let root = builder.json(value);
    Arc::new(builder.finish(root))
}

/// An object of a JSON value.
pub(super) fn object(value: &serde_json::Value) -> Object {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let tree = tree(value);
    Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk: GroupVersionKind::parse(&text(&value["apiVersion"]), &text(&value["kind"])).unwrap(),
        namespace: text(&value["metadata"]["namespace"]),
        name: text(&value["metadata"]["name"]),
        node: tree.root().index(),
        tree,
    }
}

/// An object of a JSON value, decoded for 1.36.
pub(super) fn decoded(value: &serde_json::Value, validation: FieldValidation) -> Decoded {
    let (object, schema) = (object(value), Schema::of(Minor(36)));
    let kind = schema.kind_any_case(&object.gvk.group, &object.gvk.version, &object.gvk.kind).unwrap();
    decode(&object, &kind, schema, validation)
}
