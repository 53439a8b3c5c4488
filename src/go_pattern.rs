//! Regular expressions as Go's `regexp` reads them, on the `regex` crate.
//!
//! Apart because the two differ in a few spellings: in Go `\d`, `\s`, `\w` and `\b` are ASCII, brackets in a class and
//! braces that count nothing are plain characters, and `\Q…\E` quotes. What stands in a CustomResourceDefinition is
//! translated once, when the first text is held against it.
//! Source: Go's `regexp/syntax/parse.go` (1.26).

mod syntax;

pub use syntax::error_of;

use regex::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// A `pattern` of a schema.
#[derive(Debug)]
pub struct Pattern {
    /// As it is written.
    pub text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern; it is read when it is first used.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// Whether a text has a part that matches. One that cannot be read matches everything: the server accepts no
    /// definition with such a pattern.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| compile(&self.text)).as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

/// Compiles a pattern as Go reads it; none if it cannot be read.
pub fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&translate(pattern)).size_limit(1 << 26).build().ok()
}

/// The same pattern in the spelling of the `regex` crate.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut class = Class::Outside;
    while let Some(char) = rest.chars().next() {
        let behind = &rest[char.len_utf8()..];
        rest = match char {
            '\\' => escape(behind, class, &mut out),
            '[' if class == Class::Outside => open_class(behind, &mut out),
            '[' => match named_class(rest) {
                Some(name) => {
                    out.push_str(name);
                    &rest[name.len()..]
                }
                None => push(r"\[", behind, &mut out),
            },
            ']' if class != Class::Outside => push("]", behind, &mut out),
            '-' if class == Class::Inside && behind.starts_with('-') => push(r"-\-", &behind[1..], &mut out),
            '&' | '~' if class != Class::Outside => {
                out.push('\\');
                out.push(char);
                behind
            }
            '{' if class == Class::Outside && !is_repetition(rest) => push(r"\{", behind, &mut out),
            _ => {
                out.push(char);
                behind
            }
        };
        class = match (char, class) {
            ('[', Class::Outside) => Class::Start,
            (']', _) | (_, Class::Outside) => Class::Outside,
            _ => Class::Inside,
        };
    }
    out
}

/// Where in a character class the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    Start,
    Inside,
}

fn push<'r>(text: &str, rest: &'r str, out: &mut String) -> &'r str {
    out.push_str(text);
    rest
}

/// Reads what opens a class: a `^`, and a `]` or `-` that stands for itself.
fn open_class<'r>(rest: &'r str, out: &mut String) -> &'r str {
    out.push('[');
    let rest = match rest.strip_prefix('^') {
        Some(rest) => push("^", rest, out),
        None => rest,
    };
    if let Some(rest) = rest.strip_prefix(']') {
        return push(r"\]", rest, out);
    }
    match rest.strip_prefix('-') {
        Some(rest) => push(r"\-", rest, out),
        None => rest,
    }
}

/// `[:alpha:]` and its like, inside a class.
fn named_class(rest: &str) -> Option<&str> {
    let end = rest.strip_prefix("[:")?.find(":]")?;
    let name = &rest[..end + 4];
    let letters = name[2..name.len() - 2].trim_start_matches('^');
    (!letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(name)
}

/// Whether a `{` begins a count.
fn is_repetition(rest: &str) -> bool {
    let Some((count, _)) = rest[1..].split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// Reads what stands behind a `\`.
fn escape<'r>(rest: &'r str, class: Class, out: &mut String) -> &'r str {
    let Some(char) = rest.chars().next() else { return push(r"\", rest, out) };
    let behind = &rest[char.len_utf8()..];
    let inside = class != Class::Outside;
    match char {
        'd' => push(if inside { "0-9" } else { "[0-9]" }, behind, out),
        'w' => push(if inside { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }, behind, out),
        's' => push(if inside { r"\t\n\x0C\r " } else { r"[\t\n\x0C\r ]" }, behind, out),
        'D' => push("[^0-9]", behind, out),
        'W' => push("[^0-9A-Za-z_]", behind, out),
        'S' => push(r"[^\t\n\x0C\r ]", behind, out),
        'b' if !inside => push(r"(?-u:\b)", behind, out),
        'Q' if !inside => {
            let (quoted, behind) = behind.split_once(r"\E").unwrap_or((behind, ""));
            push(&regex::escape(quoted), behind, out)
        }
        // The crate has its own meaning for these.
        '<' | '>' => push(rest.get(..1).unwrap_or_default(), behind, out),
        _ => {
            out.push('\\');
            out.push(char);
            behind
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn reads_patterns_as_go_does() {
        for (pattern, yes, no) in [
            (r"^\d+$", "42", "٤٢"),
            (r"^[\w.]+$", "a_b.c", "é"),
            (r"^\s$", "\t", "\u{a0}"),
            (r"^[[a]$", "[", "b"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[^]]$", "a", "]"),
            (r"^[[:alpha:]&&z]$", "&", "9"),
            (r"^[a~~b]$", "~", "c"),
            (r"^[+--]$", ",", "."),
            (r"^[--/]$", ".", "0"),
            (r"^[a-z0-9-]$", "-", "_"),
            (r"^a{,2}$", "a{,2}", "aa"),
            (r"^{\w}$", "{a}", "a"),
            (r"^a{2}$", "aa", "a"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"\bkeel\b", "a keel", "keelson"),
            (r"^\<a\>$", "<a>", "a"),
            (r"^(?i)keel$", "KEEL", "kee"),
            (r"^.$", "é", "ab"),
            (r"^a\/b$", "a/b", "ab"),
            (r"^[^\D]$", "4", "a"),
            (r"^\pL$", "é", "4"),
            (r"^a$", "a", "a\n"),
        ] {
            let compiled = Pattern::new(pattern);
            assert!(compiled.matches(yes), "{pattern} {yes}");
            assert!(!compiled.matches(no), "{pattern} {no}");
        }
    }

    #[test]
    fn one_that_go_cannot_read_refuses_nothing() {
        for pattern in ["(?=a)", "(", "a**", r"\8", "[z-a]"] {
            assert!(Pattern::new(pattern).matches("x"), "{pattern}");
        }
    }
}
