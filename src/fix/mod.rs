//! Fixes made: the edits of a report's findings in the texts they are of.
//!
//! Apart from the findings, which only propose, and from `source`, which writes: here it is decided which fixes are made
//! together, and that a text is still what it was where none was made.

mod diff;

pub use diff::unified;

use crate::finding::{Applicability, Edit};
use crate::report::Report;
use crate::source::{FileId, Span};
use crate::yaml::{self, ByteRange, Content, Text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text after fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The file.
    pub file: FileId,
    /// The text.
    pub text: Arc<str>,
    /// How many fixes were made in it.
    pub fixes: usize,
}

/// What came of making fixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The texts that changed.
    pub fixed: Vec<Fixed>,
    /// The files whose fixes would have left a text that cannot be read: a fault of seaworthy's own. None was made.
    pub broken: Vec<FileId>,
}

/// Makes every fix that is at least that sure, in the order of the findings.
///
/// A fix is made whole or not at all. One that touches what another has changed is left: when the new texts are judged,
/// it is found again if it is still due.
pub fn make(report: &Report, at_least: Applicability) -> Outcome {
    let mut taken: BTreeMap<FileId, Taken<'_>> = BTreeMap::new();
    let wanted = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in wanted.filter(|fix| fix.applicability <= at_least) {
        let is_free = |edit: &Edit| {
            let Span { file, range } = edit.span;
            let text = &report.sources.get(file).text.text;
            text.get(range.start as usize..range.end as usize).is_some()
                && taken.get(&file).is_none_or(|taken| taken.is_free(range))
        };
        let is_free = fix.edits.iter().all(is_free) && are_apart(&fix.edits);
        let Some(first) = fix.edits.first().filter(|_| is_free) else { continue };
        for edit in &fix.edits {
            taken.entry(edit.span.file).or_default().edits.insert(edit.span.range, edit);
        }
        taken.entry(first.span.file).or_default().fixes += 1;
    }
    let mut outcome = Outcome::default();
    for (file, Taken { edits, fixes }) in taken {
        let before = &report.sources.get(file).text.text;
        let after = edited(before, edits);
        if is_broken(before, &after) {
            outcome.broken.push(file);
        } else {
            outcome.fixed.push(Fixed { file, text: after, fixes });
        }
    }
    outcome
}

/// Whether no two edits change the same bytes.
fn are_apart(edits: &[Edit]) -> bool {
    let mut spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    spans.sort_unstable();
    spans.windows(2).all(|pair| pair[0].file != pair[1].file || pair[0].range.end < pair[1].range.start)
}

/// The edits to make in a file, none of which touch.
#[derive(Default)]
struct Taken<'r> {
    edits: BTreeMap<ByteRange, &'r Edit>,
    fixes: usize,
}

impl Taken<'_> {
    /// Whether no edit touches a place. They stand apart, so the last that begins before its end tells for all.
    fn is_free(&self, place: ByteRange) -> bool {
        let before = self.edits.range(..=ByteRange::new(place.end, u32::MAX)).next_back();
        before.is_none_or(|(other, _)| other.end < place.start)
    }
}

fn edited(text: &str, edits: BTreeMap<ByteRange, &Edit>) -> Arc<str> {
    let mut edited = String::with_capacity(text.len() + 64);
    let mut from = 0;
    for (range, edit) in edits {
        edited.push_str(&text[from..range.start as usize]);
        edited.push_str(&edit.text);
        from = range.end as usize;
    }
    edited.push_str(&text[from..]);
    edited.into()
}

/// Whether a text has an error that it did not have.
fn is_broken(before: &Arc<str>, after: &Arc<str>) -> bool {
    let read = |text: &Arc<str>| {
        let stream = yaml::read(&Text { text: Arc::clone(text), replaced: Vec::new() }, &yaml::Options::default());
        let is_error = |document: &&yaml::Document| matches!(document.content, Content::Error(_));
        (stream.documents.iter().filter(is_error).count(), stream.documents.len())
    };
    let ((old_errors, old_documents), (new_errors, new_documents)) = (read(before), read(after));
    new_errors > old_errors || new_documents < old_documents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::rules::WRONG_TYPE;
    use crate::finding::{Finding, Fix};
    use crate::source::SourceFile;

    type Edits<'e> = &'e [(u32, u32, &'e str)];

    fn made(text: &str, fixes: &[(Applicability, Edits<'_>)], at_least: Applicability) -> Outcome {
        let mut report = Report::default();
        let file = report.sources.add(SourceFile::new("a".into(), Text { text: text.into(), replaced: Vec::new() }));
        for (applicability, edits) in fixes {
            let span = |start, end| Span { file, range: ByteRange::new(start, end) };
            let edits = edits.iter().map(|(start, end, text)| Edit { span: span(*start, *end), text: (*text).into() });
            let fix = Fix { title: "mend it".into(), applicability: *applicability, edits: edits.collect() };
            report.findings.push(Finding::at(&WRONG_TYPE, "wrong", span(0, 0)).with_fix(fix));
        }
        make(&report, at_least)
    }

    fn text(outcome: &Outcome) -> (&str, usize) {
        outcome.fixed.first().map_or(("", 0), |fixed| (&*fixed.text, fixed.fixes))
    }

    use Applicability::{Safe, Unsafe};

    #[test]
    fn only_fixes_that_are_sure_enough_are_made() {
        let fixes: [(Applicability, Edits<'_>); 2] = [(Safe, &[(0, 1, "x")]), (Unsafe, &[(3, 4, "y")])];
        assert_eq!(text(&made("a: b\n", &fixes, Safe)), ("x: b\n", 1));
        assert_eq!(text(&made("a: b\n", &fixes, Unsafe)), ("x: y\n", 2));
    }

    #[test]
    fn of_fixes_that_touch_the_first_is_made_whole() {
        let fixes: [(Applicability, Edits<'_>); 3] =
            [(Safe, &[(0, 1, "x")]), (Safe, &[(3, 3, "'"), (4, 4, "'"), (1, 1, "!")]), (Safe, &[(3, 4, "z")])];
        assert_eq!(text(&made("a: b\n", &fixes, Safe)), ("x: z\n", 2));
    }

    #[test]
    fn the_same_fix_is_made_once() {
        let fixes: [(Applicability, Edits<'_>); 2] =
            [(Safe, &[(3, 3, "'"), (4, 4, "'")]), (Safe, &[(3, 3, "'"), (4, 4, "'")])];
        assert_eq!(text(&made("a: b\n", &fixes, Safe)), ("a: 'b'\n", 1));
    }

    #[test]
    fn a_text_is_not_left_broken_or_cut_inside_a_character() {
        let broken = made("a: b\n", &[(Safe, &[(3, 3, "'")])], Safe);
        assert_eq!((broken.fixed.len(), broken.broken.len()), (0, 1));
        assert_eq!(made("a: ä\n", &[(Safe, &[(4, 5, "b")])], Safe), Outcome::default());
        assert_eq!(made("a: b\n", &[(Safe, &[(4, 9, "b")])], Safe), Outcome::default());
        assert_eq!(made("a: b\n", &[(Safe, &[(0, 4, "b"), (3, 4, "c")])], Safe), Outcome::default());
    }
}
