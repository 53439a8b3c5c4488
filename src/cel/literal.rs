//! Values that stand in the text: from a token to what it means.
//!
//! Apart because escapes and radixes have rules of their own. Sources: `parser/unescape.go` and the literals of
//! `parser/parser.go` of cel-go v0.26.

use super::ast::Literal;

/// An integer, with or without its sign.
pub(super) fn int(text: &str, minus: bool) -> Result<Literal, &'static str> {
    let (digits, radix) = radix(text);
    let signed = format!("{}{digits}", if minus { "-" } else { "" });
    i64::from_str_radix(&signed, radix).map(Literal::Int).map_err(|_| "invalid int literal")
}

/// An unsigned integer, its last letter included.
pub(super) fn uint(text: &str) -> Result<Literal, &'static str> {
    let (digits, radix) = radix(&text[..text.len() - 1]);
    u64::from_str_radix(digits, radix).map(Literal::Uint).map_err(|_| "invalid uint literal")
}

fn radix(text: &str) -> (&str, u32) {
    text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16))
}

/// A number with a fraction or an exponent.
pub(super) fn double(text: &str, minus: bool) -> Result<Literal, &'static str> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Literal::Double(if minus { -number } else { number })),
        _ => Err("invalid double literal"),
    }
}

/// A string, its quotes included.
pub(super) fn string(text: &str) -> Result<Literal, &'static str> {
    let bytes = unescape(text, false)?;
    String::from_utf8(bytes).map(|text| Literal::String(text.into())).map_err(|_| "invalid unicode code point")
}

/// Bytes, the letter before them and their quotes included.
pub(super) fn bytes(text: &str) -> Result<Literal, &'static str> {
    unescape(&text[1..], true).map(|bytes| Literal::Bytes(bytes.into()))
}

/// What stands between the quotes, its escapes resolved; in bytes, numbers are bytes and not characters.
fn unescape(text: &str, is_bytes: bool) -> Result<Vec<u8>, &'static str> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (raw, text) = text.strip_prefix(['r', 'R']).map_or((false, &text[..]), |text| (true, text));
    let quotes = if text.len() >= 6 && (text.starts_with("'''") || text.starts_with("\"\"\"")) { 3 } else { 1 };
    let Some(inside) = text.get(quotes..text.len().saturating_sub(quotes)) else {
        return Err("unable to unescape string");
    };
    if raw {
        return Ok(inside.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escape(&rest[at + 1..], is_bytes, &mut out)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Resolves the escape whose backslash stands before the text; what follows it.
fn escape<'t>(text: &'t str, is_bytes: bool, out: &mut Vec<u8>) -> Result<&'t str, &'static str> {
    const BAD: &str = "unable to unescape string";
    let first = text.chars().next().ok_or(BAD)?;
    let simple = match first {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' | '\'' | '"' | '`' | '?' => first as u8,
        _ => {
            let (from, length, radix) = match first {
                'x' | 'X' => (1, 2, 16),
                'u' if !is_bytes => (1, 4, 16),
                'U' if !is_bytes => (1, 8, 16),
                '0'..='3' => (0, 3, 8),
                _ => return Err(BAD),
            };
            let digits = text.get(from..from + length).ok_or(BAD)?;
            let number = u32::from_str_radix(digits, radix).map_err(|_| BAD)?;
            if is_bytes {
                out.push(u8::try_from(number).map_err(|_| BAD)?);
            } else {
                let character = char::from_u32(number).ok_or("invalid unicode code point")?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            return Ok(&text[from + length..]);
        }
    };
    out.push(simple);
    Ok(&text[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_mean_what_their_escapes_say() {
        for (text, means) in [
            (r"'a\tb\\\''", "a\tb\\'"),
            (r#""\x41\u00e9\U0001F600\101""#, "A\u{e9}\u{1f600}A"),
            (r"r'\n'", "\\n"),
            ("'''it's\r\nlong'''", "it's\nlong"),
            ("''", ""),
        ] {
            assert_eq!(string(text), Ok(Literal::String(means.into())), "{text}");
        }
        assert_eq!(string(r"'\ud800'"), Err("invalid unicode code point"));
        assert_eq!(bytes(r"b'\xff\377é'"), Ok(Literal::Bytes([255, 255, 0xc3, 0xa9].into())));
        assert_eq!(bytes(r"b'\u0041'"), Err("unable to unescape string"));
    }

    #[test]
    fn numbers_must_fit() {
        assert_eq!(int("9223372036854775808", true), Ok(Literal::Int(i64::MIN)));
        assert_eq!(int("9223372036854775808", false), Err("invalid int literal"));
        assert_eq!(int("0xFF", false), Ok(Literal::Int(255)));
        assert_eq!(uint("0x10u"), Ok(Literal::Uint(16)));
        assert_eq!(double(".5e1", true), Ok(Literal::Double(-5.0)));
        assert_eq!(double("1e999", false), Err("invalid double literal"));
    }
}
