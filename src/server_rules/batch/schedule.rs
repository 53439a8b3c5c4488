//! The grammar of a cron schedule, as `github.com/robfig/cron/v3` 3.0.1 (`ParseStandard`) reads it.
//!
//! Apart because it is a language of its own that knows nothing of objects. Only whether a schedule is read is told, not
//! when it fires.

use super::time_zone::load_location;
use crate::decode::go_duration::parse_duration;
use crate::go_quote::go_quote;

/// What one of the five fields may hold.
struct Field {
    minimum: u64,
    maximum: u64,
    /// Names of values, from the minimum on.
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { minimum: 0, maximum: 59, names: &[] },
    Field { minimum: 0, maximum: 23, names: &[] },
    Field { minimum: 1, maximum: 31, names: &[] },
    Field {
        minimum: 1,
        maximum: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { minimum: 0, maximum: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// Reads a schedule.
///
/// # Errors
/// The library's words for what it cannot read.
pub fn parse(schedule: &str) -> Result<(), String> {
    let mut rest = schedule;
    if schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=") {
        let (zone, behind) = schedule.split_once(' ').ok_or_else(|| {
            // The library slices up to a blank that is not there; the server recovers from its panic.
            "invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned()
        })?;
        let location = zone.split_once('=').map_or("", |(_, location)| location);
        load_location(location).map_err(|error| format!("provided bad location {location}: {error}"))?;
        rest = behind.trim();
    }
    if rest.starts_with('@') {
        return parse_descriptor(rest);
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields.iter().zip(&FIELDS).try_for_each(|(text, field)| {
        text.split(',').filter(|range| !range.is_empty()).try_for_each(|range| field.parse_range(range))
    })
}

fn parse_descriptor(descriptor: &str) -> Result<(), String> {
    match descriptor {
        "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly" => Ok(()),
        _ => match descriptor.strip_prefix("@every ") {
            Some(duration) => parse_duration(duration)
                .map(drop)
                .map_err(|error| format!("failed to parse duration {descriptor}: {error}")),
            None => Err(format!("unrecognized descriptor: {descriptor}")),
        },
    }
}

impl Field {
    fn parse_range(&self, text: &str) -> Result<(), String> {
        let range_and_step: Vec<&str> = text.split('/').collect();
        let low_and_high: Vec<&str> = range_and_step[0].split('-').collect();
        let (start, mut end);
        if matches!(low_and_high[0], "*" | "?") {
            (start, end) = (self.minimum, self.maximum);
        } else {
            start = self.parse_value(low_and_high[0])?;
            end = match low_and_high[..] {
                [_] => start,
                [_, high] => self.parse_value(high)?,
                _ => return Err(format!("too many hyphens: {text}")),
            };
        }
        let step = match range_and_step[..] {
            [_] => 1,
            [_, step] => {
                let step = parse_number(step)?;
                if low_and_high.len() == 1 {
                    end = self.maximum;
                }
                step
            }
            _ => return Err(format!("too many slashes: {text}")),
        };
        if start < self.minimum {
            Err(format!("beginning of range ({start}) below minimum ({}): {text}", self.minimum))
        } else if end > self.maximum {
            Err(format!("end of range ({end}) above maximum ({}): {text}", self.maximum))
        } else if start > end {
            Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"))
        } else if step == 0 {
            Err(format!("step of range should be a positive number: {text}"))
        } else {
            Ok(())
        }
    }

    fn parse_value(&self, text: &str) -> Result<u64, String> {
        match self.names.iter().position(|name| text.to_lowercase() == *name) {
            Some(position) => Ok(self.minimum + position as u64),
            None => parse_number(text),
        }
    }
}

/// Go's `strconv.Atoi`, and no negative number.
fn parse_number(text: &str) -> Result<u64, String> {
    let number = atoi(text).map_err(|error| format!("failed to parse int from {text}: {error}"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}

/// Go's `strconv.Atoi` with its words for an error.
///
/// # Errors
/// A text that is no integer, or none of 64 bits.
pub fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("strconv.Atoi: parsing {}: invalid syntax", go_quote(text)));
    }
    text.parse().map_err(|_| format!("strconv.Atoi: parsing {}: value out of range", go_quote(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(schedule: &str) -> String {
        parse(schedule).expect_err("a schedule that cannot be read")
    }

    #[test]
    fn what_is_read() {
        for schedule in [
            "*/5 * * * *",
            "30 2 * * MON-FRI ",
            "0-59/61 ? 1,15 jan-Dec 0-6",
            ", * * * *",
            "5/100 +3 007 * *",
            "@every 1h30m",
            "@every -5s",
            "@midnight",
            "TZ=Europe/Berlin 0 4 * * *",
            "CRON_TZ=UTC @hourly",
        ] {
            assert_eq!(parse(schedule), Ok(()), "{schedule}");
        }
    }

    #[test]
    fn what_is_not_read_and_why() {
        assert_eq!(error("@reboot"), "unrecognized descriptor: @reboot");
        assert_eq!(
            error("@every 1 h"),
            "failed to parse duration @every 1 h: time: unknown unit \" h\" in duration \"1 h\""
        );
        assert_eq!(error("0 0 * * * *"), "expected exactly 5 fields, found 6: [0 0 * * * *]");
        assert_eq!(error("60 * * * *"), "end of range (60) above maximum (59): 60");
        assert_eq!(error("* * 0 * *"), "beginning of range (0) below minimum (1): 0");
        assert_eq!(error("* * * * 5-1"), "beginning of range (5) beyond end of range (1): 5-1");
        assert_eq!(error("*/0 * * * *"), "step of range should be a positive number: */0");
        assert_eq!(error("1-2-3 * * * *"), "too many hyphens: 1-2-3");
        assert_eq!(error("1/2/3 * * * *"), "too many slashes: 1/2/3");
        assert_eq!(
            error("* * * * monday"),
            "failed to parse int from monday: strconv.Atoi: parsing \"monday\": invalid syntax"
        );
        assert_eq!(error("* * * * 7"), "end of range (7) above maximum (6): 7");
        assert_eq!(error("TZ=Mars/Base 0 * * * *"), "provided bad location Mars/Base: unknown time zone Mars/Base");
        assert_eq!(error("TZ=UTC"), "invalid schedule format: runtime error: slice bounds out of range [:-1]");
        assert_eq!(
            error("99999999999999999999 * * * *"),
            "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range"
        );
    }

    /// A field that is read, by its bounds: stars, values, ranges and lists of them, with steps.
    fn field(minimum: u64, maximum: u64) -> impl Strategy<Value = String> {
        let range =
            (minimum..=maximum, minimum..=maximum, 0..4u8, 1..200u64).prop_map(
                |(one, other, shape, step)| match shape {
                    0 => "*".to_owned(),
                    1 => one.to_string(),
                    2 => format!("{}-{}", one.min(other), one.max(other)),
                    _ => format!("?/{step}"),
                },
            );
        prop::collection::vec(range, 1..4).prop_map(|ranges| ranges.join(","))
    }

    proptest! {
        #[test]
        fn values_within_bounds_are_read_and_no_others(
            fields in (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)),
            place in 0..5usize,
            excess in 1..100u64,
        ) {
            let mut fields = [fields.0, fields.1, fields.2, fields.3, fields.4];
            prop_assert_eq!(parse(&fields.join(" ")), Ok(()));
            let above = FIELDS[place].maximum + excess;
            fields[place] = format!("{},{above}", fields[place]);
            let expected = format!("end of range ({above}) above maximum ({}): {above}", FIELDS[place].maximum);
            prop_assert_eq!(parse(&fields.join(" ")), Err(expected));
        }

        #[test]
        fn no_text_is_a_danger(text in "(TZ=|CRON_TZ=|@every |@)?[-*?/,0-9a-zA-Z@ \u{e9}]{0,20}") {
            let _ = parse(&text);
        }
    }
}
