//! The checks of level `baseline`, in the server's order.
//!
//! Apart from `restricted` because that level takes these over, all but a few that it makes stricter.

use super::Violation;
use super::subject::{Setters, Subject, distinct, plural, quoted};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A check: nothing, or one violation.
pub(super) type Check = fn(&Subject<'_>) -> Option<Violation>;

/// Everything that level `baseline` forbids; with `for_restricted`, what `restricted` does not judge itself.
pub(super) fn violations(subject: &Subject<'_>, for_restricted: bool) -> Vec<Violation> {
    let overridden_since = |since: u8| !(for_restricted && subject.version >= since);
    let checks: [(Check, bool); 12] = [
        (app_armor, true),
        (capabilities, overridden_since(22)),
        (host_namespaces, true),
        (host_paths, overridden_since(0)),
        (host_ports, true),
        (probe_hosts, subject.version >= 34),
        (privileged, true),
        (proc_mount, overridden_since(35)),
        (se_linux, true),
        (seccomp, overridden_since(19)),
        (sysctls, true),
        (host_process, true),
    ];
    checks.into_iter().filter(|(_, applies)| *applies).filter_map(|(check, _)| check(subject)).collect()
}

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

fn app_armor(subject: &Subject<'_>) -> Option<Violation> {
    let is_allowed = |kind: &str| matches!(kind, "RuntimeDefault" | "Localhost");
    let mut setters = Setters::default();
    let mut values: Vec<&str> = Vec::new();
    if let Some(profile) = subject.security("appArmorProfile").filter(|profile| !is_allowed(profile.text("type"))) {
        setters.add_pod(&["securityContext", "appArmorProfile", "type"]);
        values.push(profile.text("type"));
    }
    let annotation_of = |name: &str| {
        let key = format!("{APP_ARMOR}{name}");
        subject.annotations().find(|(annotation, _)| *annotation == key).map(|(_, value)| value)
    };
    for container in subject.containers() {
        let kind = match container.security("appArmorProfile") {
            Some(profile) => profile.text("type"),
            // The server makes a Pod's annotation a field before it gets here.
            None if subject.pod.is_pod
                && !subject.is_windows()
                && annotation_of(container.name()) == Some("unconfined")
                && subject.security("appArmorProfile").text("type") != "Unconfined" =>
            {
                "Unconfined"
            }
            None => continue,
        };
        if !is_allowed(kind) {
            setters.add(container, &["securityContext", "appArmorProfile", "type"]);
            values.push(kind);
        }
    }
    let is_good = |value: &str| matches!(value, "" | "runtime/default") || value.starts_with("localhost/");
    let annotations: Vec<String> = subject
        .annotations()
        .filter(|(key, value)| key.starts_with(APP_ARMOR) && !is_good(value))
        .map(|(key, value)| format!("{key}={}", crate::go_quote::go_quote(value)))
        .collect();
    if setters.is_empty() && annotations.is_empty() {
        return None;
    }
    let mut who = Vec::new();
    if !setters.is_empty() {
        who.push(setters.shown());
    }
    if !annotations.is_empty() {
        who.push(plural("annotation", "annotations", annotations.len()).to_owned());
    }
    let values: Vec<String> = distinct(values).into_iter().map(str::to_owned).chain(distinct(annotations)).collect();
    let reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.len());
    let detail = format!("{} must not set AppArmor profile type to {}", who.join(" and "), quoted(&values));
    Some(setters.violation(reason, detail))
}

/// The capabilities that the Baseline standard lets a container add (`policy/check_capabilities_baseline.go` of
/// k8s.io/pod-security-admission, 1.36).
pub const ADDABLE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn capabilities(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    let mut values = Vec::new();
    for container in subject.containers() {
        let before = values.len();
        values.extend(
            added(container.security("capabilities")).filter(|capability| !ADDABLE_CAPABILITIES.contains(capability)),
        );
        if values.len() > before {
            setters.add(container, &["securityContext", "capabilities", "add"]);
        }
    }
    let who = setters.has_containers().then(|| setters.containers())?;
    let detail = format!("{who} must not include {} in securityContext.capabilities.add", quoted(&distinct(values)));
    Some(setters.violation("non-default capabilities", detail))
}

/// The capabilities that are added.
pub(super) fn added(capabilities: Option<NodeRef<'_>>) -> impl Iterator<Item = &str> {
    let list = capabilities.and_then(|capabilities| capabilities.get("add"));
    list.into_iter().flat_map(NodeRef::elements).map(|capability| capability.as_str().unwrap_or_default())
}

fn host_namespaces(subject: &Subject<'_>) -> Option<Violation> {
    let fields = ["hostNetwork", "hostPID", "hostIPC"];
    let shared: Vec<&str> = fields.into_iter().filter(|field| subject.pod.spec.flag(field)).collect();
    let first = shared.first()?;
    let detail: Vec<String> = shared.iter().map(|field| format!("{field}=true")).collect();
    Some(Violation::new("host namespaces", detail.join(", "), &Path::ROOT.field(first)))
}

fn host_paths(subject: &Subject<'_>) -> Option<Violation> {
    let volumes = || subject.pod.spec.get("volumes").into_iter().flat_map(NodeRef::elements).enumerate();
    let names: Vec<&str> =
        volumes().filter(|(_, volume)| volume.has("hostPath")).map(|(_, volume)| volume.text("name")).collect();
    let (first, _) = volumes().find(|(_, volume)| volume.has("hostPath"))?;
    let detail = format!("{} {}", plural("volume", "volumes", names.len()), quoted(&names));
    let list = Path::ROOT.field("volumes");
    Some(Violation::new("hostPath volumes", detail, &list.index(first).field("hostPath")))
}

fn host_ports(subject: &Subject<'_>) -> Option<Violation> {
    // The server gives the ports of a Pod on the host's network to the host as well.
    let is_on_host = subject.pod.is_pod && subject.pod.spec.flag("hostNetwork");
    let mut setters = Setters::default();
    let mut ports = Vec::new();
    for container in subject.containers() {
        let before = ports.len();
        for port in container.node.get("ports").into_iter().flat_map(NodeRef::elements) {
            let number = match port.int("hostPort").unwrap_or(0) {
                0 if is_on_host => port.int("containerPort").unwrap_or(0),
                number => number,
            };
            if number != 0 {
                ports.push(number.to_string());
            }
        }
        if ports.len() > before {
            setters.add(container, &["ports"]);
        }
    }
    let who = setters.has_containers().then(|| setters.containers())?;
    // Sorted as text, as the server does.
    let ports = distinct(ports);
    let detail = format!(
        "{who} {} {} {}",
        plural("uses", "use", setters.count()),
        plural("hostPort", "hostPorts", ports.len()),
        ports.join(", ")
    );
    Some(setters.violation("hostPort", detail))
}

fn probe_hosts(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    let mut hosts = Vec::new();
    for container in subject.containers() {
        let before = hosts.len();
        let handlers = [
            &["livenessProbe"] as &[&str],
            &["readinessProbe"],
            &["startupProbe"],
            &["lifecycle", "postStart"],
            &["lifecycle", "preStop"],
        ];
        for handler in handlers {
            let Some(handler) = container.node.at(handler) else { continue };
            let named = ["httpGet", "tcpSocket"].map(|action| handler.get(action).text("host"));
            hosts.extend(named.into_iter().filter(|host| !host.is_empty()));
        }
        if hosts.len() > before {
            setters.add(container, &[]);
        }
    }
    setters.sort();
    let who = setters.has_containers().then(|| setters.containers())?;
    let hosts = distinct(hosts);
    let detail = format!(
        "{who} {} {} {}",
        plural("uses", "use", setters.count()),
        plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.len()),
        quoted(&hosts)
    );
    Some(setters.violation("probe or lifecycle host", detail))
}

fn privileged(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    for container in subject.containers() {
        if container.security("privileged").and_then(NodeRef::as_bool) == Some(true) {
            setters.add(container, &["securityContext", "privileged"]);
        }
    }
    let who = setters.has_containers().then(|| setters.containers())?;
    Some(setters.violation("privileged", format!("{who} must not set securityContext.privileged=true")))
}

fn proc_mount(subject: &Subject<'_>) -> Option<Violation> {
    if subject.is_in_user_namespace() { None } else { any_proc_mount(subject) }
}

/// As it stands at level `restricted`, where a user namespace is no excuse.
pub(super) fn any_proc_mount(subject: &Subject<'_>) -> Option<Violation> {
    let mut setters = Setters::default();
    let mut values = Vec::new();
    for container in subject.containers() {
        let mount = container.security("procMount").and_then(NodeRef::as_str);
        if let Some(mount) = mount.filter(|mount| *mount != "Default") {
            setters.add(container, &["securityContext", "procMount"]);
            values.push(mount);
        }
    }
    let who = setters.has_containers().then(|| setters.containers())?;
    let detail = format!("{who} must not set securityContext.procMount to {}", quoted(&distinct(values)));
    Some(setters.violation("procMount", detail))
}

fn se_linux(subject: &Subject<'_>) -> Option<Violation> {
    let mut types = Vec::new();
    let (mut sets_user, mut sets_role) = (false, false);
    let mut is_bad = |options: NodeRef<'_>| {
        let kind = options.text("type").to_owned();
        let is_known = matches!(kind.as_str(), "" | "container_t" | "container_init_t" | "container_kvm_t")
            || (kind == "container_engine_t" && subject.version >= 31);
        if !is_known {
            types.push(kind);
        }
        let (user, role) = (!options.text("user").is_empty(), !options.text("role").is_empty());
        sets_user |= user;
        sets_role |= role;
        !is_known || user || role
    };
    let mut setters = Setters::default();
    if subject.security("seLinuxOptions").is_some_and(&mut is_bad) {
        setters.add_pod(&["securityContext", "seLinuxOptions"]);
    }
    for container in subject.containers() {
        if container.security("seLinuxOptions").is_some_and(&mut is_bad) {
            setters.add(container, &["securityContext", "seLinuxOptions"]);
        }
    }
    if setters.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    let types = distinct(types);
    if !types.is_empty() {
        data.push(format!("{} {}", plural("type", "types", types.len()), quoted(&types)));
    }
    if sets_user {
        data.push("user may not be set".to_owned());
    }
    if sets_role {
        data.push("role may not be set".to_owned());
    }
    let detail = format!("{} set forbidden securityContext.seLinuxOptions: {}", setters.shown(), data.join("; "));
    Some(setters.violation("seLinuxOptions", detail))
}

/// Who sets a seccomp profile that is neither the runtime's nor one of the host's.
pub(super) fn bad_seccomp<'t>(subject: &Subject<'t>) -> (Setters<'t>, Vec<&'t str>) {
    let is_bad = |profile: &NodeRef<'_>| !matches!(profile.text("type"), "RuntimeDefault" | "Localhost");
    let mut setters = Setters::default();
    let mut values = Vec::new();
    if let Some(profile) = subject.security("seccompProfile").filter(is_bad) {
        setters.add_pod(&["securityContext", "seccompProfile", "type"]);
        values.push(profile.text("type"));
    }
    for container in subject.containers() {
        if let Some(profile) = container.security("seccompProfile").filter(is_bad) {
            setters.add(container, &["securityContext", "seccompProfile", "type"]);
            values.push(profile.text("type"));
        }
    }
    (setters, distinct(values))
}

/// The violation for those, if there are any.
pub(super) fn seccomp_violation(setters: Setters<'_>, values: &[&str]) -> Option<Violation> {
    if setters.is_empty() {
        return None;
    }
    let who = setters.shown();
    let detail = format!("{who} must not set securityContext.seccompProfile.type to {}", quoted(values));
    Some(setters.violation("seccompProfile", detail))
}

fn seccomp(subject: &Subject<'_>) -> Option<Violation> {
    if subject.version < 19 {
        return seccomp_annotations(subject);
    }
    let (setters, values) = bad_seccomp(subject);
    seccomp_violation(setters, &values)
}

/// As it was before there was a field.
fn seccomp_annotations(subject: &Subject<'_>) -> Option<Violation> {
    let is_good =
        |value: &str| matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
    let is_meant = |key: &str| {
        key == "seccomp.security.alpha.kubernetes.io/pod"
            || key
                .strip_prefix("container.seccomp.security.alpha.kubernetes.io/")
                .is_some_and(|name| subject.containers().any(|container| container.name() == name))
    };
    let forbidden: Vec<String> = subject
        .annotations()
        .filter(|(key, value)| is_meant(key) && !is_good(value))
        .map(|(key, value)| format!("{key}={}", crate::go_quote::go_quote(value)))
        .collect();
    if forbidden.is_empty() {
        return None;
    }
    let noun = plural("annotation", "annotations", forbidden.len());
    Some(Violation::new("seccompProfile", format!("forbidden {noun} {}", distinct(forbidden).join(", ")), &Path::ROOT))
}

fn sysctls(subject: &Subject<'_>) -> Option<Violation> {
    let is_allowed = |name: &str| match name {
        "kernel.shm_rmid_forced"
        | "net.ipv4.ip_local_port_range"
        | "net.ipv4.tcp_syncookies"
        | "net.ipv4.ping_group_range"
        | "net.ipv4.ip_unprivileged_port_start" => true,
        "net.ipv4.ip_local_reserved_ports" => subject.version >= 27,
        "net.ipv4.tcp_keepalive_time"
        | "net.ipv4.tcp_fin_timeout"
        | "net.ipv4.tcp_keepalive_intvl"
        | "net.ipv4.tcp_keepalive_probes" => subject.version >= 29,
        "net.ipv4.tcp_rmem" | "net.ipv4.tcp_wmem" => subject.version >= 32,
        _ => false,
    };
    let list = subject.security("sysctls").into_iter().flat_map(NodeRef::elements);
    let forbidden: Vec<&str> = list.map(|sysctl| sysctl.text("name")).filter(|name| !is_allowed(name)).collect();
    let path = Path::ROOT.field("securityContext");
    (!forbidden.is_empty()).then(|| Violation::new("forbidden sysctls", forbidden.join(", "), &path.field("sysctls")))
}

fn host_process(subject: &Subject<'_>) -> Option<Violation> {
    let is_on_host =
        |options: Option<NodeRef<'_>>| options.and_then(|options| options.get("hostProcess")?.as_bool()) == Some(true);
    let mut setters = Setters::default();
    if is_on_host(subject.security("windowsOptions")) {
        setters.add_pod(&["securityContext", "windowsOptions", "hostProcess"]);
    }
    for container in subject.containers() {
        if is_on_host(container.security("windowsOptions")) {
            setters.add(container, &["securityContext", "windowsOptions", "hostProcess"]);
        }
    }
    if setters.is_empty() {
        return None;
    }
    let detail = format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters.shown());
    Some(setters.violation("hostProcess", detail))
}
