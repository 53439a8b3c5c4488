//! Kubernetes objects as they stand in files: identity, place, field paths.
//!
//! Apart from `yaml` because here a tree becomes an object with a kind and a name, and apart from `schema` because an
//! object exists whether or not its kind is known.

mod external;
mod field_change;
mod field_path;
mod sensitive;
pub mod view;

pub use external::{External, NamePattern};
pub use field_change::{CONCEALED, FieldChange, differences};
pub use field_path::{FieldPath, Path, Place, Segment};
pub use sensitive::{merged_ranges, sensitive_ranges, sensitive_ranges_unread};

use crate::source::{FileId, Span};
use crate::yaml::{ByteRange, NodeIndex, NodeRef, Tree};
use std::sync::Arc;

/// Group, version and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

impl GroupVersionKind {
    /// Splits an `apiVersion` as `schema.ParseGroupVersion` of apimachinery does: none for more than one `/`.
    pub fn parse(api_version: &str, kind: &str) -> Option<Self> {
        let (group, version) = match api_version.split_once('/') {
            Some((_, rest)) if rest.contains('/') => return None,
            Some((group, version)) => (group, version),
            None => ("", api_version),
        };
        Some(Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
    }

    /// `group/version`, or just the version in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The document in the file, from 0, empty ones counted.
    pub document: u32,
    /// The index in `items`, inside a List.
    pub item: Option<u32>,
}

/// One object of a document, or of a List in it.
#[derive(Clone, Debug)]
pub struct Object {
    /// Where it comes from.
    pub origin: Origin,
    /// Group, version and kind as written (a List item's may be inherited).
    pub gvk: GroupVersionKind,
    /// `metadata.namespace` as written; empty if there is none.
    pub namespace: String,
    /// `metadata.name` as written; empty if there is none.
    pub name: String,
    /// The document's tree.
    pub tree: Arc<Tree>,
    /// The object's own node in it.
    pub node: NodeIndex,
}

impl Object {
    /// The object's value.
    pub fn root(&self) -> NodeRef<'_> {
        self.tree.node(self.node)
    }

    /// A range of its text as a place in its file.
    pub fn span(&self, range: ByteRange) -> Span {
        Span { file: self.origin.file, range }
    }

    /// The bytes that a field path means: the value, the key, or the nearest thing above that exists.
    pub fn locate(&self, path: &FieldPath) -> Place {
        path.locate(self.root())
    }
}
