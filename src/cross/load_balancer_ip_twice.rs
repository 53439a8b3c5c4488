//! One address of a load balancer for the same port of two Services.
//!
//! Apart from cluster IPs and node ports, which the API server itself gives to one Service only.

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use std::collections::HashMap;

/// Two Services that ask for one address and one port of it.
pub static RULE: Rule = Rule {
    id: "cross/load-balancer-ip-twice",
    level: Level::Warning,
    summary: "two Services ask for the same load balancer address and port",
    why: "the API server accepts both; whoever makes load balancers can give a port of an address to one Service only, and the other stays pending without an external address",
    docs: include_str!("load-balancer-ip-twice.md"),
};

/// Looks at every port of every Service that names its address.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut taken: HashMap<(&str, &str, &str, i64), Vec<&Member<'_>>> = HashMap::new();
    // The cluster's come first: they have the address already.
    let all = || scene.set.of_kind("", "Service");
    let services = all().filter(|service| !service.is_of_the_set).chain(scene.set.of_the_set("", "Service"));
    let mut found = Vec::new();
    for service in services {
        let spec = service.spec();
        let address = spec.text("loadBalancerIP");
        if address.is_empty() || spec.text("type") != "LoadBalancer" {
            continue;
        }
        let mut is_told = !service.is_of_the_set;
        for (index, port) in spec.list("ports").into_iter().enumerate() {
            let (protocol, number) = (port.text_or("protocol", "TCP"), port.int("port").unwrap_or_default());
            let holders = taken.entry((address, spec.text("loadBalancerClass"), protocol, number)).or_default();
            if let Some(holder) = holders.iter().find(|holder| scene.are_rivals(holder, service))
                && !is_told
            {
                is_told = true;
                found.push(tell(holder, service, index, &format!("{protocol} port {number} of {address}")));
            } else {
                holders.push(service);
            }
        }
    }
    found
}

fn tell(holder: &Member<'_>, service: &Member<'_>, index: usize, what: &str) -> Finding {
    let message = format!("{} asks for {what} as well", holder.title());
    let address = FieldPath::of(&["spec", "loadBalancerIP"]);
    let port = FieldPath::of(&["spec", "ports"]).index(index).field("port");
    Finding::in_object(&RULE, message, service.object, address.clone())
        .with_label(service.place(&port), "for this port")
        .with_label(holder.place(&address), format!("{} asks for it too", holder.title()))
        .with_help("give one of the two another address or another port, or let one Service have both sets of pods")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/load-balancer-ip-twice";

    fn service(name: &str, address: &str, port: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: LoadBalancer, loadBalancerIP: {address}, ports: [{{{port}}}]}}\n---\n"
        )
    }

    #[test]
    fn one_port_of_an_address_is_for_one_service() {
        let set = service("tcp", "192.0.2.7", "port: 53") + &service("more", "192.0.2.7", "port: 53, protocol: TCP");
        let said = ["spec.loadBalancerIP: Service default/tcp asks for TCP port 53 of 192.0.2.7 as well"];
        assert_eq!(findings(RULE, &set), said);
        let cluster = service("tcp", "192.0.2.7", "port: 53").replace("name: tcp", "name: tcp, namespace: default");
        assert_eq!(findings_in(&cluster, RULE, &service("more", "192.0.2.7", "port: 53")), said);
    }

    #[test]
    fn ports_of_an_address_may_be_shared_out() {
        let udp = service("udp", "192.0.2.7", "port: 53, protocol: UDP");
        let set = service("tcp", "192.0.2.7", "port: 53") + &udp + &service("web", "192.0.2.8", "port: 53");
        assert!(findings(RULE, &set).is_empty());
        let inner = service("more", "192.0.2.7", "port: 53").replace("LoadBalancer, ", "ClusterIP, ");
        assert!(findings(RULE, &(set + &inner)).is_empty());
    }
}
