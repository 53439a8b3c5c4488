//! Custom resources: what the API server does with an object whose kind a CustomResourceDefinition declares.
//!
//! Apart because nothing here is known before a definition is read: one engine walks any schema. An object is pruned
//! and its unknown fields are told (`unknown_fields`), nulls and defaults are filled in (`defaulting`), and what comes
//! of it is validated (`validate`).

mod email;
pub mod format;
pub mod limits;
pub use crate::go_pattern as pattern;
pub mod schema;
