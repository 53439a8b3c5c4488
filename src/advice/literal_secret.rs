//! Passwords and tokens in the environment of containers, as they are written.

use super::ground::Ground;
use super::secrets::looks_like_one;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// An environment variable with a secret as its value.
pub(super) static RULE: Rule = Rule {
    id: "security/literal-secret",
    level: Level::Advice,
    summary: "a password or a key is written into the environment of a container",
    why: "whoever reads the repository, or may read workloads in the cluster, has it; nobody can change it without a new version of the manifest, and it stays in the history",
    docs: include_str!("literal-secret.md"),
};

/// Looks at the environment of every container. What it finds is never told.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.containers() {
        for (at, variable) in container.node.list("env").into_iter().enumerate() {
            let (name, value) = (variable.text("name"), variable.text("value"));
            let Some(why) = looks_like_one(name, value) else { continue };
            let field = container.field(&["env"]).index(at).field("value");
            let message = format!("variable {name} of {} {why}", container.title());
            let help = "put it into a Secret that no repository holds in the clear, and name it by `valueFrom: {secretKeyRef: {name: …, key: …}}`; and change it, for it was read";
            found.push(container.pod.advise(&RULE, message, field).with_help(help));
        }
    }
    found
}
