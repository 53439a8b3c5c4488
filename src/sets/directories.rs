//! Dividing loose manifests by the directories that repeat each other.
//!
//! Apart because it is one algorithm, whose rule the room's own page states.

use super::Identity;
use crate::source::go_path;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A manifest that is in no set yet.
pub(super) struct File<'a> {
    /// Its place among all files.
    pub(super) index: usize,
    /// Its name, cleaned.
    pub(super) name: &'a str,
    /// What it holds.
    pub(super) identities: &'a [Identity],
}

/// Sets by name, each with its files in the order given.
pub(super) fn divide(files: &[File<'_>]) -> BTreeMap<String, Vec<usize>> {
    let mut sets = BTreeMap::new();
    if files.is_empty() {
        return sets;
    }
    let alternatives = alternatives(files);
    let leaves: Vec<Leaf<'_>> = files
        .iter()
        .enumerate()
        .map(|(at, file)| Leaf {
            file,
            parts: file.name.split('/').collect(),
            is_alternative: alternatives.contains(&at),
        })
        .collect();
    let depth = common_depth(&leaves);
    let name = match (leaves.as_slice(), depth) {
        ([only], _) => only.file.name.to_owned(),
        (_, 0) => ".".to_owned(),
        (all, depth) => directory(&all[0].parts[..depth]),
    };
    let all: Vec<&Leaf<'_>> = leaves.iter().collect();
    let rest = split(&all, depth, &mut sets);
    if !rest.is_empty() {
        sets.entry(name).or_default().extend(rest);
    }
    for files in sets.values_mut() {
        files.sort_unstable();
    }
    sets
}

struct Leaf<'a> {
    file: &'a File<'a>,
    parts: Vec<&'a str>,
    /// Written to be applied instead of another file of its directory.
    is_alternative: bool,
}

impl<'a> Leaf<'a> {
    /// The branch the file is in, below a directory of this depth; none for a file of that directory itself.
    fn branch(&self, depth: usize) -> Option<&'a str> {
        let is_inside = depth + 1 < self.parts.len() || self.is_alternative;
        is_inside.then(|| self.parts[depth])
    }
}

/// An absolute path starts with an empty part.
fn directory(parts: &[&str]) -> String {
    if parts == [""] { "/".to_owned() } else { parts.join("/") }
}

/// How many directories all files have in common.
fn common_depth(leaves: &[Leaf<'_>]) -> usize {
    let shortest = leaves.iter().map(|leaf| leaf.parts.len() - 1).min().unwrap_or_default();
    (0..shortest).take_while(|at| leaves.iter().all(|leaf| leaf.parts[*at] == leaves[0].parts[*at])).count()
}

/// Takes out the branches below a directory that repeat each other, and returns the files that remain.
fn split(leaves: &[&Leaf<'_>], depth: usize, sets: &mut BTreeMap<String, Vec<usize>>) -> Vec<usize> {
    let mut branches: BTreeMap<Option<&str>, Vec<&Leaf<'_>>> = BTreeMap::new();
    for leaf in leaves {
        branches.entry(leaf.branch(depth)).or_default().push(leaf);
    }
    let mut holders: HashMap<&Identity, BTreeSet<Option<&str>>> = HashMap::new();
    for leaf in leaves {
        for identity in dividing(leaf.file) {
            holders.entry(identity).or_default().insert(leaf.branch(depth));
        }
    }
    let repeating: HashSet<&str> =
        holders.values().filter(|holders| holders.len() > 1).flatten().copied().flatten().collect();
    let mut rest = Vec::new();
    for (branch, leaves) in branches {
        let Some(name) = branch else {
            rest.extend(leaves.iter().map(|leaf| leaf.file.index));
            continue;
        };
        let is_file = leaves[0].parts.len() == depth + 1;
        let remaining = if is_file { vec![leaves[0].file.index] } else { split(&leaves, depth + 1, sets) };
        if (repeating.contains(name) || is_file) && !remaining.is_empty() {
            let path = directory(&leaves[0].parts[..=depth]);
            sets.entry(path).or_default().extend(remaining);
        } else {
            rest.extend(remaining);
        }
    }
    rest
}

/// A Namespace is written down wherever something is put into it.
fn dividing<'a>(file: &'a File<'a>) -> impl Iterator<Item = &'a Identity> {
    file.identities.iter().filter(|identity| !(identity.group.is_empty() && identity.kind == "Namespace"))
}

/// Files, by place in the list, that share two objects or more with another one of their directory, and at least half
/// of what one of the two holds.
fn alternatives(files: &[File<'_>]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut by_directory: HashMap<String, Vec<(usize, HashSet<&Identity>)>> = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        let held: HashSet<&Identity> = dividing(file).collect();
        if held.len() > 1 {
            by_directory.entry(go_path::parent(file.name)).or_default().push((at, held));
        }
    }
    for files in by_directory.values() {
        for (position, (at, held)) in files.iter().enumerate() {
            for (other, held_by_other) in &files[position + 1..] {
                let shared = held.intersection(held_by_other).count();
                if shared > 1 && shared * 2 >= held.len().min(held_by_other.len()) {
                    found.extend([*at, *other]);
                }
            }
        }
    }
    found
}
