//! The parser: tokens in, nodes out to the [`Composer`].
//!
//! Apart from the scanner as in libyaml. It keeps an explicit stack of states, so nesting costs no stack of the
//! program; the states are those of `parserc.go` of go.yaml.in/yaml/v2 v2.4.4. Only the first document of a piece is
//! ever read, and one token beyond it.

use super::compose::{Composer, Properties};
use super::input::Input;
use super::resolve::Tag;
use super::scanner::{Failure, Scan, Scanner, Token, TokenKind};
use super::tree::{ByteRange, Kind, Style};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
}

/// What stands behind the document that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    Nothing,
    /// More text, from this offset on.
    Text(usize),
    /// A `...` line that ends at this offset.
    DocumentEnd(usize),
}

/// The parser of one piece of text.
pub(super) struct Parser<'t> {
    pub scanner: Scanner<'t>,
    states: Vec<State>,
    state: State,
    tag_directives: Vec<(Vec<u8>, Vec<u8>)>,
    /// End of the last token that stands in the text.
    last_end: u32,
}

impl<'t> Parser<'t> {
    /// A parser at the start of `input`.
    pub fn new(input: Input<'t>) -> Self {
        Self {
            scanner: Scanner::new(input),
            states: Vec::with_capacity(16),
            state: State::BlockNode,
            tag_directives: Vec::new(),
            last_end: 0,
        }
    }

    /// Reads the first document into `composer`; `None` if there is no document.
    pub fn document(&mut self, composer: &mut Composer<'t>) -> Scan<Option<Rest>> {
        if !self.start_document()? {
            return Ok(None);
        }
        while self.state != State::DocumentEnd {
            self.step(composer)?;
        }
        let token = self.scanner.peek()?;
        Ok(Some(match token.kind {
            TokenKind::StreamEnd => Rest::Nothing,
            TokenKind::DocumentEnd => Rest::DocumentEnd(token.end as usize),
            _ => Rest::Text(token.start as usize),
        }))
    }

    #[cold]
    #[expect(clippy::unnecessary_box_returns, reason = "every result of parsing holds it boxed")]
    fn fail(&self, problem: &str, token: &Token) -> Box<Failure> {
        let at = self.scanner.input.char_range(token.start as usize);
        let message = match token.line {
            0 => format!("yaml: {problem}"),
            line => format!("yaml: line {line}: {problem}"),
        };
        Box::new(Failure { message, at })
    }

    fn skip(&mut self, token: &Token) {
        let written = !matches!(
            token.kind,
            TokenKind::BlockEnd | TokenKind::BlockMappingStart | TokenKind::BlockSequenceStart | TokenKind::StreamEnd
        );
        if written {
            self.last_end = self.last_end.max(token.end);
        }
        self.scanner.skip();
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    fn start_document(&mut self) -> Scan<bool> {
        let token = self.scanner.peek()?;
        self.last_end = token.start;
        match token.kind {
            TokenKind::StreamEnd => return Ok(false),
            TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart => {
                self.process_directives()?;
                let token = self.scanner.peek()?;
                if token.kind != TokenKind::DocumentStart {
                    return Err(self.fail("did not find expected <document start>", &token));
                }
                self.skip(&token);
                self.state = State::DocumentContent;
            }
            _ => {
                self.process_directives()?;
                self.state = State::BlockNode;
            }
        }
        self.states.push(State::DocumentEnd);
        Ok(true)
    }

    fn process_directives(&mut self) -> Scan<()> {
        let mut version = false;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::VersionDirective => {
                    if version {
                        return Err(self.fail("found duplicate %YAML directive", &token));
                    }
                    if (token.a, token.b) != (1, 1) {
                        return Err(self.fail("found incompatible YAML document", &token));
                    }
                    version = true;
                }
                TokenKind::TagDirective => {
                    let directive = self.scanner.tags[token.a as usize].clone();
                    if self.tag_directives.iter().any(|(handle, _)| *handle == directive.0) {
                        return Err(self.fail("found duplicate %TAG directive", &token));
                    }
                    self.tag_directives.push(directive);
                }
                _ => return Ok(()),
            }
            self.skip(&token);
        }
    }

    fn step(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        match self.state {
            State::DocumentContent => self.document_content(composer),
            State::DocumentEnd => Ok(()),
            State::BlockNode => self.node(composer, true, false),
            State::BlockSequenceFirstEntry => self.block_sequence_entry(composer, true),
            State::BlockSequenceEntry => self.block_sequence_entry(composer, false),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(composer),
            State::BlockMappingFirstKey => self.block_mapping_key(composer, true),
            State::BlockMappingKey => self.block_mapping_key(composer, false),
            State::BlockMappingValue => self.block_mapping_value(composer),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(composer, true),
            State::FlowSequenceEntry => self.flow_sequence_entry(composer, false),
            State::FlowSequenceEntryMappingKey => self.flow_sequence_entry_mapping_key(composer),
            State::FlowSequenceEntryMappingValue => self.flow_sequence_entry_mapping_value(composer),
            State::FlowSequenceEntryMappingEnd => {
                self.scanner.peek()?;
                self.state = State::FlowSequenceEntry;
                composer.end_collection(self.last_end);
                Ok(())
            }
            State::FlowMappingFirstKey => self.flow_mapping_key(composer, true),
            State::FlowMappingKey => self.flow_mapping_key(composer, false),
            State::FlowMappingValue => self.flow_mapping_value(composer, false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(composer, true),
        }
    }

    fn absent(&mut self, composer: &mut Composer<'t>) {
        composer.absent(self.last_end);
    }

    fn document_content(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::VersionDirective
            | TokenKind::TagDirective
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop();
                self.absent(composer);
                Ok(())
            }
            _ => self.node(composer, true, false),
        }
    }

    fn tag(&self, start: u32, token: &Token) -> Scan<Tag> {
        let (handle, suffix) = &self.scanner.tags[token.a as usize];
        if handle.is_empty() {
            return Ok(Tag::from_bytes(suffix));
        }
        let directive = self.tag_directives.iter().find(|(known, _)| known == handle);
        let prefix: &[u8] = match directive {
            Some((_, prefix)) => prefix,
            None if handle == b"!" => b"!",
            None if handle == b"!!" => b"tag:yaml.org,2002:",
            None => {
                let mut error = self.fail("found undefined tag handle", token);
                error.at.start = start;
                return Err(error);
            }
        };
        Ok(Tag::from_bytes(&[prefix, suffix].concat()))
    }

    /// Reads anchor and tag, in either order.
    fn properties(&mut self) -> Scan<(Properties, Token)> {
        let mut properties = Properties { anchor: None, tag: Tag::None };
        let mut token = self.scanner.peek()?;
        let start = token.start;
        let mut tag = None;
        for _ in 0..2 {
            match token.kind {
                TokenKind::Anchor if properties.anchor.is_none() => {
                    properties.anchor = Some(ByteRange::new(token.start, token.end));
                }
                TokenKind::Tag if tag.is_none() => tag = Some(token),
                _ => break,
            }
            self.skip(&token);
            token = self.scanner.peek()?;
        }
        if let Some(tag) = tag {
            properties.tag = self.tag(start, &tag)?;
        }
        Ok((properties, token))
    }

    fn node(&mut self, composer: &mut Composer<'t>, block: bool, indentless_sequence: bool) -> Scan<()> {
        let mut token = self.scanner.peek()?;
        let mut properties = Properties { anchor: None, tag: Tag::None };
        match token.kind {
            TokenKind::Alias => {
                self.pop();
                composer.alias(ByteRange::new(token.start, token.end))?;
                self.skip(&token);
                return Ok(());
            }
            TokenKind::Anchor | TokenKind::Tag => (properties, token) = self.properties()?,
            _ => {}
        }
        let (kind, style, state) = match token.kind {
            TokenKind::Scalar => {
                self.pop();
                composer.scalar(&self.scanner.decoded, &token, &properties);
                self.skip(&token);
                return Ok(());
            }
            TokenKind::BlockEntry if indentless_sequence => {
                (Kind::Sequence, Style::Block, State::IndentlessSequenceEntry)
            }
            TokenKind::FlowSequenceStart => (Kind::Sequence, Style::Flow, State::FlowSequenceFirstEntry),
            TokenKind::FlowMappingStart => (Kind::Mapping, Style::Flow, State::FlowMappingFirstKey),
            TokenKind::BlockSequenceStart if block => (Kind::Sequence, Style::Block, State::BlockSequenceFirstEntry),
            TokenKind::BlockMappingStart if block => (Kind::Mapping, Style::Block, State::BlockMappingFirstKey),
            _ if properties.anchor.is_some() || properties.tag != Tag::None => {
                self.pop();
                composer.empty(self.last_end, &properties);
                return Ok(());
            }
            _ => return Err(self.fail("did not find expected node content", &token)),
        };
        self.state = state;
        composer.start_collection(kind, style, token.start, &properties);
        Ok(())
    }

    fn skip_peeked(&mut self) -> Scan<()> {
        let token = self.scanner.peek()?;
        self.skip(&token);
        Ok(())
    }

    fn block_sequence_entry(&mut self, composer: &mut Composer<'t>, first: bool) -> Scan<()> {
        if first {
            self.skip_peeked()?;
        }
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                self.skip(&token);
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => {
                        self.state = State::BlockSequenceEntry;
                        self.absent(composer);
                        Ok(())
                    }
                    _ => {
                        self.states.push(State::BlockSequenceEntry);
                        self.node(composer, true, false)
                    }
                }
            }
            TokenKind::BlockEnd => {
                self.pop();
                composer.end_collection(self.last_end);
                self.skip(&token);
                Ok(())
            }
            _ => Err(self.fail("did not find expected '-' indicator", &token)),
        }
    }

    fn indentless_sequence_entry(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::BlockEntry {
            self.pop();
            composer.end_collection(self.last_end);
            return Ok(());
        }
        self.skip(&token);
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.state = State::IndentlessSequenceEntry;
                self.absent(composer);
                Ok(())
            }
            _ => {
                self.states.push(State::IndentlessSequenceEntry);
                self.node(composer, true, false)
            }
        }
    }

    fn block_mapping_key(&mut self, composer: &mut Composer<'t>, first: bool) -> Scan<()> {
        if first {
            self.skip_peeked()?;
        }
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.skip(&token);
                self.block_node_or(composer, State::BlockMappingValue)
            }
            TokenKind::BlockEnd => {
                self.pop();
                composer.end_collection(self.last_end);
                self.skip(&token);
                Ok(())
            }
            _ => Err(self.fail("did not find expected key", &token)),
        }
    }

    fn block_mapping_value(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.skip(&token);
            return self.block_node_or(composer, State::BlockMappingKey);
        }
        self.state = State::BlockMappingKey;
        self.absent(composer);
        Ok(())
    }

    /// Reads a key or value of a block mapping, or finds none; then `next` follows.
    fn block_node_or(&mut self, composer: &mut Composer<'t>, next: State) -> Scan<()> {
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.state = next;
                self.absent(composer);
                Ok(())
            }
            _ => {
                self.states.push(next);
                self.node(composer, true, true)
            }
        }
    }

    /// Moves behind the comma between entries of a flow collection; the token that follows.
    fn flow_separator(&mut self, first: bool, problem: &str) -> Scan<Token> {
        let token = self.scanner.peek()?;
        if first {
            return Ok(token);
        }
        if token.kind != TokenKind::FlowEntry {
            return Err(self.fail(problem, &token));
        }
        self.skip(&token);
        self.scanner.peek()
    }

    fn end_flow(&mut self, composer: &mut Composer<'t>, token: &Token) {
        self.pop();
        composer.end_collection(token.end);
        self.skip(token);
    }

    fn flow_sequence_entry(&mut self, composer: &mut Composer<'t>, first: bool) -> Scan<()> {
        if first {
            self.skip_peeked()?;
        }
        let mut token = self.scanner.peek()?;
        if token.kind != TokenKind::FlowSequenceEnd {
            token = self.flow_separator(first, "did not find expected ',' or ']'")?;
            match token.kind {
                TokenKind::Key => {
                    self.state = State::FlowSequenceEntryMappingKey;
                    let none = Properties { anchor: None, tag: Tag::None };
                    composer.start_collection(Kind::Mapping, Style::Flow, token.start, &none);
                    self.skip(&token);
                    return Ok(());
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry);
                    return self.node(composer, false, false);
                }
            }
        }
        self.end_flow(composer, &token);
        Ok(())
    }

    fn flow_sequence_entry_mapping_key(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // As go-yaml does: the token that showed the key to be empty is lost.
                self.absent(composer);
                self.skip(&token);
                self.state = State::FlowSequenceEntryMappingValue;
                Ok(())
            }
            _ => {
                self.states.push(State::FlowSequenceEntryMappingValue);
                self.node(composer, false, false)
            }
        }
    }

    fn flow_sequence_entry_mapping_value(&mut self, composer: &mut Composer<'t>) -> Scan<()> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.skip(&token);
            let token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowSequenceEntryMappingEnd);
                return self.node(composer, false, false);
            }
        }
        self.state = State::FlowSequenceEntryMappingEnd;
        self.absent(composer);
        Ok(())
    }

    fn flow_mapping_key(&mut self, composer: &mut Composer<'t>, first: bool) -> Scan<()> {
        if first {
            self.skip_peeked()?;
        }
        let mut token = self.scanner.peek()?;
        if token.kind != TokenKind::FlowMappingEnd {
            token = self.flow_separator(first, "did not find expected ',' or '}'")?;
            match token.kind {
                TokenKind::Key => {
                    self.skip(&token);
                    return match self.scanner.peek()?.kind {
                        TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                            self.state = State::FlowMappingValue;
                            self.absent(composer);
                            Ok(())
                        }
                        _ => {
                            self.states.push(State::FlowMappingValue);
                            self.node(composer, false, false)
                        }
                    };
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingEmptyValue);
                    return self.node(composer, false, false);
                }
            }
        }
        self.end_flow(composer, &token);
        Ok(())
    }

    fn flow_mapping_value(&mut self, composer: &mut Composer<'t>, empty: bool) -> Scan<()> {
        let token = self.scanner.peek()?;
        self.state = State::FlowMappingKey;
        if !empty && token.kind == TokenKind::Value {
            self.skip(&token);
            if !matches!(self.scanner.peek()?.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(composer, false, false);
            }
        }
        self.absent(composer);
        Ok(())
    }
}
