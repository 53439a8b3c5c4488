//! Evaluating a tree.
//!
//! Apart because it is the language's own part of running: what is evaluated when, whose failure counts, and which
//! names are known. What functions do is in `library`. Recursion goes down the tree; [`super::stack`] makes room for
//! deep ones, and from a depth on nothing is decided.
//! Source: cel-go v0.26 `interpreter/interpretable.go`, `attributes.go`, `planner.go`, `cel/library.go`.

mod attribute;
mod comprehension;
#[cfg(test)]
pub mod testing;

use super::ast::{Expression, ExpressionKind as Kind, Literal, MapEntry, Tree};
use super::cost_tracking::Budget;
use super::error::{EvaluationError, no_such_overload};
use super::library::{self, strings::shown};
use super::map::Map;
use super::value::Value;
use std::sync::Arc;

/// Levels of a tree that are evaluated.
const DEEPEST: u32 = 3000;

/// What making a list or a map costs.
const LIST: u64 = 10;
const MAP: u64 = 30;

type Outcome = Result<Value, EvaluationError>;

/// The variables an expression may name.
pub trait Activation: Sync {
    /// The value of a variable; none if there is no such variable.
    fn variable(&self, name: &str) -> Option<Outcome>;

    /// Whether there may be variables with dots in their names that begin with this variable's. Where there are none,
    /// looking for them with every field that is selected is left out.
    fn has_dotted(&self, _name: &str) -> bool {
        true
    }
}

/// Evaluates a tree.
///
/// # Errors
///
/// If it fails, costs too much, or what it comes to is not known here.
pub fn evaluate(tree: &Tree, activation: &dyn Activation, budget: &mut Budget) -> Outcome {
    Interpreter { activation, budget, scopes: Vec::new(), depth: 0 }.evaluate(&tree.root)
}

struct Interpreter<'i> {
    activation: &'i dyn Activation,
    budget: &'i mut Budget,
    /// The names that comprehensions bind, the innermost last.
    scopes: Vec<(Arc<str>, Value)>,
    depth: u32,
}

impl Interpreter<'_> {
    fn evaluate(&mut self, expression: &Expression) -> Outcome {
        if self.depth == DEEPEST {
            return Err(EvaluationError::Undecided);
        }
        self.depth += 1;
        let outcome = self.of_kind(expression);
        self.depth -= 1;
        outcome
    }

    fn of_kind(&mut self, expression: &Expression) -> Outcome {
        match &expression.kind {
            Kind::Literal(literal) => Ok(of_literal(literal)),
            Kind::Identifier(_) | Kind::Select { .. } => self.attribute(expression),
            Kind::Call { target, function, arguments } => self.call(expression, target.as_deref(), function, arguments),
            Kind::List { elements, optional } => self.list(elements, optional),
            Kind::Map(entries) => self.map(entries),
            // No type that expressions can name has fields here.
            Kind::Struct { .. } => Err(EvaluationError::Undecided),
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn call(
        &mut self,
        expression: &Expression,
        target: Option<&Expression>,
        function: &str,
        arguments: &[Expression],
    ) -> Outcome {
        match (function, target, arguments) {
            ("_&&_", None, terms) => self.logical(terms, false),
            ("_||_", None, terms) => self.logical(terms, true),
            ("_?:_" | "_?_:_", None, [condition, yes, no]) => match self.evaluate(condition)? {
                Value::Bool(true) => self.evaluate(yes),
                Value::Bool(false) => self.evaluate(no),
                _ => Err(no_such_overload()),
            },
            ("_[_]" | "_[?_]" | "_?._", None, [_, _]) => self.attribute(expression),
            ("@not_strictly_false", None, [argument]) => match self.evaluate(argument) {
                Ok(Value::Bool(value)) => Ok(Value::Bool(value)),
                Err(EvaluationError::CostLimit) => Err(EvaluationError::CostLimit),
                _ => Ok(Value::Bool(true)),
            },
            ("or" | "orValue", Some(target), [other]) => match self.evaluate(target)? {
                Value::Optional(Some(value)) if function == "orValue" => value.checked(),
                Value::Optional(Some(value)) => Ok(Value::Optional(Some(value))),
                Value::Optional(None) => self.evaluate(other),
                _ => Err(no_such_overload()),
            },
            ("_+_", None, [gathered, added]) => self.sum(gathered, added),
            ("cel.@mapInsert", None, [gathered, ..]) => self.insert(gathered, arguments),
            _ => {
                if let Some(name) = target.and_then(|target| attribute::namespaced(target, function)) {
                    return self.call(expression, None, &name, arguments);
                }
                let mut values = Vec::with_capacity(arguments.len() + 1);
                for argument in target.into_iter().chain(arguments) {
                    values.push(self.evaluate(argument)?);
                }
                self.apply(function, &values)
            }
        }
    }

    /// Calls a function of the libraries.
    fn apply(&mut self, function: &str, values: &[Value]) -> Outcome {
        let result = match library::call(function, values) {
            // What fails for want of knowledge is no failure.
            Err(EvaluationError::Failed(_)) if values.iter().any(Value::is_in_part_undecided) => {
                Err(EvaluationError::Undecided)
            }
            result => result,
        };
        self.budget.spend_on_call(function, values, result.as_ref().ok())?;
        result
    }

    /// `&&` and `||`: one term decides whatever the others come to; else the first failure counts.
    fn logical(&mut self, terms: &[Expression], decisive: bool) -> Outcome {
        let mut failed: Option<EvaluationError> = None;
        for term in terms {
            match self.evaluate(term) {
                Ok(Value::Bool(value)) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => failed = failed.or_else(|| Some(no_such_overload())),
                Err(EvaluationError::CostLimit) => return Err(EvaluationError::CostLimit),
                // Whatever it comes to could have decided: nobody knows.
                Err(EvaluationError::Undecided) => failed = Some(EvaluationError::Undecided),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    /// `gathered + added`. What a macro gathers is taken out of its place while it grows, so that it is not copied with
    /// every element.
    fn sum(&mut self, gathered: &Expression, added: &Expression) -> Outcome {
        let one = self.evaluate(gathered)?;
        let two = self.evaluate(added)?;
        if let (Some(place), Value::List(more)) = (self.gathered(gathered), &two)
            && let Value::List(_) = one
        {
            drop(one);
            self.budget.spend(1)?;
            let Value::List(mut list) = std::mem::replace(&mut self.scopes[place].1, Value::Null) else {
                return Err(no_such_overload());
            };
            Arc::make_mut(&mut list).add(more)?;
            return Ok(Value::List(list));
        }
        self.apply("_+_", &[one, two])
    }

    /// What a macro gathers in a map, likewise.
    fn insert(&mut self, gathered: &Expression, arguments: &[Expression]) -> Outcome {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument)?);
        }
        if let (Some(place), [Value::Map(_), key, value]) = (self.gathered(gathered), values.as_slice()) {
            let (key, value) = (key.clone(), value.clone());
            values.clear();
            self.budget.spend(1)?;
            let Value::Map(mut map) = std::mem::replace(&mut self.scopes[place].1, Value::Null) else {
                return Err(no_such_overload());
            };
            Arc::make_mut(&mut map).insert(key, value)?;
            return Ok(Value::Map(map));
        }
        self.apply("cel.@mapInsert", &values)
    }

    /// The place of what a macro gathers, where an expression names it. No text can name it, and no macro names it
    /// twice in one step.
    fn gathered(&self, expression: &Expression) -> Option<usize> {
        match &expression.kind {
            Kind::Identifier(name) if &**name == "@result" => {
                self.scopes.iter().rposition(|(known, _)| **known == **name)
            }
            _ => None,
        }
    }

    fn list(&mut self, elements: &[Expression], optional: &[u32]) -> Outcome {
        let mut values = Vec::with_capacity(elements.len());
        for (place, element) in elements.iter().enumerate() {
            let value = self.evaluate(element)?;
            if !optional.iter().any(|marked| *marked as usize == place) {
                values.push(value);
                continue;
            }
            match value {
                Value::Optional(Some(value)) => values.push(value.checked()?),
                Value::Optional(None) => {}
                other => {
                    let words =
                        format!("cannot initialize optional list element from non-optional value {}", shown(&other));
                    return Err(EvaluationError::failed(words));
                }
            }
        }
        self.budget.spend(LIST)?;
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &[MapEntry]) -> Outcome {
        let mut values: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.evaluate(&entry.key)?;
            let value = self.evaluate(&entry.value)?;
            let value = match value {
                Value::Optional(Some(value)) if entry.optional => Some(value.checked()?),
                Value::Optional(None) if entry.optional => None,
                other if entry.optional => {
                    let words = format!(
                        "cannot initialize optional entry '{}' from non-optional value {}",
                        shown(&key),
                        shown(&other)
                    );
                    return Err(EvaluationError::failed(words));
                }
                value => Some(value),
            };
            values.retain(|(known, _)| known.type_name() != key.type_name() || known.equals(&key) != Ok(true));
            if let Some(value) = value {
                values.push((key, value));
            }
        }
        self.budget.spend(MAP)?;
        Ok(Value::Map(Arc::new(Map::new(values))))
    }
}

fn of_literal(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::String(Arc::clone(text)),
        Literal::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{fails, holds};
    use super::{Activation, Outcome, evaluate};
    use crate::cel::cost_tracking::{Budget, PER_CALL};
    use crate::cel::parser::{ParserOptions, parse};
    use crate::cel::value::Value;

    #[test]
    fn a_variable_may_have_dots_in_its_name() {
        struct Harbour;
        impl Activation for Harbour {
            fn variable(&self, name: &str) -> Option<Outcome> {
                (name == "harbour.berth").then(|| Ok(Value::list(vec![Value::Int(7)])))
            }
        }
        let tree = parse("harbour.berth[0] == 7 && harbour.berth.all(harbour, harbour > 1)", &ParserOptions::default());
        let outcome = tree.map(|tree| evaluate(&tree, &Harbour, &mut Budget::new(PER_CALL)));
        assert!(matches!(outcome, Ok(Ok(Value::Bool(true)))), "{outcome:?}");
    }

    #[test]
    fn one_term_decides_whatever_the_others_come_to() {
        holds("true || 1 / 0 == 1");
        holds("1 / 0 == 1 || true");
        holds("!(1 / 0 == 1 && false) && (true ? true : 1 / 0 == 1)");
        fails("1 / 0 == 1 || false", "division by zero");
        fails("true && 1 / 0 == 1", "division by zero");
        fails("dyn('a') || false", "no such overload");
    }

    #[test]
    fn goes_through_lists_and_maps() {
        holds("[1, 2, 3].all(x, x > 0) && [1, 2, 3].exists(x, x == 2) && [1, 2].exists_one(x, x == 2)");
        holds("[1, 2, 3].map(x, x * 2) == [2, 4, 6] && [1, 2, 3].filter(x, x > 1) == [2, 3]");
        holds(
            "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6] && {'a': 1}.all(k, k == 'a') && [[1], [2]].map(x, x.map(y, y + 1)) == [[2], [3]]",
        );
        holds("[1, 2].all(i, v, i + 1 == v) && {'a': 1}.exists(k, v, k == 'a' && v == 1)");
        holds("[1, 2].transformList(i, v, i + v) == [1, 3] && {'a': 1}.transformMap(k, v, v + 1) == {'a': 2}");
        holds("['a'].transformMapEntry(i, v, {v: i}) == {'a': 0} && [1, 2].existsOne(i, v, v == 2)");
        holds("![1, 0].all(x, 1 / x == 2) && [0, 1].exists(x, 1 / x == 1)");
        fails("[0, 1].all(x, 1 / x == 1)", "division by zero");
        fails("[1, 0].map(x, 1 / x) == [1]", "division by zero");
    }

    #[test]
    fn asks_whether_something_is_there() {
        holds("has({'a': 1}.a) && !has({'a': 1}.b) && {'a': 1}.a == 1 && {'a': {'b': 2}}.a.b == 2");
        fails("{'a': 1}.b == 1", "no such key: b");
        fails("has({'a': {}}.b.c)", "no such key: b");
    }

    #[test]
    fn stops_what_costs_too_much() {
        fails(
            "lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))",
            "operation cancelled: actual cost limit exceeded",
        );
    }
}
