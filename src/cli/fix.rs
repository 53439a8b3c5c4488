//! `seaworthy check --fix` and `--diff`: fixes made until no more are due, then written or shown.
//!
//! Apart from `check` because it judges several times: a fix can bring to light what another fault hid, and what is
//! left in the end is what is reported. All of it happens in memory; files are written once, at the end.

use super::output::{self, Output, OutputFlags};
use super::plan::exit_code;
use super::{CANNOT_TELL, REFUSED, WHOLE, complain};
use crate::finding::Applicability;
use crate::fix::{self, unified};
use crate::pipeline::{self, CheckRequest};
use crate::report::{Report, View};
use crate::source::{FileId, write};
use crate::yaml::ByteRange;
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often the texts are judged again before it is given up: fixes that bring each other about would never end.
const MOST_ROUNDS: usize = 10;

/// The flags.
#[derive(Debug, Args)]
pub struct FixFlags {
    /// Make the fixes that are certain, and report what is left
    #[arg(long, help_heading = "Fixes", group = "fixes")]
    fix: bool,
    /// With --fix or --diff, make the fixes that are likely too
    #[arg(long, help_heading = "Fixes", requires = "fixes")]
    unsafe_fixes: bool,
    /// Show what --fix would change as a diff, and write nothing
    #[arg(long, help_heading = "Fixes", group = "fixes", conflicts_with = "fix")]
    diff: bool,
}

impl FixFlags {
    /// Whether fixes are to be made or shown.
    pub fn is_asked(&self) -> bool {
        self.fix || self.diff
    }
}

/// A file that fixes were made in.
struct Change {
    name: String,
    before: Arc<str>,
    /// What of `before` is secret.
    sensitive: Vec<ByteRange>,
    after: Arc<str>,
    fixes: usize,
}

/// Runs `check` with fixes.
///
/// # Errors
///
/// When nothing can be said: the message.
pub fn run(
    request: &mut CheckRequest,
    flags: &FixFlags,
    output: &OutputFlags,
    further: &[Output],
) -> Result<u8, String> {
    let mut stdin = Vec::new();
    if request.paths.iter().any(|path| path == "-") {
        if flags.fix {
            return Err("standard input cannot be fixed in place; --diff shows what would change".to_owned());
        }
        io::stdin().lock().read_to_end(&mut stdin).map_err(|error| format!("cannot read standard input: {error}"))?;
    }
    let at_least = if flags.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let mut changes = BTreeMap::new();
    let mut report = rounds(request, at_least, &stdin, &mut changes)?;
    if flags.diff {
        return show(&report, &changes);
    }
    let unwritten = write_all(&request.paths, &changes);
    if !changes.is_empty() {
        // What kustomize and Helm make of files is made of those on disk.
        request.instead.clear();
        report = check(request, &stdin)?;
    }
    output::print(&report, output, further, View::Check)?;
    Ok(if unwritten { CANNOT_TELL } else { exit_code(&report) })
}

fn check(request: &CheckRequest, stdin: &[u8]) -> Result<Report, String> {
    pipeline::check(request, &mut &*stdin).map_err(|error| error.to_string())
}

/// Makes fixes in memory until no more are due. The report is of the last texts; what changed, by path.
fn rounds(
    request: &mut CheckRequest,
    at_least: Applicability,
    stdin: &[u8],
    changes: &mut BTreeMap<String, Change>,
) -> Result<Report, String> {
    let mut report = check(request, stdin)?;
    for _ in 0..MOST_ROUNDS {
        let made = fix::make(&report, at_least);
        for file in made.broken {
            let name = &report.sources.get(file).name;
            complain(&format!("the fixes of {name} would break it and were not made; please report this"));
        }
        if made.fixed.is_empty() {
            return Ok(report);
        }
        for fixed in made.fixed {
            // Standard input has no path, here as in the request.
            let path = report.on_disk.get(&fixed.file).cloned().unwrap_or_default();
            let source = report.sources.get(fixed.file);
            let change = changes.entry(path.clone()).or_insert_with(|| Change {
                name: source.name.clone(),
                before: Arc::clone(&source.text.text),
                sensitive: sensitive(&report, fixed.file),
                after: Arc::clone(&fixed.text),
                fixes: 0,
            });
            change.after = Arc::clone(&fixed.text);
            change.fixes += fixed.fixes;
            request.instead.insert(path, fixed.text.into());
        }
        report = check(request, stdin)?;
    }
    Ok(report)
}

fn sensitive(report: &Report, file: FileId) -> Vec<ByteRange> {
    report.sensitive.iter().filter(|span| span.file == file).map(|span| span.range).collect()
}

/// How many fixes there are in how many files.
fn counted<'c>(changes: impl Iterator<Item = &'c Change>) -> String {
    let (made, files) = changes.fold((0, 0), |(made, files), change| (made + change.fixes, files + 1));
    let nouns = (if made == 1 { "fix" } else { "fixes" }, if files == 1 { "file" } else { "files" });
    format!("{made} {} in {files} {}", nouns.0, nouns.1)
}

/// Writes the diff to standard output: 1 where there is one.
fn show(report: &Report, changes: &BTreeMap<String, Change>) -> Result<u8, String> {
    let mut text = String::new();
    for (path, change) in changes {
        let mut files = report.on_disk.iter().filter(|(_, known)| *known == path).map(|(file, _)| *file);
        let file = files.next().or_else(|| path.is_empty().then_some(FileId(0)));
        let after = file.map(|file| sensitive(report, file)).unwrap_or_default();
        let _ = write!(
            text,
            "{}",
            unified(&change.name, (&change.before, change.sensitive.clone()), (&change.after, after))
        );
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(format!("cannot write: {error}")),
        _ => {}
    }
    let is_judged = exit_code(report) != CANNOT_TELL;
    if changes.is_empty() {
        return Ok(if is_judged { WHOLE } else { CANNOT_TELL });
    }
    complain(&format!("--fix would make {}", counted(changes.values())));
    Ok(if is_judged { REFUSED } else { CANNOT_TELL })
}

/// Writes every changed file; whether one of them could not be.
fn write_all(paths: &[String], changes: &BTreeMap<String, Change>) -> bool {
    let roots: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let mut unwritten = false;
    let mut written = Vec::new();
    for (path, change) in changes {
        match write::replace(Path::new(path), &roots, &change.before, &change.after) {
            Ok(()) => written.push(change),
            Err(failure) => {
                unwritten = true;
                complain(&format!("{} was not fixed: {failure}", change.name));
            }
        }
    }
    if !written.is_empty() {
        complain(&format!("made {}", counted(written.into_iter())));
    }
    unwritten
}
