//! `Service`: ports, type, addresses, session affinity, traffic policies.
//!
//! What depends on the cluster alone is not judged: its service range, its node port range, whether it has two stacks.
//! Besides validation, `pkg/registry/core/service/storage/alloc.go` and `storage.go` (1.36).

use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, label_selector, names, one_of, ports, report};
use crate::yaml::{NodeRef, Value};
use std::net::IpAddr;

/// A `Service`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/service",
    level: Level::Error,
    summary: "a Service's ports, type or addresses are not valid",
    why: "the API server refuses a Service that no proxy could carry out",
    docs: include_str!("service.md"),
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const MODE: &str = "service.kubernetes.io/topology-mode";
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const ONLY_LOAD_BALANCER: &str = "may only be used when `type` is 'LoadBalancer'";

/// The spec with its defaults.
struct Spec<'t> {
    node: Option<NodeRef<'t>>,
    kind: &'t str,
    cluster_ips: Vec<&'t str>,
}

impl<'t> Spec<'t> {
    fn of(node: Option<NodeRef<'t>>) -> Self {
        let texts = |key| node.list(key).into_iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let mut cluster_ips: Vec<&str> = texts("clusterIPs");
        let cluster_ip = node.text("clusterIP");
        if cluster_ips.is_empty() && !cluster_ip.is_empty() {
            cluster_ips.push(cluster_ip);
        }
        Self { node, kind: node.text_or("type", "ClusterIP"), cluster_ips }
    }

    fn is_headless(&self) -> bool {
        self.cluster_ips == ["None"]
    }

    fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// `ExternallyAccessible` of `pkg/api/service/util.go`.
    fn is_external(&self) -> bool {
        matches!(self.kind, "LoadBalancer" | "NodePort")
            || self.is("ClusterIP")
                && self.node.and_then(|spec| spec.get("externalIPs")).is_some_and(|ips| !ips.is_empty())
    }

    fn external_traffic_policy(&self) -> &'t str {
        self.node.text_or("externalTrafficPolicy", if self.is_external() { "Cluster" } else { "" })
    }
}

/// Judges a `Service` on creation (`ValidateServiceCreate`, and what allocation refuses before it).
pub fn validate(judge: &mut Judge<'_>) {
    let minor = judge.minor;
    let root = judge.root;
    judge.errors.rule = &RULE;
    let spec = Spec::of(root.get("spec"));
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let annotations = root.at(&["metadata", "annotations"]);
    validate_topology(annotations, errors);
    validate_type(&spec, &path, errors);
    validate_ports(&spec, &path, errors);
    label_selector::validate_labels(spec.node.and_then(|spec| spec.get("selector")), &path.field("selector"), errors);
    validate_affinity(&spec, &path, errors);
    validate_cluster_ips(&spec, minor, &path, errors);
    for (index, text) in spec.node.list("externalIPs").into_iter().enumerate() {
        let path = path.field("externalIPs");
        let path = path.index(index);
        let text = text.as_str().unwrap_or_default();
        let before = errors.list.len();
        if let Some(address) =
            ip::validate_legacy_ip(text, minor, &path, errors).filter(|_| errors.list.len() == before)
        {
            validate_endpoint_ip(text, address, &path, errors);
        }
    }
    one_of(spec.kind, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], &path.field("type"), errors);
    validate_port_pairs(&spec, &path, errors);
    validate_source_ranges(&spec, annotations, minor, &path, errors);
    validate_load_balancer(&spec, &path, errors);
    validate_traffic(&spec, minor, &path, errors);
    warn(&spec, annotations, &path, judge);
}

fn validate_topology(annotations: Option<NodeRef<'_>>, errors: &mut FieldErrors) {
    let value = |key| annotations.and_then(|map| map.entry(key)).map(|entry| entry.value.as_str().unwrap_or_default());
    if let (Some(mode), Some(hints)) = (value(MODE), value(HINTS))
        && mode != hints
    {
        errors.invalid(
            &Path::ROOT.field("metadata").field("annotations").key(MODE),
            mode,
            &format!("must match annotations[{HINTS}] when both are specified"),
        );
    }
}

fn validate_type(spec: &Spec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let ports = spec.node.and_then(|spec| spec.get("ports")).map_or(0, NodeRef::len);
    if ports == 0 && !spec.is_headless() && !spec.is("ExternalName") {
        errors.required(&path.field("ports"), "");
    }
    match spec.kind {
        "LoadBalancer" | "NodePort" if spec.is_headless() => {
            let path = path.field("clusterIPs");
            errors.invalid(&path.index(0), "None", &format!("may not be set to 'None' for {} services", spec.kind));
        }
        "ExternalName" => {
            const UNUSED: &str = "may not be set for ExternalName services";
            if !spec.cluster_ips.is_empty() {
                errors.forbidden(&path.field("clusterIPs"), UNUSED);
            }
            if spec.node.and_then(|spec| spec.get("ipFamilies")).is_some_and(|families| !families.is_empty()) {
                errors.forbidden(&path.field("ipFamilies"), UNUSED);
            }
            if spec.node.has("ipFamilyPolicy") {
                errors.forbidden(&path.field("ipFamilyPolicy"), UNUSED);
            }
            let name = spec.node.text("externalName");
            match name.strip_suffix('.').unwrap_or(name) {
                "" => errors.required(&path.field("externalName"), ""),
                name => report(names::dns_1123_subdomain(name), &path.field("externalName"), name, errors),
            }
        }
        _ => {}
    }
}

fn validate_ports(spec: &Spec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("ports");
    let all = spec.node.list("ports");
    for (index, port) in all.iter().enumerate() {
        let path = path.index(index);
        let name = port.text("name");
        if name.is_empty() {
            if all.len() > 1 {
                errors.required(&path.field("name"), "");
            }
        } else {
            report(names::dns_1123_label(name), &path.field("name"), name, errors);
            if all[..index].iter().any(|earlier| earlier.text("name") == name) {
                errors.duplicate(&path.field("name"), name);
            }
        }
        let number = port.int("port").unwrap_or(0);
        if !ports::is_port_number(number) {
            errors.invalid(&path.field("port"), &number, ports::PORT_NUMBER_MESSAGE);
        }
        one_of(port.text_or("protocol", "TCP"), &PROTOCOLS, &path.field("protocol"), errors);
        match port.get("targetPort").map(NodeRef::value) {
            Some(Value::String(name)) if !name.is_empty() => {
                ports::report_name(name, &path.field("targetPort"), errors);
            }
            Some(Value::Int(target)) if target != 0 => validate_target_port(target, &path, errors),
            _ => validate_target_port(number, &path, errors),
        }
        if let Some(protocol) = port.text_pointer("appProtocol") {
            report(names::qualified_name(protocol), &path.field("appProtocol"), protocol, errors);
        }
    }
}

fn validate_target_port(target: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    if !ports::is_port_number(target) {
        errors.invalid(&path.field("targetPort"), &target, ports::PORT_NUMBER_MESSAGE);
    }
}

fn validate_affinity(spec: &Spec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let affinity = spec.node.text_or("sessionAffinity", "None");
    one_of(affinity, &["ClientIP", "None"], &path.field("sessionAffinity"), errors);
    // With `None` the server drops the configuration, with any other type it does not look at it.
    let timeout = spec.node.and_then(|spec| spec.at(&["sessionAffinityConfig", "clientIP"])).int("timeoutSeconds");
    if let Some(seconds) = timeout.filter(|seconds| affinity == "ClientIP" && !(1..=86400).contains(seconds)) {
        let path = path.field("sessionAffinityConfig");
        let path = path.field("clientIP");
        errors.invalid(&path.field("timeoutSeconds"), &seconds, "must be greater than 0 and less than 86400");
    }
}

/// `ValidateServiceClusterIPsRelatedFields`, then what `initIPFamilyFields` refuses on every cluster.
fn validate_cluster_ips(spec: &Spec<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    if spec.is("ExternalName") {
        return;
    }
    let before = errors.list.len();
    let ips = &spec.cluster_ips;
    let shown = serde_json::to_string(ips).unwrap_or_default();
    let shown = Verbatim(&shown);
    let ips_path = path.field("clusterIPs");
    match (spec.node.text("clusterIP"), ips.first()) {
        ("", Some(_)) => errors.invalid(&ips_path, &shown, "must be empty when `clusterIP` is not specified"),
        (primary, Some(first)) if primary != *first => {
            errors.invalid(&ips_path, &shown, "first value must match `clusterIP`");
        }
        _ => {}
    }
    let families: Vec<&str> =
        spec.node.list("ipFamilies").into_iter().map(|family| family.as_str().unwrap_or_default()).collect();
    let families_path = path.field("ipFamilies");
    for (index, family) in families.iter().enumerate() {
        one_of(family, &["IPv4", "IPv6"], &families_path.index(index), errors);
        if families[..index].contains(family) {
            errors.duplicate(&families_path.index(index), *family);
        }
    }
    if let Some(policy) = spec.node.text_pointer("ipFamilyPolicy") {
        one_of(policy, &["PreferDualStack", "RequireDualStack", "SingleStack"], &path.field("ipFamilyPolicy"), errors);
    }
    let mut has_bad = false;
    for (index, text) in ips.iter().enumerate() {
        if index == 0 && *text == "None" {
            if ips.len() > 1 {
                has_bad = true;
                errors.invalid(&ips_path, &shown, "'None' must be the first and only value");
            }
            continue;
        }
        let count = errors.list.len();
        ip::validate_legacy_ip(text, minor, &ips_path.index(index), errors);
        has_bad |= errors.list.len() > count;
    }
    if ips.len() > 2 {
        errors.invalid(&ips_path, &shown, "may only hold up to 2 values");
    }
    if has_bad {
        return;
    }
    let is_v6 = |text: &str| ip::is_ipv6(text);
    if ips.len() > 1 && (ips.iter().all(|text| is_v6(text)) || !ips.iter().any(|text| is_v6(text))) {
        errors.invalid(&ips_path, &shown, "may specify no more than one IP for each IP family");
    }
    if !spec.is_headless() {
        for (index, (text, family)) in ips.iter().zip(&families).enumerate() {
            let expected = match *family {
                "IPv4" if is_v6(text) => "IPv4",
                "IPv6" if !is_v6(text) => "IPv6",
                _ => continue,
            };
            errors.invalid(
                &ips_path.index(index),
                *text,
                &format!("expected an {expected} value as indicated by `ipFamilies[{index}]`"),
            );
        }
    }
    if errors.list.len() == before {
        validate_single_stack(spec, families.len(), path, errors);
    }
}

fn validate_single_stack(spec: &Spec<'_>, families: usize, path: &Path<'_>, errors: &mut FieldErrors) {
    let has_selector = spec.node.and_then(|spec| spec.get("selector")).is_some_and(|selector| !selector.is_empty());
    let default = if spec.is_headless() && !has_selector { "RequireDualStack" } else { "SingleStack" };
    if spec.node.text_pointer("ipFamilyPolicy").unwrap_or(default) != "SingleStack" {
        return;
    }
    for (count, what) in [(spec.cluster_ips.len(), "cluster IPs"), (families, "IP families")] {
        if count == 2 {
            errors.invalid(
                &path.field("ipFamilyPolicy"),
                "SingleStack",
                &format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"),
            );
        }
    }
}

/// An address that can be another host's (`ValidateEndpointIP`).
pub(in crate::server_rules) fn validate_endpoint_ip(
    text: &str,
    address: IpAddr,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    if address.is_unspecified() {
        errors.invalid(path, text, &format!("may not be unspecified ({text})"));
    }
    if address.is_loopback() {
        errors.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (unicast, multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.octets()[0] == 0xff && v6.octets()[1] & 0xf == 2),
    };
    if unicast {
        errors.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if multicast {
        errors.invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

fn validate_port_pairs(spec: &Spec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("ports");
    let pairs: Vec<(&str, i64, i64)> = spec
        .node
        .list("ports")
        .into_iter()
        .map(|port| (port.text_or("protocol", "TCP"), port.int("nodePort").unwrap_or(0), port.int("port").unwrap_or(0)))
        .collect();
    if spec.is("ClusterIP") {
        for (index, (_, node_port, _)) in pairs.iter().enumerate() {
            if *node_port != 0 {
                let path = path.index(index);
                errors.forbidden(&path.field("nodePort"), "may not be used when `type` is 'ClusterIP'");
            }
        }
    }
    for (index, (protocol, node_port, _)) in pairs.iter().enumerate() {
        let same = |earlier: &(&str, i64, i64)| earlier.0 == *protocol && earlier.1 == *node_port;
        if *node_port != 0 && pairs[..index].iter().any(same) {
            let path = path.index(index);
            errors.duplicate(&path.field("nodePort"), node_port);
        }
    }
    for (index, (protocol, _, port)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|earlier| earlier.0 == *protocol && earlier.2 == *port) {
            let key = format!(
                "{{\"Name\":\"\",\"Protocol\":\"{protocol}\",\"AppProtocol\":null,\"Port\":{port},\"TargetPort\":0,\
                 \"NodePort\":0}}"
            );
            errors.duplicate(&path.index(index), &Verbatim(&key));
        }
    }
}

fn validate_source_ranges(
    spec: &Spec<'_>,
    annotations: Option<NodeRef<'_>>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let ranges = spec.node.list("loadBalancerSourceRanges");
    if !ranges.is_empty() {
        // The server spells the path so.
        let path = path.field("LoadBalancerSourceRanges");
        if !spec.is("LoadBalancer") {
            errors.forbidden(&path, ONLY_LOAD_BALANCER);
        }
        for (index, range) in ranges.into_iter().enumerate() {
            let text = range.as_str().unwrap_or_default().trim();
            ip::validate_legacy_cidr(text, minor, &path.index(index), errors);
        }
    } else if let Some(entry) = annotations.and_then(|annotations| annotations.entry(SOURCE_RANGES)) {
        let metadata = Path::ROOT.field("metadata");
        let annotations = metadata.field("annotations");
        let path = annotations.key(SOURCE_RANGES);
        if !spec.is("LoadBalancer") {
            errors.forbidden(&path, ONLY_LOAD_BALANCER);
        }
        let text = entry.value.as_str().unwrap_or_default().trim();
        for range in text.split(',').filter(|_| !text.is_empty()) {
            ip::validate_legacy_cidr(range.trim(), minor, &path, errors);
        }
    }
}

fn validate_load_balancer(spec: &Spec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let class = spec.node.text_pointer("loadBalancerClass");
    if spec.is("LoadBalancer") {
        if let Some(class) = class {
            report(names::qualified_name(class), &path.field("loadBalancerClass"), class, errors);
        }
        return;
    }
    if spec.node.has("allocateLoadBalancerNodePorts") {
        errors.forbidden(&path.field("allocateLoadBalancerNodePorts"), ONLY_LOAD_BALANCER);
    }
    if class.is_some() {
        errors.forbidden(&path.field("loadBalancerClass"), ONLY_LOAD_BALANCER);
    }
}

fn validate_traffic(spec: &Spec<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let policy = spec.external_traffic_policy();
    if spec.is_external() {
        one_of(policy, &["Cluster", "Local"], &path.field("externalTrafficPolicy"), errors);
    } else if !policy.is_empty() {
        errors.invalid(
            &path.field("externalTrafficPolicy"),
            policy,
            "may only be set for externally-accessible services",
        );
    }
    let health = spec.node.int("healthCheckNodePort").unwrap_or(0);
    if spec.is("LoadBalancer") && policy == "Local" {
        if health != 0 && !ports::is_port_number(health) {
            errors.invalid(&path.field("healthCheckNodePort"), &health, ports::PORT_NUMBER_MESSAGE);
        }
    } else if health != 0 {
        errors.invalid(
            &path.field("healthCheckNodePort"),
            &health,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        );
    }
    if let Some(policy) = spec.node.text_pointer("internalTrafficPolicy") {
        one_of(policy, &["Cluster", "Local"], &path.field("internalTrafficPolicy"), errors);
    }
    // Before 1.31 the field is dropped; PreferSameTrafficDistribution is on by default since 1.34.
    if let Some(distribution) = spec.node.text_pointer("trafficDistribution").filter(|_| minor >= Minor(31)) {
        let known: &[&str] =
            if minor >= Minor(34) { &["PreferClose", "PreferSameZone", "PreferSameNode"] } else { &["PreferClose"] };
        if !known.contains(&distribution) {
            errors.not_supported_in_order(&path.field("trafficDistribution"), distribution, known);
        }
    }
}

/// `GetWarningsForService` of `pkg/api/service/warnings.go`.
fn warn(spec: &Spec<'_>, annotations: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    if annotations.has(HINTS) {
        let metadata = Path::ROOT.field("metadata");
        let text = format!("annotation {HINTS} is deprecated, please use {MODE} instead");
        judge.warn(&metadata.field("annotations").key(HINTS), text);
    }
    let warn_of_ip = |text: &str, path: &Path<'_>, judge: &mut Judge<'_>| {
        if let Some(warning) = ip::ip_warning(text) {
            let text = format!("{path}: {warning}");
            judge.warn(path, text);
        }
    };
    let is_headless = spec.is("ClusterIP") && spec.node.text("clusterIP") == "None";
    if !is_headless {
        for (index, text) in spec.cluster_ips.iter().enumerate() {
            warn_of_ip(text, &path.field("clusterIPs").index(index), judge);
        }
    }
    let external_ips = spec.node.list("externalIPs");
    if is_headless {
        if !spec.node.text("loadBalancerIP").is_empty() {
            judge.warn(&path.field("loadBalancerIP"), "spec.loadBalancerIP is ignored for headless services");
        }
        if !external_ips.is_empty() {
            judge.warn(&path.field("externalIPs"), "spec.externalIPs is ignored for headless services");
        }
        if spec.node.text_or("sessionAffinity", "None") != "None" {
            judge.warn(&path.field("sessionAffinity"), "spec.SessionAffinity is ignored for headless services");
        }
    }
    for (index, text) in external_ips.iter().enumerate() {
        warn_of_ip(text.as_str().unwrap_or_default(), &path.field("externalIPs").index(index), judge);
    }
    if !external_ips.is_empty() && !is_headless && !spec.is("ExternalName") && judge.minor >= Minor(36) {
        judge.warn(
            &path.field("externalIPs"),
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        );
    }
    warn_of_ip(spec.node.text("loadBalancerIP"), &path.field("loadBalancerIP"), judge);
    if spec.is("ExternalName") && !external_ips.is_empty() {
        judge.warn(&path.field("externalIPs"), "spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if !spec.is("ExternalName") && !spec.node.text("externalName").is_empty() {
        judge.warn(&path.field("externalName"), "spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if spec.node.text("trafficDistribution") == "PreferClose" && judge.minor >= Minor(34) {
        judge.warn(
            &path.field("trafficDistribution"),
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "quay"}, "spec": spec}))
    }

    fn port(number: i64) -> Value {
        json!({"port": number})
    }

    #[test]
    fn ports_are_needed_named_and_distinct() {
        assert_eq!(errors(&json!({})), ["spec.ports: Required value"]);
        assert_eq!(errors(&json!({"clusterIP": "None"})), Vec::<String>::new());
        assert_eq!(errors(&json!({"ports": [port(80)]})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"ports": [{"name": "http", "port": 80}, {"name": "http", "port": 80}]})),
            [
                "spec.ports[1].name: Duplicate value: \"http\"",
                "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\
                 \"TargetPort\":0,\"NodePort\":0}",
            ]
        );
        assert_eq!(
            errors(&json!({"ports": [{"name": "a", "port": 53, "protocol": "UDP"}, {"name": "b", "port": 53}]})),
            Vec::<String>::new()
        );
        assert_eq!(
            errors(&json!({"ports": [port(0)]})),
            [
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
            ]
        );
    }

    #[test]
    fn node_ports_belong_to_other_types() {
        assert_eq!(
            errors(&json!({"ports": [{"port": 80, "nodePort": 30080}]})),
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]
        );
    }

    #[test]
    fn an_external_name_is_a_domain_and_nothing_else() {
        assert_eq!(errors(&json!({"type": "ExternalName"})), ["spec.externalName: Required value"]);
        assert_eq!(
            errors(&json!({"type": "ExternalName", "externalName": "quay.example.", "clusterIP": "10.0.0.1"})),
            ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"]
        );
    }

    #[test]
    fn addresses_and_families_agree() {
        assert_eq!(
            errors(&json!({"ports": [port(80)], "clusterIP": "fd00::1", "ipFamilies": ["IPv4"]})),
            ["spec.clusterIPs[0]: Invalid value: \"fd00::1\": expected an IPv4 value as indicated by `ipFamilies[0]`"]
        );
        assert_eq!(
            errors(&json!({"ports": [port(80)], "clusterIPs": ["10.0.0.1"]})),
            ["spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: must be empty when `clusterIP` is not specified"]
        );
        assert_eq!(
            errors(&json!({"ports": [port(80)], "ipFamilies": ["IPv4", "IPv6"]})),
            [
                "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when \
              multiple IP families are specified"
            ]
        );
    }

    #[test]
    fn external_ips_are_other_hosts() {
        assert_eq!(
            errors(&json!({"ports": [port(80)], "externalIPs": ["127.0.0.1"]})),
            [
                "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)"
            ]
        );
    }

    #[test]
    fn load_balancer_fields_need_a_load_balancer() {
        assert_eq!(
            errors(&json!({"ports": [port(80)], "loadBalancerSourceRanges": ["10.0.0.0/8"], "loadBalancerClass": "a"})),
            [
                "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
            ]
        );
        assert_eq!(
            errors(&json!({"ports": [port(80)], "externalTrafficPolicy": "Local", "healthCheckNodePort": 30100})),
            [
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
                "spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and \
                 `externalTrafficPolicy` is 'Local'",
            ]
        );
    }

    #[test]
    fn affinity_has_a_timeout() {
        assert_eq!(
            errors(&json!({
                "ports": [port(80)], "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
            })),
            ["spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less \
              than 86400"]
        );
    }
}
