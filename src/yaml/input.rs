//! The text under the scanner: characters, line breaks, columns, and what go-yaml's reader has taken in.
//!
//! Apart from the scanner because everything that is odd about the bytes is settled here: line breaks of kubectl's
//! line reader and of YAML 1.1, the line feed that is always at the end, and the blocks in which go-yaml checks for
//! control characters.

use super::Refusal;
use super::tree::ByteRange;

/// go-yaml reads its input in blocks of this many bytes (`input_raw_buffer_size` of `yamlprivateh.go`).
const BLOCK: usize = 512;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The text of one piece, with the current place in it. Every offset is one of the whole text of the file.
pub(super) struct Input<'t> {
    /// The file's text up to the end of the piece.
    text: &'t str,
    /// Whether the piece ends without a line feed, so that kubectl's line reader adds one.
    added_line_feed: bool,
    /// Whether a line may end with NEL, LS or PS somewhere in the piece.
    unicode_breaks: bool,
    /// The current place.
    pub pos: usize,
    /// Lines before the current one, counted from the start of the piece.
    pub line: u32,
    /// Where the current line would start if every character on it up to here took one byte.
    line_base: usize,
    careful: Option<Box<Careful>>,
}

/// What go-yaml's reader has taken in; kept only where it can be told from outside.
struct Careful {
    /// First character that is not allowed; the end of the text if there is none.
    bad: usize,
    /// What is wrong with it, if it is no control character.
    refusal: Option<Refusal>,
    /// Start of the reader's buffer.
    window: usize,
    /// End of what was taken in.
    taken: usize,
    /// How many zero bytes were put behind the end.
    zeros: usize,
}

/// What a look through a piece found.
#[derive(Clone, Copy, Default)]
struct Survey {
    bad: Option<usize>,
    byte_order_mark: bool,
    unicode_breaks: bool,
}

impl<'t> Input<'t> {
    /// The piece of `text` in `start..end`. `refused` is where the first bytes stand that were no UTF-8 and that go-yaml
    /// met as they were.
    pub fn new(text: &'t str, start: usize, end: usize, refused: Option<(usize, Refusal)>) -> Self {
        let text = &text[..end];
        let bytes = text.as_bytes();
        let skipped = if bytes[start..].starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let pos = start + skipped;
        let survey = survey(bytes, pos);
        let mut input = Self {
            text,
            added_line_feed: end == start || bytes[end - 1] != b'\n',
            unicode_breaks: survey.unicode_breaks,
            pos,
            line: 0,
            line_base: pos,
            careful: None,
        };
        let control = survey.bad.unwrap_or(usize::MAX);
        let (bad, refusal) = match refused {
            Some((at, refusal)) if at < control => (at, Some(refusal)),
            _ => (control, None),
        };
        if bad < usize::MAX || survey.byte_order_mark {
            let taken = input.block_end(pos, skipped);
            input.careful = Some(Box::new(Careful { bad, refusal, window: pos, taken: pos, zeros: 0 }));
            // The first block holds the byte order mark too, so it ends that much earlier.
            if bad >= taken
                && let Some(careful) = &mut input.careful
            {
                careful.taken = taken;
            }
        }
        input
    }

    /// The piece with all that stands before it.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The byte at `at`; 0 behind the end. A NUL is never met: the reader refuses it first.
    #[inline]
    pub fn byte(&self, at: usize) -> u8 {
        match self.text.as_bytes().get(at) {
            Some(byte) => *byte,
            None => self.byte_behind(at),
        }
    }

    fn byte_behind(&self, at: usize) -> u8 {
        if self.added_line_feed && at == self.text.len() { b'\n' } else { 0 }
    }

    fn end(&self) -> usize {
        self.text.len() + usize::from(self.added_line_feed)
    }

    /// Column of the current place, in characters.
    #[inline]
    pub fn column(&self) -> i32 {
        i32::try_from(self.pos - self.line_base).unwrap_or(i32::MAX)
    }

    /// `start..end` as a range of the text, without the line feed that is not there.
    pub fn range(&self, start: usize, end: usize) -> ByteRange {
        let limit = self.text.len();
        ByteRange::new(start.min(limit) as u32, end.min(limit) as u32)
    }

    /// The character at `at` as a range; empty at the end.
    pub fn char_range(&self, at: usize) -> ByteRange {
        let at = at.min(self.text.len());
        let width = self.text[at..].chars().next().map_or(0, char::len_utf8);
        ByteRange::new(at as u32, (at + width) as u32)
    }

    /// Length of the line break at `at`, 0 if there is none. `\r\r\n` is one: kubectl's line reader drops the second
    /// `\r`.
    #[inline]
    pub fn break_len(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            b'\r' => self.carriage_return_len(at),
            0xC2 if self.byte(at + 1) == 0x85 => 2,
            0xE2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn carriage_return_len(&self, at: usize) -> usize {
        match self.byte(at + 1) {
            b'\n' => 2,
            b'\r' if self.text.as_bytes().get(at + 2) == Some(&b'\n') => 3,
            _ => 1,
        }
    }

    /// What the break at `at` stands for in a scalar.
    pub fn break_text(&self, at: usize) -> &'static str {
        if self.byte(at) != 0xE2 {
            "\n"
        } else if self.byte(at + 2) == 0xA8 {
            "\u{2028}"
        } else {
            "\u{2029}"
        }
    }

    /// Whether a line break or the end is at `at`.
    #[inline]
    pub fn breakz(&self, at: usize) -> bool {
        self.byte(at) == 0 || self.break_len(at) > 0
    }

    /// Whether a blank, a line break or the end is at `at`.
    #[inline]
    pub fn blankz(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\t' | b'\n' | 0) || self.break_len(at) > 0
    }

    /// Whether `---` or `...` stands at the current place, and a blank, a break or the end behind it.
    pub fn document_indicator(&self, byte: u8) -> bool {
        self.byte(self.pos) == byte
            && self.byte(self.pos + 1) == byte
            && self.byte(self.pos + 2) == byte
            && self.blankz(self.pos + 3)
    }

    /// Whether the current place starts a line with `---` or `...`.
    #[inline]
    pub fn at_document_indicator(&self) -> bool {
        self.column() == 0 && (self.document_indicator(b'-') || self.document_indicator(b'.'))
    }

    /// Moves behind the line break of this length at the current place.
    #[inline]
    pub fn skip_break(&mut self, length: usize) {
        self.pos += length;
        self.line += 1;
        self.line_base = self.pos;
    }

    /// Moves behind one character that is no line break.
    pub fn advance_char(&mut self) {
        self.advance_wide(self.byte(self.pos));
    }

    /// Moves behind one character that starts with `byte`.
    #[inline]
    pub fn advance_wide(&mut self, byte: u8) {
        let width = width(byte);
        self.pos += width;
        self.line_base += width - 1;
    }

    /// At the end of the text, go-yaml moves to the start of a new line.
    pub fn force_new_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_base = self.pos;
        }
    }

    /// Where the line that goes through `from` ends, before its break.
    pub fn line_end(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        if from >= bytes.len() {
            return from;
        }
        if !self.unicode_breaks {
            return memchr::memchr2(b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |at| from + at);
        }
        let mut at = from;
        while !self.breakz(at) {
            at += width(self.byte(at));
        }
        at
    }

    /// Corrects the column after moving through `from..self.pos` bytewise.
    pub fn count_wide(&mut self, from: usize) {
        let bytes = &self.text.as_bytes()[from..self.pos.min(self.text.len())];
        self.line_base += bytes.iter().filter(|byte| is_continuation(**byte)).count();
    }

    /// Whether nothing but blanks stands between the start of the line and `at`.
    pub fn only_blanks_before(&self, at: usize) -> bool {
        let before = &self.text.as_bytes()[..at];
        match before.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')) {
            Some(last) => matches!(before[last], b'\n' | b'\r'),
            None => true,
        }
    }

    /// Whether the reader's state matters for this piece.
    #[inline]
    pub fn is_careful(&self) -> bool {
        self.careful.is_some()
    }

    /// Takes in what is needed to see `count` characters; the place of a character that is not allowed, if the block
    /// that holds it had to be taken in, and what go-yaml says about it.
    pub fn take_in(&mut self, count: u32) -> Option<(ByteRange, &'static str)> {
        let mut careful = self.careful.take()?;
        let found = self.take_in_blocks(&mut careful, count as usize);
        let problem = match careful.refusal {
            None => "control characters are not allowed",
            Some(Refusal::LeadingOctet) => "invalid leading UTF-8 octet",
            Some(Refusal::TrailingOctet) => "invalid trailing UTF-8 octet",
            Some(Refusal::Incomplete) => "incomplete UTF-8 octet sequence",
            Some(Refusal::Length) => "invalid length of a UTF-8 sequence",
            Some(Refusal::Character) => "invalid Unicode character",
        };
        self.careful = Some(careful);
        found.map(|at| (self.char_range(at), problem))
    }

    fn take_in_blocks(&self, careful: &mut Careful, count: usize) -> Option<usize> {
        let mut seen = 0;
        let mut at = self.pos;
        while seen < count && at < careful.taken {
            at = self.next_char(at);
            seen += 1;
        }
        if at >= self.end() {
            seen += careful.zeros;
        }
        if seen >= count {
            return None;
        }
        careful.window = self.pos;
        while seen < count {
            if careful.taken >= self.end() {
                careful.zeros += 1;
                return None;
            }
            let block = careful.taken..self.block_end(careful.taken, 0);
            if block.contains(&careful.bad) {
                return Some(careful.bad);
            }
            careful.taken = block.end;
            while seen < count && at < careful.taken {
                at = self.next_char(at);
                seen += 1;
            }
        }
        None
    }

    /// Whether go-yaml's `is_bom` answers yes: it looks at the start of the reader's buffer, wherever the scanner is.
    pub fn window_starts_with_bom(&self) -> bool {
        self.careful.as_ref().is_some_and(|careful| {
            self.text.as_bytes()[careful.window.min(self.text.len())..].starts_with(BYTE_ORDER_MARK)
        })
    }

    /// Start of the character behind the one at `at`, in the text that the line reader hands on.
    fn next_char(&self, at: usize) -> usize {
        let byte = self.byte(at);
        if byte == b'\r' && self.text.as_bytes().get(at + 1) == Some(&b'\n') { at + 2 } else { at + width(byte) }
    }

    /// End of the block that starts at `from`, `used` bytes of it being taken already; a whole number of characters.
    fn block_end(&self, from: usize, mut used: usize) -> usize {
        let mut at = from;
        while at < self.end() {
            let byte = self.byte(at);
            let next = self.next_char(at);
            used += if byte == b'\r' { 1 } else { next - at };
            if used > BLOCK {
                break;
            }
            at = next;
        }
        at
    }
}

/// Length in bytes of a character that starts with `byte`.
#[inline]
pub(super) const fn width(byte: u8) -> usize {
    match byte {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Looks for characters that go-yaml refuses, byte order marks and line breaks beyond ASCII.
fn survey(bytes: &[u8], from: usize) -> Survey {
    const STEP: usize = 64;
    let mut survey = Survey::default();
    let mut at = from;
    while at < bytes.len() {
        let block = &bytes[at..(at + STEP).min(bytes.len())];
        let odd = block.iter().fold(0_u8, |odd, byte| odd | u8::from(*byte < 0x20 || *byte >= 0x7F) & is_odd(*byte));
        if odd != 0 {
            survey_block(bytes, at, block.len(), &mut survey);
        }
        at += block.len();
    }
    survey
}

const fn is_odd(byte: u8) -> u8 {
    (!(byte == b'\n' || byte == b'\t' || byte == b'\r')) as u8
}

fn survey_block(bytes: &[u8], start: usize, length: usize, survey: &mut Survey) {
    let byte_at = |at: usize| bytes.get(at).copied().unwrap_or_default();
    for (at, byte) in bytes.iter().enumerate().skip(start).take(length) {
        let bad = match byte {
            b'\n' | b'\t' | b'\r' => false,
            0..0x20 | 0x7F => true,
            0xC2 => {
                survey.unicode_breaks |= byte_at(at + 1) == 0x85;
                (0x80..0xA0).contains(&byte_at(at + 1)) && byte_at(at + 1) != 0x85
            }
            0xE2 => {
                survey.unicode_breaks |= byte_at(at + 1) == 0x80 && matches!(byte_at(at + 2), 0xA8 | 0xA9);
                false
            }
            0xEF => {
                survey.byte_order_mark |= byte_at(at + 1) == 0xBB && byte_at(at + 2) == 0xBF;
                byte_at(at + 1) == 0xBF && matches!(byte_at(at + 2), 0xBE | 0xBF)
            }
            _ => false,
        };
        if bad && survey.bad.is_none() {
            survey.bad = Some(at);
        }
    }
}
