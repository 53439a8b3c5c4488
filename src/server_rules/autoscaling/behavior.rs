//! How fast a `HorizontalPodAutoscaler` scales up and down.
//!
//! Apart because the two directions share one grammar (`validateScalingRules`).

use crate::decode::quantity::Quantity;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

const MAX_STABILIZATION_WINDOW: i64 = 3600;
const MAX_PERIOD: i64 = 1800;

/// Judges `behavior`, if there is one. A direction that is not given has the server's own policies.
pub(super) fn validate(behavior: Option<NodeRef<'_>>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    for direction in ["scaleUp", "scaleDown"] {
        if let Some(rules) = behavior.and_then(|behavior| behavior.get(direction)) {
            validate_rules(rules, minor, &path.field(direction), errors);
        }
    }
}

fn validate_rules(rules: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(window) = rules.int("stabilizationWindowSeconds") {
        let path = path.field("stabilizationWindowSeconds");
        if window < 0 {
            errors.invalid(&path, &window, "must be greater than or equal to zero");
        } else if window > MAX_STABILIZATION_WINDOW {
            let detail = format!("must be less than or equal to {MAX_STABILIZATION_WINDOW}");
            errors.invalid(&path, &window, &detail);
        }
    }
    let known = ["Disabled", "Max", "Min"];
    if let Some(policy) = rules.text_pointer("selectPolicy").filter(|policy| !known.contains(policy)) {
        errors.not_supported(&path.field("selectPolicy"), policy, &known);
    }
    let policies_path = path.field("policies");
    let policies = rules.list("policies");
    // Policies that are not given are the server's own; those given must be some.
    if policies.is_empty() && rules.has("policies") {
        errors.required(&policies_path, "must specify at least one Policy");
    }
    for (index, policy) in policies.into_iter().enumerate() {
        validate_policy(policy, &policies_path.index(index), errors);
    }
    // The field is dropped while its gate is off, before 1.35.
    let tolerance = rules.get("tolerance").filter(|_| minor >= Minor(35)).and_then(Quantity::of);
    if let Some(tolerance) = tolerance.and_then(Result::ok).filter(Quantity::is_negative) {
        errors.invalid(&path.field("tolerance"), &tolerance.text(), "must be greater than or equal to 0");
    }
}

fn validate_policy(policy: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let kind = policy.text("type");
    if !["Percent", "Pods"].contains(&kind) {
        errors.not_supported(&path.field("type"), kind, &["Percent", "Pods"]);
    }
    let value = policy.int("value").unwrap_or(0);
    if value <= 0 {
        errors.invalid(&path.field("value"), &value, "must be greater than zero");
    }
    let period = policy.int("periodSeconds").unwrap_or(0);
    let path = path.field("periodSeconds");
    if period <= 0 {
        errors.invalid(&path, &period, "must be greater than zero");
    } else if period > MAX_PERIOD {
        errors.invalid(&path, &period, &format!("must be less than or equal to {MAX_PERIOD}"));
    }
}
