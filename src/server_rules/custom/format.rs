//! `format`: which of them the server checks, and how.
//!
//! Apart because each is a small grammar of its own, taken from all over Go's library. An unknown format is no format.
//! Source: apiextensions `pkg/apiserver/validation/formats.go`, kube-openapi `pkg/validation/strfmt` (1.36).

use super::email::is_email;
use super::schema::SchemaType;
use crate::decode::go_duration::parse_duration;
use crate::decode::go_time::check_time;
use crate::schema::Minor;
use crate::server_rules::content::{ip, url};
use regex::Regex;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

/// A format that is checked.
#[derive(Debug)]
pub struct Format {
    /// The name as it is written: the server repeats it.
    pub name: Box<str>,
    check: Check,
}

#[derive(Debug)]
enum Check {
    /// What a number is held to stands with the numbers.
    Number,
    Text(fn(&str) -> bool),
}

impl Format {
    /// The format of this name, if the server knows it for the type.
    pub(super) fn of(name: &str, kind: Option<SchemaType>, int_or_string: bool) -> Option<Self> {
        let check = match kind {
            _ if int_or_string => Check::Text(text_check(name)?),
            None | Some(SchemaType::String) => Check::Text(text_check(name)?),
            Some(SchemaType::Integer) if matches!(name, "int32" | "int64") => Check::Number,
            Some(SchemaType::Number) if matches!(name, "float" | "double") => Check::Number,
            _ => return None,
        };
        Some(Self { name: name.into(), check })
    }

    /// Whether a server of this minor knows it.
    pub(super) fn is_known(&self, minor: Minor) -> bool {
        minor >= Minor(34) || !self.name.replace('-', "").starts_with("k8s")
    }

    /// Whether it is for texts, not for numbers.
    pub(super) const fn is_of_text(&self) -> bool {
        matches!(self.check, Check::Text(_))
    }

    /// Whether a text is of the format.
    pub fn accepts(&self, text: &str) -> bool {
        match self.check {
            Check::Number => true,
            Check::Text(check) => check(text),
        }
    }
}

/// Dashes in a name count for nothing.
fn text_check(name: &str) -> Option<fn(&str) -> bool> {
    Some(match name.replace('-', "").as_str() {
        "bsonobjectid" => |text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "uri" => is_request_uri,
        "email" => is_email,
        "hostname" => is_hostname,
        "ipv4" => |text| text.contains('.') && parses_sloppily(text),
        "ipv6" => |text| text.contains(':') && parse_ip(text).is_some(),
        "cidr" => |text| ip::parse_cidr(text).is_some(),
        "mac" => is_mac,
        "uuid" => |text| is_uuid(text, |_| true),
        "uuid3" => |text| is_uuid(text, |digits| digits[12] == b'3'),
        "uuid4" => |text| is_uuid(text, |digits| digits[12] == b'4' && is_variant(digits[16])),
        "uuid5" => |text| is_uuid(text, |digits| digits[12] == b'5' && is_variant(digits[16])),
        "isbn" => |text| is_isbn10(text) || is_isbn13(text),
        "isbn10" => is_isbn10,
        "isbn13" => is_isbn13,
        "creditcard" => is_credit_card,
        "ssn" => |text| text.len() == 11 && SSN.is_match(text),
        "hexcolor" => |text| {
            let digits = text.strip_prefix('#').unwrap_or(text);
            matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        },
        "rgbcolor" => |text| RGB_COLOR.is_match(text),
        "byte" => is_base64,
        "password" => |_| true,
        "date" => is_date,
        "duration" => |text| duration(text).is_some(),
        "datetime" => is_date_time,
        "k8sshortname" => |text| text.len() <= 63 && is_label(text),
        "k8slongname" => |text| text.len() <= 253 && text.split('.').all(is_label),
        _ => return None,
    })
}

/// A pattern of this file; it is one that can be read.
macro_rules! pattern {
    ($text:expr) => {
        LazyLock::new(|| Regex::new($text).unwrap_or_else(|_| unreachable!("a pattern that is tested")))
    };
}

static HOSTNAME: LazyLock<Regex> = pattern!(
    r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$"
);
static SSN: LazyLock<Regex> = pattern!("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$");
static RGB_COLOR: LazyLock<Regex> = pattern!(
    r"^rgb\([\t\n\x0C\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\x0C\r ]*,[\t\n\x0C\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\x0C\r ]*,[\t\n\x0C\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\x0C\r ]*\)$"
);
static CREDIT_CARD: LazyLock<Regex> = pattern!(
    "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$"
);
static DURATION: LazyLock<Regex> = pattern!("([0-9]+)[\\t\\n\\x0C\\r ]*([A-Za-zµ]+)");
static TIME_OF_DAY: LazyLock<Regex> =
    pattern!("^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$");

/// `net.ParseIP` of Go: no leading zeros in the parts of an IPv4 address.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    text.parse().ok()
}

fn parses_sloppily(text: &str) -> bool {
    ip::parse_ip(text).is_some()
}

/// `url.ParseRequestURI`: an absolute URL or an absolute path. What stands behind a `#` is no fragment here.
fn is_request_uri(text: &str) -> bool {
    let without_fragment = text.replace('#', "%23");
    if let Some(path) = without_fragment.strip_prefix('/') {
        // Two slashes are no host here.
        return url::parse(&format!("/{}", path.trim_start_matches('/'))).is_ok();
    }
    text == "*" || url::parse(&without_fragment).is_ok_and(|url| !url.scheme.is_empty())
}

fn is_hostname(text: &str) -> bool {
    HOSTNAME.is_match(text) && text.len() <= 255 && text.split('.').all(|label| label.len() <= 63)
}

/// `net.ParseMAC`: 6, 8 or 20 bytes in pairs parted by `:` or `-`, or in fours parted by `.`.
fn is_mac(text: &str) -> bool {
    let groups_of = |separator: char, width: usize| {
        let groups: Vec<&str> = text.split(separator).collect();
        let hexadecimal = |group: &&str| group.len() == width && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        groups.iter().all(hexadecimal).then_some(groups.len() * width / 2)
    };
    let bytes = match text.as_bytes().get(2) {
        Some(b':') => groups_of(':', 2),
        Some(b'-') => groups_of('-', 2),
        _ => groups_of('.', 4),
    };
    matches!(bytes, Some(6 | 8 | 20))
}

/// Thirty-two hexadecimal digits with or without each of the four dashes, and what holds of the digits in lower case.
fn is_uuid(text: &str, holds: fn(&[u8]) -> bool) -> bool {
    let mut digits = Vec::with_capacity(32);
    let mut rest = text.as_bytes();
    for width in [8, 4, 4, 4, 12] {
        if !digits.is_empty() {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        let Some((group, behind)) = rest.split_at_checked(width) else { return false };
        digits.extend(group.iter().map(u8::to_ascii_lowercase));
        rest = behind;
    }
    rest.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) && holds(&digits)
}

const fn is_variant(digit: u8) -> bool {
    matches!(digit, b'8' | b'9' | b'a' | b'b')
}

/// The digits of an ISBN: white space and dashes count for nothing.
fn isbn_digits(text: &str) -> Vec<u32> {
    let is_ignored = |char: &char| matches!(char, '\t' | '\n' | '\u{c}' | '\r' | ' ' | '-');
    text.chars().filter(|char| !is_ignored(char)).map(|char| char.to_digit(10).unwrap_or(u32::from(char))).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = isbn_digits(text);
    let [first @ .., last] = digits.as_slice() else { return false };
    let check = if *last == u32::from('X') { 10 } else { *last };
    if first.len() != 9
        || check > 10
        || (check == 10 && *last != u32::from('X'))
        || first.iter().any(|digit| *digit > 9)
    {
        return false;
    }
    let sum: u32 = first.iter().zip(1..).map(|(digit, weight)| digit * weight).sum();
    (sum + 10 * check).is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let digits = isbn_digits(text);
    if digits.len() != 13 || digits.iter().any(|digit| *digit > 9) {
        return false;
    }
    let sum: u32 = digits[..12].iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    digits[12] == (10 - sum % 10) % 10
}

/// The number of a known issuer, with a right check digit; all but digits counts for nothing.
fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !CREDIT_CARD.is_match(&digits) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            let counted = if at % 2 == 1 { digit * 2 } else { digit };
            if counted >= 10 { counted - 9 } else { counted }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Base64 in groups of four, at least one.
fn is_base64(text: &str) -> bool {
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    let mut symbols = text.bytes().take(text.len() - padding);
    !text.is_empty() && text.len().is_multiple_of(4) && padding <= 2 && symbols.all(is_symbol)
}

/// `2006-01-02`, a day that exists.
fn is_date(text: &str) -> bool {
    text.len() == 10 && check_time(&format!("{text}T00:00:00Z")).is_ok()
}

/// A date, `t`, and a time of day with a zone. The zone may be anything, a leap second is none.
fn is_date_time(text: &str) -> bool {
    let lowered = text.to_lowercase();
    let mut parts = lowered.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let Some(found) = TIME_OF_DAY.captures(time).filter(|_| is_date(date)) else { return false };
    &found[1] <= "23" && &found[2] <= "59" && &found[3] <= "59"
}

/// Nanoseconds of a Go duration, or of all numbers with a unit in any other text (`strfmt.ParseDuration`); none where
/// there is no such number.
pub(super) fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&[&str], &str, i64); 8] = [
        (&["ns"], "nano", 1),
        (&["us", "µs"], "micro", 1_000),
        (&["ms"], "milli", 1_000_000),
        (&["s"], "sec", 1_000_000_000),
        (&["m"], "min", 60_000_000_000),
        (&["h", "hr"], "hour", 3_600_000_000_000),
        (&["d"], "day", 86_400_000_000_000),
        (&["w", "wk"], "week", 604_800_000_000_000),
    ];
    if let Ok(nanoseconds) = parse_duration(text) {
        return Some(nanoseconds);
    }
    let mut total = None;
    for pair in DURATION.captures_iter(text) {
        let number: i64 = pair[1].parse().ok()?;
        let unit = pair[2].to_lowercase();
        for (exact, start, factor) in UNITS {
            if exact.contains(&unit.as_str()) || unit.starts_with(start) {
                total = Some(total.unwrap_or(0_i64).wrapping_add(number.wrapping_mul(factor)));
            }
        }
    }
    total
}

fn is_label(text: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|first| is_end(*first))
        && bytes.last().is_some_and(|last| is_end(*last))
        && bytes.iter().all(|byte| is_end(*byte) || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_what_go_reads() {
        for (format, yes, no) in [
            ("bsonobjectid", "507f1f77bcf86cd799439011", "507f1f77bcf86cd79943901g"),
            ("uri", "/abs/path", "rel/path"),
            ("uri", "https://quay.example/a#b", "quay.example"),
            ("email", "Ada <ada@quay.example>", "ada"),
            ("hostname", "quay.example", "-quay"),
            ("ipv4", "010.0.0.1", "::1"),
            ("ipv4", "::ffff:1.2.3.4", "1.2.3"),
            ("ipv6", "::1", "1.2.3.4"),
            ("ipv6", "::ffff:1.2.3.4", "::ffff:01.2.3.4"),
            ("cidr", "010.0.0.0/8", "10.0.0.0"),
            ("mac", "01:23:45:67:89:ab", "01:23:45"),
            ("mac", "0123.4567.89ab", "01-23:45:67:89:ab"),
            ("uuid", "6BA7B810-9DAD11D180B400C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c"),
            ("uuid", "6ba7b8109dad11d180b400c04fd430c8", "6ba7b810--9dad-11d1-80b4-00c04fd430c8"),
            ("uuid4", "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "6ba7b810-9dad-41d1-c0b4-00c04fd430c8"),
            ("isbn10", "0-321-75104-3", "0321751044"),
            ("isbn13", "978-0321751041", "978-0321751042"),
            ("creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"),
            ("ssn", "111-22-3333", "111223333"),
            ("hexcolor", "#fFf", "#ffff"),
            ("rgbcolor", "rgb(0, 99, 255)", "rgb(0,0,256)"),
            ("byte", "QQ==", ""),
            ("byte", "QUJD", "QQ="),
            ("date", "2024-02-29", "2023-02-29"),
            ("date-time", "2024-02-29t10:11:12.5+99:99", "2024-02-29 10:11:12Z"),
            ("datetime", "2024-02-29T10:11:12Z", "2024-02-29T10:11:60Z"),
            ("duration", "about 3 weeks", "3 moons"),
            ("duration", "1h30m", "h"),
            ("k8s-short-name", "a-1", "a.b"),
            ("k8s-long-name", "a.b", "A"),
        ] {
            let check = Format::of(format, Some(SchemaType::String), false).expect(format);
            assert!(check.accepts(yes), "{format} {yes}");
            assert!(!check.accepts(no), "{format} {no}");
        }
    }

    #[test]
    fn a_format_belongs_to_a_type() {
        assert!(Format::of("tide", Some(SchemaType::String), false).is_none());
        assert!(Format::of("int32", Some(SchemaType::String), false).is_none());
        assert!(Format::of("int32", Some(SchemaType::Integer), false).is_some());
        assert!(Format::of("ipv4", Some(SchemaType::Object), false).is_none());
        assert!(Format::of("ipv4", None, true).is_some());
    }
}
