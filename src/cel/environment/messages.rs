//! Types with fields that are known by name: the messages that CEL itself is declared with, and what patches are made
//! of.
//!
//! Apart because their fields are given by tables and rules, not by variables. Sources: the well-known types of
//! `common/types/provider.go` of cel-go v0.26; apiserver `pkg/cel/mutation` (1.36).

use std::sync::Arc;

use super::super::types::{Fields, ObjectType, Type};

/// The type of a well-known message (`FindStructType`).
pub(super) fn well_known(name: &str) -> Option<Type> {
    let wrapper = |of: Type| Type::Wrapper(Arc::new(of));
    Some(match name.strip_prefix("google.protobuf.")? {
        "Any" => Type::Any,
        "Timestamp" => Type::Timestamp,
        "Duration" => Type::Duration,
        "Value" => Type::Dyn,
        "Struct" => Type::map(Type::String, Type::Dyn),
        "ListValue" => Type::list(Type::Dyn),
        "BoolValue" => wrapper(Type::Bool),
        "BytesValue" => wrapper(Type::Bytes),
        "DoubleValue" | "FloatValue" => wrapper(Type::Double),
        "Int32Value" | "Int64Value" => wrapper(Type::Int),
        "UInt32Value" | "UInt64Value" => wrapper(Type::Uint),
        "StringValue" => wrapper(Type::String),
        "Empty" => Type::named(name),
        _ => return None,
    })
}

/// The name by which the fields of a type are looked up that is made by its message's name (`getWellKnownTypeName`).
pub(in crate::cel) fn message_name(of: &Type) -> Option<&'static str> {
    Some(match of {
        Type::Any => "google.protobuf.Any",
        Type::Timestamp => "google.protobuf.Timestamp",
        Type::Duration => "google.protobuf.Duration",
        Type::Dyn => "google.protobuf.Value",
        Type::Null => "google.protobuf.NullValue",
        Type::List(of) if **of == Type::Dyn => "google.protobuf.ListValue",
        Type::Map(key, value) if **key == Type::String && **value == Type::Dyn => "google.protobuf.Struct",
        Type::Wrapper(of) => match **of {
            Type::Bool => "google.protobuf.BoolValue",
            Type::Bytes => "google.protobuf.BytesValue",
            Type::Double => "google.protobuf.DoubleValue",
            Type::Int => "google.protobuf.Int64Value",
            Type::Uint => "google.protobuf.UInt64Value",
            _ => "google.protobuf.StringValue",
        },
        _ => return None,
    })
}

/// The type of a field of a well-known message.
pub(super) fn well_known_field(message: &str, field: &str) -> Option<Type> {
    Some(match (message.strip_prefix("google.protobuf.")?, field) {
        ("Timestamp" | "Duration", "seconds" | "nanos") | ("Value", "null_value") => Type::Int,
        ("Any", "type_url") | ("Value", "string_value") => Type::String,
        ("Any", "value") => Type::Bytes,
        ("Struct", "fields") | ("Value", "struct_value") => Type::map(Type::String, Type::Dyn),
        ("ListValue", "values") | ("Value", "list_value") => Type::list(Type::Dyn),
        ("Value", "number_value") => Type::Double,
        ("Value", "bool_value") => Type::Bool,
        (_, "value") => match well_known(message)? {
            Type::Wrapper(of) => (*of).clone(),
            _ => return None,
        },
        _ => return None,
    })
}

/// What patches are made of: `JSONPatch`, and `Object` with its parts (`DynamicTypeResolver`).
pub(super) fn patch(name: &str) -> Option<Type> {
    let is_object = name == "Object" || name.starts_with("Object.");
    (is_object || name == "JSONPatch")
        .then(|| Type::Object(Arc::new(ObjectType { name: name.into(), fields: Fields::Dynamic })))
}

/// The type of a field of what patches are made of.
pub(super) fn patch_field(object: &str, field: &str) -> Option<Type> {
    match (object, field) {
        ("JSONPatch", "op" | "from" | "path") => Some(Type::String),
        ("JSONPatch", "value") => Some(Type::Dyn),
        ("JSONPatch", _) => None,
        _ => Some(Type::Dyn),
    }
}
