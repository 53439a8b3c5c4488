//! What stands in quantifiers (`allOf`, `anyOf`, `oneOf`, `not`) of a structural schema: it narrows and defines nothing.
//!
//! Apart because it is a second language, with most keywords taken out. Source: `validateValueValidation`,
//! `validateNestedValueValidation` of apiextensions-apiserver `pkg/apiserver/schema/validation.go` (1.36).

use super::keywords::{DEEPEST, Keywords, is_filled, listed, named};
use crate::finding::FieldErrors;
use crate::go_pattern;
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// Where types may be named because they say: an integer or a string.
#[derive(Clone, Copy, Default)]
pub(super) struct Skipped {
    /// `anyOf` itself.
    pub any_of: bool,
    /// `anyOf` in the first of `allOf`.
    pub any_of_of_first_all_of: bool,
}

/// Judges the quantifiers of a schema, and its pattern.
pub(super) fn validate_values(
    schema: &Keywords<'_>,
    skipped: Skipped,
    path: &Path<'_>,
    depth: u32,
    errors: &mut FieldErrors,
) {
    let mut list = |field: &str, list: Option<NodeRef<'_>>, skips_first: bool| {
        let path = path.field(field);
        for (index, node) in listed(list) {
            validate_node(node, skips_first && index == 0, &path.index(index), depth + 1, errors);
        }
    };
    if !skipped.any_of {
        list("anyOf", schema.any_of, false);
    }
    list("allOf", schema.all_of, skipped.any_of_of_first_all_of);
    list("oneOf", schema.one_of, false);
    if let Some(not) = schema.not {
        validate_node(not, false, &path.field("not"), depth + 1, errors);
    }
    if let Some(error) = go_pattern::error_of(schema.pattern) {
        let text = format!("must be a valid regular expression, but isn't: {error}");
        errors.invalid(&path.field("pattern"), schema.pattern, &text);
    }
}

fn validate_node(node: NodeRef<'_>, skips_any_of: bool, path: &Path<'_>, depth: u32, errors: &mut FieldErrors) {
    const EMPTY: &str = "must be empty to be structural";
    const UNDEFINED: &str = "must be undefined to be structural";
    const FALSE: &str = "must be false to be structural";
    if depth >= DEEPEST {
        return;
    }
    let schema = Keywords::read(node);
    let skipped = Skipped { any_of: skips_any_of, any_of_of_first_all_of: false };
    validate_values(&schema, skipped, path, depth, errors);
    if let Some(items) = schema.item() {
        validate_node(items, false, &path.field("items"), depth + 1, errors);
    }
    let properties_path = path.field("properties");
    for (name, property) in named(schema.properties) {
        validate_node(property, false, &properties_path.key(name), depth + 1, errors);
    }
    let mut forbid = |is_there: bool, field: &str, text: &str| {
        if is_there {
            errors.forbidden(&path.field(field), text);
        }
    };
    forbid(!schema.kind.is_empty(), "type", EMPTY);
    forbid(schema.allows_additional(), "additionalProperties", UNDEFINED);
    forbid(schema.default.is_some(), "default", UNDEFINED);
    forbid(!schema.title.is_empty(), "title", EMPTY);
    forbid(!schema.description.is_empty(), "description", EMPTY);
    forbid(schema.nullable, "nullable", FALSE);
    forbid(schema.preserve_unknown_fields == Some(true), "x-kubernetes-preserve-unknown-fields", FALSE);
    forbid(schema.embedded_resource, "x-kubernetes-embedded-resource", FALSE);
    forbid(schema.int_or_string, "x-kubernetes-int-or-string", FALSE);
    forbid(is_filled(schema.list_map_keys), "x-kubernetes-list-map-keys", EMPTY);
    forbid(schema.list_type.is_some(), "x-kubernetes-list-type", UNDEFINED);
    forbid(schema.map_type.is_some(), "x-kubernetes-map-type", UNDEFINED);
    forbid(is_filled(schema.validations), "x-kubernetes-validations", EMPTY);
    if schema.properties.is_some_and(|properties| properties.has("metadata")) {
        errors.forbidden(&properties_path.key("metadata"), "must not be specified in a nested context");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::errors_of_property;
    use serde_json::json;

    #[test]
    fn quantifiers_define_nothing() {
        assert_eq!(
            errors_of_property(&json!({"type": "object", "properties": {"keel": {"type": "string"}}, "not": {
                "type": "object", "description": "no", "title": "no", "nullable": true, "default": {},
                "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic",
                "properties": {"keel": {"x-kubernetes-int-or-string": true}},
            }})),
            [
                "x.not.additionalProperties: Forbidden: must be undefined to be structural",
                "x.not.default: Forbidden: must be undefined to be structural",
                "x.not.description: Forbidden: must be empty to be structural",
                "x.not.nullable: Forbidden: must be false to be structural",
                "x.not.properties[keel].x-kubernetes-int-or-string: Forbidden: must be false to be structural",
                "x.not.title: Forbidden: must be empty to be structural",
                "x.not.type: Forbidden: must be empty to be structural",
                "x.not.x-kubernetes-map-type: Forbidden: must be undefined to be structural",
                "x.not.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
            ]
        );
    }

    #[test]
    fn a_pattern_is_one_of_go() {
        assert_eq!(
            errors_of_property(&json!({"type": "string", "pattern": "^(?!no)"})),
            ["x.pattern: Invalid value: \"^(?!no)\": must be a valid regular expression, but isn't: error parsing \
                 regexp: invalid or unsupported Perl syntax: `(?!`"]
        );
    }
}
