//! YAML and JSON exactly as kubectl reads them, with positions.
//!
//! Apart because it is a port of one reader's behaviour, bug for bug, and knows no Kubernetes:
//! bytes in, spanned trees and errors out.

mod build;
mod compose;
mod convert;
mod decode;
mod go_float;
mod go_syntax;
mod input;
mod json;
mod parser;
mod resolve;
mod respell;
mod scalar;
mod scanner;
mod stream;
mod tag;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod write;

pub use build::TreeBuilder;
pub use respell::{double_quoted, stands_plain};
pub use stream::read;
pub use text::decode_bytes;
pub use tree::{Anchor, ByteRange, Comment, Entry, EntryRef, Kind, Node, NodeIndex, NodeRef, Style, Tree, Value};
pub use write::{Escape, write_json};

use std::sync::Arc;

/// A file's bytes as the text kubectl reads: byte order mark dropped, UTF-16 turned into UTF-8, invalid bytes replaced.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text; every range of a tree is a range of it.
    pub text: Arc<str>,
    /// Where U+FFFD was put for bytes that are no UTF-8, in order; what adjoins is told once.
    pub replaced: Vec<Replaced>,
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self { text, replaced: Vec::new() }
    }
}

/// Bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The U+FFFD that stand for them.
    pub range: ByteRange,
    /// Behind a byte order mark kubectl hands the bytes on as they are, and the YAML reader refuses them.
    pub(crate) refusal: Option<Refusal>,
}

/// Why go-yaml's reader refuses bytes (`readerc.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    LeadingOctet,
    TrailingOctet,
    Incomplete,
    Length,
    Character,
}

/// Whose reader is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The minor version of kubectl 1.x. Up to 32 a file that starts with `{` is a stream of JSON and nothing else; from
    /// 33 on it may turn out to be YAML (`pkg/util/yaml/decoder.go` of k8s.io/apimachinery).
    pub kubectl_minor: u32,
}

impl Default for Options {
    /// kubectl 1.36.
    fn default() -> Self {
        Self { kubectl_minor: 36 }
    }
}

/// A stream of documents in the order read.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Every document, empty ones included. An error is always the last, unless it is one of a
    /// [value](ReadErrorKind::Value): kubectl reads nothing behind it.
    pub documents: Vec<Document>,
}

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// The piece of text it was read from, its separator left out.
    pub range: ByteRange,
    /// What was read.
    pub content: Content,
    /// What kubectl drops or alters without a word while reading it.
    pub losses: Vec<Loss>,
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A value.
    Value(Arc<Tree>),
    /// Nothing, or `null`: kubectl skips it silently.
    Empty,
    /// kubectl fails here and leaves the rest of the file unread.
    Error(ReadError),
}

/// Why reading stopped.
#[derive(Clone, Debug)]
pub struct ReadError {
    /// kubectl's words, without its `error parsing FILE: ` prefix.
    pub message: String,
    /// Where.
    pub at: ByteRange,
    /// What could not be done.
    pub kind: ReadErrorKind,
}

impl ReadError {
    /// The message without what it quotes from the file: for a document that may be a Secret.
    pub fn message_without_values(&self) -> String {
        let prefix = "error converting YAML to JSON: ";
        for start in ["invalid Yaml document separator: ", "yaml: invalid map key: ", "unsupported map key of type: "] {
            let length = match self.message.strip_prefix(prefix).unwrap_or(&self.message) {
                rest if rest.starts_with(start) => self.message.len() - rest.len() + start.len(),
                _ => continue,
            };
            return format!("{}…", &self.message[..length]);
        }
        // What stands between back quotes is a scalar: cannot decode !!str `…` as a !!int.
        match (self.message.find('`'), self.message.rfind('`')) {
            (Some(first), Some(last)) if first < last => {
                format!("{}…{}", &self.message[..=first], &self.message[last..])
            }
            _ => self.message.clone(),
        }
    }
}

/// What could not be done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// The text could not be read.
    Syntax,
    /// The text was read, and a number in it is beyond every float (`1e400` in a JSON file). The reader goes on behind
    /// it; kubectl itself stops there unless it runs with `--validate=false`.
    Value,
}

/// Something that kubectl loses silently.
#[derive(Clone, Debug)]
pub struct Loss {
    /// What happens.
    pub kind: LossKind,
    /// The text that is lost or altered.
    pub lost: ByteRange,
    /// The text that takes its place, where there is one.
    pub kept: Option<ByteRange>,
}

/// The ways in which text is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// A key is given twice: the first value is lost.
    DuplicateKey,
    /// Two keys are different values and the same text once converted (`1` and `"1"`).
    CollidingKey,
    /// Text behind the end of the root node is never read.
    AfterRoot,
    /// Text behind a `...` line is never read.
    AfterDocumentEnd,
    /// A `<<` overwrites a key written before it.
    MergeOverwrites,
    /// An integer is rounded because it does not fit 64 bits.
    Precision,
    /// Bytes that are no UTF-8 became U+FFFD.
    Replaced,
    /// The last line ends without a line feed and its length is a multiple of 4096 bytes: the line reader drops it.
    LastLine,
}
