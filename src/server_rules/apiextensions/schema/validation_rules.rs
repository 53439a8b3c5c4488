//! `x-kubernetes-validations`: rules in CEL, without their expressions.
//!
//! Apart because a rule has fields of its own around the expression (which is for `expressions`). Source:
//! `ValidateCustomResourceDefinitionOpenAPISchema` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::unsupported::unsupported;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::apiextensions::field_path::follow;
use crate::yaml::NodeRef;

const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Judges the rules of a schema.
pub(super) fn validate(schema: NodeRef<'_>, rules: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("x-kubernetes-validations");
    for (index, rule) in rules.elements().enumerate() {
        validate_rule(schema, rule, &path.index(index), errors);
    }
}

fn validate_rule(schema: NodeRef<'_>, rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let expression = rule.text("rule").trim();
    let message = rule.text("message");
    if expression.is_empty() {
        errors.required(&path.field("rule"), "rule is not specified");
    } else if !message.is_empty() && message.trim().is_empty() {
        errors.invalid(&path.field("message"), message, "must be non-empty if specified");
    } else if has_line_break(message.trim()) {
        errors.invalid(&path.field("message"), message, "must not contain line breaks");
    } else if has_line_break(expression) && message.is_empty() {
        errors.required(&path.field("message"), "message must be specified if rule contains line breaks");
    }
    let expression = rule.text("messageExpression");
    if !expression.is_empty() && expression.trim().is_empty() {
        errors.required(&path.field("messageExpression"), "messageExpression must be non-empty if specified");
    }
    if let Some(reason) = rule.text_pointer("reason").filter(|reason| !REASONS.contains(reason)) {
        errors.not_supported(&path.field("reason"), reason, &REASONS);
    }
    let text = rule.text("fieldPath");
    if text.is_empty() {
        return;
    }
    let path = path.field("fieldPath");
    if text.trim().is_empty() {
        errors.invalid(&path, text, "must be non-empty if specified");
    }
    if has_line_break(text) {
        errors.invalid(&path, text, "must not contain line breaks");
    }
    if unsupported(schema).is_none() && follow(text, schema, true).is_err() {
        errors.invalid(&path, text, "must be a valid path");
    }
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::errors_of_property;
    use serde_json::{Value, json};

    fn rule(rule: &Value) -> Vec<String> {
        let schema = json!({"type": "object", "properties": {"keel": {"type": "integer"}},
            "x-kubernetes-validations": [rule]});
        errors_of_property(&schema).iter().map(|error| error.replace("x.x-kubernetes-validations[0]", "rule")).collect()
    }

    #[test]
    fn a_rule_is_written_out() {
        assert_eq!(rule(&json!({"rule": "self.keel > 1", "fieldPath": ".keel"})), Vec::<String>::new());
        assert_eq!(rule(&json!({"rule": " "})), ["rule.rule: Required value: rule is not specified"]);
        assert_eq!(
            rule(&json!({"rule": "self.keel\n> 1", "messageExpression": " "})),
            [
                "rule.message: Required value: message must be specified if rule contains line breaks",
                "rule.messageExpression: Required value: messageExpression must be non-empty if specified",
            ]
        );
        assert_eq!(
            rule(&json!({"rule": "self.keel > 1", "message": "a\nb", "reason": "No", "fieldPath": ".mast"})),
            [
                "rule.message: Invalid value: \"a\\nb\": must not contain line breaks",
                "rule.reason: Unsupported value: \"No\": supported values: \"FieldValueDuplicate\", \
                 \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"",
                "rule.fieldPath: Invalid value: \".mast\": must be a valid path",
            ]
        );
    }
}
