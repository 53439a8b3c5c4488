//! What was not judged, the counts, and the verdict.
//!
//! Apart because it is about the run as a whole: nothing here belongs to one finding or one set.

use super::pen::{Ink, Pen};
use crate::finding::{Applicability, By, Level};
use crate::report::text::plural;
use crate::report::verdict::{Ending, Verdict};
use crate::report::{BaselineUse, FileCount, Report, Unchecked, View};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

/// How many things of one class and reason are named before the rest is counted.
const NAMED: usize = 5;

/// Writes it.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    let unchecked = report.all_unchecked();
    write_unchecked(&unchecked, out, pen)?;
    if let Some(scope) = &report.scope {
        out.write_all(pen.wrapped(&pen.clean(&scope.sentence()), "  ", "  ").as_bytes())?;
        writeln!(out)?;
    }
    let verdict = Verdict::of(report);
    let (ink, sign) = match verdict.ending {
        Ending::Whole => (Ink::Good, pen.sign("✓", "+")),
        Ending::Broken => (Ink::Bad, pen.sign("✗", "x")),
        Ending::LetPass => (Ink::Doubtful, "!"),
        Ending::Nothing => (Ink::Doubtful, "?"),
    };
    let mut counts = Vec::new();
    let files: Vec<&FileCount> = report.files.iter().filter(|count| count.files > 0).collect();
    let total = plural(files.iter().map(|count| count.files).sum(), "file");
    match files.as_slice() {
        [] => {}
        [only] => counts.push(format!("{total} ({})", only.class)),
        _ => {
            let classes: Vec<String> = files.iter().map(|count| format!("{} {}", count.files, count.class)).collect();
            counts.push(format!("{total} ({})", classes.join(", ")));
        }
    }
    counts.push(plural(report.count(Level::Error), "error"));
    match report.count(Level::Warning) {
        0 => {}
        count => counts.push(plural(count, "warning")),
    }
    match report.count(Level::Advice) {
        0 => {}
        count => counts.push(format!("{count} advice")),
    }
    let told = [
        (report.denied(), "denied"),
        (report.count_aside(|by| matches!(by, By::InSource(_))), "suppressed"),
        (report.count_aside(|by| *by == By::Baseline), "in the baseline"),
        (report.count_aside(|by| *by == By::Choice), "allowed"),
    ];
    counts.extend(told.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    counts.push(format!("{} not checked", unchecked.len()));
    if let Some(server) = &report.server {
        counts.push(format!("asked {}", pen.clean(server)));
    }
    let counts = pen.wrapped_parts("", &counts, pen.dot(), ("  ", "  "));
    out.write_all(pen.paint(Ink::Faint, counts.trim_end_matches('\n')).as_bytes())?;
    writeln!(out)?;
    if let Some(fixable) = fixable(report).filter(|_| pen.options.view == View::Check) {
        out.write_all(pen.wrapped(&fixable, "  ", "  ").as_bytes())?;
    }
    if let Some(BaselineUse { file, gone: Some(gone @ 1..) }) = &report.baseline {
        let occur = if *gone == 1 { "finding of it no longer occurs" } else { "findings of it no longer occur" };
        let text = format!("{file}: {gone} {occur}; --prune-baseline takes what is gone out of the file");
        out.write_all(pen.wrapped(&pen.clean(&text), "  ", "  ").as_bytes())?;
    }
    let first = format!("{} ", pen.paint(ink, sign));
    out.write_all(pen.wrapped_parts(&pen.clean(&verdict.sentence), &verdict.parts, ", ", (&first, "  ")).as_bytes())
}

/// How many findings `--fix` would mend.
fn fixable(report: &Report) -> Option<String> {
    match (report.fixable(Applicability::Safe), report.fixable(Applicability::Unsafe)) {
        (0, 0) => None,
        (safe, 0) => Some(format!("{safe} fixable with --fix")),
        (0, likely) => Some(format!("{likely} fixable with --fix --unsafe-fixes")),
        (safe, likely) => Some(format!("{safe} fixable with --fix ({likely} more with --unsafe-fixes)")),
    }
}

/// Everything not judged, by class and reason.
fn write_unchecked(unchecked: &[Unchecked], out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    if unchecked.is_empty() {
        return Ok(());
    }
    let head = pen.paint(Ink::Doubtful, "Not checked");
    writeln!(out, "{head}{}", pen.paint(Ink::Faint, &format!("{}{}", pen.dot(), unchecked.len())))?;
    let mut groups: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for one in unchecked {
        let key = (one.class, one.why.as_str());
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, names)) => names.push(&one.what),
            None => groups.push((key, vec![&one.what])),
        }
    }
    for ((class, why), names) in groups {
        let shown = if pen.options.verbose || names.len() <= NAMED + 1 { names.len() } else { NAMED };
        let mut list = names[..shown].join(", ");
        if shown < names.len() {
            let _ = write!(list, ", {} {} more", pen.ellipsis(), names.len() - shown);
        }
        let count = if names.len() > 1 { format!(" ({})", names.len()) } else { String::new() };
        let first = format!("  {} {}{count}: ", pen.paint(Ink::Doubtful, "?"), pen.paint(Ink::Strong, class));
        out.write_all(pen.wrapped(&pen.clean(&list), &first, "      ").as_bytes())?;
        out.write_all(pen.wrapped(&pen.clean(why), "      ", "      ").as_bytes())?;
    }
    writeln!(out)
}
