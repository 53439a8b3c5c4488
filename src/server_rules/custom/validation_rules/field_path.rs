//! `fieldPath` of a rule.
//!
//! Apart because it is a small grammar of its own: `.spec['a.b'].c`. Source: `ValidFieldPath` of apiextensions
//! `pkg/apiserver/schema/cel/validation.go` (1.36).

use super::super::schema::JsonSchema;
use crate::object::{FieldPath, Segment};

/// The path; none where it names nothing that the schema has.
pub fn parse(text: &str, schema: &JsonSchema) -> Option<FieldPath> {
    let mut segments = Vec::new();
    let mut schema = schema;
    let mut rest = text;
    while !rest.is_empty() {
        let name;
        if let Some(behind) = rest.strip_prefix('.') {
            let end = behind.find(['.', '[', ']']).unwrap_or(behind.len());
            name = behind[..end].to_owned();
            rest = &behind[end..];
        } else {
            let behind = rest.strip_prefix("['")?;
            let end = closing(behind)?;
            name = unescape(&behind[..end])?;
            rest = behind[end + 1..].strip_prefix(']')?;
        }
        if schema.properties.is_empty() {
            schema = schema.additional()?;
            segments.push(Segment::Key(name));
        } else {
            schema = schema.property(&name)?;
            segments.push(Segment::Field(name));
        }
    }
    Some(FieldPath(segments))
}

/// The place of the quote that ends a text.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|place| bytes[*place] == b'\'' && (*place == 0 || bytes[place - 1] != b'\\'))
}

fn unescape(text: &str) -> Option<String> {
    let mut unescaped = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            unescaped.push(char);
            continue;
        }
        unescaped.push(match chars.next()? {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            quoted @ ('\'' | '\\') => quoted,
            _ => return None,
        });
    }
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::JsonSchema;
    use super::super::super::testing::tree;
    use super::parse;
    use serde_json::json;

    #[test]
    fn paths_name_what_the_schema_has() {
        let tree = tree(&json!({"type": "object", "properties": {"keel": {"type": "object", "properties": {
            "a.b": {"type": "string"}}}, "flags": {"type": "object", "additionalProperties": {"type": "string"}}}}));
        let schema = JsonSchema::read(tree.root());
        let shown = |text: &str| parse(text, &schema).map(|path| path.to_string());
        assert_eq!(shown(".keel['a.b']").as_deref(), Some("keel.a.b"));
        assert_eq!(shown(".flags['x']").as_deref(), Some("flags[x]"));
        for text in ["keel", ".mast", ".keel[a]", ".keel['a.b'", "é"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
