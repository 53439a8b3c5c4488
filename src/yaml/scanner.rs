//! The scanner: text in, YAML tokens out.
//!
//! Apart from the parser as in libyaml, whose structure it keeps (token queue, simple keys, indent stack), because
//! that structure *is* the behaviour: which text a reader accepts follows from when a token is fetched. The rules are
//! those of go.yaml.in/yaml/v2 v2.4.4 (`scannerc.go`, `readerc.go`), which kubectl 1.36 reads with.

use super::input::Input;
use super::tree::{ByteRange, Comment, Style};

/// Why scanning or parsing stopped.
#[derive(Debug)]
pub(super) struct Failure {
    /// go-yaml's words, its `yaml: ` and line number included.
    pub message: String,
    /// Where.
    pub at: ByteRange,
}

/// A result of scanning; boxed so that the good case stays one word.
pub(super) type Scan<T> = Result<T, Box<Failure>>;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// One token. `a` and `b`: for a scalar offset and length of its content, in the text or (with `decoded`) in the
/// scanner's buffer; for a tag or tag directive `a` is its place in [`Scanner::tags`]; for a version directive the
/// two numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub style: Style,
    pub decoded: bool,
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub a: u32,
    pub b: u32,
    /// One more than the flow level at which this token may turn out to be a simple key; 0 if it cannot.
    pub key_level: u32,
}

/// A place in the text with its line and column, in characters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub pos: u32,
    pub line: u32,
    pub column: i32,
}

/// A token that may turn out to be a key, one for each flow level.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    /// Whether the token waits in the queue for this to be settled.
    awaited: bool,
    token_number: usize,
    mark: Mark,
}

/// Flow levels and open block indents beyond this are refused (`max_flow_level`, `max_indents` of `scannerc.go`).
const MAX_DEPTH: usize = 10_000;

/// A simple key ends at most this many characters behind its start (`yaml_simple_key_is_valid`).
const MAX_SIMPLE_KEY: i32 = 1024;

/// The scanner of one piece of text.
pub(super) struct Scanner<'t> {
    pub(super) input: Input<'t>,
    tokens: Vec<Token>,
    head: usize,
    tokens_parsed: usize,
    token_available: bool,
    pub(super) indent: i32,
    indents: Vec<i32>,
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    pending_key_level: u32,
    stream_end_produced: bool,
    /// Content of scalars that does not stand verbatim in the text.
    pub decoded: String,
    /// Comments met so far.
    pub comments: Vec<Comment>,
    /// Handles and suffixes (or prefixes) of tags and tag directives met so far.
    pub tags: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) breaks: String,
}

impl<'t> Scanner<'t> {
    /// A scanner at the start of `input`; `decoded` and `comments` are buffers to fill.
    pub fn new(input: Input<'t>) -> Self {
        Self {
            input,
            tokens: Vec::with_capacity(16),
            head: 0,
            tokens_parsed: 0,
            token_available: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            pending_key_level: 0,
            stream_end_produced: false,
            decoded: String::new(),
            comments: Vec::new(),
            tags: Vec::new(),
            breaks: String::new(),
        }
    }

    /// A failure at the current place, in go-yaml's words (`parser.fail` in `decode.go`).
    #[cold]
    #[expect(clippy::unnecessary_box_returns, reason = "every result of scanning holds it boxed")]
    pub(super) fn fail(&self, problem: &str) -> Box<Failure> {
        let at = self.input.char_range(self.input.pos);
        let message = match self.input.line {
            0 => format!("yaml: {problem}"),
            line => format!("yaml: line {}: {problem}", line + 1),
        };
        Box::new(Failure { message, at })
    }

    /// The next token, which stays in the queue.
    pub fn peek(&mut self) -> Scan<Token> {
        if !self.token_available {
            self.fetch_more_tokens()?;
        }
        Ok(self.tokens[self.head])
    }

    /// Takes the token off the queue that [`Scanner::peek`] gave.
    pub fn skip(&mut self) {
        self.token_available = false;
        self.tokens_parsed += 1;
        self.head += 1;
        if self.head == self.tokens.len() {
            self.tokens.clear();
            self.head = 0;
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { pos: self.input.pos as u32, line: self.input.line, column: self.input.column() }
    }

    fn next_token_number(&self) -> usize {
        self.tokens_parsed + (self.tokens.len() - self.head)
    }

    pub(super) fn token(&self, kind: TokenKind, start: Mark) -> Token {
        Token {
            kind,
            style: Style::Plain,
            decoded: false,
            start: start.pos,
            end: self.input.pos as u32,
            line: start.line,
            a: 0,
            b: 0,
            key_level: 0,
        }
    }

    fn push(&mut self, mut token: Token) {
        token.key_level = std::mem::take(&mut self.pending_key_level);
        self.tokens.push(token);
    }

    /// Puts a token before the one of this number; at the end if that was handed out already.
    fn insert(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.tokens_parsed) {
            Some(offset) => self.tokens.insert(self.head + offset, token),
            None => self.tokens.push(token),
        }
    }

    fn fetch_more_tokens(&mut self) -> Scan<()> {
        loop {
            if self.head < self.tokens.len() {
                // A token that may still become a key must not be handed out before that is settled.
                let level = self.tokens[self.head].key_level as usize;
                if level == 0 {
                    break;
                }
                match self.simple_keys.get(level - 1) {
                    Some(key) if key.awaited && key.token_number == self.tokens_parsed => {}
                    _ => break,
                }
                if !self.simple_key_is_valid(level - 1)? {
                    break;
                }
            }
            if self.stream_end_produced {
                break;
            }
            self.fetch_next_token()?;
        }
        self.token_available = true;
        Ok(())
    }

    fn fetch_next_token(&mut self) -> Scan<()> {
        self.scan_to_next_token()?;
        self.unroll_indent(self.input.column());
        self.need(4)?;
        let pos = self.input.pos;
        let column = self.input.column();
        let byte = self.input.byte(pos);
        if column == 0 {
            match byte {
                b'%' => return self.fetch_directive(),
                b'-' if self.input.document_indicator(b'-') => {
                    return self.fetch_document_indicator(TokenKind::DocumentStart);
                }
                b'.' if self.input.document_indicator(b'.') => {
                    return self.fetch_document_indicator(TokenKind::DocumentEnd);
                }
                _ => {}
            }
        }
        match byte {
            0 => self.fetch_stream_end(),
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.input.blankz(pos + 1) => self.fetch_block_entry(),
            b'?' if self.flow_level > 0 || self.input.blankz(pos + 1) => self.fetch_key(),
            b':' if self.flow_level > 0 || self.input.blankz(pos + 1) => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if self.flow_level == 0 => self.fetch_block_scalar(Style::Literal),
            b'>' if self.flow_level == 0 => self.fetch_block_scalar(Style::Folded),
            b'\'' => self.fetch_flow_scalar(Style::SingleQuoted),
            b'"' => self.fetch_flow_scalar(Style::DoubleQuoted),
            b' ' | b'\t' | b'\r' | b'\n' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => Err(self.unexpected()),
            b'?' | b':' if self.flow_level > 0 => Err(self.unexpected()),
            _ => self.fetch_plain_scalar(),
        }
    }

    #[cold]
    #[expect(clippy::unnecessary_box_returns, reason = "every result of scanning holds it boxed")]
    fn unexpected(&self) -> Box<Failure> {
        self.fail("found character that cannot start any token")
    }

    fn simple_key_is_valid(&mut self, index: usize) -> Scan<bool> {
        let key = self.simple_keys[index];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.input.line || key.mark.column.saturating_add(MAX_SIMPLE_KEY) < self.input.column() {
            if key.required {
                return Err(self.fail("could not find expected ':'"));
            }
            self.simple_keys[index].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_simple_key(&mut self) -> Scan<()> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == self.input.column();
            self.remove_simple_key()?;
            let key = SimpleKey {
                possible: true,
                required,
                awaited: true,
                token_number: self.next_token_number(),
                mark: self.mark(),
            };
            let top = self.simple_keys.len() - 1;
            self.simple_keys[top] = key;
            self.pending_key_level = top as u32 + 1;
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Scan<()> {
        let top = self.simple_keys.len() - 1;
        if self.simple_keys[top].possible {
            if self.simple_keys[top].required {
                return Err(self.fail("could not find expected ':'"));
            }
            self.simple_keys[top].possible = false;
        }
        Ok(())
    }

    /// Opens a block collection at `column` if it stands deeper than the current indent. `number` is the token before
    /// which it starts.
    fn roll_indent(&mut self, column: i32, number: Option<usize>, kind: TokenKind, mark: Mark) -> Scan<()> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            return Err(self.fail("exceeded max depth of 10000"));
        }
        let mut token = self.token(kind, mark);
        token.end = mark.pos;
        match number {
            Some(number) => self.insert(number, token),
            None => self.push(token),
        }
        Ok(())
    }

    fn unroll_indent(&mut self, column: i32) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            let token = self.token(TokenKind::BlockEnd, self.mark());
            self.push(token);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_end(&mut self) -> Scan<()> {
        self.input.force_new_line();
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.token(TokenKind::StreamEnd, self.mark());
        self.push(token);
        self.stream_end_produced = true;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.push(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind, length: usize) {
        let start = self.mark();
        self.input.pos += length;
        let token = self.token(kind, start);
        self.push(token);
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Scan<()> {
        self.save_simple_key()?;
        let token_number = self.next_token_number();
        self.simple_keys.push(SimpleKey { token_number, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(self.fail("exceeded max depth of 10000"));
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Scan<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.simple_keys.pop();
            // go-yaml forgets the collection itself as a key if nothing in it could be one, so that `[]: v` is `[]`.
            if let (Some(inner), Some(outer)) = (inner, self.simple_keys.last_mut())
                && inner.token_number == outer.token_number
            {
                outer.awaited = false;
            }
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scan<()> {
        // In flow context the parser is the one that refuses it.
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail("block sequence entries are not allowed in this context"));
            }
            self.roll_indent(self.input.column(), None, TokenKind::BlockSequenceStart, self.mark())?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail("mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.input.column(), None, TokenKind::BlockMappingStart, self.mark())?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let top = self.simple_keys.len() - 1;
        if self.simple_key_is_valid(top)? {
            let key = self.simple_keys[top];
            let mut token = self.token(TokenKind::Key, key.mark);
            token.end = key.mark.pos;
            self.insert(key.token_number, token);
            self.roll_indent(key.mark.column, Some(key.token_number), TokenKind::BlockMappingStart, key.mark)?;
            self.simple_keys[top].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.fail("mapping values are not allowed in this context"));
                }
                self.roll_indent(self.input.column(), None, TokenKind::BlockMappingStart, self.mark())?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_anchor(&mut self, kind: TokenKind) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.push(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.push(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, style: Style) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(style)?;
        self.push(token);
        Ok(())
    }

    fn fetch_flow_scalar(&mut self, style: Style) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted_scalar(style)?;
        self.push(token);
        Ok(())
    }

    fn fetch_plain_scalar(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain_scalar()?;
        self.push(token);
        Ok(())
    }

    /// Makes sure that `count` characters from the current place on have been taken in, as go-yaml's reader does; it
    /// refuses control characters block by block as it takes them in (`yaml_parser_update_buffer`).
    #[inline]
    pub(super) fn need(&mut self, count: u32) -> Scan<()> {
        if self.input.is_careful() { self.take_in(count) } else { Ok(()) }
    }

    #[cold]
    fn take_in(&mut self, count: u32) -> Scan<()> {
        match self.input.take_in(count) {
            None => Ok(()),
            Some((at, problem)) => Err(Box::new(Failure { message: format!("yaml: {problem}"), at })),
        }
    }

    fn scan_to_next_token(&mut self) -> Scan<()> {
        loop {
            if self.input.is_careful() {
                self.take_in(1)?;
                if self.input.column() == 0 && self.input.window_starts_with_bom() {
                    self.input.advance_char();
                }
                self.take_in(1)?;
            }
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            loop {
                match self.input.byte(self.input.pos) {
                    b' ' => self.input.pos += 1,
                    b'\t' if tabs => self.input.pos += 1,
                    _ => break,
                }
                self.need(1)?;
            }
            if self.input.byte(self.input.pos) == b'#' {
                self.scan_comment()?;
            }
            let length = self.input.break_len(self.input.pos);
            if length == 0 {
                return Ok(());
            }
            self.need(2)?;
            self.input.skip_break(length);
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Eats a comment up to the end of its line.
    pub(super) fn scan_comment(&mut self) -> Scan<()> {
        let start = self.input.pos;
        self.scan_to_line_end()?;
        let range = self.input.range(start, self.input.pos);
        let own_line = self.input.only_blanks_before(start);
        self.comments.push(Comment { range, own_line });
        Ok(())
    }

    /// Moves to the end of the line, before its break.
    pub(super) fn scan_to_line_end(&mut self) -> Scan<()> {
        if !self.input.is_careful() {
            self.input.pos = self.input.line_end(self.input.pos);
            return Ok(());
        }
        while !self.input.breakz(self.input.pos) {
            self.input.advance_char();
            self.need(1)?;
        }
        Ok(())
    }

    pub(super) fn skip_blanks(&mut self) -> Scan<()> {
        while matches!(self.input.byte(self.input.pos), b' ' | b'\t') {
            self.input.pos += 1;
            self.need(1)?;
        }
        Ok(())
    }
}
