//! `Node`: taints, ranges of pod addresses, amounts of resources. The server keeps a node's status on creation.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, label_selector, names, resource_name};
use crate::yaml::NodeRef;

/// A `Node`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/node",
    level: Level::Error,
    summary: "a Node's taints, pod ranges or amounts are not valid",
    why: "the scheduler acts on taints and amounts, and routes are made of pod ranges",
    docs: include_str!("node.md"),
};

/// Judges a `Node` on creation (`ValidateNode`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let root = judge.root;
    let spec = root.get("spec");
    let errors = &mut judge.errors;
    validate_taints(spec, errors);
    for field in ["capacity", "allocatable"] {
        let path = Path::ROOT.field("status");
        let path = path.field(field);
        for entry in root.at(&["status", field]).into_iter().flat_map(NodeRef::entries) {
            if let Some(amount) = resource_name::amount(entry.value) {
                resource_name::validate_resource_amount(entry.name(), &amount, &path.field(entry.name()), errors);
            }
        }
    }
    if let Some(capacity) = root.at(&["status", "nodeInfo", "swap"]).int("capacity").filter(|capacity| *capacity <= 0) {
        errors.invalid(
            &Path::ROOT.field("metadata").field("nodeSwapStatus").field("capacity"),
            &capacity,
            "must be greater than zero",
        );
    }
    validate_pod_ranges(spec, minor, errors);
}

fn validate_taints(spec: Option<NodeRef<'_>>, errors: &mut FieldErrors) {
    // The server looks for them below `metadata`.
    let path = Path::ROOT.field("metadata");
    let path = path.field("taints");
    let taints = spec.list("taints");
    for (index, taint) in taints.iter().enumerate() {
        let path = path.index(index);
        let key = taint.text("key");
        label_selector::validate_label_key(key, &path.field("key"), errors);
        let value = taint.text("value");
        let complaints = names::label_value(value);
        if !complaints.is_empty() {
            errors.invalid(&path.field("value"), value, &complaints.join(";"));
        }
        let effect = taint.text("effect");
        match effect {
            "" => errors.required(&path.field("effect"), ""),
            "NoSchedule" | "PreferNoSchedule" | "NoExecute" => {}
            _ => errors.not_supported_in_order(
                &path.field("effect"),
                effect,
                &["NoSchedule", "PreferNoSchedule", "NoExecute"],
            ),
        }
        if taints[..index].iter().any(|earlier| earlier.text("key") == key && earlier.text("effect") == effect) {
            errors.duplicate(&path, taint);
        }
    }
}

fn validate_pod_ranges(spec: Option<NodeRef<'_>>, minor: Minor, errors: &mut FieldErrors) {
    let single = spec.text("podCIDR");
    let mut ranges: Vec<&str> =
        spec.list("podCIDRs").into_iter().map(|range| range.as_str().unwrap_or_default()).collect();
    // The older field wins where the two disagree (`Convert_v1_NodeSpec_To_core_NodeSpec`).
    if !single.is_empty() && ranges.first() != Some(&single) {
        ranges = vec![single];
    }
    let path = Path::ROOT.field("spec");
    let path = path.field("podCIDRs");
    let mut families = Vec::new();
    for (index, range) in ranges.iter().enumerate() {
        let cidr = ip::validate_legacy_cidr(range, minor, &path.index(index), errors);
        families.extend(cidr.map(|cidr| cidr.address.is_ipv4()));
    }
    let is_dual = families.contains(&true) && families.contains(&false);
    if ranges.len() > 1 && (ranges.len() > 2 || !is_dual) {
        let shown = serde_json::to_string(&ranges).unwrap_or_default();
        errors.invalid(
            &path,
            &crate::finding::Verbatim(&shown),
            "may specify no more than one CIDR for each IP family",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "pier-1"}, "spec": spec}))
    }

    #[test]
    fn taints_have_an_effect() {
        assert_eq!(
            errors(&json!({"taints": [{"key": "ice"}, {"key": "ice", "effect": "Never"}]})),
            [
                "metadata.taints[0].effect: Required value",
                "metadata.taints[1].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", \
                 \"PreferNoSchedule\", \"NoExecute\"",
            ]
        );
    }

    #[test]
    fn pod_ranges_are_one_of_each_family() {
        assert_eq!(errors(&json!({"podCIDRs": ["10.1.0.0/24", "fd00::/64"]})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"podCIDRs": ["10.1.0.0/24", "10.2.0.0/24"]})),
            [
                "spec.podCIDRs: Invalid value: [\"10.1.0.0/24\",\"10.2.0.0/24\"]: may specify no more than one CIDR for each \
              IP family"
            ]
        );
    }
}
