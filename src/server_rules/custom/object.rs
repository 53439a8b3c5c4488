//! Objects: their properties, which of them must be there, and their number.
//!
//! Apart as every family of keywords is. Source: `objectValidator` of kube-openapi
//! `pkg/validation/validate/object_validator.go` (1.36). The server goes through properties in no order; here they come
//! sorted.

use super::array::too_many;
use super::correlation::Correlation;
use super::outcome::{Outcome, Problem, dotted};
use super::schema::{AdditionalProperties, JsonSchema};
use super::validate::Validator;
use crate::finding::Reason;
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::yaml::NodeRef;

/// Holds an object against a schema.
pub(super) fn check(
    validator: Validator<'_>,
    schema: &JsonSchema,
    node: NodeRef<'_>,
    old: Correlation<'_>,
    path: &Path<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(limits) = schema.limits.as_deref() {
        let size = i64::try_from(node.len()).unwrap_or(i64::MAX);
        if let Some(least) = limits.min_properties.filter(|least| size < *least) {
            let detail = format!("{} in body should have at least {least} properties", dotted(path));
            outcome.problems.push(Problem::invalid(path, &size.to_string(), &detail).by(schema, "minProperties"));
        }
        if let Some(most) = limits.max_properties.filter(|most| size > *most) {
            outcome.problems.push(too_many(path, size, most).by(schema, "maxProperties"));
        }
    }
    let is_closed = matches!(schema.additional_properties, Some(AdditionalProperties::Allowed(false)));
    let additional = schema.additional();
    if is_closed || additional.is_some() {
        for entry in node.entries().filter(|entry| schema.property(entry.name()).is_none()) {
            let key = entry.name();
            if let Some(additional) = additional {
                outcome.merge(validator.value(additional, entry.value, old.key(key, schema), &path.field(key)));
            } else {
                let detail = format!("{}.{key} in body is a forbidden property", dotted(path));
                let problem = Problem::invalid(path, &go_quote(key), &detail).by(schema, "additionalProperties");
                outcome.problems.push(Problem { place: path.field(key).to_field_path(), ..problem });
            }
        }
    }
    if !schema.properties.is_empty() {
        for entry in node.entries() {
            if let Some(property) = schema.property(entry.name()) {
                let before = old.property(entry.name(), schema, path);
                outcome.merge(validator.value(property, entry.value, before, &path.field(entry.name())));
            }
        }
    }
    for name in &schema.required {
        if node.entry(name).is_none() {
            let text = "Required value".to_owned();
            outcome.problems.push(Problem::of(Reason::Required, &path.field(name), text).by(schema, "required"));
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems;
    use serde_json::json;

    #[test]
    fn properties_are_validated_and_required() {
        let ship = json!({"type": "object", "required": ["keel", "mast"], "maxProperties": 2, "properties": {
            "keel": {"type": "string"}, "mast": {"type": "object", "required": ["height"]}}});
        assert_eq!(problems(&ship, &json!({"keel": "oak", "mast": {"height": 3}})), [""; 0]);
        assert_eq!(
            problems(&ship, &json!({"keel": 1, "a": 1, "b": 2})),
            [
                "spec: Too many: 3: must have at most 2 items",
                "spec.keel: Invalid value: \"integer\": spec.keel in body must be of type string: \"integer\"",
                "spec.mast: Required value",
            ]
        );
        assert_eq!(problems(&ship, &json!({"keel": "oak", "mast": {}})), ["spec.mast.height: Required value"]);
    }

    #[test]
    fn additional_properties_have_a_schema_or_are_forbidden() {
        let stores = json!({"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}});
        assert_eq!(problems(&stores, &json!({"rum": 3})), [""; 0]);
        assert_eq!(
            problems(&stores, &json!({"a.b": "x"})),
            ["spec.a.b: Invalid value: \"string\": spec.a.b in body must be of type integer: \"string\""]
        );
        assert_eq!(
            problems(&stores, &json!({})),
            ["spec: Invalid value: 0: spec in body should have at least 1 properties"]
        );
        assert_eq!(
            problems(&json!({"type": "object", "additionalProperties": false}), &json!({"rum": 3})),
            ["spec: Invalid value: \"rum\": spec.rum in body is a forbidden property"]
        );
    }
}
