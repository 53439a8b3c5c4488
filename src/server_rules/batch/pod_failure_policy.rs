//! What a Job does about failed pods: `podFailurePolicy`.
//!
//! Apart because it is a table of rules with a grammar of its own (`validatePodFailurePolicy`).

use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The rules of a `podFailurePolicy`.
pub static RULE: Rule = Rule {
    id: "api/pod-failure-policy",
    level: Level::Error,
    summary: "a rule of a Job's podFailurePolicy is malformed",
    why: "the API server refuses a rule that could never be applied, or in more than one way",
    docs: include_str!("pod-failure-policy.md"),
};

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const MAX_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;
const MAX_PATTERNS: usize = 20;

/// Judges the policy of a Job spec, if it has one; `path` is the spec's.
pub(super) fn validate(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(policy) = spec.and_then(|spec| spec.get("podFailurePolicy")) else { return };
    let path = path.field("podFailurePolicy");
    let path = path.field("rules");
    let rules = policy.list("rules");
    if rules.len() > MAX_RULES {
        errors.too_many(&path, rules.len(), MAX_RULES);
    }
    for (index, rule) in rules.into_iter().enumerate() {
        validate_rule(spec, rule, &path.index(index), errors);
    }
}

fn validate_rule(spec: Option<NodeRef<'_>>, rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let action_path = path.field("action");
    match rule.text("action") {
        "" => errors.required(&action_path, r#"valid values: ["Count" "FailIndex" "FailJob" "Ignore"]"#),
        "FailIndex" if !spec.has("backoffLimitPerIndex") => {
            errors.invalid(&action_path, "FailIndex", "requires the backoffLimitPerIndex to be set");
        }
        action if !ACTIONS.contains(&action) => errors.not_supported(&action_path, action, &ACTIONS),
        _ => {}
    }
    let exit_codes = rule.get("onExitCodes");
    if let Some(exit_codes) = exit_codes {
        validate_exit_codes(spec, exit_codes, &path.field("onExitCodes"), errors);
    }
    let conditions = rule.list("onPodConditions");
    validate_conditions(&conditions, &path.field("onPodConditions"), errors);
    match (exit_codes.is_some(), !conditions.is_empty()) {
        (true, true) => {
            errors.invalid_without_value(path, "specifying both OnExitCodes and OnPodConditions is not supported");
        }
        (false, false) => {
            errors.invalid_without_value(path, "specifying one of OnExitCodes and OnPodConditions is required");
        }
        _ => {}
    }
}

fn validate_conditions(patterns: &[NodeRef<'_>], path: &Path<'_>, errors: &mut FieldErrors) {
    if patterns.len() > MAX_PATTERNS {
        errors.too_many(path, patterns.len(), MAX_PATTERNS);
    }
    for (index, pattern) in patterns.iter().enumerate() {
        let path = path.index(index);
        let kind = pattern.text("type");
        for complaint in names::qualified_name(kind) {
            errors.invalid(&path.field("type"), kind, &complaint);
        }
        let status = pattern.text_or("status", "True");
        let known = ["False", "True", "Unknown"];
        if !known.contains(&status) {
            errors.not_supported(&path.field("status"), status, &known);
        }
    }
}

fn validate_exit_codes(spec: Option<NodeRef<'_>>, codes: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let operator = codes.text("operator");
    let operator_path = path.field("operator");
    match operator {
        "" => errors.required(&operator_path, r#"valid values: ["In" "NotIn"]"#),
        "In" | "NotIn" => {}
        _ => errors.not_supported(&operator_path, operator, &["In", "NotIn"]),
    }
    if let Some(name) = codes.text_pointer("containerName") {
        let pod = spec.and_then(|spec| spec.at(&["template", "spec"]));
        let is_named = |list: &str| pod.list(list).iter().any(|container| container.text("name") == name);
        if !is_named("containers") && !is_named("initContainers") {
            let detail = "must be one of the container or initContainer names in the pod template";
            errors.invalid(&path.field("containerName"), name, detail);
        }
    }
    validate_values(codes, operator, &path.field("values"), errors);
}

fn validate_values(codes: NodeRef<'_>, operator: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let values: Vec<i64> = codes.list("values").iter().map(|value| value.as_i64().unwrap_or(0)).collect();
    if values.is_empty() {
        let shown = if codes.has("values") { "[]" } else { "null" };
        errors.invalid(path, &Verbatim(shown), "at least one value is required");
    } else if values.len() > MAX_EXIT_CODES {
        errors.too_many(path, values.len(), MAX_EXIT_CODES);
    }
    for (index, value) in values.iter().enumerate() {
        let path = path.index(index);
        if operator == "In" && *value == 0 {
            errors.invalid(&path, value, "must not be 0 for the In operator");
        }
        if values[..index].contains(value) {
            errors.duplicate(&path, value);
        }
    }
    if !values.is_sorted() {
        let shown: Vec<String> = values.iter().map(i64::to_string).collect();
        errors.invalid(path, &Verbatim(&format!("[{}]", shown.join(","))), "must be ordered");
    }
}
