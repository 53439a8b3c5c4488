//! Containers that may make every system call.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// No seccomp profile, or `Unconfined`.
pub(super) static RULE: Rule = Rule {
    id: "security/seccomp-profile",
    level: Level::Advice,
    summary: "a container may make every system call",
    why: "without a seccomp profile all system calls of the kernel are open to it, and with them every flaw behind one; the runtime's own profile closes those that hardly a program makes",
    docs: include_str!("seccomp-profile.md"),
};

/// Looks at every container.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.linux_containers() {
        // A privileged container runs without a profile whatever is written.
        if container.switch("privileged") == Some(true) {
            continue;
        }
        let (field, says) = match container.security("seccompProfile") {
            None => (container.field(&["securityContext", "seccompProfile"]), "has no seccomp profile"),
            Some((profile, path)) if profile.text("type") == "Unconfined" => {
                (path.field("type"), "is not confined by seccomp")
            }
            Some(_) => continue,
        };
        let message = format!("{} {says}: every system call is open to it", container.title());
        let help = "write `securityContext: {seccompProfile: {type: RuntimeDefault}}` for the pods";
        found.push(container.pod.advise(&RULE, message, field).with_help(help));
    }
    found
}
