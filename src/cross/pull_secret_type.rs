//! An `imagePullSecrets` entry whose Secret is of another type.

use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// A Secret for pulling images is of a type that the kubelet does not read.
pub static RULE: Rule = Rule {
    id: "cross/pull-secret-type",
    level: Level::Warning,
    summary: "a Secret for pulling images is of a type that the kubelet does not read",
    why: "the kubelet reads only Secrets of type kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg, and pulls as if there were none: ErrImagePull, ImagePullBackOff",
    docs: include_str!("pull-secret-type.md"),
};

/// Looks at every Secret of the set that is named for pulling images.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene
        .names
        .iter()
        .filter(|named| named.has_field("imagePullSecrets"))
        .filter_map(|named| judge(named, scene))
        .collect()
}

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let secrets = scene.set.find_all("", "Secret", named.namespace, named.name);
    let is_read = |kind: &str| matches!(kind, "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg");
    if secrets.iter().any(|secret| is_read(secret.object.root().text("type"))) {
        return None;
    }
    let secret = secrets.first()?.object;
    let kind = secret.root().text_or("type", "Opaque");
    let place = secret.locate(&FieldPath::of(&["type"]));
    let range = if place.exact { place.range() } else { secret.locate(&FieldPath::of(&["kind"])).range() };
    let message = format!("Secret \"{}\" is of type {kind}: the kubelet does not read it", named.name);
    let mut finding = Finding::in_object(&RULE, message, named.from.object, named.path.clone())
        .with_label(secret.span(range), format!("of type {kind}"))
        .with_help("Make it of type kubernetes.io/dockerconfigjson, with the key .dockerconfigjson.");
    finding.level = scene.level_between(named.from.object, secret);
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    #[test]
    fn a_type_that_the_kubelet_reads() {
        let set = |kind: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec: {{containers: [], imagePullSecrets: [{{name: key}}]}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\ntype: {kind}\n"
            )
        };
        let rule = "cross/pull-secret-type";
        assert_eq!(
            findings(rule, &set("Opaque")),
            ["spec.imagePullSecrets[0].name: Secret \"key\" is of type Opaque: the kubelet does not read it"]
        );
        assert!(findings(rule, &set("kubernetes.io/dockerconfigjson")).is_empty());
    }
}
