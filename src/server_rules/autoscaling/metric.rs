//! The metrics of a `HorizontalPodAutoscaler`: five sources, one form of target.
//!
//! Apart because a metric is judged by its type, and nothing of it depends on the rest (`validateMetricSpec`).

use super::horizontal_pod_autoscaler::validate_reference;
use crate::decode::quantity::Quantity;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::content::names;
use crate::server_rules::content::resource_name::validate_container_resource_name;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

/// Holds the metrics that v1 has no field for; the server puts them before the one it has a field for.
const METRICS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/metrics";

/// Judges the one target of v1, which the server reads as a metric (`Convert_v1_HorizontalPodAutoscaler…`).
pub(super) fn validate_cpu_target(
    root: NodeRef<'_>,
    spec: Option<NodeRef<'_>>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let metrics_path = path.field("metrics");
    let others = root
        .at(&["metadata", "annotations"])
        .and_then(|annotations| {
            serde_json::from_str::<Vec<serde_json::Value>>(annotations.text(METRICS_ANNOTATION)).ok()
        })
        .unwrap_or_default();
    if let Some(target) = spec.int("targetCPUUtilizationPercentage").filter(|target| *target < 1) {
        let path = metrics_path.index(others.len());
        let path = path.field("resource");
        let path = path.field("target");
        errors.invalid(&path.field("averageUtilization"), &target, "must be greater than 0");
    }
    let scales_on_others = others.iter().any(|metric| {
        ["Object", "External"].contains(&metric.get("type").and_then(|kind| kind.as_str()).unwrap_or_default())
    });
    validate_scale_to_zero(spec, scales_on_others, &metrics_path, errors);
}

/// Judges `metrics`; without any, the server puts in one that is valid.
pub(super) fn validate_all(spec: Option<NodeRef<'_>>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("metrics");
    let metrics = spec.list("metrics");
    for (index, metric) in metrics.iter().enumerate() {
        validate(*metric, minor, &path.index(index), errors);
    }
    let scales_on_others = metrics.iter().any(|metric| ["Object", "External"].contains(&metric.text("type")));
    validate_scale_to_zero(spec, scales_on_others, &path, errors);
}

fn validate_scale_to_zero(spec: Option<NodeRef<'_>>, allowed: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    if spec.int("minReplicas") == Some(0) && !allowed {
        errors
            .forbidden(path, "must specify at least one Object or External metric to support scaling to zero replicas");
    }
}

fn validate(metric: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let kind = metric.text("type");
    let type_path = path.field("type");
    if kind.is_empty() {
        errors.required(&type_path, "must specify a metric source type");
    }
    if !TYPES.contains(&kind) {
        errors.not_supported(&type_path, kind, &TYPES);
    }
    // The order is the server's: only the first source found is looked into.
    let sources = ["object", "external", "pods", "resource", "containerResource"];
    let mut present: Vec<&str> = sources.into_iter().filter(|source| metric.has(source)).collect();
    if let Some((name, source)) = present.first().and_then(|name| Some((*name, metric.get(name)?))) {
        validate_source(name, source, minor, &path.field(name), errors);
    }
    let expected = sources.into_iter().find(|source| is_source_of(source, kind));
    if let Some(expected) = expected.filter(|expected| !metric.has(expected)) {
        errors.required(&path.field(expected), "must populate information for the given metric source");
    }
    if present.len() != 1 {
        present.retain(|name| Some(*name) != expected);
        for name in present {
            errors.forbidden(&path.field(name), "must populate the given metric source only");
        }
    }
}

/// Whether a field is that of a metric type: the type with a small first letter.
fn is_source_of(field: &str, kind: &str) -> bool {
    TYPES.contains(&kind) && field.eq_ignore_ascii_case(kind)
}

fn validate_source(name: &str, source: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    match name {
        "object" => {
            let described = source.get("describedObject");
            validate_reference(described, false, Some(minor), &path.field("describedObject"), errors);
            validate_identifier(source, path, errors);
        }
        "external" | "pods" => validate_identifier(source, path, errors),
        _ => validate_resource(name, source, path, errors),
    }
    let path = path.field("target");
    let target = source.get("target");
    validate_target(target, &path, errors);
    let (value, average_value) = (target.has("value"), target.has("averageValue"));
    let utilization = target.has("averageUtilization");
    let average_value_path = path.field("averageValue");
    match name {
        "object" if !value && !average_value => {
            errors.required(&average_value_path, "must set either a target value or averageValue");
        }
        "external" if !value && !average_value => {
            errors.required(&average_value_path, "must set either a target value for metric or a per-pod target");
        }
        "external" if value && average_value => {
            let detail = "may not set both a target value for metric and a per-pod target";
            errors.forbidden(&path.field("value"), detail);
        }
        "pods" if !average_value => {
            errors.required(&average_value_path, "must specify a positive target averageValue");
        }
        "resource" | "containerResource" if !utilization && !average_value => {
            let detail = "must set either a target raw value or a target utilization";
            errors.required(&path.field("averageUtilization"), detail);
        }
        "resource" | "containerResource" if utilization && average_value => {
            errors.forbidden(&average_value_path, "may not set both a target raw value and a target utilization");
        }
        _ => {}
    }
}

fn validate_identifier(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("metric");
    let path = path.field("name");
    let name = source.get("metric").text("name");
    if name.is_empty() {
        errors.required(&path, "must specify a metric name");
    }
    for complaint in names::path_segment_name(name) {
        errors.invalid(&path, name, &complaint);
    }
}

fn validate_resource(kind: &str, source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let name = source.text("name");
    if name.is_empty() {
        errors.required(&path.field("name"), "must specify a resource name");
    }
    if kind != "containerResource" {
        return;
    }
    if !name.is_empty() {
        validate_container_resource_name(name, &path.field("name"), errors);
    }
    let container = source.text("container");
    let path = path.field("container");
    if container.is_empty() {
        errors.required(&path, "must specify a container");
    } else {
        for complaint in names::dns_1123_label(container) {
            errors.invalid(&path, container, &complaint);
        }
    }
}

fn validate_target(target: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let kind = target.text("type");
    let type_path = path.field("type");
    if kind.is_empty() {
        errors.required(&type_path, "must specify a metric target type");
    }
    if !["Utilization", "Value", "AverageValue"].contains(&kind) {
        errors.invalid(&type_path, kind, "must be either Utilization, Value, or AverageValue");
    }
    for key in ["value", "averageValue"] {
        let amount = target.and_then(|target| target.get(key)).and_then(Quantity::of);
        if let Some(amount) = amount.and_then(Result::ok).filter(|amount| amount.sign() != 1) {
            errors.invalid(&path.field(key), &amount.text(), "must be positive");
        }
    }
    if let Some(utilization) = target.int("averageUtilization").filter(|utilization| *utilization < 1) {
        errors.invalid(&path.field("averageUtilization"), &utilization, "must be greater than 0");
    }
}
