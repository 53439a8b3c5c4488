//! `ValidatingAdmissionPolicyBinding` and `MutatingAdmissionPolicyBinding`: where a policy holds, and with what.

use super::rules::{texts, validate_match_resources, validate_mutating_operations, validate_selector};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};
use crate::yaml::NodeRef;

/// A binding's own fields.
pub static RULE: Rule = Rule {
    id: "api/admission-policy-binding",
    level: Level::Error,
    summary: "a policy binding's policy, parameters, matches or actions are not valid",
    why: "a policy holds only where a binding says so, with the parameters it names",
    docs: include_str!("admission-policy-binding.md"),
};

/// Judges a binding of either kind on creation (`ValidateValidatingAdmissionPolicyBinding`,
/// `ValidateMutatingAdmissionPolicyBinding`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let is_mutating = judge.gvk.kind == "MutatingAdmissionPolicyBinding";
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let policy = spec.text("policyName");
    if policy.is_empty() {
        errors.required(&path.field("policyName"), "");
    } else {
        report(names::dns_1123_subdomain(policy), &path.field("policyName"), policy, errors);
    }
    if let Some(reference) = spec.and_then(|spec| spec.get("paramRef")) {
        validate_parameters(reference, &path.field("paramRef"), errors);
    }
    if let Some(resources) = spec.and_then(|spec| spec.get("matchResources")) {
        validate_match_resources(resources, &path.field("matchResources"), errors);
        if is_mutating {
            validate_mutating_operations(resources, &path.field("matchResources"), errors);
        }
    }
    if !is_mutating {
        validate_actions(spec, &path.field("validationActions"), errors);
    }
}

/// `validateParamRef`
fn validate_parameters(reference: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    const EITHER: &str = "name and selector are mutually exclusive";
    let name = reference.text("name");
    let has_selector = reference.has("selector");
    if !name.is_empty() {
        report(names::path_segment_name(name), &path.field("name"), name, errors);
        if has_selector {
            errors.forbidden(&path.field("name"), EITHER);
        }
    }
    validate_selector(reference, "selector", path, errors);
    if has_selector && !name.is_empty() {
        errors.forbidden(&path.field("selector"), EITHER);
    }
    if !has_selector && name.is_empty() {
        errors.required(path, "one of name or selector must be specified");
    }
    let action = reference.text("parameterNotFoundAction");
    let path = path.field("parameterNotFoundAction");
    match action {
        "" => errors.required(&path, ""),
        "Deny" | "Allow" => {}
        _ => errors.not_supported_in_order(&path, action, &["Deny", "Allow"]),
    }
}

/// `validateValidationActions`
fn validate_actions(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let actions = spec.map(|spec| texts(spec, "validationActions")).unwrap_or_default();
    for (index, action) in actions.iter().enumerate() {
        one_of(action, &["Audit", "Deny", "Warn"], &path.index(index), errors);
        if actions[..index].contains(action) {
            errors.duplicate(&path.index(index), *action);
        }
    }
    if let Some(node) = spec
        .and_then(|spec| spec.get("validationActions"))
        .filter(|_| actions.contains(&"Deny") && actions.contains(&"Warn"))
    {
        errors.invalid(
            path,
            &node,
            "must not contain both Deny and Warn (repeating the same validation failure information in the API response \
             and headers serves no purpose)",
        );
    }
    if actions.is_empty() {
        errors.required(path, "at least one validation action is required");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "draught"}, "spec": spec,
        }))
    }

    #[test]
    fn a_binding_says_what_happens() {
        assert_eq!(errors(&json!({"policyName": "draught", "validationActions": ["Deny"]})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({})),
            [
                "spec.policyName: Required value",
                "spec.validationActions: Required value: at least one validation action is required",
            ]
        );
        let both = errors(&json!({"policyName": "draught", "validationActions": ["Deny", "Warn"]}));
        assert!(
            both[0].starts_with("spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both")
        );
    }

    #[test]
    fn parameters_are_found_in_one_way() {
        assert_eq!(
            errors(&json!({
                "policyName": "draught", "validationActions": ["Audit"], "paramRef": {"name": "deep", "selector": {}},
            })),
            [
                "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
                "spec.paramRef.parameterNotFoundAction: Required value",
            ]
        );
    }
}
