//! Names of devices' pools, attributes and capacities.
//!
//! Apart because claims, slices and taint rules share the grammars.

use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::content::{names, report};
use crate::server_rules::storage::csi_driver;

/// The most bytes of a pool's name (`PoolNameMaxLength`).
const POOL_NAME_LIMIT: usize = 253;

/// The most bytes of a name behind its domain (`DeviceMaxIDLength`).
const ID_LIMIT: usize = 32;

/// The most bytes of a qualified name: domain, slash, identifier (`attributeAndCapacityMaxKeyLength`).
pub(super) const QUALIFIED_NAME_LIMIT: usize = 63 + 1 + ID_LIMIT;

pub(super) use csi_driver::validate_driver_name;

/// A label of at most 63 bytes: names of devices, requests, counters (`ValidateDNS1123Label`).
pub(super) fn validate_label(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    report(names::dns_1123_label(name), path, name, errors);
}

/// A pool: subdomains with slashes between (`validatePoolName`).
pub(super) fn validate_pool_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    if name.len() > POOL_NAME_LIMIT {
        errors.too_long(path, POOL_NAME_LIMIT);
    }
    for part in name.split('/') {
        report(names::dns_1123_subdomain(part), path, part, errors);
    }
}

/// An attribute or a capacity: an identifier, with a driver's domain or without (`validateQualifiedName`).
pub(super) fn validate_qualified_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    match name.split_once('/') {
        None => validate_identifier(name, path, errors),
        // The server looks at no name with more than one slash.
        Some((_, identifier)) if identifier.contains('/') => {}
        Some((domain, identifier)) => {
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
    }
}

/// A qualified name that must have a domain (`validateFullyQualifiedName`).
pub(super) fn validate_fully_qualified_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_qualified_name(name, path, errors);
    if !name.contains('/') {
        errors.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash");
    }
}

fn validate_identifier(identifier: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if identifier.len() > ID_LIMIT {
        errors.too_long(path, ID_LIMIT);
    }
    report(names::c_identifier(identifier), path, identifier, errors);
}

/// A map key as the server writes it in a path: cut in the middle where it is too long (`truncateIfTooLong`).
pub(super) fn shortened(key: &str, limit: usize) -> String {
    if key.len() <= limit {
        return key.to_owned();
    }
    let remaining = limit - 3;
    let (front, back) = (remaining.div_ceil(2), key.len() - remaining / 2);
    let bytes = [&key.as_bytes()[..front], b"...", &key.as_bytes()[back..]].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{FieldError, FieldErrors};
    use crate::server_rules::VALIDATION;

    fn errors(judge: impl Fn(&Path<'_>, &mut FieldErrors)) -> Vec<String> {
        let mut errors = FieldErrors::new(&VALIDATION);
        judge(&Path::ROOT.field("name"), &mut errors);
        errors.list.iter().map(FieldError::message).collect()
    }

    #[test]
    fn a_name_has_a_domain_or_none() {
        let good = ["model", "gpu.example/model", "GPU.example/Model_2", "a/b/c"];
        for name in good {
            assert_eq!(errors(|path, errors| validate_qualified_name(name, path, errors)), Vec::<String>::new());
        }
        assert_eq!(
            errors(|path, errors| validate_qualified_name("/", path, errors)),
            [
                "name: Invalid value: \"\": the domain must not be empty",
                "name: Invalid value: \"\": the name must not be empty",
            ]
        );
        let long = "m".repeat(33);
        assert_eq!(
            errors(|path, errors| validate_fully_qualified_name(&long, path, errors)),
            [
                "name: Too long: may not be more than 32 bytes".to_owned(),
                format!(
                    "name: Invalid value: \"{long}\": a fully qualified name must be a domain and a name separated by \
                     a slash"
                ),
            ]
        );
    }

    #[test]
    fn a_pool_is_named_by_parts() {
        assert_eq!(errors(|path, errors| validate_pool_name("rack-1/node-a", path, errors)), Vec::<String>::new());
        let found = errors(|path, errors| validate_pool_name("rack-1//Node", path, errors));
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("name: Invalid value: \"\": a lowercase RFC 1123 subdomain"));
        assert!(found[1].starts_with("name: Invalid value: \"Node\": "));
    }

    #[test]
    fn long_keys_are_cut_in_the_middle() {
        assert_eq!(shortened("abcdefghijklmnopq", 16), "abcdefg...lmnopq");
        assert_eq!(shortened("abc", 16), "abc");
    }
}
