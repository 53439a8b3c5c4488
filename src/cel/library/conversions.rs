//! Functions that make a value of one type from a value of another.
//!
//! Apart because what converts, and how a value is written, is a table of its own. Source: cel-go v0.26
//! `common/types` (`ConvertToType`).

use super::{Answer, failed};
use crate::cel::error::EvaluationError;
use crate::cel::time::{Duration, Timestamp};
use crate::cel::value::Value;

/// Calls a conversion.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let [value] = arguments else { return None };
    let converted = match function {
        "dyn" => Some(value.clone()),
        "type" => Some(Value::Type(value.type_name().into())),
        "int" => return to_int(value),
        "uint" => return to_uint(value),
        "double" => to_double(value),
        "bool" => to_bool(value),
        "string" => return to_string(value),
        "bytes" => match value {
            Value::Bytes(_) => Some(value.clone()),
            Value::String(text) => Some(Value::Bytes(text.as_bytes().into())),
            _ => None,
        },
        "duration" => match value {
            Value::Duration(_) => Some(value.clone()),
            Value::Int(value) => Some(Value::Duration(Duration(*value))),
            Value::String(text) => Duration::parse(text).map(Value::Duration),
            _ => None,
        },
        "timestamp" => match value {
            Value::Timestamp(_) => Some(value.clone()),
            Value::Int(seconds) => return Some(Timestamp::of_seconds(*seconds).map(Value::Timestamp)),
            Value::String(text) => Timestamp::parse(text).map(Value::Timestamp),
            _ => None,
        },
        _ => return None,
    };
    match converted {
        Some(value) => Some(Ok(value)),
        None => wrong(value, function),
    }
}

/// The failure of a conversion; none where there is no such conversion at all.
fn wrong(value: &Value, function: &str) -> Answer {
    let to = match function {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    };
    let known = matches!(value, Value::String(_) | Value::Bytes(_));
    known.then(|| failed(format!("type conversion error from '{}' to '{to}'", value.type_name())))
}

fn overflow(signed: bool) -> EvaluationError {
    EvaluationError::failed(if signed { "integer overflow" } else { "unsigned integer overflow" })
}

#[expect(clippy::cast_possible_truncation, reason = "the range is looked at before")]
fn to_int(value: &Value) -> Answer {
    Some(match value {
        Value::Int(_) => Ok(value.clone()),
        Value::Uint(value) => i64::try_from(*value).map(Value::Int).map_err(|_| overflow(true)),
        Value::Double(value) if *value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_807.0 => {
            Ok(Value::Int(*value as i64))
        }
        Value::Double(_) => Err(overflow(true)),
        Value::Timestamp(time) => Ok(Value::Int(time.seconds)),
        Value::Duration(Duration(nanoseconds)) => Ok(Value::Int(*nanoseconds)),
        Value::String(text) => match text.parse() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => return wrong(value, "int"),
        },
        _ => return wrong(value, "int"),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is looked at before")]
fn to_uint(value: &Value) -> Answer {
    Some(match value {
        Value::Uint(_) => Ok(value.clone()),
        Value::Int(value) => u64::try_from(*value).map(Value::Uint).map_err(|_| overflow(false)),
        Value::Double(value) if *value >= 0.0 && *value < 18_446_744_073_709_551_615.0 => {
            Ok(Value::Uint(*value as u64))
        }
        Value::Double(_) => Err(overflow(false)),
        Value::String(text) => match text.parse() {
            Ok(number) if !text.starts_with('+') => Ok(Value::Uint(number)),
            _ => return wrong(value, "uint"),
        },
        _ => return wrong(value, "uint"),
    })
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn to_double(value: &Value) -> Option<Value> {
    match value {
        Value::Double(_) => Some(value.clone()),
        Value::Int(value) => Some(Value::Double(*value as f64)),
        Value::Uint(value) => Some(Value::Double(*value as f64)),
        Value::String(text) => {
            let finite = text.parse::<f64>().ok().filter(|number| number.is_finite());
            let words = ["inf", "infinity", "nan"];
            let named = || words.contains(&text.trim_start_matches(['+', '-']).to_ascii_lowercase().as_str());
            finite.or_else(|| text.parse().ok().filter(|_| named())).map(Value::Double)
        }
        _ => None,
    }
}

/// As Go's `strconv.ParseBool`.
fn to_bool(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

fn to_string(value: &Value) -> Answer {
    Some(Ok(match value {
        Value::String(_) => value.clone(),
        Value::Int(value) => Value::string(value.to_string()),
        Value::Uint(value) => Value::string(value.to_string()),
        Value::Double(value) => Value::string(double_text(*value)),
        Value::Bool(value) => Value::string(value.to_string()),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::string(text),
            Err(_) => return Some(failed("invalid UTF-8 in bytes, cannot convert to string")),
        },
        Value::Timestamp(time) => Value::string(time.text()),
        Value::Duration(duration) => Value::string(duration.text()),
        Value::Ip(address) => Value::string(address.to_string()),
        Value::Cidr(address, length) => Value::string(format!("{address}/{length}")),
        _ => return wrong(value, "string"),
    }))
}

/// A double as Go's `%g` writes it: with an exponent below 1e-4 and from 1e21 on.
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value == 0.0 || (1e-4..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    exponent_text(&format!("{value:e}"))
}

/// A number with an exponent as Go writes it: with a sign and two digits at least.
pub fn exponent_text(text: &str) -> String {
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn converts() {
        holds("int('42') == 42 && int(3.9) == 3 && int(7u) == 7 && uint(3) == 3u && double('1.5') == 1.5");
        holds("string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'a') == 'a'");
        holds("string(1e100) == '1e+100' && string(0.00001) == '1e-05' && string(duration('90m')) == '5400s'");
        holds("bool('true') && bytes('a') == b'a' && type(1) == int && type('a') == string && type([]) == list");
        holds("type(timestamp('2023-01-01T00:00:00Z')) == google.protobuf.Timestamp && type(null) == null_type");
        fails("int('a') == 1", "type conversion error from 'string' to 'int'");
        fails("uint(-1) == 1u", "unsigned integer overflow");
        fails("duration('a') == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'");
    }
}
