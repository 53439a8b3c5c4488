//! What a schema holds numbers, texts, lists and objects to, besides their type.
//!
//! Apart because most schemas have none of it: a schema without limits pays one word for them.

use super::format::Format;
use super::schema::SchemaType;
use crate::go_pattern::Pattern;
use crate::object::view::View;
use crate::yaml::{NodeRef, Value};

/// The limits of a schema. Numbers are floats, as the server holds them.
#[derive(Debug, Default)]
pub struct Limits {
    /// `minimum`
    pub minimum: Option<f64>,
    /// `exclusiveMinimum`
    pub exclusive_minimum: bool,
    /// `maximum`
    pub maximum: Option<f64>,
    /// `exclusiveMaximum`
    pub exclusive_maximum: bool,
    /// `multipleOf`
    pub multiple_of: Option<f64>,
    /// `minLength`
    pub min_length: Option<i64>,
    /// `maxLength`
    pub max_length: Option<i64>,
    /// `pattern`
    pub pattern: Option<Pattern>,
    /// `format`, where the server checks it.
    pub format: Option<Format>,
    /// `minItems`
    pub min_items: Option<i64>,
    /// `maxItems`
    pub max_items: Option<i64>,
    /// `minProperties`
    pub min_properties: Option<i64>,
    /// `maxProperties`
    pub max_properties: Option<i64>,
}

impl Limits {
    /// Reads the limits of a schema; none if there are none.
    pub(super) fn read(schema: NodeRef<'_>, kind: Option<SchemaType>, int_or_string: bool) -> Option<Self> {
        let mut limits = Self::default();
        let mut any = false;
        for entry in schema.entries() {
            let value = entry.value;
            match entry.name() {
                "minimum" => limits.minimum = float(value),
                "exclusiveMinimum" => limits.exclusive_minimum = value.as_bool() == Some(true),
                "maximum" => limits.maximum = float(value),
                "exclusiveMaximum" => limits.exclusive_maximum = value.as_bool() == Some(true),
                "multipleOf" => limits.multiple_of = float(value),
                "minLength" => limits.min_length = value.as_i64(),
                "maxLength" => limits.max_length = value.as_i64(),
                "pattern" => limits.pattern = value.as_str().filter(|text| !text.is_empty()).map(Pattern::new),
                "format" => limits.format = value.as_str().and_then(|name| Format::of(name, kind, int_or_string)),
                "minItems" => limits.min_items = value.as_i64(),
                "maxItems" => limits.max_items = value.as_i64(),
                "minProperties" => limits.min_properties = value.as_i64(),
                "maxProperties" => limits.max_properties = value.as_i64(),
                _ => continue,
            }
            any |= schema.has(entry.name());
        }
        any.then_some(limits)
    }
}

#[allow(clippy::cast_precision_loss, reason = "the server holds these as floats too")]
fn float(node: NodeRef<'_>) -> Option<f64> {
    match node.value() {
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    }
}
