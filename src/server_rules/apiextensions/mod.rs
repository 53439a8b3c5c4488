//! `apiextensions.k8s.io`: definitions of custom resources.
//!
//! Apart because a definition is validated like no other kind: the greater part of it is a schema, and the rules for
//! schemas are a language of their own (`schema`).

mod approval;
mod conversion;
pub mod custom_resource_definition;
mod field_path;
mod formats;
mod layout;
mod names;
mod printer_columns;
mod schema;
mod selectable_fields;
mod subresources;
#[cfg(test)]
mod testing;
mod versions;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&custom_resource_definition::RULE];
