//! `type`, `nullable`, and what `format` has to do with them.
//!
//! Apart because it comes first of all, and because a format takes the place of a type in part: a list passes for a text
//! that has one. Source: kube-openapi `pkg/validation/validate/type.go` (1.36).

use super::format::Format;
use super::number::{Number, is_json_integer};
use super::outcome::{Outcome, Problem, dotted};
use super::schema::{JsonSchema, SchemaType};
use crate::finding::{Meant, Reason, Scalar};
use crate::object::Path;
use crate::schema::Minor;
use crate::yaml::{Kind, NodeRef};

/// The format, where a server of this minor knows it.
pub(super) fn format_of(schema: &JsonSchema, minor: Minor) -> Option<&Format> {
    let format = schema.limits.as_ref()?.format.as_ref()?;
    format.is_known(minor).then_some(format)
}

/// Whether there is anything to check.
pub(super) fn applies(schema: &JsonSchema, minor: Minor) -> bool {
    !schema.types().is_empty() || format_of(schema, minor).is_some()
}

/// Checks the type of a value.
pub(super) fn check(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, minor: Minor) -> Outcome {
    match problem(schema, node, path, minor) {
        None => Outcome { matches: 1, ..Outcome::default() },
        Some(problem) => Outcome { problems: vec![problem], matches: 0 },
    }
}

fn problem(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, minor: Minor) -> Option<Problem> {
    let types = schema.types();
    let has = |kind: SchemaType| types.contains(&kind);
    if node.is_null() {
        let is_refused = !types.is_empty() && !schema.nullable;
        return is_refused.then(|| wrong_type(schema, path, &joined(types), "null"));
    }
    let is_integer = matches!(Number::of(node), Some(Number::Float(value)) if is_json_integer(value));
    let (kind, own_format) = match (node.kind(), Number::of(node)) {
        (Kind::Bool, _) => (SchemaType::Boolean, ""),
        (Kind::Sequence, _) => (SchemaType::Array, ""),
        (Kind::Mapping, _) => (SchemaType::Object, ""),
        (_, Some(Number::Int(_))) => (SchemaType::Integer, "int64"),
        (_, Some(Number::Float(_))) => (SchemaType::Number, "float64"),
        _ => (SchemaType::String, ""),
    };
    let is_known_type = has(kind)
        || (is_integer && has(SchemaType::Integer))
        || (kind == SchemaType::Integer && has(SchemaType::Number));
    if let Some(format) = format_of(schema, minor) {
        let is_text_or_list = matches!(kind, SchemaType::String | SchemaType::Array);
        if !is_text_or_list && !is_known_type && own_format != &*format.name {
            return Some(wrong_type(schema, path, &format.name, own_format));
        }
        if is_text_or_list && !has(SchemaType::Number) && !has(SchemaType::Integer) {
            return None;
        }
    }
    (!is_known_type).then(|| wrong_type(schema, path, &joined(types), kind.word()))
}

fn wrong_type(schema: &JsonSchema, path: &Path<'_>, wanted: &str, found: &str) -> Problem {
    let text = format!("Invalid value: \"{found}\": {} in body must be of type {wanted}: \"{found}\"", dotted(path));
    let keyword = if schema.int_or_string { "x-kubernetes-int-or-string" } else { "type" };
    let problem = Problem::of(Reason::TypeInvalid, path, text).by(schema, keyword);
    match schema.types() {
        [SchemaType::Boolean] => problem.meaning(Meant::Type(Scalar::Boolean)),
        [SchemaType::Integer] => problem.meaning(Meant::Type(Scalar::Integer)),
        [SchemaType::Number] => problem.meaning(Meant::Type(Scalar::Number)),
        [SchemaType::String] => problem.meaning(Meant::Type(Scalar::String)),
        _ => problem,
    }
}

fn joined(types: &[SchemaType]) -> String {
    types.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems;
    use serde_json::json;

    #[test]
    fn a_value_has_the_type_of_its_schema() {
        for (schema, value, message) in [
            (json!({"type": "integer"}), json!("x"), "of type integer: \"string\""),
            (json!({"type": "integer"}), json!(true), "of type integer: \"boolean\""),
            (json!({"type": "string"}), json!(3), "of type string: \"integer\""),
            (json!({"type": "object"}), json!([]), "of type object: \"array\""),
            (json!({"type": "array"}), json!({}), "of type array: \"object\""),
            (json!({"x-kubernetes-int-or-string": true}), json!({}), "of type integer,string: \"object\""),
        ] {
            let found = problems(&schema, &value);
            assert!(found.len() == 1 && found[0].ends_with(message), "{found:?}");
        }
        for (schema, value) in [
            (json!({"type": "number"}), json!(3)),
            (json!({"type": "integer"}), json!(3.0)),
            (json!({"x-kubernetes-int-or-string": true}), json!("50%")),
            (json!({"x-kubernetes-preserve-unknown-fields": true}), json!([1, "a"])),
        ] {
            assert_eq!(problems(&schema, &value), [""; 0]);
        }
    }

    #[test]
    fn a_float_is_told_twice() {
        assert_eq!(
            problems(&json!({"type": "integer"}), &json!(1.5)),
            [
                "spec: Invalid value: \"number\": spec in body must be of type integer: \"number\"",
                "<nil>: Invalid value: \"\": Checked value must be of type integer (default format) in spec"
            ]
        );
    }

    #[test]
    fn a_format_names_the_type_and_lets_lists_pass() {
        let address = json!({"type": "string", "format": "ipv4"});
        assert_eq!(problems(&address, &json!(["anything"])), [""; 0]);
        assert_eq!(
            problems(&address, &json!(7)),
            ["spec: Invalid value: \"int64\": spec in body must be of type ipv4: \"int64\""]
        );
        assert_eq!(
            problems(&address, &json!(true)),
            ["spec: Invalid value: \"\": spec in body must be of type ipv4: \"\""]
        );
    }
}
