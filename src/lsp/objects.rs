//! The objects of the repository, by kind and name.
//!
//! Apart because a reference in one file leads to an object in another, and what is rendered has no file to go to.

use crate::object::view::View;
use crate::pipeline::Snapshot;
use crate::source::{FileId, Span};
use crate::yaml::{ByteRange, Content, NodeRef};
use std::collections::HashSet;

/// An object as it is written somewhere.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its `metadata.name`.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The API group; none for any.
    pub group: Option<&'w str>,
    /// The kind.
    pub kind: &'w str,
    /// The namespace of who asks; empty if none is written.
    pub namespace: &'w str,
}

/// The objects of a kind that a file may mean: those of the sets it is in, or of the whole repository where it is in none.
pub fn of_kind(snapshot: &Snapshot, file: Option<FileId>, wanted: Wanted<'_>) -> Vec<Written> {
    let sets = snapshot.sets.iter().filter(|set| file.is_some_and(|file| set.files.contains(&file)));
    let around: HashSet<FileId> = sets.flat_map(|set| set.files.iter().copied()).collect();
    let mut found = Vec::new();
    for (known, _, class) in snapshot.files.iter() {
        if !around.is_empty() && !around.contains(known) {
            continue;
        }
        for document in &snapshot.streams.of(*known).documents {
            let Content::Value(tree) = &document.content else { continue };
            let root = tree.root();
            if class.word() == "kustomization" {
                generated(root, *known, wanted, &mut found);
                continue;
            }
            if !class.is_manifest() {
                continue;
            }
            let items = root.get("items").into_iter().flat_map(NodeRef::elements);
            for object in std::iter::once(root).chain(items) {
                found.extend(meant(object, *known, wanted));
            }
        }
    }
    found.sort_by(|one, other| (&one.name, one.span).cmp(&(&other.name, other.span)));
    found
}

fn meant(object: NodeRef<'_>, file: FileId, wanted: Wanted<'_>) -> Option<Written> {
    let name = object.at(&["metadata", "name"])?;
    let api_version = object.text("apiVersion");
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let namespace = object.at(&["metadata", "namespace"]).and_then(NodeRef::as_str).unwrap_or_default();
    let is_kind = object.text("kind") == wanted.kind && wanted.group.is_none_or(|wanted| wanted == group);
    // What names no namespace gets the one of the apply, which may be any.
    let is_near = namespace.is_empty() || wanted.namespace.is_empty() || namespace == wanted.namespace;
    let (name, range) = (name.as_str()?, name.range());
    (is_kind && is_near).then(|| Written { name: name.to_owned(), span: Span { file, range } })
}

/// The `ConfigMaps` and Secrets that a kustomization generates; their names get a suffix, and so do references to them.
fn generated(root: NodeRef<'_>, file: FileId, wanted: Wanted<'_>, found: &mut Vec<Written>) {
    let list = match wanted.kind {
        "ConfigMap" => "configMapGenerator",
        "Secret" => "secretGenerator",
        _ => return,
    };
    for name in root.list(list).into_iter().filter_map(|generator| generator.get("name")) {
        let range: ByteRange = name.range();
        found.extend(name.as_str().map(|text| Written { name: text.to_owned(), span: Span { file, range } }));
    }
}

/// The keys in the data of a ConfigMap or Secret. Values are not looked at.
pub fn keys(snapshot: &Snapshot, object: &Written) -> Vec<String> {
    let documents = &snapshot.streams.of(object.span.file).documents;
    let roots = documents.iter().filter_map(|document| match &document.content {
        Content::Value(tree) => Some(tree.root()),
        _ => None,
    });
    let mut objects =
        roots.flat_map(|root| std::iter::once(root).chain(root.get("items").into_iter().flat_map(NodeRef::elements)));
    let is_it =
        |node: &NodeRef<'_>| node.at(&["metadata", "name"]).is_some_and(|name| name.range() == object.span.range);
    let Some(found) = objects.find(is_it) else { return Vec::new() };
    let mut keys: Vec<String> = ["data", "stringData", "binaryData"]
        .into_iter()
        .filter_map(|field| found.get(field))
        .flat_map(|data| data.entries().map(|entry| entry.name().to_owned()).collect::<Vec<_>>())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}
