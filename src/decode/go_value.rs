//! Values as Go's `fmt` prints them: `%v`, and `%#v` of what stands in an unstructured object.
//!
//! Apart because the errors of server-side apply show values so, and nothing else does.

use super::go_number::integer;
use crate::go_quote::go_quote;
use crate::yaml::{NodeRef, Value};
use std::fmt::Write as _;

/// `%v`: `map[a:1 b:[x y]]`.
pub(super) fn plain(node: NodeRef<'_>) -> String {
    let mut text = String::new();
    write_plain(node, &mut text);
    text
}

fn write_plain(node: NodeRef<'_>, text: &mut String) {
    match node.value() {
        Value::Null => text.push_str("<nil>"),
        Value::String(value) => text.push_str(value),
        Value::Sequence => {
            text.push('[');
            for (index, element) in node.elements().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                write_plain(element, text);
            }
            text.push(']');
        }
        Value::Mapping => {
            text.push_str("map[");
            for (index, entry) in node.entries().enumerate() {
                let separator = if index > 0 { " " } else { "" };
                let _ = write!(text, "{separator}{}:", entry.name());
                write_plain(entry.value, text);
            }
            text.push(']');
        }
        _ => text.push_str(&scalar(node)),
    }
}

/// `%#v`: `map[string]interface {}{"a":1, "b":[]interface {}{"x"}}`.
pub(super) fn syntax(node: NodeRef<'_>) -> String {
    let mut text = String::new();
    write_syntax(node, &mut text);
    text
}

fn write_syntax(node: NodeRef<'_>, text: &mut String) {
    match node.value() {
        Value::Null => text.push_str("interface {}(nil)"),
        Value::String(value) => text.push_str(&go_quote(value)),
        Value::Sequence => {
            text.push_str("[]interface {}{");
            for (index, element) in node.elements().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_syntax(element, text);
            }
            text.push('}');
        }
        Value::Mapping => {
            text.push_str("map[string]interface {}{");
            for (index, entry) in node.entries().enumerate() {
                let separator = if index > 0 { ", " } else { "" };
                let _ = write!(text, "{separator}{}:", go_quote(entry.name()));
                write_syntax(entry.value, text);
            }
            text.push('}');
        }
        _ => text.push_str(&scalar(node)),
    }
}

/// As the path elements of structured-merge-diff print a value (`value.ToString`): strings quoted, the parts of a list
/// with commas between, those of a map without anything between.
pub(super) fn in_path(node: NodeRef<'_>) -> String {
    match node.value() {
        Value::Null => "null".to_owned(),
        Value::String(value) => go_quote(value),
        Value::Sequence => {
            let elements: Vec<String> = node.elements().map(in_path).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Mapping => {
            let entries: Vec<String> = node.entries().map(|e| format!("{}={}", e.name(), in_path(e.value))).collect();
            entries.concat()
        }
        _ => scalar(node),
    }
}

fn scalar(node: NodeRef<'_>) -> String {
    match node.value() {
        Value::Bool(value) => value.to_string(),
        Value::Float(value) => integer(node).map_or_else(|| float(value), |value| value.to_string()),
        Value::Int(value) => value.to_string(),
        _ => String::new(),
    }
}

/// `%v` of a float: the shortest digits, with an exponent of two digits below 1e-4 and from 1e21 on.
fn float(value: f64) -> String {
    if value == 0.0 || (1e-4..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::{in_path, plain, syntax};
    use serde_json::json;

    #[test]
    fn prints_what_go_prints() {
        let value = json!({"a": 1, "b": ["x", null, true, 1.5, 1e-5, 3.0, 1e21], "c": {}});
        let tree = tree(&value);
        assert_eq!(plain(tree.root()), "map[a:1 b:[x <nil> true 1.5 1e-05 3 1e+21] c:map[]]");
        assert_eq!(in_path(tree.root()), "a=1b=[\"x\",null,true,1.5,1e-05,3,1e+21]c=");
        assert_eq!(
            syntax(tree.root()),
            "map[string]interface {}{\"a\":1, \"b\":[]interface {}{\"x\", interface {}(nil), true, 1.5, 1e-05, 3, 1e+21}, \
             \"c\":map[string]interface {}{}}"
        );
    }
}
