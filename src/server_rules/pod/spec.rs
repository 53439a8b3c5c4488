//! The pod spec: all its parts, in the server's order (`ValidatePodSpec`).
//!
//! Apart as the table of contents of this room. Fields that are dropped before validation because their gate is off
//! (`schedulingGroup` for one, in every minor so far) are not judged.

use super::containers::{self, CONTAINERS};
use super::context::Context;
use super::volumes::{self, VOLUMES};
use super::{
    affinity, check, dns, environment, items, operating_system, ports, resource_claims, resources, restart,
    security_context, spread, tolerations, windows,
};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;

/// Judges a pod spec under the rule that is in force, and its parts under their own.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let spec = pod.spec;
    let mut good_volumes = volumes::Volumes::default();
    errors.under(&VOLUMES, |errors| good_volumes = volumes::validate(pod, &path.field("volumes"), errors));
    resource_claims::validate(pod, &path.field("resourceClaims"), errors);
    errors.under(&CONTAINERS, |errors| {
        containers::validate_regular(pod, &good_volumes, &path.field("containers"), errors);
        containers::validate_init(pod, &good_volumes, &path.field("initContainers"), errors);
        containers::validate_ephemeral(pod, &good_volumes, &path.field("ephemeralContainers"), errors);
    });
    if pod.gates.pod_level_resources() {
        errors.under(&resources::RESOURCES, |errors| resources::validate_pod(pod, &path.field("resources"), errors));
    }
    ports::host_network(pod, path, errors);
    restart::validate_pod(pod.restart_policy, &path.field("restartPolicy"), errors);
    errors.under(&dns::DNS, |errors| dns::validate_policy(pod, &path.field("dnsPolicy"), errors));
    errors.under(&affinity::SCHEDULING, |errors| {
        check::labels(spec.get("nodeSelector"), &path.field("nodeSelector"), errors);
    });
    errors.under(&security_context::SECURITY_CONTEXT, |errors| {
        security_context::validate_pod(pod, &path.field("securityContext"), errors);
    });
    errors.under(&affinity::SCHEDULING, |errors| affinity::validate(pod, &path.field("affinity"), errors));
    errors.under(&dns::DNS, |errors| dns::validate_config(pod, &path.field("dnsConfig"), errors));
    validate_gates(pod, path, errors);
    errors.under(&affinity::SCHEDULING, |errors| {
        spread::validate(pod, &path.field("topologySpreadConstraints"), errors);
    });
    errors.under(&security_context::SECURITY_CONTEXT, |errors| {
        windows::validate_host_process(pod, path, errors);
        security_context::validate_host_users(pod, path, errors);
    });
    errors.under(&dns::DNS, |errors| dns::validate_hostname_override(pod, path, errors));
    validate_names(pod, path, errors);
    errors.under(&affinity::SCHEDULING, |errors| {
        tolerations::validate(spec, "tolerations", &path.field("tolerations"), errors);
    });
    errors.under(&dns::DNS, |errors| dns::validate_host_aliases(pod, &path.field("hostAliases"), errors));
    validate_priority(pod, path, errors);
    if let Some(overhead) = spec.get("overhead") {
        errors.under(&resources::RESOURCES, |errors| {
            resources::validate_overhead(overhead, &path.field("overhead"), errors);
        });
    }
    operating_system::validate(pod, path, errors);
    errors.under(&environment::ENVIRONMENT, |errors| environment::file_volumes(pod, path, errors));
}

/// Gates that hold back readiness or scheduling.
fn validate_gates(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let readiness_path = path.field("readinessGates");
    for (index, gate) in items(pod.spec, "readinessGates") {
        let path = readiness_path.index(index);
        check::qualified_name(gate.text("conditionType"), &path.field("conditionType"), errors);
    }
    let scheduling_path = path.field("schedulingGates");
    let mut seen: Vec<&str> = Vec::new();
    for (index, gate) in items(pod.spec, "schedulingGates") {
        let name = gate.text("name");
        check::qualified_name(name, &scheduling_path.index(index), errors);
        if seen.contains(&name) {
            errors.duplicate(&scheduling_path.index(index), name);
        }
        seen.push(name);
    }
}

/// Names of the service account, the node, the host.
fn validate_names(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let spec = pod.spec;
    // The old field is an alias; the new one wins.
    let account = spec.text_or("serviceAccountName", spec.text("serviceAccount"));
    if !account.is_empty() {
        check::dns_subdomain(account, &path.field("serviceAccountName"), errors);
    }
    let node = spec.text("nodeName");
    if !node.is_empty() {
        check::dns_subdomain(node, &path.field("nodeName"), errors);
    }
    let deadline = spec.int("activeDeadlineSeconds");
    if let Some(seconds) = deadline.filter(|seconds| !(1..=i64::from(i32::MAX)).contains(seconds)) {
        let text = "must be between 1 and 2147483647, inclusive";
        errors.invalid(&path.field("activeDeadlineSeconds"), &seconds, text);
    }
    if pod.options.stateful_set.is_some() {
        return;
    }
    errors.under(&dns::DNS, |errors| {
        for field in ["hostname", "subdomain"] {
            let name = spec.text(field);
            if !name.is_empty() {
                check::dns_label(name, &path.field(field), errors);
            }
        }
    });
}

/// Priority, runtime class, preemption.
fn validate_priority(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let spec = pod.spec;
    let class = spec.text("priorityClassName");
    if !class.is_empty() {
        check::dns_subdomain(class, &path.field("priorityClassName"), errors);
    }
    if let Some(class) = spec.text_pointer("runtimeClassName") {
        check::dns_subdomain(class, &path.field("runtimeClassName"), errors);
    }
    match spec.text_pointer("preemptionPolicy") {
        None | Some("PreemptLowerPriority" | "Never") => {}
        Some("") => errors.required(&path.field("preemptionPolicy"), ""),
        Some(other) => {
            let policies = ["PreemptLowerPriority", "Never"];
            errors.not_supported_in_order(&path.field("preemptionPolicy"), other, &policies);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn gates_are_named_once() {
        let errors = spec_errors(json!({
            "readinessGates": [{"conditionType": "a/b/c"}],
            "schedulingGates": [{"name": "shop.example/wait"}, {"name": "shop.example/wait"}],
            "nodeName": "cellar",
        }));
        assert!(errors[0].starts_with("spec.readinessGates[0].conditionType: Invalid value: \"a/b/c\": "));
        assert_eq!(
            errors[1..],
            [
                "spec.schedulingGates[1]: Duplicate value: \"shop.example/wait\"",
                "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
            ]
        );
    }

    #[test]
    fn a_deadline_and_a_preemption_policy_are_in_range() {
        assert_eq!(
            spec_errors(json!({"activeDeadlineSeconds": 0, "preemptionPolicy": "Ask"})),
            [
                "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
                "spec.preemptionPolicy: Unsupported value: \"Ask\": supported values: \"PreemptLowerPriority\", \
                 \"Never\"",
            ]
        );
    }

    #[test]
    fn a_scheduling_group_is_dropped() {
        assert!(spec_errors(json!({"schedulingGroup": {}})).is_empty());
    }
}
