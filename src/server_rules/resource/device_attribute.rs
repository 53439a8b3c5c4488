//! Attributes of a device: one value each, of a few types.

use super::gates::Gates;
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::yaml::{Escape, NodeRef, write_json};

/// An attribute's value.
pub static RULE: Rule = Rule {
    id: "api/device-attribute",
    level: Level::Error,
    summary: "an attribute of a device has no value, several, or one that is not of its type",
    why: "claims select devices by attributes, which the scheduler reads as exactly one typed value",
    docs: include_str!("device-attribute.md"),
};

/// The most bytes of a string or version (`DeviceAttributeMaxValueLength`).
const VALUE_LIMIT: usize = 64;

/// `validateDeviceAttribute`. Lists of values are behind `DRAListTypeAttributes`, off by default up to 1.37: the server
/// drops them before it validates.
pub(super) fn validate(attribute: NodeRef<'_>, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    errors.under(&RULE, |errors| {
        if let Some(text) = attribute.text_pointer("string") {
            validate_length(text, &path.field("string"), errors);
        }
        if let Some(version) = attribute.text_pointer("version") {
            let path = path.field("version");
            if !is_semantic_version(version) {
                errors.invalid(&path, version, "must be a string compatible with semver.org spec 2.0.0");
            }
            validate_length(version, &path, errors);
        }
        let set = ["int", "bool", "string", "version"].iter().filter(|key| attribute.has(key)).count();
        match set {
            0 => errors.invalid(path, "", "exactly one value must be specified"),
            1 => {}
            _ => errors.invalid(path, &Verbatim(&shown(attribute, gates)), "exactly one value must be specified"),
        }
    });
}

fn validate_length(text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if text.len() > VALUE_LIMIT {
        errors.too_long(path, VALUE_LIMIT);
    }
}

/// The attribute as the server's internal struct prints.
fn shown(attribute: NodeRef<'_>, gates: Gates) -> String {
    let fields = [("IntValue", "int"), ("BoolValue", "bool"), ("StringValue", "string"), ("VersionValue", "version")];
    let mut parts: Vec<String> = Vec::new();
    for (name, key) in fields {
        let value = attribute.get(key).map_or_else(|| "null".to_owned(), |value| write_json(value, Escape::Html));
        parts.push(format!("\"{name}\":{value}"));
    }
    if gates.has_list_attributes() {
        for name in ["IntValues", "BoolValues", "StringValues", "VersionValues"] {
            parts.push(format!("\"{name}\":null"));
        }
    }
    format!("{{{}}}", parts.join(","))
}

/// A version as semver.org 2.0.0 writes it: `1.2.3-rc.1+build.5`.
fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, release) = text.split_once('-').map_or((text, None), |(core, release)| (core, Some(release)));
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let is_release = |part: &str| is_word(part) && (!part.bytes().all(|byte| byte.is_ascii_digit()) || is_number(part));
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && release.is_none_or(|release| release.split('.').all(is_release))
        && build.is_none_or(|build| build.split('.').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::is_semantic_version;

    #[test]
    fn versions_are_of_three_numbers_and_more() {
        for good in ["0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3--", "1.2.3-0a.b-c+001.x", "1.0.0+a-b"] {
            assert!(is_semantic_version(good), "{good:?}");
        }
        for bad in
            ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3+a+b", "1.2.3-é", "1.2.3.4"]
        {
            assert!(!is_semantic_version(bad), "{bad:?}");
        }
    }
}
