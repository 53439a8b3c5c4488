//! What clock and calendar show.
//!
//! Apart because zones are part of it: those with a name are not known here. Source: cel-go v0.26
//! `common/types/timestamp.go`, `duration.go`.

use super::{Answer, failed};
use crate::cel::error::EvaluationError;
use crate::cel::time::Timestamp;
use crate::cel::value::Value;

/// Calls a function of points in time and of spans.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    match arguments {
        [Value::Timestamp(time)] => shown(function, *time, 0),
        [Value::Timestamp(time), Value::String(zone)] => match offset(zone) {
            Ok(offset) => shown(function, *time, offset),
            Err(error) => Some(Err(error)),
        },
        [Value::Duration(duration)] => {
            let nanoseconds = duration.0;
            let value = match function {
                "getHours" => nanoseconds / 3_600_000_000_000,
                "getMinutes" => nanoseconds / 60_000_000_000,
                "getSeconds" => nanoseconds / 1_000_000_000,
                "getMilliseconds" => nanoseconds / 1_000_000,
                _ => return None,
            };
            Some(Ok(Value::Int(value)))
        }
        _ => None,
    }
}

fn shown(function: &str, time: Timestamp, offset: i64) -> Answer {
    let calendar = time.calendar(offset);
    let value = match function {
        "getFullYear" => calendar.year,
        "getMonth" => calendar.month - 1,
        "getDayOfYear" => calendar.day_of_year,
        "getDayOfMonth" => calendar.day - 1,
        "getDate" => calendar.day,
        "getDayOfWeek" => calendar.day_of_week,
        "getHours" => calendar.hour,
        "getMinutes" => calendar.minute,
        "getSeconds" => calendar.second,
        "getMilliseconds" => i64::from(time.nanoseconds / 1_000_000),
        _ => return None,
    };
    Some(Ok(Value::Int(value)))
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Result<i64, EvaluationError> {
    let Some((hours, minutes)) = zone.split_once(':') else {
        return if matches!(zone, "" | "UTC") { Ok(0) } else { Err(EvaluationError::Undecided) };
    };
    let number = |text: &str| {
        let wrong = || format!("strconv.Atoi: parsing {text:?}: invalid syntax");
        text.parse::<i64>().ok().filter(|number| number.abs() < 10_000).ok_or_else(wrong)
    };
    let (hours, minutes) = match (number(hours), number(minutes)) {
        (Ok(hours), Ok(minutes)) => (hours, minutes),
        (Err(words), _) | (_, Err(words)) => return failed(words).map(|_| 0),
    };
    Ok(60 * if zone.starts_with('-') { hours * 60 - minutes } else { hours * 60 + minutes })
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::holds;

    #[test]
    fn reads_the_clock() {
        holds("timestamp('2023-07-14T10:30:45.123Z').getFullYear() == 2023");
        holds("timestamp('2023-07-14T10:30:45.123Z').getMonth() == 6");
        holds("timestamp('2023-07-14T10:30:45.123Z').getDate() == 14");
        holds("timestamp('2023-07-14T23:30:45.123Z').getDayOfMonth('+02:00') == 14");
        holds("timestamp('2023-07-14T10:30:45.123Z').getMilliseconds() == 123");
        holds("duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90");
        holds("timestamp('2023-01-02T00:00:00Z') - timestamp('2023-01-01T00:00:00Z') == duration('24h')");
        holds("timestamp('2023-01-01T00:00:00Z') + duration('1h') > timestamp('2023-01-01T00:00:00Z')");
    }
}
