//! What a schema of a resource cannot have anywhere.
//!
//! Apart because the server stumbles over these while it reads a schema, before any rule. Source: `NewStructural` of
//! apiextensions-apiserver `pkg/apiserver/schema/convert.go` (1.36).

use super::keywords::{DEEPEST, Keywords, is_filled, listed, named};
use crate::yaml::NodeRef;

/// The server's words for the first thing it cannot read; none if it can read all.
pub(in super::super) fn unsupported(schema: NodeRef<'_>) -> Option<&'static str> {
    unsupported_at(schema, 0)
}

fn unsupported_at(node: NodeRef<'_>, depth: u32) -> Option<&'static str> {
    if depth == DEEPEST {
        return None;
    }
    let schema = Keywords::read(node);
    let below = |node| unsupported_at(node, depth + 1);
    own(&schema)
        .or_else(|| schema.not.and_then(below))
        .or_else(|| {
            [schema.all_of, schema.any_of, schema.one_of]
                .into_iter()
                .find_map(|list| listed(list).find_map(|(_, node)| below(node)))
        })
        .or_else(|| {
            let text = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
            (schema.preserve_unknown_fields == Some(false)).then_some(text)
        })
        .or_else(|| {
            let is_list = schema.item().is_none() && is_filled(schema.items);
            is_list.then_some("OpenAPIV3Schema 'items' must be a schema, but is an array")
        })
        .or_else(|| schema.item().and_then(below))
        .or_else(|| named(schema.properties).find_map(|(_, node)| below(node)))
        .or_else(|| schema.additional_schema().and_then(below))
}

fn own(schema: &Keywords<'_>) -> Option<&'static str> {
    let found = [
        (!schema.id.is_empty(), "OpenAPIV3Schema 'id' is not supported"),
        (!schema.dialect.is_empty(), "OpenAPIV3Schema 'schema' is not supported"),
        (schema.reference.is_some_and(|text| !text.is_empty()), "OpenAPIV3Schema '$ref' is not supported"),
        (is_filled(schema.pattern_properties), "OpenAPIV3Schema 'patternProperties' is not supported"),
        (is_filled(schema.dependencies), "OpenAPIV3Schema 'dependencies' is not supported"),
        (schema.additional_items.is_some(), "OpenAPIV3Schema 'additionalItems' is not supported"),
        (is_filled(schema.definitions), "OpenAPIV3Schema 'definitions' is not supported"),
    ];
    found.into_iter().find(|(is_there, _)| *is_there).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::errors_of_property;
    use serde_json::json;

    #[test]
    fn what_only_the_reader_refuses_is_told_alone() {
        assert_eq!(
            errors_of_property(&json!({"type": "object", "$schema": "https://json-schema.org/draft"})),
            ["spec.validation.openAPIV3Schema: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported"]
        );
    }

    #[test]
    fn what_a_rule_refuses_too_is_told_by_the_rule() {
        assert_eq!(
            errors_of_property(
                &json!({"type": "object", "$ref": "#/definitions/x", "id": "x", "definitions": {"x": {}},
                "additionalItems": false, "dependencies": {"a": ["b"]}, "patternProperties": {"x": {}}})
            ),
            [
                "x.id: Forbidden: id is not supported",
                "x.additionalItems: Forbidden: additionalItems is not supported",
                "x.patternProperties: Forbidden: patternProperties is not supported",
                "x.definitions: Forbidden: definitions is not supported",
                "x.dependencies: Forbidden: dependencies is not supported",
                "x.$ref: Forbidden: $ref is not supported",
            ]
        );
        assert_eq!(
            errors_of_property(&json!({"type": "array", "items": [{"type": "string"}]})),
            ["x.items: Forbidden: items must be a schema object and not an array"]
        );
    }
}
