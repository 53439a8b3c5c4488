//! One device of a slice.

use super::device_names::{QUALIFIED_NAME_LIMIT, shortened, validate_label, validate_qualified_name};
use super::gates::Gates;
use super::resource_slice::validate_counters;
use super::{device_attribute, device_capacity, device_taint, each, each_unique};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::server_rules::content::{names, report};
use crate::server_rules::pod::validate_node_selector;
use crate::yaml::{EntryRef, NodeRef};

/// A device.
pub static RULE: Rule = Rule {
    id: "api/device",
    level: Level::Error,
    summary: "a device of a ResourceSlice is not valid",
    why: "the scheduler allocates devices by name, attributes, capacities and counters, and from the right node",
    docs: include_str!("device.md"),
};

/// The most attributes and capacities of a device (`ResourceSliceMaxAttributesAndCapacitiesPerDevice`).
const ATTRIBUTES_LIMIT: usize = 32;

/// `DeviceTaintsMaxLength`: 16 since the taints are beta.
const TAINTS_LIMIT: usize = 16;

/// `ResourceSliceMaxDeviceCounterConsumptionsPerDevice`
const CONSUMPTIONS_LIMIT: usize = 2;

/// The entries of a map, short of those without a value: kubectl sends none of them.
fn entries<'t>(device: Option<NodeRef<'t>>, key: &str) -> Vec<EntryRef<'t>> {
    let map = device.and_then(|device| device.get(key));
    map.into_iter().flat_map(NodeRef::entries).filter(|entry| !entry.value.is_null()).collect()
}

/// `validateDevice`; `device` holds everything but the name, and may be absent in `v1beta1`.
pub(super) fn validate(
    name: &str,
    device: Option<NodeRef<'_>>,
    per_device_nodes: bool,
    gates: Gates,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    errors.under(&RULE, |errors| {
        validate_label(name, &path.field("name"), errors);
        let (attributes, capacities) = (entries(device, "attributes"), entries(device, "capacity"));
        let count = attributes.len() + capacities.len();
        if count > ATTRIBUTES_LIMIT {
            let text = format!("the total number of attributes and capacities must not exceed {ATTRIBUTES_LIMIT}");
            errors.invalid(path, &i64::try_from(count).unwrap_or(i64::MAX), &text);
        }
        let shared = device.flag("allowMultipleAllocations");
        for (key, entries) in [("attributes", &attributes), ("capacity", &capacities)] {
            let path = path.field(key);
            for entry in entries {
                let shortened = shortened(entry.name(), QUALIFIED_NAME_LIMIT);
                let entry_path = path.key(&shortened);
                // The server says what is wrong with a key at the map since 1.36.
                let key_path = if gates.keys_at_map() { &path } else { &entry_path };
                validate_qualified_name(entry.name(), key_path, errors);
                if key == "attributes" {
                    device_attribute::validate(entry.value, gates, &entry_path, errors);
                } else if gates.consumable_capacity() {
                    device_capacity::validate(entry.value, shared, &entry_path, errors);
                }
            }
        }
        if gates.device_taints() {
            each(&device.list("taints"), TAINTS_LIMIT, &path.field("taints"), errors, |taint, path, errors| {
                device_taint::validate_taint(Some(taint), path, errors);
            });
        }
        if gates.partitionable_devices() {
            let sets = device.list("consumesCounters");
            let path_of_sets = path.field("consumesCounters");
            each_unique(
                &sets,
                CONSUMPTIONS_LIMIT,
                |set| set.text("counterSet"),
                &path_of_sets,
                errors,
                |set, path, errors| validate_counters(set, "counterSet", path, errors),
            );
            validate_nodes(device, per_device_nodes, path, errors);
        }
        if let Some(device) = device.filter(|_| gates.binding_conditions()) {
            device_taint::validate_binding_conditions(device, path, errors);
        }
    });
}

/// Which nodes reach the device, where the slice leaves that to its devices.
fn validate_nodes(device: Option<NodeRef<'_>>, per_device: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    const ONE: &str = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when \
                       `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    if !per_device {
        if ["nodeName", "nodeSelector", "allNodes"].iter().any(|key| device.has(key)) {
            let text = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set \
                        to true in the ResourceSlice spec";
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
    if let Some(selector) = device.and_then(|device| device.get("nodeSelector")) {
        set.push("`nodeSelector`");
        validate_node_selector(selector, false, &path.field("nodeSelector"), errors);
    }
    match device.and_then(|device| device.get("allNodes")).and_then(NodeRef::as_bool) {
        Some(true) => set.push("`allNodes`"),
        Some(false) => errors.invalid(&path.field("allNodes"), &false, "must be either unset or set to true"),
        None => {}
    }
    match set.len() {
        0 => errors.required(path, ONE),
        1 => {}
        _ => errors.invalid(path, &format!("{{{}}}", set.join(", ")), ONE),
    }
}
