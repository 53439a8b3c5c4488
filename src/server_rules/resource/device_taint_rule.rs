//! `DeviceTaintRule`: a taint for the devices it selects.

use super::device_names::{validate_driver_name, validate_label, validate_pool_name};
use super::device_taint::validate_taint;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;

/// A `DeviceTaintRule`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/device-taint-rule",
    level: Level::Error,
    summary: "a DeviceTaintRule's selector is not valid",
    why: "driver, pool and device are names of the kinds that slices use, or are left out",
    docs: include_str!("device-taint-rule.md"),
};

/// Judges a `DeviceTaintRule` on creation (`ValidateDeviceTaintRule`). Of the selectors that `v1alpha3` has beside them
/// (`deviceClassName`, `selectors`) the server keeps nothing since 1.35.
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.under(&RULE, |errors| {
        if let Some(selector) = spec.and_then(|spec| spec.get("deviceSelector")) {
            let path = path.field("deviceSelector");
            if let Some(driver) = selector.text_pointer("driver") {
                validate_driver_name(driver, &path.field("driver"), errors);
            }
            if let Some(pool) = selector.text_pointer("pool") {
                validate_pool_name(pool, &path.field("pool"), errors);
            }
            if let Some(device) = selector.text_pointer("device") {
                validate_label(device, &path.field("device"), errors);
            }
        }
        validate_taint(spec.and_then(|spec| spec.get("taint")), &path.field("taint"), errors);
    });
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn a_rule_has_a_taint_for_named_devices() {
        let errors = errors_of(&json!({
            "apiVersion": "resource.k8s.io/v1beta2", "kind": "DeviceTaintRule", "metadata": {"name": "broken"},
            "spec": {
                "deviceSelector": {"driver": "", "pool": "rack", "device": "card.0"},
                "taint": {"key": "broken", "effect": "Evict"},
            },
        }));
        assert_eq!(
            errors,
            [
                "spec.deviceSelector.driver: Required value",
                "spec.deviceSelector.device: Invalid value: \"card.0\": must not contain dots",
                "spec.taint.effect: Unsupported value: \"Evict\": supported values: \"NoExecute\", \"NoSchedule\", \
                 \"None\"",
            ]
        );
        let errors = errors_of(&json!({
            "apiVersion": "resource.k8s.io/v1beta2", "kind": "DeviceTaintRule", "metadata": {"name": "empty"},
        }));
        assert_eq!(errors.last().map(String::as_str), Some("spec.taint.effect: Required value"));
    }
}
