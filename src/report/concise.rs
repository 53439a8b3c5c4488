//! A line for each finding: `PATH:LINE:COLUMN: LEVEL[RULE] MESSAGE`.
//!
//! Apart because editors, `grep` and problem matchers read it: the shape of a line is a contract, and nothing else is
//! printed.

use super::Report;
use super::place::Place;
use super::text::one_line;
use crate::finding::Finding;
use std::io::{self, Write};

/// Writes the findings, then what was not judged, with `unchecked` as the level and its class as the rule.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for finding in &report.findings {
        writeln!(out, "{}", line(report, finding))?;
    }
    for (unchecked, place) in report.unchecked_places() {
        let said = said_of_unchecked(&unchecked.what, &place, &unchecked.why);
        writeln!(out, "{}: unchecked[{}] {said}", one_line(&place.line_column()), unchecked.class)?;
    }
    out.flush()
}

/// The line of a finding.
pub fn line(report: &Report, finding: &Finding) -> String {
    let place = Place::of_finding(report, finding);
    let at = place.as_ref().map_or_else(|| "-:1:1".to_owned(), |place| one_line(&place.line_column()));
    let said = message(finding, place.as_ref());
    format!("{at}: {}[{}] {said}", finding.level.word(), finding.rule.id)
}

/// What is wrong, on one line, with what no other part of a line says: the minors, and the place in rendered text.
pub fn message(finding: &Finding, place: Option<&Place>) -> String {
    let mut said = one_line(&finding.message);
    if let Some(versions) = &finding.versions {
        said = format!("{said} (Kubernetes {versions})");
    }
    if let Some(rendered) = place.and_then(|place| place.rendered.as_deref()) {
        said = format!("{said} (at {})", one_line(rendered));
    }
    said
}

/// Why something was not judged, with its name where its place does not tell it.
pub fn said_of_unchecked(what: &str, place: &Place, why: &str) -> String {
    if place.path == what { one_line(why) } else { one_line(&format!("{what}: {why}")) }
}
