//! How objects are called in reports.
//!
//! Apart because every format names objects, and kubectl's way of naming them is a rule of its own.

use crate::apply::Attempt;

/// The object as kubectl prints it: `deployment.apps/web`, `service/web`; without a name only the kind; empty where the
/// document does not even tell the kind.
///
/// Source: `NamePrinter` of `k8s.io/cli-runtime/pkg/printers/name.go` (1.36), which lower-cases the kind and appends
/// the group.
pub fn resource(attempt: &Attempt) -> String {
    let mut name = attempt.kind.to_lowercase();
    if let Some((group, _)) = attempt.api_version.split_once('/') {
        name.push('.');
        name.push_str(group);
    }
    if !attempt.name.is_empty() {
        name.push('/');
        name.push_str(&attempt.name);
    }
    name
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
