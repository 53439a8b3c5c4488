//! Where something stands, for tools that open the file: a path and lines of a file that is really there.
//!
//! Apart because a finding may stand in a text that no file holds (what kustomize or Helm made), and no tool outside can
//! open that: such a place becomes the file that the text was made from.

use super::{Report, Unchecked};
use crate::finding::Finding;
use crate::source::{FileId, Span, go_path};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path, without `./` before it.
    pub path: String,
    /// The first character: line and column, from 1, the column in characters.
    pub start: (u32, u32),
    /// One past the last character.
    pub end: (u32, u32),
    /// The bytes of the text; none where the place is a file as such.
    pub span: Option<Span>,
    /// Where it stands in what was rendered, if the text that it was found in is no file.
    pub rendered: Option<String>,
}

impl Place {
    /// A file as such.
    pub fn of_file(path: &str) -> Self {
        Self { path: go_path::clean(path), start: (1, 1), end: (1, 1), span: None, rendered: None }
    }

    /// A place of a text.
    pub fn of_span(report: &Report, span: Span) -> Self {
        let file = report.sources.get(span.file);
        let start = file.line_column(span.range.start);
        if let Some(made_from) = file.made_from {
            let rendered = format!("{}:{}:{}", file.name, start.0, start.1);
            return Self { rendered: Some(rendered), ..Self::of_file(&report.sources.get(made_from).name) };
        }
        let end = file.line_column(span.range.end);
        Self { path: go_path::clean(&file.name), start, end, span: Some(span), rendered: None }
    }

    /// Where the fault of a finding stands; none for one without a place.
    pub fn of_finding(report: &Report, finding: &Finding) -> Option<Self> {
        finding.labels.first().map(|label| Self::of_span(report, label.span))
    }

    /// A text as such.
    pub fn of_source(report: &Report, file: FileId) -> Self {
        Self::of_file(&report.sources.get(report.sources.get(file).made_from.unwrap_or(file)).name)
    }

    /// What was not judged and is no object of a set.
    pub fn of_unchecked(report: &Report, unchecked: &Unchecked) -> Self {
        unchecked.span.map_or_else(|| Self::of_file(&unchecked.what), |span| Self::of_span(report, span))
    }

    /// `PATH:LINE:COLUMN`.
    pub fn line_column(&self) -> String {
        format!("{}:{}:{}", self.path, self.start.0, self.start.1)
    }
}
