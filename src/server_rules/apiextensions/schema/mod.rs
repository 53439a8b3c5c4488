//! Schemas of custom resources: what the server asks of one before it serves the resource.
//!
//! Apart because a schema is a tree with rules of its own at every node. The server walks it several times, and so do
//! these files: it must be readable (`unsupported`), structural (`structural`, `nested`, `complete`), have good defaults
//! (`custom::default_value`), and follow OpenAPI as Kubernetes restricts it (`open_api`, `lists`, `validation_rules`).

mod complete;
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

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::custom::default_value;
use crate::yaml::NodeRef;

/// What is asked of a schema: on update, nothing that those before did not keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// The API server's minor.
    pub minor: Minor,
    /// Types are those of OpenAPI (`requireValidPropertyType`).
    pub valid_types: bool,
    /// Items of sets are atomic (`requireAtomicSetType`).
    pub atomic_sets: bool,
    /// Keys of lists that are maps are there (`requireMapListKeysMapSetValidation`).
    pub map_keys: bool,
}

impl Options {
    /// What is asked where these schemas were before; of a new definition everything.
    pub fn of<'t>(minor: Minor, before: impl Iterator<Item = NodeRef<'t>>) -> Self {
        let mut options = Self { minor, valid_types: true, atomic_sets: true, map_keys: true };
        for schema in before {
            each_schema(schema, &mut |node| {
                options.valid_types &= open_api::is_type(node.text("type"));
                options.atomic_sets &= lists::is_atomic_set(node);
                options.map_keys &= lists::has_good_keys(node);
                true
            });
        }
        options
    }
}

/// Judges `schema` of a version, or `validation` of the definition
/// (`validateCustomResourceDefinitionValidation` of apiextensions-apiserver
/// `pkg/apis/apiextensions/validation/validation.go`, 1.36).
pub(super) fn validate(
    validation: NodeRef<'_>,
    has_status: bool,
    options: Options,
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
            default_value::validate(schema, options.minor, &path, errors);
        }
        is_ready = errors.list.len() == before;
    }
    open_api::validate(schema, options, is_ready, &path, errors);
    if let Some(text) = unreadable.filter(|_| errors.list.len() == start) {
        errors.invalid(&path, "", text);
    }
}
