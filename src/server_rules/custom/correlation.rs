//! What a value was before an update.
//!
//! Apart because the server lets pass what is wrong but has not changed, and finds out what a value was by its key, by
//! the keys of its list, or not at all. Source: apiserver `pkg/cel/common/equality.go`, `maplist.go`, apiextensions
//! `pkg/apiserver/validation/ratcheting.go` (1.36; on by default since 1.30).

use super::schema::{JsonSchema, ListType};
use crate::object::Path;
use crate::yaml::{Escape, NodeRef, write_json};
use std::collections::HashMap;

/// The value before; none if it is not known, or if nothing is let pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Correlation<'c>(pub Option<NodeRef<'c>>);

impl<'c> Correlation<'c> {
    /// Whether the value is what it was.
    pub fn is_same(self, node: NodeRef<'_>) -> bool {
        self.0.is_some_and(|old| old.kind() == node.kind() && json(old) == json(node))
    }

    /// What a key had that only additional properties allow.
    pub fn key(self, key: &str, schema: &JsonSchema) -> Self {
        Self(self.0.filter(|_| schema.of_key(key).is_some()).and_then(|old| old.entry(key)).map(|entry| entry.value))
    }

    /// What a property had. Kind and version of the object itself are never let pass.
    pub fn property(self, name: &str, schema: &JsonSchema, path: &Path<'_>) -> Self {
        if matches!(name, "kind" | "apiVersion") && path.to_field_path().0.is_empty() {
            return Self(None);
        }
        self.key(name, schema)
    }

    /// What the elements of a list were.
    pub fn elements(self, schema: &JsonSchema) -> Elements<'c, '_> {
        let keys = &schema.list_map_keys;
        let mut elements = Elements { keys, by_key: HashMap::new() };
        if let Some(old) = self.0.filter(|_| schema.list_type == Some(ListType::Map)) {
            for element in old.elements() {
                elements.by_key.entry(key_of(element, keys)).or_insert(element);
            }
        }
        elements
    }
}

/// The elements of a list before, by their keys: those of any other list are not told apart.
pub(super) struct Elements<'c, 'k> {
    keys: &'k [Box<str>],
    by_key: HashMap<String, NodeRef<'c>>,
}

impl<'c> Elements<'c, '_> {
    /// What an element was.
    pub fn of(&self, element: NodeRef<'_>) -> Correlation<'c> {
        if self.by_key.is_empty() {
            return Correlation(None);
        }
        Correlation(self.by_key.get(&key_of(element, self.keys)).copied())
    }
}

fn key_of(element: NodeRef<'_>, keys: &[Box<str>]) -> String {
    let values = keys.iter().map(|key| element.entry(key).map_or_else(String::new, |entry| json(entry.value)));
    values.collect::<Vec<_>>().join("\n")
}

fn json(node: NodeRef<'_>) -> String {
    write_json(node, Escape::Minimal)
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems_of_update;
    use serde_json::json;

    #[test]
    fn what_was_wrong_before_is_let_pass() {
        let schema = json!({"type": "object", "properties": {"keel": {"type": "string"}, "crew": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}},
            "log": {"type": "array", "items": {"type": "string"}}}});
        let old = json!({"keel": 1, "crew": [{"name": "ada", "age": "old"}], "log": [7]});
        let same = json!({"keel": 1, "crew": [{"name": "bo"}, {"name": "ada", "age": "old"}], "log": [7]});
        assert_eq!(problems_of_update(&schema, &old, &same), [""; 0]);
        let other = json!({"keel": 2, "crew": [{"name": "ada", "age": "new"}], "log": [7, "a"]});
        let found = problems_of_update(&schema, &old, &other);
        let fields: Vec<&str> = found.iter().filter_map(|problem| problem.split(':').next()).collect();
        assert_eq!(fields, ["spec.crew[0].age", "spec.keel", "spec.log[0]"]);
    }
}
