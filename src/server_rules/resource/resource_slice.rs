//! `ResourceSlice`: the devices, or shared counters, that a driver offers in a pool.

use super::device_names::{validate_driver_name, validate_label, validate_pool_name};
use super::gates::Gates;
use super::{device, each_unique};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::server_rules::pod::validate_node_selector;
use crate::yaml::NodeRef;

/// A `ResourceSlice`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/resource-slice",
    level: Level::Error,
    summary: "a ResourceSlice's driver, pool, nodes or counters are not valid",
    why: "a slice belongs to one driver's pool and says in one way which nodes reach its devices",
    docs: include_str!("resource-slice.md"),
};

/// The most devices of a slice (`ResourceSliceMaxDevices`), and where one has taints or consumes counters
/// (`ResourceSliceMaxDevicesWithAdvancedFeatures`).
const DEVICES_LIMIT: usize = 128;
const ADVANCED_DEVICES_LIMIT: usize = 64;

/// `ResourceSliceMaxCounterSets`
const COUNTER_SETS_LIMIT: usize = 8;

/// `ResourceSliceMaxCountersPerCounterSet`, and per consumption
const COUNTERS_LIMIT: usize = 32;

/// Judges a `ResourceSlice` on creation (`ValidateResourceSlice`).
pub fn validate(judge: &mut Judge<'_>) {
    let (flat, gates) = (judge.gvk.version == "v1beta1", Gates(judge.minor));
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let driver = spec.text("driver");
    judge.errors.under(&RULE, |errors| {
        validate_driver_name(driver, &path.field("driver"), errors);
        validate_pool(spec.and_then(|spec| spec.get("pool")), &path.field("pool"), errors);
        validate_nodes(spec, flat, gates, &path, errors);
        let counters_key = spec.has("sharedCounters") && gates.partitionable_devices();
        if counters_key && spec.has("devices") {
            errors.invalid(&path, "", "only one of `sharedCounters` or `devices` is allowed");
        }
        validate_devices(spec, flat, gates, &path, errors);
        let sets = if counters_key { spec.list("sharedCounters") } else { Vec::new() };
        let sets_path = path.field("sharedCounters");
        each_unique(
            &sets,
            COUNTER_SETS_LIMIT,
            |set| set.text("name"),
            &sets_path,
            errors,
            |set, path, errors| {
                validate_counters(set, "name", path, errors);
            },
        );
    });
    if driver != driver.to_lowercase() {
        let quoted = crate::go_quote::go_quote(driver);
        let text = format!("spec.driver: driver names should be lowercase; {quoted} contains uppercase characters");
        judge.warn(&path.field("driver"), text);
    }
}

fn validate_pool(pool: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_pool_name(pool.text("name"), &path.field("name"), errors);
    let count = pool.int("resourceSliceCount").unwrap_or_default();
    if count <= 0 {
        errors.invalid(&path.field("resourceSliceCount"), &count, "must be greater than zero");
    }
    let generation = pool.int("generation").unwrap_or_default();
    if generation < 0 {
        errors.invalid(&path.field("generation"), &generation, "must be greater than or equal to zero");
    }
}

const ONE: &str = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

/// Which nodes reach the devices. `flat` for `v1beta1`, which holds the node's name and `allNodes` by value.
fn validate_nodes(spec: Option<NodeRef<'_>>, flat: bool, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut set = Vec::new();
    if let Some(name) = spec.text_pointer("nodeName").filter(|name| !flat || !name.is_empty()) {
        let path = path.field("nodeName");
        if name.is_empty() {
            errors.invalid(&path, name, "must be either unset or set to a non-empty string");
        } else {
            set.push("`nodeName`");
            report(names::dns_1123_subdomain(name), &path, name, errors);
        }
    }
    if let Some(selector) = spec.and_then(|spec| spec.get("nodeSelector")) {
        set.push("`nodeSelector`");
        let path = path.field("nodeSelector");
        validate_node_selector(selector, false, &path, errors);
        if selector.list("nodeSelectorTerms").len() != 1 {
            let shown = shown_terms(selector);
            let path = path.field("nodeSelectorTerms");
            errors.invalid(&path, &Verbatim(&shown), "must have exactly one node selector term");
        }
    }
    let per_device = gates.partitionable_devices().then_some("perDeviceNodeSelection");
    for key in std::iter::once("allNodes").chain(per_device) {
        match spec.and_then(|spec| spec.get(key)).and_then(NodeRef::as_bool) {
            Some(true) => set.push(if key == "allNodes" { "`allNodes`" } else { "`perDeviceNodeSelection`" }),
            Some(false) if !(flat && key == "allNodes") => {
                errors.invalid(&path.field(key), &false, "must be either unset or set to true");
            }
            _ => {}
        }
    }
    match set.len() {
        0 => errors.required(path, ONE),
        1 => {}
        _ => {
            let set = format!("{{{}}}", set.join(", "));
            errors.invalid(path, &set, &format!("{ONE}, but multiple fields are set"));
        }
    }
}

/// The terms as the server's internal structs print.
fn shown_terms(selector: NodeRef<'_>) -> String {
    let Some(terms) = selector.get("nodeSelectorTerms") else { return "null".to_owned() };
    let requirements = |term: NodeRef<'_>, key: &str| {
        let Some(list) = term.get(key) else { return "null".to_owned() };
        let shown = list.elements().map(|requirement| {
            let text = |key: &str| serde_json::Value::from(requirement.text(key));
            let values = requirement.get("values").map_or(serde_json::Value::Null, NodeRef::to_json);
            format!("{{\"Key\":{},\"Operator\":{},\"Values\":{values}}}", text("key"), text("operator"))
        });
        format!("[{}]", shown.collect::<Vec<_>>().join(","))
    };
    let shown = terms.elements().map(|term| {
        let (expressions, fields) = (requirements(term, "matchExpressions"), requirements(term, "matchFields"));
        format!("{{\"MatchExpressions\":{expressions},\"MatchFields\":{fields}}}")
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(","))
}

fn validate_devices(spec: Option<NodeRef<'_>>, flat: bool, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let devices = spec.list("devices");
    // The fields of a device stand under `basic` in `v1beta1`.
    let fields = |device: NodeRef<'_>, key: &str| {
        let holder = if flat { device.get("basic") } else { Some(device) };
        holder.and_then(|holder| holder.get(key)).is_some_and(|list| !list.is_empty())
    };
    let advanced = devices.iter().any(|device| {
        gates.device_taints() && fields(*device, "taints")
            || gates.partitionable_devices() && fields(*device, "consumesCounters")
    });
    let limit = if advanced { ADVANCED_DEVICES_LIMIT } else { DEVICES_LIMIT };
    let per_device = gates.partitionable_devices() && spec.flag("perDeviceNodeSelection");
    let path = path.field("devices");
    each_unique(
        &devices,
        limit,
        |device| device.text("name"),
        &path,
        errors,
        |device, path, errors| {
            let holder = if flat { device.get("basic") } else { Some(device) };
            device::validate(device.text("name"), holder, per_device, gates, path, errors);
        },
    );
}

/// Counters that a set offers or a device consumes (`validateCounterSet`, `validateDeviceCounterConsumption`); `name` is
/// the field with the set's name.
pub(super) fn validate_counters(holder: NodeRef<'_>, name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let set = holder.text(name);
    if set.is_empty() {
        errors.required(&path.field(name), "");
    } else {
        validate_label(set, &path.field(name), errors);
    }
    let path = path.field("counters");
    // kubectl sends no key of a map without a value.
    let counters = || {
        let entries = holder.get("counters").into_iter().flat_map(NodeRef::entries);
        entries.filter(|entry| !entry.value.is_null())
    };
    match counters().count() {
        0 => errors.required(&path, ""),
        count if count > COUNTERS_LIMIT => errors.too_many(&path, count, COUNTERS_LIMIT),
        _ => counters().for_each(|entry| validate_label(entry.name(), &path, errors)),
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, errors_with, findings_of, warnings_of};
    use serde_json::{Value, json};

    fn slice() -> Value {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "node-1-cards"},
            "spec": {
                "driver": "cards.example", "nodeName": "node-1",
                "pool": {"name": "node-1", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "card-0", "attributes": {"model": {"string": "m1"}}}],
            },
        })
    }

    fn errors(pointer: &str, value: Value) -> Vec<String> {
        errors_with(&slice(), &format!("/spec{pointer}"), Some(value))
    }

    fn device_errors(device: Value) -> Vec<String> {
        let errors = errors("/devices/0", device);
        errors.iter().map(|error| error.strip_prefix("spec.devices[0]").unwrap_or(error).to_owned()).collect()
    }

    use super::ONE;

    #[test]
    fn nodes_are_said_in_one_way() {
        assert_eq!(errors_of(&slice()), Vec::<String>::new());
        assert_eq!(errors("/nodeName", json!(null)), [format!("spec: Required value: {ONE}")]);
        assert_eq!(
            errors("/allNodes", json!(true)),
            [format!("spec: Invalid value: \"{{`nodeName`, `allNodes`}}\": {ONE}, but multiple fields are set")]
        );
        assert_eq!(
            errors("/nodeName", json!("")),
            [
                "spec.nodeName: Invalid value: \"\": must be either unset or set to a non-empty string".to_owned(),
                format!("spec: Required value: {ONE}"),
            ]
        );
        let term = json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]});
        let mut several = slice();
        several["spec"]["nodeName"] = json!(null);
        several["spec"]["nodeSelector"] = json!({"nodeSelectorTerms": [term, term]});
        let shown = r#"{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null}"#;
        assert_eq!(
            errors_of(&several),
            [format!(
                "spec.nodeSelector.nodeSelectorTerms: Invalid value: [{shown},{shown}]: must have exactly one node \
                 selector term"
            )]
        );
    }

    #[test]
    fn a_pool_counts_its_slices() {
        assert_eq!(
            errors("/pool", json!({"name": "", "generation": -1})),
            [
                "spec.pool.name: Required value",
                "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
                "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
            ]
        );
    }

    #[test]
    fn counters_and_devices_have_slices_of_their_own() {
        assert_eq!(
            errors("/sharedCounters", json!([{"name": "memory", "counters": {"Bytes": {"value": "1Gi"}}}, {}]))[..2],
            [
                "spec: Invalid value: \"\": only one of `sharedCounters` or `devices` is allowed".to_owned(),
                "spec.sharedCounters[0].counters: Invalid value: \"Bytes\": a lowercase RFC 1123 label must consist of \
                 lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
                 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn there_is_an_end_to_devices() {
        let devices = |count: usize, taints: Value| -> Vec<Value> {
            (0..count).map(|index| json!({"name": format!("card-{index}"), "taints": taints})).collect()
        };
        assert_eq!(errors("/devices", json!(devices(128, json!([])))), Vec::<String>::new());
        assert_eq!(
            errors("/devices", json!(devices(65, json!([{"key": "slow", "effect": "NoSchedule"}])))),
            ["spec.devices: Too many: 65: must have at most 64 items"]
        );
        assert_eq!(
            errors("/devices", json!([{"name": "card"}, {"name": "card"}])),
            ["spec.devices[1]: Duplicate value: \"card\""]
        );
    }

    #[test]
    fn an_attribute_has_one_value() {
        let attributes = json!({
            "a": {}, "b": {"int": 1, "bool": false}, "c": {"version": "1.0"}, "e": null, "cards.example/d": {"int": 1},
        });
        assert_eq!(
            device_errors(json!({"name": "card-0", "attributes": attributes})),
            [
                ".attributes[a]: Invalid value: \"\": exactly one value must be specified",
                ".attributes[b]: Invalid value: {\"IntValue\":1,\"BoolValue\":false,\"StringValue\":null,\
                 \"VersionValue\":null,\"IntValues\":null,\"BoolValues\":null,\"StringValues\":null,\
                 \"VersionValues\":null}: exactly one value must be specified",
                ".attributes[c].version: Invalid value: \"1.0\": must be a string compatible with semver.org spec 2.0.0",
            ]
        );
        let many: serde_json::Map<String, Value> =
            (0..33).map(|index| (format!("a{index}"), json!({"int": index}))).collect();
        assert_eq!(
            device_errors(json!({"name": "card-0", "attributes": many})),
            [": Invalid value: 33: the total number of attributes and capacities must not exceed 32"]
        );
    }

    #[test]
    fn a_request_policy_fits_the_capacity() {
        let capacity = |policy: Value| {
            let capacity = json!({"memory": {"value": "10Gi", "requestPolicy": policy}});
            let errors =
                device_errors(json!({"name": "card-0", "allowMultipleAllocations": true, "capacity": capacity}));
            let start = ".capacity[memory].requestPolicy";
            errors.iter().map(|error| error.strip_prefix(start).unwrap_or(error).to_owned()).collect::<Vec<_>>()
        };
        let range = json!({"min": "1Gi", "max": "8Gi", "step": "1Gi"});
        assert_eq!(capacity(json!({"default": "2Gi", "validRange": range})), Vec::<String>::new());
        assert_eq!(
            capacity(json!({"validRange": range})),
            [".default: Required value: required when validRange is defined"]
        );
        assert_eq!(
            capacity(json!({"default": "512Mi", "validRange": {"min": "1Gi", "max": "20Gi", "step": "10Gi"}})),
            [
                ".validRange.min: Invalid value: \"512Mi\": default is less than min: 1Gi",
                ".validRange.max: Invalid value: \"20Gi\": max is larger than capacity value: 10Gi",
                ".validRange.step: Invalid value: \"10Gi\": one step 11Gi is larger than capacity value: 10Gi",
                ".validRange.step: Invalid value: \"512Mi\": value is not a multiple of a given step (10Gi) from (1Gi)",
                ".validRange.step: Invalid value: \"20Gi\": value is not a multiple of a given step (10Gi) from (1Gi)",
            ]
        );
        assert_eq!(
            capacity(json!({"default": "3Gi", "validValues": ["2Gi", "1Gi", "11Gi", "1Gi"]})),
            [
                ".validValues[1]: Invalid value: \"1Gi\": values must be sorted in ascending order",
                ".validValues[3]: Invalid value: \"1Gi\": values must be sorted in ascending order",
                ".validValues[2]: Invalid value: \"11Gi\": option is larger than capacity value: 10Gi",
                ".validValues[3]: Duplicate value: \"1073741824\"",
                ".validValues: Invalid value: \"3Gi\": default value is not valid according to the requestPolicy",
            ]
        );
        assert_eq!(
            device_errors(json!({"name": "card-0", "capacity": {"memory": {"value": "1", "requestPolicy": {}}}})),
            [".capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true"]
        );
    }

    #[test]
    fn a_device_names_its_nodes_only_if_the_slice_leaves_it_to_it() {
        assert_eq!(
            device_errors(json!({"name": "card-0", "nodeName": "node-2"})),
            [": Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if \
                 `perDeviceNodeSelection` is set to true in the ResourceSlice spec"]
        );
        let mut per_device = slice();
        per_device["spec"]["nodeName"] = json!(null);
        per_device["spec"]["perDeviceNodeSelection"] = json!(true);
        assert_eq!(
            errors_of(&per_device),
            ["spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required \
                 when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"]
        );
        per_device["spec"]["devices"][0]["allNodes"] = json!(true);
        assert_eq!(errors_of(&per_device), Vec::<String>::new());
    }

    #[test]
    fn binding_conditions_come_with_failures() {
        assert_eq!(
            device_errors(json!({"name": "card-0", "bindingConditions": ["ready", "ready"]})),
            [
                ".bindingConditions[1]: Duplicate value: \"ready\"",
                ".bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use \
                 bindingConditions",
            ]
        );
        assert_eq!(
            device_errors(json!({
                "name": "card-0", "bindingConditions": ["ready"], "bindingFailureConditions": ["ready"],
            })),
            [".bindingFailureConditions[0]: Invalid value: \"ready\": bindingFailureConditions must not overlap with \
                 bindingConditions"]
        );
    }

    #[test]
    fn what_a_gate_hides_is_not_judged() {
        let mut slice = slice();
        slice["spec"]["devices"][0]["taints"] = json!([{}]);
        slice["spec"]["devices"][0]["consumesCounters"] = json!([{}]);
        assert_eq!(findings_of(&slice, Minor(35)).len(), 0);
        assert_eq!(findings_of(&slice, Minor(36)).len(), 5);
    }

    #[test]
    fn drivers_are_in_lower_case() {
        let mut slice = slice();
        slice["spec"]["driver"] = json!("Cards.example");
        assert_eq!(
            warnings_of(&slice),
            ["spec.driver: driver names should be lowercase; \"Cards.example\" contains uppercase characters"]
        );
    }
}
