//! The root of a schema: the object itself, whose status may be judged apart.
//!
//! Apart because nothing of it holds further inside. Source: `validateCustomResourceDefinitionValidation` of
//! apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::yaml::{NodeRef, Value};

/// The fields of the server's own struct, in its order: as they are written, and whether they may stand at the root of
/// a schema whose status is judged apart.
const FIELDS: [(&str, bool); 43] = [
    ("id", false),
    ("$schema", false),
    ("$ref", false),
    ("description", true),
    ("type", true),
    ("nullable", false),
    ("format", true),
    ("title", true),
    ("default", false),
    ("maximum", true),
    ("exclusiveMaximum", true),
    ("minimum", true),
    ("exclusiveMinimum", true),
    ("maxLength", true),
    ("minLength", true),
    ("pattern", true),
    ("maxItems", true),
    ("minItems", true),
    ("uniqueItems", true),
    ("multipleOf", true),
    ("enum", false),
    ("maxProperties", false),
    ("minProperties", false),
    ("required", true),
    ("items", true),
    ("allOf", false),
    ("oneOf", false),
    ("anyOf", false),
    ("not", false),
    ("properties", true),
    ("additionalProperties", false),
    ("patternProperties", false),
    ("dependencies", false),
    ("additionalItems", false),
    ("definitions", false),
    ("externalDocs", true),
    ("example", true),
    ("x-kubernetes-preserve-unknown-fields", true),
    ("x-kubernetes-embedded-resource", false),
    ("x-kubernetes-int-or-string", false),
    ("x-kubernetes-list-map-keys", false),
    ("x-kubernetes-list-type", false),
    ("x-kubernetes-map-type", false),
];

/// Judges what only the root is asked.
pub(super) fn validate(schema: NodeRef<'_>, has_status: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    const IF: &str = "at the root of the schema if the status subresource is enabled";
    const ALLOWED: &str = "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength \
                           MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties \
                           ExternalDocs Example XPreserveUnknownFields XValidations]";
    let wrong = FIELDS.iter().filter(|_| has_status).find(|(name, is_allowed)| match *name {
        "type" => !matches!(schema.text("type"), "" | "object"),
        name => !is_allowed && schema.get(name).is_some_and(|value| !is_zero(name, value)),
    });
    match wrong {
        Some(("type", _)) => {
            let text = "only \"object\" is allowed as the type";
            errors.invalid(&path.field("openAPIV3Schema.type"), schema.text("type"), &format!("{text} {IF}"));
        }
        Some(_) => {
            errors.invalid(&path.field("openAPIV3Schema"), &schema, &format!("only {ALLOWED} fields are allowed {IF}"));
        }
        None => {}
    }
    if schema.flag("nullable") {
        errors.forbidden(&path.field("openAPIV3Schema.nullable"), "nullable cannot be true at the root");
    }
}

/// Whether a keyword's value is the zero value of the server's struct. What is held by pointer never is, nor is an empty
/// list or map that is written out.
pub(super) fn is_zero(name: &str, value: NodeRef<'_>) -> bool {
    match value.value() {
        Value::Null => true,
        Value::Bool(value) => {
            !value
                && !matches!(
                    name,
                    "x-kubernetes-preserve-unknown-fields"
                        | "additionalProperties"
                        | "additionalItems"
                        | "default"
                        | "example"
                )
        }
        Value::String(text) => {
            text.is_empty()
                && !matches!(name, "$ref" | "x-kubernetes-list-type" | "x-kubernetes-map-type" | "default" | "example")
        }
        Value::Int(_) | Value::Float(_) | Value::Sequence | Value::Mapping => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::{definition, errors_of_root};
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn the_root_is_an_object_that_is_there() {
        assert_eq!(
            errors_of_root(&json!({"type": "object", "nullable": true})),
            ["root.nullable: Forbidden: nullable cannot be true at the root"]
        );
    }

    #[test]
    fn what_is_said_of_the_whole_object_would_be_lost_with_a_status() {
        let mut definition = definition();
        let version = &mut definition["spec"]["versions"][0];
        version["subresources"] = json!({"status": {}});
        version["schema"]["openAPIV3Schema"]["required"] = json!(["spec"]);
        assert_eq!(errors_of(&definition), Vec::<String>::new());
        definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["maxProperties"] = json!(9);
        let errors = errors_of(&definition);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("spec.validation.openAPIV3Schema: Invalid value: "));
        assert!(errors[0].contains(": only [Description Type "));
    }
}
