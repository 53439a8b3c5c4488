//! A port by name in a probe or a lifecycle hook, which the container does not declare.

use super::index::Workload;
use super::missing::slip;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Segment};
use crate::yaml::NodeRef;

/// The port of a probe or hook is a name that its container does not have.
pub static RULE: Rule = Rule {
    id: "cross/probe-port",
    level: Level::Warning,
    summary: "the port of a probe or hook is a name that its container does not have",
    why: "the kubelet looks for a port of that name in the container and finds none: the probe fails each time, and a Pod that is not ready or is restarted for ever is what comes of it",
    docs: include_str!("probe-port.md"),
};

/// Looks at every container of the set.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let own = scene.set.workloads().iter().filter(|workload| workload.member.is_of_the_set);
    own.flat_map(judge).collect()
}

/// Where a container may be called: probes, hooks.
const CALLS: [&[&str]; 5] = [
    &["livenessProbe"],
    &["readinessProbe"],
    &["startupProbe"],
    &["lifecycle", "postStart"],
    &["lifecycle", "preStop"],
];

fn judge(workload: &Workload<'_>) -> Vec<Finding> {
    let spec = workload.pod_spec();
    let lists = ["containers", "initContainers"].into_iter();
    let all = lists.flat_map(|list| spec.list(list).into_iter().enumerate().map(move |(at, one)| (list, at, one)));
    let ways = |call: &'static [&'static str]| ["httpGet", "tcpSocket"].map(|way| (call, way));
    all.flat_map(|(list, at, container)| {
        let named = CALLS.into_iter().flat_map(ways).filter_map(move |(call, way)| {
            let name = container.at(call)?.at(&[way, "port"])?.as_str()?;
            let has = container.list("ports").iter().any(|port| port.text("name") == name);
            let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
            (!has && !is_number).then_some((call, way, name))
        });
        named.map(move |(call, way, name)| told(workload, list, at, container, (call, way), name)).collect::<Vec<_>>()
    })
    .collect()
}

/// Sources: `pkg/probe/util.go` and `pkg/kubelet/lifecycle/handlers.go` (1.36).
fn told(
    workload: &Workload<'_>,
    list: &str,
    at: usize,
    container: NodeRef<'_>,
    (call, way): (&[&str], &str),
    name: &str,
) -> Finding {
    let object = workload.member.object;
    let mut path = workload.in_pod_spec(&[list]);
    path.0.push(Segment::Index(at));
    let place = object.locate(&FieldPath([path.0.clone(), FieldPath::of(&["ports"]).0].concat()));
    path.0.extend(call.iter().chain(&[way, "port"]).map(|field| Segment::Field((*field).to_owned())));
    let message = format!("container \"{}\" has no port named \"{name}\"", container.text("name"));
    let ports = container.list("ports");
    let names = || ports.iter().map(|port| port.text("name")).filter(|name| !name.is_empty());
    let finding = Finding::in_object(&RULE, message, object, path);
    let known: Vec<&str> = names().collect();
    let finding = match known.as_slice() {
        _ if !place.exact => finding,
        [] => finding.with_label(object.span(place.key.unwrap_or(place.range())), "its ports have no names"),
        known => finding.with_label(
            object.span(place.key.unwrap_or(place.range())),
            format!("its ports are called {}", known.join(", ")),
        ),
    };
    finding.with_help(match slip(name, names()) {
        Some(near) => format!("Write \"{near}\", or give both the same name."),
        None => "Name the port in the `ports` of this container, or write its number.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/probe-port";

    fn pod(container: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec: {{containers: [{{name: other, ports: [{{name: admin, containerPort: 1}}]}}, {{name: oven, {container}}}]}}\n"
        )
    }

    #[test]
    fn a_name_must_be_that_of_a_port_of_the_container() {
        let ports = "ports: [{name: http, containerPort: 80}]";
        assert!(findings(RULE, &pod(&format!("{ports}, livenessProbe: {{httpGet: {{port: http}}}}"))).is_empty());
        assert!(findings(RULE, &pod("livenessProbe: {httpGet: {port: 8080}}")).is_empty());
        assert_eq!(
            findings(RULE, &pod(&format!("{ports}, readinessProbe: {{tcpSocket: {{port: admin}}}}"))),
            ["spec.containers[1].readinessProbe.tcpSocket.port: container \"oven\" has no port named \"admin\""]
        );
        assert_eq!(
            findings(RULE, &pod("lifecycle: {preStop: {httpGet: {port: http}}}")),
            ["spec.containers[1].lifecycle.preStop.httpGet.port: container \"oven\" has no port named \"http\""]
        );
    }
}
