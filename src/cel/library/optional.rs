//! Optional values.
//!
//! Apart because they are an extension of the language. What `or` and `orValue` do without evaluating their arguments
//! is the interpreter's. Source: cel-go v0.26 `cel/library.go`.

use super::{Answer, failed};
use crate::cel::error::EvaluationError;
use crate::cel::value::Value;

/// Calls a function of optional values.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    Some(match (function, arguments) {
        ("optional.of", [value]) => Ok(Value::some(value.clone())),
        ("optional.ofNonZeroValue", [value]) => {
            Ok(if is_zero(value) { Value::Optional(None) } else { Value::some(value.clone()) })
        }
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.unwrap" | "unwrapOpt", [Value::List(list)]) => unwrap(&list.elements),
        ("value", [Value::Optional(None)]) => failed("optional.none() dereference"),
        ("value", [Value::Optional(Some(value))]) | ("orValue", [Value::Optional(Some(value)), _]) => value.checked(),
        ("hasValue", [Value::Optional(value)]) => Ok(value.is_some().into()),
        ("or", [Value::Optional(Some(_)), _]) => Ok(arguments[0].clone()),
        ("or" | "orValue", [Value::Optional(None), other]) => Ok(other.clone()),
        _ => return None,
    })
}

fn unwrap(elements: &[Value]) -> Result<Value, EvaluationError> {
    let mut unwrapped = Vec::new();
    for element in elements {
        match element {
            Value::Optional(Some(value)) => unwrapped.push(value.checked()?),
            Value::Optional(None) => {}
            other => return failed(format!("value {} is not optional", super::strings::shown(other))),
        }
    }
    Ok(Value::list(unwrapped))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.elements.is_empty() && list.kind == crate::cel::list::ListKind::Plain,
        Value::Map(map) => map.is_empty() && !map.is_of_kubernetes(),
        Value::Duration(duration) => duration.0 == 0,
        Value::Optional(value) => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn what_may_be_absent() {
        holds("{'a': 1}.?a.hasValue() && !{'a': 1}.?b.hasValue() && {'a': 1}[?'b'].orValue(2) == 2");
        holds("optional.of(1).value() == 1 && optional.none().or(optional.of(2)).value() == 2");
        holds("optional.ofNonZeroValue(0) == optional.none() && optional.of(1).optMap(x, x + 1).value() == 2");
        holds("[?optional.none(), ?optional.of(1)] == [1] && {?'a': optional.none(), 'b': 1} == {'b': 1}");
        holds("{'a': {'b': 1}}.?a.b.value() == 1 && !{'a': {'b': 1}}.?c.b.hasValue() && [1, 2][?5].orValue(7) == 7");
        holds("optional.of(1).optFlatMap(x, optional.none()) == optional.none()");
        fails("optional.none().value() == 1", "optional.none() dereference");
    }
}
