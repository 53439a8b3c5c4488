//! Other text in the place of a scalar, such that the file stays what it is: JSON stays JSON, quotes stay quotes.
//!
//! Apart because only here it is known what a plain scalar may hold and what a change of it reaches.

use super::resolve::{self, Resolved};
use super::tree::{ByteRange, Kind, NodeRef, Style, Tree};

impl Tree {
    /// Whether a change of these bytes changes more than the place they stand in: an alias stands for a value that
    /// holds them.
    pub fn is_shared(&self, range: ByteRange) -> bool {
        if self.anchors.is_empty() {
            return false;
        }
        let targets = self.nodes.iter().filter(|node| node.kind == Kind::Alias).map(|node| self.nodes[node.a as usize]);
        let mut holders = targets.map(|target| target.range);
        holders.any(|holder| holder.start <= range.start && range.end <= holder.end)
    }
}

impl<'t> NodeRef<'t> {
    /// The bytes that the value was read from; none if it was computed.
    pub fn written(self) -> Option<&'t str> {
        let ByteRange { start, end } = self.range();
        self.tree().text().get(start as usize..end as usize).filter(|written| !written.is_empty())
    }

    /// The text of a scalar that stands on one line and has its type from its own look: no block scalar, no tag.
    pub fn written_simply(self) -> Option<&'t str> {
        let written = self.written().filter(|written| !written.contains(['\n', '\r']))?;
        let has_style = match self.style() {
            Style::Plain => written.starts_with(|c| c != '"' && c != '\''),
            Style::SingleQuoted => written.len() >= 2 && written.starts_with('\'') && written.ends_with('\''),
            Style::DoubleQuoted => written.len() >= 2 && written.starts_with('"') && written.ends_with('"'),
            _ => false,
        };
        (has_style && !self.is_tagged()).then_some(written)
    }

    /// Whether a tag stands before the value. What cannot be told is taken for one.
    pub fn is_tagged(self) -> bool {
        let text = self.tree().text();
        let mut before = &text[..self.range().start as usize];
        loop {
            before = before.trim_end_matches([' ', '\t', '\r', '\n']);
            let comments = self.tree().comments();
            let comment = comments.iter().rev().find(|comment| comment.range.end as usize == before.len());
            if let Some(comment) = comment {
                before = &before[..comment.range.start as usize];
                continue;
            }
            let from = before.rfind([' ', '\t', '\r', '\n', ',', '[', '{', ':']).map_or(0, |at| at + 1);
            match &before[from..] {
                // A verbatim tag and a tag with a prefix may hold a colon.
                last if last.starts_with('!') || last.ends_with('>') => return true,
                last if last.starts_with('&') => before = &before[..from],
                _ => {
                    let line = before.rfind('\n').map_or(0, |at| at + 1);
                    let word = before[line..].rfind([' ', '\t']).map_or(line, |at| line + at + 1);
                    return before[word..].starts_with('!');
                }
            }
        }
    }

    /// How a string is written in the place of this scalar or key: in its quotes, or without where it has none and the
    /// string needs none. None where that cannot be told: a block scalar, an alias, what nobody wrote.
    pub fn respelled(self, text: &str) -> Option<String> {
        if self.is_alias() {
            return None;
        }
        let written = self.written_simply()?;
        let is_clean = |quote: char| !text.contains(|c: char| c == quote || c.is_control());
        Some(match self.style() {
            Style::SingleQuoted if is_clean('\'') => format!("'{text}'"),
            Style::Plain if stands_plain(text) && !written.starts_with(['|', '>', '*']) => text.to_owned(),
            _ => double_quoted(text),
        })
    }
}

/// Whether a string can stand without quotes wherever a scalar can, and is read as the string it is.
pub fn stands_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-'))
        && resolve::plain(text) == Resolved::Text
}

/// A string in double quotes, as JSON and YAML both read it.
pub fn double_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use crate::yaml::{Content, NodeRef, Options, Tree, decode_bytes, read};
    use std::sync::Arc;

    fn tree(text: &str) -> Arc<Tree> {
        let stream = read(&decode_bytes(text.as_bytes().to_vec()), &Options::default());
        match &stream.documents[0].content {
            Content::Value(tree) => Arc::clone(tree),
            other => panic!("{other:?}"),
        }
    }

    fn respelled(text: &str, new: &str) -> Option<String> {
        tree(text).root().get("a").and_then(|node| node.respelled(new))
    }

    #[test]
    fn quotes_stay_and_come_where_they_are_needed() {
        for (text, new, written) in [
            ("a: x", "Always", Some("Always")),
            ("a: x", "yes", Some("\"yes\"")),
            ("a: x", "80", Some("\"80\"")),
            ("a: x", "a: b", Some("\"a: b\"")),
            ("a: 'x'", "Always", Some("'Always'")),
            ("a: 'x'", "it's", Some("\"it's\"")),
            ("{\"a\":\"x\"}", "Always", Some("\"Always\"")),
            ("a: &n x", "Always", Some("Always")),
            ("a: |\n  x\n", "Always", None),
            ("a: !!str x", "Always", None),
            ("a: x\n  y", "Always", None),
        ] {
            assert_eq!(respelled(text, new).as_deref(), written, "{text}");
        }
    }

    #[test]
    fn tags_are_seen_behind_anchors_comments_and_line_ends() {
        for (text, tagged) in [
            ("a: x", false),
            ("a: !!str x", true),
            ("a: !!str &n x", true),
            ("a: &n !<tag:yaml.org,2002:str> x", true),
            ("a: ! # why\n  x", true),
            ("a: # !no\n  x", false),
            ("{b: !!int 1, a: x}", false),
            ("{a: !x:y x}", true),
        ] {
            assert_eq!(tree(text).root().get("a").map(NodeRef::is_tagged), Some(tagged), "{text}");
        }
    }

    #[test]
    fn what_an_alias_stands_for_is_shared() {
        let tree = tree("b: &n {x: 1}\na: 2\nc:\n  <<: *n\n");
        let range = |path: &[&str]| tree.root().at(path).expect("there").range();
        assert!(tree.is_shared(range(&["b", "x"])) && tree.is_shared(range(&["c", "x"])));
        assert!(!tree.is_shared(range(&["a"])));
    }
}
