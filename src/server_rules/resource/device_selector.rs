//! What selects devices: expressions in CEL.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
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
pub(super) fn validate(holder: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("selectors");
    errors.under(&RULE, |errors| {
        super::each(&holder.list("selectors"), LIST_LIMIT, &path, errors, |selector, path, errors| {
            let path = path.field("cel");
            match selector.get("cel") {
                None => errors.required(&path, ""),
                Some(cel) => validate_expression(cel.text("expression"), &path.field("expression"), errors),
            }
        });
    });
}

fn validate_expression(expression: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if expression.len() > EXPRESSION_LIMIT {
        errors.too_long(path, EXPRESSION_LIMIT);
    }
}
