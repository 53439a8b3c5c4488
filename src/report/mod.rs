//! What a run has to say, put in order once, and the formats that say it.
//!
//! Apart because sorting happens here and nowhere else, and no format may depend on another.

use crate::apply::ApplySet;
use crate::finding::{Finding, Level};
use crate::source::{Sources, Span};

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

/// All that a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Every text, for excerpts.
    pub sources: Sources,
    /// Every set, with what becomes of its objects.
    pub sets: Vec<ApplySet>,
    /// Everything wrong, sorted by place.
    pub findings: Vec<Finding>,
    /// Everything that was not judged.
    pub unchecked: Vec<Unchecked>,
    /// The files by class.
    pub files: Vec<FileCount>,
}

impl Report {
    /// Puts findings in the order of files and places, and drops repetitions.
    pub fn sort(&mut self) {
        self.findings.sort_by(|x, y| {
            let key = |f: &Finding| (f.labels.first().map(|label| label.span), f.level);
            key(x).cmp(&key(y)).then_with(|| x.message.cmp(&y.message))
        });
        self.findings.dedup_by(|x, y| x.message == y.message && x.labels == y.labels && x.rule.id == y.rule.id);
    }

    /// How many findings there are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}
