//! What selects devices: expressions in CEL.

use super::gates::Gates;
use crate::cel::cost::{Estimator, Name, Range, estimate};
use crate::cel::program::instantiate;
use crate::cel::{Environment, Type, compile};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// A selector.
pub static RULE: Rule = Rule {
    id: "api/device-selector",
    level: Level::Error,
    summary: "a selector of devices is missing, too long, or does not compile",
    why: "the API server compiles the CEL expression of every selector and refuses the object if it cannot",
    docs: include_str!("device-selector.md"),
};

/// The most selectors of one list (`DeviceSelectorsMaxSize`).
const LIST_LIMIT: usize = 32;

/// The most bytes of an expression (`CELSelectorExpressionMaxLength`).
const EXPRESSION_LIMIT: usize = 10 * 1024;

/// The most that an expression may cost (`CELSelectorExpressionMaxCost`).
const COST_LIMIT: u64 = 1_000_000;

/// Of the name of a driver, of what stands before the slash of an attribute's name, of what stands behind it, and of its
/// value (`DriverNameMaxLength`, `DeviceMaxDomainLength`, `DeviceMaxIDLength`, `DeviceAttributeMaxValueLength`).
const DRIVER_LENGTH: u64 = 63;
const DOMAIN_LENGTH: u64 = 63;
const IDENTIFIER_LENGTH: u64 = 32;
const ATTRIBUTE_LENGTH: u64 = 64;

/// The most attributes and capacities of a device (`ResourceSliceMaxAttributesAndCapacitiesPerDevice`).
const ATTRIBUTES_LIMIT: u64 = 32;

/// `selectors` (`validateSelectorSlice`)
pub(super) fn validate(holder: Option<NodeRef<'_>>, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("selectors");
    errors.under(&RULE, |errors| {
        super::each(&holder.list("selectors"), LIST_LIMIT, &path, errors, |selector, path, errors| {
            let path = path.field("cel");
            match selector.get("cel") {
                None => errors.required(&path, ""),
                Some(cel) => validate_expression(cel.text("expression"), gates, &path.field("expression"), errors),
            }
        });
    });
}

fn validate_expression(expression: &str, gates: Gates, path: &Path<'_>, errors: &mut FieldErrors) {
    if expression.len() > EXPRESSION_LIMIT {
        errors.too_long(path, EXPRESSION_LIMIT);
        return;
    }
    let environment = Environment::of_server(gates.0.0.into())
        .with_bind()
        .with_variable("device", device(gates.consumable_capacity()));
    match compile(&environment, expression) {
        Err(issues) => errors.invalid(path, expression, &format!("compilation failed: {issues}")),
        Ok(checked) if !matches!(checked.result(), Type::Bool | Type::Any) => {
            let given = checked.result().declared();
            errors.invalid(path, expression, &format!("must evaluate to bool or the unknown type, not {given}"));
        }
        Ok(checked) if let Err(text) = instantiate(&checked, expression) => {
            errors.internal(path, &format!("program instantiation failed: {text}"));
        }
        Ok(checked) if estimate(&checked, &Device).max > COST_LIMIT => {
            errors.forbidden(path, "too complex, exceeds cost limit");
        }
        Ok(_) => {}
    }
}

/// The variable `device` of an expression, with or without `DRAConsumableCapacity` (`newCompiler` of
/// dynamic-resource-allocation `cel/compile.go`).
fn device(has_consumable_capacity: bool) -> Type {
    let of_domain = |of: Type| Type::map(Type::String, Type::map(Type::String, of));
    let mut fields = vec![
        ("driver", Type::String),
        ("attributes", of_domain(Type::Any)),
        ("capacity", of_domain(Type::named("kubernetes.Quantity"))),
    ];
    if has_consumable_capacity {
        fields.push(("allowMultipleAllocations", Type::Bool));
    }
    Type::object("kubernetes.DRADevice", fields)
}

/// How large the parts of a device can be (`sizeEstimator`).
struct Device;

impl Estimator for Device {
    fn size(&self, path: &[Name], _: &Type) -> Option<Range> {
        let parts: Vec<&str> = path.iter().map(|part| &**part).collect();
        let max = match parts[..] {
            ["device"] | ["device", "capacity", "@items" | "@values", "@items" | "@values"] => 0,
            ["device", "driver"] => DRIVER_LENGTH,
            ["device", "allowMultipleAllocations"] => 1,
            ["device", "attributes" | "capacity"] | ["device", "attributes" | "capacity", "@items" | "@values"] => {
                ATTRIBUTES_LIMIT
            }
            ["device", "attributes" | "capacity", "@keys"] => DOMAIN_LENGTH,
            ["device", "attributes" | "capacity", "@items" | "@values", "@keys"] => IDENTIFIER_LENGTH,
            ["device", "attributes", "@items" | "@values", _] => ATTRIBUTE_LENGTH,
            _ => return None,
        };
        Some(Range { min: 0, max })
    }
}
