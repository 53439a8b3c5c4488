//! Security contexts, of pods and of containers (`validatePodSpecSecurityContext`, `ValidateSecurityContext`).
//!
//! Apart because both judge the same kinds of settings, each with fields of its own.
//!
//! Privileged containers pass: whether they are allowed is a flag of the server (`--allow-privileged`), which every
//! common installation sets.

use super::context::Context;
use super::{bool_of, check, go_struct, items, profiles, windows};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// Security contexts.
pub static SECURITY_CONTEXT: Rule = Rule {
    id: "api/pod-security-context",
    level: Level::Error,
    summary: "the API server refuses a security context",
    why: "users, groups, profiles and kernel settings must be well formed, and must not contradict each other",
    docs: include_str!("pod-security-context.md"),
};

/// `securityContext` of a container.
pub(super) fn validate_container(context: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    check::id(context.int("runAsUser"), &path.field("runAsUser"), errors);
    check::id(context.int("runAsGroup"), &path.field("runAsGroup"), errors);
    if let Some(mount) = context.text_pointer("procMount").filter(|_| pod.gates.proc_mount()) {
        let path = path.field("procMount");
        if !matches!(mount, "Default" | "Unmasked") {
            errors.not_supported_in_order(&path, mount, &["Default", "Unmasked"]);
        }
        if pod.host_users && mount == "Unmasked" {
            errors.invalid(&path, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    profiles::validate_seccomp(context, path, errors);
    if bool_of(context, "allowPrivilegeEscalation") == Some(false) {
        if context.flag("privileged") {
            let text = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(path, &Verbatim(&go_struct::security_context(context)), text);
        }
        let added = context.at(&["capabilities", "add"]).into_iter().flat_map(NodeRef::elements);
        for _ in added.filter(|capability| capability.as_str() == Some("CAP_SYS_ADMIN")) {
            let text = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(path, &Verbatim(&go_struct::security_context(context)), text);
        }
    }
    windows::validate(context, path, errors);
    profiles::validate_app_armor(context, path, errors);
}

/// `securityContext` of a pod.
pub(super) fn validate_pod(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(context) = pod.security {
        check::id(context.int("fsGroup"), &path.field("fsGroup"), errors);
        check::id(context.int("runAsUser"), &path.field("runAsUser"), errors);
        check::id(context.int("runAsGroup"), &path.field("runAsGroup"), errors);
        let groups_path = path.field("supplementalGroups");
        for (index, group) in items(context, "supplementalGroups") {
            check::id(group.as_i64(), &groups_path.index(index), errors);
        }
    }
    // The field stands in the spec; the server holds it in the security context and words the path so.
    if pod.spec.flag("shareProcessNamespace") && pod.spec.flag("hostPID") {
        let text = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(&path.field("shareProcessNamespace"), &true, text);
    }
    let Some(context) = pod.security else { return };
    validate_sysctls(context, pod, &path.field("sysctls"), errors);
    one_of(context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], path, errors);
    profiles::validate_seccomp(context, path, errors);
    windows::validate(context, path, errors);
    profiles::validate_app_armor(context, path, errors);
    if pod.gates.supplemental_groups_policy() {
        one_of(context, "supplementalGroupsPolicy", &["Merge", "Strict"], path, errors);
    }
    if pod.gates.se_linux_change_policy() {
        let policies: &[&str] = if pod.gates.se_linux_mount() { &["MountOption", "Recursive"] } else { &["Recursive"] };
        one_of(context, "seLinuxChangePolicy", policies, path, errors);
    }
}

fn one_of(context: NodeRef<'_>, field: &str, supported: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(value) = context.text_pointer(field).filter(|value| !supported.contains(value)) {
        errors.not_supported(&path.field(field), value, supported);
    }
}

fn validate_sysctls(context: NodeRef<'_>, pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut names = HashSet::new();
    for (index, sysctl) in items(context, "sysctls") {
        let element = path.index(index);
        let path = element.field("name");
        let name = sysctl.text("name");
        if name.is_empty() {
            errors.required(&path, "");
        } else if !is_sysctl(name) {
            let text = r"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            errors.invalid(&path, name, text);
        } else if names.contains(name) {
            errors.duplicate(&path, name);
        }
        let namespace = if pod.gates.host_sysctls_are_judged() { namespace_of(name) } else { None };
        match namespace {
            Some("net") if pod.host_network => {
                errors.invalid(&path, name, "may not be specified when 'hostNetwork' is true");
            }
            Some("ipc") if pod.spec.flag("hostIPC") => {
                errors.invalid(&path, name, "may not be specified when 'hostIPC' is true");
            }
            _ => {}
        }
        names.insert(name);
    }
}

/// `IsValidSysctlName`: parts of letters, digits and inner dashes and underscores, between dots or slashes.
fn is_sysctl(name: &str) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 253
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(is_end)
                && bytes.last().is_some_and(is_end)
                && bytes.iter().all(|byte| is_end(byte) || matches!(byte, b'-' | b'_'))
        })
}

/// The kernel namespace a setting belongs to (`GetNamespace` of `k8s.io/component-helpers/node/util/sysctl`).
fn namespace_of(name: &str) -> Option<&'static str> {
    let name = normalized(name);
    let name = name.split('*').next().unwrap_or_default();
    match name {
        "kernel.sem"
        | "kernel.shmall"
        | "kernel.shmmax"
        | "kernel.shmmni"
        | "kernel.shm_rmid_forced"
        | "kernel.shm"
        | "kernel.msgmax"
        | "kernel.msgmnb"
        | "kernel.msgmni"
        | "kernel.msg" => Some("ipc"),
        _ if name.starts_with("net.") => Some("net"),
        _ if name.starts_with("fs.mqueue.") => Some("ipc"),
        _ => None,
    }
}

/// Slashes and dots swap places where the first of both is a slash (`NormalizeName`).
fn normalized(name: &str) -> String {
    if name.find(['.', '/']).is_none_or(|first| name[first..].starts_with('.')) {
        return name.to_owned();
    }
    name.chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect()
}

/// A pod with a user namespace of its own has the other namespaces of its own too (`validateHostUsers`).
pub(super) fn validate_host_users(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if pod.host_users {
        return;
    }
    let text = "when `hostUsers` is false";
    if pod.host_network {
        errors.forbidden(&path.field("hostNetwork"), text);
    }
    if pod.spec.flag("hostPID") {
        errors.forbidden(&path.field("HostPID"), text);
    }
    if pod.spec.flag("hostIPC") {
        errors.forbidden(&path.field("HostIPC"), text);
    }
    super::visit_containers(pod.spec, path, |container, path| {
        if pod.gates.user_namespace_devices_are_judged() && super::any(container, "volumeDevices") {
            errors.forbidden(&path.field("volumeDevices"), text);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn numbers_of_users_and_groups_have_31_bits() {
        assert_eq!(
            spec_errors(json!({"securityContext": {"runAsUser": -1, "supplementalGroups": [2_147_483_648u32]}})),
            [
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
                "spec.securityContext.supplementalGroups[0]: Invalid value: 2147483648: must be between 0 and \
                 2147483647, inclusive",
            ]
        );
    }

    #[test]
    fn privileges_do_not_contradict_each_other() {
        let context = json!({"allowPrivilegeEscalation": false, "privileged": true});
        assert_eq!(
            container_errors(json!({"securityContext": context})),
            ["spec.containers[0].securityContext: Invalid value: {\"Capabilities\":null,\"Privileged\":true,\
              \"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,\
              \"RunAsNonRoot\":null,\"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,\
              \"ProcMount\":null,\"SeccompProfile\":null,\"AppArmorProfile\":null}: cannot set \
              `allowPrivilegeEscalation` to false and `privileged` to true"]
        );
        assert!(container_errors(json!({"securityContext": {"privileged": true}})).is_empty());
    }

    #[test]
    fn an_unmasked_proc_needs_a_user_namespace() {
        let unmasked = json!({"securityContext": {"procMount": "Unmasked"}});
        assert_eq!(
            container_errors(unmasked),
            [
                "spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to \
              use `Unmasked`"
            ]
        );
    }

    #[test]
    fn kernel_settings_are_the_pods_own() {
        assert_eq!(
            spec_errors(json!({
                "hostIPC": true,
                "securityContext": {"sysctls": [
                    {"name": "kernel/shmmax", "value": "1"},
                    {"name": "Net.core", "value": "1"},
                    {"name": "vm.x", "value": "1"},
                    {"name": "vm.x", "value": "1"},
                ]},
            })),
            [
                "spec.securityContext.sysctls[0].name: Invalid value: \"kernel/shmmax\": may not be specified when \
                 'hostIPC' is true",
                "spec.securityContext.sysctls[1].name: Invalid value: \"Net.core\": must have at most 253 characters \
                 and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
                "spec.securityContext.sysctls[3].name: Duplicate value: \"vm.x\"",
            ]
        );
    }

    #[test]
    fn labels_change_recursively() {
        assert_eq!(
            spec_errors(json!({"securityContext": {"seLinuxChangePolicy": "MountOption"}})),
            ["spec.securityContext.seLinuxChangePolicy: Unsupported value: \"MountOption\": supported values: \
              \"Recursive\""]
        );
    }

    #[test]
    fn a_user_namespace_does_not_go_with_the_hosts_others() {
        assert_eq!(
            spec_errors(json!({"hostUsers": false, "hostNetwork": true, "hostPID": true})),
            [
                "spec.hostNetwork: Forbidden: when `hostUsers` is false",
                "spec.HostPID: Forbidden: when `hostUsers` is false",
            ]
        );
        assert_eq!(
            spec_errors(json!({"shareProcessNamespace": true, "hostPID": true})),
            ["spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID \
              cannot both be enabled"]
        );
    }
}
