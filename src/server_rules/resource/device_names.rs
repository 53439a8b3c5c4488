//! Names among devices: of pools, of attributes and capacities.
//!
//! Apart because claims and offers must agree on them.

use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::content::{names, report};
use crate::server_rules::storage::csi_driver::validate_driver_name;

const MOST_BYTES_OF_POOL: usize = 253;
const MOST_BYTES_OF_IDENTIFIER: usize = 32;

/// The name of a pool of devices: DNS subdomains with slashes between (`validatePoolName`).
pub(super) fn validate_pool_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    if name.len() > MOST_BYTES_OF_POOL {
        errors.too_long(path, MOST_BYTES_OF_POOL);
    }
    for part in name.split('/') {
        report(names::dns_1123_subdomain(part), path, part, errors);
    }
}

/// A C identifier, with its domain or without (`validateQualifiedName`). More than one slash passes, as it does there.
pub(super) fn validate_qualified_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [identifier] => validate_identifier(identifier, path, errors),
        [domain, identifier] => {
            if domain.is_empty() {
                errors.invalid(path, "", "the domain must not be empty");
            } else {
                validate_driver_name(domain, path, errors);
            }
            if identifier.is_empty() {
                errors.invalid(path, "", "the name must not be empty");
            } else {
                validate_identifier(identifier, path, errors);
            }
        }
        _ => {}
    }
}

/// As [`validate_qualified_name`], with a domain (`validateFullyQualifiedName`).
pub(super) fn validate_fully_qualified_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_qualified_name(name, path, errors);
    if !name.contains('/') {
        errors.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash");
    }
}

fn validate_identifier(identifier: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if identifier.len() > MOST_BYTES_OF_IDENTIFIER {
        errors.too_long(path, MOST_BYTES_OF_IDENTIFIER);
    }
    report(names::c_identifier(identifier), path, identifier, errors);
}
