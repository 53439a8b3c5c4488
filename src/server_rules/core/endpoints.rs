//! `Endpoints`: addresses, and the ports on all of them.

use super::service::validate_endpoint_ip;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, names, one_of, ports, report};
use crate::yaml::NodeRef;

/// An `Endpoints`' own fields.
pub static RULE: Rule = Rule {
    id: "api/endpoints",
    level: Level::Error,
    summary: "an Endpoints' addresses or ports are not valid",
    why: "every proxy reads it, so the API server lets through only addresses of other hosts",
    docs: include_str!("endpoints.md"),
};

/// Judges an `Endpoints` on creation (`ValidateEndpointsCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let path = Path::ROOT.field("subsets");
    for (index, subset) in judge.root.list("subsets").into_iter().enumerate() {
        let path = path.index(index);
        let errors = &mut judge.errors;
        let fields = ["addresses", "notReadyAddresses"];
        if fields.iter().all(|field| subset.get(field).is_none_or(NodeRef::is_empty)) {
            errors.required(&path, "must specify `addresses` or `notReadyAddresses`");
        }
        for field in fields {
            for (index, address) in subset.list(field).into_iter().enumerate() {
                validate_address(address, minor, &path.field(field).index(index), errors);
            }
        }
        let all = subset.list("ports");
        for (index, port) in all.iter().enumerate() {
            validate_port(*port, all.len() > 1, &path.field("ports").index(index), errors);
        }
    }
}

fn validate_address(address: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let text = address.text("ip");
    let parsed = ip::validate_legacy_ip(text, minor, &path.field("ip"), errors);
    let host = address.text("hostname");
    if !host.is_empty() {
        report(names::dns_1123_label(host), &path.field("hostname"), host, errors);
    }
    if let Some(node) = address.text_pointer("nodeName") {
        report(names::dns_1123_subdomain(node), &path.field("nodeName"), node, errors);
    }
    match parsed {
        Some(parsed) => validate_endpoint_ip(text, parsed, &path.field("ip"), errors),
        None => errors.invalid(&path.field("ip"), text, "must be a valid IP address"),
    }
}

fn validate_port(port: NodeRef<'_>, needs_name: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let name = port.text("name");
    if !name.is_empty() {
        report(names::dns_1123_label(name), &path.field("name"), name, errors);
    } else if needs_name {
        errors.required(&path.field("name"), "");
    }
    let number = port.int("port").unwrap_or(0);
    if !ports::is_port_number(number) {
        errors.invalid(&path.field("port"), &number, ports::PORT_NUMBER_MESSAGE);
    }
    one_of(port.text_or("protocol", "TCP"), &["SCTP", "TCP", "UDP"], &path.field("protocol"), errors);
    if let Some(protocol) = port.text_pointer("appProtocol") {
        report(names::qualified_name(protocol), &path.field("appProtocol"), protocol, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(subset: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "quay"}, "subsets": [subset],
        }))
    }

    #[test]
    fn a_subset_has_addresses_of_other_hosts() {
        assert_eq!(errors(&json!({})), ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"]);
        assert_eq!(
            errors(&json!({"addresses": [{"ip": "169.254.0.9"}]})),
            ["subsets[0].addresses[0].ip: Invalid value: \"169.254.0.9\": may not be in the link-local range \
              (169.254.0.0/16, fe80::/10)"]
        );
    }

    #[test]
    fn several_ports_have_names() {
        assert_eq!(
            errors(&json!({"addresses": [{"ip": "10.0.0.9"}], "ports": [{"port": 80}, {"name": "b", "port": 81}]})),
            ["subsets[0].ports[0].name: Required value"]
        );
    }
}
