//! What of a repository is asked about, and which sets that concerns.
//!
//! Apart because everything is read all the same: a set is judged whole, with all that lies around it, or not at all. What
//! a file takes part in is known from how the files were divided; for a file that is gone, or that is no longer what it
//! was, it is found out as well as it can be, and rather too many sets are judged than too few:
//!
//! - A set is concerned by every file that it is made of, by what a kustomization names, and by all in a chart's
//!   directory.
//! - A manifest that has left the files applied as they stand concerns the sets beside it: those with a file in its
//!   directory, else in the nearest directory above that has one at or below it; and the sets of `seaworthy.toml` whose
//!   paths cover it.
//! - A kustomization, a `Chart.yaml` or a `.gitignore` says what the files below it are: it concerns all sets with a file
//!   there. `seaworthy.toml` and what `--cluster`, `--crds` and `--schema-location` name concern every set.
//! - A CustomResourceDefinition concerns every set with an object of its group.

use super::{CheckRequest, Streams};
use crate::classify;
use crate::config::Config;
use crate::finding::{Finding, Level};
use crate::report::Scope;
use crate::sets::{self, Identity, Part, PlannedSet};
use crate::source::git::Changes;
use crate::source::walk::{Found, absolute_path as absolute};
use crate::source::{FileId, SourceFile, Sources, go_path};
use crate::yaml::{self, Stream};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What `check` is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// Everything below the paths.
    #[default]
    Everything,
    /// What has changed since a git revision.
    Change {
        /// The revision, as it was given.
        revision: String,
        /// Whether what was wrong there already is left out.
        new_only: bool,
    },
    /// These files.
    Files(Vec<String>),
}

/// The files asked about, and what is known of those that are not there any more.
#[derive(Debug)]
pub(super) struct Asked {
    /// In words, behind "about".
    pub(super) about: String,
    /// Absolute paths; one of a directory stands for what lies below.
    pub(super) paths: BTreeSet<String>,
    /// What they were before, by path; only for a change.
    before: HashMap<String, Before>,
    /// The files that were named, as they were, with their paths: warnings and advice that stand in none of them are left
    /// out. Empty for a change.
    named: Vec<(String, String)>,
}

/// What a file was before the change.
#[derive(Debug)]
struct Before {
    is_manifest: bool,
    groups: Vec<String>,
}

impl Asked {
    /// What has changed, with what the files were before.
    pub(super) fn change(revision: &str, changes: &Changes, before: &[SourceFile]) -> Self {
        let options = yaml::Options::default();
        let before = before.iter().map(|file| {
            let stream = yaml::read(&file.text, &options);
            let is_manifest = classify::classify(&file.name, &file.text, &stream).is_manifest();
            (file.name.clone(), Before { is_manifest, groups: defined_groups(&stream) })
        });
        Self {
            about: format!("the change since {revision}"),
            paths: changes.paths.iter().cloned().collect(),
            before: before.collect(),
            named: Vec::new(),
        }
    }

    /// Files by name.
    pub(super) fn files(files: &[String]) -> Self {
        let about = match files {
            [only] => only.clone(),
            several => format!("{} files", several.len()),
        };
        let named: Vec<(String, String)> = files.iter().map(|file| (file.clone(), absolute(file))).collect();
        Self { about, paths: named.iter().map(|(_, path)| path.clone()).collect(), before: HashMap::new(), named }
    }

    /// Whether a file may be changed by fixes: of files that were named, no other one.
    pub(super) fn mends(&self, path: &str) -> bool {
        self.named.is_empty() || self.has(path)
    }

    /// The files that were named, and their absolute paths.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &String)> {
        self.named.iter().map(|(name, path)| (name.as_str(), path))
    }

    /// Whether a path is asked about.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(path) || self.paths.iter().any(|asked| is_below(path, asked))
    }

    /// Whether a finding is refused, or stands in what is asked about.
    pub(super) fn tells(&self, finding: &Finding, files: &Files<'_>) -> bool {
        self.named.is_empty()
            || finding.level == Level::Error
            || finding.labels.iter().any(|label| {
                let made = files.sources.get(label.span.file).made_from.is_some();
                made || files.paths.get(&label.span.file).is_some_and(|path| self.has(path))
            })
    }

    /// Leaves out what is said of other files only and decides nothing: whatever is refused stays, wherever it stands.
    pub(super) fn keep(&self, findings: &mut Vec<Finding>, files: &Files<'_>, scope: &mut Scope) {
        if !self.named.is_empty() {
            let before = findings.len();
            findings.retain(|finding| self.tells(finding, files));
            scope.findings_elsewhere += before - findings.len();
        }
    }
}

/// The files of a run, by what is asked of them here.
#[derive(Debug)]
pub(super) struct Files<'f> {
    /// Their absolute paths.
    paths: HashMap<FileId, &'f str>,
    sources: &'f Sources,
    streams: &'f Streams,
}

impl<'f> Files<'f> {
    pub(super) fn new(found: impl Iterator<Item = &'f Found>, sources: &'f Sources, streams: &'f Streams) -> Self {
        Self { paths: found.map(|found| (found.file, found.path.as_str())).collect(), sources, streams }
    }

    fn path(&self, file: FileId) -> &'f str {
        self.paths.get(&file).copied().unwrap_or_default()
    }
}

/// Which of the sets are concerned by what is asked about.
pub(super) fn concerned(
    asked: &Asked,
    sets: &[PlannedSet],
    files: &Files<'_>,
    config: &Config,
    request: &CheckRequest,
) -> Vec<bool> {
    let made_of: Vec<MadeOf<'_>> = sets.iter().map(|set| MadeOf::new(set, files)).collect();
    if concerns_all(asked, config, request) {
        return vec![true; sets.len()];
    }
    let mut concerned: Vec<bool> =
        made_of.iter().map(|set| asked.paths.iter().any(|path| set.depends_on(path))).collect();
    let mut mark = |which: &dyn Fn(usize) -> bool| {
        (0..sets.len()).for_each(|at| concerned[at] |= which(at));
    };
    let in_a_set: HashSet<&str> = made_of.iter().flat_map(|set| set.files.iter().copied()).collect();
    for path in &asked.paths {
        if says_what_others_are(path) {
            let directory = go_path::parent(path);
            mark(&|at| made_of[at].files.iter().any(|file| is_below(file, &directory)));
        }
        let was_manifest = asked.before.get(path).is_some_and(|before| before.is_manifest);
        if was_manifest && !in_a_set.contains(path.as_str()) {
            let beside = beside(path, sets, &made_of);
            mark(&|at| beside.contains(&at));
            let covering: HashSet<&str> =
                config.sets.iter().filter(|set| set.covers(path)).map(|set| set.name.as_str()).collect();
            mark(&|at| covering.contains(sets[at].name.as_str()));
        }
    }
    let groups = groups_defined(asked, files);
    if !groups.is_empty() {
        mark(&|at| made_of[at].holds_one_of(&groups, files));
    }
    concerned
}

/// What a set is made of, by absolute path.
struct MadeOf<'f> {
    files: Vec<&'f str>,
    ids: Vec<FileId>,
    depends_on: Vec<&'f str>,
}

impl<'f> MadeOf<'f> {
    fn new(set: &'f PlannedSet, files: &Files<'f>) -> Self {
        let mut ids = Vec::new();
        let mut depends_on = Vec::new();
        for part in &set.parts {
            match part {
                Part::File(file) => ids.push(*file),
                Part::Kustomization(built) | Part::Chart(built) => {
                    ids.push(built.file);
                    ids.extend(built.from.iter().chain(&built.inputs));
                    depends_on.extend(built.values.iter().chain(&built.depends_on).map(String::as_str));
                }
            }
        }
        Self { files: ids.iter().map(|file| files.path(*file)).collect(), ids, depends_on }
    }

    fn depends_on(&self, path: &str) -> bool {
        let is_it = |own: &&str| *own == path || is_below(own, path);
        self.files.iter().any(is_it) || self.depends_on.iter().any(|own| is_it(own) || is_below(path, own))
    }

    fn holds_one_of(&self, groups: &HashSet<String>, files: &Files<'_>) -> bool {
        let identities = self.ids.iter().flat_map(|file| sets::identities(files.streams.of(*file)));
        identities.into_iter().any(|identity| groups.contains(&identity.group))
    }
}

/// Whether what is asked about may change how everything is judged.
fn concerns_all(asked: &Asked, config: &Config, request: &CheckRequest) -> bool {
    let configured = (!config.directory.as_os_str().is_empty())
        .then(|| go_path::join(&config.directory.to_string_lossy(), crate::config::FILE_NAME));
    let named = request.config.as_ref().map(|path| absolute(&path.to_string_lossy()));
    let catalogues = request.catalogue.places().iter().map(|place| {
        // Up to the first placeholder, the path is one.
        let (path, _) = place.split_once("{{").unwrap_or((place, ""));
        absolute(path)
    });
    let context = request.cluster.iter().chain(&request.crds).map(|path| absolute(path));
    let mut of_all = configured.into_iter().chain(named).chain(catalogues).chain(context);
    of_all.any(|place| asked.paths.iter().any(|path| *path == place || is_below(path, &place)))
        || asked.paths.iter().any(|path| go_path::file_name(path) == crate::config::FILE_NAME)
}

/// Whether a file says of others what they are.
fn says_what_others_are(path: &str) -> bool {
    let name = go_path::file_name(path);
    matches!(name, "Chart.yaml" | ".gitignore") || classify::NAMES_OF_KUSTOMIZATIONS.contains(&name)
}

/// The sets that a file which has left them was part of, as it seems.
fn beside(path: &str, sets: &[PlannedSet], made_of: &[MadeOf<'_>]) -> Vec<usize> {
    let loose = |at: &usize| sets[*at].parts.iter().any(|part| matches!(part, Part::File(_)));
    let mut directory = go_path::parent(path);
    loop {
        let with = |holds: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..sets.len()).filter(loose).filter(|at| made_of[*at].files.iter().any(|file| holds(file))).collect()
        };
        let there = with(&|file| go_path::parent(file) == directory);
        let below = if there.is_empty() { with(&|file| is_below(file, &directory)) } else { there };
        let above = go_path::parent(&directory);
        if !below.is_empty() || above == directory {
            return below;
        }
        directory = above;
    }
}

/// The groups whose definitions are asked about, as they are and as they were.
fn groups_defined(asked: &Asked, files: &Files<'_>) -> HashSet<String> {
    let now = files.paths.iter().filter(|(_, path)| asked.paths.contains(**path));
    let now = now.flat_map(|(file, _)| defined_groups(files.streams.of(*file)));
    now.chain(asked.before.values().flat_map(|before| before.groups.iter().cloned())).collect()
}

fn defined_groups(stream: &Stream) -> Vec<String> {
    sets::identities(stream).iter().filter_map(Identity::defined_group).map(str::to_owned).collect()
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/') || (directory == "/" && !rest.is_empty()))
}
