//! From text to tokens.
//!
//! Apart because what is a token is told by the text alone. Source: the lexer rules of `parser/gen/CEL.g4` of cel-go
//! v0.26; the words for what is no token are those of its generated lexer.

use super::issue::Issue;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Identifier,
    /// An identifier between backquotes: a field whose name is no identifier.
    Escaped,
    Int,
    Uint,
    Float,
    String,
    Bytes,
    /// Operators, brackets, and the words `in`, `true`, `false`, `null`.
    Sign,
    End,
}

/// A token: its text, and the count of characters before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    pub at: usize,
}

const SIGNS: [&str; 27] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%", "=", "&", "|",
];

/// The tokens of a text, the end included, and what is no token. As the compiler's lexer does, reading goes on behind
/// what is none.
pub(super) fn tokens(text: &str) -> (Vec<Token<'_>>, Vec<Issue>) {
    let (mut tokens, mut issues) = (Vec::new(), Vec::new());
    let (mut rest, mut at) = (text, 0);
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
        at += rest.len() - trimmed.len();
        rest = trimmed;
        let Some(first) = rest.chars().next() else { break };
        let (length, kind) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else {
            let found = token(rest);
            let length = found.map_or_else(|| no_token(rest, first), |(length, _)| length);
            if found.is_none() {
                let shown = rest[..length].replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r");
                issues.push(Issue::at(at, format!("Syntax error: token recognition error at: '{shown}'")));
            }
            (length, found.map(|(_, kind)| kind))
        };
        let (text, behind) = rest.split_at(length);
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, at });
        }
        at += text.chars().count();
        rest = behind;
    }
    tokens.push(Token { kind: Kind::End, text: "<EOF>", at });
    (tokens, issues)
}

/// The length in bytes of the token that the text begins with, and its kind.
fn token(text: &str) -> Option<(usize, Kind)> {
    let bytes = text.as_bytes();
    if let Some(length) = quoted(text) {
        return Some((length, Kind::String));
    }
    if matches!(bytes[0], b'b' | b'B')
        && let Some(length) = quoted(&text[1..])
    {
        return Some((length + 1, Kind::Bytes));
    }
    if bytes[0].is_ascii_alphabetic() || bytes[0] == b'_' {
        let length = span(bytes, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_word = matches!(&text[..length], "in" | "true" | "false" | "null");
        return Some((length, if is_word { Kind::Sign } else { Kind::Identifier }));
    }
    if bytes[0] == b'`' {
        let length = span(&bytes[1..], |byte| byte.is_ascii_alphanumeric() || b"_.-/ ".contains(&byte));
        return (length > 0 && bytes.get(1 + length) == Some(&b'`')).then_some((length + 2, Kind::Escaped));
    }
    if let Some(found) = number(bytes) {
        return Some(found);
    }
    // A single `=`, `&` or `|` is no token.
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign))?;
    (!matches!(*sign, "=" | "&" | "|")).then_some((sign.len(), Kind::Sign))
}

fn span(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

fn number(bytes: &[u8]) -> Option<(usize, Kind)> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let unsigned = |length: usize| matches!(bytes.get(length), Some(b'u' | b'U'));
    if bytes.starts_with(b"0x") {
        let length = 2 + span(&bytes[2..], |byte| byte.is_ascii_hexdigit());
        if length > 2 {
            return Some(if unsigned(length) { (length + 1, Kind::Uint) } else { (length, Kind::Int) });
        }
    }
    let whole = span(bytes, is_digit);
    let mut length = whole;
    if bytes.get(length) == Some(&b'.') {
        let fraction = span(&bytes[length + 1..], is_digit);
        if fraction > 0 {
            length += 1 + fraction;
        }
    }
    if length == 0 {
        return None;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let digits = span(bytes.get(length + 1 + sign..).unwrap_or_default(), is_digit);
        if digits > 0 {
            length += 1 + sign + digits;
        }
    }
    if length > whole {
        return Some((length, Kind::Float));
    }
    Some(if unsigned(length) { (length + 1, Kind::Uint) } else { (length, Kind::Int) })
}

/// The length in bytes of the string literal that the text begins with; none where it is malformed.
fn quoted(text: &str) -> Option<usize> {
    let raw = usize::from(text.starts_with(['r', 'R']));
    let body = &text[raw..];
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let Some(inside) = body.strip_prefix(quote) else { continue };
        if let Some(length) = quoted_by(inside, quote, raw == 1) {
            return Some(raw + quote.len() + length);
        }
        // `""` before something else than a quote, or a long string without end, may still be a short one.
    }
    None
}

/// The length of what stands before and with the closing quote.
fn quoted_by(inside: &str, quote: &str, raw: bool) -> Option<usize> {
    let mut rest = inside;
    loop {
        if let Some(behind) = rest.strip_prefix(quote) {
            return Some(inside.len() - behind.len());
        }
        let c = rest.chars().next()?;
        rest = match c {
            '\n' | '\r' if quote.len() == 1 => return None,
            '\\' if !raw => &rest[escape(&rest.as_bytes()[1..])? + 1..],
            _ => &rest[c.len_utf8()..],
        };
    }
}

/// The length of an escape behind its backslash.
fn escape(bytes: &[u8]) -> Option<usize> {
    let of = |length: usize, from: usize, belongs: fn(&u8) -> bool| {
        let digits = bytes.get(from..length)?;
        digits.iter().all(belongs).then_some(length)
    };
    match bytes.first()? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`' => Some(1),
        b'0'..=b'3' => of(3, 1, |byte| (b'0'..=b'7').contains(byte)),
        b'x' | b'X' => of(3, 1, u8::is_ascii_hexdigit),
        b'u' => of(5, 1, u8::is_ascii_hexdigit),
        b'U' => of(9, 1, u8::is_ascii_hexdigit),
        _ => None,
    }
}

/// How much of the text the lexer reads before it sees that there is no token: of a string, all that could be one.
fn no_token(text: &str, first: char) -> usize {
    if !matches!(first, '"' | '\'') {
        return first.len_utf8();
    }
    let mut rest = &text[1..];
    while let Some(c) = rest.chars().next() {
        match c {
            '\n' | '\r' => break,
            '\\' => {
                let Some(length) = escape(&rest.as_bytes()[1..]) else {
                    let bad = rest[1..].chars().next().map_or(0, char::len_utf8);
                    return text.len() - rest.len() + 1 + bad;
                };
                rest = &rest[length + 1..];
            }
            c if c == first => break,
            c => rest = &rest[c.len_utf8()..],
        }
    }
    text.len() - rest.len()
}
