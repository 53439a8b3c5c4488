//! Directories of the node in pods.
//!
//! Apart from the sockets of runtimes, which are worse and have a rule of their own.

use super::ground::{Ground, Pod};
use super::runtime_socket::is_socket;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A `hostPath` volume that can be written to, or shows what rules the node.
pub(super) static RULE: Rule = Rule {
    id: "security/host-path",
    level: Level::Advice,
    summary: "pods write to a directory of their node, or read one that rules it",
    why: "what is written there acts on the node, and stays when the pod goes; what is read there (/etc, /var/lib/kubelet, /proc) has the keys of the node and of other pods",
    docs: include_str!("host-path.md"),
};

/// Directories whose contents are the node's own.
const OF_THE_NODE: [&str; 12] = [
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/sys",
    "/usr",
    "/var/lib/kubelet",
    "/var/lib/docker",
    "/var/lib/containerd",
];

/// Single files and directories below them that many need, and that tell nothing.
const HARMLESS: [&str; 12] = [
    "/etc/localtime",
    "/etc/timezone",
    "/etc/machine-id",
    "/etc/ssl/certs",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/etc/os-release",
    "/usr/share/zoneinfo",
    "/lib/modules",
    "/usr/lib/os-release",
    "/usr/src",
];

/// Looks at the `hostPath` volumes of all pods.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    ground.pods.iter().filter(|pod| !pod.is_part_of_the_node() && !pod.is_windows()).flat_map(judge).collect()
}

fn judge(pod: &Pod<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, volume) in pod.volumes() {
        let Some(path) = volume.get("hostPath").text_pointer("path").filter(|path| !is_socket(path)) else { continue };
        let name = volume.text("name");
        let mounts = || {
            let all = pod.containers().flat_map(|container| {
                container.node.list("volumeMounts").into_iter().map(move |mount| (container.title(), mount))
            });
            all.filter(|(_, mount)| mount.text("name") == name)
        };
        let clean = path.trim_end_matches('/');
        let is_below = |directory: &&str| {
            clean.strip_prefix(*directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_plain = HARMLESS.iter().any(&is_below);
        let is_of_the_node = clean.is_empty() || (!is_plain && OF_THE_NODE.iter().any(is_below));
        let writer = mounts().find(|(_, mount)| !mount.flag("readOnly")).map(|(title, _)| title);
        let message = match writer {
            // What a time zone or a module is read from is mounted writable without a thought, and is root's.
            Some(_) if is_plain => continue,
            Some(title) => format!("{title} can write to {path} of its node"),
            None if is_of_the_node && mounts().next().is_some() => {
                format!("the pods of {} read {path} of their node", pod.member().title())
            }
            None => continue,
        };
        let field = pod.field(&["volumes"]).index(at).field("hostPath").field("path");
        let help = "use an `emptyDir`, a claim or a `local` PersistentVolume; for what must be read from the node, write `readOnly: true` and the narrowest path";
        found.push(pod.advise(&RULE, message, field).with_help(help));
    }
    found
}
