//! `PodDisruptionBudget`: how many pods may be missing at a time.
//!
//! Apart as every kind. Source: `pkg/apis/policy/validation/validation.go` (1.36).

use crate::finding::{Level, Rule, Shown, Verbatim};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::IntOrPercent;
use crate::server_rules::content::label_selector::{self, Lenience, ShownSelector};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A `PodDisruptionBudget`'s fields.
pub static RULE: Rule = Rule {
    id: "api/pod-disruption-budget",
    level: Level::Error,
    summary: "a PodDisruptionBudget's counts, selector or policy are not valid",
    why: "the API server refuses a budget that says both how many pods must stay and how many may go, or neither in numbers \
          nor in percent",
    docs: include_str!("pod-disruption-budget.md"),
};

/// Judges a `PodDisruptionBudget` on creation (`ValidatePodDisruptionBudgetSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    errors.rule = &RULE;
    if let Some(spec) = spec.filter(|spec| spec.has("minAvailable") && spec.has("maxUnavailable")) {
        errors.invalid(&path, &Verbatim(&shown(spec)), "minAvailable and maxUnavailable cannot be both set");
    }
    for key in ["minAvailable", "maxUnavailable"] {
        if let Some(amount) = spec.and_then(|spec| spec.get(key)).map(IntOrPercent::of) {
            amount.validate(&path.field(key), errors);
            amount.validate_at_most_100_percent(&path.field(key), errors);
        }
    }
    let selector = spec.and_then(|spec| spec.get("selector"));
    label_selector::validate(selector, Lenience::default(), &path.field("selector"), errors);
    let known = ["AlwaysAllow", "IfHealthyBudget"];
    let policy = spec.text_pointer("unhealthyPodEvictionPolicy");
    if let Some(policy) = policy.filter(|policy| !known.contains(policy)) {
        errors.not_supported(&path.field("unhealthyPodEvictionPolicy"), policy, &known);
    }
}

/// The spec as the server prints it: the JSON of its internal struct.
fn shown(spec: NodeRef<'_>) -> String {
    let fields = ["minAvailable", "selector", "maxUnavailable", "unhealthyPodEvictionPolicy"].map(|key| {
        let value = match spec.get(key) {
            None => "null".to_owned(),
            Some(selector) if key == "selector" => ShownSelector(selector).shown(),
            Some(value) => value.to_json().to_string(),
        };
        format!("\"{}{}\":{value}", key[..1].to_ascii_uppercase(), &key[1..])
    });
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn budget() -> Value {
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "shop"},
            "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "shop"}}},
        })
    }

    #[test]
    fn it_says_one_thing() {
        assert_eq!(errors_of(&budget()), [""; 0]);
        assert_eq!(
            errors_with(&budget(), "/spec/maxUnavailable", Some(json!(1))),
            ["spec: Invalid value: {\"MinAvailable\":\"50%\",\"Selector\":{\"matchLabels\":{\"app\":\"shop\"}},\
              \"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavailable cannot be both set"]
        );
        assert_eq!(
            errors_with(&budget(), "/spec/minAvailable", Some(json!("101%"))),
            ["spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%"]
        );
    }

    #[test]
    fn its_policy_is_known() {
        assert_eq!(
            errors_with(&budget(), "/spec/unhealthyPodEvictionPolicy", Some(json!("Never"))),
            ["spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"AlwaysAllow\", \
              \"IfHealthyBudget\""]
        );
    }
}
