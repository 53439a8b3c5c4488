//! Names of fields as CEL can write them.
//!
//! Apart because fields are named as their definition wants, and CEL has words of its own. Source: apiserver
//! `pkg/cel/escaping.go` (1.36).

use crate::cel::parser::RESERVED;
use std::borrow::Cow;

/// The name in CEL; none if there is no such name.
pub fn escape(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() || name.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(Cow::Owned(format!("__{name}__")));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/')) {
        return None;
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return Some(Cow::Borrowed(name));
    }
    let mut escaped = String::with_capacity(name.len() + 16);
    let mut rest = name;
    while let Some(char) = rest.chars().next() {
        let (word, length) = match char {
            '.' => ("__dot__", 1),
            '-' => ("__dash__", 1),
            '/' => ("__slash__", 1),
            '_' if rest.starts_with("__") => ("__underscores__", 2),
            _ => (&rest[..1], 1),
        };
        escaped.push_str(word);
        rest = &rest[length..];
    }
    Some(Cow::Owned(escaped))
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escapes_what_cel_cannot_write() {
        for (name, escaped) in [
            ("keel", Some("keel")),
            ("namespace", Some("__namespace__")),
            ("a-b.c/d", Some("a__dash__b__dot__c__slash__d")),
            ("a__b_c", Some("a__underscores__b_c")),
            ("1a", None),
            ("", None),
            ("a b", None),
            ("é", None),
        ] {
            assert_eq!(escape(name).as_deref(), escaped, "{name}");
        }
    }
}
