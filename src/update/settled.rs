//! Whether applying the same manifest once more finds nothing to do.
//!
//! Apart because it asks what the server makes of a manifest when it stores it: kubectl compares with that, and what is
//! stored in other words (`1000m` as `1`), left out (`false`, `[]`) or filled in within a list that is replaced whole is
//! sent again and again, as `configured`. Source: the encoding of the Go types of k8s.io/api (1.36), and what kubectl
//! was seen to do.

use crate::decode::quantity::Quantity;
use crate::schema::{Definition, Field, Schema, Type};
use crate::yaml::{NodeRef, Value};

/// Deeper values are taken to be settled.
const MAX_DEPTH: usize = 64;

/// Whether the live object holds an object of a built-in kind as it is written.
pub(super) fn is_settled(schema: Schema, definition: &str, root: NodeRef<'_>) -> bool {
    let Some(definition) = schema.definition(definition) else { return true };
    root.entries().all(|entry| {
        let written = entry.value;
        match entry.name() {
            // Where it is a field of its own the server keeps its own; what it is told goes into `data`.
            "status" | "stringData" => written.is_empty(),
            name => definition.field(name).is_none_or(|field| is_field_settled(schema, field, written, 0)),
        }
    })
}

fn is_field_settled(schema: Schema, field: &'static Field, written: NodeRef<'_>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    // What Go leaves out when it encodes; a struct that is no pointer is never left out.
    let is_optional = !field.listed_required;
    let is_left_out = is_optional && !field.facts.pointer;
    match (&field.ty, written.value()) {
        (_, Value::Null) => false,
        (Type::Quantity, _) => is_canonical(written),
        (_, Value::Bool(false) | Value::Int(0) | Value::String("")) => !is_left_out,
        (Type::List(_) | Type::Map(_), _) if written.is_empty() => !is_optional,
        (Type::List(element), _) => {
            let is_whole = !field.patch_strategy.is_some_and(|strategy| strategy.contains("merge"));
            written.elements().all(|written| {
                is_element_settled(schema, element, written, depth)
                    && !(is_whole && is_completed(schema, element, written))
            })
        }
        (Type::Map(element), _) => {
            written.entries().all(|entry| is_element_settled(schema, element, entry.value, depth))
        }
        (Type::Object(name), _) => {
            let is_replaced = field.patch_strategy.is_some_and(|strategy| strategy.contains("replace"));
            !is_replaced && is_struct_settled(schema, name, written, depth)
        }
        _ => true,
    }
}

fn is_element_settled(schema: Schema, ty: &'static Type, written: NodeRef<'_>, depth: usize) -> bool {
    match (ty, written.value()) {
        (_, Value::Null) => false,
        (Type::Quantity, _) => is_canonical(written),
        (Type::Object(name), _) => is_struct_settled(schema, name, written, depth),
        _ => true,
    }
}

fn is_struct_settled(schema: Schema, name: &str, written: NodeRef<'_>, depth: usize) -> bool {
    let Some(definition) = schema.definition(name) else { return true };
    written.entries().all(|entry| {
        let field = definition.field(entry.name());
        field.is_none_or(|field| is_field_settled(schema, field, entry.value, depth + 1))
    })
}

/// Whether an amount is written as the server writes it.
fn is_canonical(written: NodeRef<'_>) -> bool {
    let Some(Ok(amount)) = Quantity::of(written) else { return true };
    written.as_str().is_some_and(|text| text == amount.canonical())
}

/// Whether the server adds anything to a struct: a default, or a struct that is never left out.
fn is_completed(schema: Schema, ty: &'static Type, written: NodeRef<'_>) -> bool {
    let Type::Object(name) = ty else { return false };
    let is_added = |field: &Field| {
        let is_filled_in = field.facts.default.is_some_and(|default| default != "null");
        let is_always_there = matches!(field.ty, Type::Object(_)) && !field.facts.pointer;
        (is_filled_in || is_always_there) && written.entry(field.name).is_none()
    };
    schema.definition(name).is_some_and(|definition: &Definition| definition.fields.iter().any(is_added))
}
