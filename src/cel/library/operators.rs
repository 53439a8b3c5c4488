//! The operators.
//!
//! Apart because they are most of what expressions call. Source: cel-go v0.26 `common/stdlib/standard.go`,
//! `common/types/overflow.go`.

use super::{Answer, failed};
use crate::cel::error::{EvaluationError, no_such_overload};
use crate::cel::list::{List, ListKind};
use crate::cel::map::Map;
use crate::cel::time::{Duration, duration_overflow};
use crate::cel::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls an operator.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    Some(match (function, arguments) {
        ("_==_", [one, two]) => one.equals(two).map(Value::Bool),
        ("_!=_", [one, two]) => Ok(Value::Bool(one.equals(two) != Ok(true))),
        ("_<_", [one, two]) => one.compare(two).map(|order| (order == Ordering::Less).into()),
        ("_<=_", [one, two]) => one.compare(two).map(|order| (order != Ordering::Greater).into()),
        ("_>_", [one, two]) => one.compare(two).map(|order| (order == Ordering::Greater).into()),
        ("_>=_", [one, two]) => one.compare(two).map(|order| (order != Ordering::Less).into()),
        ("!_", [Value::Bool(value)]) => Ok(Value::Bool(!value)),
        ("-_", [value]) => negate(value),
        ("_+_", [one, two]) => add(one, two),
        ("_-_", [one, two]) => subtract(one, two),
        ("_*_", [one, two]) => multiply(one, two),
        ("_/_", [one, two]) => divide(one, two),
        ("_%_", [one, two]) => remainder(one, two),
        ("@in" | "_in_" | "in", [element, Value::List(list)]) => list.contains(element).map(Value::Bool),
        ("@in" | "_in_" | "in", [key, Value::Map(map)]) => map.find(key).map(|found| found.is_some().into()),
        ("_[_]", [container, index]) => index_of(container, index),
        ("cel.@mapInsert", [Value::Map(map), key, value]) => insert(map, vec![(key.clone(), value.clone())]),
        ("cel.@mapInsert", [Value::Map(map), Value::Map(more)]) => insert(map, more.entries().to_vec()),
        _ => return None,
    })
}

fn insert(map: &Map, entries: Vec<(Value, Value)>) -> Result<Value, EvaluationError> {
    let mut map = if map.is_of_kubernetes() { Map::new(map.entries().to_vec()) } else { map.clone() };
    for (key, value) in entries {
        map.insert(key, value)?;
    }
    Ok(Value::Map(Arc::new(map)))
}

/// `container[index]`
///
/// # Errors
///
/// Where nothing is there.
pub fn index_of(container: &Value, index: &Value) -> Result<Value, EvaluationError> {
    match container {
        Value::Map(map) => match map.find(index)? {
            Some(value) => value.checked(),
            None => failed(format!("no such key: {}", super::strings::shown(index))),
        },
        Value::List(list) => {
            let place = place(list, index)?;
            let found = usize::try_from(place).ok().and_then(|place| list.elements.get(place));
            found.map_or_else(|| failed(format!("index out of bounds: {place}")), Value::checked)
        }
        _ => Err(no_such_overload()),
    }
}

/// The whole number that an index is.
#[expect(clippy::cast_possible_truncation, clippy::float_cmp, reason = "only a double that is a whole number")]
fn place(list: &List, index: &Value) -> Result<i64, EvaluationError> {
    match index {
        Value::Int(index) => Ok(*index),
        Value::Double(index) if list.kind == ListKind::Plain && index.trunc() == *index => Ok(*index as i64),
        Value::Uint(index) if list.kind == ListKind::Plain => Ok(i64::try_from(*index).unwrap_or(i64::MAX)),
        _ if list.kind == ListKind::Plain => {
            Err(EvaluationError::failed(format!("unsupported index type '{}' in list", index.type_name())))
        }
        _ => Err(EvaluationError::failed(format!("unsupported index: {}", super::strings::shown(index)))),
    }
}

fn int(value: Option<i64>) -> Result<Value, EvaluationError> {
    value.map(Value::Int).ok_or_else(|| EvaluationError::failed("integer overflow"))
}

fn uint(value: Option<u64>) -> Result<Value, EvaluationError> {
    value.map(Value::Uint).ok_or_else(|| EvaluationError::failed("unsigned integer overflow"))
}

fn span(value: Option<i64>) -> Result<Value, EvaluationError> {
    value.map(|nanoseconds| Value::Duration(Duration(nanoseconds))).ok_or_else(duration_overflow)
}

fn negate(value: &Value) -> Result<Value, EvaluationError> {
    match value {
        Value::Int(value) => int(value.checked_neg()),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(Duration(value)) => span(value.checked_neg()),
        _ => Err(no_such_overload()),
    }
}

fn add(one: &Value, two: &Value) -> Result<Value, EvaluationError> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => int(one.checked_add(*two)),
        (Value::Uint(one), Value::Uint(two)) => uint(one.checked_add(*two)),
        (Value::Double(one), Value::Double(two)) => Ok(Value::Double(one + two)),
        (Value::String(one), Value::String(two)) => {
            let mut text = String::with_capacity(one.len() + two.len());
            text.push_str(one);
            text.push_str(two);
            Ok(Value::string(text))
        }
        (Value::Bytes(one), Value::Bytes(two)) => Ok(Value::Bytes([&**one, &**two].concat().into())),
        (Value::List(one), Value::List(two)) => one.plus(two).map(|list| Value::List(Arc::new(list))),
        (Value::Duration(Duration(one)), Value::Duration(Duration(two))) => span(one.checked_add(*two)),
        (Value::Timestamp(time), Value::Duration(Duration(duration)))
        | (Value::Duration(Duration(duration)), Value::Timestamp(time)) => {
            time.plus(i128::from(*duration)).map(Value::Timestamp)
        }
        _ => Err(no_such_overload()),
    }
}

fn subtract(one: &Value, two: &Value) -> Result<Value, EvaluationError> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => int(one.checked_sub(*two)),
        (Value::Uint(one), Value::Uint(two)) => uint(one.checked_sub(*two)),
        (Value::Double(one), Value::Double(two)) => Ok(Value::Double(one - two)),
        (Value::Duration(Duration(one)), Value::Duration(Duration(two))) => span(one.checked_sub(*two)),
        (Value::Timestamp(one), Value::Timestamp(two)) => one.since(*two).map(Value::Duration),
        (Value::Timestamp(time), Value::Duration(Duration(duration))) => {
            time.plus(-i128::from(*duration)).map(Value::Timestamp)
        }
        _ => Err(no_such_overload()),
    }
}

fn multiply(one: &Value, two: &Value) -> Result<Value, EvaluationError> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => int(one.checked_mul(*two)),
        (Value::Uint(one), Value::Uint(two)) => uint(one.checked_mul(*two)),
        (Value::Double(one), Value::Double(two)) => Ok(Value::Double(one * two)),
        _ => Err(no_such_overload()),
    }
}

fn divide(one: &Value, two: &Value) -> Result<Value, EvaluationError> {
    match (one, two) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => failed("division by zero"),
        (Value::Int(one), Value::Int(two)) => int(one.checked_div(*two)),
        (Value::Uint(one), Value::Uint(two)) => uint(one.checked_div(*two)),
        (Value::Double(one), Value::Double(two)) => Ok(Value::Double(one / two)),
        _ => Err(no_such_overload()),
    }
}

fn remainder(one: &Value, two: &Value) -> Result<Value, EvaluationError> {
    match (one, two) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => failed("modulus by zero"),
        (Value::Int(one), Value::Int(two)) => int(one.checked_rem(*two)),
        (Value::Uint(one), Value::Uint(two)) => uint(one.checked_rem(*two)),
        _ => Err(no_such_overload()),
    }
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn computes() {
        holds("1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 % 3 == -1 && 1u + 2u == 3u && 1.5 * 2.0 == 3.0");
        holds("'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'");
        holds("2 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1} && 1 < 2 && 'a' < 'b' && 2 >= 2.0");
        fails("1 / 0 == 1", "division by zero");
        fails("1 % 0 == 1", "modulus by zero");
        fails("9223372036854775807 + 1 == 0", "integer overflow");
        fails("0u - 1u == 0u", "unsigned integer overflow");
        fails("[1][3] == 1", "index out of bounds: 3");
        fails("{'a': 1}['b'] == 1", "no such key: b");
        fails("dyn(1) + 'a' == 'b'", "no such overload");
    }
}
