//! Images by a tag that moves.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// An image without a tag, or with `latest`.
pub(super) static RULE: Rule = Rule {
    id: "reliability/image-tag",
    level: Level::Advice,
    summary: "an image has no tag, or the tag latest",
    why: "which program runs is decided anew whenever a pod starts: two pods of one workload may run two versions, nothing says which, and rolling back the manifest brings nothing back",
    docs: include_str!("image-tag.md"),
};

/// Looks at the image of every container.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Knative looks up the digest when a revision is made, and keeps it.
    for container in ground.containers().filter(|container| !container.pod.is_knative()) {
        let image = container.node.text("image");
        let says = match tag(image) {
            Some("latest") => "has the tag latest",
            None => "has no tag, which means latest",
            Some(_) => continue,
        };
        let message = format!("the image of {} {says}", container.title());
        let help = "name the version (`name:1.4.2`), or what it holds (`name@sha256:…`)";
        found.push(container.advise(&RULE, message, &["image"]).with_help(help));
    }
    found
}

/// The tag of an image; an image by digest, or of which nobody knows anything, has one that does not move.
/// Source of the form: `distribution/reference`: a colon behind the last slash begins the tag.
pub(super) fn tag(image: &str) -> Option<&str> {
    if image.is_empty() || image.contains('@') || image.contains(['$', '{', '<', ' ']) {
        return Some("");
    }
    image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn a_colon_before_a_slash_is_that_of_a_port() {
        assert_eq!(tag("registry.example.com:5000/oven"), None);
        assert_eq!(tag("registry.example.com:5000/oven:1.2"), Some("1.2"));
        assert_eq!(tag("oven:latest"), Some("latest"));
        assert_eq!(tag("oven"), None);
        assert_eq!(tag("oven@sha256:0a1b"), Some(""));
        assert_eq!(tag("${IMAGE}"), Some(""));
    }
}
