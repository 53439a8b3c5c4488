//! Processes that may gain more rights than what started them.
//!
//! Apart from `privileged` because here the field must be written to be safe.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};

/// `allowPrivilegeEscalation` that is not `false`.
pub(super) static RULE: Rule = Rule {
    id: "security/privilege-escalation",
    level: Level::Advice,
    summary: "processes of a container may gain rights",
    why: "without `allowPrivilegeEscalation: false` a program with the setuid bit (sudo, su, ping) makes its caller root within the container, which is where most ways out of it begin",
    docs: include_str!("privilege-escalation.md"),
};

/// Looks at every container that could do without.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let open = ground.linux_containers().filter(|container| {
        // The API server refuses `false` beside these two, and each has a rule of its own.
        let cannot_be_false = container.switch("privileged") == Some(true)
            || container.capabilities("add").iter().any(|name| name == "SYS_ADMIN");
        !cannot_be_false && container.switch("allowPrivilegeEscalation") != Some(false)
    });
    open.map(|container| {
        let message = format!("{} may gain rights that it was not started with", container.title());
        container
            .advise(&RULE, message, &["securityContext", "allowPrivilegeEscalation"])
            .with_help("write `securityContext: {allowPrivilegeEscalation: false}`")
    })
    .collect()
}
