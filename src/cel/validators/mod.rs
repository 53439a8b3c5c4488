//! What is judged of a tree whose types are good: lists and maps of mixed types, and literals that can never be what
//! they are used as.
//!
//! Apart because environments judge literals since Kubernetes 1.29 only. Sources: `cel/validator.go` of cel-go v0.26.

mod format;

use std::ops::RangeInclusive;

use super::ast::{Expression, ExpressionKind as Kind, Literal, MapEntry};
use super::checker::Checked;
use super::issue::Issue;
use super::time::{Duration, Timestamp};
use super::types::Type;

/// What is wrong; of literals only where they are judged.
pub(super) fn validate(checked: &Checked, literals: bool) -> Vec<Issue> {
    let mut validator = Validator { checked, literals, issues: Vec::new() };
    validator.walk(&checked.tree.root, false);
    validator.issues
}

struct Validator<'c> {
    checked: &'c Checked,
    literals: bool,
    issues: Vec<Issue>,
}

impl Validator<'_> {
    fn issue(&mut self, expression: &Expression, text: String) {
        self.issues.push(Issue::at(expression.at as usize, text));
    }

    /// Goes through an expression; types may be mixed in what is formatted.
    fn walk(&mut self, expression: &Expression, mixed: bool) {
        match &expression.kind {
            Kind::Literal(_) | Kind::Identifier(_) => {}
            Kind::Select { operand, .. } => self.walk(operand, mixed),
            Kind::Call { target, function, arguments } => {
                if self.literals {
                    self.call(expression, target.as_deref(), function, arguments);
                }
                let mixed = mixed || self.literals && &**function == "format";
                for part in target.iter().map(|target| &**target).chain(arguments) {
                    self.walk(part, mixed);
                }
            }
            Kind::List { elements, optional } => {
                if !mixed {
                    self.list(elements, optional);
                }
                for element in elements {
                    self.walk(element, mixed);
                }
            }
            Kind::Map(entries) => {
                if !mixed {
                    self.map(entries);
                }
                for entry in entries {
                    self.walk(&entry.key, mixed);
                    self.walk(&entry.value, mixed);
                }
            }
            Kind::Struct { fields, .. } => {
                for field in fields {
                    self.walk(&field.value, mixed);
                }
            }
            Kind::Comprehension(fold) => {
                for part in [&fold.range, &fold.start, &fold.condition, &fold.step, &fold.result] {
                    self.walk(part, mixed);
                }
            }
        }
    }

    fn type_of(&self, expression: &Expression, optional: bool) -> Type {
        match self.checked.type_of(expression) {
            Type::Optional(of) if optional => (**of).clone(),
            of => of.clone(),
        }
    }

    /// Whether two types are the same; an issue if not.
    fn same(&mut self, first: &Type, other: &Type, at: &Expression) -> bool {
        let same = first == other;
        if !same {
            self.issue(at, format!("expected type '{first}' but found '{other}'"));
        }
        same
    }

    fn list(&mut self, elements: &[Expression], optional: &[u32]) {
        let types: Vec<Type> =
            (0..).zip(elements).map(|(place, element)| self.type_of(element, optional.contains(&place))).collect();
        for (element, of) in elements.iter().zip(&types).skip(1) {
            if !self.same(&types[0], of, element) {
                break;
            }
        }
    }

    fn map(&mut self, entries: &[MapEntry]) {
        let Some((first, rest)) = entries.split_first() else { return };
        let (keys, values) = (self.type_of(&first.key, false), self.type_of(&first.value, first.optional));
        for entry in rest {
            let of = self.type_of(&entry.key, false);
            self.same(&keys, &of, &entry.key);
            let of = self.type_of(&entry.value, entry.optional);
            self.same(&values, &of, &entry.value);
        }
    }

    /// Literals that are judged: durations, timestamps, regular expressions, formats.
    fn call(&mut self, call: &Expression, target: Option<&Expression>, function: &str, arguments: &[Expression]) {
        if let Some(argument @ Expression { kind: Kind::Literal(literal), .. }) = arguments.first()
            && !is_good_argument(function, literal)
        {
            self.issue(argument, format!("invalid {function} argument"));
        }
        if function == "format"
            && let Some(Expression { kind: Kind::Literal(Literal::String(text)), .. }) = target
            && let [Expression { kind: Kind::List { elements, .. }, .. }] = arguments
        {
            let issue = format::validate(self.checked, text, elements);
            self.issues.extend(issue.map(|(at, text)| Issue::at(at.unwrap_or(call).at as usize, text)));
        }
    }
}

/// The seconds since 1970 that are timestamps: the years 1 to 9999.
const TIMESTAMPS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Whether a function can do something with a literal.
fn is_good_argument(function: &str, literal: &Literal) -> bool {
    match (function, literal) {
        ("matches", Literal::String(text)) => crate::go_pattern::error_of(text).is_none(),
        ("duration", Literal::String(text)) => Duration::parse(text).is_some(),
        ("timestamp", Literal::String(text)) => Timestamp::parse(text).is_some(),
        ("timestamp", Literal::Int(seconds)) => TIMESTAMPS.contains(seconds),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::cel::{Environment, compile};

    fn issue(minor: u32, text: &str) -> String {
        let issues = compile(&Environment::compatible(minor), text).err().unwrap_or_default();
        issues.lines().next().unwrap_or_default().trim_start_matches("ERROR: <input>:1:").to_owned()
    }

    #[test]
    fn lists_and_maps_are_of_one_type() {
        assert_eq!(issue(25, "[1, 'a']"), "5: expected type 'int' but found 'string'");
        assert_eq!(issue(35, "[1, dyn(1)]"), "8: expected type 'int' but found 'dyn'");
        assert_eq!(issue(35, "{'a': 1, 2: 1}"), "10: expected type 'string' but found 'int'");
        assert_eq!(issue(35, "[?optional.of(1), 2]"), "");
        assert_eq!(issue(35, "'%d %s'.format([1, 'a'])"), "", "what is formatted may be mixed");
    }

    #[test]
    fn literals_must_be_what_they_are_used_as() {
        assert_eq!(issue(35, "'a'.matches('[')"), "13: invalid matches argument");
        assert_eq!(issue(28, "'a'.matches('[')"), "");
        assert_eq!(issue(35, "duration('1d')"), "10: invalid duration argument");
        assert_eq!(issue(35, "timestamp('2024-13-01T00:00:00Z') < timestamp(0)"), "11: invalid timestamp argument");
        assert_eq!(issue(35, "timestamp('2024-12-01T00:00:00Z') - duration('1.5h') < timestamp(0)"), "");
        assert_eq!(issue(35, "matches('[', '[')"), "9: invalid matches argument", "the first argument is judged");
    }
}
