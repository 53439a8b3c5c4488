//! Amounts of resources.
//!
//! Apart because the amounts themselves are shared with everything that reads them. Source: apiserver
//! `pkg/cel/library/quantity.go` (1.36).

use super::{Answer, failed};
use crate::cel::value::Value;
use crate::quantity::Quantity;
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls a function of amounts.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let made = |quantity: Quantity| Ok(Value::Quantity(Arc::new(quantity)));
    Some(match (function, arguments) {
        ("quantity", [Value::String(text)]) => match Quantity::parse(text) {
            Ok(quantity) => made(quantity),
            Err(words) => failed(words),
        },
        ("isQuantity", [Value::String(text)]) => Ok(Quantity::parse(text).is_ok().into()),
        ("sign", [Value::Quantity(one)]) => Ok(Value::Int(i64::from(one.sign()))),
        ("isInteger", [Value::Quantity(one)]) => Ok(whole(one).is_some().into()),
        ("asInteger", [Value::Quantity(one)]) => {
            whole(one).map_or_else(|| failed("cannot convert value to integer"), |value| Ok(Value::Int(value)))
        }
        ("asApproximateFloat", [Value::Quantity(one)]) => Ok(Value::Double(one.approximate())),
        ("isGreaterThan", [Value::Quantity(one), Value::Quantity(two)]) => Ok((one > two).into()),
        ("isLessThan", [Value::Quantity(one), Value::Quantity(two)]) => Ok((one < two).into()),
        ("compareTo", [Value::Quantity(one), Value::Quantity(two)]) => Ok(Value::Int(match one.cmp(two) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })),
        ("add", [Value::Quantity(one), Value::Quantity(two)]) => made(one.plus(two)),
        ("add", [Value::Quantity(one), Value::Int(two)]) => made(one.plus(&Quantity::from_integer(*two))),
        ("sub", [Value::Quantity(one), Value::Quantity(two)]) => made(one.plus(&two.negated())),
        ("sub", [Value::Quantity(one), Value::Int(two)]) => made(one.plus(&Quantity::from_integer(*two).negated())),
        _ => return None,
    })
}

fn whole(quantity: &Quantity) -> Option<i64> {
    quantity.value().filter(|_| quantity.is_integer())
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn computes_with_amounts() {
        holds("quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').isLessThan(quantity('1'))");
        holds("quantity('1k') == quantity('1000') && quantity('1k').compareTo(quantity('2k')) == -1");
        holds("quantity('1k').add(quantity('1k')) == quantity('2k') && quantity('1k').sub(500) == quantity('500')");
        holds("quantity('50k').asInteger() == 50000 && !quantity('500m').isInteger() && quantity('-1').sign() == -1");
        holds("isQuantity('1.5Mi') && !isQuantity('a') && quantity('1500m').asApproximateFloat() == 1.5");
        fails(
            "quantity('a') == quantity('1')",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
    }
}
