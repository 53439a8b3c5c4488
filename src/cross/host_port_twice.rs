//! Two workloads that want one port of every node.
//!
//! Apart because nodes, not namespaces, are what they share; where a DaemonSet holds a port, it holds it on each.

use super::Scene;
use super::index::Workload;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;
use std::collections::{HashMap, HashSet};

/// A port of the node that a DaemonSet holds wherever the other could run.
pub static RULE: Rule = Rule {
    id: "cross/host-port-twice",
    level: Level::Warning,
    summary: "a DaemonSet holds the host port on every node",
    why: "a port of a node is for one pod: where the DaemonSet's pod runs the other is not scheduled, and it waits as Pending",
    docs: include_str!("host-port-twice.md"),
};

/// A port of the node that pods ask for.
struct HostPort<'s> {
    workload: &'s Workload<'s>,
    address: &'s str,
    field: FieldPath,
}

/// Looks at the host ports of all workloads.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut ports: HashMap<(&str, i64), Vec<HostPort<'_>>> = HashMap::new();
    let mut order = Vec::new();
    for workload in scene.set.workloads().iter().filter(|workload| runs_all_the_time(workload)) {
        for (protocol, number, port) in host_ports(workload) {
            let of = ports.entry((protocol, number)).or_default();
            if of.is_empty() {
                order.push((protocol, number));
            }
            of.push(port);
        }
    }
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for key in order {
        let all = &ports[&key];
        let (daemons, others): (Vec<&HostPort<'_>>, Vec<&HostPort<'_>>) =
            all.iter().partition(|port| port.workload.member.kind == "DaemonSet");
        let later = others.into_iter().chain(daemons.iter().copied());
        for port in later.filter(|port| port.workload.member.is_of_the_set) {
            let holder = daemons
                .iter()
                .take_while(|holder| !std::ptr::eq(**holder, port))
                .find(|holder| clash(holder, port) && scene.are_rivals(&holder.workload.member, &port.workload.member));
            if let Some(holder) = holder
                && told.insert(std::ptr::from_ref(port.workload).addr())
            {
                found.push(tell(holder, port, key));
            }
        }
    }
    found
}

fn runs_all_the_time(workload: &Workload<'_>) -> bool {
    let is_pod = workload.member.is("", "Pod");
    let is_daemon = workload.member.is("apps", "DaemonSet");
    is_pod || is_daemon || (workload.is_replicated() && workload.replicas != Some(0))
}

/// The ports of the node that pods take. In the network of the node, every declared port is one.
/// Source: `SetDefaults_PodSpec` and `defaultHostNetworkPorts` in `pkg/apis/core/v1/defaults.go` (1.36).
fn host_ports<'s>(workload: &'s Workload<'s>) -> Vec<(&'s str, i64, HostPort<'s>)> {
    let is_of_the_node = workload.pod_spec().flag("hostNetwork");
    let mut found = Vec::new();
    for (list, at, container) in workload.containers() {
        for (index, port) in container.list("ports").into_iter().enumerate() {
            let own = port.int("hostPort").filter(|number| *number != 0).map(|number| (number, "hostPort"));
            let inherited =
                port.int("containerPort").filter(|_| is_of_the_node).map(|number| (number, "containerPort"));
            let Some((number, key)) = own.or(inherited) else { continue };
            let field = workload.in_pod_spec(&[list]).index(at).field("ports").index(index).field(key);
            let address = match port.text("hostIP") {
                "" | "0.0.0.0" | "::" => "",
                address => address,
            };
            found.push((port.text_or("protocol", "TCP"), number, HostPort { workload, address, field }));
        }
    }
    found
}

/// Whether the pods of a DaemonSet are on every node that the other's may go to, and want the same there.
fn clash(daemon: &HostPort<'_>, other: &HostPort<'_>) -> bool {
    let is_one_address = daemon.address.is_empty() || other.address.is_empty() || daemon.address == other.address;
    let (Some(of_daemon), Some(of_other)) = (daemon.workload.pod_spec(), other.workload.pod_spec()) else {
        return false;
    };
    let chooses = |spec: NodeRef<'_>| spec.has("nodeName") || spec.at(&["affinity", "nodeAffinity"]).is_some();
    if !is_one_address || chooses(of_daemon) || chooses(of_other) {
        return false;
    }
    let selector = |spec: NodeRef<'_>| {
        let pairs = spec.get("nodeSelector").into_iter().flat_map(NodeRef::entries);
        pairs.map(|pair| (pair.name().to_owned(), pair.value.as_str().map(str::to_owned))).collect::<HashSet<_>>()
    };
    let (on, to) = (selector(of_daemon), selector(of_other));
    let both_are_daemons = other.workload.member.kind == "DaemonSet";
    // Two DaemonSets meet on the nodes of the narrower one; anything else could flee to nodes that the DaemonSet leaves out.
    let is_narrower = on.is_subset(&to) || (both_are_daemons && to.is_subset(&on));
    is_narrower && (both_are_daemons || tolerations(of_other).is_subset(&tolerations(of_daemon)))
}

fn tolerations(spec: NodeRef<'_>) -> HashSet<String> {
    spec.list("tolerations").into_iter().map(|toleration| toleration.to_json().to_string()).collect()
}

fn tell(holder: &HostPort<'_>, port: &HostPort<'_>, (protocol, number): (&str, i64)) -> Finding {
    let daemon = holder.workload.member;
    let message = format!("{} takes {protocol} port {number} of every node that these pods can run on", daemon.title());
    Finding::in_object(&RULE, message, port.workload.member.object, port.field.clone())
        .with_label(daemon.place(&holder.field), format!("{} takes it here", daemon.title()))
        .with_help("take another port, or keep the two on different nodes by nodeSelector")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/host-port-twice";

    fn workload(kind: &str, name: &str, pod: &str, port: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{{pod}containers: [{{name: c, ports: [{{{port}}}]}}]}}}}}}\n---\n"
        )
    }

    const PORT: &str = "containerPort: 80, hostPort: 8080";

    #[test]
    fn a_daemon_set_holds_its_port_everywhere() {
        let daemon = workload("DaemonSet", "proxy", "", PORT);
        let said = |name: &str, at: &str| {
            format!("{at}: DaemonSet default/{name} takes TCP port 8080 of every node that these pods can run on")
        };
        let at = "spec.template.spec.containers[0].ports[0].hostPort";
        let second = workload("DaemonSet", "cache", "", PORT);
        assert_eq!(findings(RULE, &(daemon.clone() + &second)), [said("proxy", at)]);
        let other = workload("Deployment", "shop", "nodeSelector: {disk: fast}, ", PORT);
        assert_eq!(findings(RULE, &(other + &daemon)), [said("proxy", at)]);
        let of_the_node = workload("DaemonSet", "cache", "hostNetwork: true, ", "containerPort: 8080");
        let at = "spec.template.spec.containers[0].ports[0].containerPort";
        assert_eq!(findings(RULE, &(daemon + &of_the_node)), [said("proxy", at)]);
    }

    #[test]
    fn pods_that_can_keep_apart_are_left_alone() {
        let daemon = workload("DaemonSet", "proxy", "", PORT);
        let is_quiet = |other: &str| findings(RULE, &(daemon.clone() + other)).is_empty();
        assert!(is_quiet(&workload("DaemonSet", "cache", "", "containerPort: 80, hostPort: 8081")));
        assert!(is_quiet(&workload("DaemonSet", "cache", "", "containerPort: 80, hostPort: 8080, protocol: UDP")));
        assert!(is_quiet(&workload("DaemonSet", "cache", "", "containerPort: 8080")));
        let tolerant = "tolerations: [{key: master, operator: Exists}], ";
        assert!(is_quiet(&workload("Deployment", "shop", tolerant, PORT)), "it may go where the DaemonSet does not");
        let two = workload("Deployment", "one", "", PORT) + &workload("Deployment", "two", "", PORT);
        assert!(findings(RULE, &two).is_empty(), "there may be two nodes");
    }

    #[test]
    fn selectors_and_addresses_divide() {
        let on = |name: &str, system: &str, port: &str| {
            workload("DaemonSet", name, &format!("nodeSelector: {{kubernetes.io/os: {system}}}, "), port)
        };
        assert!(findings(RULE, &(on("a", "linux", PORT) + &on("b", "windows", PORT))).is_empty());
        assert_eq!(findings(RULE, &(on("a", "linux", PORT) + &on("b", "linux", PORT))).len(), 1);
        let at = |address: &str| format!("{PORT}, hostIP: {address}");
        let apart = on("a", "linux", &at("127.0.0.1")) + &on("b", "linux", &at("10.0.0.1"));
        assert!(findings(RULE, &apart).is_empty());
        let overlapping = on("a", "linux", &at("127.0.0.1")) + &on("b", "linux", &at("0.0.0.0"));
        assert_eq!(findings(RULE, &overlapping).len(), 1);
    }
}
