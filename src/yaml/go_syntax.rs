//! Values as Go prints them with `%#v`, which go-yaml does in two of its messages.
//!
//! Apart because it is about words only.

use super::compose::Raw;
use super::go_float;
use super::tree::{Kind, Node, NodeIndex};
use std::fmt::Write as _;

/// Longer texts are cut: the message of a huge key helps nobody.
const LIMIT: usize = 4096;

enum Step {
    Text(&'static str),
    Value(NodeIndex),
}

/// The value of a node before conversion to JSON, as `%#v` prints it.
pub(super) fn value(raw: &Raw, text: &str, decoded: &str, index: NodeIndex) -> String {
    let mut out = String::new();
    let mut steps = vec![Step::Value(index)];
    while let Some(step) = steps.pop() {
        if out.len() > LIMIT {
            out.push_str("...");
            break;
        }
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Value(index) => write_value(raw, text, decoded, index, &mut out, &mut steps),
        }
    }
    out
}

fn write_value(raw: &Raw, text: &str, decoded: &str, index: NodeIndex, out: &mut String, steps: &mut Vec<Step>) {
    let mut node = &raw.nodes[index.0 as usize];
    let mut index = index;
    while node.kind == Kind::Alias && (node.a as usize) < raw.nodes.len() {
        index = NodeIndex(node.a);
        node = &raw.nodes[node.a as usize];
    }
    let children = node.a as usize..(node.a as usize).saturating_add(node.b as usize);
    match node.kind {
        Kind::Null | Kind::Alias => out.push_str("interface {}(nil)"),
        Kind::Sequence => {
            out.push_str("[]interface {}{");
            steps.push(Step::Text("}"));
            for (at, element) in raw.elements[children].iter().enumerate().rev() {
                steps.push(Step::Value(*element));
                if at > 0 {
                    steps.push(Step::Text(", "));
                }
            }
        }
        Kind::Mapping => {
            out.push_str("map[interface {}]interface {}{");
            steps.push(Step::Text("}"));
            let mut entries = raw.entries[children].to_vec();
            entries.sort_by_key(|entry| scalar(raw, text, decoded, entry.key, &raw.nodes[entry.key.0 as usize]));
            for (at, entry) in entries.iter().enumerate().rev() {
                steps.push(Step::Value(entry.value));
                steps.push(Step::Text(":"));
                steps.push(Step::Value(entry.key));
                if at > 0 {
                    steps.push(Step::Text(", "));
                }
            }
        }
        _ => out.push_str(&scalar(raw, text, decoded, index, node)),
    }
}

fn scalar(raw: &Raw, text: &str, decoded: &str, index: NodeIndex, node: &Node) -> String {
    let bits = u64::from(node.a) | (u64::from(node.b) << 32);
    match node.kind {
        Kind::Bool => (node.a != 0).to_string(),
        Kind::Int => bits.cast_signed().to_string(),
        Kind::Float => match raw.unsigned.binary_search_by_key(&index, |(unsigned, _)| *unsigned) {
            Ok(found) => format!("0x{:x}", raw.unsigned[found].1),
            Err(_) => go_float::verbose(f64::from_bits(bits)),
        },
        Kind::String => {
            let from = if node.decoded { decoded } else { text };
            quote(&from[node.a as usize..node.a as usize + node.b as usize])
        }
        _ => "interface {}(nil)".to_owned(),
    }
}

/// A string as Go's `strconv.Quote` prints it.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{B}' => out.push_str("\\v"),
            ' '..='~' => out.push(char),
            '\0'..='\u{7F}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(char));
            }
            '\u{80}'..='\u{A0}'
            | '\u{AD}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{200B}'..='\u{200F}'
            | '\u{E000}'..='\u{F8FF}'
            | '\u{FEFF}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}
