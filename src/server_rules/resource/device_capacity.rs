//! Capacities of a device, and what may be asked of one that is shared.

use crate::decode::quantity::Quantity;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// A capacity's request policy.
pub static RULE: Rule = Rule {
    id: "api/device-capacity",
    level: Level::Error,
    summary: "the policy for requests of a device's capacity is not valid",
    why: "the scheduler rounds what is asked of a shared device by its policy, so default, values, range and step must \
          fit each other and the capacity",
    docs: include_str!("device-capacity.md"),
};

/// The most values a policy may list (`CapacityRequestPolicyDiscreteMaxOptions`).
const VALUES_LIMIT: usize = 10;

/// A capacity of a device that many claims may share, or only one (`validateMultiAllocatableDeviceCapacity`,
/// `validateSingleAllocatableDeviceCapacity`).
pub(super) fn validate(capacity: NodeRef<'_>, shared: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(policy) = capacity.get("requestPolicy") else { return };
    let path = path.field("requestPolicy");
    errors.under(&RULE, |errors| {
        if shared {
            let whole = quantity(capacity, "value").unwrap_or_else(|| Quantity::from_integer(0));
            validate_policy(&whole, policy, &path, errors);
        } else {
            errors.forbidden(&path, "allowMultipleAllocations must be true");
        }
    });
}

/// An amount held by pointer.
fn quantity(node: NodeRef<'_>, key: &str) -> Option<Quantity> {
    node.get(key).and_then(amount)
}

fn amount(node: NodeRef<'_>) -> Option<Quantity> {
    Quantity::of(node).and_then(Result::ok)
}

fn validate_policy(whole: &Quantity, policy: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let values: Vec<Quantity> = policy.list("validValues").into_iter().filter_map(amount).collect();
    let range = policy.get("validRange");
    let default = quantity(policy, "default");
    match (values.is_empty(), range) {
        (false, Some(_)) => errors.forbidden(
            path,
            "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time",
        ),
        (false, None) => match default {
            Some(default) => validate_values(&default, whole, &values, &path.field("validValues"), errors),
            None => errors.required(&path.field("default"), "required when validValues is defined"),
        },
        (true, Some(range)) => match default {
            Some(default) => validate_range(&default, whole, range, &path.field("validRange"), errors),
            None => errors.required(&path.field("default"), "required when validRange is defined"),
        },
        (true, None) => {}
    }
}

fn validate_values(
    default: &Quantity,
    whole: &Quantity,
    values: &[Quantity],
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    for (index, pair) in values.windows(2).enumerate() {
        if pair[0] > pair[1] {
            errors.invalid(&path.index(index + 1), &pair[1].text(), "values must be sorted in ascending order");
        }
    }
    if values.len() > VALUES_LIMIT {
        errors.too_many(path, values.len(), VALUES_LIMIT);
        // The server has not looked at the values then, so it has not found the default either.
    } else {
        for (index, value) in values.iter().enumerate().filter(|(_, value)| *value > whole) {
            let text = format!("option is larger than capacity value: {}", whole.text());
            errors.invalid(&path.index(index), &value.text(), &text);
        }
        // What is a duplicate is decided by whole units.
        for (index, value) in values.iter().enumerate() {
            if let Some(units) = value.value()
                && values[..index].iter().any(|earlier| earlier.value() == Some(units))
            {
                errors.duplicate(&path.index(index), &units.to_string());
            }
        }
        if values.contains(default) {
            return;
        }
    }
    errors.invalid(path, &default.text(), "default value is not valid according to the requestPolicy");
}

fn validate_range(default: &Quantity, whole: &Quantity, range: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let (min_path, max_path, step_path) = (path.field("min"), path.field("max"), path.field("step"));
    let Some(min) = quantity(range, "min") else {
        errors.required(&min_path, "required when validRange is defined");
        return;
    };
    if min > *whole {
        let text = format!("min is larger than capacity value: {}", whole.text());
        errors.invalid(&min_path, &min.text(), &text);
    }
    if *default < min {
        errors.invalid(&min_path, &default.text(), &format!("default is less than min: {}", min.text()));
    }
    let max = quantity(range, "max");
    if let Some(max) = &max {
        if min > *max {
            errors.invalid(&max_path, &min.text(), &format!("min is larger than max: {}", max.text()));
        }
        if max > whole {
            let text = format!("max is larger than capacity value: {}", whole.text());
            errors.invalid(&max_path, &max.text(), &text);
        }
        if default > max {
            errors.invalid(&max_path, &default.text(), &format!("default is more than max: {}", max.text()));
        }
    }
    if let Some(step) = quantity(range, "step") {
        let one_step = min.plus(&step);
        if one_step > *whole {
            let text = format!("one step {} is larger than capacity value: {}", one_step.canonical(), whole.text());
            errors.invalid(&step_path, &step.text(), &text);
        }
        for value in std::iter::once(default).chain(&max) {
            validate_multiple(value, &min, &step, &step_path, errors);
        }
    }
}

/// `validateRequestPolicyRangeStep`, in whole units. The server divides by the step and fails where it is zero.
fn validate_multiple(value: &Quantity, min: &Quantity, step: &Quantity, path: &Path<'_>, errors: &mut FieldErrors) {
    let (Some(units), Some(from), Some(by)) = (value.value(), min.value(), step.value()) else { return };
    if by == 0 || units.wrapping_sub(from).wrapping_rem(by) != 0 {
        let text = format!("value is not a multiple of a given step ({}) from ({})", step.text(), min.text());
        errors.invalid(path, &value.text(), &text);
    }
}
