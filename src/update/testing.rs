//! Help for the tests of updates: an object, a change to it, and what is said about that.

use super::{Applier, Change, Context, Patch, Update, judge, judge_defaulted};
use crate::object::view::View;
use crate::object::{GroupVersionKind, Object, Origin};
use crate::schema::{Minor, Schema};
use crate::source::FileId;
use crate::yaml::TreeBuilder;
use serde_json::Value;
use std::sync::Arc;

/// An object that stands in no file.
pub fn object(value: &Value) -> Object {
    let mut builder = TreeBuilder::new("".into());
    let node = builder.json(value);
    let tree = Arc::new(builder.finish(node));
    let root = tree.node(node);
    let gvk = GroupVersionKind::parse(root.text("apiVersion"), root.text("kind")).expect("a group and version");
    let (namespace, name) =
        (root.get("metadata").text("namespace").to_owned(), root.get("metadata").text("name").to_owned());
    Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk,
        namespace,
        name,
        node,
        tree: tree.clone(),
    }
}

/// `kubectl apply --server-side`
pub const SERVER_SIDE: Patch<'static> = Patch::ServerSide(Applier { manager: "kubectl", forces: false });

/// A 1.36 server that knows the kind of no custom resource.
pub fn context(patch: Patch<'_>) -> Context<'_> {
    Context { schema: Schema::of(Minor(36)), minor: Minor(36), patch, definition: None }
}

/// Applies `new` to `live` on a 1.36 server.
pub fn apply(live: &Value, new: &Value, patch: Patch<'_>) -> Update {
    judge(&object(new), &object(live), context(patch))
}

/// What refuses the change from `live` to `new`.
pub fn errors_of(live: &Value, new: &Value) -> Vec<String> {
    apply(live, new, Patch::ClientSide).findings.into_iter().map(|finding| finding.message).collect()
}

/// What refuses setting a member, by its pointer (RFC 6901), or taking it away.
pub fn errors_with(live: &Value, pointer: &str, value: Option<Value>) -> Vec<String> {
    errors_of(live, &with(live, pointer, value))
}

/// An object with a member set or taken away.
pub fn with(object: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer to a member");
    let parent = object.pointer_mut(parent).and_then(Value::as_object_mut).expect("a parent that is a map");
    match value {
        Some(value) => drop(parent.insert(key.to_owned(), value)),
        None => drop(parent.remove(key).expect("a member that exists")),
    }
    object
}

/// The object that comes of applying `new` to `live`; none if nothing changes.
pub fn merged(live: &Value, new: &Value, patch: Patch<'_>) -> Option<Value> {
    changed(apply(live, new, patch))
}

/// The same for a live object that holds more than the manifest it came of.
pub fn merged_into(live: &Value, manifest: &Value, new: &Value) -> Option<Value> {
    let (live, manifest, new) = (object(live), object(manifest), object(new));
    changed(judge_defaulted(&new, &live, &manifest, context(Patch::ClientSide)))
}

fn changed(update: Update) -> Option<Value> {
    match update.change {
        Change::Unchanged => None,
        Change::Changed(Object { tree, node, .. }) => Some(tree.node(node).to_json()),
    }
}
