//! `EndpointSlice`: addresses of one type, and the ports on all of them.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, names, one_of, report};
use crate::server_rules::core::service::validate_endpoint_ip;
use crate::yaml::NodeRef;

/// An `EndpointSlice`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/endpoint-slice",
    level: Level::Error,
    summary: "an EndpointSlice's addresses or ports are not valid",
    why: "every proxy reads it, so the API server lets through only addresses of the type it says",
    docs: include_str!("endpoint-slice.md"),
};

/// IPv6 addresses must be in their canonical form since then. Source: `pkg/apis/discovery/validation/validation.go` (1.32, 1.33).
const STRICT_IPV6: Minor = Minor(33);

/// Judges an `EndpointSlice` on creation (`ValidateEndpointSliceCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let errors = &mut judge.errors;
    let address_type = judge.root.text("addressType");
    let path = Path::ROOT.field("addressType");
    if address_type.is_empty() {
        errors.required(&path, "");
    } else {
        one_of(address_type, &["FQDN", "IPv4", "IPv6"], &path, errors);
    }
    validate_ports(judge.root, errors);
    let endpoints = judge.root.list("endpoints");
    let path = Path::ROOT.field("endpoints");
    if endpoints.len() > 1000 {
        errors.too_many(&path, endpoints.len(), 1000);
        return;
    }
    for (index, endpoint) in endpoints.into_iter().enumerate() {
        validate_endpoint(endpoint, address_type, minor, &path.index(index), errors);
    }
}

fn validate_ports(root: NodeRef<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("ports");
    let all = root.list("ports");
    if all.len() > 20_000 {
        errors.too_many(&path, all.len(), 20_000);
        return;
    }
    for (index, port) in all.iter().enumerate() {
        let path = path.index(index);
        let name = port.text("name");
        if !name.is_empty() {
            report(names::dns_1123_label(name), &path.field("name"), name, errors);
        }
        if all[..index].iter().any(|earlier| earlier.text("name") == name) {
            errors.duplicate(&path.field("name"), name);
        }
        let protocol = port.text_pointer("protocol").unwrap_or("TCP");
        one_of(protocol, &["SCTP", "TCP", "UDP"], &path.field("protocol"), errors);
        if let Some(protocol) = port.text_pointer("appProtocol") {
            report(names::qualified_name(protocol), &path.field("appProtocol"), protocol, errors);
        }
    }
}

fn validate_endpoint(
    endpoint: NodeRef<'_>,
    address_type: &str,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let addresses_path = path.field("addresses");
    let addresses = endpoint.list("addresses");
    match addresses.len() {
        0 => errors.required(&addresses_path, "must contain at least 1 address"),
        count @ 101.. => errors.too_many(&addresses_path, count, 100),
        _ => {}
    }
    for (index, address) in addresses.into_iter().enumerate() {
        let text = address.as_str().unwrap_or_default();
        let path = addresses_path.index(index);
        let before = errors.list.len();
        let address = match address_type {
            "IPv4" => ip::validate_legacy_ip(text, minor, &path, errors),
            "IPv6" if minor < STRICT_IPV6 => ip::validate_legacy_ip(text, minor, &path, errors),
            "IPv6" => ip::validate_ip(text, &path, errors),
            "FQDN" => {
                validate_domain_name(text, &path, errors);
                None
            }
            _ => None,
        };
        let Some(address) = address.filter(|_| errors.list.len() == before) else { continue };
        if address.is_ipv4() != (address_type == "IPv4") {
            errors.invalid(&addresses_path, text, &format!("must be an {address_type} address"));
        }
        validate_endpoint_ip(text, address, &path, errors);
    }
    if let Some(node) = endpoint.text_pointer("nodeName") {
        report(names::dns_1123_subdomain(node), &path.field("nodeName"), node, errors);
    }
    if let Some(host) = endpoint.text_pointer("hostname") {
        report(names::dns_1123_label(host), &path.field("hostname"), host, errors);
    }
    if let Some(hints) = endpoint.get("hints") {
        validate_hints(hints, &path.field("hints"), errors);
    }
}

/// `IsFullyQualifiedDomainName` of apimachinery `pkg/util/validation`.
fn validate_domain_name(text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if text.is_empty() {
        errors.required(path, "");
        return;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let complaints = names::dns_1123_subdomain(name);
    if !complaints.is_empty() {
        errors.invalid(path, name, &complaints.join(","));
        return;
    }
    if !name.contains('.') {
        errors.invalid(path, name, "should be a domain with at least two segments separated by dots");
        return;
    }
    for label in name.split('.') {
        let complaints = names::dns_1123_label(label);
        if !complaints.is_empty() {
            errors.invalid(path, label, &complaints.join(","));
            return;
        }
    }
}

fn validate_hints(hints: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    type Grammar = fn(&str) -> names::Complaints;
    let kinds: [(&str, Grammar); 2] = [("forZones", names::label_value), ("forNodes", names::dns_1123_subdomain)];
    for (field, grammar) in kinds {
        let path = path.field(field);
        let hints = hints.list(field);
        if hints.len() > 8 {
            errors.too_many(&path, hints.len(), 8);
            return;
        }
        for (index, hint) in hints.iter().enumerate() {
            let path = path.index(index);
            let name = hint.text("name");
            if hints[..index].iter().any(|earlier| earlier.text("name") == name) {
                errors.duplicate(&path.field("name"), name);
            }
            report(grammar(name), &path.field("name"), name, errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(address_type: &str, address: &str, ports: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "quay-1"},
            "addressType": address_type, "endpoints": [{"addresses": [address]}], "ports": ports,
        }))
    }

    #[test]
    fn addresses_are_of_the_type() {
        assert_eq!(errors("IPv4", "10.1.2.3", &json!([])), Vec::<String>::new());
        assert_eq!(
            errors("IPv4", "fd00::1", &json!([])),
            ["endpoints[0].addresses: Invalid value: \"fd00::1\": must be an IPv4 address"]
        );
        assert_eq!(
            errors("IPv6", "FD00::1", &json!([])),
            ["endpoints[0].addresses[0]: Invalid value: \"FD00::1\": must be in canonical form (\"fd00::1\")"]
        );
        assert_eq!(errors("FQDN", "quay.example.", &json!([])), Vec::<String>::new());
        assert_eq!(
            errors("FQDN", "quay", &json!([])),
            [
                "endpoints[0].addresses[0]: Invalid value: \"quay\": should be a domain with at least two segments separated \
              by dots"
            ]
        );
        assert_eq!(errors("", "quay", &json!([])), ["addressType: Required value"]);
    }

    #[test]
    fn unnamed_ports_stand_alone() {
        assert_eq!(
            errors("IPv4", "10.1.2.3", &json!([{"port": 80}, {"port": 81}])),
            ["ports[1].name: Duplicate value: \"\""]
        );
    }

    #[test]
    fn hints_name_places_once() {
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "quay-1"},
            "addressType": "IPv4", "endpoints": [
                {"addresses": ["10.1.2.3"], "hints": {"forZones": [{"name": "north"}, {"name": "north"}]}},
            ],
        });
        assert_eq!(errors_of(&slice), ["endpoints[0].hints.forZones[1].name: Duplicate value: \"north\""]);
    }
}
