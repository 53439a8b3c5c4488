//! Probes and lifecycle hooks: both call a handler (`validateProbe`, `validateLifecycle`, `validateHandler`).
//!
//! Apart because the handler is one thing with two users.

use super::context::Context;
use super::{check, items};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::{names, ports};
use crate::server_rules::view::View;
use crate::yaml::{NodeRef, Value};

/// Probes and lifecycle hooks of containers.
pub static HANDLERS: Rule = Rule {
    id: "api/pod-probe",
    level: Level::Error,
    summary: "the API server refuses a probe or lifecycle hook of a container",
    why: "a probe or hook needs exactly one well-formed handler, and its numbers must be in range",
    docs: include_str!("pod-probe.md"),
};

/// All probes of one container.
pub(super) fn validate_probes(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(kind) else { continue };
        let path = path.field(kind);
        validate_handler(probe, false, &path, pod, errors);
        let number = |name: &str, default: i64| match probe.int(name) {
            None | Some(0) => default,
            Some(number) => number,
        };
        let success = number("successThreshold", 1);
        check::nonnegative(number("initialDelaySeconds", 0), &path.field("initialDelaySeconds"), errors);
        check::nonnegative(number("timeoutSeconds", 1), &path.field("timeoutSeconds"), errors);
        check::nonnegative(number("periodSeconds", 10), &path.field("periodSeconds"), errors);
        check::nonnegative(success, &path.field("successThreshold"), errors);
        check::nonnegative(number("failureThreshold", 3), &path.field("failureThreshold"), errors);
        let grace_path = path.field("terminationGracePeriodSeconds");
        let grace_period = probe.int("terminationGracePeriodSeconds");
        if let Some(seconds) = grace_period.filter(|seconds| *seconds <= 0) {
            errors.invalid(&grace_path, &seconds, "must be greater than 0");
        }
        if kind == "readinessProbe" {
            if let Some(seconds) = grace_period {
                errors.invalid(&grace_path, &seconds, "must not be set for readinessProbes");
            }
        } else if success != 1 {
            errors.invalid(&path.field("successThreshold"), &success, "must be 1");
        }
    }
}

/// A container's lifecycle as it is after the fields of gates that are off were dropped: `ContainerStopSignals` is off
/// in every minor, and a lifecycle that held nothing else goes with it.
pub(super) fn lifecycle(container: NodeRef<'_>) -> Option<NodeRef<'_>> {
    container
        .get("lifecycle")
        .filter(|hooks| !hooks.has("stopSignal") || hooks.has("postStart") || hooks.has("preStop"))
}

/// The lifecycle of one container.
pub(super) fn validate_lifecycle(lifecycle: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    for kind in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.get(kind) {
            validate_handler(hook, true, &path.field(kind), pod, errors);
        }
    }
}

fn validate_handler(handler: NodeRef<'_>, is_hook: bool, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    // A probe cannot sleep and a hook cannot speak gRPC: neither has the field.
    let kinds =
        if is_hook { ["exec", "httpGet", "tcpSocket", "sleep"] } else { ["exec", "httpGet", "tcpSocket", "grpc"] };
    let mut found = false;
    for kind in kinds {
        let Some(action) = handler.get(kind) else { continue };
        if kind == "sleep" && !pod.gates.sleep_action() {
            continue;
        }
        let path = path.field(kind);
        if found {
            errors.forbidden(&path, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match kind {
            "exec" => {
                if !super::any(action, "command") {
                    errors.required(&path.field("command"), "");
                }
            }
            "httpGet" => http_get(action, &path, errors),
            "tcpSocket" => port(action.get("port"), &path.field("port"), errors),
            "grpc" => check::port_number(action.int("port").unwrap_or(0), &path.field("port"), errors),
            _ => sleep(action.int("seconds").unwrap_or(0), &path, pod, errors),
        }
    }
    if !found {
        errors.required(path, "must specify a handler type");
    }
}

fn http_get(action: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    port(action.get("port"), &path.field("port"), errors);
    let scheme = action.text_or("scheme", "HTTP");
    if !matches!(scheme, "HTTP" | "HTTPS") {
        errors.not_supported(&path.field("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for (_, header) in items(action, "httpHeaders") {
        let name = header.text("name");
        for complaint in names::http_header_name(name) {
            errors.invalid(&path.field("httpHeaders"), name, &complaint);
        }
    }
}

/// A port by number or name (`ValidatePortNumOrName`); absent is the number 0.
fn port(port: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    match port.map(NodeRef::value) {
        Some(Value::String(name)) => ports::report_name(name, path, errors),
        Some(Value::Int(number)) => check::port_number(number, path, errors),
        _ => check::port_number(0, path, errors),
    }
}

fn sleep(seconds: i64, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let grace_period = pod.grace_period;
    if pod.gates.sleep_zero() {
        if !(0..=grace_period).contains(&seconds) {
            let text = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace_period})");
            errors.invalid(path, &seconds, &text);
        }
    } else if !(1..=grace_period).contains(&seconds) {
        let text = format!(
            "must be greater than 0 and less than terminationGracePeriodSeconds ({grace_period}). Enable \
             AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep."
        );
        errors.invalid(path, &seconds, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::container_errors;
    use serde_json::json;

    #[test]
    fn a_probe_has_one_handler() {
        assert_eq!(
            container_errors(json!({
                "livenessProbe": {"exec": {}, "tcpSocket": {"port": 80}},
                "readinessProbe": {},
            })),
            [
                "spec.containers[0].livenessProbe.exec.command: Required value",
                "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
                "spec.containers[0].readinessProbe: Required value: must specify a handler type",
            ]
        );
    }

    #[test]
    fn the_numbers_of_a_probe_are_in_range() {
        assert_eq!(
            container_errors(json!({
                "livenessProbe": {"tcpSocket": {"port": "web"}, "successThreshold": 2, "periodSeconds": -1},
                "readinessProbe": {"grpc": {"port": 0}, "terminationGracePeriodSeconds": 5},
                "startupProbe": {"tcpSocket": {"port": "a--b"}, "terminationGracePeriodSeconds": 0},
            })),
            [
                "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to \
                 0",
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
                "spec.containers[0].readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, \
                 inclusive",
                "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set \
                 for readinessProbes",
                "spec.containers[0].startupProbe.tcpSocket.port: Invalid value: \"a--b\": must not contain \
                 consecutive hyphens",
                "spec.containers[0].startupProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater \
                 than 0",
            ]
        );
    }

    #[test]
    fn a_hook_sleeps_no_longer_than_the_pod_has_to_end() {
        assert!(container_errors(json!({"lifecycle": {"preStop": {"sleep": {"seconds": 0}}}})).is_empty());
        assert_eq!(
            container_errors(json!({"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}})),
            ["spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than \
              terminationGracePeriodSeconds (30)"]
        );
    }

    #[test]
    fn a_request_is_made_over_http_or_https() {
        let request = json!({"port": 80, "scheme": "FTP", "httpHeaders": [{"name": "X_Y", "value": "z"}]});
        assert_eq!(
            container_errors(json!({"lifecycle": {"postStart": {"httpGet": request}}})),
            [
                "spec.containers[0].lifecycle.postStart.httpGet.scheme: Unsupported value: \"FTP\": supported values: \
                 \"HTTP\", \"HTTPS\"",
                "spec.containers[0].lifecycle.postStart.httpGet.httpHeaders: Invalid value: \"X_Y\": a valid HTTP \
                 header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for \
                 validation is '[-A-Za-z0-9]+')",
            ]
        );
    }

    #[test]
    fn a_stop_signal_is_dropped() {
        assert!(container_errors(json!({"lifecycle": {"stopSignal": "SIGNONE"}})).is_empty());
    }
}
