//! `DaemonSet`: update strategy, and what every workload has.

use super::{deployment::shown_strategy, workload};
use crate::finding::{FieldErrors, Level, Meant, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::{IntOrPercent, nonnegative};
use crate::server_rules::content::label_selector::{self, Lenience, Selector};
use crate::server_rules::pod::{PodOptions, validate_pod_template_spec};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A `DaemonSet`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/daemon-set",
    level: Level::Error,
    summary: "a DaemonSet's counts or update strategy are not valid",
    why: "the API server refuses an update that could never move, and one that may both add and take away pods of a node",
    docs: include_str!("daemon-set.md"),
};

/// Judges a `DaemonSet` on creation (`ValidateDaemonSetSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let selector = spec.and_then(|spec| spec.get("selector"));
    let template = spec.and_then(|spec| spec.get("template"));
    let (selector_path, template_path) = (path.field("selector"), path.field("template"));

    judge.errors.rule = &workload::SELECTOR;
    // A missing selector is not reported as such: it matches nothing, so the template's labels are at fault.
    label_selector::validate(selector, Lenience::default(), &selector_path, &mut judge.errors);
    if let Some(understood) = Selector::of(selector) {
        workload::validate_selects_template(&understood, template, &template_path, &mut judge.errors);
    }
    if let Some(selector) = selector {
        workload::validate_not_empty(selector, "daemonset", &selector_path, &mut judge.errors);
    }
    validate_pod_template_spec(template, &template_path, PodOptions::default(), judge);
    judge.errors.rule = &workload::TEMPLATE;
    workload::validate_runs_forever(template, "DaemonSet", &template_path, &mut judge.errors);

    judge.errors.rule = &RULE;
    let errors = &mut judge.errors;
    nonnegative(spec.int("minReadySeconds").unwrap_or(0), &path.field("minReadySeconds"), errors);
    validate_update_strategy(spec.and_then(|spec| spec.get("updateStrategy")), &path.field("updateStrategy"), errors);
    nonnegative(spec.int("revisionHistoryLimit").unwrap_or(10), &path.field("revisionHistoryLimit"), errors);
}

fn validate_update_strategy(strategy: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    match strategy.text_or("type", "RollingUpdate") {
        "OnDelete" => {}
        "RollingUpdate" => validate_rolling_update(rolling, &path.field("rollingUpdate"), errors),
        kind => {
            let shown = shown_strategy(kind, rolling, &["maxUnavailable", "maxSurge"]);
            let types = ["RollingUpdate", "OnDelete"];
            errors.not_supported_in_order(path, &Verbatim(&shown), &types);
            errors.mean_at(&path.field("type"), Meant::OneOf(types.map(str::to_owned).to_vec()));
        }
    }
}

fn validate_rolling_update(rolling: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let field = |key: &str, default| {
        rolling.and_then(|rolling| rolling.get(key)).map_or(IntOrPercent::Int(default), IntOrPercent::of)
    };
    let (max_unavailable, max_surge) = (field("maxUnavailable", 1), field("maxSurge", 0));
    let (unavailable_path, surge_path) = (path.field("maxUnavailable"), path.field("maxSurge"));
    max_unavailable.validate(&unavailable_path, errors);
    max_surge.validate(&surge_path, errors);
    max_unavailable.validate_at_most_100_percent(&unavailable_path, errors);
    max_surge.validate_at_most_100_percent(&surge_path, errors);
    match (max_unavailable.number() != 0, max_surge.number() != 0) {
        (true, true) => errors.invalid(&surge_path, &max_surge, "may not be set when maxUnavailable is non-zero"),
        (false, false) => errors.required(&unavailable_path, "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn daemon_set() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
            "spec": {
                "selector": {"matchLabels": {"app": "agent"}},
                "template": {
                    "metadata": {"labels": {"app": "agent"}},
                    "spec": {"containers": [{"name": "agent", "image": "agent:1"}]},
                },
            },
        })
    }

    #[test]
    fn an_update_adds_or_takes_away_but_not_both() {
        assert_eq!(errors_of(&daemon_set()), [""; 0]);
        let with = |rolling: Value| {
            errors_with(&daemon_set(), "/spec/updateStrategy", Some(json!({"rollingUpdate": rolling})))
        };
        assert_eq!(
            with(json!({"maxSurge": 1})),
            [
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
            ]
        );
        assert_eq!(
            with(json!({"maxUnavailable": 0})),
            ["spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"]
        );
        assert_eq!(with(json!({"maxUnavailable": 0, "maxSurge": "10%"})), [""; 0]);
    }

    #[test]
    fn a_missing_selector_selects_nothing() {
        assert_eq!(
            errors_with(&daemon_set(), "/spec/selector", None),
            ["spec.template.metadata.labels: Invalid value: {\"app\":\"agent\"}: `selector` does not match template \
              `labels`"]
        );
    }

    #[test]
    fn an_unknown_strategy_is_printed_whole() {
        assert_eq!(
            errors_with(&daemon_set(), "/spec/updateStrategy", Some(json!({"type": "Recreate"}))),
            [
                "spec.updateStrategy: Unsupported value: {\"Type\":\"Recreate\",\"RollingUpdate\":null}: supported values: \
              \"RollingUpdate\", \"OnDelete\""
            ]
        );
    }
}
