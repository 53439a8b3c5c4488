//! Configuration for a driver: opaque to Kubernetes but for its size and shape.

use super::device_names::validate_driver_name;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::yaml::{Escape, Kind, NodeRef, write_json};

/// A driver's configuration.
pub static RULE: Rule = Rule {
    id: "api/device-configuration",
    level: Level::Error,
    summary: "the configuration for a device's driver is not valid",
    why: "a configuration names its driver and is one JSON object of at most 10 KiB",
    docs: include_str!("device-configuration.md"),
};

/// The most entries of a list of configurations (`DeviceConfigMaxSize`).
pub(super) const LIST_LIMIT: usize = 32;

/// The most bytes of parameters (`OpaqueParametersMaxLength`, since 1.32).
const PARAMETERS_LIMIT: usize = 10 * 1024;

/// `validateDeviceConfiguration`
pub(super) fn validate(config: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("opaque");
    errors.under(&RULE, |errors| {
        let Some(opaque) = config.get("opaque") else {
            errors.required(&path, "");
            return;
        };
        validate_driver_name(opaque.text("driver"), &path.field("driver"), errors);
        validate_parameters(opaque.get("parameters"), &path.field("parameters"), errors);
    });
}

/// `validateRawExtension`
fn validate_parameters(parameters: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(parameters) = parameters else {
        errors.required(path, "");
        return;
    };
    if write_json(parameters, Escape::Html).len() > PARAMETERS_LIMIT {
        errors.too_long(path, PARAMETERS_LIMIT);
    } else if parameters.kind() != Kind::Mapping {
        errors.invalid(path, "<value omitted>", "must be a valid JSON object");
    }
}
