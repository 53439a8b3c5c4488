//! The server's word: what an API server is asked about the objects of a set, and what it may answer.
//!
//! Apart because the pipeline weighs answers and never asks for itself: whoever can speak to a server implements
//! [`ApiServer`], and nothing below knows how.

use crate::apply::{Method, Outcome};
use crate::decode::FieldValidation;
use crate::object::GroupVersionKind;
use crate::schema::Minor;
use serde_json::Value;
use std::fmt;

/// An API server that dry-runs.
pub trait ApiServer: fmt::Debug + Send + Sync {
    /// Its minor.
    fn minor(&self) -> Minor;

    /// What it is called in reports.
    fn name(&self) -> &str;

    /// The namespace of an object that names none.
    fn default_namespace(&self) -> &str;

    /// What the cluster holds that the objects have to do with: the same objects as they are live, their namespaces, CRDs,
    /// quotas, limits. A `List` in JSON.
    fn around(&self, objects: &[Named]) -> Around;

    /// Dry-runs every object, and answers in the same order.
    fn judge(&self, questions: Vec<Question>) -> Vec<Answer>;
}

/// What was seen of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// A `List` in JSON.
    pub list: String,
    /// What could not be looked at: what, and why.
    pub unseen: Vec<(String, String)>,
}

/// An object by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its kind.
    pub gvk: GroupVersionKind,
    /// As written; empty if it names none.
    pub namespace: String,
    /// As written.
    pub name: String,
}

/// An object to dry-run.
#[derive(Clone, Debug)]
pub struct Question {
    /// What it is.
    pub named: Named,
    /// The object as JSON.
    pub body: Value,
    /// The schemas that tell how its lists are merged.
    pub minor: Minor,
    /// How it is applied.
    pub method: Method,
    /// What happens to unknown fields.
    pub validation: FieldValidation,
}

/// What a server says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It takes it.
    Accepted {
        /// What would become of it.
        outcome: Outcome,
        /// The warnings it gave.
        warnings: Vec<String>,
    },
    /// It refuses it, or kubectl does with what the server told it.
    Refused(Refused),
    /// It has not said.
    Silent {
        /// Why.
        why: String,
    },
}

/// A refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status; 0 where nothing was sent.
    pub code: u16,
    /// The server's words.
    pub message: String,
    /// The field it speaks of, if it names one.
    pub field: Option<String>,
    /// The warnings it gave.
    pub warnings: Vec<String>,
}
