//! How objects are called in reports.
//!
//! Apart because every format names objects, and kubectl's way of naming them is a rule of its own.

use super::Report;
use crate::apply::{Attempt, Pruned};
use std::fmt::Write as _;

/// The object as kubectl prints it: `deployment.apps/web`, `service/web`; without a name only the kind; empty where the
/// document does not even tell the kind.
///
/// Source: `NamePrinter` of `k8s.io/cli-runtime/pkg/printers/name.go` (1.36), which lower-cases the kind and appends
/// the group.
pub fn resource(attempt: &Attempt) -> String {
    printed(&attempt.api_version, &attempt.kind, &attempt.name)
}

/// As [`resource`], of an object that is deleted.
pub fn pruned(pruned: &Pruned) -> String {
    printed(&pruned.api_version, &pruned.kind, &pruned.name)
}

fn printed(api_version: &str, kind: &str, name: &str) -> String {
    let mut printed = kind.to_lowercase();
    if let Some((group, _)) = api_version.split_once('/') {
        printed.push('.');
        printed.push_str(group);
    }
    if !name.is_empty() {
        printed.push('/');
        printed.push_str(name);
    }
    printed
}

/// The object in a sentence: `Deployment web/api`, `Namespace web`; empty where the document tells nothing of it.
pub fn spoken(attempt: &Attempt) -> String {
    let mut words = attempt.kind.clone();
    if !attempt.name.is_empty() {
        if !words.is_empty() {
            words.push(' ');
        }
        if let Some(namespace) = attempt.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
            words.push_str(namespace);
            words.push('/');
        }
        words.push_str(&attempt.name);
    }
    words
}

/// The object as kubectl prints it; where its document does not tell the kind, the document.
pub fn called(report: &Report, attempt: &Attempt) -> String {
    if attempt.kind.is_empty() { document(report, attempt) } else { resource(attempt) }
}

/// The object in a sentence; where its document tells nothing of it, the document.
pub fn spoken_of(report: &Report, attempt: &Attempt) -> String {
    let spoken = spoken(attempt);
    if spoken.is_empty() { document(report, attempt) } else { spoken }
}

fn document(report: &Report, attempt: &Attempt) -> String {
    let file = &report.sources.get(attempt.origin.file).name;
    let mut place = format!("{file}, document {}", attempt.origin.document + 1);
    if let Some(item) = attempt.origin.item {
        let _ = write!(place, ", item {}", item + 1);
    }
    place
}
