//! Which devices are meant, and what their driver is told: in a claim as in a class.

use super::validate_list;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::storage::csi_driver::validate_driver_name;
use crate::yaml::{Escape, NodeRef, Value, write_json};

const MOST_SELECTORS: usize = 32;
const MOST_BYTES_OF_EXPRESSION: usize = 10 * 1024;
const MOST_BYTES_OF_PARAMETERS: usize = 10 * 1024;
/// How a CEL parser goes on about an expression that ends before it began.
const EXPECTED: &str = "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, \
                        STRING, BYTES, IDENTIFIER}";

/// The `selectors` of a request or a class (`validateSelectorSlice`). CEL is not compiled; but nothing is no CEL.
pub(super) fn validate_selectors(owner: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_list(owner, "selectors", MOST_SELECTORS, path, errors, |selector, path, errors| {
        let path = path.field("cel");
        let Some(cel) = selector.get("cel") else {
            errors.required(&path, "");
            return;
        };
        let expression = cel.text("expression");
        let path = path.field("expression");
        if expression.len() > MOST_BYTES_OF_EXPRESSION {
            errors.too_long(&path, MOST_BYTES_OF_EXPRESSION);
        } else if expression.bytes().all(|byte| byte == b' ') {
            let (width, dots) = (expression.len(), ".".repeat(expression.len()));
            let text = format!(
                "compilation failed: ERROR: <input>:1:{}: Syntax error: mismatched input '<EOF>' {EXPECTED}\n \
                 | {expression}\n | {dots}^",
                width + 1
            );
            errors.invalid(&path, expression, &text);
        }
    });
}

/// Parameters for a driver (`validateDeviceConfiguration`).
pub(super) fn validate_configuration(configuration: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("opaque");
    let Some(opaque) = configuration.get("opaque") else {
        errors.required(&path, "");
        return;
    };
    validate_driver_name(opaque.text("driver"), &path.field("driver"), errors);
    let path = path.field("parameters");
    match opaque.get("parameters") {
        None => errors.required(&path, ""),
        Some(parameters) if write_json(parameters, Escape::Minimal).len() > MOST_BYTES_OF_PARAMETERS => {
            errors.too_long(&path, MOST_BYTES_OF_PARAMETERS);
        }
        Some(parameters) if !matches!(parameters.value(), Value::Mapping) => {
            errors.invalid(&path, "<value omitted>", "must be a valid JSON object");
        }
        Some(_) => {}
    }
}
