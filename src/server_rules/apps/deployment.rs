//! Deployment: rollout strategy, deadlines, and what every workload has.

use super::workload;
use crate::finding::{FieldErrors, Level, Meant, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::{IntOrPercent, nonnegative};
use crate::server_rules::content::label_selector::ShownSelector;
use crate::server_rules::pod::{PodOptions, validate_pod_template_spec};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A Deployment's own fields.
pub static RULE: Rule = Rule {
    id: "api/deployment",
    level: Level::Error,
    summary: "a Deployment's counts, deadlines or rollout strategy are not valid",
    why: "the API server refuses a rollout that could never move: one that may neither add nor take away a pod",
    docs: include_str!("deployment.md"),
};

/// Judges a Deployment on creation (`ValidateDeploymentSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.rule = &RULE;
    nonnegative(spec.int("replicas").unwrap_or(1), &path.field("replicas"), &mut judge.errors);
    validate_selector_and_template(spec, &path, judge);

    judge.errors.rule = &RULE;
    let errors = &mut judge.errors;
    validate_strategy(spec.and_then(|spec| spec.get("strategy")), &path.field("strategy"), errors);
    let min_ready = spec.int("minReadySeconds").unwrap_or(0);
    nonnegative(min_ready, &path.field("minReadySeconds"), errors);
    nonnegative(spec.int("revisionHistoryLimit").unwrap_or(10), &path.field("revisionHistoryLimit"), errors);
    let deadline = spec.int("progressDeadlineSeconds").unwrap_or(600);
    let deadline_path = path.field("progressDeadlineSeconds");
    nonnegative(deadline, &deadline_path, errors);
    if deadline <= min_ready {
        errors.invalid(&deadline_path, &deadline, "must be greater than minReadySeconds");
    }
    workload::warn_of_name(judge);
}

/// Judges selector and template as Deployment and `ReplicaSet` do (`ValidatePodTemplateSpecForReplicaSet`).
pub(super) fn validate_selector_and_template(spec: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let selector = spec.and_then(|spec| spec.get("selector"));
    let template = spec.and_then(|spec| spec.get("template"));
    let (selector_path, template_path) = (path.field("selector"), path.field("template"));
    judge.errors.rule = &workload::SELECTOR;
    // A ReplicaSet's empty selector is refused in a Deployment's name as well.
    let understood =
        workload::validate_required_selector(selector, template, "deployment", &selector_path, &mut judge.errors);
    let Some(understood) = understood else {
        if let Some(selector) = selector {
            judge.errors.invalid(&selector_path, &ShownSelector(selector), "invalid label selector");
        }
        return;
    };
    if !understood.is_everything() {
        workload::validate_selects_template(&understood, template, &template_path, &mut judge.errors);
    }
    validate_pod_template_spec(template, &template_path, PodOptions::default(), judge);
    judge.errors.rule = &workload::TEMPLATE;
    workload::validate_runs_forever(template, "ReplicaSet", &template_path, &mut judge.errors);
}

/// Default of `maxSurge` and of `maxUnavailable`.
const QUARTER: IntOrPercent<'static> = IntOrPercent::Text("25%");

fn validate_strategy(strategy: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    let rolling_path = path.field("rollingUpdate");
    match strategy.text_or("type", "RollingUpdate") {
        "Recreate" => {
            if rolling.is_some() {
                errors.forbidden(&rolling_path, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => {
            let field = |key: &str| rolling.and_then(|rolling| rolling.get(key)).map_or(QUARTER, IntOrPercent::of);
            let (max_unavailable, max_surge) = (field("maxUnavailable"), field("maxSurge"));
            let unavailable_path = rolling_path.field("maxUnavailable");
            max_unavailable.validate(&unavailable_path, errors);
            max_surge.validate(&rolling_path.field("maxSurge"), errors);
            if max_unavailable.number() == 0 && max_surge.number() == 0 {
                errors.invalid(&unavailable_path, &max_unavailable, "may not be 0 when `maxSurge` is 0");
            }
            max_unavailable.validate_at_most_100_percent(&unavailable_path, errors);
        }
        kind => {
            let shown = shown_strategy(kind, rolling, &["maxUnavailable", "maxSurge"]);
            let types = ["Recreate", "RollingUpdate"];
            errors.not_supported_in_order(path, &Verbatim(&shown), &types);
            errors.mean_at(&path.field("type"), Meant::OneOf(types.map(str::to_owned).to_vec()));
        }
    }
}

/// A strategy of unknown type as the server prints it: the JSON of its internal struct, where what is not set is 0.
pub(super) fn shown_strategy(kind: &str, rolling: Option<NodeRef<'_>>, fields: &[&str]) -> String {
    let rolling = rolling.map_or_else(
        || "null".to_owned(),
        |rolling| {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| {
                    let value = rolling.get(field).map_or_else(|| "0".to_owned(), |value| value.to_json().to_string());
                    format!("\"{}{}\":{value}", field[..1].to_ascii_uppercase(), &field[1..])
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        },
    );
    format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", serde_json::Value::from(kind))
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, errors_with, findings_of};
    use serde_json::{Value, json};

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": "town"},
            "spec": {
                "selector": {"matchLabels": {"app": "shop"}},
                "template": {
                    "metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [{"name": "till", "image": "till:1"}]},
                },
            },
        })
    }

    #[test]
    fn a_plain_one_is_valid() {
        assert_eq!(errors_of(&deployment()), [""; 0]);
    }

    #[test]
    fn the_selector_selects_the_template() {
        assert_eq!(
            errors_with(&deployment(), "/spec/template/metadata/labels", Some(json!({"app": "stall"}))),
            ["spec.template.metadata.labels: Invalid value: {\"app\":\"stall\"}: `selector` does not match template \
              `labels`"]
        );
        assert_eq!(
            errors_with(&deployment(), "/spec/selector", None),
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"shop\"}: `selector` does not match template \
                 `labels`"
            ]
        );
        assert_eq!(
            errors_with(&deployment(), "/spec/selector", Some(json!({}))),
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]
        );
        assert_eq!(
            errors_with(
                &deployment(),
                "/spec/selector",
                Some(json!({"matchExpressions": [{"key": "app", "operator": "Is"}]}))
            ),
            [
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Is\": not a valid selector operator",
                "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Is\"}]}: invalid \
                 label selector"
            ]
        );
    }

    #[test]
    fn a_rollout_must_be_able_to_move() {
        let with = |strategy: Value| errors_with(&deployment(), "/spec/strategy", Some(strategy));
        assert_eq!(
            with(json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}})),
            ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"]
        );
        assert_eq!(
            with(json!({"type": "Recreate", "rollingUpdate": {}})),
            ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"]
        );
        assert_eq!(
            with(json!({"type": "Slow", "rollingUpdate": {"maxSurge": "1%"}})),
            ["spec.strategy: Unsupported value: \
              {\"Type\":\"Slow\",\"RollingUpdate\":{\"MaxUnavailable\":0,\"MaxSurge\":\"1%\"}}: supported values: \
              \"Recreate\", \"RollingUpdate\""]
        );
        assert!(with(json!({"rollingUpdate": {"maxSurge": "300%"}})).is_empty());
    }

    #[test]
    fn a_selector_of_nulls_is_empty() {
        let selector = json!({"matchLabels": {"app": null}});
        assert_eq!(
            errors_with(&deployment(), "/spec/selector", Some(selector)),
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]
        );
    }

    #[test]
    fn the_deadline_is_longer_than_the_time_to_be_ready() {
        assert_eq!(
            errors_with(&deployment(), "/spec/minReadySeconds", Some(json!(600))),
            ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"]
        );
    }

    #[test]
    fn its_pods_run_for_ever() {
        assert_eq!(
            errors_with(&deployment(), "/spec/template/spec/activeDeadlineSeconds", Some(json!(5))),
            [
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"
            ]
        );
        assert_eq!(
            errors_with(&deployment(), "/spec/template/spec/restartPolicy", Some(json!("Never"))),
            ["spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""]
        );
    }

    #[test]
    fn a_name_with_dots_is_warned_of() {
        let mut deployment = deployment();
        deployment["metadata"]["name"] = json!("shop.east");
        let findings = findings_of(&deployment, Minor(36));
        assert_eq!(
            findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>(),
            ["metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS \
              label is recommended: [must not contain dots]"]
        );
    }
}
