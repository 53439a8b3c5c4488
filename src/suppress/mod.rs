//! What people make of findings: choices for a rule or a group ([`levels`]), and, in this file, suppressions: comments and
//! annotations that have findings left out at one place.
//!
//! ```yaml
//! # seaworthy: ignore[cross/missing-secret] made by the operator
//! name: tls
//! ```
//!
//! Apart because nothing here judges a manifest, and nothing that judges one knows of it: an object that is refused stays
//! refused, whatever is said of the finding. Pure: texts, documents and findings come in.
//!
//! - A comment is for the line it stands on; one with a line of its own for the next line that is neither empty nor a
//!   comment. A finding stands on the line on which its first place begins. What stands in a string is no comment.
//! - The annotation [`ANNOTATION`] of an object is for all findings about it.
//! - What cannot be read as such is a finding ([`INVALID`]) and has no effect, and what has left out nothing is one
//!   ([`UNUSED`]).

mod directive;
pub mod levels;

use crate::finding::{By, Finding, Level, Rule, SetAside, unknown_name};
use crate::object::{GroupVersionKind, Object, Origin, sensitive_ranges};
use crate::source::{FileId, SourceFile, Span};
use crate::yaml::{ByteRange, Content, Document, NodeRef, Stream};
use directive::Said;
use memchr::memmem;
use std::collections::HashSet;
use std::sync::Arc;

/// The annotation of an object whose findings are to be left out.
pub const ANNOTATION: &str = "seaworthy.dev/ignore";

/// A suppression that has no effect because of how it is written.
pub static INVALID: Rule = Rule {
    id: "suppress/invalid",
    level: Level::Warning,
    summary: "a suppression cannot be read, gives no reason, or names no rule that there is",
    why: "it leaves out nothing, and whoever wrote it believes that it does",
    docs: include_str!("invalid.md"),
};

/// A suppression that nothing needs any more.
pub static UNUSED: Rule = Rule {
    id: "suppress/unused",
    level: Level::Warning,
    summary: "a suppression leaves out nothing",
    why: "what it was written for is mended, or stands elsewhere; left where it is, it hides what comes there next",
    docs: include_str!("unused.md"),
};

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&INVALID, &UNUSED];

/// Suppressions, and what they have left out.
#[derive(Debug, Default)]
pub struct Suppressions {
    list: Vec<Suppression>,
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Suppression {
    place: Place,
    reach: Reach,
    said: Said,
    /// Of each of the names, whether it is that of a rule or group, and whether it has left out anything.
    names: Vec<Name>,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    is_known: bool,
    is_used: bool,
}

/// Where something is written.
#[derive(Clone, Copy, Debug)]
struct Place {
    span: Span,
    document: u32,
    /// Whether the file was rendered: then what is written there may stand in a source as well.
    is_rendered: bool,
    /// Whether it stands in what may be secret.
    is_secret: bool,
}

/// What it is for.
#[derive(Clone, Debug)]
enum Reach {
    /// The line of these bytes; its end included, where a finding may stand that is about what is missing.
    Line(Span),
    /// An object, and the bytes it stands in.
    Object(Origin, ByteRange),
}

#[derive(Debug)]
struct Problem {
    place: Place,
    /// What is written there.
    text: String,
    message: String,
}

/// Whether a text may hold a suppression: cheap, and rather too often so.
pub fn may_hold_any(text: &str) -> bool {
    // Comments are read without regard to case, so only what does not depend on it is looked for.
    memmem::find(text.as_bytes(), b"eaworthy").is_some_and(|_| text.contains("ignore") || text.contains("eaworthy:"))
}

impl Suppressions {
    /// Whether there are none, and nothing that is wrong with any.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.problems.is_empty()
    }

    /// Reads those of a file. `rules` are the rules that may be named; where there are none, every name is taken for one.
    pub fn read(&mut self, file: FileId, source: &SourceFile, stream: &Stream, rules: &[&'static Rule]) {
        let text: &str = &source.text.text;
        if !may_hold_any(text) {
            return;
        }
        let is_rendered = source.made_from.is_some();
        for (number, document) in stream.documents.iter().enumerate() {
            let hidden = hidden(file, document);
            let place = |range: ByteRange| Place {
                span: Span { file, range },
                document: number as u32,
                is_rendered,
                is_secret: hidden.iter().any(|hidden| hidden.start < range.end && range.start < hidden.end),
            };
            for (range, own_line) in comments(text, document) {
                let written = &text[range.start as usize..range.end as usize];
                let Some(read) = directive::comment(written) else { continue };
                let line = if own_line { next_line(text, range.end) } else { line_of(text, range.start) };
                self.take(place(range), written, read, Reach::Line(Span { file, range: line }), rules);
            }
            let Content::Value(tree) = &document.content else { continue };
            for (item, root) in objects(tree.root()) {
                let Some(value) = root.at(&["metadata", "annotations", ANNOTATION]) else { continue };
                let origin = Origin { file, document: number as u32, item };
                let place = Place { is_secret: false, ..place(value.written_range()) };
                // What is no string is refused by the API server, and told by another rule.
                for read in value.as_str().map(directive::annotation).unwrap_or_default() {
                    let reach = Reach::Object(origin, root.range());
                    self.take(place, value.as_str().unwrap_or_default(), read, reach, rules);
                }
            }
        }
    }

    fn take(
        &mut self,
        place: Place,
        text: &str,
        read: Result<Said, &'static str>,
        reach: Reach,
        rules: &[&'static Rule],
    ) {
        let mut problem = |message: String| self.problems.push(Problem { place, text: text.to_owned(), message });
        let said = match read {
            Ok(said) => said,
            Err(why) => return problem(format!("this suppression has no effect: {why}")),
        };
        let mut names = Vec::new();
        for name in &said.names {
            let of_this_room = RULES.iter().any(|rule| rule.is_named(name));
            let wrong = if of_this_room {
                Some(format!("{name} cannot be suppressed; `-A {name}` leaves it out"))
            } else {
                unknown_name(name, rules)
            };
            names.push(Name { is_known: wrong.is_none(), is_used: false });
            if let Some(wrong) = wrong {
                let wrong = if place.is_secret { "a rule or group of another name is meant".to_owned() } else { wrong };
                problem(format!("this suppression names what there is not: {wrong}"));
            }
        }
        self.list.push(Suppression { place, reach, said, names });
    }

    /// Takes out of findings what is suppressed. `also` are findings that are not told anyhow: a suppression of one of them
    /// is not unused.
    pub fn apply(&mut self, findings: &mut Vec<Finding>, also: &[SetAside]) -> Vec<SetAside> {
        let mut aside = Vec::new();
        findings.retain(|finding| match self.suppress(finding) {
            Some(by) => {
                aside.push(SetAside { finding: finding.clone(), by });
                false
            }
            None => true,
        });
        for one in also {
            self.suppress(&one.finding);
        }
        aside
    }

    /// Marks every suppression of a finding as used; what the first of them says.
    fn suppress(&mut self, finding: &Finding) -> Option<By> {
        if finding.rule.group() == "seaworthy" || RULES.iter().any(|rule| rule.id == finding.rule.id) {
            return None;
        }
        let mut by = None;
        for suppression in self.list.iter_mut().filter(|suppression| suppression.reach.covers(finding)) {
            let named = suppression.said.names.iter().zip(&mut suppression.names);
            for (_, name) in named.filter(|(text, name)| name.is_known && finding.rule.is_named(text)) {
                name.is_used = true;
                let shown = (!suppression.place.is_secret).then(|| suppression.said.reason.clone());
                by.get_or_insert(By::InSource(shown));
            }
        }
        by
    }

    /// What is wrong with suppressions. `is_settled` tells of a file and a document whether all that could be found there
    /// was; `may_find`, of a name, whether its rules were able to find anything.
    pub fn findings(&self, is_settled: impl Fn(FileId, u32) -> bool, may_find: impl Fn(&str) -> bool) -> Vec<Finding> {
        let mut found = Vec::new();
        // What was rendered is told where it is written.
        let written: HashSet<&str> =
            self.problems.iter().filter(|one| !one.place.is_rendered).map(|one| one.text.as_str()).collect();
        for problem in &self.problems {
            if !problem.place.is_rendered || !written.contains(problem.text.as_str()) {
                let help = "Write `# seaworthy: ignore[rule] reason`, or `rule: reason` in the annotation.";
                found.push(Finding::at(&INVALID, problem.message.clone(), problem.place.span).with_help(help));
            }
        }
        let used_in_rendered: HashSet<(&Said, usize)> = self
            .list
            .iter()
            .filter(|one| one.place.is_rendered)
            .flat_map(|one| {
                one.names.iter().enumerate().filter(|(_, name)| name.is_used).map(|(at, _)| (&one.said, at))
            })
            .collect();
        for one in &self.list {
            let Place { span, document, is_rendered, is_secret } = one.place;
            if is_rendered || !is_settled(span.file, document) {
                continue;
            }
            for (at, (text, name)) in one.said.names.iter().zip(&one.names).enumerate() {
                if !name.is_known || name.is_used || used_in_rendered.contains(&(&one.said, at)) || !may_find(text) {
                    continue;
                }
                let named = if is_secret { "a rule" } else { text };
                let place = match one.reach {
                    Reach::Line(_) => "there",
                    Reach::Object(..) => "about this object",
                };
                let message = format!("this suppression of {named} is not needed: nothing of it is found {place}");
                found.push(Finding::at(&UNUSED, message, span).with_help("Take it out."));
            }
        }
        found
    }
}

impl Reach {
    fn covers(&self, finding: &Finding) -> bool {
        // The first place, and where that was traced back to a source, the place that it was rendered to.
        let rendered =
            finding.labels.get(1).filter(|label| finding.object.is_some_and(|of| of.file == label.span.file));
        let first = finding.labels.first();
        let is_traced = first.is_some_and(|label| finding.object.is_some_and(|of| of.file != label.span.file));
        let places = first.into_iter().chain(rendered.filter(|_| is_traced));
        match *self {
            Reach::Line(line) => places.into_iter().any(|label| {
                let at = label.span.range.start;
                line.file == label.span.file && line.range.start <= at && at <= line.range.end
            }),
            Reach::Object(origin, range) => {
                let mut inside = places.into_iter().filter(|label| {
                    let at = label.span.range.start;
                    origin.file == label.span.file && range.start <= at && at <= range.end
                });
                finding.object == Some(origin) || ((finding.object.is_none() || is_traced) && inside.next().is_some())
            }
        }
    }
}

/// What of a document may never be shown.
fn hidden(file: FileId, document: &Document) -> Vec<ByteRange> {
    let Content::Value(tree) = &document.content else { return Vec::new() };
    let kind = |root: NodeRef<'_>| root.get("kind").and_then(NodeRef::as_str).unwrap_or_default().to_owned();
    let ranges = objects(tree.root()).flat_map(|(item, root)| {
        let gvk = GroupVersionKind { group: String::new(), version: String::new(), kind: kind(root) };
        let (origin, tree, node) = (Origin { file, document: 0, item }, Arc::clone(tree), root.index());
        sensitive_ranges(&Object { origin, gvk, namespace: String::new(), name: String::new(), tree, node })
    });
    ranges.collect()
}

/// The objects of a document: itself, and those of a List.
fn objects(root: NodeRef<'_>) -> impl Iterator<Item = (Option<u32>, NodeRef<'_>)> {
    let items = root.get("items").into_iter().flat_map(NodeRef::elements).enumerate();
    std::iter::once((None, root)).chain(items.map(|(item, node)| (Some(item as u32), node)))
}

/// The comments of a document, and whether each has its line for itself. Where a document could not be read, nobody knows
/// which `#` begins one.
fn comments(text: &str, document: &Document) -> Vec<(ByteRange, bool)> {
    match &document.content {
        Content::Value(tree) => tree.comments().iter().map(|one| (one.range, one.own_line)).collect(),
        Content::Error(_) => Vec::new(),
        Content::Empty => {
            let mut at = document.range.start as usize;
            let mut found = Vec::new();
            for line in text[at..document.range.end as usize].split_inclusive('\n') {
                let content = line.trim();
                if content.starts_with('#') {
                    let start = at + (line.len() - line.trim_start().len());
                    found.push((ByteRange::new(start as u32, (start + content.len()) as u32), true));
                }
                at += line.len();
            }
            found
        }
    }
}

/// The line that a byte is in, without its line feed.
fn line_of(text: &str, at: u32) -> ByteRange {
    let at = at as usize;
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let end = text[at..].find('\n').map_or(text.len(), |behind| at + behind);
    ByteRange::new(start as u32, end as u32)
}

/// The next line behind the one of a byte that is neither empty nor a comment, nor what divides documents; at the end of
/// the text, nothing is.
fn next_line(text: &str, at: u32) -> ByteRange {
    let mut line = line_of(text, at);
    while (line.end as usize) < text.len() {
        line = line_of(text, line.end + 1);
        let content = text[line.start as usize..line.end as usize].trim();
        if !content.is_empty() && !content.starts_with('#') && !content.starts_with("---") {
            return line;
        }
    }
    // No finding begins behind the end.
    ByteRange::new(u32::MAX, u32::MAX)
}
