//! What a claim asks for: requests, constraints between them, configuration.

use super::device_names::{validate_fully_qualified_name, validate_label};
use super::gates::Gates;
use super::{device_configuration, device_selector, device_taint, each, each_unique, text_of};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::server_rules::content::{names, report};
use crate::yaml::NodeRef;

/// A claim of devices.
pub static RULE: Rule = Rule {
    id: "api/device-claim",
    level: Level::Error,
    summary: "what a claim asks for is not valid: its requests, its constraints, or its configuration",
    why: "requests have names that constraints and configuration refer to, and each asks for one kind of device",
    docs: include_str!("device-claim.md"),
};

/// The most requests of a claim, and references to them (`DeviceRequestsMaxSize`).
const REQUESTS_LIMIT: usize = 32;

/// `DeviceConstraintsMaxSize`
const CONSTRAINTS_LIMIT: usize = 32;

/// `FirstAvailableDeviceRequestMaxSize`
const ALTERNATIVES_LIMIT: usize = 8;

/// `devices` of a claim (`validateDeviceClaim`); `flat` for a version that keeps the one request's fields in the
/// request itself (`v1beta1`), which the server moves under `exactly`.
pub(super) fn validate_device_claim<'t>(
    devices: Option<NodeRef<'t>>,
    flat: bool,
    gates: Gates,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let requests = devices.list("requests");
    let references = |holder: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors| {
        let path = path.field("requests");
        each_unique(&holder.list("requests"), REQUESTS_LIMIT, text_of, &path, errors, |name, path, errors| {
            validate_reference(text_of(name), &requests, gates, path, errors);
        });
    };
    errors.under(&RULE, |errors| {
        let requests_path = path.field("requests");
        let name = |request: NodeRef<'t>| request.text("name");
        each_unique(&requests, REQUESTS_LIMIT, name, &requests_path, errors, |request, path, errors| {
            validate_label(request.text("name"), &path.field("name"), errors);
            validate_request(request, flat, gates, path, errors);
        });
        let constraints = devices.list("constraints");
        each(&constraints, CONSTRAINTS_LIMIT, &path.field("constraints"), errors, |constraint, path, errors| {
            references(constraint, path, errors);
            validate_constraint(constraint, gates, path, errors);
        });
        let configs = devices.list("config");
        let limit = device_configuration::LIST_LIMIT;
        each(&configs, limit, &path.field("config"), errors, |config, path, errors| {
            references(config, path, errors);
            device_configuration::validate(config, path, errors);
        });
    });
}

/// The alternatives of a request, as far as the server knows them.
fn alternatives(request: NodeRef<'_>, gates: Gates) -> Vec<NodeRef<'_>> {
    if gates.prioritized_list() { request.list("firstAvailable") } else { Vec::new() }
}

/// What is asked for exactly, if that is set; in the flat form the request itself, where it says anything.
pub(super) fn exactly(request: NodeRef<'_>, flat: bool) -> Option<NodeRef<'_>> {
    if !flat {
        return request.get("exactly");
    }
    let says_something = !request.text("deviceClassName").is_empty()
        || !request.text("allocationMode").is_empty()
        || request.int("count").is_some_and(|count| count != 0)
        || ["selectors", "adminAccess", "tolerations", "capacity"].iter().any(|key| request.has(key));
    says_something.then_some(request)
}

fn validate_request(request: NodeRef<'_>, flat: bool, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let alternatives = alternatives(request, gates);
    match (exactly(request, flat), alternatives.is_empty()) {
        (None, true) => errors.required(path, "exactly one of `exactly` or `firstAvailable` is required"),
        (Some(_), false) => errors.invalid(
            path,
            &Verbatim("null"),
            "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set",
        ),
        (Some(exactly), true) => validate_what(exactly, gates, &path.field("exactly"), errors),
        (None, false) => {
            let path = path.field("firstAvailable");
            each_unique(
                &alternatives,
                ALTERNATIVES_LIMIT,
                |alternative| alternative.text("name"),
                &path,
                errors,
                |alternative, path, errors| {
                    validate_label(alternative.text("name"), &path.field("name"), errors);
                    validate_what(alternative, gates, path, errors);
                },
            );
        }
    }
}

/// What a request and an alternative have in common (`validateExactDeviceRequest`, `validateDeviceSubRequest`).
fn validate_what(request: NodeRef<'_>, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let class = request.text("deviceClassName");
    let class_path = path.field("deviceClassName");
    if class.is_empty() {
        errors.required(&class_path, "");
    } else {
        report(names::dns_1123_subdomain(class), &class_path, class, errors);
    }
    device_selector::validate(Some(request), gates, path, errors);
    validate_allocation_mode(request, path, errors);
    if gates.device_taints() {
        device_taint::validate_tolerations(request, path, errors);
    }
}

/// `validateDeviceAllocationMode`, with the defaults of `SetDefaults_ExactDeviceRequest`: an exact count, of one.
fn validate_allocation_mode(request: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let count = request.int("count").unwrap_or_default();
    match request.text_or("allocationMode", "ExactCount") {
        "All" if count != 0 => {
            let text = "must not be specified when allocationMode is 'All'";
            errors.invalid(&path.field("count"), &count, text);
        }
        "ExactCount" if count < 0 => errors.invalid(&path.field("count"), &count, "must be greater than zero"),
        "All" | "ExactCount" => {}
        other => errors.not_supported(&path.field("allocationMode"), other, &["All", "ExactCount"]),
    }
}

/// A reference to a request, or to one of its alternatives (`validateRequestNameRef`).
fn validate_reference(name: &str, requests: &[NodeRef<'_>], gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    const UNKNOWN: &str =
        "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
    let (request_name, alternative_name) =
        name.split_once('/').map_or((name, None), |(request, alternative)| (request, Some(alternative)));
    if alternative_name.is_some_and(|alternative| alternative.contains('/')) {
        errors.invalid(path, name, UNKNOWN);
        return;
    }
    validate_label(request_name, path, errors);
    if let Some(alternative) = alternative_name {
        validate_label(alternative, path, errors);
    }
    // Of requests with one name, the server remembers the last.
    let known = requests.iter().rfind(|request| request.text("name") == request_name).is_some_and(|request| {
        alternative_name
            .is_none_or(|name| alternatives(*request, gates).iter().any(|alternative| alternative.text("name") == name))
    });
    if !known {
        errors.invalid(path, name, UNKNOWN);
    }
}

/// `validateDeviceConstraint`, short of the references.
fn validate_constraint(constraint: NodeRef<'_>, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let distinct = constraint.text_pointer("distinctAttribute").filter(|_| gates.consumable_capacity());
    if let Some(attribute) = constraint.text_pointer("matchAttribute") {
        validate_fully_qualified_name(attribute, &path.field("matchAttribute"), errors);
    } else if let Some(attribute) = distinct {
        validate_fully_qualified_name(attribute, &path.field("distinctAttribute"), errors);
    } else if gates.consumable_capacity() {
        errors.required(
            path,
            "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set",
        );
    } else {
        errors.required(&path.field("matchAttribute"), "");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_with;
    use serde_json::{Value, json};

    fn claim() -> Value {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": {"name": "render", "namespace": "studio"},
            "spec": {"devices": {
                "requests": [
                    {"name": "card", "exactly": {"deviceClassName": "cards.example", "tolerations": [{}]}},
                    {"name": "either", "firstAvailable": [
                        {"name": "large", "deviceClassName": "cards.example", "count": 2},
                        {"name": "small", "deviceClassName": "cards.example", "allocationMode": "All"},
                    ]},
                ],
                "constraints": [{"requests": ["card", "either/small"], "matchAttribute": "cards.example/bus"}],
                "config": [{"requests": ["either"], "opaque": {"driver": "cards.example", "parameters": {"mode": 1}}}],
            }},
        })
    }

    fn errors(pointer: &str, value: Value) -> Vec<String> {
        errors_with(&claim(), &format!("/spec/devices{pointer}"), Some(value))
    }

    #[test]
    fn a_request_asks_for_one_thing() {
        assert_eq!(errors("/constraints", json!(null)), Vec::<String>::new());
        assert_eq!(
            errors("/requests/0/firstAvailable", json!([{"name": "a", "deviceClassName": "b"}])),
            ["spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is \
                 required, but multiple fields are set"]
        );
        assert_eq!(
            errors("/requests/0/exactly", json!(null)),
            ["spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"]
        );
        assert_eq!(
            errors("/requests/0/exactly/deviceClassName", json!("")),
            ["spec.devices.requests[0].exactly.deviceClassName: Required value"]
        );
    }

    #[test]
    fn a_count_goes_with_its_mode() {
        assert_eq!(errors("/requests/1/firstAvailable/0/count", json!(0)), Vec::<String>::new());
        assert_eq!(
            errors("/requests/1/firstAvailable/0/count", json!(-1)),
            ["spec.devices.requests[1].firstAvailable[0].count: Invalid value: -1: must be greater than zero"]
        );
        assert_eq!(
            errors("/requests/1/firstAvailable/1/count", json!(1)),
            ["spec.devices.requests[1].firstAvailable[1].count: Invalid value: 1: must not be specified when \
                 allocationMode is 'All'"]
        );
        assert_eq!(
            errors("/requests/0/exactly/allocationMode", json!("Any")),
            ["spec.devices.requests[0].exactly.allocationMode: Unsupported value: \"Any\": supported values: \
                 \"All\", \"ExactCount\""]
        );
    }

    #[test]
    fn references_name_requests() {
        let unknown = "must be the name of a request in the claim or the name of a request and a subrequest separated \
                       by '/'";
        for name in ["cards", "either/huge", "card/large", "either/small/x"] {
            assert_eq!(
                errors("/config/0/requests/0", json!(name)),
                [format!("spec.devices.config[0].requests[0]: Invalid value: \"{name}\": {unknown}")]
            );
        }
        assert_eq!(
            errors("/constraints/0/requests/1", json!("card")),
            ["spec.devices.constraints[0].requests[1]: Duplicate value: \"card\""]
        );
    }

    #[test]
    fn a_constraint_has_an_attribute_with_a_domain() {
        assert_eq!(
            errors("/constraints/0/matchAttribute", json!("bus")),
            ["spec.devices.constraints[0].matchAttribute: Invalid value: \"bus\": a fully qualified name must be a \
                 domain and a name separated by a slash"]
        );
        assert_eq!(
            errors("/constraints/0/matchAttribute", json!(null)),
            ["spec.devices.constraints[0]: Required value: exactly one of \"matchAttribute\" or \
                 \"distinctAttribute\" is required, but multiple fields are set"]
        );
    }

    #[test]
    fn configuration_is_an_object_for_a_driver() {
        assert_eq!(
            errors("/config/0/opaque", json!({"parameters": [1]})),
            [
                "spec.devices.config[0].opaque.driver: Required value",
                "spec.devices.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON \
                 object",
            ]
        );
        assert_eq!(
            errors("/config/0/opaque/parameters", json!({"text": "x".repeat(10 * 1024)})),
            ["spec.devices.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"]
        );
        assert_eq!(errors("/config/0/opaque", json!(null)), ["spec.devices.config[0].opaque: Required value"]);
    }

    #[test]
    fn a_toleration_has_no_value_where_any_will_do() {
        let tolerations = json!([
            {"operator": "Exists", "value": "x"},
            {"key": "a", "operator": "Like", "effect": "PreferNoSchedule"},
        ]);
        assert_eq!(
            errors("/requests/0/exactly/tolerations", tolerations),
            [
                "spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: \"x\": must be empty for \
                 operator `Exists`",
                "spec.devices.requests[0].exactly.tolerations[1].operator: Unsupported value: \"Like\": supported \
                 values: \"Equal\", \"Exists\"",
                "spec.devices.requests[0].exactly.tolerations[1].effect: Unsupported value: \"PreferNoSchedule\": \
                 supported values: \"NoExecute\", \"NoSchedule\", \"None\"",
            ]
        );
    }
}
