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
        if !schema.properties.is_empty() {
            schema = schema.property(&name)?;
            segments.push(Segment::Field(name));
        } else {
            schema = schema.additional()?;
            segments.push(Segment::Key(name));
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
