//! Structural schemas: every field has a type, and what quantifiers say comes on top of it.
//!
//! Apart because this is one walk, over all that stands outside of quantifiers. Source: `ValidateStructural` of
//! apiextensions-apiserver `pkg/apiserver/schema/validation.go` (1.36).

use super::complete;
use super::keywords::{DEEPEST, Keywords, is_filled, listed, named};
use super::nested::{self, Skipped};
use super::root::is_zero;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::yaml::{EntryRef, Kind, NodeRef, Value};

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Judges a schema that the server can read. Errors come sorted, as the server sorts them.
pub(super) fn validate(schema: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let start = errors.list.len();
    validate_node(schema, Level::Root, path, 0, errors);
    complete::validate(schema, path, errors);
    errors.list[start..].sort_by_cached_key(crate::finding::FieldError::message);
}

fn validate_node(node: NodeRef<'_>, level: Level, path: &Path<'_>, depth: u32, errors: &mut FieldErrors) {
    if depth == DEEPEST {
        return;
    }
    let schema = Keywords::read(node);
    let type_path = path.field("type");
    if schema.kind == "array" && schema.item().is_none() {
        errors.required(&path.field("items"), "must be specified");
    }
    if let Some(items) = schema.item() {
        validate_node(items, Level::Item, &path.field("items"), depth + 1, errors);
    }
    for (name, property) in named(schema.properties) {
        validate_node(property, Level::Field, &path.field("properties").key(name), depth + 1, errors);
    }
    if schema.additional_properties.is_some() && level == Level::Root {
        errors.forbidden(&path.field("additionalProperties"), "must not be used at the root");
    }
    if let Some(additional) = schema.additional_schema() {
        validate_node(additional, Level::Field, &path.field("additionalProperties"), depth + 1, errors);
    }
    let preserves = schema.preserve_unknown_fields == Some(true);
    for (is_set, field) in [
        (preserves, "x-kubernetes-preserve-unknown-fields"),
        (schema.embedded_resource, "x-kubernetes-embedded-resource"),
    ] {
        if schema.int_or_string && is_set {
            errors.invalid(&path.field(field), &true, "must be false if x-kubernetes-int-or-string is true");
        }
    }
    let first_of_all = listed(schema.all_of).next().map(|(_, first)| Keywords::read(first).any_of);
    let skipped = Skipped {
        any_of: is_int_or_string(schema.any_of),
        any_of_of_first_all_of: is_int_or_string(first_of_all.flatten()),
    };
    nested::validate_values(&schema, skipped, path, depth, errors);
    if schema.embedded_resource && schema.kind != "object" {
        let text = "must be object if x-kubernetes-embedded-resource is true";
        if schema.kind.is_empty() {
            errors.required(&type_path, text);
        } else {
            errors.invalid(&type_path, schema.kind, text);
        }
    } else if schema.kind.is_empty() && !schema.int_or_string && !preserves {
        let text = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        errors.required(&type_path, text);
    }
    if schema.embedded_resource && schema.additional_properties.is_some() {
        let text = "must not be used if x-kubernetes-embedded-resource is set";
        errors.forbidden(&path.field("additionalProperties"), text);
    }
    if level == Level::Root && !matches!(schema.kind, "" | "object") {
        errors.invalid(&type_path, schema.kind, "must be object at the root");
    }
    validate_metadata(&schema, level, path, errors);
    if schema.embedded_resource && !preserves && !is_filled(schema.properties) {
        let text = "must not be empty if x-kubernetes-embedded-resource is true without \
                    x-kubernetes-preserve-unknown-fields";
        errors.required(&path.field("properties"), text);
    }
}

/// `kind`, `apiVersion` and `metadata` of whole objects are what they always are; at the root only names may be held to
/// anything.
fn validate_metadata(schema: &Keywords<'_>, level: Level, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(properties) = schema.properties else { return };
    let is_object = level == Level::Root || schema.embedded_resource;
    let path = path.field("properties");
    let kind_of = |name| properties.get(name).map(|schema| (schema, Keywords::read(schema).kind));
    for name in ["kind", "apiVersion"] {
        if let Some((_, kind)) = kind_of(name).filter(|(_, kind)| is_object && *kind != "string") {
            errors.invalid(&path.key(name).field("type"), kind, "must be string");
        }
    }
    let Some((metadata, kind)) = kind_of("metadata") else { return };
    let path = path.key("metadata");
    if is_object && kind != "object" {
        errors.invalid(&path.field("type"), kind, "must be object");
    }
    let says_more = |entry: EntryRef<'_>| match entry.name() {
        "type" | "default" => false,
        "properties" => named(Some(entry.value)).any(|(name, _)| !matches!(name, "name" | "generateName")),
        name => !counts_for_nothing(name, entry.value),
    };
    if level == Level::Root && metadata.entries().any(says_more) {
        let text = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        errors.forbidden(&path, text);
    }
}

/// Whether nothing of a keyword is left once the server has read it into its structural form.
fn counts_for_nothing(name: &str, value: NodeRef<'_>) -> bool {
    let is_empty = matches!(value.value(), Value::Sequence | Value::Mapping) && value.is_empty();
    match name {
        "enum" | "allOf" | "anyOf" | "oneOf" | "patternProperties" | "definitions" | "dependencies" => {
            is_empty || value.is_null()
        }
        "$ref" => true,
        // The server reads a text, a number or a truth value here as a list without schemas.
        "items" => value.kind() != Kind::Mapping,
        _ => is_zero(name, value),
    }
}

/// The one form of `anyOf` in which types may be named: an integer or a string.
fn is_int_or_string(any_of: Option<NodeRef<'_>>) -> bool {
    let Some(any_of) = any_of.filter(|any_of| any_of.len() == 2) else { return false };
    any_of.elements().zip(["integer", "string"]).all(|(schema, kind)| {
        let is_plain = |entry: EntryRef<'_>| match entry.name() {
            "type" => true,
            "additionalProperties" => entry.value.is_null() || entry.value.as_bool() == Some(false),
            name => counts_for_nothing(name, entry.value),
        };
        Keywords::read(schema).kind == kind && schema.entries().all(is_plain)
    })
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::{errors_of_property, errors_of_root};
    use serde_json::json;

    #[test]
    fn everything_has_a_type() {
        assert_eq!(
            errors_of_property(&json!({"properties": {"keel": {}}, "additionalProperties": true})),
            [
                "x.properties[keel].type: Required value: must not be empty for specified object fields",
                "x.type: Required value: must not be empty for specified object fields",
            ]
        );
        assert_eq!(
            errors_of_property(&json!({"type": "array", "items": {}})),
            ["x.items.type: Required value: must not be empty for specified array items"]
        );
        assert_eq!(errors_of_property(&json!({"type": "array"})), ["x.items: Required value: must be specified"]);
        assert_eq!(errors_of_root(&json!({})), ["root.type: Required value: must not be empty at the root"]);
        assert_eq!(
            errors_of_root(&json!({"type": "string"})),
            ["root.type: Invalid value: \"string\": must be object at the root"]
        );
        for open in ["x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"] {
            assert_eq!(errors_of_property(&json!({open: true})), Vec::<String>::new());
        }
    }

    #[test]
    fn extensions_go_together_or_not() {
        assert_eq!(
            errors_of_property(&json!({"x-kubernetes-int-or-string": true, "x-kubernetes-embedded-resource": true,
                "x-kubernetes-preserve-unknown-fields": true})),
            [
                "x.type: Required value: must be object if x-kubernetes-embedded-resource is true",
                "x.x-kubernetes-embedded-resource: Invalid value: true: must be false if x-kubernetes-int-or-string is \
                 true",
                "x.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if \
                 x-kubernetes-int-or-string is true",
            ]
        );
        assert_eq!(
            errors_of_property(&json!({"type": "object", "x-kubernetes-embedded-resource": true})),
            ["x.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without \
                 x-kubernetes-preserve-unknown-fields"]
        );
    }

    #[test]
    fn names_are_all_of_metadata_that_may_be_restricted() {
        let root = |metadata| json!({"type": "object", "properties": {"metadata": metadata}});
        let good = json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}});
        assert_eq!(errors_of_root(&root(good)), Vec::<String>::new());
        assert_eq!(
            errors_of_root(&root(json!({"type": "object", "description": "who"}))),
            ["root.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but \
                 metadata is implicitly specified"]
        );
        assert_eq!(
            errors_of_root(&json!({"type": "object", "properties": {"kind": {"type": "integer"}}})),
            ["root.properties[kind].type: Invalid value: \"integer\": must be string"]
        );
    }

    #[test]
    fn any_of_an_integer_and_a_string_is_understood() {
        let any_of = json!([{"type": "integer"}, {"type": "string"}]);
        for schema in [
            json!({"x-kubernetes-int-or-string": true, "anyOf": any_of}),
            json!({"x-kubernetes-int-or-string": true, "allOf": [{"anyOf": any_of}, {"pattern": "^a"}]}),
        ] {
            assert_eq!(errors_of_property(&schema), Vec::<String>::new());
        }
        let other_way = json!([{"type": "string"}, {"type": "integer"}]);
        assert_eq!(
            errors_of_property(&json!({"x-kubernetes-int-or-string": true, "anyOf": other_way})),
            [
                "x.anyOf[0].type: Forbidden: must be empty to be structural",
                "x.anyOf[1].type: Forbidden: must be empty to be structural",
            ]
        );
    }
}
