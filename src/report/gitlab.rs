//! GitLab's code quality report: a JSON array that a job hands in as `artifacts:reports:codequality`.
//!
//! Apart because the fields and the severities are GitLab's
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use super::concise::{message, said_of_unchecked};
use super::fingerprint::{fingerprint, fingerprint_of_unchecked};
use super::place::Place;
use super::{Report, name};
use crate::finding::Level;
use serde::Serialize;
use std::collections::HashMap;
use std::io;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Self { path: place.path, lines: Lines { begin: place.start.0, end: place.end.0 } }
    }
}

/// Writes an issue for each finding, and one of severity `info` for each thing that was not judged.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let by_origin = report.attempts_by_origin();
    let mut issues = Vec::new();
    for finding in &report.findings {
        let attempt = finding.object.and_then(|origin| by_origin.get(&origin).copied());
        let place = Place::of_finding(report, finding).unwrap_or_else(|| Place::of_file("."));
        let said = message(finding, Some(&place));
        issues.push(Issue {
            description: match attempt.map(name::spoken).filter(|object| !object.is_empty()) {
                Some(object) => format!("{object}: {said}"),
                None => said,
            },
            check_name: finding.rule.id.to_owned(),
            fingerprint: fingerprint(report, finding, attempt),
            severity: match finding.level {
                Level::Error => "blocker",
                Level::Warning => "major",
                Level::Advice => "minor",
            },
            location: place.into(),
        });
    }
    for (unchecked, place) in report.unchecked_places() {
        issues.push(Issue {
            description: format!("not checked: {}", said_of_unchecked(&unchecked.what, &place, &unchecked.why)),
            check_name: format!("unchecked/{}", unchecked.class),
            fingerprint: fingerprint_of_unchecked(&unchecked),
            severity: "info",
            location: place.into(),
        });
    }
    // GitLab keeps one issue of each fingerprint; two sets may hold the same object with the same fault.
    let mut seen: HashMap<String, usize> = HashMap::new();
    for issue in &mut issues {
        let count = seen.entry(issue.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            issue.fingerprint = format!("{}-{count}", issue.fingerprint);
        }
    }
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &issues).map_err(io::Error::from)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}
