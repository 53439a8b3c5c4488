//! A report as tests: a suite for each set, a case for each of its objects.
//!
//! Apart because JUnit and TAP are read by the same kind of machine and must tell the same story. An object that would
//! not be live is a failed case, and so is every error that belongs to no object; what was not judged is a skipped one.

use super::place::Place;
use super::text::one_line;
use super::verdict::{fate, tool};
use super::{Report, name};
use crate::apply::Attempt;
use crate::finding::Finding;
use crate::object::Origin;
use std::collections::{HashMap, HashSet};

/// What a case comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// The object goes live.
    Passed,
    /// It does not, or something else is refused.
    Failed,
    /// It was not judged.
    Skipped,
}

/// One object, or one thing that belongs to none.
#[derive(Debug)]
pub struct Case<'r> {
    /// What it is called, on one line.
    pub name: String,
    /// Where the first fault stands, or the object.
    pub place: Option<Place>,
    /// What it comes to.
    pub result: Result,
    /// Why it failed or was skipped, on one line; empty for a case that passed.
    pub why: String,
    /// What was found about it.
    pub findings: Vec<&'r Finding>,
    /// Who judged it, where a server was asked.
    pub judged: Option<String>,
}

/// A set, or what belongs to none.
#[derive(Debug)]
pub struct Suite<'r> {
    /// What it is called, on one line.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case<'r>>,
}

impl Suite<'_> {
    /// How many cases come to this.
    pub fn count(&self, result: Result) -> usize {
        self.cases.iter().filter(|case| case.result == result).count()
    }
}

/// Every suite that has a case.
pub fn suites(report: &Report) -> Vec<Suite<'_>> {
    let mut by_object: HashMap<Origin, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        if let Some(origin) = finding.object {
            by_object.entry(origin).or_default().push(finding);
        }
    }
    let mut told = HashSet::new();
    let mut suites: Vec<Suite<'_>> = report
        .sets
        .iter()
        .map(|set| Suite {
            name: one_line(&format!("{} ({})", set.name, tool(set.method).0)),
            cases: set
                .attempts
                .iter()
                .map(|attempt| {
                    told.insert(attempt.origin);
                    let findings = by_object.get(&attempt.origin).map_or(&[][..], Vec::as_slice);
                    object(report, attempt, findings, !set.is_whole() && report.is_let_pass(set))
                })
                .collect(),
        })
        .collect();
    let others = report.findings.iter().filter(|finding| finding.object.is_none_or(|origin| !told.contains(&origin)));
    suites
        .push(Suite { name: "Beside the objects".to_owned(), cases: others.map(|one| beside(report, one)).collect() });
    let unchecked = report.unchecked.iter().map(|one| Case {
        name: one_line(&one.what),
        place: Some(Place::of_unchecked(report, one)),
        result: Result::Skipped,
        why: one_line(&format!("not checked ({}): {}", one.class, one.why)),
        findings: Vec::new(),
        judged: None,
    });
    suites.push(Suite { name: "Not checked".to_owned(), cases: unchecked.collect() });
    suites.retain(|suite| !suite.cases.is_empty());
    suites
}

fn object<'r>(report: &Report, attempt: &Attempt, findings: &[&'r Finding], is_let_pass: bool) -> Case<'r> {
    let fault = findings.iter().find(|finding| finding.fails());
    let (result, why) = if let Some(fault) = fault {
        (Result::Failed, fault.message.clone())
    } else if !attempt.outcome.is_live() {
        let why = attempt.reason.clone().unwrap_or_else(|| fate(attempt.outcome).to_owned());
        // It does not go live, and somebody has said that this does not fail the run.
        if is_let_pass { (Result::Skipped, format!("let pass: {why}")) } else { (Result::Failed, why) }
    } else if let Some(why) = &attempt.unchecked {
        (Result::Skipped, format!("not checked: {why}"))
    } else {
        (Result::Passed, String::new())
    };
    let mut name = name::called(report, attempt);
    if let Some(namespace) = attempt.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
        name = format!("{name} -n {namespace}");
    }
    let why = if result == Result::Failed { format!("{}: {why}", fate_or_fault(attempt, fault.copied())) } else { why };
    Case {
        name: one_line(&name),
        place: fault
            .or_else(|| findings.first())
            .and_then(|finding| Place::of_finding(report, finding))
            .or_else(|| Some(Place::of_source(report, attempt.origin.file))),
        result,
        why: one_line(&why),
        findings: findings.to_vec(),
        judged: attempt.verdict.as_ref().map(|verdict| {
            let opinion = verdict.differs.as_ref().map(|opinion| format!("; {}", opinion.sentence()));
            one_line(&format!("judged by {}{}", verdict.sentence(), opinion.unwrap_or_default()))
        }),
    }
}

/// What becomes of an object with a fault: an error, or what is denied, may also be about one that goes live.
fn fate_or_fault(attempt: &Attempt, fault: Option<&Finding>) -> &'static str {
    match fault {
        _ if !attempt.outcome.is_live() => fate(attempt.outcome),
        Some(fault) if fault.is_denied() => "denied",
        _ => "error",
    }
}

fn beside<'r>(report: &Report, finding: &'r Finding) -> Case<'r> {
    let place = Place::of_finding(report, finding);
    let is_error = finding.fails();
    Case {
        name: match &place {
            Some(place) => one_line(&format!("{} {}", finding.rule.id, place.line_column())),
            None => finding.rule.id.to_owned(),
        },
        place,
        result: if is_error { Result::Failed } else { Result::Passed },
        why: if is_error { one_line(&finding.message) } else { String::new() },
        findings: vec![finding],
        judged: None,
    }
}
