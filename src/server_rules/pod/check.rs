//! Single values as the pod rules report them: one call judges a value and records what is wrong under its path.
//!
//! Apart because the grammars return sentences and the rules want errors; what only pods use (names of environment
//! variables, file modes, relative paths) stands here too. Source: apimachinery `pkg/util/validation/validation.go`,
//! `pkg/apis/core/validation/validation.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::content::{label_selector, names, ports};
use crate::server_rules::metadata;
use crate::yaml::NodeRef;

fn all(complaints: names::Complaints, value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    for complaint in complaints {
        errors.invalid(path, value, &complaint);
    }
}

/// A DNS label (`ValidateDNS1123Label`).
pub(super) fn dns_label(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    all(names::dns_1123_label(value), value, path, errors);
}

/// A DNS subdomain: most objects' names (`NameIsDNSSubdomain`).
pub(super) fn dns_subdomain(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    all(names::dns_1123_subdomain(value), value, path, errors);
}

/// The beginning of a name that more is appended to (`NameIsDNSSubdomain` with `prefix`).
pub(super) fn dns_subdomain_prefix(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    all(names::NameRule::Subdomain.check_prefix(value), value, path, errors);
}

/// A qualified name, also called label key (`ValidateQualifiedName`, `ValidateLabelName`).
pub(super) fn qualified_name(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    all(names::qualified_name(value), value, path, errors);
}

/// A map of labels.
pub(super) fn labels(labels: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    label_selector::validate_labels(labels, path, errors);
}

/// A label selector, with or without its values.
pub(super) fn label_selector(
    selector: Option<NodeRef<'_>>,
    with_values: bool,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    label_selector::validate(selector, label_selector::Lenience { any_value: !with_values }, path, errors);
}

/// A map of annotations.
pub(super) fn annotations(annotations: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    metadata::validate_annotations(annotations, None, path, errors);
}

/// A number of a port.
pub(super) fn port_number(value: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    if !ports::is_port_number(value) {
        errors.invalid(path, &value, ports::PORT_NUMBER_MESSAGE);
    }
}

/// A name of an environment variable (`IsRelaxedEnvVarName`; `IsEnvVarName` where the minor is not yet relaxed).
pub(super) fn environment_name(value: &str, relaxed: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    if relaxed {
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=') {
            let rule = "a valid environment variable name must consist only of printable ASCII characters other than \
                        '='";
            errors.invalid(path, value, rule);
        }
        return;
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !value.bytes().all(inner) || value.starts_with(|first: char| first.is_ascii_digit()) {
        let rule = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or \
                    '.', and must not start with a digit";
        let examples = ["my.env-name", "MY_ENV.NAME", "MyEnvName1"];
        errors.invalid(path, value, &names::pattern(rule, "[-._a-zA-Z][-._a-zA-Z0-9]*", &examples));
    }
    directory_prefix(value, path, errors);
}

/// A key of a ConfigMap or Secret.
pub(super) fn data_key(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    all(names::config_map_key(value), value, path, errors);
}

/// `hasChDirPrefix`
fn directory_prefix(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    match value {
        "." => errors.invalid(path, value, "must not be '.'"),
        ".." => errors.invalid(path, value, "must not be '..'"),
        _ if value.starts_with("..") => errors.invalid(path, value, "must not start with '..'"),
        _ => {}
    }
}

/// A relative path without steps up (`validateLocalDescendingPath`).
pub(super) fn descending_path(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if value.starts_with('/') {
        errors.invalid(path, value, "must be a relative path");
    }
    no_backsteps(value, path, errors);
}

/// A path without steps up (`validatePathNoBacksteps`).
pub(super) fn no_backsteps(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if has_backsteps(value) {
        errors.invalid(path, value, "must not contain '..'");
    }
}

/// Whether a path steps up.
pub(super) fn has_backsteps(value: &str) -> bool {
    value.split('/').any(|part| part == "..")
}

/// A relative path that does not start with two dots either, which volumes reserve (`ValidateLocalNonReservedPath`).
pub(super) fn non_reserved_path(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    descending_path(value, path, errors);
    if value.starts_with("..") && !value.starts_with("../") {
        errors.invalid(path, value, "must not start with '..'");
    }
}

/// The mode of a file, where one is set.
pub(super) fn file_mode(mode: Option<i64>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(path, &mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

/// A user's or group's number, where one is set (`IsValidUserID`, `IsValidGroupID`).
pub(super) fn id(id: Option<i64>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        errors.invalid(path, &id, "must be between 0 and 2147483647, inclusive");
    }
}

/// A number that must not be below zero (`ValidateNonnegativeField`).
pub(super) fn nonnegative(value: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    if value < 0 {
        errors.invalid(path, &value, "must be greater than or equal to 0");
    }
}

/// `Required value` for an empty text.
pub(super) fn required(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if value.is_empty() {
        errors.required(path, "");
    }
}
