//! Which files are applied together.
//!
//! Apart because whether an object is missing, or there twice, can only be said of a set; and no file tells which set
//! it is in. Pure: what is known of the files comes in, plans come out, and what has to be rendered is rendered
//! elsewhere.
//!
//! A repository is divided like this, the first that fits:
//!
//! 1. Sets that `seaworthy.toml` names. A file may be in several; it is in none of the following then.
//! 2. A kustomization that no other one refers to is one set, its bases and components with it. An overlay is such a
//!    set, a base that overlays refer to is none, and neither is a Component.
//! 3. A chart that is no library and no other chart's subchart is one set.
//! 4. All other manifests are one set, named after the directory they have in common, less the directories that
//!    repeat what another directory holds: nobody applies both `staging/` and `production/` to one place.
//!
//! The rule for the fourth, exactly: where an object's identity (group, kind, namespace, name) occurs below two
//! directories that lie beside each other, both become sets of their own, and are divided further by the same rule;
//! where it occurs in a directory itself and below one that lies in it, the inner one becomes a set. What remains
//! stays together:
//!
//! ```text
//! k8s/crd.yaml                                k8s              crd.yaml, monitoring/…
//! k8s/staging/web.yaml     Deployment web     k8s/staging      web.yaml
//! k8s/production/web.yaml  Deployment web     k8s/production   web.yaml
//! k8s/monitoring/…
//! ```
//!
//! In one directory, two files that hold an object in common are a mistake, and stay in one set, where that is found;
//! unless they have two objects or more in common and that is at least half of one of them: then they are written to
//! be applied one instead of the other (`install.yaml`, `install-ha.yaml`), and each is a set. A Namespace may be
//! written down everywhere and divides nothing.
//!
//! Files are applied in the order in which `kubectl apply -R` reads them, but nobody has said that one run applies
//! several directories: definitions of kinds whose objects lie in other directories are a set of their own, and a
//! directory that makes what another one needs comes before it (`order.rs`).

mod directories;
mod identity;
mod order;

pub use identity::{Identity, identities};

use crate::apply::Method;
use crate::classify::{self, Chart, Class, Classified, Kustomization, Reference, Role};
use crate::source::{FileId, go_path};
use globset::{Glob, GlobMatcher};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// A file that may be in a set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The file.
    pub file: FileId,
    /// Its name, as `source` names files.
    pub name: String,
    /// Its absolute path, which `seaworthy.toml` is held against; empty for standard input.
    pub path: String,
    /// The objects it holds.
    pub identities: Arc<[Identity]>,
}

/// A set that is to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSet {
    /// Its name in reports.
    pub name: String,
    /// How it is applied.
    pub method: Method,
    /// The namespace that is given when it is applied, where one is.
    pub namespace: Option<String>,
    /// What it is made of, in the order in which it is applied.
    pub parts: Vec<Part>,
    /// Whether it is only a guess that the parts are applied together: they lie beside each other.
    pub is_guess: bool,
}

/// A part of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A file that is applied as it stands.
    File(FileId),
    /// What comes out of `kustomize build`.
    Kustomization(Built),
    /// What comes out of `helm template`.
    Chart(Built),
}

/// What has to be rendered before it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The directory that is rendered.
    pub directory: String,
    /// The kustomization, or the `Chart.yaml`.
    pub file: FileId,
    /// The manifests it is made from, as far as they are objects before it is rendered: the resources of a
    /// kustomization and of all it refers to, the `crds/` of a chart.
    pub from: Vec<FileId>,
    /// What else it is made from: the patches and other inputs of a kustomization, the templates and values of a chart.
    pub inputs: Vec<FileId>,
    /// Files of values for a chart, absolute.
    pub values: Vec<String>,
    /// Whatever else changes what is rendered, absolute: the kustomizations that take part and what they name that is no
    /// file known, a chart's directory. A directory stands for all that lies below it.
    pub depends_on: Vec<String>,
    /// Why it cannot be rendered offline, where that is plain before trying.
    pub cannot: Option<String>,
}

/// A set that somebody has named.
#[derive(Clone, Debug, Default)]
pub struct NamedSet {
    /// Its name.
    pub name: String,
    /// Absolute paths of files and directories, or patterns of such (`*`, `**`, `?`, `[…]`, `{a,b}`).
    pub paths: Vec<String>,
    /// How it is applied.
    pub method: Option<Method>,
    /// The namespace that is given when it is applied.
    pub namespace: Option<String>,
    /// Files of values for charts, absolute.
    pub values: Vec<String>,
}

/// Files divided into sets.
#[derive(Debug, Default)]
pub struct Grouped {
    /// The sets.
    pub sets: Vec<PlannedSet>,
    /// Manifests that are in no set, and why.
    pub outside: Vec<(FileId, &'static str)>,
    /// Paths of named sets that match no file.
    pub unmatched: Vec<Unmatched>,
}

/// A path of a named set that matches no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// The set's name.
    pub set: String,
    /// The path, absolute.
    pub path: String,
}

/// Divides files into sets. The members stand in the order in which they were classified, and in the order in which
/// `kubectl apply -R` reads them.
pub fn group(members: &[Member], classified: &Classified, named: &[NamedSet]) -> Grouped {
    let mut grouping = Grouping { members, classified, taken: HashSet::new(), grouped: Grouped::default() };
    for set in named {
        grouping.named(set);
    }
    grouping.kustomizations();
    grouping.charts();
    grouping.directories();
    grouping.grouped
}

struct Grouping<'a> {
    members: &'a [Member],
    classified: &'a Classified,
    /// Files, by place, that are in a set already.
    taken: HashSet<usize>,
    grouped: Grouped,
}

impl NamedSet {
    /// Whether a file at this absolute path is, or would be, part of the set.
    pub fn covers(&self, path: &str) -> bool {
        self.paths.iter().any(|pattern| covers(pattern, path))
    }
}

/// Whether a path of `seaworthy.toml`, made absolute, is that of a file, of a directory above it, or a pattern of it.
pub fn covers(pattern: &str, path: &str) -> bool {
    Pattern::new(pattern).matches(path)
}

impl Grouping<'_> {
    fn file(&self, index: usize) -> FileId {
        self.members[index].file
    }

    fn named(&mut self, set: &NamedSet) {
        let mut parts = Vec::new();
        let mut seen = HashSet::new();
        for path in &set.paths {
            let mut matched = false;
            let pattern = Pattern::new(path);
            for index in 0..self.members.len() {
                if !pattern.matches(&self.members[index].path) {
                    continue;
                }
                matched = true;
                if !seen.insert(index) {
                    continue;
                }
                if let Some(part) = self.part(index, &pattern, set) {
                    parts.push(part);
                }
            }
            if !matched {
                self.grouped.unmatched.push(Unmatched { set: set.name.clone(), path: path.clone() });
            }
        }
        self.taken.extend(seen);
        // What a kustomization of the set is made of is no part beside it.
        let inside: HashSet<FileId> = parts
            .iter()
            .flat_map(|part| match part {
                Part::File(_) => &[],
                Part::Kustomization(built) | Part::Chart(built) => built.from.as_slice(),
            })
            .copied()
            .collect();
        parts.retain(|part| !matches!(part, Part::File(file) if inside.contains(file)));
        let method = set.method.unwrap_or(match parts.first() {
            Some(Part::Kustomization(_)) => Method::Kustomize,
            Some(Part::Chart(_)) => Method::Helm,
            _ => Method::Kubectl,
        });
        let namespace = set.namespace.clone();
        self.grouped.sets.push(PlannedSet { name: set.name.clone(), method, namespace, parts, is_guess: false });
    }

    /// What a file of a named set contributes to it. A kustomization or a chart is rendered where its own directory
    /// is named, or it is the outermost one below what is named.
    fn part(&self, index: usize, pattern: &Pattern, set: &NamedSet) -> Option<Part> {
        let is_matched = |other: usize| pattern.matches(&self.members[other].path);
        match self.classified.classes[index] {
            Class::Manifest => Some(Part::File(self.file(index))),
            Class::Kustomization => {
                let at = self.classified.kustomizations.iter().position(|one| one.file == index)?;
                let kustomization = &self.classified.kustomizations[at];
                let reference = Reference::Kustomization(at);
                let is_part_of_another = self.classified.kustomizations.iter().any(|other| {
                    is_matched(other.file)
                        && (other.resources.contains(&reference) || other.inputs.contains(&reference))
                });
                let is_built =
                    kustomization.is_named_so && kustomization.role != Role::Component && !is_part_of_another;
                is_built.then(|| Part::Kustomization(self.built(at).0))
            }
            Class::Chart => {
                let chart = self.classified.charts.iter().find(|chart| chart.file == index)?;
                let is_rendered = !chart.is_library && !chart.is_subchart;
                is_rendered.then(|| Part::Chart(Built { values: set.values.clone(), ..self.chart(chart) }))
            }
            _ => None,
        }
    }

    fn kustomizations(&mut self) {
        let all = &self.classified.kustomizations;
        let mut reached = BTreeSet::new();
        // First those nobody refers to; kustomizations that refer to each other are left for a second look.
        for only_unreferenced in [true, false] {
            for (index, kustomization) in all.iter().enumerate() {
                let is_root = kustomization.is_named_so
                    && kustomization.role == Role::Build
                    && !(only_unreferenced && kustomization.is_referenced)
                    && !reached.contains(&index);
                if is_root {
                    reached.append(&mut self.kustomization_set(index));
                }
            }
        }
        for (index, kustomization) in all.iter().enumerate() {
            if kustomization.role == Role::Context {
                continue;
            }
            for file in classify::files(&kustomization.inputs) {
                self.taken.insert(file);
            }
            for file in classify::files(&kustomization.resources) {
                let is_new = self.taken.insert(file);
                if is_new && !reached.contains(&index) && self.classified.classes[file].is_manifest() {
                    let why =
                        "a kustomization lists it that is no set of its own, and nothing that was looked at uses it";
                    self.grouped.outside.push((self.members[file].file, why));
                }
            }
        }
        // A kustomization above what was asked for is built where files were asked for that are part of no other set.
        for (index, kustomization) in all.iter().enumerate().filter(|(_, one)| one.role == Role::Context) {
            let parts: Vec<usize> =
                classify::files(&kustomization.resources).chain(classify::files(&kustomization.inputs)).collect();
            if kustomization.is_named_so && parts.iter().any(|file| !self.taken.contains(file)) {
                self.kustomization_set(index);
                self.taken.extend(parts);
            }
        }
    }

    /// Makes a kustomization a set, and tells every kustomization that takes part.
    fn kustomization_set(&mut self, index: usize) -> BTreeSet<usize> {
        let kustomization: &Kustomization = &self.classified.kustomizations[index];
        let (built, reached) = self.built(index);
        if !self.taken.contains(&kustomization.file) {
            self.grouped.sets.push(PlannedSet {
                name: kustomization.directory.clone(),
                method: Method::Kustomize,
                namespace: None,
                parts: vec![Part::Kustomization(built)],
                is_guess: false,
            });
        }
        reached
    }

    /// What a kustomization is made from, and every kustomization that takes part.
    fn built(&self, root: usize) -> (Built, BTreeSet<usize>) {
        let all = &self.classified.kustomizations;
        let mut cannot = None;
        let mut from = Vec::new();
        let mut inputs = Vec::new();
        let mut depends_on = Vec::new();
        let mut seen = BTreeSet::from([root]);
        let mut waiting = vec![root];
        while let Some(index) = waiting.pop() {
            let kustomization = &all[index];
            depends_on.push(self.members[kustomization.file].path.clone());
            if let Some(needs) = kustomization.needs {
                cannot = Some(format!("{}: {needs}", self.members[kustomization.file].name));
            }
            let resources = kustomization.resources.iter().map(|reference| (reference, true));
            for (reference, is_resource) in resources.chain(kustomization.inputs.iter().map(|input| (input, false))) {
                match reference {
                    Reference::Remote(url) => {
                        let name = &self.members[kustomization.file].name;
                        cannot = Some(format!("{name} refers to {url}, and seaworthy does not use the network"));
                    }
                    Reference::Kustomization(other) => {
                        if seen.insert(*other) {
                            waiting.push(*other);
                        }
                    }
                    Reference::File(file) if is_resource && self.classified.classes[*file].is_manifest() => {
                        from.push(*file);
                    }
                    Reference::File(file) if !is_resource => inputs.push(*file),
                    Reference::File(file) => depends_on.push(self.members[*file].path.clone()),
                    Reference::Unknown(path) => depends_on.push(path.clone()),
                }
            }
        }
        for files in [&mut from, &mut inputs] {
            files.sort_unstable();
            files.dedup();
        }
        let kustomization = &all[root];
        let built = Built {
            directory: kustomization.directory.clone(),
            file: self.file(kustomization.file),
            from: from.into_iter().map(|file| self.file(file)).collect(),
            inputs: inputs.into_iter().map(|file| self.file(file)).collect(),
            values: Vec::new(),
            depends_on,
            cannot,
        };
        (built, seen)
    }

    fn chart(&self, chart: &Chart) -> Built {
        let subcharts = format!("{}/charts/", chart.directory);
        let parts = || {
            let all = self.classified.charts.iter();
            all.filter(|other| other.file == chart.file || other.directory.starts_with(&subcharts))
        };
        Built {
            directory: chart.directory.clone(),
            file: self.file(chart.file),
            from: parts().flat_map(|part| &part.crds).map(|file| self.file(*file)).collect(),
            inputs: parts().flat_map(|part| &part.files).map(|file| self.file(*file)).collect(),
            values: Vec::new(),
            depends_on: vec![go_path::parent(&self.members[chart.file].path)],
            cannot: None,
        }
    }

    fn charts(&mut self) {
        for chart in &self.classified.charts {
            let is_named = !self.taken.insert(chart.file);
            let is_asked_for = !chart.is_context || chart.files.iter().any(|file| !self.taken.contains(file));
            self.taken.extend(&chart.crds);
            if is_asked_for && !is_named && !chart.is_library && !chart.is_subchart {
                self.grouped.sets.push(PlannedSet {
                    name: chart.directory.clone(),
                    method: Method::Helm,
                    namespace: None,
                    parts: vec![Part::Chart(self.chart(chart))],
                    is_guess: false,
                });
            }
        }
    }

    fn directories(&mut self) {
        let rest: Vec<(usize, String)> = (0..self.members.len())
            .filter(|index| self.classified.classes[*index].is_manifest() && !self.taken.contains(index))
            .map(|index| (index, go_path::clean(&self.members[index].name)))
            .collect();
        let files: Vec<directories::File<'_>> = rest
            .iter()
            .map(|(index, name)| directories::File {
                index: *index,
                name,
                identities: &self.members[*index].identities,
            })
            .collect();
        let sets: BTreeMap<String, Vec<usize>> = directories::divide(&files);
        for (mut name, files) in sets {
            if self.grouped.sets.iter().any(|set| set.name == name) {
                name.push_str(" (loose files)");
            }
            let directories: Vec<String> =
                files.iter().map(|index| go_path::parent(&go_path::clean(&self.members[*index].name))).collect();
            let mut files: Vec<order::File<'_>> = files
                .iter()
                .zip(&directories)
                .map(|(index, directory)| order::File {
                    index: *index,
                    directory,
                    identities: &self.members[*index].identities,
                })
                .collect();
            let definitions = order::definitions(&files);
            files.retain(|file| !definitions.contains(&file.index));
            self.loose_set(format!("{name} (CRDs)"), &definitions);
            self.loose_set(name, &order::arranged(&files));
        }
    }

    fn loose_set(&mut self, name: String, files: &[usize]) {
        if !files.is_empty() {
            let parts = files.iter().map(|index| Part::File(self.members[*index].file)).collect();
            self.grouped.sets.push(PlannedSet {
                name,
                method: Method::Kubectl,
                namespace: None,
                parts,
                is_guess: true,
            });
        }
    }
}

/// A path of a named set: a file, a directory, or a pattern of files.
struct Pattern {
    path: String,
    glob: Option<GlobMatcher>,
}

impl Pattern {
    fn new(path: &str) -> Self {
        let glob = path
            .contains(['*', '?', '[', '{'])
            .then(|| Glob::new(path).ok().map(|glob| glob.compile_matcher()))
            .flatten();
        Self { path: go_path::clean(path), glob }
    }

    fn matches(&self, path: &str) -> bool {
        let is_it_or_below =
            path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_it_or_below || self.path == "/" || self.glob.as_ref().is_some_and(|glob| glob.is_match(path))
    }
}
