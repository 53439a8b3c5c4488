//! The API server's own validation of built-in kinds, beyond types.
//!
//! Apart because each rule restates one of the server's, in its words, and is added to without touching anything else.
//! One file is one kind or one part that kinds share. A rule reads a tree that has decoded cleanly, with the server's
//! defaults in mind: a field that is absent, `null` or (for what Go holds by value) the zero value counts as its
//! default, and [`view::View`] reads it so.

pub mod admission_registration;
pub mod api_registration;
pub mod apiextensions;
pub mod apps;
pub mod autoscaling;
pub mod batch;
pub mod certificates;
pub mod claim_spec;
pub mod content;
pub mod coordination;
pub mod core;
pub mod custom;
pub mod discovery;
mod dispatch;
pub mod flow_control;
pub mod metadata;
pub mod networking;
pub mod node;
pub mod pod;
pub mod pod_security;
pub mod policy;
pub mod rbac;
pub mod request_size;
pub mod resource;
mod rules;
pub mod scheduling;
pub mod storage;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use crate::object::view;
pub use rules::RULES;

use crate::finding::{FieldErrors, Finding, Level, Mend, Rule};
use crate::object::{FieldPath, GroupVersionKind, Object, Path};
use crate::schema::Minor;
use crate::yaml::NodeRef;

/// Errors that no narrower rule claims.
pub static VALIDATION: Rule = Rule {
    id: "api/validation",
    level: Level::Error,
    summary: "the API server's validation refuses the object",
    why: "kube-apiserver validates every object it stores and refuses the whole object for one invalid field",
    docs: include_str!("validation.md"),
};

/// The server's warnings: the object is accepted, the client is told.
pub static SERVER_WARNING: Rule = Rule {
    id: "api/warning",
    level: Level::Warning,
    summary: "the API server accepts the object and warns",
    why: "kube-apiserver returns this text as a warning that kubectl prints and then goes on",
    docs: include_str!("warning.md"),
};

/// One object under judgement.
#[derive(Debug)]
pub struct Judge<'o> {
    /// What it is.
    pub gvk: &'o GroupVersionKind,
    /// The object.
    pub root: NodeRef<'o>,
    /// The API server's minor.
    pub minor: Minor,
    /// The length in bytes of the last-applied annotation's value, where client-side apply adds it.
    pub last_applied: Option<usize>,
    /// The live object, where this is what an update makes of it: some rules hold on creation only, others let pass what
    /// is there already.
    pub live: Option<NodeRef<'o>>,
    /// The errors so far, as the server would list them.
    pub errors: FieldErrors,
    /// The server's warnings so far: the field, and the text.
    pub warnings: Vec<(FieldPath, String)>,
}

impl Judge<'_> {
    /// Records a warning of the server's.
    pub fn warn(&mut self, path: &Path<'_>, text: impl Into<String>) {
        self.warnings.push((path.to_field_path(), text.into()));
    }
}

/// Validates an object on creation, as the strategy of its kind does. The tree must have decoded without error.
/// Kinds without rules yet pass.
pub fn validate(object: &Object, minor: Minor) -> Vec<Finding> {
    validate_applied(object, minor, None)
}

/// As [`validate`], for an object that client-side apply sends: with `last_applied`, the length in bytes of the
/// annotation it adds, which counts among the annotations.
pub fn validate_applied(object: &Object, minor: Minor, last_applied: Option<usize>) -> Vec<Finding> {
    validate_with(object, None, minor, last_applied)
}

/// Validates what an update makes of a live object (`ValidateUpdate`), but for what holds between the two: that is
/// judged by `update`.
pub fn validate_updated(object: &Object, live: &Object, minor: Minor, last_applied: Option<usize>) -> Vec<Finding> {
    validate_with(object, Some(live.root()), minor, last_applied)
}

fn validate_with<'o>(
    object: &'o Object,
    live: Option<NodeRef<'o>>,
    minor: Minor,
    last_applied: Option<usize>,
) -> Vec<Finding> {
    let mut judge = Judge {
        gvk: &object.gvk,
        root: object.root(),
        minor,
        last_applied,
        live,
        errors: FieldErrors::new(&VALIDATION),
        warnings: Vec::new(),
    };
    metadata::validate(&mut judge);
    dispatch::validate(&mut judge);
    judge.errors.drop_repeated();
    let errors = judge.errors.list.into_iter().map(|error| {
        let place = error.place.clone().unwrap_or_else(|| error.path.clone());
        // What an update makes of a live object stands in no file as a whole.
        let meant = error.meant.as_ref().filter(|_| live.is_none());
        let mend = meant.and_then(|(path, meant)| Mend::of(object, path, meant));
        let found = Finding::in_object(error.rule, error.message(), object, place).with_mend(mend);
        Finding { reason: Some(error.reason), field: error.path, ..found }
    });
    let warnings =
        judge.warnings.into_iter().map(|(field, text)| Finding::in_object(&SERVER_WARNING, text, object, field));
    errors.chain(warnings).collect()
}
