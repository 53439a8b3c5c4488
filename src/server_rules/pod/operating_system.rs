//! The pod's operating system, and the fields that belong to the other one (`validateOS`, `validateLinux`,
//! `validateWindows`).
//!
//! Apart because these are lists of fields that must not be set, whatever their value.

use super::context::Context;
use super::{any, visit_containers};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;

/// Judges `os`, and with it the rest of the spec.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    match pod.os {
        None => {}
        Some("") => errors.required(&path.field("os").field("name"), ""),
        Some("linux") => validate_linux(pod, path, errors),
        Some("windows") => validate_windows(pod, path, errors),
        Some(other) => errors.not_supported(&path.field("os"), other, &["linux", "windows"]),
    }
}

fn validate_linux(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let text = "windows options cannot be set for a linux pod";
    if pod.security.has("windowsOptions") {
        errors.forbidden(&path.field("securityContext").field("windowsOptions"), text);
    }
    visit_containers(pod.spec, path, |container, path| {
        if container.get("securityContext").has("windowsOptions") {
            errors.forbidden(&path.field("securityContext").field("windowsOptions"), text);
        }
    });
}

fn validate_windows(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let text = "cannot be set for a windows pod";
    let context = pod.security;
    let context_path = path.field("securityContext");
    let mut forbid = |is_set: bool, path: &Path<'_>| {
        if is_set {
            errors.forbidden(path, text);
        }
    };
    for field in ["appArmorProfile", "seLinuxOptions"] {
        forbid(context.has(field), &context_path.field(field));
    }
    forbid(pod.spec.has("hostUsers") && pod.gates.user_namespaces(), &path.field("hostUsers"));
    forbid(pod.spec.flag("hostPID"), &path.field("hostPID"));
    forbid(pod.spec.flag("hostIPC"), &path.field("hostIPC"));
    for field in ["seccompProfile", "fsGroup", "fsGroupChangePolicy"] {
        forbid(context.has(field), &context_path.field(field));
    }
    forbid(context.is_some_and(|context| any(context, "sysctls")), &context_path.field("sysctls"));
    forbid(pod.spec.has("shareProcessNamespace"), &path.field("shareProcessNamespace"));
    for field in ["runAsUser", "runAsGroup", "supplementalGroups"] {
        forbid(context.has(field), &context_path.field(field));
    }
    let groups_policy = "supplementalGroupsPolicy";
    forbid(context.has(groups_policy) && pod.gates.supplemental_groups_policy(), &context_path.field(groups_policy));
    let label_policy = "seLinuxChangePolicy";
    forbid(context.has(label_policy) && pod.gates.se_linux_change_policy(), &context_path.field(label_policy));
    visit_containers(pod.spec, path, |container, path| {
        let Some(context) = container.get("securityContext") else { return };
        let path = path.field("securityContext");
        let fields = [
            "appArmorProfile",
            "seLinuxOptions",
            "seccompProfile",
            "capabilities",
            "readOnlyRootFilesystem",
            "privileged",
            "allowPrivilegeEscalation",
            "procMount",
            "runAsUser",
            "runAsGroup",
        ];
        for field in fields {
            forbid(context.has(field), &path.field(field));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, spec_errors};
    use serde_json::json;

    #[test]
    fn each_system_has_settings_of_its_own() {
        let context = json!({"securityContext": {"windowsOptions": {}, "privileged": false}});
        let with = |name: &str| {
            spec_errors(json!({
                "os": {"name": name},
                "securityContext": {"fsGroup": 1},
                "containers": [container(context.clone())],
            }))
        };
        assert_eq!(
            with("linux"),
            [
                "spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux \
              pod"
            ]
        );
        assert_eq!(
            with("windows"),
            [
                "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
                "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
            ]
        );
        assert_eq!(with("plan9"), ["spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""]);
        assert_eq!(with(""), ["spec.os.name: Required value"]);
    }
}
