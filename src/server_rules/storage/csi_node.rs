//! `CSINode`: the drivers of a node.

use super::csi_driver::validate_driver_name;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::content::{names, report};
use crate::yaml::NodeRef;

/// A `CSINode`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/csi-node",
    level: Level::Error,
    summary: "a CSINode's drivers are not valid",
    why: "the scheduler finds a node's drivers by name and its place by topology keys",
    docs: include_str!("csi-node.md"),
};

const NODE_ID_LIMIT: usize = 256;

/// Judges a `CSINode` on creation (`ValidateCSINode`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let path = path.field("drivers");
    let drivers = judge.root.get("spec").list("drivers");
    for (index, driver) in drivers.iter().enumerate() {
        let path = path.index(index);
        let errors = &mut judge.errors;
        let name = driver.text("name");
        validate_driver(*driver, name, &path, errors);
        if drivers[..index].iter().any(|earlier| earlier.text("name") == name) {
            errors.duplicate(&path.field("name"), name);
        }
        validate_topology_keys(*driver, &path, errors);
    }
}

fn validate_driver(driver: NodeRef<'_>, name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_driver_name(name, &path.field("name"), errors);
    let id = driver.text("nodeID");
    if id.is_empty() {
        errors.required(&path.field("nodeID"), "");
    }
    if id.len() > NODE_ID_LIMIT {
        errors.invalid(&path.field("nodeID"), id, &format!("must be {NODE_ID_LIMIT} characters or less"));
    }
    let count = driver.get("allocatable").int("count").unwrap_or(0);
    nonnegative(count, &path.field("allocatable").field("count"), errors);
}

fn validate_topology_keys(driver: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let keys: Vec<&str> = driver.list("topologyKeys").into_iter().map(|key| key.as_str().unwrap_or_default()).collect();
    for (index, key) in keys.iter().enumerate() {
        if key.is_empty() {
            errors.required(path, "");
        }
        if keys[..index].contains(key) {
            errors.duplicate(path, *key);
        }
        report(names::qualified_name(key), path, key, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn drivers_are_named_once() {
        let driver = json!({"name": "disk.example", "nodeID": "n1", "topologyKeys": ["zone", "zone"]});
        assert_eq!(
            errors_of(&json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1"},
                "spec": {"drivers": [driver, {"name": "disk.example"}]},
            })),
            [
                "spec.drivers[0]: Duplicate value: \"zone\"",
                "spec.drivers[1].nodeID: Required value",
                "spec.drivers[1].name: Duplicate value: \"disk.example\"",
            ]
        );
    }
}
