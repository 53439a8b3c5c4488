//! `ConfigMap`: its keys, and how much it holds.

use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::{bytes, names, report};
use crate::yaml::NodeRef;

/// A `ConfigMap`'s data.
pub static RULE: Rule = Rule {
    id: "api/config-map",
    level: Level::Error,
    summary: "a ConfigMap's keys or size are not valid",
    why: "keys become file names and environment variables, and etcd keeps no large objects: the API server refuses \
          keys that could not and more than 1 MiB",
    docs: include_str!("config-map.md"),
};

/// The most bytes that the data of a `ConfigMap` or `Secret` may have together (`MaxSecretSize`).
pub const DATA_LIMIT: usize = 1024 * 1024;

/// Judges a `ConfigMap` on creation (`ValidateConfigMap`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let errors = &mut judge.errors;
    let data = judge.root.get("data");
    let binary = judge.root.get("binaryData");
    let mut size = 0;
    let path = Path::ROOT.field("data");
    for entry in data.into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        report(names::config_map_key(key), &path.key(key), key, errors);
        if binary.is_some_and(|binary| binary.entry(key).is_some()) {
            errors.invalid(&path.key(key), key, "duplicate of key present in binaryData");
        }
        size += entry.value.as_str().map_or(0, str::len);
    }
    let path = Path::ROOT.field("binaryData");
    for entry in binary.into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        report(names::config_map_key(key), &path.key(key), key, errors);
        size += bytes::length(entry.value);
    }
    if size > DATA_LIMIT {
        // The server names no field: the fault is the whole object's.
        errors.too_long(&Path::ROOT.field("[]"), DATA_LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::DATA_LIMIT;
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(data: &Value, binary: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tides"}, "data": data, "binaryData": binary,
        }))
    }

    #[test]
    fn keys_are_file_names_and_stand_once() {
        assert_eq!(errors(&json!({"tide.table_1": "x"}), &json!({"moon": "AAAA"})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"..a": "x"}), &json!({})),
            ["data[..a]: Invalid value: \"..a\": must not start with '..'"]
        );
        assert_eq!(
            errors(&json!({"moon": "x"}), &json!({"moon": "AAAA"})),
            ["data[moon]: Invalid value: \"moon\": duplicate of key present in binaryData"]
        );
        assert!(
            errors(&json!({}), &json!({"a/b": ""}))[0].starts_with("binaryData[a/b]: Invalid value: \"a/b\": a valid")
        );
    }

    #[test]
    fn a_mebibyte_is_the_most() {
        assert_eq!(errors(&json!({"a": "x".repeat(DATA_LIMIT)}), &json!({})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"a": "x".repeat(DATA_LIMIT + 1)}), &json!({})),
            ["[]: Too long: may not be more than 1048576 bytes"]
        );
    }
}
