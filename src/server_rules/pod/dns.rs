//! Name resolution in the pod: policy, servers and search lists, aliases, and the pod's own host name
//! (`validatePodDNSConfig`, `ValidateHostAliases`, `validatePodHostName`).
//!
//! Apart because all of it ends in the pod's `/etc`.

use super::context::Context;
use super::{bool_of, check, items};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::{ip, names};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Name resolution in pods.
pub static DNS: Rule = Rule {
    id: "api/pod-dns",
    level: Level::Error,
    summary: "the API server refuses how a pod resolves names",
    why: "DNS settings, host aliases and host names must be well formed and within what the resolver can hold",
    docs: include_str!("pod-dns.md"),
};

const SERVERS_LIMIT: usize = 3;
const SEARCHES_LIMIT: usize = 32;
const SEARCHES_BYTES_LIMIT: usize = 2048;

/// `dnsPolicy` of a pod.
pub(super) fn validate_policy(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    let policy = pod.spec.text_or("dnsPolicy", "ClusterFirst");
    if !policies.contains(&policy) {
        errors.not_supported_in_order(path, policy, &policies);
    }
}

/// `dnsConfig` of a pod, which policy `None` requires.
pub(super) fn validate_config(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let config = pod.spec.get("dnsConfig");
    let servers_path = path.field("nameservers");
    if pod.spec.text("dnsPolicy") == "None" {
        let Some(config) = config else {
            errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        };
        if !super::any(config, "nameservers") {
            errors.required(&servers_path, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    let Some(config) = config else { return };
    if let Some(servers) = config.get("nameservers").filter(|servers| servers.len() > SERVERS_LIMIT) {
        errors.invalid(&servers_path, &servers, "must not have more than 3 nameservers");
    }
    for (index, server) in items(config, "nameservers") {
        ip::validate_legacy_ip(server.as_str().unwrap_or_default(), pod.minor, &servers_path.index(index), errors);
    }
    validate_searches(config, pod, &path.field("searches"), errors);
    let options_path = path.field("options");
    for (index, option) in items(config, "options") {
        if option.text("name").is_empty() {
            errors.required(&options_path.index(index), "must not be empty");
        }
    }
}

fn validate_searches(config: NodeRef<'_>, pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(searches) = config.get("searches") else { return };
    if searches.len() > SEARCHES_LIMIT {
        errors.invalid(path, &searches, "must not have more than 32 search paths");
    }
    let bytes: usize = searches.elements().map(|search| search.as_str().unwrap_or_default().len() + 1).sum();
    if bytes > SEARCHES_BYTES_LIMIT + 1 {
        errors.invalid(
            path,
            &searches,
            "must not have more than 2048 characters (including spaces) in the search list",
        );
    }
    for (index, search) in searches.elements().enumerate() {
        let search = search.as_str().unwrap_or_default();
        let relaxed = pod.gates.relaxed_dns_search();
        if relaxed && search == "." {
            continue;
        }
        let search = search.strip_suffix('.').unwrap_or(search);
        let complaints =
            if relaxed { names::dns_1123_subdomain_with_underscore(search) } else { names::dns_1123_subdomain(search) };
        for complaint in complaints {
            errors.invalid(&path.index(index), search, &complaint);
        }
    }
}

/// `hostAliases` of a pod.
pub(super) fn validate_host_aliases(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for (index, alias) in items(pod.spec, "hostAliases") {
        let path = path.index(index);
        ip::validate_legacy_ip(alias.text("ip"), pod.minor, &path.field("ip"), errors);
        let names_path = path.field("hostnames");
        for (index, name) in items(alias, "hostnames") {
            check::dns_subdomain(name.as_str().unwrap_or_default(), &names_path.index(index), errors);
        }
    }
}

/// `hostnameOverride` of a pod.
pub(super) fn validate_hostname_override(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let field = "hostnameOverride";
    let Some(name) = pod.spec.text_pointer(field).filter(|_| pod.gates.hostname_override()) else { return };
    let path = path.field(field);
    if bool_of(pod.spec, "setHostnameAsFQDN") == Some(true) {
        errors.forbidden(&path, "may not be specified when setHostnameAsFQDN is true");
    }
    if pod.host_network {
        errors.forbidden(&path, "may not be specified when hostNetwork is true");
    }
    if name.len() > 64 {
        errors.too_long(&path, 64);
    }
    check::dns_subdomain(name, &path, errors);
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn without_a_policy_there_is_a_server() {
        assert_eq!(
            spec_errors(json!({"dnsPolicy": "None"})),
            ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]
        );
        assert_eq!(
            spec_errors(json!({"dnsPolicy": "None", "dnsConfig": {}})),
            [
                "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is \
              None"
            ]
        );
        assert_eq!(
            spec_errors(json!({"dnsPolicy": "Ask"})),
            ["spec.dnsPolicy: Unsupported value: \"Ask\": supported values: \"ClusterFirstWithHostNet\", \
              \"ClusterFirst\", \"Default\", \"None\""]
        );
    }

    #[test]
    fn servers_searches_and_options_are_well_formed() {
        assert!(spec_errors(json!({"dnsConfig": {"searches": [".", "_tcp.example."]}})).is_empty());
        let errors = spec_errors(json!({"dnsConfig": {
            "nameservers": ["10.0.0.1", "010.0.0.1", "host", "::1"],
            "searches": ["a b"],
            "options": [{"value": "x"}],
        }}));
        assert_eq!(
            errors[..3],
            [
                "spec.dnsConfig.nameservers: Invalid value: [\"10.0.0.1\",\"010.0.0.1\",\"host\",\"::1\"]: must not \
                 have more than 3 nameservers",
                "spec.dnsConfig.nameservers[1]: Invalid value: \"010.0.0.1\": must not have leading 0s",
                "spec.dnsConfig.nameservers[2]: Invalid value: \"host\": must be a valid IP address, (e.g. 10.9.8.7 \
                 or 2001:db8::ffff)",
            ]
        );
        assert!(errors[3].starts_with("spec.dnsConfig.searches[0]: Invalid value: \"a b\": "));
        assert_eq!(errors[4], "spec.dnsConfig.options[0]: Required value: must not be empty");
    }

    #[test]
    fn a_host_name_is_set_one_way() {
        assert_eq!(
            spec_errors(json!({"hostnameOverride": "oven", "setHostnameAsFQDN": true, "hostNetwork": true})),
            [
                "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
                "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
            ]
        );
        assert_eq!(
            spec_errors(json!({"hostAliases": [{"ip": "1.2.3", "hostnames": []}], "hostname": "a.b"})),
            [
                "spec.hostname: Invalid value: \"a.b\": must not contain dots",
                "spec.hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or \
                 2001:db8::ffff)",
            ]
        );
    }
}
