//! Custom resources: what the API server does with an object whose kind a CustomResourceDefinition declares.
//!
//! Apart because nothing here is known before a definition is read: one engine walks any schema. An object is pruned
//! and its unknown fields are told (`unknown_fields`), nulls and defaults are filled in (`prepare`), and what comes
//! of it is validated (`validate`).

mod array;
mod combinators;
mod correlation;
pub mod default_value;
pub mod definition;
mod email;
mod embedded;
mod enumeration;
pub mod format;
mod judge;
pub mod limits;
mod list_type;
mod number;
mod object;
mod outcome;
mod prepare;
mod scale;
pub mod schema;
mod string;
#[cfg(test)]
mod testing;
mod unknown_fields;
mod validate;
pub mod validation_rules;
mod value_type;

pub use definition::Definition;
pub use judge::{CUSTOM_RESOURCE, Request};
pub use prepare::stored;

use crate::finding::Rule;

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&CUSTOM_RESOURCE];
