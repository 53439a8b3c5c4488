//! OpenAPI as Kubernetes restricts it, at every schema of a definition.
//!
//! Apart because it is the server's last walk, and the only one that goes into quantifiers and definitions alike.
//! Source: `ValidateCustomResourceDefinitionOpenAPISchema`, `specStandardValidatorV3` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::keywords::{DEEPEST, Keywords, is_filled, listed, named};
use super::{Options, lists, validation_rules};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::yaml::{Kind, NodeIndex, NodeRef};
use std::collections::HashSet;

/// Sorted, as the server lists them.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Whether a type is one of OpenAPI's; none at all passes.
pub(super) fn is_type(kind: &str) -> bool {
    kind.is_empty() || TYPES.contains(&kind)
}

/// What holds for a schema because of where it stands.
#[derive(Clone, Copy)]
struct Place {
    /// Why there may be no default, where there may be none.
    no_default: Option<&'static str>,
    is_root: bool,
    /// In `metadata`, `kind` or `apiVersion` of a whole object.
    is_in_metadata: bool,
    depth: u32,
}

/// Judges a whole schema; gives the schemas in which something is wrong, or in a part of which.
pub(super) fn validate(
    schema: NodeRef<'_>,
    options: Options<'_>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) -> HashSet<NodeIndex> {
    let mut walk = Walk { options, errors, faulty: HashSet::new() };
    let place = Place { no_default: None, is_root: true, is_in_metadata: false, depth: 0 };
    walk.node(schema, place, path);
    walk.faulty
}

struct Walk<'e> {
    options: Options<'e>,
    errors: &'e mut FieldErrors,
    faulty: HashSet<NodeIndex>,
}

impl Walk<'_> {
    fn node(&mut self, node: NodeRef<'_>, place: Place, path: &Path<'_>) {
        if place.depth == DEEPEST {
            return;
        }
        let start = self.errors.list.len();
        let schema = Keywords::read(node);
        self.keywords(&schema, place, path);
        self.below(&schema, place, path);
        if schema.preserve_unknown_fields == Some(false) {
            let path = path.field("x-kubernetes-preserve-unknown-fields");
            self.errors.invalid(&path, &false, "must be true or undefined");
        }
        lists::validate(&schema, self.options, path, self.errors);
        if let Some(rules) = schema.validations {
            validation_rules::validate(node, rules, path, self.errors);
        }
        // What is wrong in or below a schema would be told a second time by its expressions, in worse words.
        if self.errors.list.len() != start {
            self.faulty.insert(node.index());
        }
    }

    fn keywords(&mut self, schema: &Keywords<'_>, place: Place, path: &Path<'_>) {
        let errors = &mut *self.errors;
        if self.options.valid_types && !is_type(schema.kind) {
            errors.not_supported(&path.field("type"), schema.kind, &TYPES);
        }
        if let Some(reason) = place.no_default.filter(|_| schema.default.is_some()) {
            errors.forbidden(&path.field("default"), &format!("must not be set {reason}"));
        }
        for (is_there, field) in [
            (!schema.id.is_empty(), "id"),
            (schema.additional_items.is_some(), "additionalItems"),
            (is_filled(schema.pattern_properties), "patternProperties"),
            (is_filled(schema.definitions), "definitions"),
            (schema.dependencies.is_some(), "dependencies"),
            (schema.reference.is_some(), "$ref"),
        ] {
            if is_there {
                errors.forbidden(&path.field(field), &format!("{field} is not supported"));
            }
        }
        if schema.kind == "null" {
            errors.forbidden(&path.field("type"), "type cannot be set to null, use nullable as an alternative");
        }
        if schema.item().is_none() && is_filled(schema.items) {
            errors.forbidden(&path.field("items"), "items must be a schema object and not an array");
        }
        if place.is_in_metadata && schema.embedded_resource {
            let path = path.field("x-kubernetes-embedded-resource");
            errors.forbidden(&path, "must not be used inside of resource meta");
        }
        if schema.unique_items {
            let text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            errors.forbidden(&path.field("uniqueItems"), text);
        }
        let is_open = schema.additional_properties.is_none_or(|value| value.as_bool() == Some(true));
        if is_filled(schema.properties) && !is_open {
            let path = path.field("additionalProperties");
            errors.forbidden(&path, "additionalProperties and properties are mutual exclusive");
        }
    }

    fn below(&mut self, schema: &Keywords<'_>, place: Place, path: &Path<'_>) {
        let place_is_root = place.is_root;
        let is_whole = place_is_root || schema.embedded_resource;
        let place_below = Place { is_root: false, depth: place.depth + 1, ..place };
        if let Some(additional) = schema.additional_schema() {
            let mut place = place_below;
            if place.is_in_metadata {
                place.no_default = Some("inside additionalProperties applying to object metadata");
            }
            self.node(additional, place, &path.field("additionalProperties"));
        }
        let properties_path = path.field("properties");
        for (name, property) in named(schema.properties) {
            let mut place = place_below;
            let top_level = match name {
                "metadata" => Some("in top-level metadata"),
                "kind" => Some("in top-level kind"),
                "apiVersion" => Some("in top-level apiVersion"),
                _ => None,
            };
            if top_level.is_some() && is_whole {
                place.is_in_metadata = true;
                if place_is_root {
                    place.no_default = top_level;
                }
            }
            self.node(property, place, &properties_path.key(name));
        }
        if let Some(not) = schema.not {
            self.node(not, place_below, &path.field("not"));
        }
        for (field, list) in [("allOf", schema.all_of), ("oneOf", schema.one_of), ("anyOf", schema.any_of)] {
            let path = path.field(field);
            for (index, node) in listed(list) {
                self.node(node, place_below, &path.index(index));
            }
        }
        let definitions_path = path.field("definitions");
        for (name, node) in named(schema.definitions) {
            self.node(node, place_below, &definitions_path.key(name));
        }
        if let Some(items) = schema.items {
            let path = path.field("items");
            if items.kind() == Kind::Mapping {
                self.node(items, place_below, &path);
            }
            for (index, node) in listed(Some(items)) {
                self.node(node, place_below, &path.index(index));
            }
        }
        let dependencies_path = path.field("dependencies");
        for (name, node) in named(schema.dependencies).filter(|(_, node)| node.kind() == Kind::Mapping) {
            self.node(node, place_below, &dependencies_path.key(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::{errors_of_property, errors_of_root};
    use serde_json::json;

    #[test]
    fn types_are_those_of_open_api() {
        const TYPES: &str = "\"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\"";
        assert_eq!(
            errors_of_property(&json!({"type": "null"})),
            [
                format!("x.type: Unsupported value: \"null\": supported values: {TYPES}"),
                "x.type: Forbidden: type cannot be set to null, use nullable as an alternative".to_owned(),
            ]
        );
    }

    #[test]
    fn an_object_has_named_properties_or_others() {
        let object = |additional| json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": additional});
        assert_eq!(errors_of_property(&object(json!(true))), Vec::<String>::new());
        for additional in [json!(false), json!({"type": "string"})] {
            assert_eq!(
                errors_of_property(&object(additional)),
                ["x.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"]
            );
        }
        assert_eq!(
            errors_of_property(&json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true})),
            ["x.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes \
              quadratic"]
        );
    }

    #[test]
    fn what_every_object_has_gets_no_default() {
        assert_eq!(
            errors_of_root(&json!({"type": "object", "properties": {"kind": {"type": "string", "default": "Anchor"}}})),
            ["root.properties[kind].default: Forbidden: must not be set in top-level kind"]
        );
    }
}
