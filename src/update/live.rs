//! The live object, and what was last applied to make it so.
//!
//! Apart because the two are the same for a manifest and differ for what a cluster gave out.

use crate::object::Object;
use crate::object::view::View;
use crate::yaml::{NodeRef, Tree, TreeBuilder};

/// Where kubectl keeps what it last applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A live object.
#[derive(Debug)]
pub struct Live<'l> {
    object: &'l Object,
    /// The manifest that it came of, where that is not the object itself.
    manifest: Option<&'l Object>,
    /// What the annotation holds, where the object has one.
    annotation: Option<Tree>,
}

impl<'l> Live<'l> {
    /// Reads the annotation of an object.
    pub fn of(object: &'l Object) -> Self {
        let annotations = object.root().at(&["metadata", "annotations"]);
        let annotation = serde_json::from_str(annotations.text(LAST_APPLIED)).ok().map(|value| {
            let mut builder = TreeBuilder::new("".into());
            let root = builder.json(&value);
            builder.finish(root)
        });
        Self { object, manifest: None, annotation }
    }

    /// The same, come of this manifest.
    pub fn come_of(self, manifest: Option<&'l Object>) -> Self {
        Self { manifest, ..self }
    }

    /// The object.
    pub fn object(&self) -> &'l Object {
        self.object
    }

    /// Its value.
    pub fn node(&self) -> NodeRef<'l> {
        self.object.root()
    }

    /// Whether a cluster gave it out: then it holds what the server added.
    pub fn is_from_cluster(&self) -> bool {
        let metadata = self.node().get("metadata");
        metadata.has("uid") && metadata.has("creationTimestamp")
    }

    /// What the annotation holds.
    pub fn annotation(&self) -> Option<NodeRef<'_>> {
        self.annotation.as_ref().map(Tree::root)
    }

    /// What was last applied: the annotation; the object itself where it is a manifest; nothing known where a cluster
    /// gave it out without annotation, for it was made by other means.
    pub fn last_applied(&self) -> Option<NodeRef<'_>> {
        match &self.annotation {
            Some(tree) => Some(tree.root()),
            None => (!self.is_from_cluster()).then(|| self.manifest.unwrap_or(self.object).root()),
        }
    }
}
