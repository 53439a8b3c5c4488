//! Values as Go prints them with `%#v`, which go-yaml does in two of its messages.
//!
//! Apart because it is about words only.

use super::compose::Raw;
use super::go_float;
use super::tree::{Kind, Node, NodeIndex};
use crate::go_quote::go_quote;

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
            entries.sort_by_cached_key(|entry| sort_key(raw, text, decoded, entry.key));
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
            let text = &from[node.a as usize..node.a as usize + node.b as usize];
            match text.char_indices().find(|(at, _)| *at >= LIMIT) {
                Some((end, _)) => go_quote(&text[..end]) + "...",
                None => go_quote(text),
            }
        }
        _ => "interface {}(nil)".to_owned(),
    }
}

/// Go's `fmt` sorts the keys of a map: by type, then by value. Which type comes first is not told; here it is that of
/// most keys.
fn sort_key<'r>(raw: &Raw, text: &'r str, decoded: &'r str, key: NodeIndex) -> (u8, i64, &'r str) {
    let node = &raw.nodes[key.0 as usize];
    match node.kind {
        Kind::String => {
            let from = if node.decoded { decoded } else { text };
            (0, 0, &from[node.a as usize..node.a as usize + node.b as usize])
        }
        Kind::Int => (1, (u64::from(node.a) | (u64::from(node.b) << 32)).cast_signed(), ""),
        Kind::Bool => (2, i64::from(node.a), ""),
        _ => (3, 0, ""),
    }
}
