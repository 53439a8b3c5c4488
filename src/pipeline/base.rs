//! What was wrong before a change: the same judgement of the commit that the change starts from.
//!
//! Apart because a finding is known again by its fingerprint and by nothing else: places move.

use super::{CheckError, CheckRequest, catalogue::Catalogue, check};
use crate::apply::{Attempt, Outcome};
use crate::finding::{Finding, Level};
use crate::object::Origin;
use crate::report::{Report, Scope};
use crate::source::git::Changes;
use crate::source::walk::absolute_path as absolute;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What was wrong.
#[derive(Debug, Default)]
pub(super) struct Base {
    /// The files in which a fingerprint was found, as often as it was.
    known: HashMap<String, Vec<String>>,
    /// Objects that did not go live.
    not_live: HashSet<[String; 4]>,
}

/// Judges the base as `check` was asked to judge the work tree.
///
/// # Errors
///
/// When git fails, or the base cannot be looked at.
pub(super) fn judge(request: &CheckRequest, changes: &Changes) -> Result<Base, CheckError> {
    let exported = changes.export().map_err(CheckError::Git)?;
    let root = exported.path().to_string_lossy().into_owned();
    // Where a path of the request is in the base: none if it was not there, itself if it lies outside of the repository.
    let moved = |path: &String| match below(&absolute(path), &changes.top) {
        None => Some(path.clone()),
        Some(below) => {
            let path = Path::new(&root).join(below);
            path.exists().then(|| path.to_string_lossy().into_owned())
        }
    };
    let all = |paths: &[String]| -> Vec<String> { paths.iter().filter_map(moved).collect() };
    let places = request.catalogue.places().iter().map(|place| {
        let absolute = absolute(place);
        below(&absolute, &changes.top).map_or_else(|| place.clone(), |below| format!("{root}/{below}"))
    });
    let catalogue = Catalogue::new(&places.collect::<Vec<_>>());
    let asked = CheckRequest {
        paths: all(&request.paths),
        versions: request.versions,
        kubectl_minor: request.kubectl_minor,
        cluster: all(&request.cluster),
        policies: all(&request.policies),
        crds: all(&request.crds),
        catalogue: catalogue.map_err(|error| CheckError::Git(error.to_string()))?,
        config: request.config.as_ref().and_then(|path| moved(&path.to_string_lossy().into_owned())).map(PathBuf::from),
        tools: request.tools.clone(),
        advice: request.advice.clone(),
        choices: request.choices.clone(),
        rules: request.rules,
        ..CheckRequest::default()
    };
    if asked.paths.is_empty() {
        return Ok(Base::default());
    }
    let report = check(&asked, &mut std::io::empty())?;
    let mut base = Base::default();
    for (fingerprint, file) in named(&report, &root) {
        base.known.entry(fingerprint).or_default().push(file);
    }
    let attempts = report.sets.iter().flat_map(|set| &set.attempts);
    base.not_live = attempts.filter(|attempt| !attempt.outcome.is_live()).map(identity).collect();
    Ok(base)
}

impl Base {
    /// Leaves out what was there before: findings, and sets that do not go through for no other reason. `of_set` tells of
    /// each finding which set it belongs to.
    pub(super) fn leave_out(mut self, report: &mut Report, of_set: &[Option<usize>], changes: &Changes) {
        let named = named(report, &changes.top);
        let mut is_known = vec![false; named.len()];
        // First those that stand in the same file, then those that have moved out of one that has changed: in any other file
        // the finding still is, and an equal one elsewhere is new.
        for same_file in [true, false] {
            for (at, (fingerprint, file)) in
                named.iter().enumerate().filter(|(at, _)| !is_known[*at]).collect::<Vec<_>>()
            {
                let Some(files) = self.known.get_mut(fingerprint) else { continue };
                let found = files.iter().position(|known| {
                    if same_file { known == file } else { changes.paths.contains(&format!("{}/{known}", changes.top)) }
                });
                if let Some(found) = found {
                    files.swap_remove(found);
                    is_known[at] = true;
                }
            }
        }
        // seaworthy's own faults are told whenever they happen.
        for (known, finding) in is_known.iter_mut().zip(&report.findings) {
            *known &= finding.rule.id != super::INTERNAL.id;
        }
        let mut faulty: HashSet<usize> = HashSet::new();
        let mut explained: HashSet<Origin> = HashSet::new();
        for ((finding, is_known), set) in report.findings.iter().zip(&is_known).zip(of_set) {
            match (finding.level, *is_known) {
                (Level::Error, false) => faulty.extend(*set),
                (Level::Error, true) => explained.extend(finding.object),
                _ => {}
            }
        }
        let findings_known = is_known.iter().filter(|known| **known).count();
        let mut known = is_known.iter();
        report.findings.retain(|_: &Finding| !known.next().copied().unwrap_or_default());
        let was_so = |attempt: &Attempt| {
            attempt.outcome.is_live()
                || self.not_live.contains(&identity(attempt))
                || (attempt.outcome == Outcome::Failed && explained.contains(&attempt.origin))
        };
        let before = report.sets.len();
        let mut at = 0;
        report.sets.retain(|set| {
            at += 1;
            set.is_whole() || faulty.contains(&(at - 1)) || !set.attempts.iter().all(was_so)
        });
        let sets_known = before - report.sets.len();
        report.scope = report.scope.take().map(|scope| Scope { findings_known, sets_known, ..scope });
    }
}

/// Fingerprint and file of every finding, the file from the top of the repository.
fn named(report: &Report, top: &str) -> Vec<(String, String)> {
    let from_top = |name: &str| {
        let absolute = absolute(name);
        below(&absolute, top).unwrap_or(name).to_owned()
    };
    let prefix = format!("{top}/");
    let told = |name: &str, text: &str| {
        let text = if name.is_empty() { text.to_owned() } else { text.replace(name, &from_top(name)) };
        text.replace(&prefix, "")
    };
    let files = report.findings.iter().map(|finding| {
        finding.labels.first().map_or_else(String::new, |label| from_top(&report.sources.get(label.span.file).name))
    });
    report.fingerprints(&told).into_iter().zip(files).collect()
}

fn identity(attempt: &Attempt) -> [String; 4] {
    let namespace = attempt.namespace.clone().unwrap_or_default();
    [attempt.api_version.clone(), attempt.kind.clone(), namespace, attempt.name.clone()]
}

/// What of an absolute path lies below a directory; the empty text for the directory itself.
fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() || directory == "/" { Some(rest) } else { rest.strip_prefix('/') }
}
