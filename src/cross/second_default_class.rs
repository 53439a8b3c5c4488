//! Two classes of a kind that are both marked as the default.
//!
//! Apart because of priority classes the API server allows one, and of these it allows any number.
//! Sources: `pkg/volume/util/storageclass.go` and `plugin/pkg/admission/network/defaultingressclass` (1.36).

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// A second default among the storage classes or the ingress classes.
pub static RULE: Rule = Rule {
    id: "cross/second-default-class",
    level: Level::Warning,
    summary: "another class of this kind is the default already",
    why: "the API server accepts several defaults and takes the one that was made last: what the other is the default for depends on the order of creation (before 1.26 objects without a class were refused)",
    docs: include_str!("second-default-class.md"),
};

/// Kinds that have a default, and the annotations that make it.
const KINDS: [(&str, &str, &[&str]); 2] = [
    (
        "storage.k8s.io",
        "StorageClass",
        &["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"],
    ),
    ("networking.k8s.io", "IngressClass", &["ingressclass.kubernetes.io/is-default-class"]),
];

/// Looks at the classes of the set, beside those of the cluster.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (group, kind, annotations) in KINDS {
        let defaults = scene.set.of_kind(group, kind);
        let defaults = defaults.filter_map(|class| Some((class, default_mark(class, annotations)?)));
        let (own, live): (Vec<_>, Vec<_>) = defaults.partition(|(class, _)| class.is_of_the_set);
        for (position, (class, mark)) in own.iter().enumerate() {
            let mut before = live.iter().chain(&own[..position]);
            let Some((other, at)) = before.find(|(other, _)| scene.are_rivals(other, class)) else { continue };
            let message = format!("{} and {} are both the default {kind}", other.title(), class.title());
            found.push(
                Finding::in_object(&RULE, message, class.object, mark.clone())
                    .with_label(other.place(at), format!("{} is the default too", other.title()))
                    .with_help("mark one of them only, and write \"false\" at the other"),
            );
        }
    }
    found
}

fn default_mark(class: &Member<'_>, annotations: &[&str]) -> Option<FieldPath> {
    let own = class.object.root().at(&["metadata", "annotations"])?;
    let mark = annotations.iter().find(|annotation| own.text(annotation) == "true")?;
    Some(FieldPath::of(&["metadata", "annotations"]).key(mark))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/second-default-class";

    fn class(kind: &str, name: &str, mark: &str) -> String {
        let (group, rest, annotation) = match kind {
            "StorageClass" => ("storage.k8s.io", "provisioner: disk.example.com", "storageclass"),
            _ => ("networking.k8s.io", "spec: {controller: example.com/door}", "ingressclass"),
        };
        format!(
            "apiVersion: {group}/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations: {{{annotation}.kubernetes.io/is-default-class: \"{mark}\"}}\n{rest}\n---\n"
        )
    }

    #[test]
    fn one_class_is_the_default() {
        for kind in ["StorageClass", "IngressClass"] {
            let set = class(kind, "slow", "true") + &class(kind, "fast", "true") + &class(kind, "old", "false");
            let found = findings(RULE, &set);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].ends_with(&format!("{kind} slow and {kind} fast are both the default {kind}")),
                "{found:?}"
            );
            let cluster = class(kind, "slow", "true");
            assert_eq!(findings_in(&cluster, RULE, &class(kind, "fast", "true")).len(), 1);
            assert!(findings_in(&cluster, RULE, &class(kind, "slow", "true")).is_empty(), "the same class");
        }
    }

    #[test]
    fn each_kind_has_its_own() {
        let set = class("StorageClass", "slow", "true") + &class("IngressClass", "slow", "true");
        assert!(findings(RULE, &set).is_empty());
    }
}
