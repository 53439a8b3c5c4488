//! Lists taken for sets.
//!
//! Apart because it is an extension of its own. Source: cel-go v0.26 `ext/sets.go`.

use super::Answer;
use crate::cel::value::Value;

/// Calls a function of sets.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let [Value::List(one), Value::List(two)] = arguments else { return None };
    let (one, two) = (&one.elements, &two.elements);
    let has = |list: &[Value], wanted: &Value| list.iter().any(|element| element.equals(wanted) == Ok(true));
    let answer = match function {
        "sets.contains" => two.iter().all(|element| has(one, element)),
        "sets.equivalent" => two.iter().all(|element| has(one, element)) && one.iter().all(|element| has(two, element)),
        "sets.intersects" => two.iter().any(|element| has(one, element)),
        _ => return None,
    };
    Some(Ok(answer.into()))
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::holds;

    #[test]
    fn compares_sets() {
        holds("sets.contains([1, 2, 3], [2, 1]) && !sets.contains([1], [2]) && sets.equivalent([1, 2], [2, 1, 1])");
        holds("sets.intersects([1, 2], [2, 3]) && !sets.intersects([1], [])");
    }
}
