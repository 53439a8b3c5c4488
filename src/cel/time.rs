//! Points in time and spans between them, as Go keeps them.
//!
//! Apart because there is arithmetic on both and the texts of both are Go's. Source: cel-go v0.26
//! `common/types/timestamp.go`, `duration.go`, `overflow.go`; Go's `time/format.go`, `format_rfc3339.go`.

use super::error::EvaluationError;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// The first and the last second that there is: of the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
const DAY: i64 = 86_400;
const SECOND: i64 = 1_000_000_000;

/// A span of time in billionths of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    /// Seconds since 1970 began.
    pub seconds: i64,
    /// Billionths of a second besides.
    pub nanoseconds: u32,
    /// Seconds east of Greenwich that it was written with.
    pub offset: i32,
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }
}

/// A point in time in terms of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
    /// The day of the year, from 0.
    pub day_of_year: i64,
    /// The day of the week, from Sunday as 0.
    pub day_of_week: i64,
    /// The hour.
    pub hour: i64,
    /// The minute.
    pub minute: i64,
    /// The second.
    pub second: i64,
}

impl Timestamp {
    /// Reads RFC 3339 as Go does.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        let sign = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
        let date = Self::parse_date(text.get(..10)?)?;
        if !(sign(10, b"T") && sign(13, b":") && sign(16, b":")) {
            return None;
        }
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanoseconds = 0;
        if rest.starts_with(['.', ',']) {
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            let padded = format!("{:0<9}", &rest[1..=digits]);
            nanoseconds = padded[..9].parse().ok()?;
            rest = &rest[1 + digits..];
        }
        let offset = match rest.as_bytes() {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let digits = |part: Option<&str>| {
                    let part = part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
                    part.parse::<i32>().ok()
                };
                let (hours, minutes) = (digits(rest.get(1..3))?, digits(rest.get(4..6))?);
                if hours > 24 || minutes > 60 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let seconds = date.seconds + hour * 3600 + minute * 60 + second - i64::from(offset);
        SECONDS.contains(&seconds).then_some(Self { seconds, nanoseconds, offset })
    }

    /// Reads a date: `2006-01-02`.
    pub fn parse_date(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |byte: &u8| byte.is_ascii_digit();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        if !(bytes[..4].iter().all(digits) && bytes[5..7].iter().all(digits) && bytes[8..].iter().all(digits)) {
            return None;
        }
        let (year, month, day): (i64, i64, i64) =
            (text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
        if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
            return None;
        }
        let seconds = days_since_1970(year, month, day) * DAY;
        Some(Self { seconds, nanoseconds: 0, offset: 0 })
    }

    /// So many seconds after 1970 began.
    ///
    /// # Errors
    ///
    /// Before the year 1 and after the year 9999.
    pub fn of_seconds(seconds: i64) -> Result<Self, EvaluationError> {
        let inside = SECONDS.contains(&seconds);
        inside.then_some(Self { seconds, nanoseconds: 0, offset: 0 }).ok_or_else(timestamp_overflow)
    }

    /// A span later.
    ///
    /// # Errors
    ///
    /// Before the year 1 and after the year 9999.
    pub fn plus(self, duration: i128) -> Result<Self, EvaluationError> {
        let total = self.total() + duration;
        let seconds = i64::try_from(total.div_euclid(i128::from(SECOND))).map_err(|_| timestamp_overflow())?;
        let nanoseconds = u32::try_from(total.rem_euclid(i128::from(SECOND))).unwrap_or_default();
        let inside = SECONDS.contains(&seconds);
        inside.then_some(Self { seconds, nanoseconds, offset: self.offset }).ok_or_else(timestamp_overflow)
    }

    /// The span since another.
    ///
    /// # Errors
    ///
    /// Where 64 bits do not hold it.
    pub fn since(self, other: Self) -> Result<Duration, EvaluationError> {
        i64::try_from(self.total() - other.total()).map(Duration).map_err(|_| duration_overflow())
    }

    fn total(self) -> i128 {
        i128::from(self.seconds) * i128::from(SECOND) + i128::from(self.nanoseconds)
    }

    /// What clock and calendar show so many seconds east of Greenwich.
    pub fn calendar(self, offset: i64) -> Calendar {
        let local = self.seconds.saturating_add(offset);
        let (days, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        Calendar {
            year,
            month,
            day,
            day_of_year: days - days_since_1970(year, 1, 1),
            day_of_week: (days + 4).rem_euclid(7),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        }
    }

    /// RFC 3339, in the zone it was written with.
    pub fn text(self) -> String {
        let c = self.calendar(i64::from(self.offset));
        let mut text =
            format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
        if self.nanoseconds != 0 {
            let digits = format!("{:09}", self.nanoseconds);
            let _ = write!(text, ".{}", digits.trim_end_matches('0'));
        }
        if self.offset == 0 {
            text.push('Z');
        } else {
            let sign = if self.offset < 0 { '-' } else { '+' };
            let minutes = self.offset.abs() / 60;
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        text
    }
}

impl Duration {
    /// Reads a span as Go's `time.ParseDuration` does: `1h30m`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
            let (whole, behind) = rest.split_at(digits(rest));
            let (fraction, behind) = match behind.strip_prefix('.') {
                Some(behind) => behind.split_at(digits(behind)),
                None => ("", behind),
            };
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            let end = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
            let unit: i128 = match &behind[..end] {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => return None,
            };
            let number: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            total = total.checked_add(number.checked_mul(unit)?)?;
            let kept = &fraction[..fraction.len().min(17)];
            if !kept.is_empty() {
                total += kept.parse::<i128>().ok()? * unit / 10_i128.pow(u32::try_from(kept.len()).ok()?);
            }
            if total > i128::from(i64::MAX) + 1 {
                return None;
            }
            rest = &behind[end..];
        }
        i64::try_from(if negative { -total } else { total }).ok().map(Self)
    }

    /// In seconds.
    #[expect(clippy::cast_precision_loss, reason = "as Go's Seconds")]
    pub fn seconds(self) -> f64 {
        (self.0 / SECOND) as f64 + (self.0 % SECOND) as f64 / 1e9
    }

    /// In seconds: `1.5s`.
    pub fn text(self) -> String {
        format!("{}s", self.seconds())
    }
}

/// The failure of spans beyond 64 bits.
pub fn duration_overflow() -> EvaluationError {
    EvaluationError::failed("duration overflow")
}

fn timestamp_overflow() -> EvaluationError {
    EvaluationError::failed("timestamp overflow")
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the first of January 1970, counted in years that begin with March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_points_in_time() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:30:45.25Z", 951_827_445),
            ("2023-07-14T10:30:45+02:00", 1_689_323_445),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!((time.seconds, time.text()), (seconds, text.to_owned()));
        }
        for text in ["2023-02-29T00:00:00Z", "2023-01-01", "2023-01-01T24:00:00Z", "2023-01-01T00:00:00", "é"] {
            assert!(Timestamp::parse(text).is_none(), "{text}");
        }
        let c = Timestamp::parse("2024-12-31T23:00:00Z").unwrap().calendar(3600);
        assert_eq!((c.year, c.month, c.day, c.day_of_year, c.day_of_week, c.hour), (2025, 1, 1, 0, 3, 0));
    }

    #[test]
    fn reads_spans() {
        for (text, wanted) in [
            ("1h30m", Some("5400s")),
            ("1.5s", Some("1.5s")),
            ("-2ms", Some("-0.002s")),
            ("0", Some("0s")),
            ("1", None),
            ("", None),
            ("1d", None),
            ("3000000h", None),
        ] {
            assert_eq!(Duration::parse(text).map(Duration::text).as_deref(), wanted, "{text}");
        }
    }
}
