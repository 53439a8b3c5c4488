//! Files that have to pass through a template engine first.
//!
//! Apart because it is guesswork about text that is not YAML yet, and must not guess wrong in either direction:
//!
//! - Text that does not parse and has a marker *where structure stands*, at the start of a line or of a value, is a
//!   template. A manifest that fails to parse elsewhere stays a manifest.
//! - Text that parses is a template by luck where a marker stands in what identifies the object, which no server
//!   accepts; in a built-in kind, where it stands in any field that has a syntax of its own. Braces in
//!   annotations, commands, environment and configuration data are meant for whoever reads those; custom kinds
//!   (`ApplicationSet`, `Workflow`, `PrometheusRule`) carry templates of their own by design.

use super::document::{group_of, is_served_group};
use crate::yaml::{NodeRef, Value};

/// Fields whose text belongs to a program of its own.
const FREE_TEXT: &[&str] = &[
    "annotations",
    "args",
    "binaryData",
    "command",
    "data",
    "description",
    "env",
    "expression",
    "message",
    "messageExpression",
    "openAPIV3Schema",
    "stringData",
    "value",
    "valueExpression",
];

/// Whether text that does not parse is written for a template engine.
pub(super) fn is_written_as_one(text: &str) -> bool {
    const OPENING: &[&str] = &["{{", "{%", "<%", "%{", "[%"];
    text.lines().any(|line| {
        let line = line.trim_start();
        if line.starts_with('#') {
            return false;
        }
        let item = line.trim_start_matches("- ");
        OPENING.iter().any(|mark| item.starts_with(mark))
            || line.split_once(": ").is_some_and(|(_, value)| is_placeholder(value.trim_start()))
    }) || is_wrapped_in_comments(text)
}

/// Whether a value starts with what YAML cannot read and an engine or `sed` replaces: `{{ x }}`, `{% x %}`, `{NAME}.x`,
/// `@NAME@`, `%NAME%`.
fn is_placeholder(value: &str) -> bool {
    let closes = |open: char, close: char| {
        value.strip_prefix(open).and_then(|rest| rest.find(close).map(|at| &rest[..at])).is_some_and(|name| {
            name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        })
    };
    value.starts_with("{{") || value.starts_with("{%") || closes('{', '}') || closes('@', '@') || closes('%', '%')
}

/// Whether the engine's own statements stand in comments, so that the text parses before it is rendered, too.
pub(super) fn is_wrapped_in_comments(text: &str) -> bool {
    text.lines().any(|line| {
        let Some(comment) = line.trim_start().strip_prefix('#') else { return false };
        let Some(inside) = comment.trim_start().strip_prefix("{{") else { return false };
        let statement = inside.trim_start_matches('-').trim_start();
        ["if ", "range ", "with ", "define ", "block ", "end }}", "end -}}", "else }}", "else -}}"]
            .iter()
            .any(|keyword| statement.starts_with(keyword))
    })
}

/// Whether an object holds a placeholder where no server takes one.
pub(super) fn is_in_an_object(root: NodeRef<'_>) -> bool {
    if let Some(items) = root.get("items")
        && items.elements().any(is_in_an_object)
    {
        return true;
    }
    let identity: [&[&str]; 5] =
        [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"], &["metadata", "generateName"]];
    if identity.iter().filter_map(|path| root.at(path)).filter_map(NodeRef::as_str).any(has_placeholder) {
        return true;
    }
    let built_in = root
        .get("apiVersion")
        .and_then(NodeRef::as_str)
        .is_some_and(|api_version| is_served_group(group_of(api_version)));
    built_in && holds_placeholder(root)
}

fn holds_placeholder(node: NodeRef<'_>) -> bool {
    match node.value() {
        Value::String(text) => has_placeholder(text),
        Value::Sequence => node.elements().any(holds_placeholder),
        Value::Mapping => node.entries().any(|entry| {
            has_placeholder(entry.name()) || (!FREE_TEXT.contains(&entry.name()) && holds_placeholder(entry.value))
        }),
        _ => false,
    }
}

/// `{{ x }}`, `{% x %}`, `<% x %>`, `[% x %]`, `${X}`, `__X__`: on one line and closed.
fn has_placeholder(text: &str) -> bool {
    // Nearly every text has none of these, and one look is cheaper than six.
    if !text.bytes().any(|byte| matches!(byte, b'{' | b'<' | b'[' | b'_')) {
        return false;
    }
    let holds = |open: &str, close: &str| {
        text.split_once(open)
            .is_some_and(|(_, behind)| behind.split('\n').next().is_some_and(|line| line.contains(close)))
    };
    [("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("[%", "%]")].iter().any(|(open, close)| holds(open, close))
        || holds_variable(text)
        || holds_word(text)
}

/// `__NAME__`, in capitals: nothing the API server gives a syntax has two underscores before a capital.
fn holds_word(text: &str) -> bool {
    text.split_once("__").and_then(|(_, behind)| behind.split_once("__")).is_some_and(|(name, _)| {
        name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// `${NAME}` and `${NAME:-default}` as `envsubst` and Flux replace them.
fn holds_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let name = &text[at + 2..];
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts_well && name[end..].starts_with(['}', ':', '-', '=', '?', '/', '%', '#']) && name[end..].contains('}')
    })
}
