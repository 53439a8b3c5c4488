//! `x-kubernetes-list-type`: in a set no element is there twice, in a map no two have the same keys.
//!
//! Apart because the server checks it after the schema, in a walk of its own.
//! Source: apiextensions `pkg/apiserver/schema/listtype/validation.go` (1.36).

use super::enumeration::shown;
use super::number::Number;
use super::outcome::Problem;
use super::schema::{JsonSchema, ListType};
use crate::finding::Reason;
use crate::object::Path;
use crate::yaml::{Escape, Kind, NodeRef, write_json};
use std::collections::HashMap;

/// Checks every list in a value.
pub(super) fn check(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, problems: &mut Vec<Problem>) {
    if !schema.has_unique_lists {
        return;
    }
    if node.kind() == Kind::Sequence {
        match schema.list_type {
            Some(ListType::Set) => set(schema, node, path, problems),
            Some(ListType::Map) => map(schema, node, path, problems),
            Some(ListType::Atomic) | None => {}
        }
        for (index, element) in node.elements().enumerate() {
            if let Some(items) = schema.items.as_deref() {
                check(items, element, &path.index(index), problems);
            }
        }
        return;
    }
    if let Some(additional) = schema.additional() {
        node.entries().for_each(|entry| check(additional, entry.value, &path.key(entry.name()), problems));
    }
    for entry in node.entries() {
        if let Some(property) = schema.property(entry.name()) {
            check(property, entry.value, &path.field(entry.name()), problems);
        }
    }
}

fn set(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, problems: &mut Vec<Problem>) {
    let values = node.elements().map(|element| (identity(element), shown(element)));
    duplicates(schema, values, path, problems);
}

fn map(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, problems: &mut Vec<Problem>) {
    let is_wrong = |element: &NodeRef<'_>| !matches!(element.kind(), Kind::Mapping | Kind::Null);
    if let Some((index, element)) = node.elements().enumerate().find(|(_, element)| is_wrong(element)) {
        let detail = "must be an object for an array of list-type map";
        let problem = Problem::invalid(&path.index(index), &shown(element), detail);
        problems.push(problem.by(schema, "x-kubernetes-list-type"));
        return;
    }
    let mut keys: Vec<&str> = schema.list_map_keys.iter().map(|key| &**key).collect();
    keys.sort_unstable();
    let values = node.elements().map(|element| {
        let entries = || keys.iter().filter_map(|key| element.entry(key));
        let identity: Vec<String> =
            entries().map(|entry| format!("{:?}:{}", entry.name(), identity(entry.value))).collect();
        let told: Vec<String> = entries()
            .map(|entry| format!("{}:{}", write_json(entry.key, Escape::Html), write_json(entry.value, Escape::Html)))
            .collect();
        (identity.join(","), format!("{{{}}}", told.join(",")))
    });
    duplicates(schema, values, path, problems);
}

/// Tells of the second of each that is there more than once.
fn duplicates(
    schema: &JsonSchema,
    values: impl Iterator<Item = (String, String)>,
    path: &Path<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, (identity, told)) in values.enumerate() {
        let times = seen.entry(identity).or_default();
        *times += 1;
        if *times == 2 {
            let text = format!("Duplicate value: {told}");
            let problem = Problem::of(Reason::Duplicate, &path.index(index), text);
            problems.push(problem.by(schema, "x-kubernetes-list-type"));
        }
    }
}

/// What two equal values have in common, and others do not.
fn identity(node: NodeRef<'_>) -> String {
    match Number::of(node) {
        Some(Number::Int(value)) => value.to_string(),
        Some(Number::Float(value)) => format!("{value:e}"),
        None => write_json(node, Escape::Minimal),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::*;
    use serde_json::json;

    fn problems(schema: &serde_json::Value, value: &serde_json::Value) -> Vec<String> {
        let (schema, value) = (tree(schema), tree(value));
        let mut problems = Vec::new();
        check(&JsonSchema::read(schema.root()), value.root(), &Path::ROOT.field("spec"), &mut problems);
        problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.text)).collect()
    }

    #[test]
    fn a_set_has_no_element_twice() {
        let schema = json!({"additionalProperties": {"type": "array", "x-kubernetes-list-type": "set"}});
        assert_eq!(problems(&schema, &json!({"a": ["x", "y"], "b": [1, "1", null]})), [""; 0]);
        assert_eq!(
            problems(&schema, &json!({"a": ["x", "x", "x"], "b": [1, 1.0], "c": [{"k": 1}, {"k": 1}]})),
            [
                "spec[a][1]: Duplicate value: \"x\"",
                "spec[b][1]: Duplicate value: 1",
                "spec[c][1]: Duplicate value: {\"k\":1}"
            ]
        );
    }

    #[test]
    fn a_map_has_no_keys_twice() {
        let schema = json!({"type": "array", "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "host"], "items": {"type": "object"}});
        let a = json!({"host": "a", "port": 1});
        assert_eq!(problems(&schema, &json!([a, {"host": "a", "port": 2}, {"host": "a"}])), [""; 0]);
        assert_eq!(
            problems(&schema, &json!([a, {}, a, {"x": 1}, null])),
            ["spec[2]: Duplicate value: {\"host\":\"a\",\"port\":1}", "spec[3]: Duplicate value: {}"]
        );
        assert_eq!(
            problems(&schema, &json!([a, "b", a])),
            ["spec[1]: Invalid value: \"b\": must be an object for an array of list-type map"]
        );
    }
}
