//! Switches that take down a wall between a pod and its node.
//!
//! Apart as one table because they differ in the field, the value and the words alone.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A switch that should not be on.
pub(super) struct Switch {
    pub(super) rule: Rule,
    /// Whether it stands in the spec of the pods.
    of_pods: bool,
    /// Whether it stands in containers.
    of_containers: bool,
    /// Where, below the spec or the container.
    fields: &'static [&'static str],
    /// The value that says on; none for `true`.
    on: Option<&'static str>,
    /// What is said of the pods or the container.
    says: &'static str,
    help: &'static str,
}

const OFF: &str = "leave it out";

/// A privileged container.
pub(super) static PRIVILEGED: Switch = Switch {
    rule: Rule {
        id: "security/privileged",
        level: Level::Advice,
        summary: "a container is privileged",
        why: "it has every capability and every device of the node, and no seccomp or AppArmor profile: whoever breaks into it owns the node, and with it the Secrets of every pod there",
        docs: include_str!("privileged.md"),
    },
    of_pods: false,
    of_containers: true,
    fields: &["securityContext", "privileged"],
    on: None,
    says: "is privileged: it can do on the node whatever root can",
    help: "leave it out, and add the one capability or mount the one device that is needed",
};

/// The network of the node.
pub(super) static HOST_NETWORK: Switch = Switch {
    rule: Rule {
        id: "security/host-network",
        level: Level::Advice,
        summary: "pods use the network of their node",
        why: "they reach what listens on the node's loopback, see its traffic, and no NetworkPolicy holds for them; their ports are taken on the node",
        docs: include_str!("host-network.md"),
    },
    of_pods: true,
    of_containers: false,
    fields: &["hostNetwork"],
    on: None,
    says: "use the network of their node, where no NetworkPolicy holds",
    help: OFF,
};

/// The processes of the node.
pub(super) static HOST_PID: Switch = Switch {
    rule: Rule {
        id: "security/host-pid",
        level: Level::Advice,
        summary: "pods see the processes of their node",
        why: "they read the command lines and, as the same user, the environments of all that runs there, and can signal it; with a few capabilities that is root on the node",
        docs: include_str!("host-pid.md"),
    },
    of_pods: true,
    of_containers: false,
    fields: &["hostPID"],
    on: None,
    says: "see every process of their node, other pods' included",
    help: OFF,
};

/// The shared memory of the node.
pub(super) static HOST_IPC: Switch = Switch {
    rule: Rule {
        id: "security/host-ipc",
        level: Level::Advice,
        summary: "pods share the memory segments and queues of their node",
        why: "what other processes of the node leave in shared memory can be read and changed",
        docs: include_str!("host-ipc.md"),
    },
    of_pods: true,
    of_containers: false,
    fields: &["hostIPC"],
    on: None,
    says: "share memory segments and queues with every process of their node",
    help: "leave it out; containers of one pod share memory through an `emptyDir` of medium Memory",
};

/// A container on a Windows node that is none.
pub(super) static HOST_PROCESS: Switch = Switch {
    rule: Rule {
        id: "security/host-process",
        level: Level::Advice,
        summary: "a Windows container runs as a process of its node",
        why: "it is not contained: it has the files, the network and the rights of the account it runs as on the node",
        docs: include_str!("host-process.md"),
    },
    of_pods: true,
    of_containers: true,
    fields: &["securityContext", "windowsOptions", "hostProcess"],
    on: None,
    says: "on Windows run as processes of the node, without a container around them",
    help: OFF,
};

/// All of `/proc`.
pub(super) static PROC_MOUNT: Switch = Switch {
    rule: Rule {
        id: "security/proc-mount",
        level: Level::Advice,
        summary: "a container sees all of /proc",
        why: "runtimes hide the parts of /proc that tell of the kernel or change it; unmasked, they are open to the container",
        docs: include_str!("proc-mount.md"),
    },
    of_pods: false,
    of_containers: true,
    fields: &["securityContext", "procMount"],
    on: Some("Unmasked"),
    says: "sees the parts of /proc that runtimes hide",
    help: "leave it out; containers that build containers need it, and then `hostUsers: false` beside it",
};

/// Looks at the pods of the set and their containers.
pub(super) fn check(switch: &'static Switch, ground: &Ground<'_>) -> Vec<Finding> {
    let is_on = |node: NodeRef<'_>| {
        let (last, above) = switch.fields.split_last()?;
        let holder = node.at(above)?;
        let value = holder.get(last)?;
        let on = match switch.on {
            None => value.as_bool() == Some(true),
            Some(on) => value.as_str() == Some(on),
        };
        on.then_some(())
    };
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| !pod.is_part_of_the_node()) {
        if switch.of_pods && is_on(pod.spec).is_some() {
            let message = format!("the pods of {} {}", pod.member().title(), switch.says);
            found.push(pod.advise(&switch.rule, message, pod.field(switch.fields)).with_help(switch.help));
        }
        // In a user namespace of its own a pod's root is nobody on the node.
        let is_harmless = switch.on.is_some() && pod.spec.has("hostUsers") && !pod.spec.flag("hostUsers");
        for container in pod.containers().filter(|_| switch.of_containers && !is_harmless) {
            if is_on(container.node).is_some() {
                let message = format!("{} {}", container.title(), switch.says);
                found.push(container.advise(&switch.rule, message, switch.fields).with_help(switch.help));
            }
        }
    }
    found
}
