//! Help for the tests of this room: a schema and a value from JSON, and what is said about them.

use super::correlation::Correlation;
use super::definition::Definition;
use super::outcome::{Outcome, Problem};
use super::schema::JsonSchema;
use super::validate::Validator;
use crate::object::Path;
use crate::object::view::View;
use crate::schema::Minor;
use crate::source::FileId;
use crate::yaml::{Tree, TreeBuilder};
use serde_json::json;
use std::sync::Arc;

pub fn tree(value: &serde_json::Value) -> Tree {
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(value);
    builder.finish(root)
}

fn words(outcome: Outcome) -> Vec<String> {
    let words = |problem: Problem| format!("{}: {}", problem.field, problem.text);
    outcome.problems.into_iter().map(words).collect()
}

/// What a 1.36 server says of a value of the field `spec`.
pub fn problems(schema: &serde_json::Value, value: &serde_json::Value) -> Vec<String> {
    problems_at(36, schema, value)
}

pub fn problems_at(minor: u8, schema: &serde_json::Value, value: &serde_json::Value) -> Vec<String> {
    let (definition, value) = (tree(schema), tree(value));
    let validator = Validator { definition: &definition, minor: Minor(minor) };
    let schema = JsonSchema::read(definition.root());
    words(validator.value(&schema, value.root(), Correlation::default(), &Path::ROOT.field("spec")))
}

pub fn problems_of_update(schema: &serde_json::Value, old: &serde_json::Value, new: &serde_json::Value) -> Vec<String> {
    let (definition, old, new) = (tree(schema), tree(old), tree(new));
    let validator = Validator { definition: &definition, minor: Minor(36) };
    let schema = JsonSchema::read(definition.root());
    words(validator.value(&schema, new.root(), Correlation(Some(old.root())), &Path::ROOT.field("spec")))
}

/// A definition of ships with this schema.
pub fn definition(schema: &serde_json::Value) -> Definition {
    definition_with(&json!({"name": "v1", "served": true, "schema": {"openAPIV3Schema": schema}}))
}

/// A definition of ships with one version.
pub fn definition_with(version: &serde_json::Value) -> Definition {
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {
        "group": "dock.example", "names": {"kind": "Ship", "plural": "ships"}, "versions": [version]}});
    let tree = Arc::new(tree(&crd));
    let version = tree.root().at(&["spec"]).list("versions")[0];
    Definition::of(&tree, FileId(0), tree.root(), version).expect("a schema")
}
