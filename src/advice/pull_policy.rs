//! Images that are not what the manifest says.
//!
//! Apart from `image-tag`, which speaks of the tag: here it is the policy that makes nodes differ.

use super::ground::Ground;
use super::image_tag::tag;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// `Never`, or `IfNotPresent` with a tag that moves.
pub(super) static RULE: Rule = Rule {
    id: "reliability/image-pull-policy",
    level: Level::Advice,
    summary: "what runs depends on what the node happens to have",
    why: "with `Never` a pod starts only on nodes that somebody put the image on; with `IfNotPresent` and a tag that moves, each node runs the version that it pulled first",
    docs: include_str!("image-pull-policy.md"),
};

/// Looks at the policy of every container.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.containers().filter(|container| !container.pod.is_knative()) {
        let image = container.node.text("image");
        let message = match container.node.text("imagePullPolicy") {
            "Never" => format!("{} starts only where its image is already", container.title()),
            "IfNotPresent" if matches!(tag(image), None | Some("latest")) => {
                format!("{} runs whichever version its node pulled first", container.title())
            }
            _ => continue,
        };
        let help = "name a version in `image` and leave `imagePullPolicy` out";
        found.push(container.advise(&RULE, message, &["imagePullPolicy"]).with_help(help));
    }
    found
}
