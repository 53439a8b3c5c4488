//! Help for the tests of rules: objects from JSON, and what is said about them.

use super::{validate, view::View};
use crate::finding::{Finding, Level};
use crate::object::{GroupVersionKind, Object, Origin};
use crate::schema::Minor;
use crate::source::FileId;
use crate::yaml::TreeBuilder;
use std::sync::Arc;

/// An object that nobody wrote, without places.
pub fn object(value: &serde_json::Value) -> Object {
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(value);
    let tree = Arc::new(builder.finish(root));
    let root = tree.root();
    let gvk = GroupVersionKind::parse(root.text("apiVersion"), root.text("kind")).expect("a group and version");
    let metadata = root.get("metadata");
    Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk,
        namespace: metadata.text("namespace").to_owned(),
        name: metadata.text("name").to_owned(),
        node: root.index(),
        tree: tree.clone(),
    }
}

/// What the server of this minor finds wrong with an object, errors and warnings.
pub fn findings_of(value: &serde_json::Value, minor: Minor) -> Vec<Finding> {
    validate(&object(value), minor)
}

/// The errors of a 1.36 server about an object, in its words and order.
pub fn errors_of(value: &serde_json::Value) -> Vec<String> {
    let findings = findings_of(value, Minor(36));
    findings.into_iter().filter(|finding| finding.level == Level::Error).map(|finding| finding.message).collect()
}

/// The warnings of a 1.36 server about an object, in its words and order.
pub fn warnings_of(value: &serde_json::Value) -> Vec<String> {
    let findings = findings_of(value, Minor(36));
    findings.into_iter().filter(|finding| finding.level == Level::Warning).map(|finding| finding.message).collect()
}

/// The errors about an object from which `pointer` (RFC 6901) was taken, or set to a value.
pub fn errors_with(value: &serde_json::Value, pointer: &str, new: Option<serde_json::Value>) -> Vec<String> {
    let mut value = value.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer to a member");
    match value.pointer_mut(parent).expect("a parent that exists") {
        serde_json::Value::Object(map) => match new {
            Some(new) => drop(map.insert(key.to_owned(), new)),
            None => drop(map.remove(key).expect("a member that exists")),
        },
        serde_json::Value::Array(list) => {
            let index: usize = key.parse().expect("an index");
            match new {
                Some(new) => list[index] = new,
                None => drop(list.remove(index)),
            }
        }
        _ => panic!("{parent} is no collection"),
    }
    errors_of(&value)
}
