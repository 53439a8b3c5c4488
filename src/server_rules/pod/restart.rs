//! Restart policies: of the pod, and of single containers with their rules (`validateContainerRestartPolicy`).
//!
//! Apart because regular, init and sidecar containers differ only in which of these rules they get.

use super::check;
use super::context::Context;
use super::items;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The restart policy of the pod.
pub(super) fn validate_pod(policy: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if !matches!(policy, "Always" | "OnFailure" | "Never") {
        errors.not_supported_in_order(path, policy, &["Always", "OnFailure", "Never"]);
    }
}

/// An init container's own policy, none where its gate drops it.
pub(super) fn init_policy<'t>(container: NodeRef<'t>, pod: &Context<'_>) -> Option<&'t str> {
    let policy = container.text_pointer("restartPolicy").filter(|_| pod.gates.sidecar_containers())?;
    (policy == "Always" || pod.gates.container_restart_rules()).then_some(policy)
}

/// Whether an init container is a sidecar, that is: runs beside the regular ones.
pub(super) fn is_sidecar(container: NodeRef<'_>, pod: &Context<'_>) -> bool {
    init_policy(container, pod) == Some("Always")
}

/// The policy and rules of an init container (`validateInitContainerRestartPolicy`).
pub(super) fn validate_init(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let policy = init_policy(container, pod);
    if !pod.gates.container_restart_rules() {
        // What is not `Always` was dropped together with the rules.
        return;
    }
    let has_rules = super::any(container, "restartPolicyRules");
    match policy {
        None => {
            if has_rules {
                let text = "must specify restartPolicy when restart rules are used";
                errors.required(&path.field("restartPolicy"), text);
            }
        }
        Some("Always") if !pod.gates.restart_all_containers() => {
            if has_rules {
                let text = "restartPolicyRules are not allowed for init containers with restart policy Always";
                errors.forbidden(&path.field("restartPolicyRules"), text);
            }
        }
        Some(_) => validate(container, path, pod, errors),
    }
}

/// The policy and rules of a container.
pub(super) fn validate(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    if !pod.gates.container_restart_rules() {
        if pod.gates.sidecar_containers() && container.has("restartPolicy") {
            errors.forbidden(&path.field("restartPolicy"), "may not be set for non-init containers");
        }
        return;
    }
    let rules = container.get("restartPolicyRules").map_or(0, NodeRef::len);
    match container.text_pointer("restartPolicy") {
        None if rules == 0 => return,
        None => {
            errors.required(&path.field("restartPolicy"), "must specify restartPolicy when restart rules are used");
        }
        Some("Always" | "Never" | "OnFailure") => {}
        Some(other) => errors.not_supported(&path.field("restartPolicy"), other, &["Always", "Never", "OnFailure"]),
    }
    let rules_path = path.field("restartPolicyRules");
    if rules > 20 {
        errors.too_many(&rules_path, rules, 20);
    }
    for (index, rule) in items(container, "restartPolicyRules") {
        validate_rule(rule, &rules_path.index(index), pod, errors);
    }
}

fn validate_rule(rule: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let actions: &[&str] =
        if pod.gates.restart_all_containers() { &["Restart", "RestartAllContainers"] } else { &["Restart"] };
    let action = rule.text("action");
    if !actions.contains(&action) {
        errors.not_supported(&path.field("action"), action, actions);
    }
    let Some(exit_codes) = rule.get("exitCodes") else {
        errors.required(&path.field("exitCodes"), "must be specified");
        return;
    };
    let path = path.field("exitCodes");
    let operator = exit_codes.text("operator");
    if !matches!(operator, "In" | "NotIn") {
        errors.not_supported(&path.field("operator"), operator, &["In", "NotIn"]);
    }
    let values = exit_codes.get("values").map_or(0, NodeRef::len);
    if values > 255 {
        errors.too_many(&path.field("values"), values, 255);
    }
}

/// The policy for resizing a container in place (`validateResizePolicy`).
pub(super) fn validate_resize(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    if !pod.gates.resize_policy() {
        return;
    }
    let mut resources: Vec<&str> = Vec::new();
    for (index, policy) in items(container, "resizePolicy") {
        let resource = policy.text("resourceName");
        if resources.contains(&resource) {
            errors.duplicate(&path.index(index), resource);
        }
        resources.push(resource);
        match resource {
            "cpu" | "memory" => {}
            "" => check::required("", path, errors),
            other => errors.not_supported(path, other, &["cpu", "memory"]),
        }
        let restart = policy.text("restartPolicy");
        match restart {
            "NotRequired" | "RestartContainer" => {}
            "" => check::required("", path, errors),
            other => errors.not_supported(path, other, &["NotRequired", "RestartContainer"]),
        }
        if pod.restart_policy == "Never" && restart != "NotRequired" {
            errors.invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn a_pod_restarts_in_one_of_three_ways() {
        assert_eq!(
            spec_errors(json!({"restartPolicy": "Sometimes"})),
            ["spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \
              \"OnFailure\", \"Never\""]
        );
    }

    #[test]
    fn rules_need_a_policy_and_exit_codes() {
        assert_eq!(
            container_errors(json!({"restartPolicyRules": [
                {"action": "Restart"},
                {"action": "Reboot", "exitCodes": {"operator": "Is"}},
            ]})),
            [
                "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are \
                 used",
                "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
                "spec.containers[0].restartPolicyRules[1].action: Unsupported value: \"Reboot\": supported values: \
                 \"Restart\", \"RestartAllContainers\"",
                "spec.containers[0].restartPolicyRules[1].exitCodes.operator: Unsupported value: \"Is\": supported \
                 values: \"In\", \"NotIn\"",
            ]
        );
    }

    #[test]
    fn a_resize_policy_is_for_processors_or_memory_once() {
        assert_eq!(
            container_errors(json!({"resizePolicy": [
                {"resourceName": "cpu", "restartPolicy": "NotRequired"},
                {"resourceName": "cpu", "restartPolicy": "Maybe"},
                {"resourceName": "disk", "restartPolicy": "NotRequired"},
            ]})),
            [
                "spec.containers[0].resizePolicy[1]: Duplicate value: \"cpu\"",
                "spec.containers[0].resizePolicy: Unsupported value: \"Maybe\": supported values: \"NotRequired\", \
                 \"RestartContainer\"",
                "spec.containers[0].resizePolicy: Unsupported value: \"disk\": supported values: \"cpu\", \"memory\"",
            ]
        );
    }
}
