//! The texts that are open in the editor.
//!
//! Apart because an edit is told in positions of the text before it, and everything else sees whole texts.

use super::position::{Encoding, Lines};
use lsp_types::{TextDocumentContentChangeEvent, Uri};
use std::collections::HashMap;

/// An open text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name as the client spells it.
    pub uri: Uri,
    /// The client's number for this state of it.
    pub version: i32,
    /// The text.
    pub text: String,
}

impl Document {
    /// Makes the changes, one after the other.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        self.version = version;
        for change in changes {
            let Some(range) = change.range else {
                self.text = change.text;
                continue;
            };
            let lines = Lines::new(&self.text, encoding);
            let (start, end) = (lines.offset(range.start), lines.offset(range.end));
            self.text.replace_range(start..end.max(start), &change.text);
        }
    }
}

/// Every open text, by absolute path.
pub type Documents = HashMap<String, Document>;

#[cfg(test)]
mod tests {
    use super::{Document, Encoding};
    use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};
    use std::str::FromStr;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let position = |(line, character)| Position { line, character };
        let range = Some(Range { start: position(from), end: position(to) });
        TextDocumentContentChangeEvent { range, range_length: None, text: text.to_owned() }
    }

    #[test]
    fn changes_are_made_in_turn_and_odd_ranges_do_no_harm() {
        let uri = Uri::from_str("file:///a.yaml").unwrap();
        let mut document = Document { uri, version: 1, text: "a: 🚢\nb: 2\n".to_owned() };
        document.change(2, vec![change((0, 3), (0, 5), "tug"), change((1, 3), (1, 4), "3")], Encoding::Utf16);
        assert_eq!((document.text.as_str(), document.version), ("a: tug\nb: 3\n", 2));
        document.change(3, vec![change((7, 0), (9, 9), "c: 4\n"), change((1, 2), (0, 1), "x")], Encoding::Utf16);
        assert_eq!(document.text, "a: tug\nb:x 3\nc: 4\n");
        let whole = TextDocumentContentChangeEvent { range: None, range_length: None, text: "d".to_owned() };
        document.change(4, vec![whole], Encoding::Utf16);
        assert_eq!(document.text, "d");
    }
}
