//! Values of an object as CEL sees them through its schema.
//!
//! Apart because the same text is a string, a span of time or bytes, as the schema says. Recursion goes down the schema
//! and, where that ends, down the object, whose depth the reader of YAML limits.
//! Source: apiserver `pkg/cel/common/valuesunstructured.go`, `schemas.go` (1.36).

use super::super::format;
use super::super::schema::{JsonSchema, ListType, SchemaType};
use super::escape::escape;
use crate::cel::list::{List, ListKind};
use crate::cel::map::Map;
use crate::cel::time::{Duration, Timestamp};
use crate::cel::value::Value;
use crate::decode::go_number;
use crate::yaml::{NodeRef, Value as Yaml};
use std::sync::Arc;

/// Whether a value is an object with a kind of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A custom resource.
    Resource,
    /// An embedded resource.
    Embedded,
    /// A part of one.
    Part,
}

impl Root {
    /// What a part with this schema is.
    pub fn of(schema: &JsonSchema) -> Self {
        if schema.embedded_resource { Self::Embedded } else { Self::Part }
    }
}

/// Whether CEL sees a value with this schema (`SchemaDeclType`): it must be known what it is.
pub fn is_exposed(schema: &JsonSchema) -> bool {
    if schema.int_or_string {
        return true;
    }
    match schema.kind {
        None => false,
        Some(SchemaType::Array) => schema.items.as_deref().is_some_and(is_exposed),
        Some(SchemaType::Object) => schema.additional().is_none_or(is_exposed),
        Some(_) => true,
    }
}

fn invalid(words: &str) -> Value {
    Value::Invalid(words.into())
}

/// The value (`UnstructuredToVal`).
pub fn value(node: NodeRef<'_>, schema: &JsonSchema, root: Root) -> Value {
    if node.is_null() {
        return if schema.nullable {
            Value::Null
        } else {
            invalid("invalid data, got null for schema with nullable=false")
        };
    }
    if schema.int_or_string {
        return match node.value() {
            Yaml::String(text) => Value::string(text),
            _ => match go_number::integer(node) {
                Some(number) => Value::Int(number),
                None => invalid("invalid data, expected XIntOrString value to be either a string or integer"),
            },
        };
    }
    match (schema.kind, node.value()) {
        (Some(SchemaType::Object), Yaml::Mapping) => object(node, schema, root),
        (Some(SchemaType::Object), _) => {
            invalid("invalid data, expected a map for the provided schema with type=object")
        }
        (Some(SchemaType::Array), Yaml::Sequence) => list(node, schema),
        (Some(SchemaType::Array), _) => {
            invalid("invalid data, expected an array for the provided schema with type=array")
        }
        (Some(SchemaType::String), Yaml::String(text)) => string(text, schema),
        (Some(SchemaType::Number), Yaml::Float(number)) => Value::Double(number),
        #[expect(clippy::cast_precision_loss, reason = "as the server converts")]
        (Some(SchemaType::Number), Yaml::Int(number)) => Value::Double(number as f64),
        (Some(SchemaType::Integer), Yaml::Int(_) | Yaml::Float(_)) => match go_number::integer(node) {
            Some(number) => Value::Int(number),
            None => invalid("invalid data, expected int, got float64"),
        },
        (Some(SchemaType::Boolean), Yaml::Bool(value)) => Value::Bool(value),
        (Some(kind), _) => invalid(&format!("invalid data, expected {}", kind.word())),
        (None, _) if schema.preserve_unknown_fields => Value::Unknown(Arc::new(plain(node))),
        (None, _) => invalid(
            "invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ",
        ),
    }
}

fn list(node: NodeRef<'_>, schema: &JsonSchema) -> Value {
    let Some(items) = &schema.items else {
        return invalid("invalid array type, expected Items with a non-empty Schema");
    };
    let kind = match schema.list_type {
        None | Some(ListType::Atomic) => ListKind::Atomic,
        Some(ListType::Set) => ListKind::Set,
        Some(ListType::Map) => {
            let keys = schema.list_map_keys.iter();
            ListKind::Map(keys.map(|key| escape(key).map_or_else(|| key[..].into(), |key| key[..].into())).collect())
        }
    };
    let elements = node.elements().map(|element| value(element, items, Root::of(items))).collect();
    Value::List(Arc::new(List::new(elements, kind)))
}

fn object(node: NodeRef<'_>, schema: &JsonSchema, root: Root) -> Value {
    if root == Root::Part && schema.properties.is_empty() {
        let Some(additional) = schema.additional() else {
            let unknown = node.entries().map(|entry| (entry.name().into(), plain(entry.value)));
            return Value::Map(Arc::new(Map::object(Vec::new(), unknown.collect())));
        };
        let entries = node
            .entries()
            .map(|entry| (Value::string(entry.name()), value(entry.value, additional, Root::of(additional))));
        return Value::Map(Arc::new(Map::mapping(entries.collect())));
    }
    let with_meta = root != Root::Part && !has_meta(schema);
    let mut entries = Vec::with_capacity(node.len());
    let mut unknown = Vec::new();
    for entry in node.entries() {
        let name = entry.name();
        let converted = if entry.value.is_null() {
            None
        } else if with_meta && matches!(name, "kind" | "apiVersion") {
            Some(text(entry.value))
        } else if with_meta && name == "metadata" {
            Some(metadata(entry.value))
        } else {
            schema.property(name).map(|schema| value(entry.value, schema, Root::of(schema)))
        };
        match converted {
            Some(value) => {
                let name = escape(name).map_or_else(|| name.into(), |name| Arc::<str>::from(&*name));
                entries.push((Value::String(name), value));
            }
            None => unknown.push((name.into(), plain(entry.value))),
        }
    }
    Value::Map(Arc::new(Map::object(entries, unknown)))
}

/// Whether a schema says itself what every object has (`WithTypeAndObjectMeta`).
pub fn has_meta(schema: &JsonSchema) -> bool {
    let is = |schema: &JsonSchema, name: &str, kind: SchemaType| {
        schema.property(name).is_some_and(|property| property.kind == Some(kind))
    };
    is(schema, "kind", SchemaType::String)
        && is(schema, "apiVersion", SchemaType::String)
        && is(schema, "metadata", SchemaType::Object)
        && schema.property("metadata").is_some_and(|metadata| {
            is(metadata, "name", SchemaType::String) && is(metadata, "generateName", SchemaType::String)
        })
}

/// Of the metadata rules see the names only.
fn metadata(node: NodeRef<'_>) -> Value {
    let mut entries = Vec::new();
    let mut unknown = Vec::new();
    for entry in node.entries() {
        match entry.name() {
            name @ ("name" | "generateName") if !entry.value.is_null() => {
                entries.push((Value::string(name), text(entry.value)));
            }
            name => unknown.push((name.into(), plain(entry.value))),
        }
    }
    Value::Map(Arc::new(Map::object(entries, unknown)))
}

fn text(node: NodeRef<'_>) -> Value {
    node.as_str().map_or_else(|| invalid("invalid data, expected string"), Value::string)
}

fn string(text: &str, schema: &JsonSchema) -> Value {
    let format = schema.limits.as_ref().and_then(|limits| limits.format.as_ref()).map(|format| &*format.name);
    match format {
        Some("duration") => {
            let nanoseconds = format::duration(text);
            nanoseconds.map_or_else(|| invalid(&format!("Invalid duration {text}")), |it| Value::Duration(Duration(it)))
        }
        Some("date") => Timestamp::parse_date(text)
            .map_or_else(|| invalid(&format!("Invalid date formatted string {text}")), Value::Timestamp),
        Some("date-time") if text.is_empty() => Value::Timestamp(Timestamp { seconds: 0, nanoseconds: 0, offset: 0 }),
        Some("date-time") => Timestamp::parse(text)
            .map_or_else(|| invalid(&format!("Invalid date-time formatted string {text}")), Value::Timestamp),
        Some("byte") => data_encoding::BASE64.decode(text.as_bytes()).map_or_else(
            |_| invalid(&format!("Invalid byte formatted string {text}")),
            |bytes| Value::Bytes(bytes.into()),
        ),
        _ => Value::string(text),
    }
}

/// A value whose type nobody tells.
pub fn plain(node: NodeRef<'_>) -> Value {
    match node.value() {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Int(value) => Value::Int(value),
        Yaml::Float(value) => go_number::integer(node).map_or(Value::Double(value), Value::Int),
        Yaml::String(text) => Value::string(text),
        Yaml::Sequence => Value::list(node.elements().map(plain).collect()),
        Yaml::Mapping => {
            let entries = node.entries().map(|entry| (Value::string(entry.name()), plain(entry.value)));
            Value::Map(Arc::new(Map::new(entries.collect())))
        }
    }
}
