//! Topology spread constraints (`validateTopologySpreadConstraints`).
//!
//! Apart because a constraint relates half a dozen fields of its own.

use super::context::Context;
use super::{affinity, check, items};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// `topologySpreadConstraints` of a pod.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let kind_of = |constraint: NodeRef<'_>| {
        (constraint.text("topologyKey").to_owned(), constraint.text("whenUnsatisfiable").to_owned())
    };
    let kinds: Vec<_> = items(pod.spec, "topologySpreadConstraints").map(|(_, node)| kind_of(node)).collect();
    for (index, constraint) in items(pod.spec, "topologySpreadConstraints") {
        let path = path.index(index);
        positive(constraint.int("maxSkew").unwrap_or(0), &path.field("maxSkew"), errors);
        let (key, action) = &kinds[index];
        if key.is_empty() {
            errors.required(&path.field("topologyKey"), "can not be empty");
        }
        if !matches!(action.as_str(), "DoNotSchedule" | "ScheduleAnyway") {
            let actions = ["DoNotSchedule", "ScheduleAnyway"];
            errors.not_supported(&path.field("whenUnsatisfiable"), action, &actions);
        }
        if kinds[index + 1..].contains(&kinds[index]) {
            let text = format!("{{{key}, {action}}}");
            errors.duplicate(&path.field("{topologyKey, whenUnsatisfiable}"), &text);
        }
        if let Some(domains) = constraint.int("minDomains") {
            positive(domains, &path.field("minDomains"), errors);
            if action != "DoNotSchedule" {
                let text = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid(&path.field("minDomains"), &domains, &text);
            }
        }
        if pod.gates.node_inclusion_policy() {
            for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                if let Some(policy) =
                    constraint.text_pointer(field).filter(|policy| !matches!(*policy, "Honor" | "Ignore"))
                {
                    errors.not_supported(&path.field(field), policy, &["Honor", "Ignore"]);
                }
            }
        }
        if pod.gates.spread_selector_merge() {
            affinity::validate_label_keys(constraint, &path, pod, errors);
        } else if pod.gates.spread_match_label_keys() {
            validate_match_label_keys(constraint, &path.field("matchLabelKeys"), errors);
        }
        if pod.gates.spread_selectors_are_judged() {
            check::label_selector(constraint.get("labelSelector"), true, &path.field("labelSelector"), errors);
        }
        if pod.gates.spread_selector_merge() {
            affinity::validate_merged_values(constraint, &path.field("labelSelector"), pod, errors);
        }
    }
}

fn positive(value: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    if value <= 0 {
        errors.invalid(path, &value, "must be greater than zero");
    }
}

/// As it was before the server merged the keys into the selector (`ValidateMatchLabelKeysInTopologySpread`).
fn validate_match_label_keys(constraint: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !super::any(constraint, "matchLabelKeys") {
        return;
    }
    let selector = constraint.get("labelSelector");
    if selector.is_none() {
        errors.forbidden(path, "must not be specified when labelSelector is not set");
    }
    let is_selected = |key: &str| {
        selector.is_some_and(|selector| {
            selector.get("matchLabels").is_some_and(|labels| labels.has(key))
                || items(selector, "matchExpressions").any(|(_, expression)| expression.text("key") == key)
        })
    };
    for (index, key) in items(constraint, "matchLabelKeys") {
        let key = key.as_str().unwrap_or_default();
        check::qualified_name(key, &path.index(index), errors);
        if is_selected(key) {
            errors.invalid(&path.index(index), key, "exists in both matchLabelKeys and labelSelector");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn a_constraint_is_whole_and_said_once() {
        let good = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
        assert_eq!(
            spec_errors(json!({"topologySpreadConstraints": [
                good,
                good,
                {"minDomains": 2, "whenUnsatisfiable": "ScheduleAnyway", "nodeTaintsPolicy": "Ask"},
            ]})),
            [
                "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{zone, \
                 DoNotSchedule}\"",
                "spec.topologySpreadConstraints[2].maxSkew: Invalid value: 0: must be greater than zero",
                "spec.topologySpreadConstraints[2].topologyKey: Required value: can not be empty",
                "spec.topologySpreadConstraints[2].minDomains: Invalid value: 2: can only use minDomains if \
                 whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
                "spec.topologySpreadConstraints[2].nodeTaintsPolicy: Unsupported value: \"Ask\": supported values: \
                 \"Honor\", \"Ignore\"",
            ]
        );
    }
}
