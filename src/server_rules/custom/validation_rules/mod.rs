//! `x-kubernetes-validations`: rules in CEL that a definition adds to its schema.
//!
//! Apart because they see the whole of a value, and what it was before. A definition's rules are read once
//! (`rule`), a value is handed to them as their types want it (`convert`), and this file goes through both as the
//! server does: rules of a value first, then those of `allOf`, then its parts.
//! Source: apiextensions `pkg/apiserver/schema/cel/validation.go` (1.36).

pub mod compile;
pub mod convert;
pub mod declared;
mod escape;
mod evaluate;
mod field_path;
mod rule;
#[cfg(test)]
mod tests;

pub(super) use rule::Rules;

use super::correlation::Correlation;
use super::outcome::Problem;
use super::schema::JsonSchema;
use crate::cel::cost_tracking::PER_OBJECT;
use crate::cel::value::Value;
use crate::object::Path;
use crate::yaml::{Kind, NodeRef};
use convert::Root;

/// Holds an object against the rules of its definition; `old` is what it was before an update.
pub(super) fn check(rules: &Rules, schema: &JsonSchema, root: NodeRef<'_>, old: Option<NodeRef<'_>>) -> Vec<Problem> {
    if !schema.has_validations {
        return Vec::new();
    }
    let mut walk = Walk { rules, budget: Some(PER_OBJECT), problems: Vec::new() };
    let place = Place {
        rules: schema,
        schema,
        root: Root::Resource,
        node: root,
        value: None,
        old,
        correlation: Correlated { current: Some(Correlation(old)), parent_is_same: false },
    };
    walk.value(&place, &Path::ROOT);
    walk.problems
}

/// Holds the default of a schema against the rules in it, as a value that was there before and as one that is new;
/// `budget` is what all defaults together may still cost. Source: `validate` of
/// `pkg/apiserver/schema/defaulting/validation.go`.
pub(super) fn check_default(
    rules: &Rules,
    schema: &JsonSchema,
    default: NodeRef<'_>,
    is_root: bool,
    budget: &mut Option<u64>,
) -> Vec<Problem> {
    let start = *budget;
    for old in [Some(default), None] {
        let mut walk = Walk { rules, budget: start, problems: Vec::new() };
        let place = Place {
            rules: schema,
            schema,
            root: if is_root { Root::Resource } else { Root::Part },
            node: default,
            value: None,
            old,
            correlation: Correlated { current: None, parent_is_same: false },
        };
        walk.value(&place, &Path::ROOT);
        *budget = budget.zip(walk.budget).map(|(one, other)| one.min(other));
        if !walk.problems.is_empty() {
            return walk.problems;
        }
    }
    Vec::new()
}

/// What lets errors pass on an update: what has not changed.
#[derive(Clone, Copy, Debug)]
struct Correlated<'c> {
    /// What the value was; none where nobody can tell, and then its parent counts.
    current: Option<Correlation<'c>>,
    parent_is_same: bool,
}

impl<'c> Correlated<'c> {
    fn lets_pass(self, node: NodeRef<'_>) -> bool {
        self.current.filter(|current| current.0.is_some()).map_or(self.parent_is_same, |current| current.is_same(node))
    }

    fn below(self, node: NodeRef<'_>, part: Correlation<'c>) -> Self {
        let known = self.current.is_some_and(|current| current.0.is_some());
        let parent_is_same = if known { self.lets_pass(node) } else { self.parent_is_same };
        Self { current: part.0.map(|_| part), parent_is_same }
    }
}

/// A value on the way down.
struct Place<'p> {
    /// The schema whose rules are asked: one of `allOf`, or the one that says what the value is.
    rules: &'p JsonSchema,
    /// The schema that says what the value is.
    schema: &'p JsonSchema,
    root: Root,
    node: NodeRef<'p>,
    /// The value for CEL, where a rule further up needed it.
    value: Option<Value>,
    /// What it was before, for rules that ask.
    old: Option<NodeRef<'p>>,
    correlation: Correlated<'p>,
}

struct Walk<'w> {
    rules: &'w Rules,
    /// What rules may still cost; none once that is spent.
    budget: Option<u64>,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    /// The rules of a value and of its parts. Recursion goes down the schema, whose depth is limited.
    fn value(&mut self, place: &Place<'_>, path: &Path<'_>) {
        if place.node.is_null() || !self.rules.has_any(place.rules) {
            return;
        }
        let rules = self.rules;
        let value = match rules.of(place.rules) {
            [] => place.value.clone(),
            own => {
                let value = place.value.clone();
                let value = value.unwrap_or_else(|| convert::value(place.node, place.schema, place.root));
                evaluate::rules(self, own, place, &value, path);
                Some(value)
            }
        };
        for alternative in &place.rules.all_of {
            if self.budget.is_none() {
                return;
            }
            let place = Place {
                rules: alternative,
                value: value.clone(),
                correlation: Correlated { current: None, ..place.correlation },
                ..*place
            };
            self.value(&place, path);
        }
        match place.node.kind() {
            Kind::Sequence => self.elements(place, value.as_ref(), path),
            Kind::Mapping => self.fields(place, value.as_ref(), path),
            _ => {}
        }
    }

    fn elements(&mut self, place: &Place<'_>, value: Option<&Value>, path: &Path<'_>) {
        let (Some(rules), Some(schema)) = (&place.rules.items, &place.schema.items) else { return };
        if !self.rules.has_any(rules) {
            return;
        }
        let old = Correlation(place.old).elements(place.schema);
        let ratchet = place.correlation.current.unwrap_or_default().elements(place.schema);
        for (index, node) in place.node.elements().enumerate() {
            if self.budget.is_none() {
                return;
            }
            let part = match value {
                Some(Value::List(list)) => list.elements.get(index).cloned(),
                _ => None,
            };
            let place = Place {
                rules,
                schema,
                root: Root::of(schema),
                node,
                value: part,
                old: old.of(node).0,
                correlation: place.correlation.below(place.node, ratchet.of(node)),
            };
            self.value(&place, &path.index(index));
        }
    }

    fn fields(&mut self, place: &Place<'_>, value: Option<&Value>, path: &Path<'_>) {
        for entry in place.node.entries() {
            if self.budget.is_none() {
                return;
            }
            let name = entry.name();
            let (rules, schema, is_property) =
                match (place.rules.property(name), place.schema.property(name), place.rules.additional()) {
                    (Some(rules), Some(schema), _) => (rules, schema, true),
                    (_, None, Some(rules)) => match place.schema.additional() {
                        Some(schema) => (rules, schema, false),
                        None => continue,
                    },
                    _ => continue,
                };
            if !self.rules.has_any(rules) || (is_property && !convert::is_exposed(schema)) {
                continue;
            }
            let part = match value {
                Some(Value::Map(map)) if is_property => escape::escape(name).and_then(|name| map.get(&name).cloned()),
                Some(Value::Map(map)) => map.get(name).cloned(),
                _ => None,
            };
            let current = place.correlation.current.unwrap_or_default();
            let current = match place.root {
                Root::Resource => current.property(name, place.schema, path),
                _ => current.key(name, place.schema),
            };
            let place = Place {
                rules,
                schema,
                root: Root::of(schema),
                node: entry.value,
                value: part,
                old: place.old.and_then(|old| old.entry(name)).map(|entry| entry.value),
                correlation: place.correlation.below(place.node, current),
            };
            let path = if is_property { path.field(name) } else { path.key(name) };
            self.value(&place, &path);
        }
    }
}
