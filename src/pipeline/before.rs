//! The state that was last applied: a commit or a directory, and the same repository as it was there.
//!
//! Apart from what a change touches (`scope`) because here the old files are read. No checkout is made: the files that are
//! the same stand for themselves, read once for both sides, and only those that have changed are taken from git. Only where
//! kustomize or Helm has to build something that has changed, the commit is written out for them.

use super::scope::{self, Asked, Files};
use super::workspace::Workspace;
use super::{CheckError, CheckRequest};
use crate::object::{Object, Origin};
use crate::report::Report;
use crate::source::git::{self, Changes};
use crate::source::walk::{self, absolute_path as absolute};
use crate::source::{SourceFile, base, go_path};
use crate::yaml::Text;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::path::Path;

/// The word that asks for the base to be found.
const AUTO: &str = "auto";

/// The state that was last applied.
#[derive(Debug)]
pub(super) struct Before {
    /// What it is called: the revision, or the directory.
    pub(super) called: String,
    /// What has changed since.
    pub(super) changes: Changes,
    /// The files that have changed, as they were: by absolute path, none for one that was not there.
    pub(super) texts: BTreeMap<String, Option<Text>>,
    /// The directory that holds the files as they were, where it is no commit.
    directory: Option<String>,
}

/// The files as they were, for programs that read files themselves.
#[derive(Debug)]
pub(super) enum Written {
    /// Written for them; gone with the value.
    Here(tempfile::TempDir),
    /// There all the time.
    There(String),
}

impl Written {
    pub(super) fn path(&self) -> String {
        match self {
            Written::Here(directory) => directory.path().to_string_lossy().into_owned(),
            Written::There(directory) => directory.clone(),
        }
    }
}

/// Checks a repository as a change to what was last applied.
///
/// # Errors
///
/// As [`super::check()`]; and when the base cannot be found or read.
pub(super) fn check(request: &CheckRequest, base: &str, stdin: &mut dyn Read) -> Result<Report, CheckError> {
    let mut now = Workspace::open(request, stdin)?;
    let before = Before::find(request, base, &now).map_err(CheckError::Base)?;
    let was: Vec<SourceFile> =
        before.texts.iter().filter_map(|(path, text)| Some(SourceFile::new(path.clone(), text.clone()?))).collect();
    let asked = Asked::change(&before.called, &before.changes, &was);
    now.judge_against(&before, &asked)?;
    let (mut report, _) = now.into_report(Some(&asked));
    report.sort();
    Ok(report)
}

/// The sets that what has changed concerns.
pub(super) fn concerned(asked: &Asked, workspace: &Workspace) -> Vec<bool> {
    let (found, sources, streams) = workspace.texts();
    let files = Files::new(found.iter(), sources, streams);
    scope::concerned(asked, workspace.planned(), &files, workspace.config(), workspace.request())
}

impl Before {
    fn find(request: &CheckRequest, base: &str, now: &Workspace) -> Result<Self, String> {
        let first = super::check::first_directory(request);
        if base != AUTO && Path::new(base).is_dir() {
            return Self::in_directory(request, base, now);
        }
        let found = if base == AUTO {
            base::find(&first)?
        } else {
            base::Base { revision: base.to_owned(), named_by: String::new() }
        };
        let changes = git::changes_since(&found.revision, &first).map_err(|why| {
            if found.named_by.is_empty() { why } else { format!("{why} ({} names it)", found.named_by) }
        })?;
        let mut texts: BTreeMap<String, Option<Text>> =
            changes.paths.iter().filter(|path| walk::is_wanted(path)).map(|path| (path.clone(), None)).collect();
        texts.extend(changes.before()?.into_iter().map(|file| (file.name, Some(file.text))));
        Ok(Self { called: called(&found.revision), changes, texts, directory: None })
    }

    /// What a directory holds that stands for the one path that is checked.
    fn in_directory(request: &CheckRequest, base: &str, now: &Workspace) -> Result<Self, String> {
        let [path] = request.paths.as_slice() else {
            return Err(format!("{base} is a directory, which can stand for one path only; name one to check"));
        };
        if !Path::new(path).is_dir() {
            return Err(format!("{base} is a directory, and {path} is none: what it was cannot be found in it"));
        }
        let top = absolute(path);
        let walked = walk::walk(&[base.to_owned()], &walk::Options::default(), &mut std::io::empty());
        let walked = walked.map_err(|error| error.to_string())?;
        let old_top = absolute(base);
        let mut texts = BTreeMap::new();
        for found in &walked.files {
            let Some(below) = found.path.strip_prefix(&old_top) else { continue };
            let text = walked.sources.get(found.file).text.clone();
            texts.insert(go_path::clean(&format!("{top}/{below}")), Some(text));
        }
        let (files, sources, _) = now.texts();
        for found in files.iter().filter(|found| found.path.starts_with(&format!("{top}/"))) {
            let text = &sources.get(found.file).text.text;
            match texts.get(&found.path) {
                Some(Some(old)) if old.text == *text => drop(texts.remove(&found.path)),
                Some(_) => {}
                None => drop(texts.insert(found.path.clone(), None)),
            }
        }
        let paths: BTreeSet<String> = texts.keys().cloned().collect();
        let changes = Changes { top, base: base.to_owned(), paths };
        Ok(Self { called: base.to_owned(), changes, texts, directory: Some(old_top) })
    }

    /// The files as they were, where programs can read them.
    pub(super) fn written(&self) -> Result<Written, String> {
        match &self.directory {
            Some(directory) => Ok(Written::There(directory.clone())),
            None => self.changes.export().map(Written::Here),
        }
    }
}

/// A revision as people say it: of a whole hash, the first digits.
fn called(revision: &str) -> String {
    let is_hash = revision.len() >= 40 && revision.chars().all(|c| c.is_ascii_hexdigit());
    if is_hash { revision[..12].to_owned() } else { revision.to_owned() }
}

/// Which of the sets as they were each set is: the one of its name, else the one with which it has most files in common. A
/// directory's set may be called after its only file, and is called otherwise with a second one. Sets are given by their
/// names and the paths of their files.
pub(super) fn pairs(now: &[(String, HashSet<String>)], before: &[(String, HashSet<String>)]) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> =
        now.iter().map(|(name, _)| before.iter().position(|(other, _)| other == name)).collect();
    let mut is_taken = vec![false; before.len()];
    pairs.iter().flatten().for_each(|at| is_taken[*at] = true);
    for (pair, (_, files)) in pairs.iter_mut().zip(now).filter(|(pair, _)| pair.is_none()) {
        let free = before.iter().enumerate().filter(|(at, _)| !is_taken[*at]);
        let shared = free.map(|(at, (_, others))| (others.intersection(files).count(), std::cmp::Reverse(at)));
        if let Some((1.., std::cmp::Reverse(at))) = shared.max() {
            *pair = Some(at);
            is_taken[at] = true;
        }
    }
    pairs
}

/// Where each object is that is in another set than before, if that is plain: it left one set, and came into another.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// By the set it came into: where it stood before.
    pub(super) arrived: HashMap<usize, HashSet<Origin>>,
    /// All of them, by where they stood before.
    pub(super) departed: HashSet<Origin>,
}

/// Identity as written: whoever moves an object to another set does not change its namespace in the same breath.
type Identity<'o> = (&'o str, &'o str, &'o str, &'o str);

fn identity(object: &Object) -> Identity<'_> {
    (&object.gvk.group, &object.gvk.kind, &object.namespace, &object.name)
}

/// Finds the moves between sets, each given by its objects; of a set, `pairs` tells which one it was.
pub(super) fn moves(before: &[Vec<&Object>], now: &[Vec<&Object>], pairs: &[Option<usize>]) -> Moves {
    let mut left: HashMap<Identity<'_>, Vec<Origin>> = HashMap::new();
    for (at, objects) in before.iter().enumerate().filter(|(_, objects)| !objects.is_empty()) {
        let is_now = pairs.iter().position(|pair| *pair == Some(at));
        let still_there: HashSet<Identity<'_>> =
            is_now.into_iter().flat_map(|at| &now[at]).map(|object| identity(object)).collect();
        for object in objects.iter().filter(|object| !still_there.contains(&identity(object))) {
            left.entry(identity(object)).or_default().push(object.origin);
        }
    }
    let mut moves = Moves::default();
    if left.is_empty() {
        return moves;
    }
    for (at, objects) in now.iter().enumerate() {
        let was_there = pairs[at].into_iter().flat_map(|at| &before[at]).map(|object| identity(object));
        let was_there: HashSet<Identity<'_>> = was_there.collect();
        for object in objects {
            let identity = identity(object);
            if let Some([origin]) = left.get(&identity).map(Vec::as_slice)
                && !was_there.contains(&identity)
            {
                moves.arrived.entry(at).or_default().insert(*origin);
                moves.departed.insert(*origin);
            }
        }
    }
    moves
}
