//! `ResourceSlice`: the devices of one pool, as a driver publishes them.

use super::device::{self, validate_counters};
use super::device_names::validate_pool_name;
use super::{ADVANCED, RULE, is_known_version, name_of, validate_set};
use crate::finding::{FieldErrors, Verbatim};
use crate::go_quote::go_quote;
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::server_rules::pod::validate_node_selector;
use crate::server_rules::storage::csi_driver::validate_driver_name;
use crate::yaml::{Escape, NodeRef, write_json};

const MOST_DEVICES: usize = 128;
const MOST_ADVANCED_DEVICES: usize = 64;
const MOST_COUNTER_SETS: usize = 8;
const PLACES: &str = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

/// Judges a `ResourceSlice` (`ValidateResourceSlice`). Before 1.36 it is left alone: drivers publish slices, and then
/// the server dropped much of what is judged here.
pub fn validate(judge: &mut Judge<'_>) {
    if !is_known_version(judge) || judge.minor < ADVANCED {
        return;
    }
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let spec = judge.root.get("spec");
    let driver = spec.text("driver");
    if driver != driver.to_lowercase() {
        let text = format!(
            "spec.driver: driver names should be lowercase; {} contains uppercase characters",
            go_quote(driver)
        );
        judge.warn(&path.field("driver"), text);
    }
    let errors = &mut judge.errors;
    validate_driver_name(driver, &path.field("driver"), errors);
    validate_pool(spec.and_then(|spec| spec.get("pool")), &path.field("pool"), errors);
    let Some(spec) = spec else {
        errors.required(&path, PLACES);
        return;
    };
    validate_place(spec, &path, errors);
    if spec.has("sharedCounters") && spec.has("devices") {
        errors.invalid(&path, "", "only one of `sharedCounters` or `devices` is allowed");
    }
    let is_advanced = spec.list("devices").iter().any(|device| {
        ["taints", "consumesCounters"].iter().any(|field| device.get(field).is_some_and(|list| !list.is_empty()))
    });
    let most = if is_advanced { MOST_ADVANCED_DEVICES } else { MOST_DEVICES };
    let has_own_nodes = spec.flag("perDeviceNodeSelection");
    validate_set(spec, "devices", most, name_of, &path, errors, |device, path, errors| {
        device::validate(device, has_own_nodes, path, errors);
    });
    validate_set(spec, "sharedCounters", MOST_COUNTER_SETS, name_of, &path, errors, |set, path, errors| {
        let name = name_of(set);
        if name.is_empty() {
            errors.required(&path.field("name"), "");
        } else {
            report(names::dns_1123_label(name), &path.field("name"), name, errors);
        }
        validate_counters(set, path, errors);
    });
}

fn validate_pool(pool: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_pool_name(pool.text("name"), &path.field("name"), errors);
    let slices = pool.int("resourceSliceCount").unwrap_or(0);
    if slices <= 0 {
        errors.invalid(&path.field("resourceSliceCount"), &slices, "must be greater than zero");
    }
    let generation = pool.int("generation").unwrap_or(0);
    if generation < 0 {
        errors.invalid(&path.field("generation"), &generation, "must be greater than or equal to zero");
    }
}

/// Where the devices are.
fn validate_place(spec: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut set = Vec::new();
    if let Some(name) = spec.text_pointer("nodeName") {
        let path = path.field("nodeName");
        if name.is_empty() {
            errors.invalid(&path, name, "must be either unset or set to a non-empty string");
        } else {
            set.push("`nodeName`");
            report(names::dns_1123_subdomain(name), &path, name, errors);
        }
    }
    if let Some(selector) = spec.get("nodeSelector") {
        set.push("`nodeSelector`");
        let path = path.field("nodeSelector");
        validate_node_selector(selector, &path, errors);
        let terms = selector.list("nodeSelectorTerms");
        if terms.len() != 1 {
            let shown = if selector.has("nodeSelectorTerms") { shown_terms(&terms) } else { "null".to_owned() };
            let text = "must have exactly one node selector term";
            errors.invalid(&path.field("nodeSelectorTerms"), &Verbatim(&shown), text);
        }
    }
    for (field, name) in [("allNodes", "`allNodes`"), ("perDeviceNodeSelection", "`perDeviceNodeSelection`")] {
        if spec.flag(field) {
            set.push(name);
        } else if spec.has(field) {
            errors.invalid(&path.field(field), &false, "must be either unset or set to true");
        }
    }
    match set.len() {
        0 => errors.required(path, PLACES),
        1 => {}
        _ => {
            let text = format!("{PLACES}, but multiple fields are set");
            errors.invalid(path, &format!("{{{}}}", set.join(", ")), &text);
        }
    }
}

/// Terms of a node selector as the server shows them: the JSON of its internal types.
fn shown_terms(terms: &[NodeRef<'_>]) -> String {
    let list = |owner: &NodeRef<'_>, field: &str, item: &dyn Fn(NodeRef<'_>) -> String| match owner.get(field) {
        None => "null".to_owned(),
        Some(list) => format!("[{}]", list.elements().map(item).collect::<Vec<_>>().join(",")),
    };
    let text = |owner: NodeRef<'_>, field: &str| {
        owner.get(field).map_or_else(|| "\"\"".to_owned(), |value| write_json(value, Escape::Html))
    };
    let requirement = |item: NodeRef<'_>| {
        let values = item.get("values").map_or_else(|| "null".to_owned(), |values| write_json(values, Escape::Html));
        format!("{{\"Key\":{},\"Operator\":{},\"Values\":{values}}}", text(item, "key"), text(item, "operator"))
    };
    let shown = terms.iter().map(|term| {
        let [expressions, fields] = ["matchExpressions", "matchFields"].map(|field| list(term, field, &requirement));
        format!("{{\"MatchExpressions\":{expressions},\"MatchFields\":{fields}}}")
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn slice() -> Value {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "tower"},
            "spec": {
                "driver": "lamps.example", "pool": {"name": "coast/tower", "resourceSliceCount": 1}, "nodeName": "tower",
                "devices": [{
                    "name": "lamp", "attributes": {"colour": {"string": "amber"}},
                    "taints": [{"key": "lamps.example/fog", "effect": "NoSchedule"}],
                }],
            },
        })
    }

    #[test]
    fn devices_are_somewhere() {
        assert_eq!(errors_of(&slice()), Vec::<String>::new());
        assert_eq!(
            errors_with(&slice(), "/spec/nodeName", None),
            [
                "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is \
                 required"
            ]
        );
        assert_eq!(
            errors_with(&slice(), "/spec/allNodes", Some(json!(true))),
            [
                "spec: Invalid value: \"{`nodeName`, `allNodes`}\": exactly one of `nodeName`, `nodeSelector`, `allNodes`, \
                 `perDeviceNodeSelection` is required, but multiple fields are set"
            ]
        );
        assert_eq!(
            errors_with(&slice(), "/spec/devices/0/allNodes", Some(json!(true))),
            ["spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if \
                 `perDeviceNodeSelection` is set to true in the ResourceSlice spec"]
        );
    }

    #[test]
    fn an_attribute_is_one_value() {
        assert_eq!(
            errors_with(&slice(), "/spec/devices/0/attributes/colour/int", Some(json!(3))),
            ["spec.devices[0].attributes[colour]: Invalid value: {\"IntValue\":3,\"BoolValue\":null,\
                 \"StringValue\":\"amber\",\"VersionValue\":null,\"IntValues\":null,\"BoolValues\":null,\
                 \"StringValues\":null,\"VersionValues\":null}: exactly one value must be specified"]
        );
    }

    #[test]
    fn counters_have_a_slice_of_their_own() {
        let counters = json!([{"name": "watts"}]);
        assert_eq!(
            errors_with(&slice(), "/spec/sharedCounters", Some(counters)),
            [
                "spec: Invalid value: \"\": only one of `sharedCounters` or `devices` is allowed",
                "spec.sharedCounters[0].counters: Required value",
            ]
        );
    }

    #[test]
    fn conditions_come_in_two_kinds() {
        assert_eq!(
            errors_with(&slice(), "/spec/devices/0/bindingConditions", Some(json!(["lit"]))),
            [
                "spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to \
                 use bindingConditions"
            ]
        );
    }
}
