//! `'%s'.format([…])`
//!
//! Apart because it is a small language of its own. Source: cel-go v0.26 `ext/formatting.go`.

use super::Answer;
use super::conversions::exponent_text;
use crate::cel::error::EvaluationError;
use crate::cel::value::Value;
use crate::go_quote::go_quote;

/// Digits behind the point where none are asked for.
const PRECISION: usize = 6;

/// More digits than any double has; what asks for more gets these.
const MOST_DIGITS: usize = 1100;

/// Calls `format`.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    match (function, arguments) {
        ("format", [Value::String(text), Value::List(list)]) => Some(fill(text, &list.elements).map(Value::string)),
        _ => None,
    }
}

fn fill(text: &str, values: &[Value]) -> Result<String, EvaluationError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    let mut place = 0;
    while let Some(at) = rest.find('%') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            filled.push('%');
            rest = behind;
            continue;
        }
        let Some(value) = values.get(place) else {
            return Err(EvaluationError::failed(format!("index {place} out of range")));
        };
        if rest.is_empty() {
            return Err(EvaluationError::failed("unexpected end of string"));
        }
        let (clause, precision) = clause(&mut rest)
            .map_err(|words| EvaluationError::failed(format!("could not parse formatting clause: {words}")))?;
        let value = value.checked()?;
        let written = write(clause, precision, &value)
            .map_err(|words| EvaluationError::failed(format!("error during formatting: {words}")))?;
        filled.push_str(&written);
        place += 1;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Reads `.2f`; what is left begins behind it.
fn clause(rest: &mut &str) -> Result<(char, usize), String> {
    let mut precision = PRECISION;
    if let Some(behind) = rest.strip_prefix('.') {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == behind.len() {
            return Err("error while parsing precision: could not find end of precision specifier".to_owned());
        }
        precision = behind[..digits].parse().map_err(|_| {
            let why = if digits == 0 { "invalid syntax" } else { "value out of range" };
            let text = &behind[..digits];
            format!("error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing {text:?}: {why}")
        })?;
        *rest = &behind[digits..];
    }
    let clause = rest.chars().next().unwrap_or_default();
    if !matches!(clause, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
        return Err(format!("unrecognized formatting clause \"{clause}\""));
    }
    *rest = &rest[1..];
    Ok((clause, precision.min(MOST_DIGITS)))
}

fn write(clause: char, precision: usize, value: &Value) -> Result<String, String> {
    let name = value.type_name();
    match (clause, value) {
        ('s', _) => plain(value),
        ('d', Value::Int(value)) => Ok(value.to_string()),
        ('d', Value::Uint(value)) => Ok(value.to_string()),
        ('d', _) => Err(format!("decimal clause can only be used on integers, was given {name}")),
        ('f', Value::Double(value)) => Ok(fixed(*value, precision)),
        ('f', _) => Err(format!("fixed-point clause can only be used on doubles, was given {name}")),
        ('e', Value::Double(value)) if value.is_finite() => Ok(exponent_text(&format!("{value:.precision$e}"))),
        ('e', Value::Double(value)) => Ok(fixed(*value, precision)),
        ('e', _) => Err(format!("scientific clause can only be used on doubles, was given {name}")),
        ('b', Value::Int(value)) => Ok(signed(*value, |magnitude| format!("{magnitude:b}"))),
        ('b', Value::Uint(value)) => Ok(format!("{value:b}")),
        ('b', Value::Bool(value)) => Ok(u8::from(*value).to_string()),
        ('b', _) => Err(format!("only integers and bools can be formatted as binary, was given {name}")),
        ('o', Value::Int(value)) => Ok(signed(*value, |magnitude| format!("{magnitude:o}"))),
        ('o', Value::Uint(value)) => Ok(format!("{value:o}")),
        ('o', _) => Err(format!("octal clause can only be used on integers, was given {name}")),
        _ => {
            let text = match value {
                Value::Int(value) => signed(*value, |magnitude| format!("{magnitude:x}")),
                Value::Uint(value) => format!("{value:x}"),
                Value::String(text) => hex(text.as_bytes()),
                Value::Bytes(bytes) => hex(bytes),
                _ => {
                    return Err(format!(
                        "only integers, byte buffers, and strings can be formatted as hex, was given {name}"
                    ));
                }
            };
            Ok(if clause == 'X' { text.to_uppercase() } else { text })
        }
    }
}

fn signed(value: i64, write: impl Fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", write(value.unsigned_abs()))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// With commas between thousands, as American English has them.
fn fixed(value: f64, precision: usize) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let text = format!("{value:.precision$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let mut grouped = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// `%s`
fn plain(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Type(name) => Ok(name.to_string()),
        Value::List(list) => {
            let elements: Result<Vec<String>, String> = list.elements.iter().map(within).collect();
            Ok(format!("[{}]", elements?.join(", ")))
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.entries().len());
            for (key, value) in map.entries() {
                let key = match key {
                    Value::String(key) => go_quote(key),
                    Value::Bool(_) | Value::Int(_) | Value::Uint(_) => plain(key)?,
                    other => return Err(format!("no formatting function for map key of type {}", other.type_name())),
                };
                entries.push(format!("{key}:{}", within(value)?));
            }
            entries.sort();
            Ok(format!("{{{}}}", entries.join(", ")))
        }
        Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Bool(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Bytes(_)
        | Value::Duration(_) => match super::conversions::call("string", std::slice::from_ref(value)) {
            Some(Ok(Value::String(text))) => Ok(text.to_string()),
            Some(Err(error)) => Err(error.words().to_owned()),
            _ => Err(format!("could not convert argument {:?} to string", value.type_name())),
        },
        other => Err(format!(
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given {}",
            other.type_name()
        )),
    }
}

/// A value within a list or a map.
fn within(value: &Value) -> Result<String, String> {
    Ok(match value {
        Value::String(text) => go_quote(text),
        Value::Bytes(_) => format!("b{}", go_quote(&plain(value)?)),
        Value::Double(double) if double.is_finite() => format!("{double:.PRECISION$}"),
        Value::Timestamp(time) => format!("timestamp(\"{}\")", time.text()),
        Value::Duration(duration) => format!("duration(\"{}\")", duration.text()),
        Value::Type(name) => format!("type({name})"),
        other => plain(other)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn fills_in() {
        holds("'%s has %d'.format(['a', 2]) == 'a has 2' && '100%%'.format([]) == '100%'");
        holds("'%.2f'.format([1234.567]) == '1,234.57' && '%e'.format([1.5]) == '1.500000e+00'");
        holds("'%x %X %o %b'.format([255, 'a', 8, 5]) == 'ff 61 10 101'");
        holds(r#"'%s'.format([['a', 1, {'k': true}]]) == '["a", 1, {"k":true}]'"#);
        holds("'%s'.format([duration('1h')]) == '3600s' && '%s'.format([1.5]) == '1.5'");
        fails("'%s'.format([]) == ''", "index 0 out of range");
        fails(
            "'%d'.format(['a']) == ''",
            "error during formatting: decimal clause can only be used on integers, was given string",
        );
    }
}
