//! The socket of a container runtime in a pod.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A `hostPath` volume that is, or holds, the socket of a container runtime.
pub(super) static RULE: Rule = Rule {
    id: "security/runtime-socket",
    level: Level::Advice,
    summary: "pods mount the socket of the container runtime",
    why: "who talks to the runtime starts privileged containers, past the API server and everything it enforces: it is root on the node, whether or not the mount is read-only",
    docs: include_str!("runtime-socket.md"),
};

/// The sockets, as kubelet and the runtimes place them.
const SOCKETS: [&str; 9] = [
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "cri-dockerd.sock",
    "dockershim.sock",
    "podman.sock",
    "/run/containerd",
    "/run/crio",
    "/run/docker",
];

/// Whether a path is, or directly holds, such a socket.
pub(super) fn is_socket(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let below_run = path.strip_prefix("/var").unwrap_or(path);
    SOCKETS.contains(&last) || SOCKETS.contains(&below_run)
}

/// Looks at the `hostPath` volumes of all pods.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| !pod.is_part_of_the_node()) {
        for (at, volume) in pod.volumes() {
            let path = volume.get("hostPath").text("path");
            if is_socket(path) {
                let field = pod.field(&["volumes"]).index(at).field("hostPath").field("path");
                let message =
                    format!("the pods of {} get {path}: who talks to it is root on the node", pod.member().title());
                let help = "build images with a builder that needs no runtime (BuildKit without root, Buildah), and read metrics and logs from the kubelet";
                found.push(pod.advise(&RULE, message, field).with_help(help));
            }
        }
    }
    found
}
