//! Capabilities that reach beyond a container.
//!
//! Source of the list: `check_capabilities_baseline.go` of pod-security-admission (1.36).

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::server_rules::pod_security::ADDABLE_CAPABILITIES;
use crate::yaml::NodeRef;

/// A capability beyond those that the Baseline standard lets pass.
pub(super) static RULE: Rule = Rule {
    id: "security/capabilities-added",
    level: Level::Advice,
    summary: "a container is given a capability that the Baseline standard forbids",
    why: "most capabilities beyond those that runtimes give to all reach into the node: SYS_ADMIN mounts its disks, NET_ADMIN changes networks, SYS_PTRACE reads other processes, IPC_LOCK keeps its memory",
    docs: include_str!("capabilities-added.md"),
};

/// Looks at what every container adds.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.linux_containers().filter(|container| !container.pod.is_part_of_the_node()) {
        let added = container.node.at(&["securityContext", "capabilities"]).list("add").into_iter().enumerate();
        for (at, name) in added.filter_map(|(at, name)| Some((at, NodeRef::as_str(name)?))) {
            let plain = name.to_ascii_uppercase();
            if ADDABLE_CAPABILITIES.contains(&plain.strip_prefix("CAP_").unwrap_or(&plain)) {
                continue;
            }
            let field = container.field(&["securityContext", "capabilities", "add"]).index(at);
            let message = format!("{} is given {name}, which the Baseline standard forbids", container.title());
            let help = "leave it out, or add the least one that does; only what manages nodes needs these";
            found.push(container.pod.advise(&RULE, message, field).with_help(help));
        }
    }
    found
}
