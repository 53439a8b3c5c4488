//! Lists: what Kubernetes has for them, and version 3 of the lists extension.
//!
//! Apart because they order what they hold. Source: apiserver `pkg/cel/library/lists.go` (1.36), cel-go v0.26
//! `ext/lists.go`.

use super::{Answer, failed};
use crate::cel::error::{EvaluationError, no_such_overload};
use crate::cel::value::Value;
use std::cmp::Ordering;

/// So many numbers does `lists.range` make here at most; the server has no limit but its memory.
const LONGEST_RANGE: i64 = 10_000_000;

/// Calls a function of lists.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let [first, rest @ ..] = arguments else { return None };
    if let ("lists.range", Value::Int(end), []) = (function, first, rest) {
        if *end > LONGEST_RANGE {
            return Some(Err(EvaluationError::Undecided));
        }
        return Some(Ok(Value::list((0..*end).map(Value::Int).collect())));
    }
    let Value::List(list) = first else { return None };
    let elements = &list.elements;
    Some(match (function, rest) {
        ("isSorted", []) => is_sorted(elements),
        ("sum", []) => sum(elements),
        ("min", []) => extreme("min", elements, Ordering::Greater),
        ("max", []) => extreme("max", elements, Ordering::Less),
        ("indexOf", [item]) => {
            let found = elements.iter().position(|element| element.equals(item) == Ok(true));
            Ok(found.map_or(Value::Int(-1), Into::into))
        }
        ("lastIndexOf", [item]) => {
            let found = elements.iter().rposition(|element| element.equals(item) == Ok(true));
            Ok(found.map_or(Value::Int(-1), Into::into))
        }
        ("slice", [Value::Int(from), Value::Int(to)]) => slice(elements, *from, *to),
        ("flatten", []) => flatten(elements, 1).map(Value::list),
        ("flatten", [Value::Int(depth)]) if *depth < 0 => failed("level must be non-negative"),
        ("flatten", [Value::Int(depth)]) => flatten(elements, *depth).map(Value::list),
        ("reverse", []) => Ok(Value::list(elements.iter().rev().cloned().collect())),
        ("distinct", []) => {
            let mut distinct: Vec<Value> = Vec::new();
            for element in elements {
                if !distinct.iter().any(|known| element.equals(known) == Ok(true)) {
                    distinct.push(element.clone());
                }
            }
            Ok(Value::list(distinct))
        }
        ("sort", []) => sort(elements, elements),
        ("@sortByAssociatedKeys", [Value::List(keys)]) => sort(elements, &keys.elements),
        _ => return None,
    })
}

fn is_sorted(elements: &[Value]) -> Result<Value, EvaluationError> {
    for pair in elements.windows(2) {
        if pair[0].compare(&pair[1])? == Ordering::Greater {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// The sum; that of an empty list is taken for the integer, for its type is known to the compiler only, and any zero
/// equals any other.
fn sum(elements: &[Value]) -> Result<Value, EvaluationError> {
    let Some((first, rest)) = elements.split_first() else { return Ok(Value::Int(0)) };
    let mut sum = first.checked()?;
    for element in rest {
        sum = super::operators::call("_+_", &[sum, element.checked()?]).unwrap_or_else(|| Err(no_such_overload()))?;
    }
    Ok(sum)
}

fn extreme(name: &str, elements: &[Value], worse: Ordering) -> Result<Value, EvaluationError> {
    let Some((first, rest)) = elements.split_first() else {
        return failed(format!("{name} called on empty list"));
    };
    let mut best = first;
    for element in rest {
        if best.compare(element)? == worse {
            best = element;
        }
    }
    best.checked()
}

fn slice(elements: &[Value], from: i64, to: i64) -> Result<Value, EvaluationError> {
    let (Ok(start), Ok(end)) = (usize::try_from(from), usize::try_from(to)) else {
        return failed(format!("cannot slice({from}, {to}), negative indexes not supported"));
    };
    if start > end {
        return failed(format!("cannot slice({from}, {to}), start index must be less than or equal to end index"));
    }
    match elements.get(start..end) {
        Some(part) => Ok(Value::list(part.to_vec())),
        None => failed(format!("cannot slice({from}, {to}), list is length {}", elements.len())),
    }
}

fn flatten(elements: &[Value], depth: i64) -> Result<Vec<Value>, EvaluationError> {
    let mut flat = Vec::new();
    for element in elements {
        match element.checked()? {
            Value::List(list) if depth > 0 => flat.extend(flatten(&list.elements, depth - 1)?),
            other => flat.push(other),
        }
    }
    Ok(flat)
}

fn sort(elements: &[Value], keys: &[Value]) -> Result<Value, EvaluationError> {
    if elements.len() != keys.len() {
        return failed(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got {} and {} elements respectively",
            elements.len(),
            keys.len()
        ));
    }
    if let Some(first) = keys.first() {
        if first.compare(first) == Err(no_such_overload()) {
            return failed("list elements must be comparable");
        }
        if keys.len() > 1 && keys.iter().any(|key| key.type_name() != first.type_name()) {
            return failed("list elements must have the same type");
        }
    }
    let mut places: Vec<usize> = (0..keys.len()).collect();
    places.sort_by(|one, two| keys[*one].compare(&keys[*two]).unwrap_or(Ordering::Equal));
    Ok(Value::list(places.into_iter().map(|place| elements[place].clone()).collect()))
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn orders_and_counts() {
        holds("[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [1, 2, 3].sum() == 6 && [1, 3, 2].max() == 3");
        holds("['b', 'a'].min() == 'a' && [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2");
        holds("[1, 2, 3].slice(1, 3) == [2, 3] && [[1], [2, [3]]].flatten() == [1, 2, [3]]");
        holds("[1, 2, 3].reverse() == [3, 2, 1] && [1, 1, 2].distinct() == [1, 2] && [3, 1, 2].sort() == [1, 2, 3]");
        holds("lists.range(3) == [0, 1, 2] && ['aaa', 'b', 'cc'].sortBy(x, x.size()) == ['b', 'cc', 'aaa']");
        fails("[1].slice(0, 5) == []", "cannot slice(0, 5), list is length 1");
        fails("dyn([]).max() == 1", "max called on empty list");
    }
}
