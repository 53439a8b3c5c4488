//! Where the object is that a field names.
//!
//! Apart because it asks the same table as completion and gives places instead of names.

use super::cursor::{Cursor, Part};
use super::fields::{self, Target};
use super::objects::{self, Wanted};
use crate::object::Segment;
use crate::pipeline::Snapshot;
use crate::source::{FileId, Span};
use crate::yaml::{Content, NodeRef};

/// The places where the object that is named at the cursor is written; where the kind is, for a kind of a CRD.
pub fn find(cursor: &Cursor, word: &str, file: Option<FileId>, snapshot: &Snapshot) -> Vec<Span> {
    if let [Segment::Field(field)] = cursor.path.as_slice()
        && matches!(field.as_str(), "kind" | "apiVersion")
    {
        return of_crd(cursor, snapshot);
    }
    if cursor.part != Part::Value {
        return Vec::new();
    }
    let mut found: Vec<Span> = Vec::new();
    for Target { group, kind, namespace } in fields::targets(cursor) {
        let namespace = namespace.as_deref().unwrap_or(&cursor.namespace);
        let wanted = Wanted { group: group.as_deref(), kind: &kind, namespace };
        let mut near = objects::of_kind(snapshot, file, wanted);
        near.retain(|object| object.name == word);
        if near.is_empty() {
            // Another set may have it, which is better than nothing.
            near = objects::of_kind(snapshot, None, wanted);
            near.retain(|object| object.name == word);
        }
        found.extend(near.iter().map(|object| object.span));
    }
    found
}

/// The name of the kind in the CRD that declares it.
fn of_crd(cursor: &Cursor, snapshot: &Snapshot) -> Vec<Span> {
    let mut found = Vec::new();
    for file in &snapshot.crds {
        for document in &snapshot.streams.of(*file).documents {
            let Content::Value(tree) = &document.content else { continue };
            let root = tree.root();
            let items = root.get("items").into_iter().flat_map(NodeRef::elements);
            for spec in std::iter::once(root).chain(items).filter_map(|object| object.get("spec")) {
                let group = spec.get("group").and_then(NodeRef::as_str);
                let kind = spec.at(&["names", "kind"]);
                if let Some(kind) = kind.filter(|kind| kind.as_str() == Some(&cursor.gvk.kind))
                    && group == Some(&cursor.gvk.group)
                {
                    found.push(Span { file: *file, range: kind.range() });
                }
            }
        }
    }
    found
}
