//! What a run comes to, in one sentence.
//!
//! Apart because the report for people and the job summary end with the same words.

use super::text::plural;
use super::{Report, name};
use crate::apply::{ApplySet, Attempt, Method, Outcome};
use crate::finding::Level;

/// How many objects a sentence names.
const NAMED: usize = 3;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything goes live.
    Whole,
    /// Something does not, or something else fails the run.
    Broken,
    /// Something does not, and somebody has said of all of it that it does not fail the run.
    LetPass,
    /// There was nothing to judge.
    Nothing,
}

/// The verdict: how it ends, the sentence, and the parts that follow it, to be joined with commas.
#[derive(Debug)]
pub struct Verdict {
    /// How it ends.
    pub ending: Ending,
    /// The sentence; a blank at its end if parts follow.
    pub sentence: String,
    /// The parts; a full stop is behind the last.
    pub parts: Vec<String>,
}

impl Verdict {
    /// The verdict of a report.
    pub fn of(report: &Report) -> Self {
        let sets = report.sets.len();
        let whole = report.sets.iter().filter(|set| set.is_whole()).count();
        let attempts = || report.sets.iter().flat_map(|set| &set.attempts);
        let of = |outcome: Outcome| attempts().filter(|attempt| attempt.outcome == outcome).count();
        let total = attempts().count();
        let live = attempts().filter(|attempt| attempt.outcome.is_live()).count();
        let errors = report.count(Level::Error);
        if whole < sets {
            let those = match report.sets.as_slice() {
                [ApplySet { name, .. }] => name.clone(),
                _ => format!("{} of {sets} sets", sets - whole),
            };
            let failed = (of(Outcome::Failed), "refused");
            let skipped = (of(Outcome::Skipped), "never tried");
            let mut parts = vec![format!("{live} of {} live", plural(total, "object"))];
            parts.extend(
                [failed, skipped].iter().filter(|(count, _)| *count > 0).map(|(c, word)| format!("{c} {word}")),
            );
            let ending = if report.fails() { Ending::Broken } else { Ending::LetPass };
            if ending == Ending::LetPass {
                parts.push("and all that stands in the way is let pass".to_owned());
            }
            return Self::new(ending, format!("{those} would not go through whole: "), parts);
        }
        if errors > 0 && !report.fails() {
            let sentence = format!("{} in what belongs to no set, and let pass.", plural(errors, "error"));
            return Self::new(Ending::LetPass, sentence, Vec::new());
        }
        if report.findings.iter().any(|finding| finding.level == Level::Error && finding.fails()) {
            let sentence = format!("{} in what belongs to no set.", plural(errors, "error"));
            return Self::new(Ending::Broken, sentence, Vec::new());
        }
        if total == 0 {
            let sentence = match &report.scope {
                Some(scope) => format!("Nothing to judge: no set has to do with {}.", scope.about),
                None => "Nothing to apply: no object was found.".to_owned(),
            };
            let ending = if report.fails() { Ending::Broken } else { Ending::Nothing };
            return Self::new(ending, sentence, Vec::new());
        }
        let those = match report.sets.as_slice() {
            [ApplySet { name, .. }] => format!("{name} would go"),
            _ => format!("{sets} of {sets} sets would go"),
        };
        let all = if total == 1 { "its one object live".to_owned() } else { format!("all {total} objects live") };
        let mut parts = vec![all];
        match attempts().filter(|attempt| attempt.unchecked.is_some()).count() {
            0 => {}
            count => parts.push(format!("{count} of them not checked")),
        }
        match report.denied() {
            0 => Self::new(Ending::Whole, format!("{those} through whole: "), parts),
            denied => {
                let what = if denied == 1 {
                    "a finding is denied".to_owned()
                } else {
                    format!("{denied} findings are denied")
                };
                parts.push(format!("but {what}"));
                Self::new(Ending::Broken, format!("{those} through whole: "), parts)
            }
        }
    }

    fn new(ending: Ending, sentence: String, mut parts: Vec<String>) -> Self {
        if let Some(last) = parts.last_mut() {
            last.push('.');
        }
        Self { ending, sentence, parts }
    }
}

/// The tool that applies a set, and what it calls a run.
pub const fn tool(method: Method) -> (&'static str, &'static str) {
    match method {
        Method::Kubectl => ("kubectl apply", "apply"),
        Method::KubectlServerSide => ("kubectl apply --server-side", "apply"),
        Method::KubectlCreate => ("kubectl create", "create"),
        Method::Kustomize => ("kubectl apply -k", "apply"),
        Method::Helm => ("helm upgrade --install", "release"),
        Method::ArgoCd => ("Argo CD sync", "sync"),
        Method::Flux => ("Flux reconciliation", "reconciliation"),
    }
}

/// What becomes of an object, as it reads behind its name.
pub const fn fate(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed => "refused",
        Outcome::Skipped => "never tried",
        outcome => outcome.word(),
    }
}

/// How many objects of a set would be live, and which would not.
pub fn sentence(report: &Report, set: &ApplySet) -> String {
    let (_, run) = tool(set.method);
    let total = set.attempts.len();
    let missing: Vec<&Attempt> = set.attempts.iter().filter(|attempt| !attempt.outcome.is_live()).collect();
    let live = total - missing.len();
    let shown = if missing.len() > NAMED + 1 { NAMED } else { missing.len() };
    let mut names: Vec<String> = missing[..shown].iter().map(|attempt| name::spoken_of(report, attempt)).collect();
    if missing.len() > shown {
        names.push(format!("{} more", missing.len() - shown));
    }
    let list = match names.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        [only] => only.clone(),
        _ => String::new(),
    };
    match (live, total) {
        (_, 1) => format!("The only object, {list}, would not be live when this {run} ends."),
        (0, _) => format!("None of {total} objects would be live when this {run} ends: {list}."),
        _ => format!("{live} of {total} objects would be live when this {run} ends; {list} would not."),
    }
}
