//! Two workloads whose selectors select each other's pods.
//!
//! Apart because a selector's fault is shown by the pods of others.

use super::index::Workload;
use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::server_rules::content::label_selector::Selector;
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// Two workloads that take each other's pods for their own.
pub static RULE: Rule = Rule {
    id: "cross/overlapping-selectors",
    level: Level::Warning,
    summary: "two workloads select each other's pods",
    why: "a selector has to tell the workload's own pods from all others of the namespace: with the pods of both, an autoscaler measures both as one, a controller adopts (and deletes) what the other leaves behind, and `kubectl logs` and `kubectl rollout` pick from both",
    docs: include_str!("overlapping-selectors.md"),
};

/// Holds the workloads of each namespace against each other. Each is told once, with the first of the others.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let own = scene.set.workloads().iter().filter(|workload| workload.member.is_of_the_set);
    let mut told: HashSet<usize> = HashSet::new();
    let mut found = Vec::new();
    for workload in own {
        let Some(other) = rival(workload, scene) else { continue };
        let (this, that) = (std::ptr::from_ref(workload).addr(), std::ptr::from_ref(other).addr());
        // A pair is told at one of the two.
        if told.contains(&this) && told.contains(&that) {
            continue;
        }
        // What comes later is to be mended.
        let (later, earlier) = if told.contains(&that) { (workload, other) } else { (other, workload) };
        told.extend([this, that]);
        found.push(tell(&later.member, &earlier.member));
    }
    found
}

/// The first workload that selects this one's pods and whose pods this one selects.
fn rival<'s>(workload: &'s Workload<'s>, scene: &'s Scene<'_>) -> Option<&'s Workload<'s>> {
    let namespace = workload.member.namespace;
    let (pairs, whole) = selector(&workload.member)?;
    let labels = workload.labels()?;
    let is_rival = |other: &&Workload<'_>| {
        other.member.is_of_the_set
            && scene.are_rivals(&other.member, &workload.member)
            && selects(whole, other.labels())
            && selector(&other.member).is_some_and(|(_, whole)| selects(whole, Some(labels)))
    };
    scene.set.each_labelled(namespace, pairs).find(is_rival)
}

/// What a workload selects by: the pairs that pods must have, and the whole selector, where it is more than pairs. A
/// selector without pairs is left alone.
fn selector<'s>(member: &Member<'s>) -> Option<(NodeRef<'s>, Whole<'s>)> {
    match (member.group, member.kind) {
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => {
            let selector = member.spec()?.get("selector")?;
            let pairs = selector.get("matchLabels").filter(|pairs| !pairs.is_empty())?;
            Some((pairs, Whole::Selector(selector)))
        }
        ("", "ReplicationController") => {
            let own = member.spec()?.get("selector").filter(|selector| !selector.is_empty());
            let pairs = own.or_else(|| member.object.root().at(&["spec", "template", "metadata", "labels"]))?;
            Some((pairs, Whole::Pairs(pairs)))
        }
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Whole<'s> {
    Selector(NodeRef<'s>),
    Pairs(NodeRef<'s>),
}

fn selects(whole: Whole<'_>, labels: Option<NodeRef<'_>>) -> bool {
    match whole {
        Whole::Selector(selector) => {
            Selector::of(Some(selector)).is_some_and(|selector| selector.matches_labels(labels))
        }
        Whole::Pairs(pairs) => pairs.entries().all(|pair| {
            labels.and_then(|labels| labels.get(pair.name())).and_then(NodeRef::as_str) == pair.value.as_str()
        }),
    }
}

fn tell(member: &Member<'_>, other: &Member<'_>) -> Finding {
    let field = FieldPath::of(&["spec", "selector"]);
    let message = format!("{} and {} select each other's pods", member.title(), other.title());
    Finding::in_object(&RULE, message, member.object, field.clone())
        .with_label(other.place(&field), format!("{} selects both as well", other.title()))
        .with_help("give the pods of each a label that the other's do not have, and select by it")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/overlapping-selectors";

    fn workload(kind: &str, name: &str, selector: &str, labels: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: {selector}}}, template: {{metadata: {{labels: {labels}}}}}}}\n---\n"
        )
    }

    #[test]
    fn two_workloads_that_select_the_same_pods() {
        let set = workload("Deployment", "oven", "{app: bakery}", "{app: bakery}")
            + &workload("StatefulSet", "store", "{app: bakery}", "{app: bakery, part: store}");
        assert_eq!(
            findings(RULE, &set),
            ["spec.selector: StatefulSet default/store and Deployment default/oven select each other's pods"]
        );
        let old = "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: old}\nspec: {template: {metadata: {labels: {app: bakery}}}}\n";
        assert_eq!(findings(RULE, &(set + old)).len(), 2);
    }

    #[test]
    fn one_that_selects_more_is_no_fight() {
        let set = workload("Deployment", "oven", "{app: bakery}", "{app: bakery}")
            + &workload("Deployment", "store", "{app: bakery, part: store}", "{app: bakery, part: store}");
        assert!(findings(RULE, &set).is_empty());
    }

    #[test]
    fn other_namespaces_and_expressions_divide() {
        let oven = workload("Deployment", "oven", "{app: bakery}", "{app: bakery}");
        let elsewhere = oven.replace("name: oven", "name: oven, namespace: annex");
        assert!(findings(RULE, &(oven.clone() + &elsewhere)).is_empty());
        assert!(findings(RULE, &oven.repeat(2)).is_empty(), "one object, written twice");
        let other = workload("Deployment", "store", "{app: bakery}", "{app: bakery, part: store}").replace(
            "matchLabels: {app: bakery}",
            "matchLabels: {app: bakery}, matchExpressions: [{key: part, operator: Exists}]",
        );
        assert!(findings(RULE, &(oven + &other)).is_empty());
    }
}
