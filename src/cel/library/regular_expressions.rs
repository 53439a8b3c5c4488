//! Regular expressions: `matches` of the language, `find` and `findAll` of Kubernetes.
//!
//! Apart because patterns are compiled once for each thread. Source: cel-go v0.26 `common/types/string.go`, apiserver
//! `pkg/cel/library/regex.go` (1.36).

use super::Answer;
use crate::cel::error::EvaluationError;
use crate::cel::value::Value;
use crate::go_pattern;
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// So many patterns are kept before all are forgotten.
const KEPT: usize = 512;

thread_local! {
    static PATTERNS: RefCell<HashMap<Box<str>, Option<Regex>, fnv::FnvBuildHasher>> = RefCell::default();
}

/// Calls a function of patterns.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    match (function, arguments) {
        ("matches", [Value::String(text), Value::String(pattern)]) => {
            Some(with(pattern, |regex| regex.is_match(text).into()))
        }
        ("find", [Value::String(text), Value::String(pattern)]) => {
            Some(with(pattern, |regex| Value::string(regex.find(text).map_or("", |found| found.as_str()))))
        }
        ("findAll", [Value::String(text), Value::String(pattern)]) => Some(with(pattern, |regex| all(regex, text, -1))),
        ("findAll", [Value::String(text), Value::String(pattern), Value::Int(most)]) => {
            Some(with(pattern, |regex| all(regex, text, *most)))
        }
        _ => None,
    }
}

fn all(regex: &Regex, text: &str, most: i64) -> Value {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Value::strings(regex.find_iter(text).take(most).map(|found| found.as_str()))
}

/// Does something with a pattern. What cannot be compiled here may be one for Go.
fn with(pattern: &str, use_it: impl Fn(&Regex) -> Value) -> Result<Value, EvaluationError> {
    PATTERNS.with_borrow_mut(|patterns| {
        if !patterns.contains_key(pattern) {
            if patterns.len() >= KEPT {
                patterns.clear();
            }
            patterns.insert(pattern.into(), go_pattern::compile(pattern));
        }
        patterns.get(pattern).and_then(Option::as_ref).map(use_it).ok_or(EvaluationError::Undecided)
    })
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::holds;

    #[test]
    fn finds_patterns() {
        holds("'keel 42'.matches('^[a-z]+ \\\\d+$') && matches('abc', 'b') && !'٤'.matches('\\\\d')");
        holds("'abc 123 def 45'.find('[0-9]+') == '123' && 'abc'.find('[0-9]') == ''");
        holds("'1 22 3'.findAll('[0-9]+') == ['1', '22', '3'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']");
    }
}
