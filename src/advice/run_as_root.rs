//! Containers that run as root, or may.
//!
//! Apart because two fields in two places say who a container runs as, and the image where neither does.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A container that runs as root, or as whoever its image says.
pub(super) static RULE: Rule = Rule {
    id: "security/run-as-root",
    level: Level::Advice,
    summary: "a container runs as root, or as whoever its image says",
    why: "root in a container is root on the node once it is out of it: every flaw of the kernel or the runtime, and every mounted directory of the node, is worth more to it",
    docs: include_str!("run-as-root.md"),
};

/// Looks at who every container runs as.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.linux_containers() {
        // With a user namespace its root is nobody on the node.
        if container.pod.spec.get("hostUsers").is_some() && !container.pod.spec.flag("hostUsers") {
            continue;
        }
        let title = container.title();
        match container.security("runAsUser").and_then(|(user, path)| Some((user.as_i64()?, path))) {
            Some((0, path)) => {
                let message = format!("{title} runs as root");
                let help = "write the number of another user, and `runAsNonRoot: true`";
                found.push(container.pod.advise(&RULE, message, path).with_help(help));
            }
            Some(_) => {}
            None => match container.security("runAsNonRoot") {
                Some((value, _)) if value.as_bool() == Some(true) => {}
                other => {
                    let field =
                        other.map_or_else(|| container.field(&["securityContext", "runAsNonRoot"]), |(_, at)| at);
                    let message = format!("{title} runs as whoever its image says, which is root for most");
                    let help = "write `runAsNonRoot: true`, and `runAsUser` where the image names no user by number";
                    found.push(container.pod.advise(&RULE, message, field).with_help(help));
                }
            },
        }
    }
    found
}
