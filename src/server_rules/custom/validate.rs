//! Holding a value against a schema, as the server's schema validator does.
//!
//! Apart because order matters here and nowhere below: each family of keywords has a file, and this one asks them in the
//! server's order and counts what fits. On an update, what has not changed is let pass. Recursion goes down the schema,
//! whose depth is limited. Source: kube-openapi `pkg/validation/validate/schema.go`, apiextensions
//! `pkg/apiserver/validation/ratcheting.go` (1.36).

use super::correlation::Correlation;
use super::number::{self, Number};
use super::outcome::Outcome;
use super::schema::JsonSchema;
use super::{array, combinators, enumeration, object, string, value_type};
use crate::object::Path;
use crate::schema::Minor;
use crate::yaml::{Kind, NodeRef, Tree};

/// What does not change on the way down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validator<'v> {
    /// The tree of the definition, which defaults and enumerations are nodes of.
    pub definition: &'v Tree,
    pub minor: Minor,
}

impl Validator<'_> {
    /// Validates a value; `old` is what it was before an update, where that is known.
    pub fn value(self, schema: &JsonSchema, node: NodeRef<'_>, old: Correlation<'_>, path: &Path<'_>) -> Outcome {
        let outcome = self.against(schema, node, old, path);
        // What is wrong and as it was before is let pass.
        if !outcome.is_valid() && old.is_same(node) {
            return Outcome { matches: outcome.matches, ..Outcome::default() };
        }
        outcome
    }

    /// Validates a value against one of several schemas that it has.
    pub fn against(self, schema: &JsonSchema, node: NodeRef<'_>, old: Correlation<'_>, path: &Path<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        if node.is_null() {
            outcome.merge(value_type::check(schema, node, path, self.minor));
            outcome.problems.extend(enumeration::check(self.definition, schema, node, path));
            return outcome;
        }
        if value_type::applies(schema, self.minor) {
            outcome.merge(value_type::check(schema, node, path, self.minor));
            outcome.matches += 1;
        }
        outcome.merge(combinators::check(self, schema, node, old, path));
        outcome.matches += 1;
        match node.kind() {
            Kind::String => outcome.merge(string::check(schema, node, path, self.minor)),
            Kind::Int | Kind::Float => {
                if let Some(number) = Number::of(node) {
                    number::check(schema, number, path, self.minor, &mut outcome.problems);
                }
                outcome.matches += 2;
            }
            Kind::Sequence => {
                outcome.merge(array::check(self, schema, node, old, path));
                outcome.matches += 2;
            }
            _ => {}
        }
        outcome.problems.extend(enumeration::check(self.definition, schema, node, path));
        outcome.matches += 1;
        if node.kind() == Kind::Mapping {
            outcome.merge(object::check(self, schema, node, old, path));
            outcome.matches += 1;
        }
        outcome.matches += 1;
        outcome
    }
}
