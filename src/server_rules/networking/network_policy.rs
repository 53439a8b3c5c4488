//! `NetworkPolicy`: who may talk to whom, on which ports.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, label_selector, ports};
use crate::yaml::{NodeRef, Value};

/// A `NetworkPolicy`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/network-policy",
    level: Level::Error,
    summary: "a NetworkPolicy's peers, ports or types are not valid",
    why: "a rule that could be read in two ways would open or close the wrong door, so the API server refuses it",
    docs: include_str!("network-policy.md"),
};

/// Judges a `NetworkPolicy` on creation (`ValidateNetworkPolicySpec`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    validate_selector(spec.and_then(|spec| spec.get("podSelector")), &path.field("podSelector"), errors);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let path = path.field(direction);
        for (index, rule) in spec.list(direction).into_iter().enumerate() {
            let path = path.index(index);
            for (index, port) in rule.list("ports").into_iter().enumerate() {
                validate_port(port, &path.field("ports").index(index), errors);
            }
            for (index, peer) in rule.list(peers).into_iter().enumerate() {
                validate_peer(peer, minor, &path.field(peers).index(index), errors);
            }
        }
    }
    let types = spec.list("policyTypes");
    let path = path.field("policyTypes");
    if types.len() > 2 {
        if let Some(node) = spec.and_then(|spec| spec.get("policyTypes")) {
            errors.invalid(&path, &node, "may not specify more than two policyTypes");
        }
        return;
    }
    for (index, policy_type) in types.into_iter().enumerate() {
        let policy_type = policy_type.as_str().unwrap_or_default();
        if !matches!(policy_type, "Ingress" | "Egress") {
            errors.not_supported_in_order(&path.index(index), policy_type, &["Ingress", "Egress"]);
        }
    }
}

fn validate_selector(selector: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    label_selector::validate(selector, label_selector::Lenience::default(), path, errors);
}

fn validate_port(port: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(protocol) = port.text_pointer("protocol").filter(|text| !matches!(*text, "TCP" | "UDP" | "SCTP")) {
        errors.not_supported_in_order(&path.field("protocol"), protocol, &["TCP", "UDP", "SCTP"]);
    }
    let end = port.int("endPort");
    let end_path = path.field("endPort");
    let number = match port.get("port").map(NodeRef::value) {
        Some(Value::String(name)) => {
            if let Some(end) = end {
                errors.invalid(&end_path, &end, "may not be specified when `port` is non-numeric");
            }
            ports::report_name(name, &path.field("port"), errors);
            return;
        }
        Some(Value::Int(number)) => number,
        Some(_) => 0,
        None => {
            if let Some(end) = end {
                errors.invalid(&end_path, &end, "may not be specified when `port` is not specified");
            }
            return;
        }
    };
    if !ports::is_port_number(number) {
        errors.invalid(&path.field("port"), &number, ports::PORT_NUMBER_MESSAGE);
    }
    if let Some(end) = end {
        if end < number {
            errors.invalid(&end_path, &number, "must be greater than or equal to `port`");
        }
        if !ports::is_port_number(end) {
            errors.invalid(&end_path, &end, ports::PORT_NUMBER_MESSAGE);
        }
    }
}

fn validate_peer(peer: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let block = peer.get("ipBlock");
    let selectors = ["podSelector", "namespaceSelector"];
    for selector in selectors {
        validate_selector(peer.get(selector), &path.field(selector), errors);
    }
    if let Some(block) = block {
        validate_block(block, minor, &path.field("ipBlock"), errors);
    }
    let has_selector = selectors.iter().any(|selector| peer.has(selector));
    match (has_selector, block) {
        (false, None) => errors.required(path, "must specify a peer"),
        (true, Some(_)) => errors.forbidden(path, "may not specify both ipBlock and another peer"),
        _ => {}
    }
}

fn validate_block(block: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let text = block.text("cidr");
    if text.is_empty() {
        errors.required(&path.field("cidr"), "");
        return;
    }
    let Some(cidr) = ip::validate_legacy_cidr(text, minor, &path.field("cidr"), errors) else { return };
    for (index, except) in block.list("except").into_iter().enumerate() {
        let path = path.field("except");
        let path = path.index(index);
        let text = except.as_str().unwrap_or_default();
        let Some(except) = ip::validate_legacy_cidr(text, minor, &path, errors) else { continue };
        if !cidr.contains(except.network()) || cidr.prefix >= except.prefix {
            errors.invalid(&path, text, "must be a strict subset of `cidr`");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "lock"}, "spec": spec,
        }))
    }

    #[test]
    fn a_peer_is_one_kind_of_thing() {
        assert_eq!(errors(&json!({"podSelector": {}})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"ingress": [{"from": [{}]}]})),
            ["spec.ingress[0].from[0]: Required value: must specify a peer"]
        );
        assert_eq!(
            errors(&json!({"egress": [{"to": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}]})),
            ["spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer"]
        );
    }

    #[test]
    fn exceptions_lie_within() {
        let block =
            |except: &str| json!({"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": [except]}}]}]});
        assert_eq!(errors(&block("10.1.0.0/16")), Vec::<String>::new());
        for bad in ["10.0.0.0/8", "11.0.0.0/16", "fd00::/64"] {
            assert_eq!(
                errors(&block(bad)),
                [format!(
                    "spec.egress[0].to[0].ipBlock.except[0]: Invalid value: \"{bad}\": must be a strict subset of `cidr`"
                )]
            );
        }
    }

    #[test]
    fn ranges_of_ports_begin_with_a_number() {
        let port = |port: Value| json!({"ingress": [{"ports": [port]}]});
        assert_eq!(
            errors(&port(json!({"port": 80, "endPort": 79}))),
            ["spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"]
        );
        assert_eq!(
            errors(&port(json!({"port": "http", "endPort": 81}))),
            ["spec.ingress[0].ports[0].endPort: Invalid value: 81: may not be specified when `port` is non-numeric"]
        );
        assert_eq!(
            errors(&port(json!({"endPort": 81}))),
            ["spec.ingress[0].ports[0].endPort: Invalid value: 81: may not be specified when `port` is not specified"]
        );
        assert_eq!(
            errors(&port(json!({"protocol": "tcp"}))),
            [
                "spec.ingress[0].ports[0].protocol: Unsupported value: \"tcp\": supported values: \"TCP\", \"UDP\", \"SCTP\""
            ]
        );
    }

    #[test]
    fn there_are_two_types() {
        assert_eq!(
            errors(&json!({"policyTypes": ["ingress"]})),
            ["spec.policyTypes[0]: Unsupported value: \"ingress\": supported values: \"Ingress\", \"Egress\""]
        );
        assert_eq!(
            errors(&json!({"policyTypes": ["Ingress", "Egress", "Egress"]})),
            ["spec.policyTypes: Invalid value: [\"Ingress\",\"Egress\",\"Egress\"]: may not specify more than two \
              policyTypes"]
        );
    }
}
