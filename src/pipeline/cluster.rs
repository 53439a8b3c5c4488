//! What is known of the cluster before the apply: a snapshot, CRDs.
//!
//! Apart because these files are not applied: nothing is judged in them, and what cannot be read is left out.

use crate::apply::{self, ApplyOptions, DeclaredKind, Identity, Input, Kinds, Method, State, World};
use crate::decode::FieldValidation;
use crate::object::view::View as _;
use crate::schema::Minor;
use crate::source::FileId;
use crate::yaml::{Content, NodeRef, Stream};

/// The annotation of a snapshot's List that holds the version of the API server it was taken of.
pub const SNAPSHOT_VERSION: &str = "seaworthy/server-version";

/// Whether a file is a snapshot, which lacks annotations and most labels.
pub fn is_snapshot(stream: &Stream) -> bool {
    stream.documents.iter().any(|document| {
        matches!(&document.content, Content::Value(tree)
            if tree.root().at(&["metadata", "annotations"]).has(SNAPSHOT_VERSION))
    })
}

/// The minor of the API server that a snapshot was taken of; none for any other file, and for a minor that is not bundled.
pub fn version_of(stream: &Stream) -> Option<Minor> {
    stream.documents.iter().find_map(|document| {
        let Content::Value(tree) = &document.content else { return None };
        let annotations = tree.root().at(&["metadata", "annotations"]);
        Minor::parse(annotations.text(SNAPSHOT_VERSION)).ok()
    })
}

/// The kinds that the CRDs of a file serve, those inside Lists too.
pub fn declared_in(file: FileId, stream: &Stream) -> Vec<DeclaredKind> {
    let mut declared = Vec::new();
    for document in &stream.documents {
        let Content::Value(tree) = &document.content else { continue };
        let root = tree.root();
        let items = root.get("items").map(|items| items.elements().collect::<Vec<_>>()).unwrap_or_default();
        for node in std::iter::once(root).chain(items) {
            if node.get("kind").and_then(NodeRef::as_str) == Some("CustomResourceDefinition") {
                declared.extend(apply::declared_kinds(tree, file, node));
            }
        }
    }
    declared
}

/// Makes every object of the files live, unjudged.
pub fn put_all(inputs: &[Input<'_>], kinds: &Kinds, options: &ApplyOptions, world: &mut World) {
    let options = ApplyOptions {
        method: Method::Kubectl,
        namespace: None,
        validation: FieldValidation::Ignore,
        closed_world: false,
        ..options.clone()
    };
    let (collected, _) = apply::collect(inputs, kinds, &options);
    for entry in collected {
        if let State::Ready { object, mapping, namespace } = entry.state {
            world.put(Identity::of(&object, &mapping, namespace.as_deref()), object);
        }
    }
}
