//! In what order the directories of a guessed set are applied.
//!
//! Apart because it is about what must not be claimed. Inside one directory kubectl's order is known; which of two
//! directories comes first nobody has said, and whoever wrote `apps/` and `namespaces/` does not apply them in the
//! order of the alphabet. So a directory that makes what objects of another one need comes before it, and what is
//! refused for its order alone is refused because of the order inside one directory.

use super::Identity;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A file of a set.
pub(super) struct File<'a> {
    /// Its place among all files.
    pub(super) index: usize,
    /// The directory it is in.
    pub(super) directory: &'a str,
    /// What it holds.
    pub(super) identities: &'a [Identity],
}

/// The files that hold definitions of kinds whose objects lie in other directories only. They are applied before, in a
/// run of their own: one run cannot make a kind and an object of it.
pub(super) fn definitions(files: &[File<'_>]) -> Vec<usize> {
    let mut users: HashMap<&str, HashSet<&str>> = HashMap::new();
    for file in files {
        for identity in file.identities {
            users.entry(identity.group.as_str()).or_default().insert(file.directory);
        }
    }
    files
        .iter()
        .filter(|file| {
            let defined: Vec<&str> = file.identities.iter().filter_map(Identity::defined_group).collect();
            let is_used = |group: &&str| users.get(group).is_some_and(|users| !users.contains(file.directory));
            !defined.is_empty()
                && defined.iter().any(is_used)
                && defined.iter().all(|group| is_used(group) || !users.contains_key(group))
        })
        .map(|file| file.index)
        .collect()
}

/// The files in the order in which they are applied: as given, but for directories that have to come first.
pub(super) fn arranged(files: &[File<'_>]) -> Vec<usize> {
    let first = first_directories(files);
    let (mut before, after): (Vec<&File<'_>>, Vec<&File<'_>>) =
        files.iter().partition(|file| first.contains(file.directory));
    before.extend(after);
    before.into_iter().map(|file| file.index).collect()
}

/// Directories that make something which an earlier one needs.
fn first_directories<'a>(files: &[File<'a>]) -> BTreeSet<&'a str> {
    let mut needed: HashMap<Need<'_>, &str> = HashMap::new();
    let mut first = BTreeSet::new();
    for file in files {
        for made in file.identities.iter().filter_map(Need::made) {
            if needed.get(&made).is_some_and(|directory| *directory != file.directory) {
                first.insert(file.directory);
            }
        }
        for need in file.identities.iter().flat_map(Need::needed) {
            needed.entry(need).or_insert(file.directory);
        }
    }
    first
}

/// What an object can be refused for, if it comes too late
/// (`k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`, `plugin/pkg/admission/{serviceaccount,priority}`;
/// 1.36). Only bare Pods are refused for what they name; which of a kind it is, their text tells and not their identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Need<'a> {
    Namespace(&'a str),
    OfPods,
}

impl<'a> Need<'a> {
    fn made(identity: &'a Identity) -> Option<Self> {
        match (identity.group.as_str(), identity.kind.as_str()) {
            ("", "Namespace") => Some(Need::Namespace(&identity.name)),
            ("", "ServiceAccount") | ("scheduling.k8s.io", "PriorityClass") | ("node.k8s.io", "RuntimeClass") => {
                Some(Need::OfPods)
            }
            _ => None,
        }
    }

    fn needed(identity: &'a Identity) -> impl Iterator<Item = Self> {
        let namespace = (!identity.namespace.is_empty()).then_some(Need::Namespace(&identity.namespace));
        let is_pod = identity.group.is_empty() && identity.kind == "Pod";
        namespace.into_iter().chain(is_pod.then_some(Need::OfPods))
    }
}
