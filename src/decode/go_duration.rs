//! Durations as Go's `time.ParseDuration` reads them (`1h30m`, `-1.5s`).
//!
//! Apart because `metav1.Duration` fields and several rules need the same reading and the same errors.

use super::go_time::quote;

/// Reads a duration; gives nanoseconds.
///
/// # Errors
///
/// Go's words (Go 1.26 `time/format.go`, `ParseDuration`): `time: missing unit in duration "5"`.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    const LIMIT: u64 = 1 << 63;
    let invalid = || format!("time: invalid duration {}", quote(text.as_bytes()));
    let (negative, mut rest) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        if !rest.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
            return Err(invalid());
        }
        let (whole, behind) = split_digits(rest);
        rest = behind;
        let value = digits_value(whole).filter(|value| *value <= LIMIT).ok_or_else(invalid)?;
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            (fraction, rest) = split_digits(behind);
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        rest = behind;
        let unit: u64 = match name {
            "" => return Err(format!("time: missing unit in duration {}", quote(text.as_bytes()))),
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                let (name, text) = (quote(name.as_bytes()), quote(text.as_bytes()));
                return Err(format!("time: unknown unit {name} in duration {text}"));
            }
        };
        let part = value
            .checked_mul(unit)
            .and_then(|whole| whole.checked_add(fraction_of(fraction, unit)))
            .filter(|part| *part <= LIMIT)
            .ok_or_else(invalid)?;
        total = total.checked_add(part).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| invalid())
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The value of a run of digits, none of them counting as zero; none if it does not fit.
fn digits_value(digits: &str) -> Option<u64> {
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

/// `0.digits` of a unit in nanoseconds, through a float as Go computes it; digits beyond 63 bits are left out.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "Go converts in the same way, and the rounding is part of the answer"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes() {
        if value > i64::MAX as u64 / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::parse_duration;
    use proptest::prelude::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("-1.5h", -5_400_000_000_000),
            ("+.5ms", 500_000),
            ("1.s", 1_000_000_000),
            ("3µs", 3_000),
            ("2us1ns", 2_001),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            assert_eq!(parse_duration(text), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn says_what_go_says() {
        for (text, message) in [
            ("", r#"time: invalid duration """#),
            ("5", r#"time: missing unit in duration "5""#),
            ("1d", r#"time: unknown unit "d" in duration "1d""#),
            ("1h 5m", r#"time: unknown unit "h " in duration "1h 5m""#),
            (".s", r#"time: invalid duration ".s""#),
            ("x", r#"time: invalid duration "x""#),
            ("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
            ("3000000h", r#"time: invalid duration "3000000h""#),
        ] {
            assert_eq!(parse_duration(text).unwrap_err(), message);
        }
    }

    #[test]
    fn parts_add_up() {
        for hours in 0..20_i64 {
            for minutes in 0..60_i64 {
                let apart =
                    parse_duration(&format!("{hours}h")).unwrap() + parse_duration(&format!("{minutes}m")).unwrap();
                assert_eq!(parse_duration(&format!("{hours}h{minutes}m")), Ok(apart));
            }
        }
    }

    proptest! {
        #[test]
        fn a_sum_of_units_is_read(
            negative: bool,
            hours in 0..1000i64,
            minutes in 0..100_000i64,
            seconds in 0..1_000_000i64,
            fraction in 0..1000i64,
            nanoseconds in any::<u32>(),
        ) {
            let sign = if negative { "-" } else { "" };
            let text = format!("{sign}{hours}h{minutes}m{seconds}.{fraction:03}s{nanoseconds}ns");
            let seconds = (hours * 60 + minutes) * 60 + seconds;
            let total = (seconds * 1000 + fraction) * 1_000_000 + i64::from(nanoseconds);
            prop_assert_eq!(parse_duration(&text), Ok(if negative { -total } else { total }));
        }

        #[test]
        fn any_text_is_read_or_refused_in_gos_words(text in "[-+0-9.hmsun\u{b5} x]{0,12}") {
            if let Err(error) = parse_duration(&text) {
                prop_assert!(error.starts_with("time: "), "{}", error);
            }
        }
    }
}
