//! What a scalar means: YAML 1.1 as go-yaml v2 resolves it, and numbers as Go reads and prints them.
//!
//! Apart because it is a table of rules about single words that needs nothing of the parser. The rules are those of
//! `resolve.go` of go.yaml.in/yaml/v2 v2.4.4 and of Go's `strconv`.

use super::go_float;

/// A tag, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!`
    NonSpecific,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// Any other: read as a string, ignored on a collection.
    Other,
}

impl Tag {
    /// The tag with this resolved text.
    pub fn from_bytes(tag: &[u8]) -> Self {
        match tag.strip_prefix(b"tag:yaml.org,2002:") {
            Some(b"str") => Self::Str,
            Some(b"bool") => Self::Bool,
            Some(b"int") => Self::Int,
            Some(b"float") => Self::Float,
            Some(b"null") => Self::Null,
            Some(b"timestamp") => Self::Timestamp,
            Some(b"binary") => Self::Binary,
            Some(b"merge") => Self::Merge,
            _ if tag == b"!" => Self::NonSpecific,
            _ => Self::Other,
        }
    }

    const fn short(self) -> &'static str {
        match self {
            Self::None | Self::NonSpecific | Self::Other | Self::Str => "!!str",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
        }
    }
}

/// What go-yaml makes of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer beyond `i64`.
    Uint(u64),
    Float(f64),
    /// The scalar's own text.
    Text,
}

/// A plain scalar without a tag.
#[inline]
pub(super) fn plain(text: &str) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            word(text).unwrap_or(Resolved::Text)
        }
        Some(b'.') => word(text).unwrap_or_else(|| float(text).map_or(Resolved::Text, Resolved::Float)),
        Some(b'0'..=b'9' | b'+' | b'-') => word(text).unwrap_or_else(|| number(text)),
        Some(_) => Resolved::Text,
    }
}

fn word(text: &str) -> Option<Resolved> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A word that starts with a digit or a sign and is no timestamp; a timestamp is a string either way.
fn number(text: &str) -> Resolved {
    let bytes = text.as_bytes();
    // By far the most: a short decimal integer.
    if bytes.len() < 19 && bytes[0] != b'0' && bytes.iter().all(u8::is_ascii_digit) {
        let value = bytes.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        return Resolved::Int(value);
    }
    // No number holds another letter than these; IP addresses, dates and versions end here.
    let possible = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'x' | b'X' | b'o' | b'O' | b'.' | b'+' | b'-' | b'_');
    if !bytes.iter().all(possible) {
        return Resolved::Text;
    }
    let without: String;
    let digits = if bytes.contains(&b'_') {
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    if let Some(value) = parse_int(digits) {
        return Resolved::Int(value);
    }
    if let Some(value) = parse_uint(digits) {
        return Resolved::Uint(value);
    }
    if is_decimal_float(digits)
        && let Some(value) = float(digits)
    {
        return Resolved::Float(value);
    }
    // go-yaml tries the rest of `0b…` as a signed number again, so that `0b-1` is one.
    if let Some(value) = digits.strip_prefix("0b").and_then(|rest| i64::from_str_radix(rest, 2).ok()) {
        return Resolved::Int(value);
    }
    Resolved::Text
}

/// Go's `strconv.ParseInt(text, 0, 64)` for a text without underscores.
fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = parse_uint(digits)?;
    if negative { 0_i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// Go's `strconv.ParseUint(text, 0, 64)` for a text without underscores.
fn parse_uint(text: &str) -> Option<u64> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    parse_digits(digits, base)
}

fn parse_digits(digits: &str, base: u32) -> Option<u64> {
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, base).ok() }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_decimal_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let number_is_good = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    number_is_good && exponent_is_good && (!whole.is_empty() || number.starts_with('.'))
}

/// Go's `strconv.ParseFloat(text, 64)` for a text that starts with a digit, a sign or a dot; `None` for an overflow.
fn float(text: &str) -> Option<f64> {
    let without: String;
    let digits = if text.contains('_') {
        if !underscores_are_good(text) {
            return None;
        }
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    if !is_decimal_float(digits) {
        return None;
    }
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Go's `underscoreOK`: an underscore stands between digits.
fn underscores_are_good(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).all(|at| {
        bytes[at] != b'_'
            || (at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    })
}

/// A scalar with a tag, or what go-yaml refuses about it.
pub(super) fn tagged(tag: Tag, text: &str) -> Result<Resolved, String> {
    let (found, resolved) = match tag {
        Tag::NonSpecific | Tag::Binary | Tag::Merge | Tag::Other | Tag::Str => return Ok(Resolved::Text),
        Tag::Timestamp if is_timestamp(text) => return Ok(Resolved::Text),
        _ => match plain(text) {
            Resolved::Null => (Tag::Null, Resolved::Null),
            Resolved::Bool(value) => (Tag::Bool, Resolved::Bool(value)),
            Resolved::Int(value) if tag == Tag::Float => (Tag::Float, Resolved::Float(nearest_signed_float(value))),
            Resolved::Int(value) => (Tag::Int, Resolved::Int(value)),
            Resolved::Uint(value) => (Tag::Int, Resolved::Uint(value)),
            Resolved::Float(value) => (Tag::Float, Resolved::Float(value)),
            Resolved::Text => (if tag == Tag::None { tag } else { Tag::Str }, Resolved::Text),
        },
    };
    if found == tag || tag == Tag::None {
        return Ok(resolved);
    }
    Err(format!("yaml: cannot decode {} `{text}` as a {}", found.short(), tag.short()))
}

/// Whether Go's `time.Parse` takes the text in one of the layouts that go-yaml knows.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let year: u32 = bytes[..4].iter().fold(0, |year, digit| year * 10 + u32::from(digit - b'0'));
    let Some((month, rest)) = short_number(&text[5..]) else { return false };
    let Some((day, rest)) = rest.strip_prefix('-').and_then(short_number) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    if day == 0 || day > days {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let zoned = !rest.starts_with(' ');
    let Some(rest) = rest.strip_prefix([' ', 'T', 't']) else { return false };
    match time_of_day(rest) {
        Some(rest) if zoned => is_zone(rest),
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

/// One or two digits.
fn short_number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn time_of_day(text: &str) -> Option<&str> {
    let (hour, rest) = short_number(text)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some(rest) };
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 { Some(rest) } else { Some(&fraction[length..]) }
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let digits = [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit());
            let two = |a: u8, b: u8| u32::from(a.wrapping_sub(b'0')) * 10 + u32::from(b.wrapping_sub(b'0'));
            digits && two(*h1, *h2) <= 24 && two(*m1, *m2) <= 60
        }
        _ => false,
    }
}

/// Go's `base64.StdEncoding.DecodeString`, as a string in which what is no UTF-8 is replaced byte by byte.
pub(super) fn decode_binary(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = 0_u32;
    let mut length = 0;
    let mut padding = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if length >= 2 && length + padding < 4 => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        group = (group << 6) | u32::from(value);
        length += 1;
        if length == 4 {
            bytes.extend_from_slice(&group.to_be_bytes()[1..]);
            (group, length) = (0, 0);
        }
    }
    match (length, padding) {
        (0, 0) => {}
        (2, 2) => bytes.push((group >> 4) as u8),
        (3, 1) => bytes.extend_from_slice(&(group >> 2).to_be_bytes()[2..]),
        _ => return None,
    }
    Some(go_string(&bytes))
}

/// Bytes as Go's `encoding/json` writes them: each byte that is part of no character becomes U+FFFD.
fn go_string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}

/// The float next to an integer.
#[expect(clippy::cast_precision_loss, reason = "the loss is what Go's conversion has too")]
pub(super) const fn nearest_float(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "the loss is what Go's conversion has too")]
const fn nearest_signed_float(value: i64) -> f64 {
    value as f64
}

/// The number that kubectl ends up with for a float that go-yaml read: it prints it as JSON and reads that again, so a
/// float without a fraction becomes an integer where its shortest decimal form fits one.
pub(super) fn json_number(value: f64) -> Result<i64, f64> {
    if !value.is_finite() || value.fract() != 0.0 || value.abs() >= 1e21 {
        return Err(value);
    }
    if value.abs() < 9_007_199_254_740_992.0 {
        return Ok(value as i64);
    }
    go_float::json(value).parse().map_err(|_| value)
}
