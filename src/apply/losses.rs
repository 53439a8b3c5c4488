//! Warnings for what kubectl loses without a word while it reads a file.
//!
//! Apart because the reader tells what is lost and only here it is said what that means for an apply.

use crate::finding::{Applicability, Edit, Finding, Fix, Level, Rule};
use crate::object::Origin;
use crate::source::{SourceFile, Span};
use crate::yaml::{self, ByteRange, Content, Document, Loss, LossKind, Text};

macro_rules! loss_rule {
    ($(#[$doc:meta])* $name:ident, $id:literal, $summary:literal, $why:literal, $docs:literal) => {
        $(#[$doc])*
        pub static $name: Rule = Rule { id: $id, level: Level::Warning, summary: $summary, why: $why, docs: include_str!($docs) };
    };
}

loss_rule!(
    /// A key stands twice in one mapping.
    DUPLICATE_KEY, "yaml/duplicate-key", "a key is given twice and its first value is lost",
    "kubectl keeps the last value of a repeated key and says nothing; the API server never sees the first",
    "duplicate-key.md"
);
loss_rule!(
    /// Two different keys are the same text to the API server.
    COLLIDING_KEY, "yaml/colliding-keys", "two keys become the same text and one of their values is lost",
    "kubectl turns every key into a string (1 and \"1\", on and \"true\"), and which of two equal ones wins is chance",
    "colliding-keys.md"
);
loss_rule!(
    /// Two objects in one document.
    MISSING_SEPARATOR, "yaml/missing-separator", "two objects run together for want of a `---`",
    "without a separator they are one mapping in which every key of the second replaces that of the first: the first object is never applied",
    "missing-separator.md"
);
loss_rule!(
    /// Text behind the end of the document's value.
    AFTER_ROOT, "yaml/text-after-root", "text behind the end of the value is never read",
    "kubectl reads one value from each document and ignores what follows it, without a message",
    "text-after-root.md"
);
loss_rule!(
    /// Text behind `...`.
    AFTER_DOCUMENT_END, "yaml/text-after-document-end", "text behind the `...` line is never read",
    "kubectl splits documents at `---` only; of each piece it reads what stands before `...`",
    "text-after-document-end.md"
);
loss_rule!(
    /// `<<` behind a key it overwrites.
    MERGE_OVERWRITES, "yaml/merge-overwrites", "a `<<` overwrites a key that stands before it",
    "kubectl sets keys in the order written, so a merge key that follows an explicit key replaces its value",
    "merge-overwrites.md"
);
loss_rule!(
    /// An integer too large to keep.
    PRECISION, "yaml/precision-lost", "a number is rounded",
    "kubectl keeps integers of 64 bits; a larger one becomes a floating-point number",
    "precision-lost.md"
);
loss_rule!(
    /// A last line of 4096 bytes, or a multiple of that, without a line feed.
    LAST_LINE, "yaml/last-line", "the last line is never read",
    "kubectl's line reader drops a last line without a line feed whose length is a multiple of its buffer of 4096 bytes",
    "last-line.md"
);
loss_rule!(
    /// Bytes that are no UTF-8.
    REPLACED, "yaml/invalid-utf8", "bytes that are no UTF-8 are replaced by U+FFFD",
    "kubectl replaces what it cannot read as UTF-8 and applies the result",
    "invalid-utf8.md"
);

/// Adds a warning for each loss of a document.
pub fn report(document: &Document, origin: Origin, source: &SourceFile, findings: &mut Vec<Finding>) {
    let text = |range: ByteRange| source.text.text.get(range.start as usize..range.end as usize).unwrap_or_default();
    let run_together = document
        .losses
        .iter()
        .filter(|loss| loss.kind == LossKind::DuplicateKey && is_type_key(&source.text.text, loss))
        .count()
        >= 2;
    let mut told = false;
    for loss in &document.losses {
        let (rule, kept): (&'static Rule, _) = match loss.kind {
            LossKind::DuplicateKey if run_together => {
                if told || !is_type_key(&source.text.text, loss) {
                    continue;
                }
                told = true;
                (&MISSING_SEPARATOR, "the second object begins about here")
            }
            LossKind::DuplicateKey => (&DUPLICATE_KEY, "this one is kept"),
            LossKind::CollidingKey => (&COLLIDING_KEY, "the same key once read"),
            LossKind::AfterRoot => (&AFTER_ROOT, "the value ends here"),
            LossKind::AfterDocumentEnd => (&AFTER_DOCUMENT_END, "the document ends here"),
            LossKind::MergeOverwrites => (&MERGE_OVERWRITES, "overwritten from here"),
            LossKind::LastLine => (&LAST_LINE, ""),
            LossKind::Precision => (&PRECISION, ""),
            LossKind::Replaced => (&REPLACED, ""),
        };
        let lost = Span { file: origin.file, range: first_line(text(loss.lost), loss.lost) };
        let mut finding = Finding::at(rule, rule.summary, lost);
        finding.object = Some(origin);
        if let Some(range) = loss.kept {
            let range = first_line(text(range), range);
            finding = finding.saying("lost").with_label(Span { file: origin.file, range }, kept);
        }
        if rule.id == MISSING_SEPARATOR.id {
            finding.fix = separate(document, origin, source);
        }
        findings.push(finding);
    }
}

/// Whether the lost key is `apiVersion` or `kind` at the start of a line, which no object has twice by design.
fn is_type_key(text: &str, loss: &Loss) -> bool {
    let line = &text[line_start(text, loss.lost.start) as usize..];
    line.starts_with("apiVersion:") || line.starts_with("kind:")
}

/// A `---` where the second object begins: before the first line that is `apiVersion` or `kind` a second time. None unless
/// what stands before it is then an object of which nothing is lost, and what stands behind it an object too. Unsafe,
/// because the first object has never been applied.
fn separate(document: &Document, origin: Origin, source: &SourceFile) -> Option<Fix> {
    let text = &source.text.text;
    let type_keys =
        document.losses.iter().filter(|loss| loss.kind == LossKind::DuplicateKey && is_type_key(text, loss));
    let second = type_keys.filter_map(|loss| loss.kept).map(|kept| line_start(text, kept.start)).min()?;
    let read = |piece: &str| {
        let text = Text { text: piece.into(), replaced: Vec::new() };
        let mut stream = yaml::read(&text, &yaml::Options::default());
        stream.documents.pop().filter(|_| stream.documents.is_empty())
    };
    let is_object = |document: &Document| match &document.content {
        Content::Value(tree) => ["apiVersion", "kind", "metadata"].iter().all(|key| tree.root().get(key).is_some()),
        _ => false,
    };
    let first = read(text.get(document.range.start as usize..second as usize)?)?;
    let rest = read(text.get(second as usize..document.range.end as usize)?)?;
    if !is_object(&first) || !first.losses.is_empty() || !is_object(&rest) {
        return None;
    }
    let end = if text[..second as usize].ends_with("\r\n") { "\r\n" } else { "\n" };
    let span = Span { file: origin.file, range: ByteRange::new(second, second) };
    Some(Fix {
        title: "put `---` between the objects".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span, text: format!("---{end}") }],
    })
}

fn line_start(text: &str, at: u32) -> u32 {
    text[..at as usize].rfind('\n').map_or(0, |newline| newline as u32 + 1)
}

fn first_line(text: &str, range: ByteRange) -> ByteRange {
    let length = text.find('\n').unwrap_or(text.len()) as u32;
    ByteRange::new(range.start, range.start + length)
}
