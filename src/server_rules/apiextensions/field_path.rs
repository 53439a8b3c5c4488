//! Paths of fields as rules and selectable fields write them (`.spec.crew['first mate']`), followed through a schema.
//!
//! Apart because two parts of a definition hold one. Source: `ValidFieldPath` of apiextensions-apiserver
//! `pkg/apiserver/schema/cel/validation.go` (1.36).

use crate::yaml::{Kind, NodeRef};
use std::borrow::Cow;

/// Where a path leads.
pub(super) struct Found<'t> {
    /// The path in the server's own form; two that mean the same field are the same here.
    pub canonical: String,
    /// The first step.
    pub first: String,
    /// The schema there; none where nothing is said about the field.
    pub schema: Option<NodeRef<'t>>,
}

/// Follows a path through a schema.
///
/// # Errors
///
/// The server's words for what is wrong with it.
pub(super) fn follow<'t>(
    text: &str,
    schema: NodeRef<'t>,
    allows_brackets: bool,
) -> Result<Found<'t>, Cow<'static, str>> {
    const END: &str = "unexpected end of JSON path";
    let mut found = Found { canonical: String::new(), first: String::new(), schema: Some(schema) };
    let mut tokens = Tokens(text);
    while let Some(token) = tokens.next() {
        match token {
            "[" if !allows_brackets => return Err("array notation is not allowed".into()),
            "[" => {
                let quoted = tokens.next().ok_or(END)?;
                let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let inner = inner.ok_or_else(|| format!("expected single quoted string but got {quoted}"))?;
                step(&mut found, &unescape(inner)?)?;
                match tokens.next().ok_or(END)? {
                    "]" => {}
                    other => return Err(format!("expected ] but got {other}").into()),
                }
            }
            "." => step(&mut found, tokens.next().ok_or(END)?)?,
            other => return Err(format!("expected [ or . but got: {other}").into()),
        }
    }
    Ok(found)
}

fn step(found: &mut Found<'_>, name: &str) -> Result<(), Cow<'static, str>> {
    const NOWHERE: &str = "does not refer to a valid field";
    let schema = found.schema.ok_or(NOWHERE)?;
    let is_first = found.canonical.is_empty();
    if is_first {
        name.clone_into(&mut found.first);
    }
    if let Some(properties) = schema.get("properties").filter(|properties| !properties.is_empty()) {
        found.schema = Some(properties.get(name).ok_or(NOWHERE)?);
        if !is_first {
            found.canonical.push('.');
        }
        found.canonical.push_str(name);
    } else {
        let additional = schema.get("additionalProperties").ok_or(NOWHERE)?;
        found.schema = Some(additional).filter(|schema| schema.kind() == Kind::Mapping);
        found.canonical.push('[');
        found.canonical.push_str(name);
        found.canonical.push(']');
    }
    Ok(())
}

/// What is escaped in a quoted name (`unescapeSingleQuote`).
fn unescape(text: &str) -> Result<Cow<'_, str>, Cow<'static, str>> {
    if !text.contains('\\') {
        return Ok(text.into());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        out.push(match rest.next() {
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some(same @ ('\'' | '\\')) => same,
            Some(other) => return Err(format!("invalid string literal: invalid escape char \\{other}").into()),
            None => '\\',
        });
    }
    Ok(out.into())
}

/// Dots and brackets, and what stands between them; what begins with a quote goes on to the next.
struct Tokens<'p>(&'p str);

impl<'p> Iterator for Tokens<'p> {
    type Item = &'p str;

    fn next(&mut self) -> Option<&'p str> {
        let bytes = self.0.as_bytes();
        let first = *bytes.first()?;
        let end = match first {
            b'.' | b'[' | b']' => 1,
            b'\'' => (1..bytes.len())
                .find(|&at| bytes[at] == b'\'' && bytes[at - 1] != b'\\')
                .map_or(bytes.len(), |at| at + 1),
            _ => bytes.iter().position(|byte| b".[]".contains(byte)).unwrap_or(bytes.len()),
        };
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::follow;
    use crate::yaml::TreeBuilder;
    use serde_json::json;

    #[test]
    fn follows_names_and_keys() {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&json!({"properties": {
            "spec": {"properties": {"first mate": {"type": "string"}, "it's": {"type": "string"}}},
            "labels": {"additionalProperties": {"type": "string"}},
            "any": {"additionalProperties": true},
        }}));
        let tree = builder.finish(root);
        let ask = |text| follow(text, tree.root(), true).map(|found| found.canonical);
        assert_eq!(ask(".spec['first mate']"), Ok("spec.first mate".to_owned()));
        assert_eq!(ask(r".spec['it\'s']"), Ok("spec.it's".to_owned()));
        assert_eq!(ask(".labels['a.b']"), Ok("labels[a.b]".to_owned()));
        assert_eq!(ask(".any.thing"), Ok("any[thing]".to_owned()));
        for (text, error) in [
            ("spec", "expected [ or . but got: spec"),
            (".spec.keel", "does not refer to a valid field"),
            (".any.thing.more", "does not refer to a valid field"),
            (".spec.", "unexpected end of JSON path"),
            (".spec[0]", "expected single quoted string but got 0"),
            (".labels['a'", "unexpected end of JSON path"),
            (r".labels['\q']", r"invalid string literal: invalid escape char \q"),
        ] {
            assert_eq!(ask(text), Err(error.into()), "{text}");
        }
        assert_eq!(follow(".spec['it']", tree.root(), false).err().as_deref(), Some("array notation is not allowed"));
    }
}
