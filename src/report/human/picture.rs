//! What becomes of each set: which objects would be live, which are refused, which are never tried.
//!
//! Apart because this is what seaworthy is for: the state in which an apply that stops part-way leaves a cluster.

use super::diff;
use super::pen::{Ink, Pen};
use crate::apply::{ApplySet, Attempt, Opinion, Outcome};
use crate::finding::{Finding, Label, Level};
use crate::object::Origin;
use crate::report::verdict::{fate, sentence, tool};
use crate::report::{Report, View, name};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use textwrap::core::display_width;

/// A run of equal outcomes longer than this is folded.
const FOLD_ABOVE: usize = 6;
/// Of a folded run, what is shown before the fold and behind it.
const SHOWN_OF_FOLDED: (usize, usize) = (3, 1);
/// Writes the picture of each set that is not whole; for a plan, of every set.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    let plan = pen.options.view == View::Plan;
    let mut faults: HashMap<Origin, (&Finding, usize)> = HashMap::new();
    for finding in report.findings.iter().filter(|finding| finding.level == Level::Error) {
        if let Some(origin) = finding.object {
            faults.entry(origin).or_insert((finding, 0)).1 += 1;
        }
    }
    let picture = Picture { report, pen, faults };
    for set in report.sets.iter().filter(|set| plan || !set.is_whole()) {
        picture.write_set(set, out)?;
    }
    Ok(())
}

struct Picture<'r> {
    report: &'r Report,
    pen: &'r Pen,
    /// The first error of each object, and how many it has.
    faults: HashMap<Origin, (&'r Finding, usize)>,
}

/// What the lines of a set have in common.
#[derive(Clone, Copy)]
struct Shape {
    whole: bool,
    /// Whether a reader needs namespaces to tell its objects apart.
    several_namespaces: bool,
}

impl Picture<'_> {
    fn write_set(&self, set: &ApplySet, out: &mut dyn io::Write) -> io::Result<()> {
        let pen = self.pen;
        let (tool, _) = tool(set.method);
        let verdict = if set.is_whole() { String::new() } else { format!("{}would not go through whole", pen.dot()) };
        let head = pen.paint(Ink::Strong, &pen.clean(&set.name));
        let tail = pen.paint(Ink::Faint, &format!("{}{tool}", pen.dot()));
        writeln!(out, "{head}{tail}{}\n", pen.paint(Ink::Bad, &verdict))?;
        let alike = |x: &Attempt, y: &Attempt| {
            x.outcome == y.outcome
                && x.reason == y.reason
                && x.unchecked.is_some() == y.unchecked.is_some()
                && x.verdict == y.verdict
                && x.changes.is_empty()
                && y.changes.is_empty()
        };
        let shape = Shape { whole: set.is_whole(), several_namespaces: several_namespaces(set) };
        for group in set.attempts.chunk_by(alike) {
            self.write_group(shape, group, out)?;
        }
        for pruned in &set.pruned {
            let object = name::pruned(pruned);
            let object = pen.clean(&object);
            let namespace = pruned.namespace.as_deref().filter(|_| shape.several_namespaces);
            let tail = namespace.map_or_else(String::new, |namespace| format!("  -n {}", pen.clean(namespace)));
            writeln!(out, "  {object} {}{}", pen.paint(Ink::Doubtful, "pruned"), pen.paint(Ink::Faint, &tail))?;
        }
        if !set.attempts.is_empty() {
            writeln!(out)?;
        }
        if !set.is_whole() {
            let sentence = sentence(self.report, set);
            out.write_all(pen.wrapped(&pen.clean(&sentence), "  ", "  ").as_bytes())?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// Objects in a row of which the same becomes, for the same reason; the reason is said once.
    fn write_group(&self, shape: Shape, group: &[Attempt], out: &mut dyn io::Write) -> io::Result<()> {
        let pen = self.pen;
        let fold = group.len() > FOLD_ABOVE && !self.pen.options.verbose && self.pen.options.view == View::Check;
        let (before, behind) =
            if fold { (SHOWN_OF_FOLDED.0, group.len() - SHOWN_OF_FOLDED.1) } else { (group.len(), group.len()) };
        for attempt in &group[..before] {
            self.write_attempt(shape, attempt, out)?;
        }
        if fold {
            let word = fate(group[0].outcome);
            let line = format!("    {} {} more {word}", self.pen.ellipsis(), behind - before);
            writeln!(out, "{}", self.pen.paint(Ink::Faint, &line))?;
        }
        for attempt in &group[behind..] {
            self.write_attempt(shape, attempt, out)?;
        }
        match group {
            [.., last] if !last.outcome.is_live() => self.write_reason(group, out)?,
            _ => {}
        }
        match group {
            [only] if !only.changes.is_empty() => {
                let is_whole = pen.options.view == View::Plan || pen.options.verbose;
                diff::write(&only.changes, is_whole, out, pen)?;
            }
            _ => {}
        }
        self.write_verdict(group, out)
    }

    /// Why one judge was believed and not the other, and what the other says.
    fn write_verdict(&self, group: &[Attempt], out: &mut dyn io::Write) -> io::Result<()> {
        let pen = self.pen;
        let indent = "      ";
        let [.., last] = group else { return Ok(()) };
        let Some(verdict) = &last.verdict else { return Ok(()) };
        let opinion = verdict.differs.as_ref();
        let opinion = opinion.filter(|opinion| opinion.is_contrary(last.outcome) || pen.options.verbose);
        let said = verdict.note.iter().cloned().chain(opinion.map(Opinion::sentence)).collect::<Vec<_>>().join("; ");
        if said.is_empty() {
            return Ok(());
        }
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in pen.wrapped(&pen.clean(&said), indent, indent).lines() {
            writeln!(out, "{indent}{}", pen.paint(Ink::Faint, line.trim_start()))?;
        }
        Ok(())
    }

    fn write_attempt(&self, shape: Shape, attempt: &Attempt, out: &mut dyn io::Write) -> io::Result<()> {
        let pen = self.pen;
        let (sign, ink) = match attempt.outcome {
            Outcome::Failed => (pen.sign("✗", "x"), Ink::Bad),
            Outcome::Skipped => (pen.sign("–", "-"), Ink::Faint),
            _ if attempt.unchecked.is_some() => ("?", Ink::Doubtful),
            _ => (pen.sign("✓", "+"), Ink::Good),
        };
        // Where all goes through there is nothing to tell apart, and it reads like kubectl.
        let mark = if shape.whole { "" } else { sign };
        let object = self.called(attempt);
        let word = fate(attempt.outcome);
        let doubt = if attempt.unchecked.is_some() { ", not checked" } else { "" };
        let mut tail = String::new();
        if let Some(verdict) = &attempt.verdict {
            let _ = write!(tail, " ({})", verdict.judge.word());
        }
        if let Some(namespace) = attempt.namespace.as_deref().filter(|_| shape.several_namespaces) {
            let _ = write!(tail, "  -n {}", pen.clean(namespace));
        }
        if !attempt.outcome.is_live() && !attempt.kind.is_empty() {
            let place = self.place(attempt);
            let place = pen.clean(&place);
            let used =
                display_width(&object) + word.len() + doubt.len() + display_width(&tail) + display_width(&place) + 7;
            let between = if used > pen.options.width { "\n      " } else { "  " };
            let _ = write!(tail, "{between}{place}");
        }
        let mark = if mark.is_empty() { String::new() } else { format!("{} ", pen.paint(ink, mark)) };
        let (object, word) = match attempt.outcome {
            Outcome::Failed => (object, pen.paint(ink, word)),
            Outcome::Skipped => (pen.paint(ink, &object), pen.paint(ink, word)),
            _ => (object, word.to_owned()),
        };
        writeln!(out, "  {mark}{object} {word}{}{}", pen.paint(Ink::Doubtful, doubt), pen.paint(Ink::Faint, &tail))
    }

    /// Why, below the objects concerned: in short if a finding above tells it, else in full.
    fn write_reason(&self, group: &[Attempt], out: &mut dyn io::Write) -> io::Result<()> {
        let pen = self.pen;
        let indent = "      ";
        let [.., last] = group else { return Ok(()) };
        if let ([only], false) = (group, pen.options.verbose)
            && let Some((fault, count)) = self.faults.get(&only.origin)
        {
            let more = if *count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let width = pen.options.width - indent.len() - more.len();
            let line = format!("{}{more}", pen.cut(&pen.clean(&fault.message), width));
            return writeln!(out, "{indent}{}", pen.paint(Ink::Faint, &line));
        }
        let Some(reason) = last.reason.as_deref() else { return Ok(()) };
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason = pen.wrapped(&pen.clean(&reason), indent, indent);
        for line in reason.lines() {
            writeln!(out, "{indent}{}", pen.paint(Ink::Faint, line.trim_start()))?;
        }
        Ok(())
    }

    /// The line of a fault, or just the file.
    fn place(&self, attempt: &Attempt) -> String {
        match self.faults.get(&attempt.origin).and_then(|(fault, _)| fault.labels.first()) {
            Some(Label { span, .. }) => {
                let file = self.report.sources.get(span.file);
                format!("{}:{}", file.name, file.line_column(span.range.start).0)
            }
            None => self.report.sources.get(attempt.origin.file).name.clone(),
        }
    }

    /// The object as kubectl prints it; where its document does not tell, the document.
    fn called(&self, attempt: &Attempt) -> String {
        self.pen.clean(&name::called(self.report, attempt)).into_owned()
    }
}

fn several_namespaces(set: &ApplySet) -> bool {
    let pruned = set.pruned.iter().filter_map(|pruned| pruned.namespace.as_deref());
    let mut namespaces = set.attempts.iter().filter_map(|attempt| attempt.namespace.as_deref()).chain(pruned);
    let first = namespaces.next();
    namespaces.any(|namespace| Some(namespace) != first)
}
