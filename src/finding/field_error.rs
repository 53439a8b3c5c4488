//! Errors of a field in the API server's own words.
//!
//! Apart because every validation rule makes these and the wording is one library's:
//! `k8s.io/apimachinery/pkg/util/validation/field/errors.go` (1.36).

use super::{Meant, Rule};
use crate::go_quote::go_quote;
use crate::object::{FieldPath, Path};
use crate::yaml::{NodeRef, Value};
use std::collections::HashSet;
use std::fmt::Write as _;

/// The server's category of an error (`causes[].reason` of its answer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// `FieldValueNotFound`
    NotFound,
    /// `FieldValueRequired`
    Required,
    /// `FieldValueDuplicate`
    Duplicate,
    /// `FieldValueInvalid`
    Invalid,
    /// `FieldValueNotSupported`
    NotSupported,
    /// `FieldValueForbidden`
    Forbidden,
    /// `FieldValueTooLong`
    TooLong,
    /// `FieldValueTooMany`
    TooMany,
    /// `InternalError`
    Internal,
    /// `FieldValueTypeInvalid`
    TypeInvalid,
}

impl Reason {
    /// The word in the server's answer.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::NotFound => "FieldValueNotFound",
            Reason::Required => "FieldValueRequired",
            Reason::Duplicate => "FieldValueDuplicate",
            Reason::Invalid => "FieldValueInvalid",
            Reason::NotSupported => "FieldValueNotSupported",
            Reason::Forbidden => "FieldValueForbidden",
            Reason::TooLong => "FieldValueTooLong",
            Reason::TooMany => "FieldValueTooMany",
            Reason::Internal => "InternalError",
            Reason::TypeInvalid => "FieldValueTypeInvalid",
        }
    }
}

/// One error of a field.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The category.
    pub reason: Reason,
    /// The field.
    pub path: FieldPath,
    /// The text behind the path: `Invalid value: "x": must be …`.
    pub text: String,
    /// The field as it is written, where the server's path is one of its internal form.
    pub place: Option<FieldPath>,
    /// What was meant, where that is known, and the field to write it in.
    pub meant: Option<(FieldPath, Meant)>,
}

impl FieldError {
    /// The server's message: path and text.
    pub fn message(&self) -> String {
        format!("{}: {}", self.path, self.text)
    }
}

/// A list of errors, with one method for each constructor of the `field` package.
#[derive(Clone, Debug)]
pub struct FieldErrors {
    /// The rule that errors are recorded under.
    pub rule: &'static Rule,
    /// The errors, in the order found.
    pub list: Vec<FieldError>,
}

impl FieldErrors {
    /// An empty list that records under `rule`.
    pub fn new(rule: &'static Rule) -> Self {
        Self { rule, list: Vec::new() }
    }

    /// Records what `check` finds under another rule.
    pub fn under(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.rule, rule);
        check(self);
        self.rule = outer;
    }

    fn push(&mut self, reason: Reason, path: &Path<'_>, text: String) {
        self.list.push(FieldError {
            rule: self.rule,
            reason,
            path: path.to_field_path(),
            text,
            place: None,
            meant: None,
        });
    }

    /// Says what was meant in the field of the error recorded last.
    pub fn mean(&mut self, meant: Meant) {
        if let Some(last) = self.list.last_mut() {
            last.meant = Some((last.path.clone(), meant));
        }
    }

    /// As [`FieldErrors::mean`], for another field than that of the error.
    pub fn mean_at(&mut self, path: &Path<'_>, meant: Meant) {
        if let Some(last) = self.list.last_mut() {
            last.meant = Some((path.to_field_path(), meant));
        }
    }

    /// `Required value: detail`
    pub fn required(&mut self, path: &Path<'_>, detail: &str) {
        self.push(Reason::Required, path, with_detail("Required value", detail));
    }

    /// `Forbidden: detail`
    pub fn forbidden(&mut self, path: &Path<'_>, detail: &str) {
        self.push(Reason::Forbidden, path, with_detail("Forbidden", detail));
    }

    /// `Internal error: detail`
    pub fn internal(&mut self, path: &Path<'_>, detail: &str) {
        self.push(Reason::Internal, path, with_detail("Internal error", detail));
    }

    /// `Invalid value: value: detail`
    pub fn invalid(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized), detail: &str) {
        self.push(Reason::Invalid, path, with_detail(&format!("Invalid value: {}", value.shown()), detail));
    }

    /// `Invalid value: detail`, for a value that the server leaves out (`field.OmitValueType`).
    pub fn invalid_without_value(&mut self, path: &Path<'_>, detail: &str) {
        self.push(Reason::Invalid, path, with_detail("Invalid value", detail));
    }

    /// `Duplicate value: value`
    pub fn duplicate(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized)) {
        self.push(Reason::Duplicate, path, format!("Duplicate value: {}", value.shown()));
    }

    /// `Not found: value`
    pub fn not_found(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized)) {
        self.push(Reason::NotFound, path, format!("Not found: {}", value.shown()));
    }

    /// `Not found: value: detail`
    pub fn not_found_because(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized), detail: &str) {
        self.push(Reason::NotFound, path, with_detail(&format!("Not found: {}", value.shown()), detail));
    }

    /// `Unsupported value: value: supported values: "a", "b"`; the values are sorted here, as the server does.
    pub fn not_supported(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized), supported: &[&str]) {
        let mut sorted = supported.to_vec();
        sorted.sort_unstable();
        self.not_supported_in_order(path, value, &sorted);
    }

    /// [`FieldErrors::not_supported`] where the server lists the values in an order of its own.
    pub fn not_supported_in_order(&mut self, path: &Path<'_>, value: &(impl Shown + ?Sized), supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|value| go_quote(value)).collect();
        let mut text = format!("Unsupported value: {}", value.shown());
        if !list.is_empty() {
            let _ = write!(text, ": supported values: {}", list.join(", "));
        }
        self.push(Reason::NotSupported, path, text);
        self.mean(Meant::OneOf(supported.iter().map(|text| (*text).to_owned()).collect()));
    }

    /// `Too long: may not be more than N bytes`
    pub fn too_long(&mut self, path: &Path<'_>, limit: usize) {
        self.push(Reason::TooLong, path, format!("Too long: may not be more than {limit} bytes"));
    }

    /// `Too many: count: must have at most N items`
    pub fn too_many(&mut self, path: &Path<'_>, count: usize, limit: usize) {
        let noun = if limit == 1 { "item" } else { "items" };
        self.push(Reason::TooMany, path, format!("Too many: {count}: must have at most {limit} {noun}"));
    }

    /// Keeps the first of errors that say the same, as the server's answer does (`ErrorList.ToAggregate`).
    pub fn drop_repeated(&mut self) {
        let mut seen = HashSet::new();
        self.list.retain(|error| seen.insert((error.path.clone(), error.text.clone())));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

fn with_detail(text: &str, detail: &str) -> String {
    if detail.is_empty() { text.to_owned() } else { format!("{text}: {detail}") }
}

/// A value as the server prints it in an error: strings quoted, numbers plain, collections as JSON.
pub trait Shown {
    /// The text.
    fn shown(&self) -> String;
}

/// Text that the server prints as it is: the JSON of an internal Go struct, say.
#[derive(Clone, Copy, Debug)]
pub struct Verbatim<'v>(pub &'v str);

impl Shown for Verbatim<'_> {
    fn shown(&self) -> String {
        self.0.to_owned()
    }
}

impl Shown for str {
    fn shown(&self) -> String {
        go_quote(self)
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        go_quote(self)
    }
}

impl Shown for i64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for NodeRef<'_> {
    fn shown(&self) -> String {
        match self.value() {
            Value::String(text) => go_quote(text),
            _ => self.to_json().to_string(),
        }
    }
}
