//! What a run has to say, put in order once, and the formats that say it.
//!
//! Apart because sorting happens here and nowhere else, and no format may depend on another.

mod baseline;
mod cases;
mod concise;
mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json_v1;
mod junit;
mod name;
mod place;
mod sarif;
mod tap;
mod text;
mod verdict;

pub use baseline::Baseline;
pub use github::summary as github_summary;

use crate::apply::{ApplySet, Outcome};
use crate::finding::{Applicability, By, Finding, Level, SetAside};
use crate::object::{Object, Origin, sensitive_ranges, sensitive_ranges_unread};
use crate::source::{FileId, Sources, Span};
use crate::yaml::ByteRange;
use place::Place;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

/// Something that was not judged, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// The path, or the object's name.
    pub what: String,
    /// The class: `kustomization`, `helm-chart`, `values`, `sops`, `unreadable`, `custom-resource`, …
    pub class: &'static str,
    /// Why it was not judged.
    pub why: String,
    /// The place, where there is one.
    pub span: Option<Span>,
}

/// How many files there are of one class (`manifest`, `kustomization`, `workflow`, …).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCount {
    /// The class.
    pub class: &'static str,
    /// How many.
    pub files: usize,
}

/// What of a repository is reported, where that is not all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// What was asked about, as it reads in a sentence: `the change since main`, `3 files`.
    pub about: String,
    /// Sets that have nothing to do with it, and were not judged.
    pub sets_untouched: usize,
    /// Findings that were there before the change.
    pub findings_known: usize,
    /// Sets that do not go through, and did not before the change, for the same reasons.
    pub sets_known: usize,
    /// Documents and objects that kubectl could not use before the change either, and are as they were.
    pub objects_known: usize,
    /// Warnings and advice that stand in other files alone.
    pub findings_elsewhere: usize,
}

impl Scope {
    /// What is reported and what is left out, in one sentence.
    pub fn sentence(&self) -> String {
        let mut left_out = Vec::new();
        let mut take = |count: usize, noun: &str, what: &str| {
            if count > 0 {
                left_out.push(format!("{} {what}", text::plural(count, noun)));
            }
        };
        take(self.sets_untouched, "set", "that it does not touch");
        take(self.findings_known, "finding", "of before");
        take(self.objects_known, "document", "that kubectl could not use before either");
        take(self.sets_known, "set", "that would not have gone through before either");
        take(self.findings_elsewhere, "warning", "in other files");
        let rest = if left_out.is_empty() { String::new() } else { format!("; left out: {}", left_out.join(", ")) };
        format!("Reported is what concerns {}{rest}.", self.about)
    }
}

/// What became of a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineUse {
    /// The file.
    pub file: String,
    /// How many of the findings in it no longer occur; none where only a part was looked at.
    pub gone: Option<usize>,
}

/// All that a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Every text, for excerpts.
    pub sources: Sources,
    /// Every set, with what becomes of its objects.
    pub sets: Vec<ApplySet>,
    /// Everything wrong, sorted by place.
    pub findings: Vec<Finding>,
    /// Everything wrong that is not told, and who says so.
    pub aside: Vec<SetAside>,
    /// The baseline that was asked for, and what it comes to.
    pub baseline: Option<BaselineUse>,
    /// Everything that was not judged, except objects of a set: those say it themselves
    /// ([`crate::apply::Attempt::unchecked`]).
    pub unchecked: Vec<Unchecked>,
    /// The files by class.
    pub files: Vec<FileCount>,
    /// Where the files stand that were asked for, by absolute path: what may be fixed on disk.
    pub on_disk: BTreeMap<FileId, String>,
    /// What of it is reported, if that is not all.
    pub scope: Option<Scope>,
    /// The API server that was asked, if one was.
    pub server: Option<String>,
    /// What no excerpt may show; [`Report::conceal`] and [`Report::conceal_unread`] fill it.
    pub sensitive: Vec<Span>,
}

impl Report {
    /// Puts findings in the order of files and places, and drops repetitions.
    pub fn sort(&mut self) {
        fn order(x: &Finding, y: &Finding) -> std::cmp::Ordering {
            let key = |f: &Finding| (f.labels.first().map(|label| label.span), f.level);
            key(x).cmp(&key(y)).then_with(|| x.message.cmp(&y.message))
        }
        fn is_same(x: &Finding, y: &Finding) -> bool {
            x.message == y.message && x.labels == y.labels && x.rule.id == y.rule.id
        }
        self.findings.sort_by(order);
        self.findings.dedup_by(|x, y| is_same(x, y));
        self.aside.sort_by(|x, y| order(&x.finding, &y.finding));
        self.aside.dedup_by(|x, y| is_same(&x.finding, &y.finding));
    }

    /// Whether the run fails (exit 1): something is told that fails it, or a set does not go through, and that is not all
    /// somebody's will.
    pub fn fails(&self) -> bool {
        self.findings.iter().any(Finding::fails)
            || self.sets.iter().any(|set| !set.is_whole() && !self.is_let_pass(set))
    }

    /// Whether everything that keeps a set from going through whole is suppressed, in the baseline, allowed, or only
    /// warned of.
    pub fn is_let_pass(&self, set: &ApplySet) -> bool {
        let told = self.findings.iter().filter(|finding| !finding.fails());
        let passed = self.aside.iter().map(|aside| &aside.finding).chain(told);
        let mut origins = HashSet::new();
        let mut files = HashSet::new();
        for finding in passed.filter(|finding| finding.level == Level::Error) {
            match finding.object {
                Some(origin) => drop(origins.insert(origin)),
                None => files.extend(finding.labels.first().map(|label| label.span.file)),
            }
        }
        let mut failed = set.attempts.iter().filter(|attempt| attempt.outcome == Outcome::Failed).peekable();
        failed.peek().is_some()
            && failed.all(|attempt| origins.contains(&attempt.origin) || files.contains(&attempt.origin.file))
    }

    /// How many findings are not told because of that.
    pub fn count_aside(&self, is_such: impl Fn(&By) -> bool) -> usize {
        self.aside.iter().filter(|aside| is_such(&aside.by)).count()
    }

    /// How many findings fail the run that are no errors.
    pub fn denied(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_denied()).count()
    }

    /// Keeps what is secret in an object out of every excerpt. To be called with every object, before anything is
    /// written.
    pub fn conceal(&mut self, object: &Object) {
        self.sensitive.extend(sensitive_ranges(object).into_iter().map(|range| object.span(range)));
    }

    /// Keeps what seems secret out of every excerpt of a file whose reading stopped in the document that starts at
    /// `start`. To be called with every such document, before anything is written.
    pub fn conceal_unread(&mut self, file: FileId, start: u32) {
        let text = &self.sources.get(file).text.text;
        let ranges = sensitive_ranges_unread(text, ByteRange::new(start, text.len() as u32));
        self.sensitive.extend(ranges.into_iter().map(|range| Span { file, range }));
    }

    /// Takes away every fix of another text than those of `files`, of a text that was not read as it stands, and of what is
    /// not told.
    pub fn keep_fixes_in(&mut self, files: &HashSet<FileId>) {
        let sources = &self.sources;
        let may = |span: Span| files.contains(&span.file) && sources.get(span.file).text.replaced.is_empty();
        for finding in &mut self.findings {
            finding.fix = finding.fix.take().filter(|fix| fix.edits.iter().all(|edit| may(edit.span)));
        }
        self.aside.iter_mut().for_each(|aside| aside.finding.fix = None);
    }

    /// How many findings have a fix that is as sure as that.
    pub fn fixable(&self, sure: Applicability) -> usize {
        let is_such = |finding: &&Finding| finding.fix.as_ref().is_some_and(|fix| fix.applicability == sure);
        self.findings.iter().filter(is_such).count()
    }

    /// The fingerprint of every finding, in their order. Where a finding is about no object that has a name, its file's
    /// name and its message stand in for the object; `told` may tell those texts differently, given the file's name and
    /// the text.
    pub fn fingerprints(&self, told: &dyn Fn(&str, &str) -> String) -> Vec<String> {
        let by_origin = self.attempts_by_origin();
        let attempt = |finding: &Finding| finding.object.and_then(|origin| by_origin.get(&origin).copied());
        self.findings.iter().map(|one| fingerprint::fingerprint_told(self, one, attempt(one), told)).collect()
    }

    /// How many findings there are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// Everything that was not judged: [`Report::unchecked`], then the objects of sets that were not judged in full,
    /// as class `object`.
    pub fn all_unchecked(&self) -> Vec<Unchecked> {
        let objects = self.unchecked_objects().map(|(unchecked, _)| unchecked);
        self.unchecked.iter().cloned().chain(objects).collect()
    }

    /// [`Report::all_unchecked`], each with its place.
    fn unchecked_places(&self) -> Vec<(Unchecked, Place)> {
        let others = self.unchecked.iter().map(|one| (one.clone(), Place::of_unchecked(self, one)));
        let objects = self.unchecked_objects();
        others.chain(objects.map(|(one, file)| (one, Place::of_source(self, file)))).collect()
    }

    fn unchecked_objects(&self) -> impl Iterator<Item = (Unchecked, FileId)> {
        self.sets.iter().flat_map(|set| &set.attempts).filter_map(|attempt| {
            let why = attempt.unchecked.clone()?;
            let file = attempt.origin.file;
            let what = format!("{} ({})", name::resource(attempt), self.sources.get(file).name);
            Some((Unchecked { what, class: "object", why, span: None }, file))
        })
    }

    /// The object that a finding is about, by where it stands.
    fn attempts_by_origin(&self) -> HashMap<Origin, &crate::apply::Attempt> {
        self.sets.iter().flat_map(|set| &set.attempts).map(|attempt| (attempt.origin, attempt)).collect()
    }
}

/// A form in which a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, on a terminal.
    #[default]
    Human,
    /// For programs: version 1 of the JSON, described in `schemas/report-v1.schema.json`.
    Json,
    /// A line for each finding, as editors read them.
    Concise,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML: a test case for each object.
    Junit,
    /// Workflow commands of GitHub Actions, which annotate a pull request.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// The Test Anything Protocol, version 14: a test point for each object.
    Tap,
}

/// What was asked for; only the human form depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What is wrong, and which sets would stop part-way.
    #[default]
    Check,
    /// What becomes of every object of every set.
    Plan,
    /// What is wrong, and nothing else.
    Findings,
}

/// How the human form looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether to colour (ANSI escape codes).
    pub colour: bool,
    /// Whether the reader's locale has more characters than ASCII.
    pub unicode: bool,
    /// The width of the terminal, in columns.
    pub width: usize,
    /// Whether to write out what is folded otherwise.
    pub verbose: bool,
    /// What was asked for.
    pub view: View,
}

impl Default for Options {
    fn default() -> Self {
        Self { colour: false, unicode: true, width: 80, verbose: false, view: View::Check }
    }
}

/// Writes a report.
///
/// # Errors
/// Whatever `out` answers; a broken pipe is the caller's to judge.
pub fn write(report: &Report, format: Format, out: &mut dyn io::Write, options: &Options) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, out, options),
        Format::Json => json_v1::write(report, out),
        Format::Concise => concise::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Tap => tap::write(report, out),
    }
}
