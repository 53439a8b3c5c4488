//! Bytes of a text as lines and characters of the protocol, and back.
//!
//! Apart because the client chooses what a character is: a byte, a UTF-16 unit or a code point. Everywhere else places
//! are bytes.

use crate::yaml::ByteRange;
use lsp_types::{ClientCapabilities, Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units: what every client understands.
    #[default]
    Utf16,
    /// Code points.
    Utf32,
}

impl Encoding {
    /// The best of those that a client offers. UTF-8 costs nothing.
    pub fn negotiate(capabilities: &ClientCapabilities) -> Self {
        let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        let offers = |kind: &PositionEncodingKind| offered.is_some_and(|offered| offered.contains(kind));
        if offers(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offers(&PositionEncodingKind::UTF32) && !offers(&PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// The protocol's word.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, char: char) -> usize {
        match self {
            Encoding::Utf8 => char.len_utf8(),
            Encoding::Utf16 => char.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// A text with the starts of its lines.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    /// Finds the lines: they end with a line feed, a carriage return, or both.
    pub fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let is_end = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(|at| is_end(*at)).map(|at| at + 1)).collect();
        Self { text, starts, encoding }
    }

    /// The place of a byte; of the end, beyond it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = self.text[self.starts[line]..].char_indices();
        let start = self.starts[line];
        let before = before.take_while(|(at, char)| start + at + char.len_utf8() <= offset);
        let column: usize = before.map(|(_, char)| self.encoding.width(char)).sum();
        Position { line: line as u32, character: column as u32 }
    }

    /// The byte at a place; the end of the line or of the text, beyond it.
    pub fn offset(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return self.text.len() };
        let mut column = 0;
        for (at, char) in self.text[start..].char_indices() {
            if column >= position.character as usize || matches!(char, '\n' | '\r') {
                return start + at;
            }
            column += self.encoding.width(char);
        }
        self.text.len()
    }

    /// A range of bytes as the protocol has it.
    pub fn range(&self, range: ByteRange) -> Range {
        Range { start: self.position(range.start as usize), end: self.position(range.end as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines};
    use lsp_types::Position;

    #[test]
    fn columns_count_what_the_client_counts() {
        let text = "a: 🚢b\r\nc: d\n";
        let b = text.find('b').unwrap();
        for (encoding, column) in [(Encoding::Utf8, 7), (Encoding::Utf16, 5), (Encoding::Utf32, 4)] {
            let lines = Lines::new(text, encoding);
            let position = Position { line: 0, character: column };
            assert_eq!((lines.position(b), lines.offset(position)), (position, b));
            assert_eq!(lines.position(text.find('d').unwrap()), Position { line: 1, character: 3 });
            assert_eq!(lines.offset(Position { line: 0, character: 99 }), text.find('\r').unwrap());
            assert_eq!(lines.offset(Position { line: 99, character: 0 }), text.len());
            assert_eq!(lines.position(999), Position { line: 2, character: 0 });
        }
    }

    #[test]
    fn a_place_inside_a_character_is_a_place_beside_it() {
        let lines = Lines::new("🚢x", Encoding::Utf16);
        assert_eq!(lines.offset(Position { line: 0, character: 1 }), "🚢".len());
        assert_eq!(lines.position(2), Position { line: 0, character: 0 });
        assert_eq!(Lines::new("a\rb", Encoding::Utf8).position(2), Position { line: 1, character: 0 });
    }
}
