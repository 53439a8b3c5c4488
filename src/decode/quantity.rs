//! `resource.Quantity` as a field of an object holds it.
//!
//! Apart from the amount itself, which knows no YAML: see [`crate::quantity`].

use super::go_number::number_text;
pub use crate::quantity::*;
use crate::yaml::{NodeRef, Value};

impl Quantity {
    /// The amount a field holds: a string or a number. None for any other type; `null` is zero.
    ///
    /// # Errors
    ///
    /// As for [`Quantity::parse`].
    pub fn of(node: NodeRef<'_>) -> Option<Result<Self, &'static str>> {
        match node.value() {
            Value::Null => Some(Self::parse("0")),
            Value::String(text) => Some(Self::parse(trim(text))),
            Value::Int(_) | Value::Float(_) => number_text(node).map(|text| Self::parse(&text)),
            _ => None,
        }
    }
}
