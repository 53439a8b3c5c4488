//! GitHub Actions: workflow commands that annotate the changed lines, and a job summary in Markdown.
//!
//! Apart because both are read by GitHub alone, which executes one and renders the other: nothing of a manifest may
//! become a command or markup. The escapes of commands are those of the toolkit (`escapeData` and `escapeProperty` in
//! `packages/core/src/command.ts` of actions/toolkit).

use super::concise::{line, message, said_of_unchecked};
use super::place::Place;
use super::text::{one_line, plural};
use super::verdict::{Ending, Verdict, fate, sentence, tool};
use super::{Report, name};
use crate::apply::{ApplySet, Attempt};
use crate::finding::{Finding, Level};
use crate::object::Origin;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// So many annotations of one level GitHub shows of a step; the rest it drops.
const ANNOTATIONS: usize = 10;
/// The largest summary, in bytes: GitHub refuses more than 1 MiB of a step, and others may have written before.
const SUMMARY: usize = 900 * 1024;
/// A run of equal outcomes longer than this is folded.
const FOLD_ABOVE: usize = 6;
/// Of a folded run, what is shown before the fold and behind it.
const SHOWN_OF_FOLDED: (usize, usize) = (3, 1);

/// Writes the workflow commands: errors and warnings as such, advice and what was not judged as notices. Of a level with
/// more than GitHub shows, the last annotation says how many there are, and the rest are lines of the log.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let by_origin = report.attempts_by_origin();
    let of_level = |level: Level| {
        report.findings.iter().filter(move |finding| finding.level == level).map(|finding| {
            let attempt = finding.object.and_then(|origin| by_origin.get(&origin).copied());
            Annotation::of_finding(report, finding, attempt)
        })
    };
    let unchecked = report.unchecked_places();
    let unchecked = unchecked.iter().map(|(unchecked, place)| {
        let said = said_of_unchecked(&unchecked.what, place, &unchecked.why);
        Annotation {
            title: format!("not checked: {}", unchecked.class),
            place: Some(place.clone()),
            text: said.clone(),
            line: format!("{}: unchecked[{}] {said}", place.line_column(), unchecked.class),
        }
    });
    write_level("error", &of_level(Level::Error).collect::<Vec<_>>(), &mut out)?;
    write_level("warning", &of_level(Level::Warning).collect::<Vec<_>>(), &mut out)?;
    write_level("notice", &of_level(Level::Advice).chain(unchecked).collect::<Vec<_>>(), &mut out)?;
    if let Some(scope) = &report.scope {
        writeln!(out, "{}", plain(&scope.sentence()))?;
    }
    let verdict = Verdict::of(report);
    writeln!(out, "{}", plain(&format!("{}{}", verdict.sentence, verdict.parts.join(", "))))?;
    out.flush()
}

struct Annotation {
    title: String,
    place: Option<Place>,
    /// What the annotation says.
    text: String,
    /// The same as a line of the log.
    line: String,
}

impl Annotation {
    fn of_finding(report: &Report, finding: &Finding, attempt: Option<&Attempt>) -> Self {
        let place = Place::of_finding(report, finding);
        let mut text = message(finding, place.as_ref());
        if let Some(object) = attempt.map(name::spoken).filter(|object| !object.is_empty()) {
            text = format!("{}: {text}", one_line(&object));
        }
        if let Some(help) = &finding.help {
            let _ = write!(text, "\n{}", one_line(help));
        }
        Self { title: finding.rule.id.to_owned(), place, text, line: line(report, finding) }
    }
}

fn write_level(command: &str, annotations: &[Annotation], out: &mut dyn io::Write) -> io::Result<()> {
    let total = annotations.len();
    let shown = if total > ANNOTATIONS { ANNOTATIONS - 1 } else { total };
    for (at, annotation) in annotations.iter().enumerate() {
        if at < shown {
            let mut properties = Vec::new();
            if let Some(place) = &annotation.place {
                properties.push(format!("file={}", property(&place.path)));
                properties.push(format!("line={}", place.start.0));
                properties.push(format!("endLine={}", place.end.0));
                // Columns across lines GitHub does not take.
                if place.span.is_some() && place.start.0 == place.end.0 {
                    properties.push(format!("col={}", place.start.1));
                    properties.push(format!("endColumn={}", place.end.1));
                }
            }
            properties.push(format!("title={}", property(&annotation.title)));
            writeln!(out, "::{command} {}::{}", properties.join(","), data(&annotation.text))?;
        } else {
            if at == shown {
                let text = format!(
                    "{total} annotations of this level; GitHub shows {ANNOTATIONS} of a step. All are in the log and in \
                     the job summary."
                );
                writeln!(out, "::{command} title={}::{}", property("seaworthy"), data(&text))?;
            }
            writeln!(out, "{}", plain(&annotation.line))?;
        }
    }
    Ok(())
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that the runner does not take for a command, in either of the forms that it knows: `::` at the
/// start, `##[` anywhere (`ActionCommand.cs` of actions/runner).
fn plain(text: &str) -> String {
    format!("- {}", one_line(text).replace("##[", "## ["))
}

/// The job summary: the verdict, what would be live of each set that does not go through, the findings, and what was not
/// judged.
pub fn summary(report: &Report) -> String {
    let mut sections = vec![headline(report)];
    sections.extend(report.sets.iter().filter(|set| !set.is_whole()).map(|set| picture(report, set)));
    sections.extend(findings(report));
    sections.extend(unchecked(report));
    let mut text = String::new();
    for (at, section) in sections.iter().enumerate() {
        if text.len() + section.len() > SUMMARY {
            let _ = write!(
                text,
                "\n{} more would not fit: GitHub takes 1 MiB. The log of the step has all.\n",
                plural(sections.len() - at, "section")
            );
            break;
        }
        text.push_str(section);
    }
    text
}

fn headline(report: &Report) -> String {
    let verdict = Verdict::of(report);
    let sign = match verdict.ending {
        Ending::Whole => "✅",
        Ending::Broken => "❌",
        Ending::LetPass => "⚠️",
        Ending::Nothing => "❔",
    };
    let parts = if verdict.parts.is_empty() { String::new() } else { verdict.parts.join(", ") };
    let scope = report.scope.as_ref().map(|scope| format!("\n{}\n", markdown(&scope.sentence())));
    format!(
        "### {sign} seaworthy: {}{}\n{}",
        markdown(verdict.sentence.trim_end()),
        spaced(&markdown(&parts)),
        scope.unwrap_or_default()
    )
}

fn spaced(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {text}") }
}

/// What becomes of each object of a set.
fn picture(report: &Report, set: &ApplySet) -> String {
    let mut faults: HashMap<Origin, &Finding> = HashMap::new();
    for finding in report.findings.iter().filter(|finding| finding.level == Level::Error) {
        if let Some(origin) = finding.object {
            faults.entry(origin).or_insert(finding);
        }
    }
    let mut text = format!(
        "\n#### {} · {}\n\n{}\n\n| | object | | where and why |\n| --- | --- | --- | --- |\n",
        markdown(&set.name),
        tool(set.method).0,
        markdown(&sentence(report, set))
    );
    let row = |attempt: &Attempt, text: &mut String| {
        let sign = match (attempt.outcome.is_live(), attempt.unchecked.is_some()) {
            (true, false) => "✓",
            (true, true) => "?",
            (false, _) => "✗",
        };
        let fault = faults.get(&attempt.origin).copied().filter(|_| !attempt.outcome.is_live());
        let why = match (fault, attempt.reason.as_deref().or(attempt.unchecked.as_deref())) {
            (Some(fault), _) => {
                let place = Place::of_finding(report, fault);
                let at = place.as_ref().map(|place| format!("{}:{} ", place.path, place.start.0)).unwrap_or_default();
                format!("{at}{}", message(fault, place.as_ref()))
            }
            (None, Some(why)) => why.to_owned(),
            (None, None) => String::new(),
        };
        let why = match &attempt.verdict {
            Some(verdict) if why.is_empty() => verdict.sentence(),
            Some(verdict) => format!("{why} ({})", verdict.sentence()),
            None => why,
        };
        let mut object = name::called(report, attempt);
        if let Some(namespace) = attempt.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
            let _ = write!(object, " -n {namespace}");
        }
        let _ = writeln!(text, "| {sign} | {} | {} | {} |", markdown(&object), fate(attempt.outcome), markdown(&why));
    };
    let alike = |x: &Attempt, y: &Attempt| {
        x.outcome == y.outcome
            && x.reason == y.reason
            && x.unchecked.is_some() == y.unchecked.is_some()
            && x.verdict == y.verdict
    };
    for group in set.attempts.chunk_by(alike) {
        let folds = group.len() > FOLD_ABOVE;
        let folded = if folds { SHOWN_OF_FOLDED.0..group.len() - SHOWN_OF_FOLDED.1 } else { 0..0 };
        for (at, attempt) in group.iter().enumerate() {
            if !folded.contains(&at) {
                row(attempt, &mut text);
            } else if at == folded.start {
                let _ = writeln!(text, "| | … {} more | {} | |", folded.len(), fate(attempt.outcome));
            }
        }
    }
    text
}

/// Sections of findings, small enough for some to fit where all do not.
fn findings(report: &Report) -> Vec<String> {
    const ROWS: usize = 100;
    let by_origin = report.attempts_by_origin();
    let mut sections = Vec::new();
    for (at, chunk) in report.findings.chunks(ROWS).enumerate() {
        let mut text = String::new();
        if at == 0 {
            let levels = [Level::Error, Level::Warning, Level::Advice].into_iter().filter_map(|level| {
                let count = report.count(level);
                let noun = if level == Level::Advice { format!("{count} advice") } else { plural(count, level.word()) };
                (count > 0).then_some(noun)
            });
            let _ = write!(text, "\n#### {}\n", levels.collect::<Vec<_>>().join(", "));
        }
        text.push_str("\n| level | where | what |\n| --- | --- | --- |\n");
        for finding in chunk {
            let place = Place::of_finding(report, finding);
            let object = finding.object.and_then(|origin| by_origin.get(&origin)).map(|attempt| name::spoken(attempt));
            let object = object.filter(|object| !object.is_empty()).map(|object| format!("{object}: "));
            let mut said = format!("{}{}", object.unwrap_or_default(), message(finding, place.as_ref()));
            if let Some(help) = &finding.help {
                let _ = write!(said, " {help}");
            }
            let _ = writeln!(
                text,
                "| {} | {} | {} ({}) |",
                finding.level.word(),
                markdown(&place.map(|place| place.line_column()).unwrap_or_default()),
                markdown(&said),
                markdown(finding.rule.id)
            );
        }
        sections.push(text);
    }
    sections
}

fn unchecked(report: &Report) -> Option<String> {
    const ROWS: usize = 100;
    let unchecked = report.all_unchecked();
    if unchecked.is_empty() {
        return None;
    }
    let mut text = format!("\n#### {} not checked\n\n| what | why |\n| --- | --- |\n", unchecked.len());
    for one in unchecked.iter().take(ROWS) {
        let _ = writeln!(text, "| {} ({}) | {} |", markdown(&one.what), markdown(one.class), markdown(&one.why));
    }
    if unchecked.len() > ROWS {
        let _ = writeln!(text, "| … {} more | see the log |", unchecked.len() - ROWS);
    }
    Some(text)
}

/// Text of others on one line of Markdown, in a table or not, in which nothing is markup.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // These would mention people and link to issues.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{data, markdown, plain, property};

    #[test]
    fn commands_are_escaped_as_the_toolkit_does() {
        assert_eq!(data("100%\r\na:b,c"), "100%25%0D%0Aa:b,c");
        assert_eq!(property("100%\r\na:b,c"), "100%25%0D%0Aa%3Ab%2Cc");
    }

    #[test]
    fn a_line_of_the_log_is_no_command() {
        assert_eq!(plain("::add-mask::x"), "- ::add-mask::x");
        assert_eq!(plain("a ##[add-path]x"), "- a ## [add-path]x");
    }

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            markdown("<b>|`x`\n@team #1 **a** [l](u) ![i](u)"),
            "&lt;b&gt;\\|\\`x\\` &#64;team &#35;1 \\*\\*a\\*\\* \\[l\\](u) \\!\\[i\\](u)"
        );
    }
}
