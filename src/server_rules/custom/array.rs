//! Lists: their items and their number.
//!
//! Apart as every family of keywords is. That no item is there twice is checked elsewhere (`list_type`).
//! Source: `schemaSliceValidator` of kube-openapi `pkg/validation/validate/slice_validator.go` (1.36).

use super::correlation::Correlation;
use super::outcome::{Outcome, Problem, dotted};
use super::schema::JsonSchema;
use super::validate::Validator;
use crate::finding::Reason;
use crate::object::Path;
use crate::yaml::NodeRef;

/// Holds a list against a schema.
pub(super) fn check(
    validator: Validator<'_>,
    schema: &JsonSchema,
    node: NodeRef<'_>,
    old: Correlation<'_>,
    path: &Path<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(items) = schema.items.as_deref() {
        let before = old.elements(schema);
        for (index, element) in node.elements().enumerate() {
            outcome.merge(validator.value(items, element, before.of(element), &path.index(index)));
        }
    }
    let Some(limits) = schema.limits.as_deref() else { return outcome };
    let size = i64::try_from(node.len()).unwrap_or(i64::MAX);
    if let Some(least) = limits.min_items.filter(|least| size < *least) {
        let detail = format!("{} in body should have at least {least} items", dotted(path));
        outcome.problems.push(Problem::invalid(path, &size.to_string(), &detail).by(schema, "minItems"));
    }
    if let Some(most) = limits.max_items.filter(|most| size > *most) {
        outcome.problems.push(too_many(path, size, most).by(schema, "maxItems"));
    }
    outcome
}

/// `Too many: 3: must have at most 2 items`
pub(super) fn too_many(path: &Path<'_>, size: i64, most: i64) -> Problem {
    let noun = if most == 1 { "item" } else { "items" };
    Problem::of(Reason::TooMany, path, format!("Too many: {size}: must have at most {most} {noun}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems;
    use serde_json::json;

    #[test]
    fn items_are_validated_and_counted() {
        let crew = json!({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}});
        assert_eq!(problems(&crew, &json!(["ada"])), [""; 0]);
        assert_eq!(problems(&crew, &json!([])), ["spec: Invalid value: 0: spec in body should have at least 1 items"]);
        assert_eq!(
            problems(&crew, &json!(["ada", null, 7])),
            [
                "spec[1]: Invalid value: \"null\": spec[1] in body must be of type string: \"null\"",
                "spec[2]: Invalid value: \"integer\": spec[2] in body must be of type string: \"integer\"",
                "spec: Too many: 3: must have at most 2 items",
            ]
        );
        assert_eq!(
            problems(&json!({"type": "array", "maxItems": 1}), &json!([1, 2])),
            ["spec: Too many: 2: must have at most 1 item"]
        );
    }
}
