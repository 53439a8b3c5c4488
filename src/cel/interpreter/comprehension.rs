//! Folds: what macros become.
//!
//! Apart because the names it binds live only here. Source: cel-go v0.26 `interpreter/interpretable.go` (`evalFold`).

use super::{Interpreter, Outcome};
use crate::cel::ast::Comprehension;
use crate::cel::error::{EvaluationError, no_such_overload};
use crate::cel::value::Value;
use std::sync::Arc;

impl Interpreter<'_> {
    pub(super) fn comprehension(&mut self, comprehension: &Comprehension) -> Outcome {
        let range = self.evaluate(&comprehension.range)?;
        let start = self.evaluate(&comprehension.start);
        let start = match start {
            Ok(value) => value,
            Err(error) => kept(error)?,
        };
        let bound = self.scopes.len();
        self.scopes.push((Arc::clone(&comprehension.accumulator), start));
        let outcome = self.fold(comprehension, &range, bound);
        let outcome = outcome.and_then(|()| self.evaluate(&comprehension.result));
        self.scopes.truncate(bound);
        outcome
    }

    fn fold(&mut self, comprehension: &Comprehension, range: &Value, bound: usize) -> Result<(), EvaluationError> {
        let with_two = comprehension.second_variable.is_some();
        match range {
            Value::List(list) => {
                for (place, element) in list.elements.iter().enumerate() {
                    let (first, second) =
                        if with_two { (place.into(), Some(element.clone())) } else { (element.clone(), None) };
                    if !self.step(comprehension, first, second, bound)? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    let second = with_two.then(|| value.clone());
                    if !self.step(comprehension, key.clone(), second, bound)? {
                        break;
                    }
                }
            }
            _ => return Err(no_such_overload()),
        }
        Ok(())
    }

    /// One element; false once there is no need to go on.
    fn step(
        &mut self,
        comprehension: &Comprehension,
        first: Value,
        second: Option<Value>,
        bound: usize,
    ) -> Result<bool, EvaluationError> {
        self.scopes.push((Arc::clone(&comprehension.variable), first));
        if let (Some(name), Some(second)) = (&comprehension.second_variable, second) {
            self.scopes.push((Arc::clone(name), second));
        }
        // What fails here is not false, and does not end the fold.
        let goes_on = match self.evaluate(&comprehension.condition) {
            Ok(Value::Bool(goes_on)) => goes_on,
            Ok(_) => true,
            Err(error) => {
                kept(error)?;
                true
            }
        };
        if goes_on {
            let gathered = match self.evaluate(&comprehension.step) {
                Ok(value) => value,
                Err(error) => kept(error)?,
            };
            self.scopes[bound].1 = gathered;
        }
        self.scopes.truncate(bound + 1);
        Ok(goes_on)
    }
}

/// A failure as what is gathered: a later element may do without it.
fn kept(error: EvaluationError) -> Outcome {
    match error {
        EvaluationError::Failed(words) => Ok(Value::Invalid(words.into())),
        error => Err(error),
    }
}
