//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning and every viewer
//! that reads it.
//!
//! Apart because its shape is the standard's. No text of a manifest is in it but what messages quote, so no value of a
//! Secret is.

use super::concise::{message, said_of_unchecked};
use super::fingerprint::fingerprint;
use super::place::Place;
use super::text::one_line;
use super::verdict::tool;
use super::{Report, name};
use crate::apply::Attempt;
use crate::finding::{By, Finding, Level, Rule};
use crate::source::{FileId, Span};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io;

/// The key under which a result carries our fingerprint. `primaryLocationLineHash` is GitHub's own: its uploader
/// computes it from the text of the line.
const FINGERPRINT_KEY: &str = "seaworthyFinding/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    char_offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    char_length: Option<usize>,
}

/// Writes the log of one run.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let rules: BTreeMap<&str, &Rule> = all(report).map(|(finding, _)| (finding.rule.id, finding.rule)).collect();
    let index: HashMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let by_origin = report.attempts_by_origin();
    let mut places = Places { report, texts: HashMap::new() };
    let results: Vec<Value> = all(report)
        .map(|(finding, suppression)| {
            let attempt = finding.object.and_then(|origin| by_origin.get(&origin).copied());
            let mut result = result(finding, attempt, index[finding.rule.id], &mut places);
            if let Some(suppression) = suppression {
                result["suppressions"] = json!([suppression]);
            }
            result
        })
        .collect();
    let notifications: Vec<Value> = report
        .unchecked_places()
        .iter()
        .map(|(unchecked, place)| {
            json!({
                "descriptor": {"id": format!("unchecked/{}", unchecked.class)},
                "level": "note",
                "message": {"text": format!("not checked: {}", said_of_unchecked(&unchecked.what, place, &unchecked.why))},
                "locations": [{"physicalLocation": places.physical(place)}],
            })
        })
        .collect();
    let sets: Vec<Value> = report
        .sets
        .iter()
        .map(|set| {
            json!({
                "name": set.name,
                "appliedBy": tool(set.method).0,
                "whole": set.is_whole(),
                "objects": set.attempts.len(),
                "live": set.attempts.iter().filter(|attempt| attempt.outcome.is_live()).count(),
            })
        })
        .collect();
    let mut properties = json!({"sets": sets});
    if let Some(scope) = &report.scope {
        properties["scope"] = json!(scope.sentence());
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "seaworthy",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The directory in which seaworthy ran."}}},
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": results,
            "properties": properties,
        }],
    });
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &log).map_err(io::Error::from)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

/// Every finding that is told, then those that are suppressed, each with how. What is in the baseline is suppressed in an
/// external store, as the standard calls it.
fn all(report: &Report) -> impl Iterator<Item = (&Finding, Option<Value>)> {
    let told = report.findings.iter().map(|finding| (finding, None));
    let suppressed = report.aside.iter().filter_map(|aside| {
        let how = match &aside.by {
            By::Choice | By::NotAsked => return None,
            By::InSource(Some(reason)) => json!({"kind": "inSource", "justification": one_line(reason)}),
            By::InSource(None) => json!({"kind": "inSource"}),
            By::Baseline => json!({"kind": "external"}),
        };
        Some((&aside.finding, Some(how)))
    });
    told.chain(suppressed)
}

/// A rule's metadata; its help is what `explain` prints.
fn descriptor(rule: &Rule) -> Value {
    let (room, _) = rule.id.split_once('/').unwrap_or((rule.id, ""));
    let why = if rule.why.is_empty() { rule.summary } else { rule.why };
    let help = if rule.docs.is_empty() { why.to_owned() } else { format!("{why}\n\n{}", rule.docs) };
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": why},
        "help": {"text": help, "markdown": help},
        "defaultConfiguration": {"level": level(rule.level)},
        "properties": {
            "tags": ["kubernetes", room],
            "problem.severity": match rule.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Advice => "recommendation",
            },
        },
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Advice => "note",
    }
}

fn result(finding: &Finding, attempt: Option<&Attempt>, rule_index: usize, places: &mut Places<'_>) -> Value {
    let report = places.report;
    let first = Place::of_finding(report, finding);
    let mut text = message(finding, first.as_ref());
    let object = attempt.map(name::spoken).filter(|object| !object.is_empty()).map(|object| one_line(&object));
    if let Some(object) = &object {
        text = format!("{object}: {text}");
    }
    if let Some(help) = &finding.help {
        text = format!("{text}\n{}", one_line(help));
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule_index,
        "level": level(finding.level),
        "message": {"text": text},
        "partialFingerprints": {FINGERPRINT_KEY: fingerprint(report, finding, attempt)},
    });
    let mut location = json!({});
    if let (Some(place), Some(label)) = (&first, finding.labels.first()) {
        location["physicalLocation"] = places.physical(place);
        if !label.text.is_empty() {
            location["message"] = json!({"text": one_line(&label.text)});
        }
    }
    if let (Some(attempt), Some(object)) = (attempt, object) {
        let namespace = attempt.namespace.as_deref().unwrap_or_default();
        let name = [attempt.api_version.as_str(), &attempt.kind, namespace, &attempt.name]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/");
        location["logicalLocations"] = json!([{"name": object, "fullyQualifiedName": name, "kind": "object"}]);
    }
    result["locations"] = if first.is_some() { json!([location]) } else { json!([]) };
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .skip(1)
        .map(|(at, label)| {
            let place = Place::of_span(report, label.span);
            let said = if label.text.is_empty() { "see also" } else { &label.text };
            let said = match &place.rendered {
                Some(rendered) => one_line(&format!("{said}: {rendered}")),
                None => one_line(said),
            };
            json!({"id": at, "physicalLocation": places.physical(&place), "message": {"text": said}})
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    result
}

/// Places as SARIF writes them.
struct Places<'r> {
    report: &'r Report,
    texts: HashMap<FileId, Characters>,
}

/// How the characters of a text are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Characters {
    /// As bytes are.
    Ascii,
    /// As code points, which UTF-16 counts alike.
    Plane0,
    /// Code points and UTF-16 differ.
    Beyond,
}

impl Places<'_> {
    fn physical(&mut self, place: &Place) -> Value {
        let mut location = json!({"artifactLocation": artifact(&place.path)});
        // A place that is a file as such has no region but its first line, which code scanning asks for.
        location["region"] = match place.span {
            None => json!({"startLine": 1}),
            Some(span) => {
                let characters = self.characters(span);
                json!(Region {
                    start_line: place.start.0,
                    start_column: place.start.1,
                    end_line: place.end.0,
                    end_column: place.end.1,
                    char_offset: characters.map(|(offset, _)| offset),
                    char_length: characters.map(|(_, length)| length),
                })
            }
        };
        location
    }

    /// Offset and length in characters; none where it matters what a character is: the standard says it of columns
    /// only, and viewers count UTF-16 there.
    fn characters(&mut self, span: Span) -> Option<(usize, usize)> {
        let text = &self.report.sources.get(span.file).text.text;
        let kind = *self.texts.entry(span.file).or_insert_with(|| {
            if text.is_ascii() {
                Characters::Ascii
            } else if text.bytes().all(|byte| byte < 0xf0) {
                Characters::Plane0
            } else {
                Characters::Beyond
            }
        });
        let (start, end) = (span.range.start as usize, span.range.end as usize);
        match kind {
            Characters::Ascii => Some((start, end - start)),
            Characters::Plane0 => Some((text.get(..start)?.chars().count(), text.get(start..end)?.chars().count())),
            Characters::Beyond => None,
        }
    }
}

fn artifact(path: &str) -> Value {
    let uri = encoded(path);
    if path.starts_with('/') {
        json!({"uri": format!("file://{uri}")})
    } else {
        json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
    }
}

/// A path as part of a URI: everything is escaped but what RFC 3986 leaves unreserved, and the slash.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn paths_become_uris() {
        assert_eq!(encoded("a b/größe#1:%.yaml"), "a%20b/gr%C3%B6%C3%9Fe%231%3A%25.yaml");
    }
}
