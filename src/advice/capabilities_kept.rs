//! Containers that keep the capabilities that runtimes give to all.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};

/// Neither `ALL` nor `NET_RAW` is dropped.
pub(super) static RULE: Rule = Rule {
    id: "security/capabilities-kept",
    level: Level::Advice,
    summary: "a container keeps NET_RAW",
    why: "runtimes give every container a dozen capabilities, and few programs use one; with NET_RAW it can forge packets and pose as other pods of its node",
    docs: include_str!("capabilities-kept.md"),
};

/// Looks at what every container drops.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let keeping = ground.linux_containers().filter(|container| {
        let names =
            |list: &str, meant: &[&str]| container.capabilities(list).iter().any(|name| meant.contains(&&**name));
        container.switch("privileged") != Some(true)
            && !names("drop", &["ALL", "NET_RAW"])
            && !names("add", &["ALL", "NET_RAW"])
    });
    keeping
        .map(|container| {
            container
                .advise(
                    &RULE,
                    format!("{} keeps NET_RAW, with which packets are forged", container.title()),
                    &["securityContext", "capabilities", "drop"],
                )
                .with_help("write `securityContext: {capabilities: {drop: [ALL]}}`, and `add` what is needed")
        })
        .collect()
}
