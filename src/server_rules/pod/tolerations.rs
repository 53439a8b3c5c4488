//! Tolerations of taints (`ValidateTolerations`).
//!
//! Apart because runtime classes hold tolerations too.

use super::{check, items};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The tolerations in the list under `key`; `path` is the list's.
///
/// Operators `Lt` and `Gt` are behind a gate (`TaintTolerationComparisonOperators`) that is off in every minor.
pub(in crate::server_rules) fn validate(node: NodeRef<'_>, key: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    for (index, toleration) in items(node, key) {
        let path = path.index(index);
        let key = toleration.text("key");
        let operator = toleration.text("operator");
        if !key.is_empty() {
            check::qualified_name(key, &path.field("key"), errors);
        } else if operator != "Exists" {
            let text = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(&path.field("operator"), operator, text);
        }
        let effect = toleration.text("effect");
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            let text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(&path.field("effect"), effect, text);
        }
        let value = toleration.text("value");
        match operator {
            "" | "Equal" => {
                let complaints = names::label_value(value);
                if !complaints.is_empty() {
                    errors.invalid(&path.field("operator"), value, &complaints.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    let text = "value must be empty when `operator` is 'Exists'";
                    errors.invalid(&path.field("operator"), value, text);
                }
            }
            "Lt" | "Gt" => {
                let operators = ["Equal", "Exists", "Lt", "Gt"];
                errors.not_supported_in_order(&path.field("operator"), operator, &operators);
            }
            other => errors.not_supported_in_order(&path.field("operator"), other, &["Equal", "Exists"]),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.not_supported_in_order(&path.field("effect"), effect, &effects);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn a_toleration_says_what_it_tolerates() {
        assert_eq!(
            spec_errors(json!({"tolerations": [
                {"operator": "Equal", "value": "x"},
                {"key": "heat", "operator": "Exists", "value": "x"},
                {"key": "heat", "operator": "Gt", "value": "5"},
                {"key": "heat", "operator": "Like"},
                {"key": "heat", "effect": "Never", "tolerationSeconds": 1},
            ]})),
            [
                "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, \
                 which means \"match all values and all keys\"",
                "spec.tolerations[1].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
                "spec.tolerations[2].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\", \
                 \"Lt\", \"Gt\"",
                "spec.tolerations[3].operator: Unsupported value: \"Like\": supported values: \"Equal\", \"Exists\"",
                "spec.tolerations[4].effect: Invalid value: \"Never\": effect must be 'NoExecute' when \
                 `tolerationSeconds` is set",
                "spec.tolerations[4].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", \
                 \"PreferNoSchedule\", \"NoExecute\"",
            ]
        );
    }
}
