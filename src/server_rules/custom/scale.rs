//! The `scale` subresource: where the number of replicas stands, there must be one.
//!
//! Apart because paths of fields are read here as nowhere else. Source: `ValidateScaleSpec` and `ValidateScaleStatus` of
//! apiextensions `pkg/registry/customresource/validator.go`, apimachinery `unstructured/helpers.go` (1.36).

use super::definition::Definition;
use super::enumeration::shown;
use super::number::Number;
use super::outcome::Problem;
use crate::finding::Reason;
use crate::object::{FieldPath, Segment};
use crate::yaml::{Kind, NodeRef};

/// Checks the fields that the subresource names.
pub(super) fn check(definition: &Definition, root: NodeRef<'_>, problems: &mut Vec<Problem>) {
    let Some(scale) = definition.scale() else { return };
    for path in [scale.spec_replicas, scale.status_replicas] {
        let problem = match lookup(root, path, "int64", |node| matches!(Number::of(node), Some(Number::Int(_)))) {
            Err(detail) => Some(("0".to_owned(), detail)),
            Ok(node) => match node.and_then(Number::of) {
                Some(Number::Int(replicas)) if replicas < 0 => {
                    Some((replicas.to_string(), "should be a non-negative integer".to_owned()))
                }
                Some(Number::Int(replicas)) if replicas > i64::from(i32::MAX) => {
                    Some((replicas.to_string(), format!("should be less than or equal to {}", i32::MAX)))
                }
                _ => None,
            },
        };
        problems.extend(problem.map(|(value, detail)| told(path, &value, &detail)));
    }
    if let Some(path) = scale.label_selector
        && let Err(detail) = lookup(root, path, "string", |node| node.as_str().is_some())
    {
        problems.push(told(path, "\"\"", &detail));
    }
}

/// The node at the end of a path like `.spec.replicas`; none if it is not there.
fn lookup<'n>(
    root: NodeRef<'n>,
    path: &str,
    wanted: &str,
    is_wanted: impl Fn(NodeRef<'n>) -> bool,
) -> Result<Option<NodeRef<'n>>, String> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let mut node = root;
    let mut walked = String::new();
    let wrong = |walked: &str, node: NodeRef<'_>, wanted: &str| {
        let value =
            if node.is_null() { "<nil>".to_owned() } else { node.as_str().map_or_else(|| shown(node), str::to_owned) };
        format!("{walked} accessor error: {value} is of the type {}, expected {wanted}", go_type(node))
    };
    for key in path.split('.') {
        walked.push('.');
        walked.push_str(key);
        if node.is_null() {
            return Ok(None);
        }
        if node.kind() != Kind::Mapping {
            return Err(wrong(&walked, node, "map[string]interface{}"));
        }
        let Some(entry) = node.entry(key) else { return Ok(None) };
        node = entry.value;
    }
    if is_wanted(node) { Ok(Some(node)) } else { Err(wrong(&walked, node, wanted)) }
}

fn go_type(node: NodeRef<'_>) -> &'static str {
    match (node.kind(), Number::of(node)) {
        (_, Some(Number::Int(_))) => "int64",
        (_, Some(Number::Float(_))) => "float64",
        (Kind::Bool, _) => "bool",
        (Kind::Sequence, _) => "[]interface {}",
        (Kind::Mapping, _) => "map[string]interface {}",
        (Kind::String, _) => "string",
        _ => "<nil>",
    }
}

/// The server writes the whole path as if it were one field.
fn told(path: &str, value: &str, detail: &str) -> Problem {
    let place = path.trim_start_matches('.').split('.').map(|key| Segment::Field(key.to_owned())).collect();
    Problem {
        reason: Reason::Invalid,
        field: FieldPath::of(&[path]),
        text: format!("Invalid value: {value}: {detail}"),
        place: FieldPath(place),
        defined: None,
        meant: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{definition_with, tree};
    use super::*;
    use serde_json::json;

    fn problems(object: &serde_json::Value) -> Vec<String> {
        let scale = json!({"specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew",
            "labelSelectorPath": ".status.flag"});
        let definition = definition_with(&json!({"name": "v1", "subresources": {"scale": scale},
            "schema": {"openAPIV3Schema": {"type": "object"}}}));
        let mut problems = Vec::new();
        check(&definition, tree(object).root(), &mut problems);
        problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.text)).collect()
    }

    #[test]
    fn replicas_are_a_number_that_is_not_negative() {
        assert_eq!(problems(&json!({"spec": {"crew": 3}, "status": {"flag": "a=b"}})), [""; 0]);
        assert_eq!(problems(&json!({"spec": null})), [""; 0]);
        assert_eq!(
            problems(&json!({"spec": {"crew": -1}, "status": {"crew": 2_147_483_648_i64, "flag": 7}})),
            [
                ".spec.crew: Invalid value: -1: should be a non-negative integer",
                ".status.crew: Invalid value: 2147483648: should be less than or equal to 2147483647",
                ".status.flag: Invalid value: \"\": .status.flag accessor error: 7 is of the type int64, expected string",
            ]
        );
        assert_eq!(
            problems(&json!({"spec": {"crew": "many"}, "status": 1})),
            [
                ".spec.crew: Invalid value: 0: .spec.crew accessor error: many is of the type string, expected int64",
                ".status.crew: Invalid value: 0: .status.crew accessor error: 1 is of the type int64, expected \
                 map[string]interface{}",
                ".status.flag: Invalid value: \"\": .status.flag accessor error: 1 is of the type int64, expected \
                 map[string]interface{}",
            ]
        );
    }
}
