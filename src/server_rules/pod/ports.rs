//! Ports of containers (`validateContainerPorts`, `AccumulateUniqueHostPorts`).
//!
//! Apart because names, numbers and protocols are judged container by container, and host ports across containers.

use super::context::Context;
use super::{check, items};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::content::ports;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// The ports of one container.
pub(super) fn validate(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let mut names: Vec<&str> = Vec::new();
    for (index, port) in items(container, "ports") {
        let path = path.index(index);
        let name = port.text("name");
        if !name.is_empty() {
            let complaints = ports::port_name(name);
            if !complaints.is_empty() {
                for complaint in complaints {
                    errors.invalid(&path.field("name"), name, &complaint);
                }
            } else if names.contains(&name) {
                errors.duplicate(&path.field("name"), name);
            } else {
                names.push(name);
            }
        }
        match port.int("containerPort").unwrap_or(0) {
            0 => errors.required(&path.field("containerPort"), ""),
            number => check::port_number(number, &path.field("containerPort"), errors),
        }
        let host_port = host_port(port, pod);
        if host_port != 0 {
            check::port_number(host_port, &path.field("hostPort"), errors);
        }
        let protocol = port.text_or("protocol", "TCP");
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            errors.not_supported(&path.field("protocol"), protocol, &["TCP", "UDP", "SCTP"]);
        }
    }
}

/// The port on the host, 0 for none. In a Pod on the host's network it defaults to the container's
/// (`defaultHostNetworkPorts` of `pkg/apis/core/v1/defaults.go`).
pub(super) fn host_port(port: NodeRef<'_>, pod: &Context<'_>) -> i64 {
    match port.int("hostPort").unwrap_or(0) {
        0 if pod.options.is_pod && pod.host_network => port.int("containerPort").unwrap_or(0),
        port => port,
    }
}

/// Reports host ports that one of `containers` takes and another has taken before.
pub(super) fn host_port_conflicts<'t>(
    containers: impl Iterator<Item = NodeRef<'t>>,
    path: &Path<'_>,
    pod: &Context<'_>,
    errors: &mut FieldErrors,
) {
    let mut taken = HashSet::new();
    for (container_index, container) in containers.enumerate() {
        for (index, port) in items(container, "ports") {
            let number = host_port(port, pod);
            let key = (port.text_or("protocol", "TCP"), port.text("hostIP"), number);
            if number != 0 && !taken.insert(key) {
                let text = format!("{}/{}/{}", key.0, key.1, key.2);
                errors.duplicate(&path.index(container_index).field("ports").index(index).field("hostPort"), &text);
            }
        }
    }
}

/// On the host's network a container's port is the host's (`validatePodHostNetworkDeps`).
pub(super) fn host_network(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !pod.host_network {
        return;
    }
    let containers_path = path.field("containers");
    for (container_index, container) in items(pod.spec, "containers") {
        for (index, port) in items(container, "ports") {
            let number = host_port(port, pod);
            if (pod.options.is_pod || number != 0) && number != port.int("containerPort").unwrap_or(0) {
                errors.invalid(
                    &containers_path.index(container_index).field("ports").index(index).field("hostPort"),
                    &number,
                    "must match `containerPort` when `hostNetwork` is true",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn a_port_has_a_number_and_a_name_of_its_own() {
        assert_eq!(
            container_errors(json!({"ports": [
                {"containerPort": 80, "name": "web"},
                {"containerPort": 81, "name": "web"},
                {"name": "NoCaps"},
                {"containerPort": 70000, "protocol": "IP"},
            ]})),
            [
                "spec.containers[0].ports[1].name: Duplicate value: \"web\"",
                "spec.containers[0].ports[2].name: Invalid value: \"NoCaps\": must contain only alpha-numeric \
                 characters (a-z, 0-9), and hyphens (-)",
                "spec.containers[0].ports[2].containerPort: Required value",
                "spec.containers[0].ports[3].containerPort: Invalid value: 70000: must be between 1 and 65535, \
                 inclusive",
                "spec.containers[0].ports[3].protocol: Unsupported value: \"IP\": supported values: \"SCTP\", \
                 \"TCP\", \"UDP\"",
            ]
        );
    }

    #[test]
    fn a_port_of_the_host_is_taken_once() {
        let ports = json!({"name": "a", "ports": [{"containerPort": 80, "hostPort": 8080}]});
        let others = json!({"name": "b", "ports": [
            {"containerPort": 81, "hostPort": 8080},
            {"containerPort": 82, "hostPort": 8080, "protocol": "UDP"},
        ]});
        assert_eq!(
            spec_errors(json!({"containers": [container(ports), container(others)]})),
            ["spec.containers[1].ports[0].hostPort: Duplicate value: \"TCP//8080\""]
        );
    }

    #[test]
    fn on_the_hosts_network_both_ports_are_one() {
        let ports = json!({"ports": [{"containerPort": 80, "hostPort": 81}, {"containerPort": 90}]});
        assert_eq!(
            spec_errors(json!({"hostNetwork": true, "containers": [container(ports)]})),
            ["spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` \
              is true"]
        );
    }
}
