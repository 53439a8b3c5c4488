//! Findings as diagnostics.
//!
//! Apart because a diagnostic belongs to one file, and a finding may have places in several.

use super::position::{Encoding, Lines};
use super::uri;
use crate::finding::{Finding, Level};
use crate::pipeline::Snapshot;
use crate::source::{FileId, Span};
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Position,
    Range,
};

/// The name under which an editor shows where diagnostics come from.
pub const SOURCE: &str = "seaworthy";

/// Everything wrong in a file. A finding belongs to the first of its places that stands in a file; one in what was
/// rendered from nobody knows where, to the file that says what is rendered.
pub fn of_file(snapshot: &Snapshot, file: FileId, encoding: Encoding) -> Vec<Diagnostic> {
    let lines = Lines::new(&snapshot.sources.get(file).text.text, encoding);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for set in &snapshot.sets {
        for finding in &set.findings {
            let place = place(finding, snapshot);
            let range = match place {
                Some(span) if span.file == file => lines.range(span.range),
                None if set.described_in == Some(file) => Range::default(),
                _ => continue,
            };
            let diagnostic = diagnostic(finding, range, place, snapshot, encoding);
            // A file that two sets have in common has the same fault in both.
            if !diagnostics.iter().any(|known| known.range == range && known.message == diagnostic.message) {
                diagnostics.push(diagnostic);
            }
        }
    }
    for finding in &snapshot.beside {
        if let Some(span) = place(finding, snapshot).filter(|span| span.file == file) {
            diagnostics.push(diagnostic(finding, lines.range(span.range), Some(span), snapshot, encoding));
        }
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.range.start, diagnostic.range.end));
    diagnostics
}

/// Where a finding is shown.
pub fn place(finding: &Finding, snapshot: &Snapshot) -> Option<Span> {
    finding.labels.iter().map(|label| label.span).find(|span| snapshot.path(span.file).is_some())
}

/// What takes the place of diagnostics where seaworthy itself failed.
pub fn failed(message: &str) -> Diagnostic {
    Diagnostic {
        range: Range { start: Position::default(), end: Position { line: 1, character: 0 } },
        severity: Some(DiagnosticSeverity::WARNING),
        code: Some(NumberOrString::String(crate::pipeline::INTERNAL.id.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: message.to_owned(),
        ..Diagnostic::default()
    }
}

fn diagnostic(
    finding: &Finding,
    range: Range,
    place: Option<Span>,
    snapshot: &Snapshot,
    encoding: Encoding,
) -> Diagnostic {
    let mut message = finding.message.clone();
    if let Some(versions) = &finding.versions {
        message = format!("{message}\nin Kubernetes {versions}");
    }
    if let Some(help) = &finding.help {
        message = format!("{message}\nhelp: {help}");
    }
    let related = finding.labels.iter().filter(|label| Some(label.span) != place).filter_map(|label| {
        let text = if label.text.is_empty() { "has to do with it" } else { &label.text };
        Some(DiagnosticRelatedInformation {
            location: location(label.span, snapshot, encoding)?,
            message: text.to_owned(),
        })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    Diagnostic {
        range,
        severity: Some(match finding.level {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Advice => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.rule.id.to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tag(finding.rule.id).map(|tag| vec![tag]),
        ..Diagnostic::default()
    }
}

/// What is never read is shown as such, and so is what is no longer served.
fn tag(rule: &str) -> Option<DiagnosticTag> {
    match rule {
        "kubectl/removed-api" => Some(DiagnosticTag::DEPRECATED),
        "decode/dropped-field"
        | "suppress/unused"
        | "yaml/duplicate-key"
        | "yaml/text-after-root"
        | "yaml/text-after-document-end" => Some(DiagnosticTag::UNNECESSARY),
        _ => None,
    }
}

/// A place as the protocol has it; none in what was rendered.
pub fn location(span: Span, snapshot: &Snapshot, encoding: Encoding) -> Option<Location> {
    let uri = uri::of_path(snapshot.path(span.file)?)?;
    let range = Lines::new(&snapshot.sources.get(span.file).text.text, encoding).range(span.range);
    Some(Location { uri, range })
}
