//! One value of a JSON stream.
//!
//! Apart from YAML because kubectl reads a file that starts with `{` with Go's `encoding/json` first: other escapes,
//! other numbers, other words when it fails.

use super::compose::{Composer, Properties};
use super::convert::MAX_JSON_DEPTH;
use super::resolve::Tag;
use super::scanner::{Token, TokenKind};
use super::tree::{ByteRange, Kind, Node, Style};
use crate::go_quote::go_quote;

/// Why a JSON value could not be read.
#[derive(Debug)]
pub(super) enum JsonError {
    /// Nothing but white space is left.
    End,
    /// The text ends inside a value.
    UnexpectedEnd,
    /// Go's words, and the offset of the byte that is wrong.
    Syntax(String, usize),
}

/// What is expected next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value, or `]`.
    FirstElement,
    Key,
    /// A key, or `}`.
    FirstKey,
    Colon,
    /// `,` or the end of the list.
    AfterElement,
    /// `,` or the end of the object.
    AfterEntry,
}

/// A number that fits no float.
#[derive(Debug)]
pub(super) struct TooBig {
    pub text: String,
    pub at: ByteRange,
}

/// A reader of JSON values.
pub(super) struct Json<'t> {
    text: &'t str,
    pub pos: usize,
    /// Content of strings with escapes.
    pub decoded: String,
    /// The first number of the value that fits no float.
    pub too_big: Option<TooBig>,
}

impl<'t> Json<'t> {
    /// A reader of `text` from `pos` on.
    pub fn new(text: &'t str, pos: usize) -> Self {
        Self { text, pos, decoded: String::new(), too_big: None }
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte(self.pos) {
            self.pos += 1;
        }
    }

    #[cold]
    fn syntax<T>(&self, at: usize, context: &str) -> Result<T, JsonError> {
        let Some(byte) = self.byte(at) else { return Err(JsonError::UnexpectedEnd) };
        let shown = match byte {
            b'\'' => "\\'".to_owned(),
            b'"' => "\"".to_owned(),
            byte => {
                let quoted = go_quote(char::from(byte).encode_utf8(&mut [0; 4]));
                quoted[1..quoted.len() - 1].to_owned()
            }
        };
        Err(JsonError::Syntax(format!("invalid character '{shown}' {context}"), at))
    }

    /// Reads one value into `composer`; where it starts.
    pub fn value(&mut self, composer: &mut Composer<'t>) -> Result<usize, JsonError> {
        const NONE: Properties = Properties { anchor: None, tag: Tag::None };
        self.skip_space();
        let start = self.pos;
        if start >= self.text.len() {
            return Err(JsonError::End);
        }
        let mut open: Vec<Kind> = Vec::new();
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            let at = self.pos;
            let Some(byte) = self.byte(at) else { return Err(JsonError::UnexpectedEnd) };
            match (expect, byte) {
                (Expect::Value | Expect::FirstElement, b'{' | b'[') => {
                    let kind = if byte == b'{' { Kind::Mapping } else { Kind::Sequence };
                    open.push(kind);
                    if open.len() > MAX_JSON_DEPTH {
                        return Err(JsonError::Syntax("exceeded max depth".to_owned(), at));
                    }
                    composer.start_collection(kind, Style::Flow, at as u32, &NONE);
                    self.pos += 1;
                    expect = if kind == Kind::Mapping { Expect::FirstKey } else { Expect::FirstElement };
                    continue;
                }
                (Expect::FirstElement | Expect::AfterElement, b']') | (Expect::FirstKey | Expect::AfterEntry, b'}') => {
                    self.pos += 1;
                    composer.end_collection(self.pos as u32);
                    open.pop();
                }
                (Expect::Value | Expect::FirstElement, _) => self.scalar(composer, byte)?,
                (Expect::Key | Expect::FirstKey, b'"') => {
                    self.string(composer)?;
                    expect = Expect::Colon;
                    continue;
                }
                (Expect::Key | Expect::FirstKey, _) => {
                    return self.syntax(at, "looking for beginning of object key string");
                }
                (Expect::Colon, b':') => {
                    self.pos += 1;
                    expect = Expect::Value;
                    continue;
                }
                (Expect::Colon, _) => return self.syntax(at, "after object key"),
                (Expect::AfterElement | Expect::AfterEntry, b',') => {
                    self.pos += 1;
                    expect = if expect == Expect::AfterElement { Expect::Value } else { Expect::Key };
                    continue;
                }
                (Expect::AfterElement, _) => return self.syntax(at, "after array element"),
                (Expect::AfterEntry, _) => return self.syntax(at, "after object key:value pair"),
            }
            expect = match open.last() {
                None => return Ok(start),
                Some(Kind::Mapping) => Expect::AfterEntry,
                Some(_) => Expect::AfterElement,
            };
        }
    }

    fn scalar(&mut self, composer: &mut Composer<'t>, byte: u8) -> Result<(), JsonError> {
        match byte {
            b'"' => self.string(composer),
            b'-' | b'0'..=b'9' => self.number(composer),
            b't' => self.literal(composer, "true"),
            b'f' => self.literal(composer, "false"),
            b'n' => self.literal(composer, "null"),
            _ => self.syntax(self.pos, "looking for beginning of value"),
        }
    }

    fn literal(&mut self, composer: &mut Composer<'t>, word: &str) -> Result<(), JsonError> {
        let start = self.pos;
        for (offset, expected) in word.bytes().enumerate() {
            if self.byte(start + offset) != Some(expected) {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return self.syntax(start + offset, &context);
            }
        }
        self.pos += word.len();
        let mut node = self.plain_node(start);
        if word != "null" {
            node.set_bool(word == "true");
        }
        composer.json_scalar(node);
        Ok(())
    }

    fn plain_node(&self, start: usize) -> Node {
        let range = ByteRange::new(start as u32, self.pos as u32);
        Node { range, a: 0, b: 0, kind: Kind::Null, style: Style::Plain, decoded: false }
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !self.byte(self.pos).is_some_and(|byte| byte.is_ascii_digit()) {
            return self.syntax(self.pos, context);
        }
        while self.byte(self.pos).is_some_and(|byte| byte.is_ascii_digit()) {
            self.pos += 1;
        }
        Ok(())
    }

    fn number(&mut self, composer: &mut Composer<'t>) -> Result<(), JsonError> {
        let start = self.pos;
        if self.byte(self.pos) == Some(b'-') {
            self.pos += 1;
        }
        if self.byte(self.pos) == Some(b'0') {
            self.pos += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        let whole = self.pos;
        if self.byte(self.pos) == Some(b'.') {
            self.pos += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.byte(self.pos) {
            self.pos += 1;
            if let Some(b'+' | b'-') = self.byte(self.pos) {
                self.pos += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = &self.text[start..self.pos];
        let mut node = self.plain_node(start);
        if self.pos == whole
            && let Ok(value) = text.parse()
        {
            node.set_int(value);
        } else {
            let value: f64 = text.parse().unwrap_or(f64::INFINITY);
            node.set_float(value);
            if !value.is_finite() && self.too_big.is_none() {
                self.too_big = Some(TooBig { text: text.to_owned(), at: node.range });
            } else if self.pos == whole && format!("{value:.0}") != text {
                composer.lose_precision(node.range);
            }
        }
        composer.json_scalar(node);
        Ok(())
    }

    /// Reads a string, a key or a value.
    fn string(&mut self, composer: &mut Composer<'t>) -> Result<(), JsonError> {
        let start = self.pos;
        self.pos += 1;
        let content = self.pos;
        let mut copied = None;
        let mut piece = content;
        loop {
            while self.byte(self.pos).is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.pos += 1;
            }
            match self.byte(self.pos) {
                Some(b'"') => break,
                Some(b'\\') => {
                    copied.get_or_insert(self.decoded.len());
                    self.decoded.push_str(&self.text[piece..self.pos]);
                    let char = self.escape()?;
                    self.decoded.push(char);
                    piece = self.pos;
                }
                _ => return self.syntax(self.pos, "in string literal"),
            }
        }
        let end = self.pos;
        self.pos += 1;
        let (a, b) = match copied {
            Some(from) => {
                self.decoded.push_str(&self.text[piece..end]);
                (from, self.decoded.len() - from)
            }
            None => (content, end - content),
        };
        let token = Token {
            kind: TokenKind::Scalar,
            style: Style::DoubleQuoted,
            decoded: copied.is_some(),
            start: start as u32,
            end: self.pos as u32,
            line: 0,
            a: a as u32,
            b: b as u32,
            key_level: 0,
        };
        composer.scalar(&self.decoded, &token, &Properties { anchor: None, tag: Tag::None });
        Ok(())
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let char = match self.byte(self.pos + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hex(self.pos + 2)?;
                self.pos += 6;
                return self.surrogates(high);
            }
            _ => return self.syntax(self.pos + 1, "in string escape code"),
        };
        self.pos += 2;
        Ok(char)
    }

    fn hex(&self, from: usize) -> Result<u32, JsonError> {
        let mut value = 0;
        for at in from..from + 4 {
            match self.byte(at).and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => value = value * 16 + digit,
                None => return self.syntax(at, "in \\u hexadecimal character escape"),
            }
        }
        Ok(value)
    }

    /// The character of a `\u` escape that has been read; half of a pair alone becomes U+FFFD.
    fn surrogates(&mut self, high: u32) -> Result<char, JsonError> {
        if let Some(char) = char::from_u32(high) {
            return Ok(char);
        }
        if high < 0xDC00 && self.byte(self.pos) == Some(b'\\') && self.byte(self.pos + 1) == Some(b'u') {
            let low = self.hex(self.pos + 2)?;
            if (0xDC00..0xE000).contains(&low) {
                self.pos += 6;
                let value = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}
