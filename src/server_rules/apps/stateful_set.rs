//! `StatefulSet`: identity, ordinals, claims and what becomes of them, and what every workload has.

use super::workload;
use crate::finding::{FieldErrors, Level, Meant, Rule, Verbatim};
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::claim_spec;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::content::label_selector::{self, ShownSelector};
use crate::server_rules::content::names;
use crate::server_rules::pod::{PodOptions, validate_pod_template_spec};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A `StatefulSet`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/stateful-set",
    level: Level::Error,
    summary: "a StatefulSet's counts, ordinals, policies or service name are not valid",
    why: "the API server refuses what its controller could not give its pods a stable identity from",
    docs: include_str!("stateful-set.md"),
};

/// The spec of its pods and its claims are judged since then; before, only the metadata of the template was.
/// Source: `pkg/apis/apps/validation/validation.go` (1.33, 1.34).
const JUDGES_PODS: Minor = Minor(34);

/// The name of its Service is judged since then. Source: the same (1.32, 1.33).
const JUDGES_SERVICE_NAME: Minor = Minor(33);

/// Judges a `StatefulSet` (`ValidateStatefulSetSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.rule = &RULE;
    validate_policies(spec, &path, &mut judge.errors);
    let is_new = judge.live.is_none();
    // Neither claims nor the name can change, so an update does not look at them again.
    let judges_claims = is_new && judge.minor >= JUDGES_PODS;
    let claims = if judges_claims { spec.list("volumeClaimTemplates") } else { Vec::new() };
    let claims_path = path.field("volumeClaimTemplates");
    for (index, claim) in claims.into_iter().enumerate() {
        let path = claims_path.index(index);
        claim_spec::validate(claim.get("spec"), judge.minor, &path.field("spec"), &mut judge.errors);
    }
    let errors = &mut judge.errors;
    nonnegative(spec.int("replicas").unwrap_or(1), &path.field("replicas"), errors);
    nonnegative(spec.int("minReadySeconds").unwrap_or(0), &path.field("minReadySeconds"), errors);
    if let Some(ordinals) = spec.and_then(|spec| spec.get("ordinals")) {
        nonnegative(ordinals.int("start").unwrap_or(0), &path.field("ordinals").field("start"), errors);
    }
    let service_name = spec.text("serviceName");
    if !service_name.is_empty() && is_new && judge.minor >= JUDGES_SERVICE_NAME {
        for complaint in names::dns_1123_label(service_name) {
            errors.invalid(&path.field("serviceName"), service_name, &complaint);
        }
    }
    validate_selector_and_template(spec, &path, judge);
    if spec.int("revisionHistoryLimit").is_some_and(|limit| limit < 0) {
        judge.warn(
            &path.field("revisionHistoryLimit"),
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
        );
    }
}

fn validate_selector_and_template(spec: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let selector = spec.and_then(|spec| spec.get("selector"));
    let template = spec.and_then(|spec| spec.get("template"));
    let (selector_path, template_path) = (path.field("selector"), path.field("template"));
    judge.errors.rule = &workload::SELECTOR;
    let understood =
        workload::validate_required_selector(selector, template, "statefulset", &selector_path, &mut judge.errors);
    match (understood, selector) {
        (Some(understood), _) => {
            if !understood.is_everything() {
                workload::validate_selects_template(&understood, template, &template_path, &mut judge.errors);
            }
            let is_judged = judge.minor >= JUDGES_PODS;
            let options =
                PodOptions { stateful_set: spec, is_judged_by_metadata_alone: !is_judged, ..PodOptions::default() };
            validate_pod_template_spec(template, &template_path, options, judge);
            judge.errors.rule = &workload::SELECTOR;
            let labels = workload::template_labels(template);
            // The server judges the labels of the template once more here, under a path that does not exist.
            label_selector::validate_labels(labels, &template_path.field("labels"), &mut judge.errors);
        }
        (None, Some(selector)) => judge.errors.invalid(&selector_path, &ShownSelector(selector), ""),
        (None, None) => {}
    }
    judge.errors.rule = &workload::TEMPLATE;
    workload::validate_runs_forever(template, "StatefulSet", &template_path, &mut judge.errors);
}

fn validate_policies(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let management = spec.text_or("podManagementPolicy", "OrderedReady");
    if !["OrderedReady", "Parallel"].contains(&management) {
        errors.invalid(&path.field("podManagementPolicy"), management, "must be 'OrderedReady' or 'Parallel'");
        errors.mean(Meant::OneOf(["OrderedReady", "Parallel"].map(str::to_owned).to_vec()));
    }
    validate_update_strategy(spec.and_then(|spec| spec.get("updateStrategy")), &path.field("updateStrategy"), errors);
    if let Some(policy) = spec.and_then(|spec| spec.get("persistentVolumeClaimRetentionPolicy")) {
        let path = path.field("persistentVolumeClaimRetentionPolicy");
        for key in ["whenDeleted", "whenScaled"] {
            let value = policy.text_or(key, "Retain");
            if !["Retain", "Delete"].contains(&value) {
                errors.not_supported_in_order(&path.field(key), value, &["Retain", "Delete"]);
            }
        }
    }
}

fn validate_update_strategy(strategy: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    let rolling_path = path.field("rollingUpdate");
    // maxUnavailable is dropped before the server looks at it, while the gate MaxUnavailableStatefulSet is off.
    let partition = rolling.int("partition").unwrap_or(0);
    let shown_rolling = || match rolling {
        Some(_) => format!("{{\"Partition\":{partition},\"MaxUnavailable\":null}}"),
        None => "null".to_owned(),
    };
    match strategy.text_or("type", "RollingUpdate") {
        "OnDelete" => {
            if rolling.is_some() {
                let shown = shown_rolling();
                errors.invalid(&rolling_path, &Verbatim(&shown), "only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        "RollingUpdate" => nonnegative(partition, &rolling_path.field("partition"), errors),
        kind => {
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":{}}}", serde_json::Value::from(kind), shown_rolling());
            errors.invalid(path, &Verbatim(&shown), "must be 'RollingUpdate' or 'OnDelete'");
            let types = ["RollingUpdate", "OnDelete"].map(str::to_owned).to_vec();
            errors.mean_at(&path.field("type"), Meant::OneOf(types));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn stateful_set() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "ledger"},
            "spec": {
                "serviceName": "ledger",
                "selector": {"matchLabels": {"app": "ledger"}},
                "template": {
                    "metadata": {"labels": {"app": "ledger"}},
                    "spec": {"containers": [{"name": "ledger", "image": "ledger:1"}]},
                },
            },
        })
    }

    fn with(field: &str, value: Value) -> Vec<String> {
        errors_with(&stateful_set(), &format!("/spec/{field}"), Some(value))
    }

    #[test]
    fn policies_are_known_ones() {
        assert_eq!(errors_of(&stateful_set()), [""; 0]);
        assert_eq!(
            with("podManagementPolicy", json!("Random")),
            ["spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'"]
        );
        assert_eq!(
            with("persistentVolumeClaimRetentionPolicy", json!({"whenScaled": "Keep"})),
            ["spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"Keep\": supported values: \
              \"Retain\", \"Delete\""]
        );
        assert_eq!(
            with("updateStrategy", json!({"type": "OnDelete", "rollingUpdate": {"partition": 2}})),
            [
                "spec.updateStrategy.rollingUpdate: Invalid value: {\"Partition\":2,\"MaxUnavailable\":null}: only allowed \
              for updateStrategy 'RollingUpdate'"
            ]
        );
        assert_eq!(
            with("updateStrategy", json!({"type": "Recreate"})),
            ["spec.updateStrategy: Invalid value: {\"Type\":\"Recreate\",\"RollingUpdate\":null}: must be \
              'RollingUpdate' or 'OnDelete'"]
        );
    }

    #[test]
    fn ordinals_and_partition_are_not_negative() {
        assert_eq!(
            with("ordinals", json!({"start": -1})),
            ["spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"]
        );
        assert_eq!(
            with("updateStrategy", json!({"rollingUpdate": {"partition": -1}})),
            ["spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0"]
        );
    }

    #[test]
    fn the_service_name_is_a_label() {
        assert_eq!(
            with("serviceName", json!("ledger.town")),
            ["spec.serviceName: Invalid value: \"ledger.town\": must not contain dots"]
        );
        assert_eq!(with("serviceName", json!("")), [""; 0]);
    }
}
