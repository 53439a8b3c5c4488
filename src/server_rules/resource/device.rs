//! One device of a `ResourceSlice`.

use super::capacity::validate_capacity;
use super::device_names::validate_qualified_name;
use super::{itself, validate_list, validate_set};
use crate::finding::{FieldErrors, Verbatim};
use crate::object::{Path, view::View as _};
use crate::server_rules::content::{label_selector, names, one_of, report};
use crate::server_rules::pod::validate_node_selector;
use crate::yaml::{EntryRef, Escape, NodeRef, write_json};

/// What a taint may do.
pub(super) const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "None"];
const MOST_NAMES: usize = 32;
const MOST_VALUES: usize = 48;
const MOST_BYTES_OF_VALUE: usize = 64;
const MOST_TAINTS: usize = 16;
const MOST_CONSUMED: usize = 2;
const MOST_COUNTERS: usize = 32;
const MOST_CONDITIONS: usize = 4;

/// A device's own fields (`validateDevice`); `has_own_nodes` if each device of the slice says where it is.
pub(super) fn validate(device: NodeRef<'_>, has_own_nodes: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let name = device.text("name");
    report(names::dns_1123_label(name), &path.field("name"), name, errors);
    let attributes = entries(device, "attributes").count();
    let names = attributes + entries(device, "capacity").count();
    if names > MOST_NAMES {
        let text = format!("the total number of attributes and capacities must not exceed {MOST_NAMES}");
        errors.invalid(path, &count(names), &text);
    }
    if attributes > MOST_VALUES {
        let text = format!("the total number of attribute values must not exceed {MOST_VALUES}");
        errors.invalid(path, &count(attributes), &text);
    }
    let attributes_path = path.field("attributes");
    for entry in entries(device, "attributes") {
        validate_qualified_name(entry.name(), &attributes_path, errors);
        validate_attribute(entry.value, &attributes_path.key(entry.name()), errors);
    }
    let is_shared = device.flag("allowMultipleAllocations");
    let capacity_path = path.field("capacity");
    for entry in entries(device, "capacity") {
        validate_qualified_name(entry.name(), &capacity_path, errors);
        validate_capacity(entry.value, is_shared, &capacity_path.key(entry.name()), errors);
    }
    validate_list(device, "taints", MOST_TAINTS, path, errors, validate_taint);
    validate_set(device, "consumesCounters", MOST_CONSUMED, counter_set, path, errors, |consumption, path, errors| {
        let set = counter_set(consumption);
        if set.is_empty() {
            errors.required(&path.field("counterSet"), "");
        } else {
            report(names::dns_1123_label(set), &path.field("counterSet"), set, errors);
        }
        validate_counters(consumption, path, errors);
    });
    validate_place(device, has_own_nodes, path, errors);
    validate_conditions(device, path, errors);
}

/// The entries of a map but for those that are `null`: kubectl does not send them.
fn entries<'t>(owner: NodeRef<'t>, field: &str) -> impl Iterator<Item = EntryRef<'t>> + use<'t> {
    owner.get(field).into_iter().flat_map(NodeRef::entries).filter(|entry| !entry.value.is_null())
}

fn counter_set(consumption: NodeRef<'_>) -> &str {
    consumption.text("counterSet")
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The value of an attribute (`validateDeviceAttribute`). Lists of values are behind a gate that is off, so the server
/// drops them.
fn validate_attribute(attribute: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if attribute.text("string").len() > MOST_BYTES_OF_VALUE {
        errors.too_long(&path.field("string"), MOST_BYTES_OF_VALUE);
    }
    if let Some(version) = attribute.text_pointer("version") {
        let path = path.field("version");
        if !is_semantic_version(version) {
            errors.invalid(&path, version, "must be a string compatible with semver.org spec 2.0.0");
        }
        if version.len() > MOST_BYTES_OF_VALUE {
            errors.too_long(&path, MOST_BYTES_OF_VALUE);
        }
    }
    let fields = ["int", "bool", "string", "version"].map(|field| attribute.get(field));
    match fields.iter().flatten().count() {
        0 => errors.invalid(path, "", "exactly one value must be specified"),
        1 => {}
        _ => {
            let [int, bool, string, version] =
                fields.map(|value| value.map_or("null".to_owned(), |value| write_json(value, Escape::Html)));
            let shown = format!(
                "{{\"IntValue\":{int},\"BoolValue\":{bool},\"StringValue\":{string},\"VersionValue\":{version},\
                 \"IntValues\":null,\"BoolValues\":null,\"StringValues\":null,\"VersionValues\":null}}"
            );
            errors.invalid(path, &Verbatim(&shown), "exactly one value must be specified");
        }
    }
}

/// Whether the text is a version in the sense of semver.org: three numbers, perhaps a pre-release, perhaps a build.
fn is_semantic_version(text: &str) -> bool {
    let is_number = |part: &str| {
        part == "0" || !part.is_empty() && !part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_identifier =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, release) = text.split_once('-').map_or((text, None), |(text, release)| (text, Some(release)));
    let is_release_part =
        |part: &str| is_identifier(part) && (is_number(part) || !part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && release.is_none_or(|release| release.split('.').all(is_release_part))
        && build.is_none_or(|build| build.split('.').all(is_identifier))
}

/// The key of a device's taint (`ValidateLabelName`).
pub(super) fn validate_taint_key(key: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    label_selector::validate_label_key(key, path, errors);
}

/// The value of a taint.
pub(super) fn validate_label_value(value: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    report(names::label_value(value), path, value, errors);
}

/// A taint of a device (`validateDeviceTaint`).
fn validate_taint(taint: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_taint_key(taint.text("key"), &path.field("key"), errors);
    validate_label_value(taint.text("value"), &path.field("value"), errors);
    match taint.text("effect") {
        "" => errors.required(&path.field("effect"), ""),
        effect => one_of(effect, EFFECTS, &path.field("effect"), errors),
    }
}

/// The counters of a set, or those that a device consumes.
pub(super) fn validate_counters(owner: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("counters");
    let count = entries(owner, "counters").count();
    if count == 0 {
        errors.required(&path, "");
    } else if count > MOST_COUNTERS {
        errors.too_many(&path, count, MOST_COUNTERS);
    } else {
        for entry in entries(owner, "counters") {
            report(names::dns_1123_label(entry.name()), &path, entry.name(), errors);
        }
    }
}

/// Where a device is, if its slice leaves that to it.
fn validate_place(device: NodeRef<'_>, has_own_nodes: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    if !has_own_nodes {
        if ["nodeName", "nodeSelector", "allNodes"].iter().any(|field| device.has(field)) {
            let text = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to \
                        true in the ResourceSlice spec";
            errors.invalid(path, &Verbatim("null"), text);
        }
        return;
    }
    let mut set = Vec::new();
    if let Some(name) = device.text_pointer("nodeName") {
        let path = path.field("nodeName");
        if name.is_empty() {
            errors.invalid(&path, name, "must not be empty");
        } else {
            set.push("`nodeName`");
            report(names::dns_1123_subdomain(name), &path, name, errors);
        }
    }
    if let Some(selector) = device.get("nodeSelector") {
        set.push("`nodeSelector`");
        validate_node_selector(selector, &path.field("nodeSelector"), errors);
    }
    if device.flag("allNodes") {
        set.push("`allNodes`");
    } else if device.has("allNodes") {
        errors.invalid(&path.field("allNodes"), &false, "must be either unset or set to true");
    }
    let text = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set \
                to true in the ResourceSlice spec";
    match set.len() {
        0 => errors.required(path, text),
        1 => {}
        _ => errors.invalid(path, &format!("{{{}}}", set.join(", ")), text),
    }
}

/// The conditions that a device waits for before use (`validateDeviceBindingParameters`).
fn validate_conditions(device: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    const FIELDS: [&str; 2] = ["bindingConditions", "bindingFailureConditions"];
    for field in FIELDS {
        validate_list(device, field, MOST_CONDITIONS, path, errors, |condition, path, errors| {
            label_selector::validate_label_key(itself(condition), path, errors);
        });
    }
    let lists = FIELDS.map(|field| device.list(field).into_iter().map(itself).collect::<Vec<_>>());
    for (field, list) in FIELDS.iter().zip(&lists) {
        let path = path.field(field);
        for (index, condition) in list.iter().enumerate() {
            if list[..index].contains(condition) {
                errors.duplicate(&path.index(index), *condition);
            }
            if *field == FIELDS[1] && lists[0].contains(condition) {
                let text = "bindingFailureConditions must not overlap with bindingConditions";
                errors.invalid(&path.index(index), *condition, text);
            }
        }
    }
    for (missing, present) in [(0, 1), (1, 0)] {
        if lists[missing].is_empty() && !lists[present].is_empty() {
            let text = format!("{} are required to use {}", FIELDS[missing], FIELDS[present]);
            let shown = if device.has(FIELDS[missing]) { "[]" } else { "null" };
            errors.invalid(&path.field(FIELDS[missing]), &Verbatim(shown), &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_semantic_version;

    #[test]
    fn versions_are_semantic() {
        for good in ["0.0.0", "1.2.3", "1.2.3-alpha.1", "1.2.3-0a.x-y", "1.2.3+007", "1.2.3-rc.1+build-2.x"] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in ["", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a+b", "v1.2.3"]
        {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }
}
