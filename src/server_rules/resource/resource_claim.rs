//! `ResourceClaim` and `ResourceClaimTemplate`: which devices a pod needs.

use super::configuration::{validate_configuration, validate_selectors};
use super::device::{validate_label_value, validate_taint_key};
use super::device_names::validate_fully_qualified_name;
use super::{ADVANCED, RULE, is_known_version, itself, name_of, validate_list, validate_set};
use crate::finding::{FieldErrors, Verbatim};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};
use crate::server_rules::metadata::validate_template_object_meta;
use crate::yaml::NodeRef;

const MOST_REQUESTS: usize = 32;
const MOST_ALTERNATIVES: usize = 8;
const REFERENCE: &str =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/// Judges a `ResourceClaim` on creation (`ValidateResourceClaim`); later its `spec` cannot change. Whether its
/// namespace grants admin access is not known here.
pub fn validate(judge: &mut Judge<'_>) {
    let Some(spec) = judge.root.get("spec").filter(|_| is_known_version(judge) && judge.live.is_none()) else { return };
    judge.errors.rule = &RULE;
    validate_spec(spec, judge.minor, &Path::ROOT.field("spec"), &mut judge.errors);
}

/// Judges a `ResourceClaimTemplate` (`ValidateResourceClaimTemplate`).
pub fn validate_template(judge: &mut Judge<'_>) {
    let Some(template) = judge.root.get("spec").filter(|_| is_known_version(judge)) else { return };
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    if let Some(metadata) = template.get("metadata") {
        validate_template_object_meta(metadata, &path.field("metadata"), &mut judge.errors);
    }
    if let Some(spec) = template.get("spec") {
        validate_spec(spec, judge.minor, &path.field("spec"), &mut judge.errors);
    }
}

fn validate_spec(spec: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(claim) = spec.get("devices") else { return };
    let path = path.field("devices");
    let requests = claim.list("requests");
    validate_set(claim, "requests", MOST_REQUESTS, name_of, &path, errors, |request, path, errors| {
        validate_request(request, minor, path, errors);
    });
    validate_list(claim, "constraints", MOST_REQUESTS, &path, errors, |constraint, path, errors| {
        validate_references(constraint, &requests, path, errors);
        let distinct = constraint.text_pointer("distinctAttribute").filter(|_| minor >= ADVANCED);
        if let Some(attribute) = constraint.text_pointer("matchAttribute") {
            validate_fully_qualified_name(attribute, &path.field("matchAttribute"), errors);
        } else if let Some(attribute) = distinct {
            validate_fully_qualified_name(attribute, &path.field("distinctAttribute"), errors);
        } else if minor >= ADVANCED {
            // The server's own words, though here none of the fields is set.
            let text =
                r#"exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set"#;
            errors.required(path, text);
        } else {
            errors.required(&path.field("matchAttribute"), "");
        }
    });
    validate_list(claim, "config", MOST_REQUESTS, &path, errors, |configuration, path, errors| {
        validate_references(configuration, &requests, path, errors);
        validate_configuration(configuration, path, errors);
    });
}

fn validate_request(request: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_name(name_of(request), &path.field("name"), errors);
    let has_alternatives = request.get("firstAvailable").is_some_and(|list| !list.is_empty());
    match request.get("exactly") {
        Some(_) if has_alternatives => {
            let text = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set";
            errors.invalid(path, &Verbatim("null"), text);
        }
        Some(exactly) => validate_devices(exactly, minor, &path.field("exactly"), errors),
        None if has_alternatives => {
            validate_set(request, "firstAvailable", MOST_ALTERNATIVES, name_of, path, errors, |item, path, errors| {
                validate_name(name_of(item), &path.field("name"), errors);
                validate_devices(item, minor, path, errors);
            });
        }
        None => errors.required(path, "exactly one of `exactly` or `firstAvailable` is required"),
    }
}

fn validate_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    report(names::dns_1123_label(name), path, name, errors);
}

/// What a request asks for (`validateExactDeviceRequest`), with the server's defaults.
fn validate_devices(devices: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let class = devices.text("deviceClassName");
    let class_path = path.field("deviceClassName");
    if class.is_empty() {
        errors.required(&class_path, "");
    } else {
        report(names::dns_1123_subdomain(class), &class_path, class, errors);
    }
    validate_selectors(devices, path, errors);
    let count = devices.int("count").unwrap_or(0);
    match devices.text_or("allocationMode", "ExactCount") {
        "All" if count != 0 => {
            errors.invalid(&path.field("count"), &count, "must not be specified when allocationMode is 'All'");
        }
        "ExactCount" if count < 0 => errors.invalid(&path.field("count"), &count, "must be greater than zero"),
        mode => one_of(mode, &["All", "ExactCount"], &path.field("allocationMode"), errors),
    }
    if minor >= ADVANCED {
        for (index, toleration) in devices.list("tolerations").into_iter().enumerate() {
            validate_toleration(toleration, &path.field("tolerations").index(index), errors);
        }
    }
}

fn validate_toleration(toleration: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let key = toleration.text("key");
    if !key.is_empty() {
        validate_taint_key(key, &path.field("key"), errors);
    }
    let value = toleration.text("value");
    let value_path = path.field("value");
    match toleration.text_or("operator", "Equal") {
        "Exists" if !value.is_empty() => errors.invalid(&value_path, value, "must be empty for operator `Exists`"),
        "Equal" => validate_label_value(value, &value_path, errors),
        operator => one_of(operator, &["Equal", "Exists"], &path.field("operator"), errors),
    }
    let effect = toleration.text("effect");
    if !effect.is_empty() {
        one_of(effect, super::device::EFFECTS, &path.field("effect"), errors);
    }
}

/// The requests that a constraint or a configuration is for.
fn validate_references(owner: NodeRef<'_>, requests: &[NodeRef<'_>], path: &Path<'_>, errors: &mut FieldErrors) {
    validate_set(owner, "requests", MOST_REQUESTS, itself, path, errors, |reference, path, errors| {
        let reference = itself(reference);
        let mut segments = reference.split('/');
        let request = segments.next().unwrap_or_default();
        let alternative = segments.next();
        if segments.next().is_none() {
            for segment in reference.split('/') {
                validate_name(segment, path, errors);
            }
            // Of two requests of one name the last counts.
            let found = requests.iter().rev().find(|known| name_of(**known) == request);
            let is_known = |known: &NodeRef<'_>| {
                alternative.is_none_or(|name| known.list("firstAvailable").iter().any(|item| name_of(*item) == name))
            };
            if found.is_some_and(is_known) {
                return;
            }
        }
        errors.invalid(path, reference, REFERENCE);
    });
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn claim() -> Value {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "lamps"},
            "spec": {"devices": {
                "requests": [
                    {"name": "lamp", "exactly": {"deviceClassName": "lamps.example"}},
                    {"name": "lens", "firstAvailable": [
                        {"name": "glass", "deviceClassName": "glass.example", "allocationMode": "All"},
                        {"name": "resin", "deviceClassName": "resin.example", "count": 2},
                    ]},
                ],
                "constraints": [{"requests": ["lamp", "lens/glass"], "matchAttribute": "lamps.example/tower"}],
            }},
        })
    }

    #[test]
    fn a_request_is_one_thing_or_one_of_several() {
        assert_eq!(errors_of(&claim()), Vec::<String>::new());
        assert_eq!(
            errors_with(&claim(), "/spec/devices/requests/1/firstAvailable", Some(json!([]))),
            [
                "spec.devices.requests[1]: Required value: exactly one of `exactly` or `firstAvailable` is required",
                "spec.devices.constraints[0].requests[1]: Invalid value: \"lens/glass\": must be the name of a request in \
                 the claim or the name of a request and a subrequest separated by '/'",
            ]
        );
        assert_eq!(
            errors_with(&claim(), "/spec/devices/requests/1/name", Some(json!("lamp"))).last().map(String::as_str),
            Some(
                "spec.devices.constraints[0].requests[1]: Invalid value: \"lens/glass\": must be the name of a request in \
                 the claim or the name of a request and a subrequest separated by '/'"
            )
        );
    }

    #[test]
    fn counts_go_with_modes() {
        let with = |field: &str, value: Value| {
            errors_with(&claim(), &format!("/spec/devices/requests/0/exactly/{field}"), Some(value))
        };
        assert_eq!(with("count", json!(0)), Vec::<String>::new());
        assert_eq!(
            with("count", json!(-1)),
            ["spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero"]
        );
        assert_eq!(
            with("allocationMode", json!("Some")),
            [
                "spec.devices.requests[0].exactly.allocationMode: Unsupported value: \"Some\": supported values: \"All\", \
                 \"ExactCount\""
            ]
        );
    }

    #[test]
    fn constraints_name_an_attribute_in_full() {
        assert_eq!(
            errors_with(&claim(), "/spec/devices/constraints/0/matchAttribute", Some(json!("tower"))),
            ["spec.devices.constraints[0].matchAttribute: Invalid value: \"tower\": a fully qualified name must be a \
                 domain and a name separated by a slash"]
        );
    }

    #[test]
    fn tolerations_are_of_taints() {
        let tolerations = json!([{"key": "fog", "operator": "Exists", "value": "thick"}, {"effect": "Dim"}]);
        assert_eq!(
            errors_with(&claim(), "/spec/devices/requests/0/exactly/tolerations", Some(tolerations)),
            [
                "spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: \"thick\": must be empty for \
                 operator `Exists`",
                "spec.devices.requests[0].exactly.tolerations[1].effect: Unsupported value: \"Dim\": supported values: \
                 \"NoExecute\", \"NoSchedule\", \"None\"",
            ]
        );
    }

    #[test]
    fn a_template_names_no_claim() {
        let template = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", "metadata": {"name": "lamps"},
            "spec": {"metadata": {"name": "lamp"}, "spec": claim()["spec"]},
        });
        assert_eq!(errors_of(&template), ["spec.metadata.name: Forbidden: cannot be set"]);
    }
}
