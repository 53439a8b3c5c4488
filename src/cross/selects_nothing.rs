//! Selectors that select no Pods: what is near, how sure it is, and how that is told.
//!
//! Apart because Services, policies and monitors all select Pods, and each rule only says which selector it speaks of.

use super::index::{Member, Workload};
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::server_rules::content::label_selector::is_empty;
use crate::yaml::NodeRef;

/// Kinds whose name is likely the name of what selects their Pods.
const NAMESAKES: [(&str, &str); 6] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("argoproj.io", "Rollout"),
    ("apps", "ReplicaSet"),
    ("", "Pod"),
];

/// A selector of Pods.
#[derive(Clone, Debug)]
pub struct Selecting<'n, 's> {
    /// Whose it is.
    pub owner: &'n Member<'s>,
    /// The selector: `matchLabels` and `matchExpressions`.
    pub selector: NodeRef<'s>,
    /// Where it stands.
    pub path: FieldPath,
    /// The namespace of the Pods; none for any.
    pub namespace: Option<&'s str>,
}

impl Selecting<'_, '_> {
    /// A finding where it selects nothing: a warning where that is certain enough, else advice.
    pub fn judge(&self, scene: &Scene<'_>, rule: &'static Rule) -> Option<Finding> {
        let Self { owner, selector, namespace, .. } = *self;
        if is_empty(selector)
            || !scene.set.selected(namespace, selector)?.is_empty()
            || !scene.repository().selected(namespace, selector)?.is_empty()
        {
            return None;
        }
        let elsewhere = scene.set.selected(None, selector)?;
        let is_assumed = owner.object.namespace.is_empty();
        if !scene.closed && elsewhere.iter().any(|pods| is_assumed || pods.member.object.namespace.is_empty()) {
            return None;
        }
        let nearest = selector.get("matchLabels").and_then(|labels| nearest(owner, labels, namespace, scene));
        let in_namespace = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
        let message = format!("no pods{in_namespace} have {}", written(selector));
        let mut finding = Finding::in_object(rule, message, owner.object, self.path.clone());
        let Some(nearest) = nearest else {
            let is_whole = namespace.is_some_and(|namespace| scene.shows_whole_namespace(namespace));
            let is_known = scene.closed
                && !scene.set.makes_anything()
                && !namespace.is_some_and(|namespace| scene.set.has_unknown_makers(namespace));
            finding.level = if is_known || is_whole { Level::Warning } else { Level::Advice };
            return Some(finding.with_help("Write the labels of the pods that are meant, or bring those pods."));
        };
        Some(
            show(finding, &nearest)
                .with_help("Every label of the selector must be one of the pods': make the two the same."),
        )
    }
}

/// The pods that were likely meant: their labels are nearly those, or they belong to a workload that is called as the
/// owner of the selector is.
pub fn nearest<'s>(
    owner: &Member<'_>,
    labels: NodeRef<'_>,
    namespace: Option<&str>,
    scene: &'s Scene<'_>,
) -> Option<Workload<'s>> {
    let named = || {
        let name = &owner.object.name;
        NAMESAKES.iter().find_map(|(group, kind)| scene.set.workload(group, kind, namespace, name))
    };
    let alike = scene.set.with_labels_alike(namespace, labels).cloned();
    let is_meant = |workload: &Workload<'_>| {
        let of = workload.member;
        of.is_of_the_set && scene.together.knows(owner.object.origin.file, of.object.origin.file)
    };
    alike.filter(is_meant).or_else(|| named().filter(is_meant))
}

/// Shows the nearest pods beside a finding.
pub fn show(finding: Finding, nearest: &Workload<'_>) -> Finding {
    let of = nearest.member;
    let path: Vec<&str> = nearest.path.iter().copied().chain(["metadata", "labels"]).collect();
    let place = of.object.locate(&FieldPath::of(&path));
    finding.with_label(of.object.span(place.range()), format!("the nearest: the pods of {}", of.title()))
}

/// A map of labels as `kubectl` writes it: `app=web,tier=front`.
pub fn pairs(labels: NodeRef<'_>) -> String {
    let pairs = labels.entries().map(|pair| format!("{}={}", pair.name(), pair.value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

fn written(selector: NodeRef<'_>) -> String {
    match (selector.get("matchLabels"), selector.get("matchExpressions").filter(|list| !list.is_empty())) {
        (Some(labels), None) => format!("the labels {}", pairs(labels)),
        (Some(labels), Some(_)) if !labels.is_empty() => {
            format!("the labels {} and what matchExpressions asks", pairs(labels))
        }
        _ => "what matchExpressions asks".to_owned(),
    }
}
