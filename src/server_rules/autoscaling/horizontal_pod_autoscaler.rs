//! `HorizontalPodAutoscaler`: bounds and target; metrics and behavior are beside it.
//!
//! Apart from the metrics because both versions of the kind share this much.

use super::{behavior, metric};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{GroupVersionKind, Path};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A `HorizontalPodAutoscaler`'s bounds and references.
pub static RULE: Rule = Rule {
    id: "api/horizontal-pod-autoscaler",
    level: Level::Error,
    summary: "a HorizontalPodAutoscaler's bounds or references are not valid",
    why: "the API server refuses bounds that no number of pods lies between, and a target that it could not look up",
    docs: include_str!("horizontal-pod-autoscaler.md"),
};

/// The gate `HPAScaleToZero` is on by default since then. Source: `pkg/features/kube_features.go` (1.37).
const HPA_SCALE_TO_ZERO: Minor = Minor(37);

/// Judges a `HorizontalPodAutoscaler` of any version on creation (`validateHorizontalPodAutoscalerSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let minor = judge.minor;
    let live = judge.live.and_then(|live| live.get("spec"));
    let errors = &mut judge.errors;
    errors.rule = &RULE;
    let scales_to_zero = minor >= HPA_SCALE_TO_ZERO || live.int("minReplicas") == Some(0);
    let bounds = Bounds {
        least: i64::from(!scales_to_zero),
        min_replicas: spec.int("minReplicas").unwrap_or(1),
        max_replicas: spec.int("maxReplicas").unwrap_or(0),
    };
    bounds.validate(minor, &path, errors);
    let target = spec.and_then(|spec| spec.get("scaleTargetRef"));
    let live_target = live.and_then(|live| live.get("scaleTargetRef"));
    // What names the kind is judged once more only if it changes.
    let is_kept = live.is_some() && ["apiVersion", "kind"].iter().all(|key| live_target.text(key) == target.text(key));
    // ReplicationController is the one kind with a scale in the core group.
    let needs_group = target.text("kind") != "ReplicationController";
    let judged_since = if is_kept { None } else { Some(minor) };
    validate_reference(target, needs_group, judged_since, &path.field("scaleTargetRef"), errors);
    if judge.gvk.version == "v1" {
        metric::validate_cpu_target(judge.root, spec, &path, errors);
    } else {
        metric::validate_all(spec, minor, &path, errors);
        behavior::validate(spec.and_then(|spec| spec.get("behavior")), minor, &path.field("behavior"), errors);
    }
}

/// Between how many pods to scale.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// The least `minReplicas` that is accepted. Scaling to zero was behind a gate that was off; what does so may go on.
    least: i64,
    min_replicas: i64,
    max_replicas: i64,
}

impl Bounds {
    fn validate(self, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
        let Self { least, min_replicas, max_replicas } = self;
        let max_path = path.field("maxReplicas");
        if min_replicas < least {
            let detail = format!("must be greater than or equal to {least}");
            errors.invalid(&path.field("minReplicas"), &min_replicas, &detail);
        }
        match max_replicas {
            1.. => {}
            _ if minor < Minor(36) => errors.invalid(&max_path, &max_replicas, "must be greater than 0"),
            0 => errors.required(&max_path, "must be set and greater than 0"),
            _ => errors.invalid(&max_path, &max_replicas, "must be greater than or equal to 1"),
        }
        if max_replicas < min_replicas {
            errors.invalid(&max_path, &max_replicas, "must be greater than or equal to `minReplicas`");
        }
    }
}

/// Judges a reference to an object of any kind (`ValidateCrossVersionObjectReference`); its `apiVersion` by the rules of
/// a minor, or not at all.
pub(super) fn validate_reference(
    reference: Option<NodeRef<'_>>,
    needs_group: bool,
    minor: Option<Minor>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    for key in ["kind", "name"] {
        let value = reference.text(key);
        if value.is_empty() {
            errors.required(&path.field(key), "");
        }
        for complaint in names::path_segment_name(value) {
            errors.invalid(&path.field(key), value, &complaint);
        }
    }
    // Judged since 1.34 only.
    if minor.is_none_or(|minor| minor < Minor(34)) {
        return;
    }
    let api_version = reference.text("apiVersion");
    let path = path.field("apiVersion");
    match GroupVersionKind::parse(api_version, "") {
        None => {
            errors.invalid(&path, api_version, &format!("unexpected GroupVersion string: {api_version}"));
        }
        Some(parsed) if needs_group && parsed.group.is_empty() => {
            errors.invalid(&path, api_version, "apiVersion must specify API group");
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, errors_with, findings_of};
    use serde_json::{Value, json};

    fn autoscaler() -> Value {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "shop"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
                "maxReplicas": 5,
            },
        })
    }

    fn with(field: &str, value: Value) -> Vec<String> {
        errors_with(&autoscaler(), &format!("/spec/{field}"), Some(value))
    }

    fn with_metric(metric: &Value) -> Vec<String> {
        with("metrics", json!([metric]))
    }

    #[test]
    fn bounds_enclose_a_number() {
        assert_eq!(errors_of(&autoscaler()), [""; 0]);
        assert_eq!(
            with("minReplicas", json!(6)),
            ["spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`"]
        );
        assert_eq!(
            with("maxReplicas", json!(0)),
            [
                "spec.maxReplicas: Required value: must be set and greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            ]
        );
    }

    #[test]
    fn only_metrics_of_others_scale_to_zero() {
        let metrics = "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas";
        let in_minor = |minor| {
            let mut autoscaler = autoscaler();
            autoscaler["spec"]["minReplicas"] = json!(0);
            let findings = findings_of(&autoscaler, Minor(minor));
            findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        assert_eq!(in_minor(36), ["spec.minReplicas: Invalid value: 0: must be greater than or equal to 1", metrics]);
        assert_eq!(in_minor(37), [metrics]);
    }

    #[test]
    fn the_target_has_a_group() {
        let target = json!({"apiVersion": "v1", "kind": "Deployment", "name": "shop"});
        assert_eq!(
            with("scaleTargetRef", target.clone()),
            ["spec.scaleTargetRef.apiVersion: Invalid value: \"v1\": apiVersion must specify API group"]
        );
        let mut older = autoscaler();
        older["spec"]["scaleTargetRef"] = target;
        assert!(findings_of(&older, Minor(33)).is_empty());
        assert_eq!(
            with("scaleTargetRef", json!({"apiVersion": "v1", "kind": "ReplicationController", "name": "a/b"})),
            ["spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'"]
        );
    }

    #[test]
    fn a_metric_has_the_source_of_its_type() {
        assert_eq!(
            with_metric(&json!({"type": "Resource"})),
            ["spec.metrics[0].resource: Required value: must populate information for the given metric source"]
        );
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}});
        assert_eq!(with_metric(&json!({"type": "Resource", "resource": cpu})), [""; 0]);
        assert_eq!(
            with_metric(&json!({"type": "Pods", "resource": cpu, "pods": {"metric": {"name": "hits"}}})),
            [
                "spec.metrics[0].pods.target.type: Required value: must specify a metric target type",
                "spec.metrics[0].pods.target.type: Invalid value: \"\": must be either Utilization, Value, or AverageValue",
                "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
                "spec.metrics[0].resource: Forbidden: must populate the given metric source only",
            ]
        );
    }

    #[test]
    fn a_metric_target_is_one_positive_amount() {
        let target = json!({"type": "Value", "value": "0", "averageValue": "-1m", "averageUtilization": 0});
        assert_eq!(
            with_metric(&json!({"type": "External", "external": {"metric": {"name": "queue"}, "target": target}})),
            [
                "spec.metrics[0].external.target.value: Invalid value: \"0\": must be positive",
                "spec.metrics[0].external.target.averageValue: Invalid value: \"-1m\": must be positive",
                "spec.metrics[0].external.target.averageUtilization: Invalid value: 0: must be greater than 0",
                "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a \
                 per-pod target",
            ]
        );
        assert_eq!(
            with_metric(&json!({"type": "Resource", "resource": {"target": {"type": "Utilization"}}})),
            [
                "spec.metrics[0].resource.name: Required value: must specify a resource name",
                "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value \
                 or a target utilization",
            ]
        );
    }

    #[test]
    fn a_container_metric_names_a_standard_resource() {
        let metric = |name: &str| {
            let target = json!({"type": "Utilization", "averageUtilization": 50});
            with_metric(&json!({
                "type": "ContainerResource",
                "containerResource": {"name": name, "container": "till", "target": target},
            }))
        };
        assert_eq!(metric("memory"), [""; 0]);
        assert_eq!(metric("example.com/gpu"), [""; 0]);
        assert_eq!(
            metric("pods"),
            [
                "spec.metrics[0].containerResource.name: Invalid value: \"pods\": must be a standard resource for containers"
            ]
        );
    }

    #[test]
    fn behavior_is_bounded() {
        let rules = json!({
            "stabilizationWindowSeconds": 3601, "selectPolicy": "Any", "tolerance": "-1",
            "policies": [{"type": "Share", "value": 0, "periodSeconds": 1801}],
        });
        let at = "spec.behavior.scaleDown";
        assert_eq!(
            with("behavior", json!({"scaleDown": rules, "scaleUp": {"policies": []}})),
            [
                "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy".to_owned(),
                format!("{at}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600"),
                format!(
                    "{at}.selectPolicy: Unsupported value: \"Any\": supported values: \"Disabled\", \"Max\", \"Min\""
                ),
                format!("{at}.policies[0].type: Unsupported value: \"Share\": supported values: \"Percent\", \"Pods\""),
                format!("{at}.policies[0].value: Invalid value: 0: must be greater than zero"),
                format!("{at}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800"),
                format!("{at}.tolerance: Invalid value: \"-1\": must be greater than or equal to 0"),
            ]
        );
    }

    #[test]
    fn v1_has_one_target() {
        let mut v1 = autoscaler();
        v1["apiVersion"] = json!("autoscaling/v1");
        assert_eq!(errors_of(&v1), [""; 0]);
        assert_eq!(
            errors_with(&v1, "/spec/targetCPUUtilizationPercentage", Some(json!(0))),
            ["spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"]
        );
    }
}
