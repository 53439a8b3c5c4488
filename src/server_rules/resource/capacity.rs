//! How much there is of a device, and in which portions it is given out.
//!
//! Apart because it is arithmetic of quantities.

use crate::decode::quantity::Quantity;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

const MOST_OPTIONS: usize = 10;

/// One capacity of a device; `is_shared` if the device may be allocated more than once.
pub(super) fn validate_capacity(capacity: NodeRef<'_>, is_shared: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(policy) = capacity.get("requestPolicy") else { return };
    let path = path.field("requestPolicy");
    if !is_shared {
        errors.forbidden(&path, "allowMultipleAllocations must be true");
        return;
    }
    let all = quantity(capacity, "value").unwrap_or_else(|| Quantity::from_integer(0));
    let default = quantity(policy, "default");
    let has_values = !policy.list("validValues").is_empty();
    let range = policy.get("validRange");
    match (has_values, range, default) {
        (true, Some(_), _) => {
            let text = r#"exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time"#;
            errors.forbidden(&path, text);
        }
        (true, None, None) => errors.required(&path.field("default"), "required when validValues is defined"),
        (false, Some(_), None) => errors.required(&path.field("default"), "required when validRange is defined"),
        (true, None, Some(default)) => {
            let values = policy.list("validValues").into_iter().filter_map(read).collect::<Vec<_>>();
            validate_values(&values, &default, &all, &path.field("validValues"), errors);
        }
        (false, Some(range), Some(default)) => {
            validate_range(range, &default, &all, &path.field("validRange"), errors);
        }
        (false, None, _) => {}
    }
}

fn quantity(owner: NodeRef<'_>, field: &str) -> Option<Quantity> {
    owner.get(field).and_then(read)
}

fn read(node: NodeRef<'_>) -> Option<Quantity> {
    Quantity::of(node).and_then(Result::ok)
}

/// `validateRequestPolicyValidValues`
fn validate_values(values: &[Quantity], default: &Quantity, all: &Quantity, path: &Path<'_>, errors: &mut FieldErrors) {
    for (index, pair) in values.windows(2).enumerate() {
        if pair[0] > pair[1] {
            let path = path.index(index + 1);
            errors.invalid(&path, &pair[1].canonical(), "values must be sorted in ascending order");
        }
    }
    let mut has_default = false;
    if values.len() > MOST_OPTIONS {
        errors.too_many(path, values.len(), MOST_OPTIONS);
    } else {
        for (index, value) in values.iter().enumerate() {
            if value > all {
                let text = format!("option is larger than capacity value: {}", all.canonical());
                errors.invalid(&path.index(index), &value.canonical(), &text);
            }
            has_default |= value == default;
        }
        for (index, value) in values.iter().enumerate() {
            if value.value().is_some() && values[..index].iter().any(|earlier| earlier.value() == value.value()) {
                errors.duplicate(&path.index(index), &value.value().unwrap_or_default().to_string());
            }
        }
    }
    if !has_default {
        errors.invalid(path, &default.canonical(), "default value is not valid according to the requestPolicy");
    }
}

/// `validateRequestPolicyRange`
fn validate_range(range: NodeRef<'_>, default: &Quantity, all: &Quantity, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(least) = quantity(range, "min") else {
        errors.required(&path.field("min"), "required when validRange is defined");
        return;
    };
    let most = quantity(range, "max");
    let larger = |field: &str, left: &Quantity, right: &Quantity, text: &str, errors: &mut FieldErrors| {
        if left > right {
            errors.invalid(&path.field(field), &left.canonical(), &format!("{text}: {}", right.canonical()));
        }
    };
    larger("min", &least, all, "min is larger than capacity value", errors);
    if *default < least {
        let text = format!("default is less than min: {}", least.canonical());
        errors.invalid(&path.field("min"), &default.canonical(), &text);
    }
    if let Some(most) = &most {
        larger("max", &least, most, "min is larger than max", errors);
        larger("max", most, all, "max is larger than capacity value", errors);
        larger("max", default, most, "default is more than max", errors);
    }
    let Some(step) = quantity(range, "step") else { return };
    let path = path.field("step");
    let added = least.plus(&step);
    if added > *all {
        let text = format!("one step {} is larger than capacity value: {}", added.canonical(), all.canonical());
        errors.invalid(&path, &step.canonical(), &text);
    }
    for value in [Some(default), most.as_ref()].into_iter().flatten() {
        let (Some(whole), Some(from), Some(by)) = (value.value(), least.value(), step.value()) else { continue };
        // A step of nothing makes the server divide by zero; what comes of that is not told here.
        if by != 0 && whole.wrapping_sub(from).wrapping_rem(by) != 0 {
            let text =
                format!("value is not a multiple of a given step ({}) from ({})", step.canonical(), least.canonical());
            errors.invalid(&path, &value.canonical(), &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(policy: &Value) -> Vec<String> {
        let device = json!({
            "name": "lamp", "allowMultipleAllocations": true,
            "capacity": {"light": {"value": "10", "requestPolicy": policy}},
        });
        let errors = errors_of(&json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "tower"},
            "spec": {
                "driver": "lamps.example", "pool": {"name": "tower", "resourceSliceCount": 1}, "allNodes": true,
                "devices": [device],
            },
        }));
        let prefix = "spec.devices[0].capacity[light].requestPolicy";
        errors.iter().map(|error| error.strip_prefix(prefix).unwrap_or(error).to_owned()).collect()
    }

    #[test]
    fn portions_are_listed() {
        assert_eq!(errors(&json!({"default": "2", "validValues": ["1", "2", "10"]})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"default": "3", "validValues": ["2", "1", "11"]})),
            [
                ".validValues[1]: Invalid value: \"1\": values must be sorted in ascending order",
                ".validValues[2]: Invalid value: \"11\": option is larger than capacity value: 10",
                ".validValues: Invalid value: \"3\": default value is not valid according to the requestPolicy",
            ]
        );
    }

    #[test]
    fn portions_are_in_steps() {
        assert_eq!(errors(&json!({"default": "4", "validRange": {"min": "2", "max": "8", "step": "2"}})).len(), 0);
        assert_eq!(
            errors(&json!({"default": "3", "validRange": {"min": "2", "max": "9", "step": "2"}})),
            [
                ".validRange.step: Invalid value: \"3\": value is not a multiple of a given step (2) from (2)",
                ".validRange.step: Invalid value: \"9\": value is not a multiple of a given step (2) from (2)",
            ]
        );
        assert_eq!(
            errors(&json!({"default": "1", "validRange": {"min": "11"}})),
            [
                ".validRange.min: Invalid value: \"11\": min is larger than capacity value: 10",
                ".validRange.min: Invalid value: \"1\": default is less than min: 11",
            ]
        );
    }
}
