//! A `targetPort` by name, which no container of the selected pods declares.

use super::index::{Member, Workload};
use super::missing::slip;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Segment};
use crate::yaml::NodeRef;

/// The target port of a Service is a name that no container has.
pub static RULE: Rule = Rule {
    id: "cross/service-target-port",
    level: Level::Warning,
    summary: "the target port of a Service is a name that no container has",
    why: "a port of that name is looked for in the selected pods; where it is not, the Service has no endpoint at this port and refuses connections",
    docs: include_str!("service-target-port.md"),
};

/// Looks at every Service with a selector.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene.set.of_the_set("", "Service").flat_map(|service| judge(service, scene)).collect()
}

/// Ports of containers that are put into pods when they are created.
const OF_SIDECARS: [&str; 4] = ["http-envoy-prom", "status-port", "linkerd-proxy", "linkerd-admin"];

fn judge(service: &Member<'_>, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(selector) = service.spec().and_then(|spec| spec.get("selector")) else { return Vec::new() };
    let ports = service.spec().list("ports").into_iter().enumerate();
    let ports: Vec<_> = ports
        .filter_map(|(at, port)| Some((at, port.text_pointer("targetPort")?, port.text_or("protocol", "TCP"))))
        .collect();
    if ports.is_empty() || service.spec().text("type") == "ExternalName" {
        return Vec::new();
    }
    let own = scene.set.with_labels(service.namespace, selector);
    let declares = |pods: &Workload<'_>, name: &str, protocol: &str| {
        pods.containers()
            .flat_map(|(.., container)| container.list("ports"))
            .any(|port| port.text("name") == name && port.text_or("protocol", "TCP") == protocol)
    };
    let missing = ports.into_iter().filter(|(_, name, protocol)| {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = |pods: &&Workload<'_>| declares(pods, name, protocol);
        !is_number
            && !OF_SIDECARS.contains(name)
            && !own.iter().any(is_known)
            && !scene.repository().with_labels(service.namespace, selector).iter().any(is_known)
    });
    missing.filter_map(|(at, name, protocol)| Some(told(service, at, name, protocol, own.first()?, scene))).collect()
}

/// Source: `FindPort` in `pkg/api/v1/pod/util.go`: name and protocol must be equal.
fn told(
    service: &Member<'_>,
    at: usize,
    name: &str,
    protocol: &str,
    pods: &Workload<'_>,
    scene: &Scene<'_>,
) -> Finding {
    let path = FieldPath(vec![
        Segment::Field("spec".to_owned()),
        Segment::Field("ports".to_owned()),
        Segment::Index(at),
        Segment::Field("targetPort".to_owned()),
    ]);
    let of = pods.member.object;
    let declared: Vec<NodeRef<'_>> = pods.containers().flat_map(|(.., container)| container.list("ports")).collect();
    let names = || declared.iter().map(|port| port.text("name")).filter(|name| !name.is_empty());
    let title = pods.member.title();
    let message = format!("no container of the selected pods has a port named \"{name}\" ({protocol})");
    let mut finding = Finding::in_object(&RULE, message, service.object, path);
    // Pods of a headless Service are found by its name whatever their ports.
    finding.level = match service.spec().text("clusterIP") {
        "None" => Level::Advice,
        _ => scene.level_between(service.object, of),
    };
    let near = slip(name, names());
    let meant = declared.iter().map(|port| port.get("name")).find(|known| {
        let known = known.and_then(NodeRef::as_str);
        known == Some(name) || (near.is_some() && known == near)
    });
    let (range, text) = if let Some(Some(meant)) = meant {
        (meant.written_range(), "this comes nearest".to_owned())
    } else {
        let place = of.locate(&pods.in_pod_spec(&["containers"]));
        let names: Vec<&str> = names().collect();
        let text = match names.as_slice() {
            [] => format!("the containers of {title} name no ports"),
            names => format!("the ports of {title} are called {}", names.join(", ")),
        };
        (place.key.unwrap_or(place.range()), text)
    };
    let help = match near {
        Some(near) => format!("Write \"{near}\", or give both the same name."),
        None => "Give the port of the container this name, or write its number.".to_owned(),
    };
    finding.with_label(of.span(range), text).with_help(help)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings};

    const RULE: &str = "cross/service-target-port";

    fn set(port: &str, containers: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: oven}}\nspec: {{selector: {{app: oven}}, ports: [{port}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{template: {{metadata: {{labels: {{app: oven}}}}, spec: {{{containers}}}}}}}\n---\n"
        )
    }

    const CONTAINERS: &str = "containers: [{name: a}, {name: b, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}]";

    #[test]
    fn a_name_must_be_that_of_a_port() {
        assert!(findings(RULE, &set("{port: 80, targetPort: http}", CONTAINERS)).is_empty());
        assert!(
            findings(RULE, &set("{port: 80, targetPort: 8080}", CONTAINERS)).is_empty(),
            "containers need not declare it"
        );
        assert_eq!(
            findings(RULE, &set("{port: 80, targetPort: htpp}", CONTAINERS)),
            ["spec.ports[0].targetPort: no container of the selected pods has a port named \"htpp\" (TCP)"]
        );
        assert_eq!(findings(RULE, &set("{port: 80, targetPort: dns}", CONTAINERS)).len(), 1);
        assert!(findings(RULE, &set("{port: 80, targetPort: dns, protocol: UDP}", CONTAINERS)).is_empty());
    }

    #[test]
    fn sidecars_are_containers() {
        let sidecar =
            "initContainers: [{name: proxy, restartPolicy: Always, ports: [{name: http, containerPort: 80}]}]";
        assert!(findings(RULE, &set("{port: 80, targetPort: http}", sidecar)).is_empty());
        assert_eq!(
            findings(RULE, &set("{port: 80, targetPort: http}", &sidecar.replace("restartPolicy: Always, ", ""))).len(),
            1
        );
    }

    #[test]
    fn one_of_several_workloads_is_enough() {
        let other = "apiVersion: v1\nkind: Pod\nmetadata: {name: other, labels: {app: oven}}\nspec: {containers: [{name: a, ports: [{name: web, containerPort: 1}]}]}\n";
        assert!(findings(RULE, &format!("{}{other}", set("{port: 80, targetPort: web}", CONTAINERS))).is_empty());
    }

    #[test]
    fn a_headless_service_names_its_pods_all_the_same() {
        let headless = set("{port: 80, targetPort: web}", CONTAINERS)
            .replace("spec: {selector", "spec: {clusterIP: None, selector");
        assert!(findings(RULE, &headless).is_empty());
        assert_eq!(advice(RULE, &headless).len(), 1);
    }
}
