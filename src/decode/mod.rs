//! Strict decoding of built-in kinds as the API server does it.
//!
//! Apart from `schema` (data) and from `server_rules` (what holds between fields): here a tree meets a definition.

pub mod base64;
pub mod client_side;
mod fault;
mod frame;
pub mod go_duration;
pub mod go_number;
pub mod go_time;
mod go_value;
mod metadata;
pub mod patch;
pub mod quantity;
pub mod rules;
pub mod server_side_apply;
mod strict;
mod suggest;
#[cfg(test)]
mod testing;
mod walk;

pub use metadata::{
    DecodedMetadata, ObjectMetaError, custom_answer, custom_strict_message, decode_custom, decode_object_meta,
    object_meta_error,
};
pub use strict::{Decoded, decode};

/// What the server is asked to do about unknown fields: `--validate` of kubectl, `fieldValidation` of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FieldValidation {
    /// Refuse them; kubectl's default.
    #[default]
    Strict,
    /// Drop them with a warning.
    Warn,
    /// Drop them.
    Ignore,
}
