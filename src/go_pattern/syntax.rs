//! What Go's `regexp` refuses to read, in its words.
//!
//! Apart from the translation because a pattern is judged where it is written and matched where it is used. Nothing is
//! built here: whether there is something to repeat, and how often in all, is kept for each open group.
//! Source: Go's `regexp/syntax/parse.go` (1.26). What only the size of the compiled form forbids is not looked at.

use regex::Regex;

/// The most that nested counts may come to (`repeatIsValid`), and the most of one count.
const MOST_REPETITIONS: u64 = 1000;
/// The most levels of groups (`maxHeight`).
const DEEPEST: usize = 1000;

/// Why Go cannot read a pattern; none if it can.
pub fn error_of(pattern: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"^$-_/ ,:".contains(&byte);
    if pattern.bytes().all(plain) {
        return None;
    }
    let error = Parser { whole: pattern, groups: vec![Group::default()] }.parse().err()?;
    Some(format!("error parsing regexp: {}: `{}`", error.code, error.part))
}

struct SyntaxError<'p> {
    code: &'static str,
    part: &'p str,
}

fn fail<'p, T>(code: &'static str, part: &'p str) -> Result<T, SyntaxError<'p>> {
    Err(SyntaxError { code, part })
}

const INVALID_ESCAPE: &str = "invalid escape sequence";
const INVALID_RANGE: &str = "invalid character class range";
const MISSING_BRACKET: &str = "missing closing ]";

/// A group that is open, or the whole pattern.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Whether there is something that an operator can repeat.
    has_operand: bool,
    /// How often the innermost part of it is repeated.
    operand: u64,
    /// The most of those before.
    most: u64,
}

struct Parser<'p> {
    whole: &'p str,
    groups: Vec<Group>,
}

/// What stands between the starts of two rests of one text.
fn between<'p>(from: &'p str, to: &str) -> &'p str {
    &from[..from.len() - to.len()]
}

fn next_char(rest: &str) -> Option<(char, &str)> {
    let mut chars = rest.chars();
    chars.next().map(|char| (char, chars.as_str()))
}

impl<'p> Parser<'p> {
    fn parse(mut self) -> Result<(), SyntaxError<'p>> {
        let mut rest = self.whole;
        let mut last_repeat = "";
        while let Some((char, behind)) = next_char(rest) {
            let mut repeat = "";
            rest = match char {
                '(' if behind.starts_with('?') => self.group_with_flags(rest)?,
                '(' => {
                    self.open()?;
                    behind
                }
                '|' => {
                    self.last().has_operand = false;
                    behind
                }
                ')' => {
                    self.close()?;
                    behind
                }
                '[' => {
                    let behind = class(rest)?;
                    self.operand(1);
                    behind
                }
                '*' | '+' | '?' => {
                    repeat = rest;
                    self.repeat(None, rest, behind, last_repeat)?
                }
                '{' => match count(rest) {
                    None => {
                        self.operand(1);
                        behind
                    }
                    Some((counts, behind)) => {
                        let Some(times) = counts else { return fail("invalid repeat count", between(rest, behind)) };
                        repeat = rest;
                        self.repeat(Some(times), rest, behind, last_repeat)?
                    }
                },
                '\\' => {
                    let behind = escape(rest)?;
                    self.operand(1);
                    behind
                }
                _ => {
                    self.operand(1);
                    behind
                }
            };
            last_repeat = repeat;
        }
        if self.groups.len() > 1 { fail("missing closing )", self.whole) } else { Ok(()) }
    }

    fn last(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn operand(&mut self, repetitions: u64) {
        let group = self.last();
        group.most = group.most.max(group.operand);
        group.operand = repetitions;
        group.has_operand = true;
    }

    fn open(&mut self) -> Result<(), SyntaxError<'p>> {
        if self.groups.len() > DEEPEST {
            return fail("expression nests too deeply", self.whole);
        }
        self.groups.push(Group::default());
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError<'p>> {
        if self.groups.len() == 1 {
            return fail("unexpected )", self.whole);
        }
        let group = self.groups.pop().unwrap_or_default();
        self.operand(group.most.max(group.operand).max(1));
        Ok(())
    }

    /// Repeats what stands before; `times` are the counts between braces.
    fn repeat(
        &mut self,
        times: Option<(u64, Option<u64>)>,
        before: &'p str,
        after: &'p str,
        last_repeat: &'p str,
    ) -> Result<&'p str, SyntaxError<'p>> {
        let after = after.strip_prefix('?').unwrap_or(after);
        if !last_repeat.is_empty() {
            return fail("invalid nested repetition operator", between(last_repeat, after));
        }
        let group = self.last();
        if !group.has_operand {
            return fail("missing argument to repetition operator", between(before, after));
        }
        let Some((least, most)) = times else { return Ok(after) };
        let all = match (most, most.unwrap_or(least)) {
            (Some(0), _) => 0,
            (_, 0) => group.operand,
            (_, times) => group.operand.saturating_mul(times),
        };
        if least.max(most.unwrap_or(0)) >= 2 && all > MOST_REPETITIONS {
            return fail("invalid repeat count", between(before, after));
        }
        group.operand = all;
        Ok(after)
    }

    /// `(?:…`, `(?i)`, `(?P<name>…` (`parsePerlFlags`).
    fn group_with_flags(&mut self, rest: &'p str) -> Result<&'p str, SyntaxError<'p>> {
        let bytes = rest.as_bytes();
        let starts_with_p = bytes.len() > 4 && rest[2..].starts_with("P<");
        let starts_with_name = bytes.len() > 3 && bytes[2] == b'<';
        if starts_with_p || starts_with_name {
            const CODE: &str = "invalid named capture";
            let start = if starts_with_name { 3 } else { 4 };
            let Some(end) = rest.find('>') else { return fail(CODE, rest) };
            let name = rest.get(start..end).unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                return fail(CODE, &rest[..=end]);
            }
            self.open()?;
            return Ok(&rest[end + 1..]);
        }
        let mut at = &rest[2..];
        let (mut is_negated, mut saw_flag) = (false, false);
        while let Some((char, behind)) = next_char(at) {
            at = behind;
            match char {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !is_negated => (is_negated, saw_flag) = (true, false),
                ':' | ')' if !is_negated || saw_flag => {
                    if char == ':' {
                        self.open()?;
                    }
                    return Ok(at);
                }
                _ => break,
            }
        }
        fail("invalid or unsupported Perl syntax", between(rest, at))
    }
}

/// What stands behind a `\` outside of a class.
fn escape(rest: &str) -> Result<&str, SyntaxError<'_>> {
    let Some((char, behind)) = next_char(&rest[1..]) else {
        return fail("trailing backslash at end of expression", "");
    };
    match char {
        'A' | 'b' | 'B' | 'z' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(behind),
        'C' => fail(INVALID_ESCAPE, &rest[..2]),
        'Q' => Ok(behind.split_once(r"\E").map_or("", |(_, behind)| behind)),
        'p' | 'P' => unicode_class(rest),
        _ => escaped_char(rest).map(|(_, behind)| behind),
    }
}

/// `{2}`, `{2,}`, `{2,3}`: the counts, none if they are too large or the wrong way round, and what stands behind
/// (`parseRepeat`).
type Count<'p> = (Option<(u64, Option<u64>)>, &'p str);

fn count(rest: &str) -> Option<Count<'_>> {
    let (inner, behind) = rest.strip_prefix('{')?.split_once('}')?;
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_good = is_number && (digits.len() == 1 || !digits.starts_with('0'));
        is_good.then(|| digits.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (least, most) = match inner.split_once(',') {
        None => {
            let count = number(inner)?;
            (count, Some(count))
        }
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    let is_good = least <= MOST_REPETITIONS && most.is_none_or(|most| (least..=MOST_REPETITIONS).contains(&most));
    Some((is_good.then_some((least, most)), behind))
}

/// A class in brackets (`parseClass`).
fn class(whole: &str) -> Result<&str, SyntaxError<'_>> {
    let mut rest = &whole[1..];
    rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        is_first = false;
        if let Some(end) = rest.strip_prefix("[:").and_then(|inner| inner.find(":]")) {
            let name = &rest[..end + 4];
            if !is_posix_class(name) {
                return fail(INVALID_RANGE, name);
            }
            rest = &rest[end + 4..];
            continue;
        }
        if rest.starts_with(r"\p") || rest.starts_with(r"\P") {
            rest = unicode_class(rest)?;
            continue;
        }
        let mut after_backslash = rest.strip_prefix('\\').unwrap_or_default().chars();
        if matches!(after_backslash.next(), Some('d' | 'D' | 's' | 'S' | 'w' | 'W')) {
            rest = &rest[2..];
            continue;
        }
        let range = rest;
        let (low, behind) = class_char(rest, whole)?;
        rest = behind;
        if rest.len() >= 2 && rest.starts_with('-') && !rest[1..].starts_with(']') {
            let (high, behind) = class_char(&rest[1..], whole)?;
            rest = behind;
            if high < low {
                return fail(INVALID_RANGE, between(range, rest));
            }
        }
    }
    Ok(&rest[1..])
}

fn is_posix_class(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
        "word", "xdigit",
    ];
    let name = &name[2..name.len() - 2];
    NAMES.contains(&name.strip_prefix('^').unwrap_or(name))
}

fn class_char<'p>(rest: &'p str, whole: &'p str) -> Result<(u32, &'p str), SyntaxError<'p>> {
    match next_char(rest) {
        None => fail(MISSING_BRACKET, whole),
        Some(('\\', _)) => escaped_char(rest),
        Some((char, behind)) => Ok((u32::from(char), behind)),
    }
}

/// An escaped character (`parseEscape`).
fn escaped_char(rest: &str) -> Result<(u32, &str), SyntaxError<'_>> {
    let Some((char, behind)) = next_char(&rest[1..]) else {
        return fail("trailing backslash at end of expression", "");
    };
    let digits = |text: &str| text.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    match char {
        '1'..='7' if digits(behind) == 0 => fail(INVALID_ESCAPE, between(rest, behind)),
        '0'..='7' => {
            let digits = 1 + digits(behind);
            let value = u32::from_str_radix(&rest[1..=digits], 8).unwrap_or_default();
            Ok((value, &rest[1 + digits..]))
        }
        'x' => hexadecimal(rest, behind),
        'a' => Ok((7, behind)),
        'f' => Ok((12, behind)),
        'n' => Ok((10, behind)),
        'r' => Ok((13, behind)),
        't' => Ok((9, behind)),
        'v' => Ok((11, behind)),
        char if char.is_ascii() && !char.is_ascii_alphanumeric() => Ok((u32::from(char), behind)),
        _ => fail(INVALID_ESCAPE, between(rest, behind)),
    }
}

fn hexadecimal<'p>(rest: &'p str, behind: &'p str) -> Result<(u32, &'p str), SyntaxError<'p>> {
    let Some((first, mut at)) = next_char(behind) else { return fail(INVALID_ESCAPE, rest) };
    if first != '{' {
        let Some((second, behind)) = next_char(at) else { return fail(INVALID_ESCAPE, rest) };
        return match (first.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((high * 16 + low, behind)),
            _ => fail(INVALID_ESCAPE, between(rest, behind)),
        };
    }
    let (mut value, mut count) = (0_u32, 0_u32);
    while let Some((char, behind)) = next_char(at) {
        at = behind;
        match char.to_digit(16) {
            None if char == '}' && count > 0 => return Ok((value, at)),
            None => break,
            Some(digit) => value = value * 16 + digit,
        }
        if value > u32::from(char::MAX) {
            break;
        }
        count += 1;
    }
    fail(INVALID_ESCAPE, between(rest, at))
}

/// `\pN`, `\p{Greek}` (`parseUnicodeClass`). The names are those the `regex` crate knows, which are a few more.
fn unicode_class(rest: &str) -> Result<&str, SyntaxError<'_>> {
    let Some((char, behind)) = next_char(&rest[2..]) else { return fail(INVALID_RANGE, rest) };
    let (name, behind) = if char == '{' {
        let Some((name, behind)) = behind.split_once('}') else { return fail(INVALID_RANGE, rest) };
        (name, behind)
    } else {
        (between(&rest[2..], behind), behind)
    };
    let name = name.strip_prefix('^').unwrap_or(name);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte));
    if !is_name || Regex::new(&format!(r"\p{{{name}}}")).is_err() {
        return fail(INVALID_RANGE, between(rest, behind));
    }
    Ok(behind)
}

#[cfg(test)]
mod tests {
    use super::error_of;

    #[test]
    fn reads_what_go_reads() {
        for pattern in [
            "",
            "^a*?$",
            r"^[a-z]([-a-z0-9]*[a-z0-9])?(\.[a-z]+){0,63}$",
            "a{,2}",
            "a{02}",
            "{",
            "a|*?b".trim_start_matches("a|*?"),
            r"[]a-]+[^]]",
            r"(?P<name>a)(?<other>b)(?i:c)(?-s)d(?i)",
            r"\x{1F600}\x41\07\12\Q*(\E\_\-",
            r"[[:alpha:][:^digit:]\pL\p{Greek}\P{^Lu}\d]",
            "(a{30}){30}",
            "(|a)*",
            "^*$+",
            r"[\-a]",
            "[[:a]",
        ] {
            assert_eq!(error_of(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn says_what_go_says() {
        for (pattern, error) in [
            ("a**", "invalid nested repetition operator: `**`"),
            ("a*{2}", "invalid nested repetition operator: `*{2}`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a|+?", "missing argument to repetition operator: `+?`"),
            ("(?:{2})", "missing argument to repetition operator: `{2}`"),
            ("(a", "missing closing ): `(a`"),
            ("a)", "unexpected ): `a)`"),
            ("[a", "missing closing ]: `[a`"),
            ("x[", "missing closing ]: `[`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("[[:word", "missing closing ]: `[[:word`"),
            ("[[:words:]]", "invalid character class range: `[:words:]`"),
            (r"\p{Klingon}", r"invalid character class range: `\p{Klingon}`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\1", r"invalid escape sequence: `\1`"),
            (r"\Z", r"invalid escape sequence: `\Z`"),
            (r"\x{}", r"invalid escape sequence: `\x{}`"),
            (r"\x1", r"invalid escape sequence: `\x1`"),
            (r"\p", r"invalid character class range: `\p`"),
            (r"\xg1", r"invalid escape sequence: `\xg1`"),
            (r"[\b]", r"invalid escape sequence: `\b`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?<!a)", "invalid named capture: `(?<!a)`"),
            ("(?<=a>b)", "invalid named capture: `(?<=a>`"),
            ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{3,2}", "invalid repeat count: `{3,2}`"),
            ("(a{100}){100}", "invalid repeat count: `{100}`"),
        ] {
            assert_eq!(error_of(pattern), Some(format!("error parsing regexp: {error}")), "{pattern}");
        }
    }
}
