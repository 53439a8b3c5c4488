//! Grammars of single values that many kinds share: names, labels, selectors, percentages.
//!
//! Apart from the kinds because each grammar is one rule of the server's with one wording, whoever asks.
//! A grammar returns the server's complaints, none for a good value, and allocates only for a bad one.

pub mod bytes;
pub mod int_or_percent;
pub mod ip;
pub mod label_selector;
pub mod names;
pub mod ports;
pub mod resource_name;
pub mod url;

use crate::finding::FieldErrors;
use crate::object::Path;

/// Reports each complaint about a text at its field.
pub fn report(complaints: names::Complaints, path: &Path<'_>, text: &str, errors: &mut FieldErrors) {
    for complaint in complaints {
        errors.invalid(path, text, &complaint);
    }
}

/// Reports a text that is none of those allowed; the empty one counts as one of them only if it is listed.
pub fn one_of(text: &str, allowed: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    if !allowed.contains(&text) {
        errors.not_supported(path, text, allowed);
    }
}
