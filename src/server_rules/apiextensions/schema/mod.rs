//! Schemas of custom resources: what the server asks of one before it serves the resource.
//!
//! Apart because a schema is a tree with rules of its own at every node. The server walks it several times, and so do
//! these files: it must be readable (`unsupported`), structural (`structural`, `nested`, `complete`), have good defaults
//! (`custom::default_value`), follow OpenAPI as Kubernetes restricts it (`open_api`, `lists`, `validation_rules`), and its
//! rules in CEL must compile (`expressions`).

mod complete;
mod expressions;
mod keywords;
mod lists;
mod nested;
mod open_api;
mod root;
mod structural;
mod unsupported;
mod validation_rules;

pub(super) use keywords::{each_schema, has_default};
pub(super) use unsupported::unsupported;

use super::layout::is_same;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::custom::default_value;
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// What is asked of a schema: on update, nothing that those before did not keep to.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is something that is asked or not")]
pub(super) struct Options<'o> {
    /// The API server's minor.
    pub minor: Minor,
    /// Types are those of OpenAPI (`requireValidPropertyType`).
    pub valid_types: bool,
    /// Items of sets are atomic (`requireAtomicSetType`).
    pub atomic_sets: bool,
    /// Keys of lists that are maps are there (`requireMapListKeysMapSetValidation`).
    pub map_keys: bool,
    /// What is live, on update.
    pub before: Option<&'o Before<'o>>,
    /// The schema is what it was, so that no single rule in it costs too much (`suppressPerExpressionCost`).
    pub is_unchanged: bool,
}

impl<'o> Options<'o> {
    /// What is asked where this was before; of a new definition everything.
    pub fn of(minor: Minor, before: Option<&'o Before<'o>>) -> Self {
        let mut options =
            Self { minor, valid_types: true, atomic_sets: true, map_keys: true, before, is_unchanged: false };
        for schema in before.into_iter().flat_map(Before::schemas) {
            each_schema(schema, &mut |node| {
                options.valid_types &= open_api::is_type(node.text("type"));
                options.atomic_sets &= lists::is_atomic_set(node);
                options.map_keys &= lists::has_good_keys(node);
                true
            });
        }
        options
    }

    /// What is asked of one version.
    pub fn of_version(self, version: NodeRef<'_>) -> Self {
        let is_unchanged = self.before.is_some_and(|before| before.has_schema_of(version));
        Self { is_unchanged, ..self }
    }
}

/// The versions of a live definition.
#[derive(Debug)]
pub(super) struct Before<'t> {
    versions: Vec<NodeRef<'t>>,
    /// All `rule`s and `messageExpression`s (`findPreexistingExpressions`).
    expressions: HashSet<(&'static str, &'t str)>,
}

impl<'t> Before<'t> {
    /// Reads what is live.
    pub fn of(spec: NodeRef<'t>) -> Self {
        let mut before = Self { versions: Some(spec).list("versions"), expressions: HashSet::new() };
        for schema in before.schemas().collect::<Vec<_>>() {
            each_schema(schema, &mut |node| {
                for rule in Some(node).list("x-kubernetes-validations") {
                    before.expressions.extend(["rule", "messageExpression"].map(|field| (field, rule.text(field))));
                }
                true
            });
        }
        before
    }

    fn schemas(&self) -> impl Iterator<Item = NodeRef<'t>> {
        self.versions.iter().filter_map(|version| version.at(&["schema", "openAPIV3Schema"]))
    }

    /// Whether an expression was there, as this field of a rule.
    pub fn has(&self, field: &'static str, text: &str) -> bool {
        self.expressions.contains(&(field, text))
    }

    /// Whether a version had the schema that it has (`findVersionsWithUnchangedSchemas`).
    fn has_schema_of(&self, version: NodeRef<'_>) -> bool {
        let name = version.text("name");
        let known = self.versions.iter().find(|known| known.text("name") == name);
        known.is_some_and(|known| is_same(known.get("schema"), version.get("schema")))
    }
}

/// Judges `schema` of a version, or `validation` of the definition
/// (`validateCustomResourceDefinitionValidation` of apiextensions-apiserver
/// `pkg/apis/apiextensions/validation/validation.go`, 1.36).
pub(super) fn validate(
    validation: NodeRef<'_>,
    has_status: bool,
    options: Options<'_>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let Some(schema) = validation.get("openAPIV3Schema") else { return };
    let start = errors.list.len();
    root::validate(schema, has_status, path, errors);
    let path = path.field("openAPIV3Schema");
    let unreadable = unsupported(schema);
    let mut is_ready = false;
    if unreadable.is_none() {
        let before = errors.list.len();
        structural::validate(schema, &path, errors);
        if errors.list.len() == before {
            default_value::validate(schema, options.minor, options.before.is_some(), &path, errors);
        }
        is_ready = errors.list.len() == before;
    }
    let faulty = open_api::validate(schema, options, &path, errors);
    if is_ready {
        expressions::validate(schema, options, &faulty, &path, errors);
    }
    if let Some(text) = unreadable.filter(|_| errors.list.len() == start) {
        errors.invalid(&path, "", text);
    }
}
