//! Kind `PodTemplate` (`ValidatePodTemplate`).
//!
//! Apart because it is a kind of its own, though it holds nothing but a template.

use super::{PodOptions, validate_pod_template_spec};
use crate::object::Path;
use crate::server_rules::Judge;

/// Judges a `PodTemplate`.
pub fn validate(judge: &mut Judge<'_>) {
    let template = judge.root.get("template");
    validate_pod_template_spec(template, &Path::ROOT.field("template"), PodOptions::default(), judge);
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(template: &Value) -> Vec<String> {
        let object = json!({
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": {"name": "bakery", "namespace": "town"},
            "template": template,
        });
        errors_of(&object)
    }

    #[test]
    fn a_template_is_judged_as_a_pod_is_but_for_what_only_a_pod_is_held_to() {
        assert_eq!(errors(&json!({})), ["template.spec.containers: Required value"]);
        let padded = json!({"spec": {"containers": [{"name": "oven", "image": " oven "}]}});
        assert!(errors(&padded).is_empty());
        let ephemeral = json!({"spec": {
            "containers": [{"name": "oven", "image": "oven"}],
            "ephemeralContainers": [{"name": "debug", "image": "debug"}],
        }});
        assert_eq!(
            errors(&ephemeral),
            ["template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template"]
        );
    }
}
