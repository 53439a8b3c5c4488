//! Times as Go's `time.Parse` reads them in the two layouts that Kubernetes uses, with its errors.
//!
//! Apart because the API server repeats those errors word for word, and they name the very piece that did not fit.

use std::fmt::Write as _;

/// The layout of `metav1.Time`: `time.RFC3339`. Any fraction of a second is accepted.
const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of `metav1.MicroTime`: `metav1.RFC3339Micro`. Exactly six digits of a second's fraction.
const RFC3339_MICRO: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Checks a `metav1.Time` (apimachinery `pkg/apis/meta/v1/time.go`).
///
/// # Errors
///
/// Go's words: `parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`.
pub fn check_time(text: &str) -> Result<(), String> {
    Parser { layout: RFC3339, text, rest: text.as_bytes() }.parse(false)
}

/// Checks a `metav1.MicroTime` (apimachinery `pkg/apis/meta/v1/micro_time.go`).
///
/// # Errors
///
/// Go's words, as for [`check_time`].
pub fn check_micro_time(text: &str) -> Result<(), String> {
    Parser { layout: RFC3339_MICRO, text, rest: text.as_bytes() }.parse(true)
}

/// Go's private `quote` of the package `time`: bytes beyond ASCII and controls are printed as `\xNN`.
pub(super) fn quote(text: &[u8]) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('"');
    quoted
}

/// What went wrong with one element of the layout.
enum Fault {
    /// It is not what the layout has there.
    Bad,
    /// It is a number out of range.
    Range(&'static str),
}

/// `time.parse` (Go 1.26 `time/format.go`), for layouts of this one form.
struct Parser<'t> {
    layout: &'static str,
    text: &'t str,
    rest: &'t [u8],
}

impl<'t> Parser<'t> {
    fn parse(mut self, fraction: bool) -> Result<(), String> {
        let year = self.element("", "2006", Self::year)?;
        let month = self.element("-", "01", |p| p.number(true, 1, 12, "month"))?;
        let day = self.element("-", "02", |p| p.number(true, 0, 99, "day"))?;
        self.element("T", "15", |p| p.number(false, 0, 23, "hour"))?;
        self.element(":", "04", |p| p.number(true, 0, 59, "minute"))?;
        self.element(":", "05", |p| p.second(!fraction))?;
        if fraction {
            self.element("", ".000000", Self::six_digits)?;
        }
        self.element("", "Z07:00", Self::zone)?;
        if !self.rest.is_empty() {
            return Err(format!("parsing time {}: extra text: {}", quote(self.text.as_bytes()), quote(self.rest)));
        }
        if day < 1 || day > days_in(month, year) {
            return Err(format!("parsing time {}: day out of range", quote(self.text.as_bytes())));
        }
        Ok(())
    }

    /// A fixed text and then one element of the layout.
    fn element<T>(
        &mut self,
        prefix: &str,
        element: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, String> {
        match self.rest.strip_prefix(prefix.as_bytes()) {
            Some(rest) => self.rest = rest,
            None => return Err(self.cannot_parse(self.rest, prefix)),
        }
        let held = self.rest;
        read(self).map_err(|fault| match fault {
            Fault::Bad => self.cannot_parse(held, element),
            Fault::Range(what) => {
                format!("parsing time {}: {what} out of range", quote(self.text.as_bytes()))
            }
        })
    }

    fn cannot_parse(&self, piece: &[u8], element: &str) -> String {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(self.text.as_bytes()),
            quote(self.layout.as_bytes()),
            quote(piece),
            quote(element.as_bytes())
        )
    }

    fn take(&mut self, count: usize) -> &'t [u8] {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn digit(&self, at: usize) -> Option<u32> {
        self.rest.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'))
    }

    fn year(&mut self) -> Result<u32, Fault> {
        if self.rest.len() < 4 || self.digit(0).is_none() {
            return Err(Fault::Bad);
        }
        let taken = self.take(4);
        std::str::from_utf8(taken).ok().and_then(|text| text.parse().ok()).ok_or(Fault::Bad)
    }

    /// `getnum`: two digits, or, where they are not fixed, one.
    fn number(&mut self, fixed: bool, least: u32, most: u32, what: &'static str) -> Result<u32, Fault> {
        let tens = self.digit(0).ok_or(Fault::Bad)?;
        let value = match self.digit(1) {
            Some(ones) => {
                self.take(2);
                tens * 10 + ones
            }
            None if fixed => return Err(Fault::Bad),
            None => {
                self.take(1);
                tens
            }
        };
        if (least..=most).contains(&value) { Ok(value) } else { Err(Fault::Range(what)) }
    }

    fn second(&mut self, any_fraction: bool) -> Result<(), Fault> {
        self.number(true, 0, 59, "second")?;
        if any_fraction && matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some() {
            let digits = self.rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.take(1 + digits);
        }
        Ok(())
    }

    fn six_digits(&mut self) -> Result<(), Fault> {
        if self.rest.len() < 7 {
            return Err(Fault::Bad);
        }
        let taken = self.take(7);
        if !matches!(taken[0], b'.' | b',') {
            return Err(Fault::Bad);
        }
        // Go's atoi takes a sign; a number below zero is then out of range.
        let (negative, digits) = match taken[1] {
            b'-' => (true, &taken[2..]),
            b'+' => (false, &taken[2..]),
            _ => (false, &taken[1..]),
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Fault::Bad);
        }
        if negative && digits.iter().any(|digit| *digit != b'0') {
            return Err(Fault::Range("fractional second"));
        }
        Ok(())
    }

    fn zone(&mut self) -> Result<(), Fault> {
        if self.rest.first() == Some(&b'Z') {
            self.take(1);
            return Ok(());
        }
        if self.rest.len() < 6 || self.rest[3] != b':' {
            return Err(Fault::Bad);
        }
        let two = |tens: u8, ones: u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit())
                .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
        };
        let taken = self.take(6);
        let hour = two(taken[1], taken[2]);
        if hour.is_some_and(|hour| hour > 24) {
            return Err(Fault::Range("time zone offset hour"));
        }
        let minute = hour.and_then(|_| two(taken[4], taken[5]));
        if minute.is_some_and(|minute| minute > 60) {
            return Err(Fault::Range("time zone offset minute"));
        }
        if minute.is_none() || !matches!(taken[0], b'+' | b'-') {
            return Err(Fault::Bad);
        }
        Ok(())
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_micro_time, check_time};

    #[test]
    fn accepts_what_go_accepts() {
        for text in [
            "2024-01-02T03:04:05Z",
            "2024-02-29T23:59:59+05:30",
            "2024-01-02T03:04:05.123456789012Z",
            "2024-01-02T03:04:05,5Z",
            "2024-01-02T3:04:05Z",
            "0000-01-01T00:00:00-24:60",
        ] {
            assert_eq!(check_time(text), Ok(()), "{text}");
        }
        assert_eq!(check_micro_time("2024-01-02T03:04:05.000000Z"), Ok(()));
    }

    #[test]
    fn says_what_go_says() {
        for (text, message) in [
            ("", r#"parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006""#),
            ("x", r#"parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006""#),
            ("2024-01-02", r#"parsing time "2024-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#),
            (
                "2024-01-02 03:04:05Z",
                r#"parsing time "2024-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T""#,
            ),
            (
                "2024-01-02T03:04:05",
                r#"parsing time "2024-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#,
            ),
            ("2024-13-02T03:04:05Z", r#"parsing time "2024-13-02T03:04:05Z": month out of range"#),
            ("2023-02-29T03:04:05Z", r#"parsing time "2023-02-29T03:04:05Z": day out of range"#),
            ("2024-01-02T24:04:05Z", r#"parsing time "2024-01-02T24:04:05Z": hour out of range"#),
            ("2024-01-02T03:04:05Z ", r#"parsing time "2024-01-02T03:04:05Z ": extra text: " ""#),
            (
                "2024-01-02T03:04:05+25:00",
                r#"parsing time "2024-01-02T03:04:05+25:00": time zone offset hour out of range"#,
            ),
            (
                "2024-1-2T03:04:05Z",
                r#"parsing time "2024-1-2T03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse "1-2T03:04:05Z" as "01""#,
            ),
            ("é", r#"parsing time "\xc3\xa9" as "2006-01-02T15:04:05Z07:00": cannot parse "\xc3\xa9" as "2006""#),
        ] {
            assert_eq!(check_time(text).unwrap_err(), message);
        }
        for (text, message) in [
            (
                "2024-01-02T03:04:05Z",
                r#"parsing time "2024-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000""#,
            ),
            (
                "2024-01-02T03:04:05.1234567Z",
                r#"parsing time "2024-01-02T03:04:05.1234567Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "7Z" as "Z07:00""#,
            ),
            (
                "2024-01-02T03:04:05.-12345Z",
                r#"parsing time "2024-01-02T03:04:05.-12345Z": fractional second out of range"#,
            ),
        ] {
            assert_eq!(check_micro_time(text).unwrap_err(), message);
        }
    }

    #[test]
    fn never_panics_on_a_damaged_time() {
        let whole = "2024-01-02T03:04:05.000000+05:30";
        for at in 0..whole.len() {
            let _ = (check_time(&whole[..at]), check_micro_time(&whole[..at]));
            for other in ["", "é", "-", ":", "9", "\u{0}"] {
                let text = format!("{}{other}{}", &whole[..at], &whole[at + 1..]);
                let _ = (check_time(&text), check_micro_time(&text));
            }
        }
    }
}
