//! Texts: what the language has for them, and version 2 of the strings extension.
//!
//! Apart because places in a text are counted in characters. Source: cel-go v0.26 `common/types/string.go`,
//! `ext/strings.go`.

use super::{Answer, failed};
use crate::cel::error::EvaluationError;
use crate::cel::value::Value;
use std::fmt::Write as _;

/// Calls a function of texts.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    Some(match (function, arguments) {
        ("size", [Value::String(text)]) => Ok(text.chars().count().into()),
        ("size", [Value::Bytes(bytes)]) => Ok(bytes.len().into()),
        ("size", [Value::List(list)]) => Ok(list.elements.len().into()),
        ("size", [Value::Map(map)]) => Ok(map.len().into()),
        ("contains", [Value::String(text), Value::String(part)]) => Ok(text.contains(&**part).into()),
        ("startsWith", [Value::String(text), Value::String(part)]) => Ok(text.starts_with(&**part).into()),
        ("endsWith", [Value::String(text), Value::String(part)]) => Ok(text.ends_with(&**part).into()),
        ("charAt", [Value::String(text), Value::Int(place)]) => char_at(text, *place),
        ("indexOf", [Value::String(text), Value::String(part)]) => index_of(text, part, 0),
        ("indexOf", [Value::String(text), Value::String(part), Value::Int(from)]) => index_of(text, part, *from),
        ("lastIndexOf", [Value::String(text), Value::String(part)]) => last_index_of(text, part, None),
        ("lastIndexOf", [Value::String(text), Value::String(part), Value::Int(from)]) => {
            last_index_of(text, part, Some(*from))
        }
        ("lowerAscii", [Value::String(text)]) => Ok(Value::string(text.to_ascii_lowercase())),
        ("upperAscii", [Value::String(text)]) => Ok(Value::string(text.to_ascii_uppercase())),
        ("replace", [Value::String(text), Value::String(old), Value::String(new)]) => {
            Ok(Value::string(text.replace(&**old, new)))
        }
        ("replace", [Value::String(text), Value::String(old), Value::String(new), Value::Int(times)]) => {
            Ok(Value::string(match usize::try_from(*times) {
                Ok(times) => text.replacen(&**old, new, times),
                Err(_) => text.replace(&**old, new),
            }))
        }
        ("split", [Value::String(text), Value::String(by)]) => Ok(Value::strings(split(text, by, -1))),
        ("split", [Value::String(text), Value::String(by), Value::Int(most)]) => {
            Ok(Value::strings(split(text, by, *most)))
        }
        ("substring", [Value::String(text), Value::Int(from)]) => {
            let size = text.chars().count();
            match usize::try_from(*from).ok().filter(|from| *from <= size) {
                Some(from) => Ok(Value::string(text.chars().skip(from).collect::<String>())),
                None => failed(format!("index out of range: {from}")),
            }
        }
        ("substring", [Value::String(text), Value::Int(from), Value::Int(to)]) => substring(text, *from, *to),
        ("trim", [Value::String(text)]) => Ok(Value::string(text.trim())),
        ("join", [Value::List(list)]) => join(&list.elements, ""),
        ("join", [Value::List(list), Value::String(by)]) => join(&list.elements, by),
        ("strings.quote", [Value::String(text)]) => Ok(Value::string(quote(text))),
        ("jsonpatch.escapeKey", [Value::String(text)]) => Ok(Value::string(text.replace('~', "~0").replace('/', "~1"))),
        _ => return None,
    })
}

fn out_of_range(place: i64) -> Result<Value, EvaluationError> {
    failed(format!("index out of range: {place}"))
}

fn char_at(text: &str, place: i64) -> Result<Value, EvaluationError> {
    let size = text.chars().count();
    match usize::try_from(place).ok().filter(|place| *place <= size) {
        Some(place) => Ok(Value::string(text.chars().nth(place).map(String::from).unwrap_or_default())),
        None => out_of_range(place),
    }
}

fn substring(text: &str, from: i64, to: i64) -> Result<Value, EvaluationError> {
    if from > to {
        return failed(format!("invalid substring range. start: {from}, end: {to}"));
    }
    let size = text.chars().count();
    let inside = |place: i64| usize::try_from(place).ok().filter(|place| *place <= size);
    match (inside(from), inside(to)) {
        (None, _) => out_of_range(from),
        (_, None) => out_of_range(to),
        (Some(from), Some(to)) => Ok(Value::string(text.chars().skip(from).take(to - from).collect::<String>())),
    }
}

fn index_of(text: &str, part: &str, from: i64) -> Result<Value, EvaluationError> {
    if part.is_empty() {
        return Ok(Value::Int(from));
    }
    let Ok(from) = usize::try_from(from) else { return out_of_range(from) };
    let Some((start, _)) = text.char_indices().nth(from) else { return Ok(Value::Int(-1)) };
    Ok(match text[start..].find(part) {
        Some(found) => (from + text[start..start + found].chars().count()).into(),
        None => Value::Int(-1),
    })
}

fn last_index_of(text: &str, part: &str, from: Option<i64>) -> Result<Value, EvaluationError> {
    let size = text.chars().count();
    if part.is_empty() {
        return Ok(from.map_or_else(|| size.into(), Value::Int));
    }
    let Some(from) = from else {
        return Ok(text.rfind(part).map_or(Value::Int(-1), |found| text[..found].chars().count().into()));
    };
    let Ok(from) = usize::try_from(from) else { return out_of_range(from) };
    if from >= size {
        return Ok(Value::Int(-1));
    }
    // The match begins at this character at the latest.
    let end = text.char_indices().nth(from).map_or(text.len(), |(start, _)| start + part.len()).min(text.len());
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    let found = text[..end].rmatch_indices(part).map(|(found, _)| text[..found].chars().count());
    Ok(found.into_iter().find(|found| *found <= from).map_or(Value::Int(-1), Into::into))
}

/// As Go's `strings.SplitN`.
fn split<'t>(text: &'t str, by: &str, most: i64) -> Vec<&'t str> {
    let limit = match most {
        0 => return Vec::new(),
        most => usize::try_from(most).unwrap_or(usize::MAX),
    };
    if !by.is_empty() {
        return text.splitn(limit, by).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 == limit {
            break;
        }
        let (head, tail) = rest.split_at(first.len_utf8());
        parts.push(head);
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn join(elements: &[Value], by: &str) -> Result<Value, EvaluationError> {
    let mut text = String::new();
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            text.push_str(by);
        }
        match element.checked()? {
            Value::String(part) => text.push_str(&part),
            other => return failed(format!("join: invalid input: {}", shown(&other))),
        }
    }
    Ok(Value::string(text))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// A value as Go's `%v` shows it in an error.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => super::conversions::double_text(*value),
        Value::String(text) => text.to_string(),
        Value::List(list) => {
            let mut text = String::from("[");
            for (place, element) in list.elements.iter().enumerate() {
                let _ = write!(text, "{}{}", if place > 0 { ", " } else { "" }, shown(element));
            }
            text.push(']');
            text
        }
        other => other.type_name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn takes_texts_apart() {
        holds("'kéel'.size() == 4 && 'keel'.contains('ee') && 'keel'.startsWith('k') && 'keel'.endsWith('l')");
        holds("'kéel'.charAt(1) == 'é' && 'keel'.charAt(4) == '' && 'kéel'.indexOf('e') == 2");
        holds("'keel'.indexOf('x') == -1 && 'keel'.indexOf('', 2) == 2 && 'keel'.indexOf('e', 2) == 2");
        holds("'keel'.lastIndexOf('e') == 2 && 'keel'.lastIndexOf('e', 1) == 1 && 'keel'.lastIndexOf('k', 3) == 0");
        holds("'KeeL'.lowerAscii() == 'keel' && 'keel'.upperAscii() == 'KEEL' && ' keel '.trim() == 'keel'");
        holds("'keel'.replace('e', 'a') == 'kaal' && 'keel'.replace('e', 'a', 1) == 'kael'");
        holds("'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']");
        holds("'ab'.split('') == ['a', 'b'] && ''.split(',') == [''] && 'ab'.split(',', 0) == []");
        holds("'kéel'.substring(1) == 'éel' && 'kéel'.substring(1, 2) == 'é' && ['a', 'b'].join('-') == 'a-b'");
        holds(r#"strings.quote('a"b') == '"a\\"b"' && {'a': 1}.size() == 1 && size([1, 2]) == 2"#);
        fails("'keel'.charAt(9) == ''", "index out of range: 9");
        fails("'keel'.substring(3, 1) == ''", "invalid substring range. start: 3, end: 1");
    }
}
