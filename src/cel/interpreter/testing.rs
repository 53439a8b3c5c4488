//! Help for the tests of this room: evaluating a text.

use super::{Activation, Outcome, evaluate};
use crate::cel::Macros;
use crate::cel::cost_tracking::{Budget, PER_CALL};
use crate::cel::parser::{ParserOptions, parse};
use crate::cel::value::Value;

struct Nothing;

impl Activation for Nothing {
    fn variable(&self, _name: &str) -> Option<Outcome> {
        None
    }
}

fn run(text: &str) -> Outcome {
    let macros = vec![Macros::Bind, Macros::Optional, Macros::TwoVariables, Macros::SortBy];
    let options = ParserOptions { optional_syntax: true, macros, ..ParserOptions::default() };
    let tree = parse(text, &options).unwrap_or_else(|issues| panic!("{text}: {issues:?}"));
    evaluate(&tree, &Nothing, &mut Budget::new(PER_CALL))
}

/// An expression that is true.
///
/// # Panics
///
/// If it is not.
pub fn holds(text: &str) {
    match run(text) {
        Ok(Value::Bool(true)) => {}
        other => panic!("{text}: {other:?}"),
    }
}

/// An expression that fails, in these words.
///
/// # Panics
///
/// If it does not.
pub fn fails(text: &str, words: &str) {
    match run(text) {
        Err(error) => assert_eq!(error.words(), words, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}
