//! What holding a value against a schema comes to.
//!
//! Apart because the server counts what fits as well as what does not: of several alternatives that all fail, it tells
//! the errors of the one that fitted best. Source: kube-openapi `pkg/validation/validate/result.go` and apiextensions
//! `pkg/apiserver/validation/validation.go` (`kubeOpenAPIResultToFieldErrors`, 1.36).

use super::schema::JsonSchema;
use crate::finding::{Meant, Reason};
use crate::object::{FieldPath, Path};
use crate::yaml::NodeIndex;

/// One error, and what in the definition asks for it.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub reason: Reason,
    /// The field the server names; it names none for what several schemas say together.
    pub field: FieldPath,
    /// The text behind the field.
    pub text: String,
    /// Where it is, even if the server does not say.
    pub place: FieldPath,
    /// The schema and the keyword that ask for it.
    pub defined: Option<(NodeIndex, &'static str)>,
    /// What was meant, where that is known.
    pub meant: Option<Meant>,
}

impl Problem {
    /// `Invalid value: shown: detail`
    pub fn invalid(path: &Path<'_>, shown: &str, detail: &str) -> Self {
        Self::of(Reason::Invalid, path, format!("Invalid value: {shown}: {detail}"))
    }

    pub fn of(reason: Reason, path: &Path<'_>, text: String) -> Self {
        let field = path.to_field_path();
        Self { reason, place: field.clone(), field, text, defined: None, meant: None }
    }

    /// What the server tells without a field: `<nil>: Invalid value: "": detail`
    pub fn nowhere(path: &Path<'_>, detail: &str) -> Self {
        let place = path.to_field_path();
        let text = format!("Invalid value: \"\": {detail}");
        Self { reason: Reason::Invalid, field: FieldPath::default(), text, place, defined: None, meant: None }
    }

    /// Says what was meant.
    pub fn meaning(self, meant: Meant) -> Self {
        Self { meant: Some(meant), ..self }
    }

    /// Says what asks for it.
    pub fn by(self, schema: &JsonSchema, keyword: &'static str) -> Self {
        Self { defined: Some((schema.node, keyword)), ..self }
    }
}

/// The errors of a value, and how many checks it took.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub problems: Vec<Problem>,
    pub matches: u32,
}

impl Outcome {
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    pub fn merge(&mut self, other: Self) {
        self.matches += other.matches;
        if self.problems.is_empty() {
            self.problems = other.problems;
        } else {
            self.problems.extend(other.problems);
        }
    }
}

/// A path as the schema validator writes it: nothing for the object itself.
pub(super) fn dotted(path: &Path<'_>) -> String {
    let path = path.to_field_path();
    if path.0.is_empty() { String::new() } else { path.to_string() }
}
