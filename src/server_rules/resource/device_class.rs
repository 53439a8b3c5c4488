//! `DeviceClass`: which devices it holds, and how they are configured.

use super::gates::Gates;
use super::{device_configuration, device_selector, each};
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::resource_name;

/// A `DeviceClass`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/device-class",
    level: Level::Error,
    summary: "a DeviceClass's selectors, configuration or resource name are not valid",
    why: "claims name the class, and pods may ask for it as an extended resource",
    docs: include_str!("device-class.md"),
};

/// Judges a `DeviceClass` on creation (`ValidateDeviceClass`).
pub fn validate(judge: &mut Judge<'_>) {
    let gates = Gates(judge.minor);
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.under(&RULE, |errors| {
        device_selector::validate(spec, gates, &path, errors);
        let configs = spec.list("config");
        let limit = device_configuration::LIST_LIMIT;
        each(&configs, limit, &path.field("config"), errors, device_configuration::validate);
        let resource = spec.text_pointer("extendedResourceName").filter(|_| gates.extended_resource());
        if let Some(name) = resource.filter(|name| !resource_name::is_extended(name)) {
            errors.invalid(&path.field("extendedResourceName"), name, "must be a valid extended resource name");
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "cards"}, "spec": spec,
        }))
    }

    #[test]
    fn a_class_may_be_an_extended_resource() {
        assert_eq!(errors(&json!({"extendedResourceName": "cards.example/gpu"})), Vec::<String>::new());
        for name in ["", "gpu", "kubernetes.io/gpu", "requests.cards.example/gpu"] {
            assert_eq!(
                errors(&json!({"extendedResourceName": name})),
                [format!(
                    "spec.extendedResourceName: Invalid value: \"{name}\": must be a valid extended resource name"
                )]
            );
        }
    }

    #[test]
    fn selectors_are_in_cel() {
        assert_eq!(
            errors(&json!({"selectors": [{}, {"cel": {"expression": "x".repeat(10 * 1024 + 1)}}]})),
            [
                "spec.selectors[0].cel: Required value",
                "spec.selectors[1].cel.expression: Too long: may not be more than 10240 bytes",
            ]
        );
    }

    #[test]
    fn selectors_compile_and_say_yes_or_no() {
        let errors = |expression: &str| errors(&json!({"selectors": [{"cel": {"expression": expression}}]}));
        for good in [
            r#"device.driver == "cards.example" && device.attributes["cards.example"].model == "m1""#,
            r#"device.capacity["cards.example"].memory.compareTo(quantity("10Gi")) >= 0"#,
            r#"cel.bind(card, device.attributes["cards.example"], card.fast && card.cores > 4)"#,
            r#"device.attributes["cards.example"].fast"#,
            r#""cards.example" in device.attributes && device.allowMultipleAllocations"#,
        ] {
            assert_eq!(errors(good), Vec::<String>::new(), "{good}");
        }
        assert_eq!(
            errors("device.driver"),
            ["spec.selectors[0].cel.expression: Invalid value: \"device.driver\": must evaluate to bool or the \
                 unknown type, not string"]
        );
        assert_eq!(
            errors("gpu == 1"),
            ["spec.selectors[0].cel.expression: Invalid value: \"gpu == 1\": compilation failed: ERROR: <input>:1:1: \
                 undeclared reference to 'gpu' (in container '')\n | gpu == 1\n | ^"]
        );
    }

    #[test]
    fn there_is_an_end_to_lists() {
        let selectors = vec![json!({"cel": {"expression": "true"}}); 33];
        let configs = vec![json!({"opaque": {"driver": "cards.example", "parameters": {}}}); 33];
        assert_eq!(
            errors(&json!({"selectors": selectors, "config": configs})),
            [
                "spec.selectors: Too many: 33: must have at most 32 items",
                "spec.config: Too many: 33: must have at most 32 items",
            ]
        );
    }
}
