//! The Test Anything Protocol, version 14 (<https://testanything.org/tap-version-14-specification.html>): a test point
//! for each object.
//!
//! Apart because its escapes are its own: `#` begins a directive, and what is known of a failure is a block of YAML.

use super::Report;
use super::cases::{Case, Result, suites};
use super::concise::line;
use super::text::one_line;
use serde_json::json;
use std::io::{self, Write};

/// Writes it; what belongs to several sets is numbered through.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let suites = suites(report);
    let total: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    writeln!(out, "TAP version 14")?;
    if let Some(scope) = &report.scope {
        writeln!(out, "# {}", one_line(&scope.sentence()))?;
    }
    if total == 0 {
        writeln!(out, "1..0 # SKIP nothing to judge")?;
        return out.flush();
    }
    writeln!(out, "1..{total}")?;
    let mut number = 0;
    for suite in &suites {
        writeln!(out, "# {}", suite.name)?;
        for case in &suite.cases {
            number += 1;
            write_case(report, number, case, &mut out)?;
        }
    }
    out.flush()
}

fn write_case(report: &Report, number: usize, case: &Case<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let ok = if case.result == Result::Failed { "not ok" } else { "ok" };
    write!(out, "{ok} {number} - {}", escaped(&case.name))?;
    if case.result == Result::Skipped {
        write!(out, " # SKIP {}", escaped(&case.why))?;
    }
    writeln!(out)?;
    if case.result != Result::Failed && case.findings.is_empty() && case.judged.is_none() {
        return Ok(());
    }
    writeln!(out, "  ---")?;
    if case.result == Result::Failed {
        writeln!(out, "  message: {}", json!(case.why))?;
    }
    if let Some(place) = &case.place {
        writeln!(out, "  at: {}", json!({"file": place.path, "line": place.start.0, "column": place.start.1}))?;
    }
    if let Some(judged) = &case.judged {
        writeln!(out, "  judged: {}", json!(judged))?;
    }
    if !case.findings.is_empty() {
        writeln!(out, "  findings:")?;
        for finding in &case.findings {
            writeln!(out, "    - {}", json!(line(report, finding)))?;
        }
    }
    writeln!(out, "  ...")
}

/// A description in which nothing is a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_in_a_description_is_a_directive() {
        assert_eq!(escaped("a # SKIP b \\# c"), "a \\# SKIP b \\\\\\# c");
    }
}
