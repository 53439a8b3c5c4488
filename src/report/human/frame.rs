//! Findings, each with what is wrong, where, why, and what to do.
//!
//! Apart because only this file knows miette: it draws the message and the frame, and nothing beyond this file depends
//! on how. One frame holds one file, so places in other files follow in frames of their own.

use super::excerpt::Excerpt;
use super::pen::{Ink, Pen};
use crate::finding::{Finding, Label, Level};
use crate::object::merged_ranges;
use crate::report::{Report, name};
use crate::source::FileId;
use crate::yaml::ByteRange;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use textwrap::{WordSeparator, WordSplitter};

/// Writes every finding.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    let attempts = report.attempts_by_origin();
    let mut sensitive: HashMap<FileId, Vec<ByteRange>> = HashMap::new();
    for span in &report.sensitive {
        sensitive.entry(span.file).or_default().push(span.range);
    }
    for ranges in sensitive.values_mut() {
        *ranges = merged_ranges(std::mem::take(ranges));
    }
    let mut explained = HashSet::new();
    for finding in &report.findings {
        let object = finding.object.and_then(|origin| attempts.get(&origin)).map(|attempt| name::spoken(attempt));
        let denied = if finding.is_denied() { " (denied)" } else { "" };
        let head = format!("{}[{}]{denied}", finding.level.word(), finding.rule.id);
        let head = pen.paint(Pen::level(finding.level), &head);
        let about = object.filter(|object| !object.is_empty()).map(|object| format!(" {}", pen.clean(&object)));
        writeln!(out, "{head}{}", pen.paint(Ink::Strong, &about.unwrap_or_default()))?;
        for frame in frames(report, finding, &sensitive, pen) {
            out.write_all(frame.drawn(pen).as_bytes())?;
        }
        // Told once for each rule: a hundred findings of one rule have one reason.
        let first = explained.insert(finding.rule.id) || pen.options.verbose;
        write_advice(out, finding, first, pen)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Why, what to do, what `--fix` does, and the versions it holds in.
fn write_advice(out: &mut dyn io::Write, finding: &Finding, first: bool, pen: &Pen) -> io::Result<()> {
    let why = Some(finding.rule.why).filter(|why| first && !why.is_empty());
    let versions = finding.versions.as_ref().map(|versions| format!("Kubernetes {versions}"));
    let fix = finding.fix.as_ref().map(|fix| format!("{} ({})", fix.title, fix.applicability.word()));
    for (head, ink, text) in [
        ("why", Ink::Faint, why),
        ("help", Ink::Pointer, finding.help.as_deref()),
        ("fix", Ink::Pointer, fix.as_deref()),
        ("in", Ink::Faint, versions.as_deref()),
    ] {
        if let Some(text) = text {
            let first = format!("  {} ", pen.paint(ink, &format!("{:>5}", format!("{head}:"))));
            out.write_all(pen.wrapped(&pen.clean(text), &first, "        ").as_bytes())?;
        }
    }
    Ok(())
}

/// A frame for the file of the first place, then one for each other file.
fn frames(report: &Report, finding: &Finding, sensitive: &HashMap<FileId, Vec<ByteRange>>, pen: &Pen) -> Vec<Frame> {
    let mut files: Vec<(FileId, Vec<&Label>)> = Vec::new();
    for label in &finding.labels {
        match files.iter_mut().find(|(file, _)| *file == label.span.file) {
            Some((_, labels)) => labels.push(label),
            None => files.push((label.span.file, vec![label])),
        }
    }
    if files.is_empty() {
        return vec![Frame {
            message: pen.clean(&finding.message).into_owned(),
            level: Some(finding.level),
            excerpt: None,
            labels: Vec::new(),
        }];
    }
    let mut frames = Vec::with_capacity(files.len());
    for (position, (file, labels)) in files.iter().enumerate() {
        let places: Vec<ByteRange> = labels.iter().map(|label| label.span.range).collect();
        let masked = sensitive.get(file).map_or(&[][..], Vec::as_slice);
        let excerpt = Excerpt::new(report.sources.get(*file), masked, &places, pen);
        let elsewhere = position > 0;
        let message = match labels.as_slice() {
            _ if !elsewhere => finding.message.clone(),
            [label] if !label.text.is_empty() => label.text.clone(),
            _ => format!("see also {}", report.sources.get(*file).name),
        };
        let said = elsewhere && labels.len() == 1;
        let labels = excerpt
            .marks
            .iter()
            .map(|mark| {
                let text = labels[mark.place].text.as_str();
                let text = (!text.is_empty() && !said).then(|| beside(&pen.clean(text), mark.room));
                let span = (mark.range.start, mark.range.len());
                if mark.place == 0 {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                }
            })
            .collect();
        frames.push(Frame {
            message: pen.clean(&message).into_owned(),
            level: (!elsewhere).then_some(finding.level),
            excerpt: Some(excerpt),
            labels,
        });
    }
    frames
}

/// A label's text, wrapped to the room beside its place.
fn beside(text: &str, room: usize) -> String {
    let options = textwrap::Options::new(room.max(16))
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(text, options)
}

/// What miette draws at once: a message, and places in one file.
#[derive(Debug)]
struct Frame {
    message: String,
    /// None for places in another file than the finding's own.
    level: Option<Level>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl Frame {
    fn drawn(&self, pen: &Pen) -> String {
        let handler = GraphicalReportHandler::new_themed(self.theme(pen))
            .with_width(pen.options.width)
            .with_links(false)
            .without_syntax_highlighting()
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation);
        let mut drawn = String::new();
        if handler.render_report(&mut drawn, self).is_err() {
            // What cannot be drawn is still said.
            drawn = pen.wrapped(&self.message, "  ", "  ");
        }
        drawn
    }

    fn theme(&self, pen: &Pen) -> GraphicalTheme {
        let mut theme = if pen.options.unicode { GraphicalTheme::unicode_nocolor() } else { GraphicalTheme::none() };
        let own = self.level.map_or(Ink::Pointer, Pen::level);
        theme.styles.error = pen.style(own);
        theme.styles.warning = pen.style(own);
        theme.styles.advice = pen.style(own);
        theme.styles.link = pen.style(Ink::Strong);
        theme.styles.linum = pen.style(Ink::Faint);
        // miette takes these in the order of the places in the text.
        let ink = |label: &LabeledSpan| if label.primary() { own } else { Ink::Pointer };
        let mut labels: Vec<&LabeledSpan> = self.labels.iter().collect();
        labels.sort_by_key(|label| label.offset());
        theme.styles.highlights = labels.into_iter().map(|label| pen.style(ink(label))).collect();
        if theme.styles.highlights.is_empty() {
            theme.styles.highlights.push(pen.style(own));
        }
        if self.level.is_none() {
            pen.sign("↳", ">").clone_into(&mut theme.characters.advice);
        }
        theme
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Frame {}

impl Diagnostic for Frame {
    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Some(Level::Error) => Severity::Error,
            Some(Level::Warning) => Severity::Warning,
            Some(Level::Advice) | None => Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.excerpt.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }
}
