//! What an expression costs at least and at most, before it ever runs.
//!
//! Apart because only some places have a limit, and the sizes of what variables hold are theirs to tell. Sources:
//! `checker/cost.go` of cel-go v0.26 with the options of apiserver `pkg/cel/environment/base.go` (1.36).

mod calls;
mod range;

pub use range::Range;

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Comprehension, Expression, ExpressionKind as Kind, Literal, MapEntry};
use super::checker::{Checked, Reference};
use super::types::Type;
use calls::{Call, LIST, Node};

/// A part of a path: a field, `@items`, `@keys` or `@values`; the first is a variable.
pub type Name = Arc<str>;

/// What is known of the sizes of what variables hold.
pub trait Estimator {
    /// The size of what a path leads to: characters, bytes, elements or entries. The path is empty where the value is
    /// none of a variable's.
    fn size(&self, path: &[Name], of: &Type) -> Option<Range>;
}

/// What an expression costs.
pub fn estimate(checked: &Checked, estimator: &dyn Estimator) -> Range {
    let mut coster = Coster {
        checked,
        estimator,
        paths: HashMap::new(),
        variables: Vec::new(),
        sizes: HashMap::new(),
        entries: HashMap::new(),
    };
    coster.cost(&checked.tree.root)
}

/// What a name or a selection costs (`SelectAndIdentCost`).
const NAME: u64 = 1;

/// What a map and a message cost to make (`MapCreateBaseCost`, `StructCreateBaseCost`).
const MAP: u64 = 30;
const MESSAGE: u64 = 40;

/// The sizes of the entries of a list or a map.
#[derive(Clone, Copy)]
struct Entries {
    is_list: bool,
    key: Range,
    value: Range,
}

impl Entries {
    fn or(self, other: Self) -> Self {
        Self { is_list: self.is_list, key: self.key.or(other.key), value: self.value.or(other.value) }
    }
}

/// A name that a macro binds.
struct Local {
    name: Arc<str>,
    path: Vec<Name>,
    size: Option<Range>,
    entries: Option<Entries>,
}

struct Coster<'c> {
    checked: &'c Checked,
    estimator: &'c dyn Estimator,
    /// Which part of a variable an expression is.
    paths: HashMap<u32, Vec<Name>>,
    variables: Vec<Local>,
    sizes: HashMap<u32, Range>,
    entries: HashMap<u32, Entries>,
}

impl<'c> Coster<'c> {
    fn local(&self, expression: &Expression) -> Option<&Local> {
        let Kind::Identifier(name) = &expression.kind else { return None };
        self.variables.iter().rev().find(|local| local.name == *name)
    }

    fn path(&self, expression: &Expression) -> Vec<Name> {
        match self.local(expression) {
            Some(local) => local.path.clone(),
            None => self.paths.get(&expression.id).cloned().unwrap_or_default(),
        }
    }

    fn below(&mut self, expression: &Expression, holder: &Expression, part: &str) {
        let mut path = self.path(holder);
        path.push(part.into());
        self.paths.insert(expression.id, path);
    }

    /// What it costs to find the value of an expression.
    fn cost(&mut self, expression: &'c Expression) -> Range {
        match &expression.kind {
            Kind::Literal(_) => Range::exactly(0),
            Kind::Identifier(name) => {
                let path = match self.local(expression) {
                    Some(local) => local.path.clone(),
                    None => vec![name.trim_start_matches('.').into()],
                };
                self.paths.insert(expression.id, path);
                Range::exactly(NAME)
            }
            Kind::Select { operand, field, test_only } => self.select(expression, operand, field, *test_only),
            Kind::Call { target, function, arguments } => self.call(expression, target.as_deref(), function, arguments),
            Kind::List { elements, .. } => self.list(expression, elements),
            Kind::Map(entries) => self.map(expression, entries),
            Kind::Struct { fields, .. } => {
                let fields = fields.iter().map(|field| self.cost(&field.value));
                fields.fold(Range::exactly(MESSAGE), Range::plus)
            }
            Kind::Comprehension(fold) if binds(fold) => self.bind(expression, fold),
            Kind::Comprehension(fold) => self.comprehension(expression, fold),
        }
    }

    fn select(&mut self, expression: &Expression, operand: &'c Expression, field: &str, test_only: bool) -> Range {
        if let Some(Reference::Name(name)) = self.checked.references.get(&expression.id) {
            self.paths.insert(expression.id, vec![name.clone()]);
            return Range::exactly(NAME);
        }
        let mut cost = self.cost(operand);
        if !test_only {
            if matches!(self.checked.type_of(operand), Type::Map(..) | Type::Object(_)) {
                cost = cost.plus(Range::exactly(NAME));
            }
            self.below(expression, operand, field);
        }
        cost
    }

    fn node<'e>(&mut self, expression: &'e Expression) -> Node<'e> {
        let mut path = self.path(expression);
        if path.first().is_some_and(|name| matches!(&**name, "@result" | "__result__")) {
            path.clear();
        }
        let (of, size) = (self.checked.type_of(expression).clone(), self.size(expression));
        Node { path, of, size, expression: Some(expression) }
    }

    fn call(
        &mut self,
        expression: &Expression,
        target: Option<&'c Expression>,
        function: &str,
        arguments: &'c [Expression],
    ) -> Range {
        if let ("dyn", [argument]) = (function, arguments) {
            let cost = self.cost(argument);
            self.copy_sizes(expression, argument);
            return cost.plus(Range::exactly(1));
        }
        let (mut costs, mut nodes) = (Vec::new(), Vec::new());
        for argument in arguments {
            costs.push(self.cost(argument));
            nodes.push(self.node(argument));
        }
        let checked = self.checked;
        let Some(Reference::Overloads { function, ids }) = checked.references.get(&expression.id) else {
            return Range::exactly(0);
        };
        // What stands before the dot of `sets.contains` is a part of the function's name.
        let target = target.filter(|_| !function.contains('.') || *function == "_?._");
        let mut sum = Range::exactly(0);
        let target = target.map(|target| {
            sum = sum.plus(self.cost(target));
            self.node(target)
        });
        let (mut cost, mut result) = (Range::NONE, None::<Range>);
        for overload in ids {
            let estimator = self.estimator;
            let call = Call { function, overload, target: target.as_ref(), arguments: &nodes, estimator };
            let (of, mut size) = self.overload(expression, &call, arguments, &costs);
            cost = cost.or(of);
            size = size.map(|size| result.map_or(size, |result| result.or(size)));
            result = size.or(result);
            if let ("index_list" | "index_map", [holder, ..]) = (*overload, arguments) {
                result = self.entries(holder).map(|entries| entries.value);
                self.below(expression, holder, if *overload == "index_list" { "@items" } else { "@values" });
            }
            if result.is_none() {
                result = self.size(expression);
            }
        }
        if let Some(size) = result {
            self.sizes.insert(expression.id, size);
        }
        sum.plus(cost)
    }

    /// What a call of one overload costs with its arguments, and the size of its result (`functionCost`).
    fn overload(
        &mut self,
        expression: &Expression,
        call: &Call<'_, '_>,
        arguments: &[Expression],
        costs: &[Range],
    ) -> (Range, Option<Range>) {
        let all = costs.iter().copied().fold(Range::exactly(0), Range::plus);
        if let Some((cost, size)) = call.library_cost() {
            return (cost.plus(all), size);
        }
        match (call.overload, costs, arguments) {
            ("logical_or" | "logical_and", [left, right], _) => {
                (Range { min: left.min, max: left.plus(*right).max }, None)
            }
            ("conditional", [condition, then, otherwise], [_, first, second]) => {
                let size = self.size(first).unwrap_or(Range::UNKNOWN).or(self.size(second).unwrap_or(Range::UNKNOWN));
                self.join_entries(expression, first, second);
                (condition.plus(then.or(*otherwise)), Some(size))
            }
            (overload, ..) => {
                if let ("add_string" | "add_bytes" | "add_list", [left, right]) = (overload, arguments) {
                    self.join_entries(expression, left, right);
                }
                let (cost, size) = call.language_cost().unwrap_or((Range::exactly(1), None));
                (cost.plus(all), size)
            }
        }
    }

    fn join_entries(&mut self, expression: &Expression, first: &Expression, second: &Expression) {
        if let (Some(first), Some(second)) = (self.entries(first), self.entries(second)) {
            self.entries.insert(expression.id, first.or(second));
        }
    }

    fn list(&mut self, expression: &Expression, elements: &'c [Expression]) -> Range {
        let mut cost = Range::exactly(LIST);
        let mut value = if elements.is_empty() { Range::exactly(0) } else { Range::NONE };
        for element in elements {
            cost = cost.plus(self.cost(element));
            value = value.or(self.size(element).unwrap_or(Range::UNKNOWN));
        }
        self.entries.insert(expression.id, Entries { is_list: true, key: Range::exactly(1), value });
        cost
    }

    fn map(&mut self, expression: &Expression, entries: &'c [MapEntry]) -> Range {
        let mut cost = Range::exactly(MAP);
        let mut key = if entries.is_empty() { Range::exactly(0) } else { Range::NONE };
        let mut value = key;
        for entry in entries {
            cost = cost.plus(self.cost(&entry.key)).plus(self.cost(&entry.value));
            key = key.or(self.size(&entry.key).unwrap_or(Range::UNKNOWN));
            value = value.or(self.size(&entry.value).unwrap_or(Range::UNKNOWN));
        }
        self.entries.insert(expression.id, Entries { is_list: false, key, value });
        cost
    }

    /// Binds a name to the value of an expression.
    fn bind_to(&mut self, name: &Arc<str>, value: &Expression) {
        let (path, entries, size) = (self.path(value), self.entries(value), self.size(value));
        self.variables.push(Local { name: name.clone(), path, size, entries });
    }

    /// Binds a name to the keys or to the values of a range.
    fn bind_part(&mut self, name: &Arc<str>, range: &Expression, values: Option<bool>) {
        let entries = self.entries(range);
        let is_list = match entries {
            Some(entries) => entries.is_list,
            None => matches!(self.checked.type_of(range), Type::List(_)),
        };
        let values = values.unwrap_or(is_list);
        let part = match (values, is_list) {
            (true, true) => "@items",
            (true, false) => "@values",
            (false, true) => "@indices",
            (false, false) => "@keys",
        };
        let mut path = self.path(range);
        path.push(part.into());
        let size = entries.map(|entries| if values { entries.value } else { entries.key });
        self.variables.push(Local { name: name.clone(), path, size, entries: None });
    }

    fn comprehension(&mut self, expression: &Expression, fold: &'c Comprehension) -> Range {
        let sum = self.cost(&fold.range).plus(self.cost(&fold.start));
        let outside = self.variables.len();
        self.bind_to(&fold.accumulator, &fold.start);
        let inside = self.variables.len();
        match &fold.second_variable {
            None => self.bind_part(&fold.variable, &fold.range, None),
            Some(second) => {
                self.bind_part(&fold.variable, &fold.range, Some(false));
                self.bind_part(second, &fold.range, Some(true));
            }
        }
        let each = self.cost(&fold.condition).plus(self.cost(&fold.step));
        self.variables.truncate(inside);
        let result = self.cost(&fold.result);
        self.variables.truncate(outside);
        let count = self.size(&fold.range).unwrap_or(Range::UNKNOWN);
        match &fold.start.kind {
            Kind::Literal(_) => self.copy_size(expression, &fold.start),
            Kind::List { .. } | Kind::Map(_) => {
                self.sizes.insert(expression.id, count);
                if let Some(entries) = self.entries(&fold.step) {
                    self.entries.insert(expression.id, entries);
                }
            }
            _ => {}
        }
        sum.plus(result).plus(count.times(each))
    }

    fn bind(&mut self, expression: &Expression, fold: &'c Comprehension) -> Range {
        let sum = self.cost(&fold.range).plus(self.cost(&fold.start));
        self.bind_to(&fold.accumulator, &fold.start);
        let sum = sum.plus(self.cost(&fold.result));
        self.variables.pop();
        self.copy_sizes(expression, &fold.result);
        sum
    }

    fn copy_size(&mut self, to: &Expression, from: &Expression) {
        if let Some(size) = self.size(from) {
            self.sizes.insert(to.id, size);
        }
    }

    fn copy_sizes(&mut self, to: &Expression, from: &Expression) {
        self.copy_size(to, from);
        if let Some(entries) = self.entries(from) {
            self.entries.insert(to.id, entries);
        }
    }

    fn entries(&self, expression: &Expression) -> Option<Entries> {
        let own = self.entries.get(&expression.id).copied();
        own.or_else(|| self.local(expression).and_then(|local| local.entries))
    }

    /// The size of the value of an expression (`computeSize`).
    fn size(&mut self, expression: &Expression) -> Option<Range> {
        if let Some(size) = self.sizes.get(&expression.id) {
            return Some(*size);
        }
        let exactly = |count: usize| Some(Range::exactly(count as u64));
        match &expression.kind {
            Kind::Literal(Literal::String(text)) => return exactly(text.chars().count()),
            Kind::Literal(Literal::Bytes(bytes)) => return exactly(bytes.len()),
            Kind::Literal(_) => return exactly(1),
            Kind::List { elements, .. } => return exactly(elements.len()),
            Kind::Map(entries) => return exactly(entries.len()),
            _ => {}
        }
        let of = self.checked.type_of(expression);
        if let Some(size) = self.estimator.size(&self.path(expression), of) {
            self.sizes.insert(expression.id, size);
            return Some(size);
        }
        if is_scalar(of) {
            return Some(Range::exactly(1));
        }
        self.local(expression).and_then(|local| local.size)
    }
}

/// Whether a fold does nothing but bind a name (`isBind`).
fn binds(fold: &Comprehension) -> bool {
    matches!(&fold.range.kind, Kind::List { elements, .. } if elements.is_empty())
        && matches!(fold.condition.kind, Kind::Literal(Literal::Bool(false)))
}

/// Whether values of a type are all of one size (`isScalar`).
fn is_scalar(of: &Type) -> bool {
    match of {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        Type::Optional(of) | Type::Wrapper(of) => is_scalar(of),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::{Environment, compile};

    /// Nothing has more than ten parts.
    struct Ten;

    impl Estimator for Ten {
        fn size(&self, path: &[Name], _: &Type) -> Option<Range> {
            (!path.is_empty()).then_some(Range { min: 0, max: 10 })
        }
    }

    fn cost(text: &str) -> (u64, u64) {
        let environment = Environment::compatible(35)
            .with_variable("words", Type::list(Type::String))
            .with_variable("word", Type::String);
        let checked = compile(&environment, text).expect("a good expression");
        let Range { min, max } = estimate(&checked, &Ten);
        (min, max)
    }

    #[test]
    fn costs_follow_from_sizes() {
        for (text, range) in [
            ("true", (0, 0)),
            ("word == 'abc'", (2, 2)),
            ("word.startsWith('abc')", (2, 2)),
            ("word.matches('[a-z]+')", (3, 5)),
            ("words.all(w, w.size() > 3)", (2, 62)),
            ("words.exists(w, words.exists(v, v == w))", (2, 762)),
            ("words.map(w, w + 'x').size()", (13, 163)),
            ("sets.contains(words, ['a'])", (12, 22)),
        ] {
            assert_eq!(cost(text), range, "{text}");
        }
    }
}
