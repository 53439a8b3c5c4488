//! Strict decoding of built-in kinds as the API server does it.
//!
//! Apart from `schema` (data) and from `server_rules` (what holds between fields): here a tree meets a definition.

pub mod base64;
mod frame;
pub mod go_duration;
mod go_names;
pub mod go_number;
pub mod go_time;
pub mod quantity;
pub mod rules;
mod strict;
mod suggest;
#[cfg(test)]
mod testing;
mod walk;

pub use strict::{Decoded, FieldValidation, decode};
