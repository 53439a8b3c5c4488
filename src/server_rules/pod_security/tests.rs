//! Tests of the standards: a pod, a standard, the server's sentence.

use super::*;
use crate::yaml::{Tree, TreeBuilder};
use serde_json::{Value, json};

fn tree(value: &Value) -> Tree {
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(value);
    builder.finish(root)
}

fn said(level: Level, version: Version, pod: &Value) -> String {
    let tree = tree(pod);
    let gvk = GroupVersionKind::parse("v1", "Pod").expect("a group and version");
    let source = PodSource::of(&gvk, tree.root()).expect("a pod with a spec");
    let policy = Policy { level, version };
    let found = violations(policy, Minor(36), source);
    if found.is_empty() { String::new() } else { refusal(policy, &found) }
}

fn restricted(pod: &Value) -> String {
    said(Level::Restricted, Version::Latest, pod)
}

fn baseline(spec: &Value) -> String {
    said(Level::Baseline, Version::Latest, &json!({"spec": spec}))
}

fn hardened() -> Value {
    json!({"spec": {
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "oven", "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        }}],
        "volumes": [{"name": "tray"}, {"name": "flour", "configMap": {"name": "flour"}}],
    }})
}

#[test]
fn a_hardened_pod_is_restricted_already() {
    assert_eq!(restricted(&hardened()), "");
}

#[test]
fn a_plain_pod_misses_all_that_restricted_asks_for() {
    let plain = json!({"spec": {
        "containers": [{"name": "oven"}, {"name": "mixer"}],
        "volumes": [{"name": "shelf", "nfs": {}}],
    }});
    assert_eq!(
        restricted(&plain),
        "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (containers \"oven\", \"mixer\" \
         must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers \"oven\", \
         \"mixer\" must set securityContext.capabilities.drop=[\"ALL\"]), restricted volume types (volume \"shelf\" \
         uses restricted volume type \"nfs\"), runAsNonRoot != true (pod or containers \"oven\", \"mixer\" must set \
         securityContext.runAsNonRoot=true), seccompProfile (pod or containers \"oven\", \"mixer\" must set \
         securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
    );
    assert_eq!(said(Level::Baseline, Version::Latest, &plain), "");
    assert_eq!(said(Level::Privileged, Version::Latest, &plain), "");
}

#[test]
fn baseline_forbids_what_reaches_the_host() {
    assert_eq!(
        baseline(&json!({
            "hostPID": true,
            "hostNetwork": true,
            "containers": [{
                "name": "oven",
                "securityContext": {"privileged": true, "capabilities": {"add": ["SYS_TIME", "CHOWN"]}},
                "ports": [{"containerPort": 80}],
                "livenessProbe": {"httpGet": {"port": 80, "host": "elsewhere"}},
            }],
            "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
        })),
        "violates PodSecurity \"baseline:latest\": non-default capabilities (container \"oven\" must not include \
         \"SYS_TIME\" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath \
         volumes (volume \"root\"), hostPort (container \"oven\" uses hostPort 80), probe or lifecycle host (container \
         \"oven\" uses probe or lifecycle host \"elsewhere\"), privileged (container \"oven\" must not set \
         securityContext.privileged=true)"
    );
}

#[test]
fn profiles_and_labels_are_the_runtimes() {
    assert_eq!(
        baseline(&json!({
            "securityContext": {
                "appArmorProfile": {"type": "Unconfined"},
                "seLinuxOptions": {"type": "spc_t", "user": "root"},
                "seccompProfile": {"type": "Unconfined"},
                "sysctls": [{"name": "net.ipv4.tcp_rmem"}, {"name": "kernel.msgmax"}],
                "windowsOptions": {"hostProcess": true},
            },
            "containers": [{"name": "oven", "securityContext": {"procMount": "Unmasked"}}],
        })),
        "violates PodSecurity \"baseline:latest\": forbidden AppArmor profile (pod must not set AppArmor profile type to \
         \"Unconfined\"), procMount (container \"oven\" must not set securityContext.procMount to \"Unmasked\"), \
         seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set), \
         seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\"), forbidden sysctls \
         (kernel.msgmax), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"
    );
}

#[test]
fn an_annotation_of_a_pod_counts_as_annotation_and_as_field() {
    let pod = json!({
        "metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/oven": "unconfined"}},
        "spec": {"containers": [{"name": "oven"}]},
    });
    assert_eq!(
        said(Level::Baseline, Version::Latest, &pod),
        "violates PodSecurity \"baseline:latest\": forbidden AppArmor profiles (container \"oven\" and annotation must \
         not set AppArmor profile type to \"Unconfined\", \
         \"container.apparmor.security.beta.kubernetes.io/oven=\"unconfined\"\")"
    );
}

#[test]
fn who_is_nobody_on_the_host_may_be_root_inside() {
    let mut pod = hardened();
    pod["spec"]["securityContext"]["runAsNonRoot"] = false.into();
    pod["spec"]["securityContext"]["runAsUser"] = 0.into();
    assert_eq!(
        restricted(&pod),
        "violates PodSecurity \"restricted:latest\": runAsNonRoot != true (pod must not set \
         securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)"
    );
    pod["spec"]["hostUsers"] = false.into();
    assert_eq!(restricted(&pod), "");
    assert!(said(Level::Restricted, Version::Minor(34), &pod).starts_with("violates PodSecurity \"restricted:v1.34\""));
}

#[test]
fn windows_is_spared_what_it_does_not_know() {
    let pod = json!({"spec": {
        "os": {"name": "windows"},
        "securityContext": {"runAsNonRoot": true},
        "containers": [{"name": "oven"}],
    }});
    assert_eq!(restricted(&pod), "");
    assert_ne!(said(Level::Restricted, Version::Minor(24), &pod), "");
}

#[test]
fn a_version_newer_than_the_server_is_the_servers() {
    let pod = json!({"spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_wmem"}]}, "containers": []}});
    assert_eq!(said(Level::Baseline, Version::Minor(99), &pod), "");
    assert_eq!(
        said(Level::Baseline, Version::Minor(31), &pod),
        "violates PodSecurity \"baseline:v1.31\": forbidden sysctls (net.ipv4.tcp_wmem)"
    );
}

#[test]
fn labels_name_what_is_enforced_and_what_is_warned_about() {
    let policy = |labels: &Value| NamespacePolicy::of_labels(Some(tree(labels).root()));
    let shown = |labels: &Value| {
        let policy = policy(labels);
        (policy.enforce.to_string(), policy.warn.to_string())
    };
    let pair = |enforce: &str, warn: &str| (enforce.to_owned(), warn.to_owned());
    assert_eq!(shown(&json!({})), pair("privileged:latest", "privileged:latest"));
    // What is enforced is warned about as well, unless a label says otherwise.
    assert_eq!(
        shown(&json!({
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "v1.30",
        })),
        pair("restricted:v1.30", "restricted:v1.30")
    );
    assert_eq!(
        shown(&json!({
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "baseline",
        })),
        pair("restricted:latest", "baseline:latest")
    );
    assert_eq!(
        shown(&json!({"pod-security.kubernetes.io/enforce": "paranoid"})),
        pair("restricted:latest", "privileged:latest")
    );
}

#[test]
fn the_pod_is_found_in_its_kind() {
    let gvk = GroupVersionKind::parse("batch/v1", "CronJob").expect("a group and version");
    let job = tree(&json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": {
        "hostIPC": true,
        "containers": [{"name": "oven"}],
    }}}}}}));
    let source = PodSource::of(&gvk, job.root()).expect("a template with a spec");
    let policy = Policy { level: Level::Baseline, version: Version::Latest };
    let found = violations(policy, Minor(36), source);
    assert_eq!(
        warning(policy, &found),
        "would violate PodSecurity \"baseline:latest\": host namespaces (hostIPC=true)"
    );
    assert_eq!(found[0].field.to_string(), "hostIPC");
}
