//! What the server accepts in a pod and warns about (`pkg/api/pod/warnings.go`, 1.36).
//!
//! Apart because a warning comes only when nothing refuses the object, and reads across parts that are judged apart.

use super::context::Context;
use super::{PodOptions, any, items, paths_overlap, profiles, visit_containers};
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::resource_name::amount;
use crate::server_rules::content::{ip, names};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Warns about a Pod (`path` is the root) or a template.
pub(super) fn warn(root: NodeRef<'_>, path: &Path<'_>, options: PodOptions<'_>, judge: &mut Judge<'_>) {
    if !judge.errors.is_empty() {
        return;
    }
    let Some(spec) = root.get("spec") else { return };
    let pod = Context::new(spec, root.get("metadata"), options, judge.minor);
    if options.is_pod {
        name_is_host_name(&pod, path, judge);
        app_armor_of_pod(&pod, path, judge);
    }
    let spec_path = path.field("spec");
    node_labels(spec, &spec_path, judge);
    spread(spec, &spec_path, judge);
    annotations(&pod, path, judge);
    volumes(spec, &spec_path, judge);
    duplicates(spec, &spec_path, judge);
    fractions_of(spec.get("overhead"), &spec_path.field("overhead"), judge);
    seccomp_of_pod(&pod, path, judge);
    containers(&pod, path, judge);
    ports(spec, &spec_path, judge);
    if spec.int("terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        let path = spec_path.field("terminationGracePeriodSeconds");
        at(&path, "must be >= 0; negative values are invalid and will be treated as 1", judge);
    }
    pod_affinity(spec, &spec_path, judge);
    addresses(spec, &spec_path, judge);
}

/// `path: text`
fn at(path: &Path<'_>, text: &str, judge: &mut Judge<'_>) {
    judge.warn(path, format!("{path}: {text}"));
}

fn name_is_host_name(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let name = pod.pod_name();
    let complaints = names::dns_1123_label(name);
    if !name.is_empty() && !complaints.is_empty() {
        let text = format!(
            "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \
             [{}]",
            complaints.join(" ")
        );
        at(&path.field("metadata").field("name"), &text, judge);
    }
}

/// `deprecatedNodeLabels` of `pkg/api/node/util.go`
fn deprecated_label(key: &str) -> Option<&'static str> {
    Some(match key {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"
        }
        "failure-domain.beta.kubernetes.io/zone" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
        }
        "beta.kubernetes.io/instance-type" => {
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"
        }
        "app.kubernetes.io/created-by" => "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => "deprecated since v1.22; use Taints and Tolerations instead",
        "node-role.kubernetes.io/master" => "use \"node-role.kubernetes.io/control-plane\" instead",
        _ => return None,
    })
}

fn node_labels(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let selector_path = path.field("nodeSelector");
    for entry in spec.get("nodeSelector").into_iter().flat_map(NodeRef::entries) {
        if let Some(text) = deprecated_label(entry.name()) {
            at(&selector_path.key(entry.name()), text, judge);
        }
    }
    let Some(affinity) = spec.at(&["affinity", "nodeAffinity"]) else { return };
    let affinity_path = path.field("affinity");
    let node_path = affinity_path.field("nodeAffinity");
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let required_path = node_path.field(required);
    let terms_path = required_path.field("nodeSelectorTerms");
    for (index, term) in affinity.get(required).into_iter().flat_map(|selector| items(selector, "nodeSelectorTerms")) {
        node_term(term, false, &terms_path.index(index), judge);
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    let preferred_path = node_path.field(preferred);
    for (index, term) in items(affinity, preferred) {
        if let Some(preference) = term.get("preference") {
            node_term(preference, true, &preferred_path.index(index).field("preference"), judge);
        }
    }
}

fn node_term(term: NodeRef<'_>, check_values: bool, path: &Path<'_>, judge: &mut Judge<'_>) {
    let expressions_path = path.field("matchExpressions");
    for (index, expression) in items(term, "matchExpressions") {
        let path = expressions_path.index(index);
        let key = expression.text("key");
        if let Some(text) = deprecated_label(key) {
            at(&path.field("key"), &format!("{key} is {text}"), judge);
        }
        if !check_values {
            continue;
        }
        let values_path = path.field("values");
        for (index, value) in items(expression, "values") {
            let value = value.as_str().unwrap_or_default();
            for complaint in names::label_value(value) {
                at(&values_path.index(index), &format!("{value} is invalid, {complaint}"), judge);
            }
        }
    }
}

const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";

fn spread(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let list_path = path.field("topologySpreadConstraints");
    for (index, constraint) in items(spec, "topologySpreadConstraints") {
        let path = list_path.index(index);
        let key = constraint.text("topologyKey");
        if let Some(text) = deprecated_label(key) {
            at(&path.field("topologyKey"), &format!("{key} is {text}"), judge);
        }
        if !constraint.has("labelSelector") {
            at(&path.field("labelSelector"), NO_SELECTOR, judge);
        }
    }
}

fn pod_affinity(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let affinity_path = path.field("affinity");
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = spec.at(&["affinity", kind]) else { continue };
        let kind_path = affinity_path.field(kind);
        let required_path = kind_path.field("requiredDuringSchedulingIgnoredDuringExecution");
        for (index, term) in items(affinity, "requiredDuringSchedulingIgnoredDuringExecution") {
            if !term.has("labelSelector") {
                at(&required_path.index(index).field("labelSelector"), NO_SELECTOR, judge);
            }
        }
        let preferred_path = kind_path.field("preferredDuringSchedulingIgnoredDuringExecution");
        for (index, term) in items(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
            if !term.get("podAffinityTerm").has("labelSelector") {
                let path = preferred_path.index(index);
                at(&path.field("podAffinityTerm").field("labelSelector"), NO_SELECTOR, judge);
            }
        }
    }
}

fn annotations(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let deprecated = [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead",
        ),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ];
    let metadata_path = path.field("metadata");
    let annotations_path = metadata_path.field("annotations");
    for (key, text) in deprecated {
        if pod.annotation(key).is_some() {
            at(&annotations_path.key(key), text, judge);
        }
    }
}

fn volumes(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    // Source, the name in the server's path, text.
    let deprecated = [
        ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        (
            "gitRepo",
            "gitRepo",
            if judge.minor.0 >= 33 {
                "deprecated in v1.11, and disabled by default in v1.33+"
            } else {
                "deprecated in v1.11"
            },
        ),
        ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];
    let volumes_path = path.field("volumes");
    for (index, volume) in items(spec, "volumes") {
        let path = volumes_path.index(index);
        for (source, shown, text) in deprecated {
            if volume.has(source) {
                at(&path.field(shown), text, judge);
            }
        }
        if let Some(claim) = volume.at(&["ephemeral", "volumeClaimTemplate", "spec", "resources"]) {
            let ephemeral_path = path.field("ephemeral");
            let template_path = ephemeral_path.field("volumeClaimTemplate");
            let spec_path = template_path.field("spec");
            let resources_path = spec_path.field("resources");
            for list in ["requests", "limits"] {
                fraction(claim.get(list), "storage", &resources_path.field(list), judge);
            }
        }
        for text in paths_overlap::of_volume(volume) {
            judge.warn(&path, text);
        }
    }
}

fn duplicates(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let aliases_path = path.field("hostAliases");
    let mut addresses = HashSet::new();
    for (index, alias) in items(spec, "hostAliases") {
        let address = alias.text("ip");
        if !addresses.insert(address) {
            at(&aliases_path.index(index).field("ip"), &format!("duplicate ip {}", go_quote(address)), judge);
        }
    }
    let secrets_path = path.field("imagePullSecrets");
    let mut names = HashSet::new();
    for (index, secret) in items(spec, "imagePullSecrets") {
        let name = secret.text("name");
        if !names.insert(name) {
            at(&secrets_path.index(index).field("name"), &format!("duplicate name {}", go_quote(name)), judge);
        }
    }
    for (index, secret) in items(spec, "imagePullSecrets") {
        if secret.text("name").is_empty() {
            at(&secrets_path.index(index).field("name"), "invalid empty name \"\"", judge);
        }
    }
}

/// Bytes cannot be divided.
fn fraction(list: Option<NodeRef<'_>>, resource: &str, path: &Path<'_>, judge: &mut Judge<'_>) {
    let Some(entry) = list.and_then(|list| list.entry(resource)) else { return };
    if let Some(amount) = amount(entry.value).filter(|amount| !amount.is_integer()) {
        let text = format!("fractional byte value {} is invalid, must be an integer", go_quote(&amount.text()));
        at(&path.key(resource), &text, judge);
    }
}

fn fractions_of(list: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    for resource in ["memory", "ephemeral-storage"] {
        fraction(list, resource, path, judge);
    }
}

const USE_SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
const USE_APP_ARMOR: &str = "deprecated since v1.30; use the \"appArmorProfile\" field instead";

fn seccomp_of_pod(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let has_field = pod.security.has("seccompProfile");
    if !has_field && pod.annotation(profiles::SECCOMP_POD).is_some() && judge.minor.0 >= 27 {
        let metadata_path = path.field("metadata");
        at(&metadata_path.field("annotations").key(profiles::SECCOMP_POD), USE_SECCOMP, judge);
    }
}

/// Whether an `AppArmor` profile of the pod says what an annotation says.
fn says_the_same(profile: Option<NodeRef<'_>>, annotation: &str) -> bool {
    let Some(profile) = profile.filter(|_| profiles::becomes_app_armor_field(annotation)) else { return false };
    match profile.text("type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default",
        _ => annotation.strip_prefix("localhost/") == profile.text_pointer("localhostProfile"),
    }
}

/// `applyAppArmorVersionSkew` of `pkg/registry/core/pod/strategy.go`
fn app_armor_of_pod(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    if pod.os != Some("windows") {
        app_armor(pod, path, judge);
    }
}

fn app_armor(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    if judge.minor.0 < 30 || !pod.annotations().any(|(key, _)| key.starts_with(profiles::APP_ARMOR)) {
        return;
    }
    let of_pod = pod.security.and_then(|context| context.get("appArmorProfile"));
    let metadata_path = path.field("metadata");
    let annotations_path = metadata_path.field("annotations");
    visit_containers(pod.spec, path, |container, _| {
        let key = format!("{}{}", profiles::APP_ARMOR, container.text("name"));
        let Some(annotation) = pod.annotation(&key) else { return };
        let has_field = container.at(&["securityContext", "appArmorProfile"]).is_some();
        if !has_field && !says_the_same(of_pod, annotation) {
            at(&annotations_path.key(&key), USE_APP_ARMOR, judge);
        }
    });
}

fn containers(pod: &Context<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    if !pod.options.is_pod {
        app_armor(pod, path, judge);
    }
    let metadata_path = path.field("metadata");
    let annotations_path = metadata_path.field("annotations");
    let has_annotations = pod.metadata.and_then(|metadata| metadata.get("annotations")).is_some();
    visit_containers(pod.spec, &path.field("spec"), |container, path| {
        if has_annotations && judge.minor.0 >= 27 && container.at(&["securityContext", "seccompProfile"]).is_none() {
            let key = format!("{}{}", profiles::SECCOMP_CONTAINER, container.text("name"));
            if pod.annotation(&key).is_some() {
                at(&annotations_path.key(&key), USE_SECCOMP, judge);
            }
        }
        if let Some(requirements) = container.get("resources") {
            let resources_path = path.field("resources");
            for resource in ["memory", "ephemeral-storage"] {
                for list in ["limits", "requests"] {
                    fraction(requirements.get(list), resource, &resources_path.field(list), judge);
                }
            }
        }
        environment(container, &path.field("env"), judge);
    });
}

/// A variable that is defined again hides the first, and apply merges the list by name.
fn environment(container: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    if !any(container, "env") {
        return;
    }
    let mut names = HashSet::new();
    for (index, variable) in items(container, "env") {
        let name = variable.text("name");
        if names.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        let value = variable.text("value");
        if variable.has("valueFrom") || value == reference || !value.contains(&reference) {
            let name = go_quote(name);
            let text = format!("hides previous definition of {name}, which may be dropped when using apply");
            at(&path.index(index), &text, judge);
        }
    }
}

struct Seen {
    path: String,
    host_ip: String,
    host_port: i64,
}

fn ports(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let mut seen: HashMap<(i64, String), Vec<Seen>> = HashMap::new();
    visit_containers(spec, path, |container, path| {
        let list_path = path.field("ports");
        for (index, port) in items(container, "ports") {
            let path = list_path.index(index);
            let number = port.int("containerPort").unwrap_or(0);
            let protocol = port.text_or("protocol", "TCP");
            let this = Seen {
                path: path.to_string(),
                host_ip: port.text("hostIP").to_owned(),
                host_port: port.int("hostPort").unwrap_or(0),
            };
            if !this.host_ip.is_empty() && this.host_port == 0 {
                let text = format!(
                    "hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{number} Protocol:{protocol} \
                     HostIP:{}}}",
                    port.text("name"),
                    this.host_ip
                );
                at(&path, &text, judge);
            }
            let others = seen.entry((number, protocol.to_owned())).or_default();
            for other in others.iter() {
                if let Some(text) = port_collision(&this, other) {
                    at(&path, &format!("{text} port definition with {}", other.path), judge);
                }
            }
            others.push(this);
        }
    });
    let mut names: HashMap<&str, String> = HashMap::new();
    visit_containers(spec, path, |container, path| {
        let list_path = path.field("ports");
        for (index, port) in items(container, "ports") {
            let path = list_path.index(index);
            let name = port.text("name");
            if name.is_empty() {
                continue;
            }
            if let Some(other) = names.get(name) {
                let name = go_quote(name);
                let text = format!(
                    "duplicate port name {name} with {other}, services and probes that select ports by name will use \
                     {other}"
                );
                at(&path, &text, judge);
            } else {
                names.insert(name, path.to_string());
            }
        }
    });
}

fn port_collision(this: &Seen, other: &Seen) -> Option<&'static str> {
    if this.host_ip == other.host_ip && this.host_port == other.host_port {
        Some("duplicate")
    } else if this.host_port == 0 || other.host_port == 0 {
        Some("overlapping")
    } else if this.host_port == other.host_port && this.host_ip.is_empty() != other.host_ip.is_empty() {
        Some("dangerously ambiguous")
    } else {
        None
    }
}

fn addresses(spec: NodeRef<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let config_path = path.field("dnsConfig");
    let servers_path = config_path.field("nameservers");
    let servers = spec.get("dnsConfig").into_iter().flat_map(|config| items(config, "nameservers"));
    for (index, server) in servers {
        address(server.as_str().unwrap_or_default(), &servers_path.index(index), judge);
    }
    let aliases_path = path.field("hostAliases");
    for (index, alias) in items(spec, "hostAliases") {
        address(alias.text("ip"), &aliases_path.index(index).field("ip"), judge);
    }
}

/// An address that is not in its standard form (`GetWarningsForIP` of apimachinery `pkg/util/validation/ip.go`).
fn address(text: &str, path: &Path<'_>, judge: &mut Judge<'_>) {
    let Some(address) = ip::parse_ip(text) else { return };
    let canonical = address.to_string();
    let (shown, canonical_shown) = (go_quote(text), go_quote(&canonical));
    match text.parse::<IpAddr>() {
        Ok(strict) if strict == address => {
            if canonical != text {
                let text = format!("IPv6 address {shown} should be in RFC 5952 canonical format ({canonical_shown})");
                at(path, &text, judge);
            }
        }
        _ => at(path, &format!("non-standard IP address {shown} is invalid: use {canonical_shown}"), judge),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, pod, spec_warnings};
    use crate::server_rules::testing::warnings_of;
    use serde_json::json;

    #[test]
    fn nothing_is_warned_about_that_is_refused() {
        let hidden = json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]});
        assert_eq!(
            spec_warnings(json!({"containers": [container(hidden.clone())]})),
            ["spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"]
        );
        assert!(spec_warnings(json!({"containers": [container(hidden)], "dnsPolicy": "Ask"})).is_empty());
    }

    #[test]
    fn a_variable_may_build_on_its_first_definition() {
        let built = json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}]});
        assert!(spec_warnings(json!({"containers": [container(built)]})).is_empty());
    }

    #[test]
    fn ports_meet() {
        let ports = json!({"ports": [
            {"containerPort": 80, "name": "web"},
            {"containerPort": 80},
            {"containerPort": 80, "hostIP": "10.0.0.1", "hostPort": 80},
        ]});
        assert_eq!(
            spec_warnings(json!({"containers": [container(ports)]})),
            [
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
                "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]",
                "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]",
            ]
        );
    }

    #[test]
    fn what_is_old_has_something_new() {
        assert_eq!(
            spec_warnings(json!({
                "nodeSelector": {"beta.kubernetes.io/os": "linux"},
                "volumes": [{"name": "g", "glusterfs": {"endpoints": "e", "path": "p"}}],
                "terminationGracePeriodSeconds": -1,
                "dnsConfig": {"nameservers": ["0::1"]},
            })),
            [
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+",
                "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as \
                 1",
                "spec.dnsConfig.nameservers[0]: IPv6 address \"0::1\" should be in RFC 5952 canonical format \
                 (\"::1\")",
            ]
        );
    }

    #[test]
    fn half_a_byte_is_none() {
        assert_eq!(
            spec_warnings(json!({"containers": [container(json!({"resources": {"limits": {"memory": "500m"}}}))]})),
            ["spec.containers[0].resources.limits[memory]: fractional byte value \"500m\" is invalid, must be an \
              integer"]
        );
    }

    #[test]
    fn a_name_with_dots_makes_a_poor_host_name() {
        let mut pod = pod(json!({}));
        pod["metadata"]["name"] = "a.b".into();
        assert_eq!(
            warnings_of(&pod),
            [
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label \
              is recommended: [must not contain dots]"
            ]
        );
    }
}
