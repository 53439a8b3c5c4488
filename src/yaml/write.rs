//! JSON text of a value, as Go's `encoding/json` writes it.
//!
//! Apart because it goes the other way: last-applied annotations and the output of `seaworthy read` need what kubectl
//! would write, to the byte.

use super::go_float;
use super::tree::{NodeRef, Value};
use std::fmt::Write as _;

/// Which characters are escaped though JSON does not ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// U+2028 and U+2029 only: `SetEscapeHTML(false)`.
    Minimal,
    /// `<`, `>` and `&` as well: what `json.Marshal` does.
    Html,
}

enum Step<'t> {
    Value(NodeRef<'t>),
    Key(&'t str),
    Text(&'static str),
}

/// The value as compact JSON: keys sorted by bytes, no spaces, numbers as Go prints them. Nesting costs no stack.
pub fn write_json(node: NodeRef<'_>, escape: Escape) -> String {
    let mut out = String::new();
    let mut steps = vec![Step::Value(node)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Key(key) => {
                write_string(&mut out, key, escape);
                out.push(':');
            }
            Step::Value(node) => match node.value() {
                Value::Null => out.push_str("null"),
                Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
                Value::Int(value) => {
                    let _ = write!(out, "{value}");
                }
                Value::Float(value) => out.push_str(&go_float::json(value)),
                Value::String(value) => write_string(&mut out, value, escape),
                Value::Sequence => {
                    out.push('[');
                    steps.push(Step::Text("]"));
                    for (at, element) in node.elements().enumerate().rev() {
                        steps.push(Step::Value(element));
                        if at > 0 {
                            steps.push(Step::Text(","));
                        }
                    }
                }
                Value::Mapping => {
                    out.push('{');
                    steps.push(Step::Text("}"));
                    for (at, entry) in node.entries().enumerate().rev() {
                        steps.push(Step::Value(entry.value));
                        steps.push(Step::Key(entry.name()));
                        if at > 0 {
                            steps.push(Step::Text(","));
                        }
                    }
                }
            },
        }
    }
    out
}

/// A JSON string with its quotes.
pub(super) fn write_string(out: &mut String, text: &str, escape: Escape) {
    out.push('"');
    let mut from = 0;
    for (at, char) in text.char_indices() {
        let escaped = match char {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{C}' => "\\f",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '<' if escape == Escape::Html => "\\u003c",
            '>' if escape == Escape::Html => "\\u003e",
            '&' if escape == Escape::Html => "\\u0026",
            '\0'..='\u{1F}' => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        if escaped.is_empty() {
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        } else {
            out.push_str(escaped);
        }
        from = at + char.len_utf8();
    }
    out.push_str(&text[from..]);
    out.push('"');
}
