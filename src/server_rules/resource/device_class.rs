//! `DeviceClass`: a kind of devices under a name.

use super::configuration::{validate_configuration, validate_selectors};
use super::{RULE, is_known_version, validate_list};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::resource_name;

const MOST_CONFIGURATIONS: usize = 32;

/// Judges a `DeviceClass` (`ValidateDeviceClass`).
pub fn validate(judge: &mut Judge<'_>) {
    let Some(spec) = judge.root.get("spec").filter(|_| is_known_version(judge)) else { return };
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    validate_selectors(spec, &path, errors);
    validate_list(spec, "config", MOST_CONFIGURATIONS, &path, errors, validate_configuration);
    if let Some(name) = spec.text_pointer("extendedResourceName").filter(|name| !resource_name::is_extended(name)) {
        errors.invalid(&path.field("extendedResourceName"), name, "must be a valid extended resource name");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        let metadata = json!({"name": "lamps"});
        errors_of(
            &json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": metadata, "spec": spec}),
        )
    }

    #[test]
    fn drivers_are_told_an_object() {
        let configured = |parameters: &Value| {
            errors(&json!({"config": [{"opaque": {"driver": "Lamps.example", "parameters": parameters}}]}))
        };
        assert_eq!(configured(&json!({"colour": "amber"})), Vec::<String>::new());
        assert_eq!(
            configured(&json!(["amber"])),
            ["spec.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object"]
        );
        assert_eq!(
            configured(&json!({"colour": "x".repeat(10 * 1024)})),
            ["spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"]
        );
        assert_eq!(errors(&json!({"config": [{}]})), ["spec.config[0].opaque: Required value"]);
    }

    #[test]
    fn selectors_say_something() {
        assert_eq!(errors(&json!({"selectors": [{}]})), ["spec.selectors[0].cel: Required value"]);
        let blank = errors(&json!({"selectors": [{"cel": {"expression": " "}}]}));
        assert!(blank[0].starts_with(
            "spec.selectors[0].cel.expression: Invalid value: \" \": compilation failed: ERROR: <input>:1:2: Syntax error"
        ));
        assert!(blank[0].ends_with("IDENTIFIER}\n |  \n | .^"));
    }

    #[test]
    fn a_class_may_stand_for_an_extended_resource() {
        assert_eq!(errors(&json!({"extendedResourceName": "example/lamp"})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"extendedResourceName": "lamp"})),
            ["spec.extendedResourceName: Invalid value: \"lamp\": must be a valid extended resource name"]
        );
    }
}
