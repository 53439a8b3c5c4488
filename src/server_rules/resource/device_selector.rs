//! What selects devices: expressions in CEL.

use super::gates::Gates;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::content::cel::{self, ObjectType, Type, Variable};
use crate::yaml::NodeRef;

/// A selector.
pub static RULE: Rule = Rule {
    id: "api/device-selector",
    level: Level::Error,
    summary: "a selector of devices is missing, too long, or does not compile",
    why: "the API server compiles the CEL expression of every selector and refuses the object if it cannot",
};

/// The most selectors of one list (`DeviceSelectorsMaxSize`).
const LIST_LIMIT: usize = 32;

/// The most bytes of an expression (`CELSelectorExpressionMaxLength`).
const EXPRESSION_LIMIT: usize = 10 * 1024;

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
    let device = if gates.consumable_capacity() { &DEVICE } else { &OLDER_DEVICE };
    match cel::compile(expression, &[Variable { name: "device", of: Type::Object(device) }]) {
        Ok(Type::Bool | Type::Dyn) => {}
        Ok(other) => {
            let text = format!("must evaluate to bool or the unknown type, not {other}");
            errors.invalid(path, expression, &text);
        }
        Err(issues) => errors.invalid(path, expression, &format!("compilation failed: {issues}")),
    }
}

const DRIVER: (&str, Type) = ("driver", Type::String);
const ATTRIBUTES: (&str, Type) = ("attributes", Type::Map(&Type::Map(&Type::Dyn)));
const CAPACITY: (&str, Type) = ("capacity", Type::Map(&Type::Map(&Type::Named("kubernetes.Quantity"))));

/// The variable `device` of an expression (`newCompiler` of dynamic-resource-allocation `cel/compile.go`).
static DEVICE: ObjectType = ObjectType {
    name: "kubernetes.DRADevice",
    fields: &[DRIVER, ATTRIBUTES, CAPACITY, ("allowMultipleAllocations", Type::Bool)],
};

/// The same without `DRAConsumableCapacity`.
static OLDER_DEVICE: ObjectType = ObjectType { name: "kubernetes.DRADevice", fields: &[DRIVER, ATTRIBUTES, CAPACITY] };
