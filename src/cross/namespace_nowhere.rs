//! A namespace that nothing makes, in a set that makes others.
//!
//! Apart from the API server's refusal (`apply/namespace-missing`), which needs to know that the namespace is not there.

use super::{Member, Presence, Scene, Workload};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::schema::is_slip_of;
use std::collections::HashMap;

/// A namespace that is nowhere in the repository, beside others that the set makes.
pub static RULE: Rule = Rule {
    id: "cross/namespace-nowhere",
    level: Level::Warning,
    summary: "the set makes namespaces, but not this one",
    why: "an object whose namespace does not exist is refused; a set that brings its own namespaces and leaves one out works only where somebody else made it",
    docs: include_str!("namespace-nowhere.md"),
};

/// Looks at every namespace that objects of the set are in.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let made: Vec<&Member<'_>> = scene.set.of_the_set("", "Namespace").collect();
    if made.is_empty() || scene.closed {
        return Vec::new();
    }
    let is_beside_one = |member: &Member<'_>| made.iter().any(|made| scene.are_surely_together(made, member));
    let mut users: HashMap<&str, Vec<&Member<'_>>> = HashMap::new();
    let mut order = Vec::new();
    for member in scene.set.members().iter().filter(|member| member.is_of_the_set) {
        let Some(namespace) = member.namespace.filter(|namespace| !namespace.is_empty()) else { continue };
        let of = users.entry(namespace).or_default();
        if of.is_empty() {
            order.push(namespace);
        }
        of.push(member);
    }
    let nowhere = |namespace: &&str| matches!(scene.presence("", "Namespace", None, namespace), Presence::NotFound);
    let mut found = Vec::new();
    for namespace in order.into_iter().filter(nowhere) {
        let users: Vec<&Member<'_>> = users[namespace].iter().copied().filter(|user| is_beside_one(user)).collect();
        found.extend(judge(namespace, &users, &made, scene));
    }
    found
}

fn judge(namespace: &str, users: &[&Member<'_>], made: &[&Member<'_>], scene: &Scene<'_>) -> Option<Finding> {
    let first = users.first()?;
    let beside = || made.iter().filter(|made| scene.are_surely_together(made, first));
    let meant = beside().find(|made| is_slip_of(namespace, &made.object.name));
    // Another repository may make it, and this set puts a role or a monitor into it: then no pods are in it. What ends in
    // `-system` comes with the software that it is named after (`istio-system`).
    let is_its_own = !namespace.ends_with("-system") && users.iter().any(|user| Workload::of(**user).is_some());
    if meant.is_none() && !is_its_own {
        return None;
    }
    let example = meant.or_else(|| beside().next())?;
    let others = match users.len() - 1 {
        0 => String::new(),
        1 => " (and 1 more object)".to_owned(),
        more => format!(" (and {more} more objects)"),
    };
    let message = format!(
        "nothing in this repository makes namespace {namespace}, where {} {}{others} goes",
        first.kind, first.object.name
    );
    let finding = Finding::in_object(&RULE, message, first.object, FieldPath::of(&["metadata", "namespace"]));
    let finding = finding.with_label(
        example.name_place(),
        match meant {
            Some(_) => "the set makes this one: is it meant?",
            None => "the set makes this one",
        },
    );
    Some(match meant {
        Some(meant) => {
            finding.with_help(format!("write {}, or add the namespace {namespace} to the set", meant.object.name))
        }
        None => finding.with_help("add the namespace to the set, or make sure that it exists before this is applied"),
    })
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/namespace-nowhere";
    const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: bakery}\n---\n";

    fn pod(namespace: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven, namespace: {namespace}}}\nspec: {{containers: [{{name: a, image: b}}]}}\n---\n"
        )
    }

    fn config(namespace: &str) -> String {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: menu, namespace: {namespace}}}\n---\n")
    }

    #[test]
    fn pods_go_to_a_namespace_that_is_made() {
        assert_eq!(
            findings(RULE, &format!("{NAMESPACE}{}{}", pod("dairy"), config("dairy"))),
            [
                "metadata.namespace: nothing in this repository makes namespace dairy, where Pod oven (and 1 more object) goes"
            ]
        );
        assert!(findings(RULE, &format!("{NAMESPACE}{}", pod("bakery"))).is_empty());
        assert!(findings(RULE, &pod("dairy")).is_empty(), "the set makes none");
    }

    #[test]
    fn a_slip_of_the_pen_is_told_for_every_kind() {
        assert_eq!(findings(RULE, &format!("{NAMESPACE}{}", config("bakrey"))).len(), 1);
        assert!(findings(RULE, &format!("{NAMESPACE}{}", config("monitoring"))).is_empty());
    }

    #[test]
    fn namespaces_that_are_there_anyway() {
        assert!(findings(RULE, &format!("{NAMESPACE}{}{}", pod("kube-system"), pod("default"))).is_empty());
        assert!(findings(RULE, &format!("{NAMESPACE}{}", pod("mesh-system"))).is_empty(), "comes with the mesh");
        let cluster = "apiVersion: v1\nkind: Namespace\nmetadata: {name: dairy}\n";
        assert!(findings_in(cluster, RULE, &format!("{NAMESPACE}{}", pod("dairy"))).is_empty());
    }
}
