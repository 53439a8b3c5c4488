//! Macros: calls that become other expressions before anything is known of types.
//!
//! Apart because each is a recipe of its own. Sources: `parser/macro.go`, `cel/library.go`, `ext/bindings.go`,
//! `ext/comprehensions.go` and `ext/lists.go` of cel-go v0.26.

use std::sync::Arc;

use super::ast::{Comprehension, Expression, ExpressionKind as Kind, Literal};
use super::issue::Issue;

/// What every macro but those that bind a name gathers in.
const ACCUMULATOR: &str = "@result";

/// What the accumulator was called before; the name is still refused.
const OLD_ACCUMULATOR: &str = "__result__";

/// A name that nothing uses.
const UNUSED: &str = "#unused";

/// The name that `sortBy` binds.
const SORT_INPUT: &str = "@__sortBy_input__";

/// How large a tree may be for a part of it to be copied still: copies of copies double with each.
const COPY_LIMIT: u32 = 300_000;

/// Macros that an environment adds to the ones of the language (`has`, `all`, `exists`, `exists_one`, `map`,
/// `filter`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Macros {
    /// `cel.bind`
    Bind,
    /// `optMap` and `optFlatMap`
    Optional,
    /// `all`, `exists`, `existsOne`, `transformList`, `transformMap`, `transformMapEntry` with two variables.
    TwoVariables,
    /// `sortBy`
    SortBy,
}

type Expanded = Result<Kind, Issue>;

/// The call, or what it becomes if it is a macro.
pub(super) fn expand(
    known: &[Macros],
    at: u32,
    count: &mut u32,
    target: Option<Box<Expression>>,
    function: &str,
    mut arguments: Vec<Expression>,
) -> Expanded {
    let mut maker = Maker { at, count };
    match (&target, function, arguments.len()) {
        (None, "has", 1) => has(arguments.remove(0)),
        (Some(_), "all" | "exists" | "exists_one", 2) => maker.quantifier(target, function, arguments),
        (Some(_), "map", 2 | 3) => maker.map(target, arguments),
        (Some(_), "filter", 2) => maker.filter(target, arguments),
        (Some(namespace), "bind", 3)
            if known.contains(&Macros::Bind)
                && matches!(&namespace.kind, Kind::Identifier(name) if &**name == "cel") =>
        {
            maker.bind(arguments)
        }
        (Some(_), "optMap" | "optFlatMap", 2) if known.contains(&Macros::Optional) => {
            maker.optional(target, function, arguments)
        }
        (Some(_), "all" | "exists" | "exists_one" | "existsOne", 3) if known.contains(&Macros::TwoVariables) => {
            maker.quantifier(target, function, arguments)
        }
        (Some(_), "transformList" | "transformMap" | "transformMapEntry", 3 | 4)
            if known.contains(&Macros::TwoVariables) =>
        {
            maker.transform(target, function, arguments)
        }
        (Some(_), "sortBy", 2) if known.contains(&Macros::SortBy) => maker.sort_by(target, arguments),
        _ => Ok(Kind::Call { target, function: function.into(), arguments }),
    }
}

fn issue(expression: &Expression, text: &str) -> Issue {
    Issue::at(expression.at as usize, text.to_owned())
}

fn has(argument: Expression) -> Expanded {
    match argument.kind {
        Kind::Select { operand, field, .. } => Ok(Kind::Select { operand, field, test_only: true }),
        _ => Err(issue(&argument, "invalid argument to has() macro")),
    }
}

/// The name that an argument is.
fn name(argument: &Expression, otherwise: &str) -> Result<Arc<str>, Issue> {
    match &argument.kind {
        Kind::Identifier(name) => Ok(name.clone()),
        _ => Err(issue(argument, otherwise)),
    }
}

/// The name that an argument is, which must not be the accumulator's.
fn iteration_variable(argument: &Expression, otherwise: &str) -> Result<Arc<str>, Issue> {
    let name = name(argument, otherwise)?;
    if matches!(&*name, ACCUMULATOR | OLD_ACCUMULATOR) {
        return Err(issue(argument, "iteration variable overwrites accumulator variable"));
    }
    Ok(name)
}

/// The two names that the first arguments are.
fn iteration_variables(arguments: &[Expression]) -> Result<(Arc<str>, Arc<str>), Issue> {
    const NO_NAME: &str = "argument must be a simple name";
    let (first, second) = (name(&arguments[0], NO_NAME)?, name(&arguments[1], NO_NAME)?);
    if first == second {
        return Err(issue(&arguments[1], &format!("duplicate variable name: {first}")));
    }
    iteration_variable(&arguments[0], NO_NAME)?;
    iteration_variable(&arguments[1], NO_NAME)?;
    Ok((first, second))
}

/// Makes expressions in the place of a macro.
struct Maker<'c> {
    at: u32,
    count: &'c mut u32,
}

impl Maker<'_> {
    fn make(&mut self, kind: Kind) -> Expression {
        let id = *self.count;
        *self.count += 1;
        Expression { id, at: self.at, kind }
    }

    fn literal(&mut self, literal: Literal) -> Expression {
        self.make(Kind::Literal(literal))
    }

    fn named(&mut self, name: &str) -> Expression {
        self.make(Kind::Identifier(name.into()))
    }

    fn accumulator(&mut self) -> Expression {
        self.named(ACCUMULATOR)
    }

    fn call(&mut self, function: &str, arguments: Vec<Expression>) -> Expression {
        self.make(Kind::Call { target: None, function: function.into(), arguments })
    }

    fn member(&mut self, function: &str, target: Expression, arguments: Vec<Expression>) -> Expression {
        self.make(Kind::Call { target: Some(Box::new(target)), function: function.into(), arguments })
    }

    fn list(&mut self, elements: Vec<Expression>) -> Expression {
        self.make(Kind::List { elements, optional: Vec::new() })
    }

    fn quantifier(
        &mut self,
        target: Option<Box<Expression>>,
        function: &str,
        mut arguments: Vec<Expression>,
    ) -> Expanded {
        let (variable, second) = if arguments.len() == 3 {
            let (first, second) = iteration_variables(&arguments)?;
            (first, Some(second))
        } else {
            (iteration_variable(&arguments[0], "argument must be a simple name")?, None)
        };
        let predicate = arguments.remove(arguments.len() - 1);
        let gathered = self.accumulator();
        let (start, condition, step, result) = match function {
            "all" => {
                let condition = self.call("@not_strictly_false", vec![gathered]);
                let gathered = self.accumulator();
                let step = self.call("_&&_", vec![gathered, predicate]);
                (Literal::Bool(true), condition, step, self.accumulator())
            }
            "exists" => {
                let not = self.call("!_", vec![gathered]);
                let condition = self.call("@not_strictly_false", vec![not]);
                let gathered = self.accumulator();
                let step = self.call("_||_", vec![gathered, predicate]);
                (Literal::Bool(false), condition, step, self.accumulator())
            }
            _ => {
                let one = self.literal(Literal::Int(1));
                let more = self.call("_+_", vec![gathered, one]);
                let same = self.accumulator();
                let step = self.call("_?_:_", vec![predicate, more, same]);
                let (gathered, one) = (self.accumulator(), self.literal(Literal::Int(1)));
                let result = self.call("_==_", vec![gathered, one]);
                (Literal::Int(0), self.literal(Literal::Bool(true)), step, result)
            }
        };
        let start = self.literal(start);
        Ok(fold(target, (variable, second), ACCUMULATOR, Parts { start, condition, step, result }))
    }

    /// Goes through all of a range, and gathers with each element that the filter lets pass.
    fn gather(
        &mut self,
        target: Option<Box<Expression>>,
        variables: (Arc<str>, Option<Arc<str>>),
        start: Expression,
        step: Expression,
        filter: Option<Expression>,
    ) -> Kind {
        let step = match filter {
            None => step,
            Some(filter) => {
                let same = self.accumulator();
                self.call("_?_:_", vec![filter, step, same])
            }
        };
        let (condition, result) = (self.literal(Literal::Bool(true)), self.accumulator());
        fold(target, variables, ACCUMULATOR, Parts { start, condition, step, result })
    }

    /// `@result + [element]`
    fn append(&mut self, element: Expression) -> Expression {
        let (gathered, list) = (self.accumulator(), self.list(vec![element]));
        self.call("_+_", vec![gathered, list])
    }

    fn map(&mut self, target: Option<Box<Expression>>, mut arguments: Vec<Expression>) -> Expanded {
        let variable = iteration_variable(&arguments[0], "argument is not an identifier")?;
        let transform = arguments.remove(arguments.len() - 1);
        let filter = (arguments.len() == 2).then(|| arguments.remove(1));
        let (start, step) = (self.list(Vec::new()), self.append(transform));
        Ok(self.gather(target, (variable, None), start, step, filter))
    }

    fn filter(&mut self, target: Option<Box<Expression>>, mut arguments: Vec<Expression>) -> Expanded {
        let variable = iteration_variable(&arguments[0], "argument is not an identifier")?;
        let filter = arguments.remove(1);
        let (start, step) = (self.list(Vec::new()), self.append(arguments.remove(0)));
        Ok(self.gather(target, (variable, None), start, step, Some(filter)))
    }

    fn transform(
        &mut self,
        target: Option<Box<Expression>>,
        function: &str,
        mut arguments: Vec<Expression>,
    ) -> Expanded {
        let (first, second) = iteration_variables(&arguments)?;
        let transform = arguments.remove(arguments.len() - 1);
        let filter = (arguments.len() == 3).then(|| arguments.remove(2));
        let (start, step) = if function == "transformList" {
            (self.list(Vec::new()), self.append(transform))
        } else {
            let mut inserted = vec![self.accumulator()];
            if function == "transformMap" {
                inserted.push(self.named(&first));
            }
            inserted.push(transform);
            (self.make(Kind::Map(Vec::new())), self.call("cel.@mapInsert", inserted))
        };
        Ok(self.gather(target, (first, Some(second)), start, step, filter))
    }

    /// What binds a name to a value within an expression.
    fn bound(&mut self, variable: &str, value: Expression, result: Expression) -> Kind {
        let (range, step) = (self.list(Vec::new()), self.named(variable));
        let condition = self.literal(Literal::Bool(false));
        fold(Some(Box::new(range)), (UNUSED.into(), None), variable, Parts { start: value, condition, step, result })
    }

    fn bind(&mut self, mut arguments: Vec<Expression>) -> Expanded {
        let variable = name(&arguments[0], "cel.bind() variable names must be simple identifiers")?;
        let result = arguments.remove(2);
        Ok(self.bound(&variable, arguments.remove(1), result))
    }

    fn optional(
        &mut self,
        target: Option<Box<Expression>>,
        function: &str,
        mut arguments: Vec<Expression>,
    ) -> Expanded {
        let text = format!("{function}() variable name must be a simple identifier");
        let variable = name(&arguments[0], &text)?;
        let Some(target) = target else { return Err(issue(&arguments[0], &text)) };
        if *self.count > COPY_LIMIT {
            return Err(Issue::nowhere("max recursion depth exceeded".to_owned()));
        }
        let copy = self.copy(&target);
        let value = self.member("value", copy, Vec::new());
        let bound = self.bound(&variable, value, arguments.remove(1));
        let mut given = self.make(bound);
        if function == "optMap" {
            given = self.call("optional.of", vec![given]);
        }
        let (there, none) = (self.member("hasValue", *target, Vec::new()), self.call("optional.none", Vec::new()));
        Ok(Kind::Call { target: None, function: "_?_:_".into(), arguments: vec![there, given, none] })
    }

    fn sort_by(&mut self, target: Option<Box<Expression>>, arguments: Vec<Expression>) -> Expanded {
        const WRONG: &str =
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
        let Some(target) = target else { return Err(issue(&arguments[0], WRONG)) };
        if matches!(target.kind, Kind::Literal(_) | Kind::Map(_) | Kind::Struct { .. }) {
            return Err(issue(&target, WRONG));
        }
        let input = self.named(SORT_INPUT);
        let keys = self.map(Some(Box::new(input)), arguments)?;
        let keys = self.make(keys);
        let input = self.named(SORT_INPUT);
        let sorted = self.member("@sortByAssociatedKeys", input, vec![keys]);
        Ok(self.bound(SORT_INPUT, *target, sorted))
    }

    /// The same with numbers of its own.
    fn copy(&mut self, expression: &Expression) -> Expression {
        let mut copy = expression.clone();
        self.renumber(&mut copy);
        copy
    }

    fn renumber(&mut self, expression: &mut Expression) {
        let mut number = |id: &mut u32| {
            *id = *self.count;
            *self.count += 1;
        };
        number(&mut expression.id);
        match &mut expression.kind {
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| number(&mut entry.id)),
            Kind::Struct { fields, .. } => fields.iter_mut().for_each(|field| number(&mut field.id)),
            _ => {}
        }
        match &mut expression.kind {
            Kind::Literal(_) | Kind::Identifier(_) => {}
            Kind::Select { operand, .. } => self.renumber(operand),
            Kind::Call { target, arguments, .. } => {
                for part in target.iter_mut().map(|target| &mut **target).chain(arguments) {
                    self.renumber(part);
                }
            }
            Kind::List { elements, .. } => elements.iter_mut().for_each(|element| self.renumber(element)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| {
                self.renumber(&mut entry.key);
                self.renumber(&mut entry.value);
            }),
            Kind::Struct { fields, .. } => fields.iter_mut().for_each(|field| self.renumber(&mut field.value)),
            Kind::Comprehension(fold) => {
                for part in [&mut fold.range, &mut fold.start, &mut fold.condition, &mut fold.step, &mut fold.result] {
                    self.renumber(part);
                }
            }
        }
    }
}

/// The expressions of a fold but its range.
struct Parts {
    start: Expression,
    condition: Expression,
    step: Expression,
    result: Expression,
}

fn fold(
    range: Option<Box<Expression>>,
    (variable, second_variable): (Arc<str>, Option<Arc<str>>),
    accumulator: &str,
    Parts { start, condition, step, result }: Parts,
) -> Kind {
    let Some(range) = range else { return result.kind };
    let (range, accumulator) = (*range, accumulator.into());
    Kind::Comprehension(Box::new(Comprehension {
        range,
        variable,
        second_variable,
        accumulator,
        start,
        condition,
        step,
        result,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::parser::{ParserOptions, parse};

    fn parsed(text: &str) -> Result<Expression, String> {
        let macros = vec![Macros::Bind, Macros::Optional, Macros::TwoVariables, Macros::SortBy];
        let options = ParserOptions { optional_syntax: true, escaped_identifiers: true, macros };
        parse(text, &options).map(|tree| tree.root).map_err(|issues| issues[0].text.clone())
    }

    #[test]
    fn macros_become_folds() {
        for text in [
            "[1].all(x, x > 0)",
            "[1].exists_one(x, x > 0)",
            "[1].map(x, x > 0, x)",
            "a.b.filter(x, x)",
            "cel.bind(x, 1, x + x)",
            "{'a': 1}.all(k, v, k == 'a' && v == 1)",
            "[1].transformList(i, v, i > 0, v)",
            "{'a': 1}.transformMap(k, v, v + 1)",
            "{'a': 1}.transformMapEntry(k, v, {v: k})",
            "[2, 1].sortBy(x, -x)",
        ] {
            assert!(matches!(parsed(text), Ok(Expression { kind: Kind::Comprehension(_), .. })), "{text}");
        }
        assert!(matches!(parsed("a.?b.optMap(x, x)"), Ok(Expression { kind: Kind::Call { .. }, .. })));
        let Ok(Expression { kind: Kind::Select { test_only, .. }, .. }) = parsed("has(a.b)") else { panic!() };
        assert!(test_only);
        assert!(matches!(parsed("has(a, b)"), Ok(Expression { kind: Kind::Call { .. }, .. })), "another function");
    }

    #[test]
    fn arguments_of_macros_are_judged() {
        for (text, issue) in [
            ("has(a)", "invalid argument to has() macro"),
            ("[1].all(1, true)", "argument must be a simple name"),
            ("[1].map(a.b, true)", "argument is not an identifier"),
            ("[1].map(__result__, true)", "iteration variable overwrites accumulator variable"),
            ("[1].all(x, x, true)", "duplicate variable name: x"),
            ("cel.bind(1, 2, 3)", "cel.bind() variable names must be simple identifiers"),
            ("a.optMap(1, 2)", "optMap() variable name must be a simple identifier"),
            (
                "'a'.sortBy(x, x)",
                "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
            ),
        ] {
            assert_eq!(parsed(text).unwrap_err(), issue, "{text}");
        }
    }

    #[test]
    fn numbers_are_unique() {
        let macros = vec![Macros::Optional];
        let options = ParserOptions { optional_syntax: true, escaped_identifiers: true, macros };
        let mut tree = parse("{?'a': b.?c}[?0].optMap(x, {x: 1})", &options).expect("good syntax");
        let mut count = 0;
        Maker { at: 0, count: &mut count }.renumber(&mut tree.root);
        assert_eq!(count + 1, tree.count, "each number was given once; the name that is bound is gone");
    }
}
