//! What tells one object from another in a cluster, as far as a file tells it.
//!
//! Apart because grouping needs it of every document before any of them is known to be an object.

use crate::yaml::{Content, NodeRef, Stream};

/// Group, kind, namespace and name: what an API server keeps one object of, whatever the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace as written; empty if there is none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Identity {
    /// The group of the kind that it defines, if it is a CustomResourceDefinition: its name is `PLURAL.GROUP`.
    pub fn defined_group(&self) -> Option<&str> {
        let is_definition = self.group == "apiextensions.k8s.io" && self.kind == "CustomResourceDefinition";
        is_definition.then(|| self.name.split_once('.').map(|(_, group)| group)).flatten()
    }
}

/// The identities in a file, those in Lists included; objects without a name have none.
pub fn identities(stream: &Stream) -> Vec<Identity> {
    let mut found = Vec::new();
    for document in &stream.documents {
        if let Content::Value(tree) = &document.content {
            collect(tree.root(), &mut found);
        }
    }
    found
}

fn collect(root: NodeRef<'_>, found: &mut Vec<Identity>) {
    if let Some(items) = root.get("items") {
        items.elements().for_each(|item| collect(item, found));
        return;
    }
    let text = |path: &[&str]| root.at(path).and_then(NodeRef::as_str);
    let (Some(api_version), Some(kind), Some(name)) =
        (text(&["apiVersion"]), text(&["kind"]), text(&["metadata", "name"]))
    else {
        return;
    };
    found.push(Identity {
        group: api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
        kind: kind.to_owned(),
        namespace: text(&["metadata", "namespace"]).unwrap_or_default().to_owned(),
        name: name.to_owned(),
    });
}
