//! `enum`
//!
//! Apart because values are compared as Go converts them: a number is cut to the type of the allowed one first, and an
//! integer can even be a letter. Source: `basicCommonValidator` of kube-openapi `pkg/validation/validate/validator.go`
//! (1.36).

use super::number::Number;
use super::outcome::Problem;
use super::schema::JsonSchema;
use crate::finding::{Meant, Reason, Shown};
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::yaml::{Escape, NodeRef, Tree, Value, write_json};

/// Checks that a value is one of those allowed.
pub(super) fn check(definition: &Tree, schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>) -> Option<Problem> {
    let allowed = definition.node(schema.allowed?);
    if allowed.is_empty() || allowed.elements().any(|allowed| equals(node, allowed)) {
        return None;
    }
    let supported: Vec<String> = allowed
        .elements()
        .map(|allowed| match allowed.as_str() {
            Some(text) => go_quote(text),
            None => go_quote(&write_json(allowed, Escape::Html)),
        })
        .collect();
    let text = format!("Unsupported value: {}: supported values: {}", shown(node), supported.join(", "));
    let texts = allowed.elements().filter_map(NodeRef::as_str).map(str::to_owned).collect();
    Some(Problem::of(Reason::NotSupported, path, text).by(schema, "enum").meaning(Meant::OneOf(texts)))
}

/// A value as an error of a field prints it.
pub(super) fn shown(node: NodeRef<'_>) -> String {
    Number::of(node).map_or_else(|| node.shown(), Number::shown)
}

/// Whether a value is the allowed one once it is converted to its type. Nothing is converted to `null`.
fn equals(node: NodeRef<'_>, allowed: NodeRef<'_>) -> bool {
    #[allow(clippy::cast_precision_loss, clippy::float_cmp, reason = "converted and compared as Go does")]
    match (Number::of(node), Number::of(allowed)) {
        (Some(Number::Int(value)), Some(Number::Int(allowed))) => value == allowed,
        (Some(Number::Int(value)), Some(Number::Float(allowed))) => value as f64 == allowed,
        (Some(Number::Float(value)), Some(Number::Int(allowed))) => value as i64 == allowed,
        (Some(Number::Float(value)), Some(Number::Float(allowed))) => value == allowed,
        (Some(Number::Int(value)), None) => {
            let letter = u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
            allowed.as_str().is_some_and(|allowed| allowed.chars().eq([letter]))
        }
        (Some(Number::Float(_)), None) | (None, Some(_)) => false,
        (None, None) => match (node.value(), allowed.value()) {
            (Value::String(value), Value::String(allowed)) => value == allowed,
            (Value::Bool(value), Value::Bool(allowed)) => value == allowed,
            (Value::Mapping, Value::Mapping) | (Value::Sequence, Value::Sequence) => {
                write_json(node, Escape::Minimal) == write_json(allowed, Escape::Minimal)
            }
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems;
    use serde_json::json;

    #[test]
    fn a_value_is_one_of_those_allowed() {
        let wood = json!({"type": "string", "enum": ["oak", "teak"]});
        assert_eq!(problems(&wood, &json!("oak")), [""; 0]);
        assert_eq!(
            problems(&wood, &json!("pine")),
            ["spec: Unsupported value: \"pine\": supported values: \"oak\", \"teak\""]
        );
        assert_eq!(
            problems(&json!({"type": "integer", "enum": [1, 2]}), &json!(3)),
            ["spec: Unsupported value: 3: supported values: \"1\", \"2\""]
        );
    }

    #[test]
    fn numbers_are_converted_before_they_are_compared() {
        assert_eq!(problems(&json!({"type": "number", "enum": [2]}), &json!(2.75)), [""; 0]);
        assert_eq!(problems(&json!({"x-kubernetes-int-or-string": true, "enum": ["A"]}), &json!(65)), [""; 0]);
    }

    #[test]
    fn null_is_never_allowed() {
        assert_eq!(
            problems(&json!({"type": "string", "nullable": true, "enum": ["oak", null]}), &json!(null)),
            ["spec: Unsupported value: null: supported values: \"oak\", \"null\""]
        );
    }
}
