//! The baseline: findings that a repository has agreed to live with for now, in a file beside it.
//!
//! Apart because it is written by one run and read by the next: a finding is known again by its fingerprint and by how often
//! that occurs, and by nothing else. All that stands there besides is for people who read the file or its diff. Messages are
//! not in it: they may quote what a file holds.

use super::{BaselineUse, Report, name};
use crate::finding::{By, Finding, Level, SetAside};
use crate::source::walk::absolute_path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the format.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// A finding, as often as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    level: String,
    /// The object as people call it, or the file of what belongs to none.
    about: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    field: String,
    fingerprint: String,
    count: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    findings: Vec<Entry>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// Why it is none, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Written { version, findings } =
            serde_json::from_str(text).map_err(|error| format!("is no baseline: {error}"))?;
        if version != VERSION {
            return Err(format!("is a baseline of version {version}; this seaworthy reads version {VERSION}"));
        }
        Ok(Self { entries: findings })
    }

    /// All that a report tells, but seaworthy's own faults. `directory` is the one that the file is in: names are told from
    /// there.
    pub fn of(report: &Report, directory: &Path) -> Self {
        let findings = report.findings.iter().filter(|finding| finding.rule.group() != "seaworthy");
        Self { entries: counted(report, findings, directory) }
    }

    /// The text of the file: JSON with a line for each entry, sorted by rule, then by what it is about.
    pub fn text(&self) -> String {
        let line = |entry: &Entry| format!("    {}", serde_json::to_string(entry).unwrap_or_default());
        let lines: Vec<String> = self.entries.iter().map(line).collect();
        let findings = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {findings}\n}}\n")
    }

    /// How many findings there are in it.
    pub fn len(&self) -> usize {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out of a report what is known, and returns the baseline without what no longer occurs. With `is_whole`, the
    /// report is about everything, and it tells how much that is; `is_asked` tells of the id of a rule whether its advice was
    /// asked for: what was not looked for has not gone.
    pub fn leave_out(
        &self,
        report: &mut Report,
        (file, directory): (&str, &Path),
        is_whole: bool,
        is_asked: impl Fn(&str) -> bool,
    ) -> Self {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &self.entries {
            *left.entry(&entry.fingerprint).or_default() += entry.count;
        }
        let mut take = |fingerprint: &str| match left.get_mut(fingerprint) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        };
        let fingerprints = fingerprints(report, report.findings.iter(), directory);
        let mut known = fingerprints.iter().map(|fingerprint| take(fingerprint)).collect::<Vec<_>>().into_iter();
        let mut aside = Vec::new();
        report.findings.retain(|finding| {
            let is_known = known.next().unwrap_or_default() && finding.rule.group() != "seaworthy";
            if is_known {
                aside.push(SetAside { finding: Finding { fix: None, ..finding.clone() }, by: By::Baseline });
            }
            !is_known
        });
        // What is allowed for now is still there.
        let allowed = report.aside.iter().filter(|aside| aside.by == By::Choice).map(|aside| &aside.finding);
        for fingerprint in self::fingerprints(report, allowed, directory) {
            take(&fingerprint);
        }
        let mut kept = Vec::new();
        let mut gone = 0;
        for entry in &self.entries {
            let was_looked_for = entry.level != Level::Advice.word() || is_asked(&entry.rule);
            let absent = left.get_mut(entry.fingerprint.as_str()).filter(|_| was_looked_for);
            let absent = absent.map_or(0, |count| {
                let absent = entry.count.min(*count);
                *count -= absent;
                absent
            });
            gone += absent;
            if entry.count > absent {
                kept.push(Entry { count: entry.count - absent, ..entry.clone() });
            }
        }
        report.aside.extend(aside);
        report.baseline = Some(BaselineUse { file: file.to_owned(), gone: is_whole.then_some(gone) });
        Self { entries: kept }
    }
}

/// The entries of findings, sorted, equal ones counted.
fn counted<'f>(report: &Report, findings: impl Iterator<Item = &'f Finding> + Clone, directory: &Path) -> Vec<Entry> {
    let by_origin = report.attempts_by_origin();
    let mut counts: BTreeMap<Entry, usize> = BTreeMap::new();
    for (finding, fingerprint) in findings.clone().zip(fingerprints(report, findings, directory)) {
        let attempt = finding.object.and_then(|origin| by_origin.get(&origin)).filter(|one| !one.name.is_empty());
        let file = || finding.labels.first().map_or("", |label| report.sources.get(label.span.file).name.as_str());
        let about = attempt.map_or_else(|| from(directory, file()), |attempt| name::spoken(attempt));
        let entry = Entry {
            rule: finding.rule.id.to_owned(),
            level: finding.level.word().to_owned(),
            about,
            field: finding.field.to_string(),
            fingerprint,
            count: 0,
        };
        *counts.entry(entry).or_default() += 1;
    }
    counts.into_iter().map(|(entry, count)| Entry { count, ..entry }).collect()
}

/// Fingerprints in which files are named from the directory of the baseline, wherever seaworthy is run.
fn fingerprints<'f>(report: &Report, findings: impl Iterator<Item = &'f Finding>, directory: &Path) -> Vec<String> {
    let by_origin = report.attempts_by_origin();
    let told = |name: &str, text: &str| {
        if name.is_empty() { text.to_owned() } else { text.replace(name, &from(directory, name)) }
    };
    let of = |finding: &Finding| {
        let attempt = finding.object.and_then(|origin| by_origin.get(&origin).copied());
        super::fingerprint::fingerprint_told(report, finding, attempt, &told)
    };
    findings.map(of).collect()
}

/// A file's name from a directory, if it lies below.
fn from(directory: &Path, name: &str) -> String {
    let absolute = absolute_path(name);
    let below = absolute.strip_prefix(&*directory.to_string_lossy()).and_then(|rest| rest.strip_prefix('/'));
    below.map_or_else(|| name.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Baseline;

    #[test]
    fn what_is_no_baseline_is_refused() {
        assert!(Baseline::parse("[]").unwrap_err().starts_with("is no baseline: "));
        assert!(Baseline::parse("{\"version\": 2, \"findings\": []}").unwrap_err().contains("version 2"));
        assert!(Baseline::parse("{\"version\": 1, \"findings\": [], \"more\": 1}").is_err());
        let empty = Baseline::parse("{\"version\": 1, \"findings\": []}").unwrap();
        assert_eq!(empty.text(), "{\n  \"version\": 1,\n  \"findings\": []\n}\n");
        assert!(empty.is_empty());
    }

    #[test]
    fn a_baseline_has_a_line_for_each_entry() {
        let text = "{\n  \"version\": 1,\n  \"findings\": [\n    {\"rule\":\"a/b\",\"level\":\"error\",\"about\":\"x.yaml\",\"fingerprint\":\"0\",\"count\":2},\n    {\"rule\":\"a/c\",\"level\":\"error\",\"about\":\"x.yaml\",\"field\":\"spec\",\"fingerprint\":\"1\",\"count\":1}\n  ]\n}\n";
        let read = Baseline::parse(text).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read.text(), text);
    }
}
