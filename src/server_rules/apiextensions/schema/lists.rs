//! `x-kubernetes-list-type`, `x-kubernetes-list-map-keys`, `x-kubernetes-map-type`: how lists and maps are merged.
//!
//! Apart because these relate a list to its items. Source: `ValidateCustomResourceDefinitionOpenAPISchema`,
//! `validateMapListKeysMapSet`, `hasNonAtomicSetType` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::Options;
use super::keywords::{Keywords, is_filled};
use crate::finding::{FieldErrors, Verbatim};
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::yaml::NodeRef;

/// Judges the types of a list or map.
pub(super) fn validate(schema: &Keywords<'_>, options: Options<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(map_type) = schema.map_type {
        must_be("object", "x-kubernetes-map-type", schema.kind, path, errors);
        if !matches!(map_type, "atomic" | "granular") {
            errors.not_supported(&path.field("x-kubernetes-map-type"), map_type, &["atomic", "granular"]);
        }
    }
    let item = schema.item().map(Keywords::read);
    let type_path = path.field("x-kubernetes-list-type");
    if let Some(list_type) = schema.list_type {
        if schema.kind != "array" {
            must_be("array", "x-kubernetes-list-type", schema.kind, path, errors);
        } else if options.atomic_sets && list_type == "set" {
            validate_set(item.as_ref(), path, errors);
        }
        if !matches!(list_type, "atomic" | "set" | "map") {
            errors.not_supported_in_order(&type_path, list_type, &["atomic", "set", "map"]);
        }
    }
    if is_filled(schema.list_map_keys) {
        let text = "must be map if x-kubernetes-list-map-keys is non-empty";
        match schema.list_type {
            None => errors.required(&type_path, text),
            Some("map") => {}
            Some(other) => errors.invalid(&type_path, other, text),
        }
    }
    if schema.list_type == Some("map") {
        validate_map(schema, item.as_ref(), path, errors);
    }
    if options.map_keys {
        validate_keys(schema, item.as_ref(), path, errors);
    }
}

fn must_be(kind: &str, keyword: &str, found: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("type");
    let text = format!("must be {kind} if {keyword} is specified");
    if found.is_empty() {
        errors.required(&path, &text);
    } else if found != kind {
        errors.invalid(&path, found, &text);
    }
}

/// Items of a set are whole: a value, or a list or map that is never merged.
fn validate_set(item: Option<&Keywords<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some((item, field)) = item.and_then(|item| Some((item, granular(item)?))) else { return };
    let shown = item.list_type.map_or("null".to_owned(), go_quote);
    let text = "must be atomic as item of a list with x-kubernetes-list-type=set";
    errors.invalid(&path.field("items").field(field), &Verbatim(&shown), text);
}

/// The keyword by which a list or map is merged part by part, or would have to be written not to be.
fn granular(item: &Keywords<'_>) -> Option<&'static str> {
    match item.kind {
        "array" => item.list_type.filter(|kind| *kind != "atomic").map(|_| "x-kubernetes-list-type"),
        "object" => (item.map_type != Some("atomic")).then_some("x-kubernetes-map-type"),
        _ => None,
    }
}

/// Whether a schema, if it is of a set, has items that are whole.
pub(super) fn is_atomic_set(node: NodeRef<'_>) -> bool {
    let schema = Keywords::read(node);
    schema.list_type != Some("set") || schema.item().is_none_or(|item| granular(&Keywords::read(item)).is_none())
}

/// Whether the keys of a schema are as [`validate_keys`] wants them.
pub(super) fn has_good_keys(node: NodeRef<'_>) -> bool {
    let schema = Keywords::read(node);
    if !matches!(schema.list_type, Some("set" | "map")) {
        return true;
    }
    let mut errors = FieldErrors::new(&super::super::custom_resource_definition::RULE);
    validate_keys(&schema, schema.item().map(Keywords::read).as_ref(), &Path::ROOT, &mut errors);
    errors.is_empty()
}

/// The keys of a list that is a map: they are scalar properties of its items.
fn validate_map(schema: &Keywords<'_>, item: Option<&Keywords<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let keys_path = path.field("x-kubernetes-list-map-keys");
    let items_path = path.field("items");
    if !is_filled(schema.list_map_keys) {
        errors.required(&keys_path, "must not be empty if x-kubernetes-list-type is map");
    }
    let Some(item) = item else {
        match schema.items {
            None => errors.required(&items_path, "must have a schema if x-kubernetes-list-type is map"),
            Some(items) => {
                errors.invalid(&items_path, &items, "must only have a single schema if x-kubernetes-list-type is map");
            }
        }
        return;
    };
    if item.kind != "object" {
        let text = "must be object if parent array's x-kubernetes-list-type is map";
        errors.invalid(&items_path.field("type"), item.kind, text);
        return;
    }
    let Some(keys) = schema.list_map_keys else { return };
    let mut seen = Vec::new();
    for key in keys.elements() {
        let key = key.as_str().unwrap_or_default();
        match item.properties.and_then(|properties| properties.get(key)) {
            None => errors.invalid(&keys_path, &keys, "entries must all be names of item properties"),
            Some(property) if matches!(Keywords::read(property).kind, "array" | "object") => {
                let path = items_path.field("properties");
                let path = path.key(key);
                let text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                errors.invalid(&path.field("type"), item.kind, text);
            }
            Some(_) => {}
        }
        if seen.contains(&key) {
            errors.invalid(&keys_path, &keys, "must not contain duplicate entries");
        }
        seen.push(key);
    }
}

/// What is told apart by keys has them: items are not null, and keys are required or have a default.
fn validate_keys(schema: &Keywords<'_>, item: Option<&Keywords<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let (Some(item), Some(list_type @ ("set" | "map"))) = (item, schema.list_type) else { return };
    let items_path = path.field("items");
    if item.nullable {
        let text = format!("cannot be nullable when x-kubernetes-list-type is {list_type}");
        errors.forbidden(&items_path.field("nullable"), &text);
    }
    if list_type != "map" {
        return;
    }
    let path = items_path.field("properties");
    let is_required =
        |key: &str| item.required.is_some_and(|required| required.elements().any(|name| name.as_str() == Some(key)));
    for key in schema.list_map_keys.into_iter().flat_map(NodeRef::elements).filter_map(NodeRef::as_str) {
        let Some(property) = item.properties.and_then(|properties| properties.get(key)) else { continue };
        let property = Keywords::read(property);
        let path = path.key(key);
        if !is_required(key) && property.default.is_none() {
            let text = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required \
                        property";
            errors.required(&path.field("default"), text);
        }
        if property.nullable {
            let text = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            errors.forbidden(&path.field("nullable"), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::errors_of_property;
    use serde_json::{Value, json};

    fn map(items: &Value, keys: &Value) -> Vec<String> {
        errors_of_property(&json!({"type": "array", "items": items, "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": keys}))
    }

    #[test]
    fn a_list_type_is_known_and_of_a_list() {
        assert_eq!(
            errors_of_property(
                &json!({"type": "object", "x-kubernetes-list-type": "bag", "x-kubernetes-map-type": "net"})
            ),
            [
                "x.x-kubernetes-map-type: Unsupported value: \"net\": supported values: \"atomic\", \"granular\"",
                "x.type: Invalid value: \"object\": must be array if x-kubernetes-list-type is specified",
                "x.x-kubernetes-list-type: Unsupported value: \"bag\": supported values: \"atomic\", \"set\", \"map\"",
            ]
        );
    }

    #[test]
    fn keys_of_a_map_are_there() {
        let items = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "deck": {"type": "integer", "nullable": true}, "ropes": {"type": "object"}}});
        assert_eq!(map(&items, &json!(["name"])), Vec::<String>::new());
        assert_eq!(
            map(&items, &json!(["name", "name", "deck", "keel"])),
            [
                "x.x-kubernetes-list-map-keys: Invalid value: [\"name\",\"name\",\"deck\",\"keel\"]: must not contain \
                 duplicate entries",
                "x.x-kubernetes-list-map-keys: Invalid value: [\"name\",\"name\",\"deck\",\"keel\"]: entries must all \
                 be names of item properties",
                "x.items.properties[deck].default: Required value: this property is in x-kubernetes-list-map-keys, so it \
                 must have a default or be a required property",
                "x.items.properties[deck].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it \
                 cannot be nullable",
            ]
        );
        assert_eq!(
            map(&json!({"type": "string"}), &json!([])),
            [
                "x.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
                "x.items.type: Invalid value: \"string\": must be object if parent array's x-kubernetes-list-type is map",
            ]
        );
    }

    #[test]
    fn items_of_a_set_are_whole() {
        let set =
            |items| errors_of_property(&json!({"type": "array", "x-kubernetes-list-type": "set", "items": items}));
        assert_eq!(set(json!({"type": "string"})), Vec::<String>::new());
        assert_eq!(
            set(json!({"type": "object", "nullable": true})),
            [
                "x.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with \
                 x-kubernetes-list-type=set",
                "x.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set",
            ]
        );
    }
}
