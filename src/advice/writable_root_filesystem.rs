//! Containers that can write over their own image.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};

/// `readOnlyRootFilesystem` that is not `true`.
pub(super) static RULE: Rule = Rule {
    id: "security/writable-root-filesystem",
    level: Level::Advice,
    summary: "a container can write to its root filesystem",
    why: "whoever breaks in can change programs and leave others behind; what the container writes there fills the disk of the node, and is gone when it restarts",
    docs: include_str!("writable-root-filesystem.md"),
};

/// Looks at every container.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let writable =
        ground.linux_containers().filter(|container| container.switch("readOnlyRootFilesystem") != Some(true));
    writable
        .map(|container| {
            container
                .advise(
                    &RULE,
                    format!("{} can write to its root filesystem", container.title()),
                    &["securityContext", "readOnlyRootFilesystem"],
                )
                .with_help(
                    "write `securityContext: {readOnlyRootFilesystem: true}`, and mount an `emptyDir` where it must write (mostly /tmp)",
                )
        })
        .collect()
}
