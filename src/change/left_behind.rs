//! An object that is taken out of the repository and stays in the cluster.
//!
//! Apart as every rule.

use super::syncer::Fate;
use super::{Gone, Scene, title};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// Nothing deletes it.
pub static RULE: Rule = Rule {
    id: "update/left-behind",
    level: Level::Warning,
    summary: "an object is taken out of the repository, and nothing deletes it from the cluster",
    why: "an apply makes and changes what it is given; what it is given no more keeps running, and nobody sees it",
    docs: include_str!("left-behind.md"),
};

pub(super) fn finding(gone: &Gone<'_>, fate: &Fate, scene: &Scene<'_>) -> Option<Finding> {
    if is_succeeded(gone, scene) {
        return None;
    }
    let message = format!("{} is in the set no more and stays live: {}", title(&gone.identity), fate.words);
    let resource = gone.identity.kind.to_lowercase();
    let namespace =
        if gone.identity.namespace.is_empty() { String::new() } else { format!(" -n {}", gone.identity.namespace) };
    let name = &gone.identity.name;
    let help = fate.help.map_or_else(
        || format!("Delete it once the change is applied: kubectl delete {resource} {name}{namespace}"),
        str::to_owned,
    );
    let finding = Finding::in_object(&RULE, message, gone.object, FieldPath::of(&["metadata", "name"])).with_help(help);
    Some(match fate.place {
        Some(place) => finding.with_label(place, "said here"),
        None => finding,
    })
}

/// Whether it is a ConfigMap or Secret whose name ends in the hash of what it holds, and the next one is there: the pods
/// of the last rollout still read the old one. The hash is ten characters (`pkg/hasher` of kustomize).
fn is_succeeded(gone: &Gone<'_>, scene: &Scene<'_>) -> bool {
    const LENGTH: usize = 10;
    let stem = |name: &str| {
        let (stem, hash) = name.rsplit_once('-')?;
        (hash.len() == LENGTH && hash.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
            .then(|| stem.to_owned())
    };
    let identity = &gone.identity;
    let Some(own) = stem(&identity.name) else { return false };
    matches!(identity.kind.as_str(), "ConfigMap" | "Secret")
        && scene.now.iter().any(|now| {
            now.identity.kind == identity.kind
                && now.identity.namespace == identity.namespace
                && stem(&now.identity.name).as_ref() == Some(&own)
        })
}
