//! From a file's text to documents: JSON or YAML, and where one document ends.
//!
//! Apart from the YAML reader because kubectl splits a file before any YAML is parsed. The rules are those of
//! `pkg/util/yaml/decoder.go` of k8s.io/apimachinery v0.36.2.

use super::compose::Composer;
use super::convert::MAX_JSON_DEPTH;
use super::input::Input;
use super::json::{Json, JsonError};
use super::parser::{Parser, Rest};
use super::scanner::Failure;
use super::tree::{ByteRange, Kind};
use super::{Content, Document, Loss, LossKind, Options, ReadError, ReadErrorKind, Refusal, Stream, Text};
use memchr::memmem;
use std::sync::Arc;

/// How much of a file is looked at to tell whether it may be JSON (kubectl's `NewYAMLOrJSONDecoder(r, 4096)`).
const PEEK: usize = 4096;

/// Size of the buffer of Go's `bufio.Reader`.
const LINE_BUFFER: usize = 4096;

const SEPARATOR: &str = "---";

/// Reads all documents of a text as kubectl does. A text of 4 GiB or more is refused.
pub fn read(text: &Text, options: &Options) -> Stream {
    let mut reader = Reader { text, documents: Vec::new(), composer: Composer::new(&text.text, &text.text) };
    if u32::try_from(text.text.len()).is_err() {
        let message = "the file holds 4 GiB of text or more, which seaworthy does not read: divide it".to_owned();
        reader.fail(ByteRange::default(), message, ByteRange::default());
    } else if may_be_json(&text.text) {
        reader.json(*options);
    } else {
        reader.yaml(0, None);
    }
    // Kept for the whole run: of thousands of small files, what a vector sets aside as it grows adds up.
    reader.documents.shrink_to_fit();
    Stream { documents: reader.documents }
}

/// Whether the first thing in a text is `{` (`IsJSONBuffer`).
fn may_be_json(text: &str) -> bool {
    let at = text.find(|char: char| !char.is_whitespace());
    at.is_some_and(|at| at < PEEK && text[at..].starts_with('{'))
}

struct Reader<'t> {
    text: &'t Text,
    documents: Vec<Document>,
    composer: Composer<'t>,
}

/// A piece of a YAML stream.
enum Piece {
    Document { start: usize, end: usize, next: usize },
    BadSeparator { start: usize, at: usize, rest: String },
    End,
}

impl<'t> Reader<'t> {
    fn fail(&mut self, range: ByteRange, message: String, at: ByteRange) {
        let content = Content::Error(ReadError { message, at, kind: ReadErrorKind::Syntax });
        self.documents.push(Document { range, content, losses: Vec::new() });
    }

    fn json(&mut self, options: Options) {
        let text: &'t str = &self.text.text;
        let mut consumed = 0;
        let mut count = 0;
        loop {
            self.composer.clear();
            let mut json = Json::new(text, consumed);
            let (message, at) = match json.value(&mut self.composer) {
                Ok(start) => {
                    consumed = json.pos;
                    count += 1;
                    self.json_document(json, start);
                    continue;
                }
                Err(JsonError::End) => return,
                Err(JsonError::UnexpectedEnd) => ("unexpected EOF".to_owned(), text.len()),
                Err(JsonError::Syntax(message, at)) if options.kubectl_minor >= 33 && count > 1 => (message, at),
                Err(JsonError::Syntax(message, at)) => (format!("json: offset {}: {message}", at + 1), at),
            };
            let error = (message, char_at(text, at));
            match switch_to_yaml(text, consumed) {
                Some(from) if options.kubectl_minor >= 33 && count <= 1 => self.yaml(from, Some(error)),
                _ => self.fail(ByteRange::new(consumed as u32, text.len() as u32), error.0, error.1),
            }
            return;
        }
    }

    fn json_document(&mut self, json: Json<'t>, start: usize) {
        let range = ByteRange::new(start as u32, json.pos as u32);
        if let Some(number) = json.too_big {
            let message = format!("json: cannot unmarshal number {} into Go value of type float64", number.text);
            let content = Content::Error(ReadError { message, at: number.at, kind: ReadErrorKind::Value });
            self.documents.push(Document { range, content, losses: Vec::new() });
            return;
        }
        match self.composer.finish(json.decoded, Vec::new()) {
            Ok((tree, _)) => {
                let empty = tree.root().kind() == Kind::Null;
                let content = if empty { Content::Empty } else { Content::Value(Arc::new(tree)) };
                let losses = self.losses(range);
                self.documents.push(Document { range, content, losses });
            }
            Err(failure) => self.fail(range, failure.message, failure.at),
        }
    }

    /// What is lost in a document, in the order of the text.
    fn losses(&mut self, range: ByteRange) -> Vec<Loss> {
        let mut losses = std::mem::take(&mut self.composer.losses);
        let replaced = &self.text.replaced;
        let first = replaced.partition_point(|replaced| replaced.range.start < range.start);
        let inside = replaced[first..].iter().take_while(|replaced| replaced.range.end <= range.end);
        losses.extend(inside.map(|replaced| Loss { kind: LossKind::Replaced, lost: replaced.range, kept: None }));
        losses.sort_by_key(|loss| loss.lost);
        losses
    }

    /// Reads YAML from `start` on. `json_error` is why the text is no JSON: kubectl shows it instead of what is wrong
    /// with the first document as YAML.
    fn yaml(&mut self, start: usize, mut json_error: Option<(String, ByteRange)>) {
        let text: &'t str = &self.text.text;
        let mut from = start;
        loop {
            let (range, error) = match next_piece(text, from) {
                Piece::End => return,
                Piece::Document { start, end, next } => {
                    from = next;
                    let range = ByteRange::new(start as u32, end as u32);
                    match self.yaml_document(start, end) {
                        Ok(content) => {
                            let mut losses = self.losses(range);
                            // Only a last line that is dropped lies between a document and the end of the text.
                            if next == text.len() && text[end..].starts_with(|char| char != '-') {
                                let lost = ByteRange::new(end as u32, next as u32);
                                losses.push(Loss { kind: LossKind::LastLine, lost, kept: None });
                            }
                            self.documents.push(Document { range, content, losses });
                            json_error = None;
                            continue;
                        }
                        Err(failure) => (range, (failure.message, failure.at)),
                    }
                }
                Piece::BadSeparator { start, at, rest } => {
                    let end = line_end(text, at);
                    let at = ByteRange::new(at as u32, end as u32);
                    (ByteRange::new(start as u32, end as u32), (format!("invalid Yaml document separator: {rest}"), at))
                }
            };
            let (message, at) = json_error.take().unwrap_or(error);
            self.fail(range, message, at);
            return;
        }
    }

    /// The first bytes between `start` and `end` that go-yaml's reader refuses.
    fn refused(&self, start: usize, end: usize) -> Option<(usize, Refusal)> {
        let replaced = &self.text.replaced;
        let first = replaced.partition_point(|replaced| (replaced.range.start as usize) < start);
        let replaced = replaced.get(first)?;
        let at = replaced.range.start as usize;
        replaced.refusal.filter(|_| at < end).map(|refusal| (at, refusal))
    }

    fn yaml_document(&mut self, start: usize, end: usize) -> Result<Content, Failure> {
        let text: &'t str = &self.text.text;
        self.composer.clear();
        if start == end {
            return Ok(Content::Empty);
        }
        let mut parser = Parser::new(Input::new(text, start, end, self.refused(start, end)));
        let rest = match parser.document(&mut self.composer) {
            Ok(Some(rest)) => rest,
            Ok(None) => return Ok(Content::Empty),
            Err(failure) => return Err(converting(*failure)),
        };
        let comments = std::mem::take(&mut parser.scanner.comments);
        let decoded = std::mem::take(&mut parser.scanner.decoded);
        let (tree, depth) = self.composer.finish(decoded, comments).map_err(converting)?;
        if depth > MAX_JSON_DEPTH {
            let message = "error unmarshaling JSON: while decoding JSON: exceeded max depth".to_owned();
            return Err(Failure { message, at: tree.root().range() });
        }
        self.lose_rest(rest, end);
        if tree.root().kind() == Kind::Null { Ok(Content::Empty) } else { Ok(Content::Value(Arc::new(tree))) }
    }

    /// Tells what stands behind the first document of a piece.
    fn lose_rest(&mut self, rest: Rest, end: usize) {
        let (kind, from) = match rest {
            Rest::Nothing => return,
            Rest::Text(from) => (LossKind::AfterRoot, from),
            Rest::DocumentEnd(from) => (LossKind::AfterDocumentEnd, from),
        };
        let text = &self.text.text[..end];
        let Some(start) = first_content(text, from) else { return };
        let end = start + text[start..].trim_end().len();
        let lost = ByteRange::new(start as u32, end as u32);
        self.composer.losses.push(Loss { kind, lost, kept: None });
    }
}

fn converting(mut failure: Failure) -> Failure {
    failure.message.insert_str(0, "error converting YAML to JSON: ");
    failure
}

fn char_at(text: &str, at: usize) -> ByteRange {
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let width = text[at..].chars().next().map_or(0, char::len_utf8);
    ByteRange::new(at as u32, (at + width) as u32)
}

fn line_end(text: &str, from: usize) -> usize {
    let end = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
    if end > from && text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end }
}

/// First text behind `from` that is no blank, no comment and no `...`.
fn first_content(text: &str, mut from: usize) -> Option<usize> {
    while from < text.len() {
        let end = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at + 1);
        let line = text[from..end].trim_start();
        if !line.is_empty() && !line.starts_with('#') && line.trim_end() != "..." {
            return Some(end - line.len());
        }
        from = end;
    }
    None
}

/// Where YAML starts once JSON has failed behind `consumed`: behind white space up to a line feed. kubectl looks at four
/// bytes at a time (`consumeWhitespace`), and gives up if there are less.
fn switch_to_yaml(text: &str, consumed: usize) -> Option<usize> {
    let mut at = consumed;
    while at + 4 <= text.len() {
        let char = text[at..].chars().next()?;
        match char {
            char::REPLACEMENT_CHARACTER => return None,
            '\n' => return Some(at + 1),
            char if !char.is_whitespace() => return Some(at),
            _ => at += char.len_utf8(),
        }
    }
    None
}

/// The next document of a YAML stream (`YAMLReader.Read`): up to a line that starts with `---`. Such a line is part of
/// the document if nothing stands before it.
fn next_piece(text: &str, start: usize) -> Piece {
    if start >= text.len() {
        return Piece::End;
    }
    let mut search = start;
    if text[start..].starts_with(SEPARATOR) {
        if let Some(rest) = bad_separator(text, start) {
            return Piece::BadSeparator { start, at: start, rest };
        }
        search = start + SEPARATOR.len();
    }
    match memmem::find(&text.as_bytes()[search..], b"\n---") {
        None => {
            let end = last_line_kept(text, start);
            Piece::Document { start, end, next: text.len() }
        }
        Some(found) => {
            let end = search + found + 1;
            if let Some(rest) = bad_separator(text, end) {
                return Piece::BadSeparator { start, at: end, rest };
            }
            let next = memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |at| end + at + 1);
            Piece::Document { start, end, next }
        }
    }
}

/// What is wrong with the separator line that starts at `at`.
fn bad_separator(text: &str, at: usize) -> Option<String> {
    let from = at + SEPARATOR.len();
    let end = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
    let rest = text[from..end].trim();
    (!rest.is_empty() && !rest.starts_with('#')).then(|| rest.to_owned())
}

/// The end of the text, or the start of its last line if that is lost: Go's `bufio.Reader.ReadLine` hands out a line in
/// pieces of its buffer's size, and if an unterminated line ends with a whole piece, apimachinery's `LineReader` meets
/// the end of the file together with the line, which `YAMLReader` then drops.
fn last_line_kept(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let line = memchr::memrchr(b'\n', &bytes[start..]).map_or(start, |at| start + at + 1);
    let mut at = line;
    while bytes.len() - at >= LINE_BUFFER {
        at += LINE_BUFFER;
        if bytes[at - 1] == b'\r' {
            at -= 1;
        }
    }
    if at == bytes.len() { line } else { bytes.len() }
}
