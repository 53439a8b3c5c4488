//! `LimitRange`: bounds and defaults of what containers, pods and claims ask for.

use crate::decode::quantity::Quantity;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report, resource_name};
use crate::yaml::NodeRef;
use std::collections::BTreeMap;

/// A `LimitRange`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/limit-range",
    level: Level::Error,
    summary: "a LimitRange's limits are not valid or contradict each other",
    why: "no pod could keep bounds that contradict each other, so the API server refuses them",
    docs: include_str!("limit-range.md"),
};

type Amounts<'t> = BTreeMap<&'t str, Quantity>;

/// One limit with the server's defaults (`SetDefaults_LimitRangeItem`).
struct Limit<'t> {
    kind: &'t str,
    max: Amounts<'t>,
    min: Amounts<'t>,
    default: Amounts<'t>,
    default_request: Amounts<'t>,
    ratio: Amounts<'t>,
}

impl<'t> Limit<'t> {
    fn of(node: NodeRef<'t>) -> Self {
        let amounts = |key: &str| -> Amounts<'t> {
            let entries = node.get(key).into_iter().flat_map(NodeRef::entries);
            entries.filter_map(|entry| Some((entry.name(), resource_name::amount(entry.value)?))).collect()
        };
        let mut limit = Self {
            kind: node.text("type"),
            max: amounts("max"),
            min: amounts("min"),
            default: amounts("default"),
            default_request: amounts("defaultRequest"),
            ratio: amounts("maxLimitRequestRatio"),
        };
        if limit.kind == "Container" {
            fill(&mut limit.default, &limit.max);
            fill(&mut limit.default_request, &limit.default);
            fill(&mut limit.default_request, &limit.min);
        }
        limit
    }

    /// The amounts by field, in the order the server looks at them.
    fn fields(&self) -> [(&'static str, &Amounts<'t>); 5] {
        [
            ("max", &self.max),
            ("min", &self.min),
            ("default", &self.default),
            ("defaultRequest", &self.default_request),
            ("maxLimitRequestRatio", &self.ratio),
        ]
    }
}

fn fill<'t>(amounts: &mut Amounts<'t>, from: &Amounts<'t>) {
    for (name, amount) in from {
        amounts.entry(name).or_insert_with(|| amount.clone());
    }
}

/// Judges a `LimitRange` on creation (`ValidateLimitRange`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let path = path.field("limits");
    let limits: Vec<Limit<'_>> = judge.root.get("spec").list("limits").into_iter().map(Limit::of).collect();
    for (index, limit) in limits.iter().enumerate() {
        let path = path.index(index);
        let errors = &mut judge.errors;
        validate_type(limit.kind, &path.field("type"), errors);
        if limits[..index].iter().any(|earlier| earlier.kind == limit.kind) {
            errors.duplicate(&path.field("type"), limit.kind);
        }
        validate_fields(limit, &path, errors);
        let mut keys: Vec<&str> = limit.fields().into_iter().flat_map(|(_, amounts)| amounts.keys().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            validate_bounds(limit, key, &path, errors);
        }
    }
}

fn validate_type(kind: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = names::qualified_name(kind);
    if complaints.is_empty() && !kind.contains('/') && !matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim") {
        errors.invalid(path, kind, "must be a standard limit type or fully qualified");
    }
    report(complaints, path, kind, errors);
}

fn validate_fields(limit: &Limit<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for (field, amounts) in limit.fields() {
        if field == "maxLimitRequestRatio"
            && limit.kind == "PersistentVolumeClaim"
            && !limit.min.contains_key("storage")
            && !limit.max.contains_key("storage")
        {
            errors.required(
                &path.field("limits"),
                "either minimum or maximum storage value is required, but neither was provided",
            );
        }
        let path = path.field(field);
        if limit.kind == "Pod" && matches!(field, "default" | "defaultRequest") {
            if !amounts.is_empty() {
                errors.forbidden(&path, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for name in amounts.keys() {
            let path = path.key(name);
            if matches!(limit.kind, "Pod" | "Container") {
                resource_name::validate_container_resource_name(name, &path, errors);
            } else {
                resource_name::validate_resource_name(name, &path, errors);
            }
        }
    }
}

fn validate_bounds(limit: &Limit<'_>, key: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let is_pod = limit.kind == "Pod";
    let (min, max) = (limit.min.get(key), limit.max.get(key));
    let default = limit.default.get(key).filter(|_| !is_pod);
    let request = limit.default_request.get(key).filter(|_| !is_pod);
    // What must not exceed what, by name; where the fault is reported, and which of the two is shown.
    let pairs = [
        (("min", min), ("max", max), "min", true),
        (("min", min), ("default request", request), "defaultRequest", false),
        (("default request", request), ("max", max), "defaultRequest", true),
        (("default request", request), ("default limit", default), "defaultRequest", true),
        (("min", min), ("default", default), "default", true),
        (("default", default), ("max", max), "default", false),
    ];
    for ((lower_name, lower), (upper_name, upper), field, shows_lower) in pairs {
        let (Some(lower), Some(upper)) = (lower, upper) else { continue };
        if lower > upper {
            let shown = if shows_lower { lower } else { upper };
            let complaint =
                format!("{lower_name} value {} is greater than {upper_name} value {}", lower.text(), upper.text());
            errors.invalid(&path.field(field).key(key), &shown.text(), &complaint);
        }
    }
    if let Some(ratio) = limit.ratio.get(key) {
        validate_ratio(ratio, min, max, &path.field("maxLimitRequestRatio").key(key), errors);
    }
    if let (Some(default), Some(request)) = (default, request)
        && default != request
        && !resource_name::is_overcommit_allowed(key)
    {
        let (default, request) = (default.text(), request.text());
        let complaint = format!("default value {default} must equal to defaultRequest value {request} in {key}");
        errors.invalid(&path.field("defaultRequest").key(key), &request, &complaint);
    }
}

#[expect(clippy::cast_precision_loss, reason = "the server divides as float64 too")]
fn validate_ratio(
    ratio: &Quantity,
    min: Option<&Quantity>,
    max: Option<&Quantity>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let text = ratio.text();
    if *ratio < Quantity::from_integer(1) {
        errors.invalid(path, &text, &format!("ratio {text} is less than 1"));
    }
    let (Some(min), Some(max)) = (min, max) else { return };
    let milli = || Some((ratio.milli_value()? as f64 / 1000.0, min.milli_value()? as f64, max.milli_value()? as f64));
    let whole = || Some((ratio.value()? as f64, min.value()? as f64, max.value()? as f64));
    let Some((value, min, max)) = milli().or_else(whole) else { return };
    let bound = max / min;
    if value > bound {
        errors.invalid(path, &text, &format!("ratio {text} is greater than max/min = {bound:.6}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(limit: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "berths"}, "spec": {"limits": [limit]},
        }))
    }

    #[test]
    fn bounds_agree() {
        assert_eq!(
            errors(&json!({"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "2"}})),
            Vec::<String>::new()
        );
        assert_eq!(
            errors(&json!({"type": "Pod", "min": {"cpu": "2"}, "max": {"cpu": "100m"}})),
            ["spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 100m"]
        );
        assert_eq!(
            errors(&json!({"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"memory": "2Gi"}})),
            [
                "spec.limits[0].defaultRequest[memory]: Invalid value: \"2Gi\": default request value 2Gi is greater than \
              default limit value 1Gi"
            ]
        );
        assert_eq!(
            errors(&json!({
                "type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "3"},
            })),
            [
                "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = 2.000000"
            ]
        );
    }

    #[test]
    fn types_and_resources_are_known() {
        assert_eq!(
            errors(&json!({"type": "Deployment"})),
            ["spec.limits[0].type: Invalid value: \"Deployment\": must be a standard limit type or fully qualified"]
        );
        assert_eq!(
            errors(&json!({"type": "Pod", "default": {"cpu": "1"}})),
            ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"]
        );
        assert_eq!(
            errors(&json!({"type": "PersistentVolumeClaim"})),
            [
                "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was \
              provided"
            ]
        );
        assert_eq!(
            errors(&json!({"type": "Pod", "max": {"storage": "1Gi"}})),
            ["spec.limits[0].max[storage]: Invalid value: \"storage\": must be a standard resource for containers"]
        );
    }

    #[test]
    fn what_cannot_be_shared_is_asked_for_as_it_is_limited() {
        assert_eq!(
            errors(&json!({
                "type": "Container", "default": {"shop.example/crane": "2"},
                "defaultRequest": {"shop.example/crane": "1"},
            })),
            ["spec.limits[0].defaultRequest[shop.example/crane]: Invalid value: \"1\": default value 2 must equal to \
              defaultRequest value 1 in shop.example/crane"]
        );
    }
}
