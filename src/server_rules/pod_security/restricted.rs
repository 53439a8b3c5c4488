//! The checks that level `restricted` adds, in the server's order.
//!
//! Apart from `baseline` because these ask for settings, where those forbid some.

use super::Violation;
use super::baseline::{Check, added, any_proc_mount, bad_seccomp, seccomp_violation};
use super::subject::{Setters, Subject, distinct, plural, quoted};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Everything that level `restricted` asks for beyond what it takes over from `baseline`.
pub(super) fn violations(subject: &Subject<'_>) -> Vec<Violation> {
    let version = subject.version;
    // Since 1.25 Windows is spared what has no meaning there.
    let is_spared = version >= 25 && subject.is_windows();
    let checks: [(Check, bool); 7] = [
        (privilege_escalation, version >= 8 && !is_spared),
        (capabilities, version >= 22 && !is_spared),
        (any_proc_mount, version >= 35),
        (volumes, true),
        (non_root, !subject.is_in_user_namespace()),
        (user, version >= 23 && !subject.is_in_user_namespace()),
        (seccomp, version >= 19 && !is_spared),
    ];
    checks.into_iter().filter(|(_, applies)| *applies).filter_map(|(check, _)| check(subject)).collect()
}

fn privilege_escalation(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    for container in subject.containers() {
        if container.security("allowPrivilegeEscalation").and_then(NodeRef::as_bool) != Some(false) {
            setters.add(container, &["securityContext", "allowPrivilegeEscalation"]);
        }
    }
    let who = setters.has_containers().then(|| setters.containers())?;
    let detail = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
    Some(setters.violation("allowPrivilegeEscalation != false", detail))
}

fn capabilities(subject: &Subject<'_>) -> Option<Violation> {
    let mut keeping = Setters::default();
    let mut adding = Setters::default();
    let mut values = Vec::new();
    for container in subject.containers() {
        let capabilities = container.security("capabilities");
        let dropped = capabilities.and_then(|capabilities| capabilities.get("drop"));
        if !dropped.into_iter().flat_map(NodeRef::elements).any(|capability| capability.as_str() == Some("ALL")) {
            keeping.add(container, &["securityContext", "capabilities", "drop"]);
        }
        let before = values.len();
        values.extend(added(capabilities).filter(|capability| *capability != "NET_BIND_SERVICE"));
        if values.len() > before {
            adding.add(container, &["securityContext", "capabilities", "add"]);
        }
    }
    let mut details = Vec::new();
    if keeping.has_containers() {
        details.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", keeping.containers()));
    }
    if adding.has_containers() {
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            adding.containers(),
            quoted(&distinct(values))
        ));
    }
    let setters = if keeping.has_containers() { keeping } else { adding };
    (!details.is_empty()).then(|| setters.violation("unrestricted capabilities", details.join("; ")))
}

fn volumes(subject: &Subject<'_>) -> Option<Violation> {
    const ALLOWED: [&str; 9] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    const RESTRICTED: [&str; 21] = [
        "hostPath",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "gitRepo",
        "nfs",
        "iscsi",
        "glusterfs",
        "rbd",
        "flexVolume",
        "cinder",
        "cephfs",
        "flocker",
        "fc",
        "azureFile",
        "vsphereVolume",
        "quobyte",
        "azureDisk",
        "photonPersistentDisk",
        "portworxVolume",
        "scaleIO",
        "storageos",
    ];
    let mut names = Vec::new();
    let mut types = Vec::new();
    let mut first = None;
    for (index, volume) in subject.pod.spec.get("volumes").into_iter().flat_map(NodeRef::elements).enumerate() {
        // A volume without any source is an `emptyDir` by now.
        let Some(kind) = RESTRICTED.into_iter().find(|kind| volume.has(kind)) else { continue };
        if ALLOWED.into_iter().any(|kind| volume.has(kind)) {
            continue;
        }
        names.push(volume.text("name"));
        types.push(kind);
        first = first.or(Some((index, kind)));
    }
    let (index, kind) = first?;
    let types = distinct(types);
    let detail = format!(
        "{} {} {} {} {}",
        plural("volume", "volumes", names.len()),
        quoted(&names),
        plural("uses", "use", names.len()),
        plural("restricted volume type", "restricted volume types", types.len()),
        quoted(&types)
    );
    let list = Path::ROOT.field("volumes");
    Some(Violation::new("restricted volume types", detail, &list.index(index).field(kind)))
}

fn non_root(subject: &Subject<'_>) -> Option<Violation> {
    const REASON: &str = "runAsNonRoot != true";
    let mut refusing = Setters::default();
    let mut silent = Setters::default();
    let of_pod = subject.security("runAsNonRoot").and_then(NodeRef::as_bool);
    if of_pod == Some(false) {
        refusing.add_pod(&["securityContext", "runAsNonRoot"]);
    }
    for container in subject.containers() {
        let field = ["securityContext", "runAsNonRoot"];
        match container.security("runAsNonRoot").and_then(NodeRef::as_bool) {
            Some(true) => {}
            Some(false) => refusing.add(container, &field),
            None if of_pod == Some(true) => {}
            None => silent.add(container, &field),
        }
    }
    if !refusing.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", refusing.shown());
        return Some(refusing.violation(REASON, detail));
    }
    let who = silent.has_containers().then(|| silent.containers())?;
    Some(silent.violation(REASON, format!("pod or {who} must set securityContext.runAsNonRoot=true")))
}

fn user(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    if subject.security("runAsUser").and_then(NodeRef::as_i64) == Some(0) {
        setters.add_pod(&["securityContext", "runAsUser"]);
    }
    for container in subject.containers() {
        if container.security("runAsUser").and_then(NodeRef::as_i64) == Some(0) {
            setters.add(container, &["securityContext", "runAsUser"]);
        }
    }
    if setters.is_empty() {
        return None;
    }
    let detail = format!("{} must not set runAsUser=0", setters.shown());
    Some(setters.violation("runAsUser=0", detail))
}

fn seccomp(subject: &Subject<'_>) -> Option<Violation> {
    let (setters, values) = bad_seccomp(subject);
    let is_set = !setters.pod && subject.security("seccompProfile").is_some();
    if let Some(violation) = seccomp_violation(setters, &values) {
        return Some(violation);
    }
    let mut silent = Setters::default();
    if !is_set {
        for container in subject.containers().filter(|container| container.security("seccompProfile").is_none()) {
            silent.add(container, &["securityContext", "seccompProfile", "type"]);
        }
    }
    let who = silent.has_containers().then(|| silent.containers())?;
    let detail =
        format!("pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    Some(silent.violation("seccompProfile", detail))
}
