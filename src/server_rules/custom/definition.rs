//! One served version of a CustomResourceDefinition.
//!
//! Apart because definitions are many and large, and few of their versions are ever asked for: a version is a place in a
//! file until somebody needs its schema, and whoever needs it next finds it read.
//!
//! Source: `CustomResourceDefinitionVersion` of apiextensions `v1/types.go` (1.36).

use super::schema::{JsonSchema, of_version};
use super::validation_rules::Rules;
use crate::object::view::View;
use crate::source::{FileId, Span};
use crate::yaml::{NodeIndex, NodeRef, Tree};
use std::sync::{Arc, OnceLock};

/// A version of a definition, shared by all who judge by it.
#[derive(Debug)]
pub struct Definition {
    tree: Arc<Tree>,
    file: FileId,
    spec: NodeIndex,
    version: NodeIndex,
    schema: OnceLock<JsonSchema>,
    rules: OnceLock<Rules>,
}

/// The `scale` subresource: paths of fields, as they are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale<'d> {
    pub spec_replicas: &'d str,
    pub status_replicas: &'d str,
    pub label_selector: Option<&'d str>,
}

impl Definition {
    /// A version of a definition, both nodes of `tree`; none where it has no schema, or where the server would not serve
    /// the definition: only `apiextensions.k8s.io/v1` is.
    pub fn of(tree: &Arc<Tree>, file: FileId, crd: NodeRef<'_>, version: NodeRef<'_>) -> Option<Self> {
        let spec = crd.get("spec").filter(|_| crd.text("apiVersion") == "apiextensions.k8s.io/v1")?;
        of_version(version)?;
        Some(Self {
            tree: Arc::clone(tree),
            file,
            spec: spec.index(),
            version: version.index(),
            schema: OnceLock::new(),
            rules: OnceLock::new(),
        })
    }

    /// The tree that the schema's nodes are of.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The schema, read when it is first asked for.
    pub fn schema(&self) -> &JsonSchema {
        let version = self.version();
        self.schema.get_or_init(|| JsonSchema::read(of_version(version).unwrap_or(version)))
    }

    /// The rules in CEL, read when they are first asked for.
    pub(super) fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| Rules::read(&self.tree, self.schema()))
    }

    /// The place of a keyword of a schema, or of the schema.
    pub fn span(&self, schema: NodeIndex, keyword: &str) -> Span {
        let node = self.tree.node(schema);
        let range = node.entry(keyword).map_or(node.range(), |entry| {
            let (key, value) = (entry.key.range(), entry.value.written_range());
            if value.end > key.start && entry.value.is_empty() {
                crate::yaml::ByteRange::new(key.start, value.end)
            } else {
                key
            }
        });
        Span { file: self.file, range }
    }

    fn version(&self) -> NodeRef<'_> {
        self.tree.node(self.version)
    }

    fn spec(&self) -> NodeRef<'_> {
        self.tree.node(self.spec)
    }

    /// The kind as it is spelled.
    pub fn kind(&self) -> &str {
        self.spec().get("names").text("kind")
    }

    /// The versions that the definition serves.
    pub fn served_versions(&self) -> impl Iterator<Item = &str> {
        let versions = self.spec().list("versions").into_iter();
        versions.filter(|version| version.flag("served")).map(|version| version.text("name"))
    }

    /// Whether a webhook makes one version of another (`spec.conversion.strategy`).
    pub fn is_converted_by_webhook(&self) -> bool {
        self.spec().get("conversion").text("strategy") == "Webhook"
    }

    /// Whether unknown fields are kept everywhere, which new definitions cannot ask for.
    pub(super) fn preserves_unknown_fields(&self) -> bool {
        self.spec().flag("preserveUnknownFields")
    }

    /// Whether the status is a subresource: then nothing else writes it.
    pub fn has_status_subresource(&self) -> bool {
        self.version().at(&["subresources"]).has("status")
    }

    pub(super) fn scale(&self) -> Option<Scale<'_>> {
        let scale = self.version().at(&["subresources", "scale"])?;
        Some(Scale {
            spec_replicas: scale.text("specReplicasPath"),
            status_replicas: scale.text("statusReplicasPath"),
            label_selector: scale.text_pointer("labelSelectorPath"),
        })
    }
}
