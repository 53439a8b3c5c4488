//! An object that is taken out of the repository, and that a tool deletes from the cluster.
//!
//! Apart from what is left behind because here something is lost: what an object holds goes with it.

use super::syncer::Fate;
use super::{Gone, Known, Scene, title};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// A tool deletes it.
pub static RULE: Rule = Rule {
    id: "update/deleted",
    level: Level::Warning,
    summary: "an object is taken out of the repository, and a tool deletes it from the cluster",
    why: "Flux, Argo CD and kubectl apply with pruning, and Helm always, delete what was applied once and is not there any \
          more; what it holds goes with it",
    docs: include_str!("deleted.md"),
};

/// A warning where more goes than the object: what is stored, or whatever else is of the kind or in the namespace. Advice
/// for all else, for that is what is asked for.
pub(super) fn finding(gone: &Gone<'_>, fate: &Fate, scene: &Scene<'_>) -> Finding {
    let holds_the_set = || scene.now.iter().any(|now| now.identity.namespace == gone.identity.name);
    let lost = match (gone.identity.group.as_str(), gone.identity.kind.as_str()) {
        ("", "Namespace") if holds_the_set() => Some("all that is in the namespace, objects of this set too"),
        ("", "Namespace") => Some("all that is in the namespace"),
        ("", "PersistentVolumeClaim") => Some("the volume, where its reclaim policy is Delete"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Some("every object of the kind"),
        _ => None,
    };
    let with = lost.map_or_else(String::new, |lost| format!(", and with it {lost}"));
    let state = match gone.known {
        Known::Before => "is in the set no more",
        Known::LeftOut => "is left out by the label selector",
        Known::Live => "is live and not in the set",
    };
    let message = format!("{} {state}: {}{with}", title(&gone.identity), fate.words);
    let mut finding = Finding::in_object(&RULE, message, gone.object, FieldPath::of(&["metadata", "name"]));
    if lost.is_none() {
        finding.level = Level::Advice;
    }
    match fate.place {
        Some(place) => finding.with_label(place, "said here"),
        None => finding,
    }
}
