//! Every example in the rules' documentation is judged as it says.

mod scene;

use scene::Scene;
use seaworthy::finding::{Finding, Level, Rule};
use seaworthy::report::Report;
use seaworthy::rules;
use seaworthy::rules::example::{Example, Piece, Verdict, pieces};
use std::collections::BTreeMap;

/// Rules whose documentation cannot show them at work.
const WITHOUT_EXAMPLES: &[(&str, &str)] = &[
    ("api/validation", "the rule of errors that no other claims, and none is known"),
    ("server/refused", "what a server refuses depends on the server; tests/server_wire.rs has one"),
    ("server/warning", "what a server warns of depends on the server; tests/server_wire.rs has one"),
    ("seaworthy/internal", "no manifest is known to bring seaworthy to fail, or the fault would be mended"),
];

/// `# ^^^ text` below a line: the line (from zero), the column of the first `^`, and the text.
struct Pointer {
    line: usize,
    column: usize,
    text: String,
}

/// The pointers of a file's text.
fn pointers(text: &str) -> Vec<Pointer> {
    let mut found = Vec::new();
    let mut pointed_at = 0;
    for (number, line) in text.lines().enumerate() {
        let comment = line.trim_start().strip_prefix('#').map(str::trim_start).filter(|text| text.starts_with('^'));
        let Some(comment) = comment else {
            pointed_at = number;
            continue;
        };
        found.push(Pointer {
            line: pointed_at,
            column: line.chars().position(|c| c == '^').expect("a sign"),
            text: comment.trim_start_matches('^').trim().to_owned(),
        });
    }
    found
}

/// The line and the columns (from zero) of a finding's place; the end is that of its first line.
fn place(finding: &Finding, report: &Report) -> (usize, usize, usize) {
    let span = finding.labels[0].span;
    let text = &report.sources.get(span.file).text.text;
    let (start, end) = (span.range.start as usize, span.range.end as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let columns = |to: usize| text[line_start..to].chars().count();
    (text[..line_start].matches('\n').count(), columns(start), columns(end.min(line_end)))
}

/// What is wrong with what is said of one example; none where the machine lacks what it takes.
fn judge(rule: &Rule, example: &Example<'_>) -> Option<Vec<String>> {
    let scene = Scene::of(example)?;
    let report = scene.judge(rule, example)?;
    let told = |finding: &Finding| scene.plain(&format!("{}: {}", finding.rule.id, finding.message));
    let all: Vec<String> = report.findings.iter().map(told).collect();
    let of_rule: Vec<&Finding> = report.findings.iter().filter(|finding| finding.rule.id == rule.id).collect();
    let mut wrong = Vec::new();
    let expected = match example.verdict {
        Verdict::Quiet => None,
        Verdict::Refused => Some(Level::Error),
        Verdict::Warned => Some(Level::Warning),
        Verdict::Advised => Some(Level::Advice),
    };
    match expected {
        None => {
            if !of_rule.is_empty() || report.count(Level::Error) > 0 {
                wrong.push(format!("is not quiet: {all:#?}"));
            }
            for unchecked in report.all_unchecked() {
                wrong.push(scene.plain(&format!("{} was not judged: {}", unchecked.what, unchecked.why)));
            }
        }
        Some(level) => {
            if !of_rule.iter().any(|finding| finding.level == level) {
                wrong.push(format!("is not {}: {all:#?}", level.word()));
            }
            if report.findings.iter().any(|finding| finding.level == Level::Error && finding.rule.id != rule.id) {
                wrong.push(format!("breaks other rules too: {all:#?}"));
            }
        }
    }
    for (file, source) in report.sources.iter() {
        for pointer in pointers(&source.text.text) {
            let is_meant = |finding: &&Finding| {
                let (line, start, end) = place(finding, &report);
                let starts = start == pointer.column || (start < 2 && pointer.column < end.max(3));
                let message = scene.plain(&finding.message);
                let says = match pointer.text.strip_suffix('…') {
                    Some(begin) => message.starts_with(begin),
                    None => message == pointer.text,
                };
                finding.labels[0].span.file == file && line == pointer.line && starts && says
            };
            if !of_rule.iter().any(is_meant) {
                let line = pointer.line + 1;
                wrong.push(format!("line {line}: nothing says {:?} there, but {all:#?}", pointer.text));
            }
        }
    }
    Some(wrong)
}

#[test]
fn every_example_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let pieces = pieces(rule.docs).unwrap_or_else(|why| panic!("{}: {why}", rule.id));
        for piece in pieces {
            let Piece::Example(example) = piece else { continue };
            match judge(rule, &example) {
                Some(faults) => {
                    let where_ = format!("{}, {}\n{}", rule.id, example.label(), example.text);
                    wrong.extend(faults.into_iter().map(|fault| format!("{where_}{fault}\n")));
                }
                None => eprintln!("SKIPPED an example of {}: this machine has no program for it", rule.id),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_an_example_that_it_finds_and_one_that_it_lets_pass() {
    let exceptions: BTreeMap<&str, &str> = WITHOUT_EXAMPLES.iter().copied().collect();
    let mut wrong = Vec::new();
    for rule in rules::all() {
        if rule.docs.trim().is_empty() {
            wrong.push(format!("{} has no documentation", rule.id));
        }
        let pieces = pieces(rule.docs).expect("fences");
        let has =
            |verdict| pieces.iter().any(|piece| matches!(piece, Piece::Example(example) if example.verdict == verdict));
        let is_found = [Verdict::Refused, Verdict::Warned, Verdict::Advised].into_iter().any(has);
        let shown = is_found && has(Verdict::Quiet);
        if shown == exceptions.contains_key(rule.id) {
            wrong.push(format!("{}: {}", rule.id, if shown { "needs no exception" } else { "lacks an example" }));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
