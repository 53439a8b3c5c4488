//! Scratch space without an end.

use super::ground::{Ground, Pod};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// An `emptyDir` on disk without a size, in pods without a limit of ephemeral storage.
pub(super) static RULE: Rule = Rule {
    id: "efficiency/unbounded-scratch",
    level: Level::Advice,
    summary: "an emptyDir may fill the disk of its node",
    why: "what is written there counts against nothing: when the disk of the node is full, pods are evicted, and not only this one",
    docs: include_str!("unbounded-scratch.md"),
};

/// Looks at the `emptyDir` volumes of all pods.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| !is_limited(pod) && !pod.is_knative()) {
        for (at, volume) in pod.volumes() {
            let Some(scratch) = volume.get("emptyDir") else { continue };
            if scratch.has("sizeLimit") || !scratch.text("medium").is_empty() || !is_written(pod, volume.text("name")) {
                continue;
            }
            let message = format!("volume \"{}\" may fill the disk of its node", volume.text("name"));
            let field = pod.field(&["volumes"]).index(at).field("emptyDir").field("sizeLimit");
            let help = "write `sizeLimit` for the volume, or `resources.limits.ephemeral-storage` for the containers";
            found.push(pod.advise(&RULE, message, field).with_help(help));
        }
    }
    found
}

/// Whether a container that stays can write to the volume: what init containers put there does not grow.
fn is_written(pod: &Pod<'_>, volume: &str) -> bool {
    let mut mounts = pod.lasting_containers().flat_map(|container| container.node.list("volumeMounts"));
    mounts.any(|mount| mount.text("name") == volume && !mount.flag("readOnly"))
}

/// Whether every container that stays has a limit of ephemeral storage: then that of the pods is their sum.
fn is_limited(pod: &Pod<'_>) -> bool {
    pod.lasting_containers().all(|container| container.node.at(&["resources", "limits", "ephemeral-storage"]).is_some())
}
