//! Containers that a Service sends requests to, and that nobody asks how they are.
//!
//! Apart as one table because the two probes differ in the field and the words alone. Only what a Service of the set leads
//! to is looked at: which container serves is known there, and for what serves nobody probes are of little use.

use super::ground::{Container, Ground, Pod};
use crate::cross::Member;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A probe that is not there.
pub(super) struct Probe {
    pub(super) rule: Rule,
    field: &'static str,
    says: &'static str,
    help: &'static str,
}

/// No readiness probe.
pub(super) static READINESS: Probe = Probe {
    rule: Rule {
        id: "reliability/no-readiness-probe",
        level: Level::Advice,
        summary: "a container that serves has no readiness probe",
        why: "requests are sent to it from the moment it runs, before it listens, and when it cannot answer; and a rolling update stops old pods for new ones that do not work",
        docs: include_str!("no-readiness-probe.md"),
    },
    field: "readinessProbe",
    says: "may get requests before it can answer them",
    help: "add a `readinessProbe` that asks what requests need (`httpGet`, `grpc`, or `tcpSocket` at least)",
};

/// No liveness probe.
pub(super) static LIVENESS: Probe = Probe {
    rule: Rule {
        id: "reliability/no-liveness-probe",
        level: Level::Advice,
        summary: "a container that serves has no liveness probe",
        why: "a process that hangs goes on being there: nothing restarts it but somebody who notices",
        docs: include_str!("no-liveness-probe.md"),
    },
    field: "livenessProbe",
    says: "is not restarted when it hangs",
    help: "add a `livenessProbe` that asks only whether the process itself goes on, with a `failureThreshold` that leaves it time",
};

/// Looks at the containers that Services lead to.
pub(super) fn check(probe: &'static Probe, ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| pod.is_lasting() && !pod.is_knative()) {
        for (container, service) in serving(ground, pod) {
            if container.node.has(probe.field) {
                continue;
            }
            let message = format!("{} {}", container.title(), probe.says);
            found.push(
                container
                    .advise(&probe.rule, message, &[probe.field])
                    .with_label(
                        service.place(&FieldPath::of(&["spec", "ports"])),
                        format!("{} leads to it", service.title()),
                    )
                    .with_help(probe.help),
            );
        }
    }
    found
}

/// The containers that listen on a port that a Service leads to, each once, with the Service.
fn serving<'g>(ground: &Ground<'g>, pod: &Pod<'g>) -> Vec<(Container<'g>, &'g Member<'g>)> {
    let containers: Vec<Container<'g>> = pod.lasting_containers().collect();
    let mut found: Vec<(usize, &Member<'_>)> = Vec::new();
    for service in ground.services(pod) {
        for port in service.spec().list("ports") {
            let listens =
                |container: &Container<'_>| container.node.list("ports").iter().any(|own| is_meant(port, *own));
            // A port need not be declared; in a pod of one container there is no other that could listen.
            let at = containers.iter().position(listens).or((containers.len() == 1).then_some(0));
            found.extend(at.map(|at| (at, *service)));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.dedup_by_key(|(at, _)| *at);
    found.into_iter().map(|(at, service)| (containers[at], service)).collect()
}

/// Whether a port of a Service leads to one of a container. Source: `FindPort` in `pkg/api/v1/pod/util.go` (1.36).
fn is_meant(port: NodeRef<'_>, own: NodeRef<'_>) -> bool {
    let same_protocol = port.text_or("protocol", "TCP") == own.text_or("protocol", "TCP");
    let target = port.text_pointer("targetPort").map(|name| own.text("name") == name);
    let by_number = || {
        let number = port.int("targetPort").filter(|number| *number != 0).or_else(|| port.int("port"));
        number.is_some() && own.int("containerPort") == number
    };
    same_protocol && target.unwrap_or_else(by_number)
}
