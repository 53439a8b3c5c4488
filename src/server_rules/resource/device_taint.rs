//! Taints of devices, and what tolerates them.

use super::text_of;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::content::label_selector::validate_label_key;
use crate::server_rules::content::{names, one_of, report};
use crate::yaml::NodeRef;

/// A taint or a toleration of a device.
pub static RULE: Rule = Rule {
    id: "api/device-taint",
    level: Level::Error,
    summary: "a device's taint or its toleration is not valid",
    why: "keys and values are labels, and the scheduler knows no other operators and effects",
    docs: include_str!("device-taint.md"),
};

const EFFECTS: [&str; 3] = ["NoExecute", "NoSchedule", "None"];

/// `validateDeviceTaint`; an absent taint reads as the zero value.
pub(super) fn validate_taint(taint: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    errors.under(&RULE, |errors| {
        validate_label_key(taint.text("key"), &path.field("key"), errors);
        let value = taint.text("value");
        report(names::label_value(value), &path.field("value"), value, errors);
        match taint.text("effect") {
            "" => errors.required(&path.field("effect"), ""),
            effect => one_of(effect, &EFFECTS, &path.field("effect"), errors),
        }
    });
}

/// Every element of `tolerations` (`validateDeviceToleration`).
pub(super) fn validate_tolerations(request: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("tolerations");
    errors.under(&RULE, |errors| {
        for (index, toleration) in request.list("tolerations").into_iter().enumerate() {
            validate_toleration(toleration, &path.index(index), errors);
        }
    });
}

fn validate_toleration(toleration: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let key = toleration.text("key");
    if !key.is_empty() {
        validate_label_key(key, &path.field("key"), errors);
    }
    let value = toleration.text("value");
    // `v1/zz_generated.defaults.go` puts in the operator that is left out.
    match toleration.text_or("operator", "Equal") {
        "Exists" if value.is_empty() => {}
        "Exists" => errors.invalid(&path.field("value"), value, "must be empty for operator `Exists`"),
        "Equal" => report(names::label_value(value), &path.field("value"), value, errors),
        other => errors.not_supported(&path.field("operator"), other, &["Equal", "Exists"]),
    }
    let effect = toleration.text("effect");
    if !effect.is_empty() {
        one_of(effect, &EFFECTS, &path.field("effect"), errors);
    }
}

/// Conditions that bind a device, and those that fail to (`validateDeviceBindingParameters`).
pub(super) fn validate_binding_conditions(device: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    const LIMIT: usize = 4;
    let (required, failing) = (device.list("bindingConditions"), device.list("bindingFailureConditions"));
    let (required_path, failing_path) = (path.field("bindingConditions"), path.field("bindingFailureConditions"));
    for (list, path) in [(&required, &required_path), (&failing, &failing_path)] {
        super::each(list, LIMIT, path, errors, |key, path, errors| validate_label_key(text_of(key), path, errors));
    }
    let before = |list: &[NodeRef<'_>], text: &str| list.iter().any(|other| text_of(*other) == text);
    for (index, condition) in required.iter().enumerate() {
        let condition = text_of(*condition);
        if before(&required[..index], condition) {
            errors.duplicate(&required_path.index(index), condition);
        }
    }
    for (index, condition) in failing.iter().enumerate() {
        let condition = text_of(*condition);
        if before(&failing[..index], condition) {
            errors.duplicate(&failing_path.index(index), condition);
        }
        if before(&required, condition) {
            let text = "bindingFailureConditions must not overlap with bindingConditions";
            errors.invalid(&failing_path.index(index), condition, text);
        }
    }
    // The server prints a list that is not set as `null`, an empty one as `[]`.
    let shown = |key: &str| crate::finding::Verbatim(if device.has(key) { "[]" } else { "null" });
    if required.is_empty() && !failing.is_empty() {
        let text = "bindingConditions are required to use bindingFailureConditions";
        errors.invalid(&required_path, &shown("bindingConditions"), text);
    }
    if failing.is_empty() && !required.is_empty() {
        let text = "bindingFailureConditions are required to use bindingConditions";
        errors.invalid(&failing_path, &shown("bindingFailureConditions"), text);
    }
}
