//! Kind `ReplicationController` (`ValidateReplicationController`).
//!
//! Apart because it is a kind of its own: a template, and a selector that is a plain map of labels.

use super::{PodOptions, check, validate_pod_template_spec};
use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Replication controllers.
pub static REPLICATION_CONTROLLER: Rule = Rule {
    id: "api/replication-controller",
    level: Level::Error,
    summary: "the API server refuses the replication controller",
    why: "it needs a template whose labels its selector matches, and pods that always restart",
    docs: include_str!("replication-controller.md"),
};

/// Judges a `ReplicationController`.
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let template = spec.and_then(|spec| spec.get("template"));
    let template_path = path.field("template");
    let labels = template.and_then(|template| template.at(&["metadata", "labels"]));
    // Without a selector the template's labels are taken (`SetDefaults_ReplicationController`).
    let selector = spec.and_then(|spec| spec.get("selector")).filter(|selector| !selector.is_empty()).or(labels);
    let selector = selector.filter(|selector| !selector.is_empty());
    let own_labels = judge.root.get("metadata").and_then(|metadata| metadata.get("labels"));
    judge.errors.under(&REPLICATION_CONTROLLER, |errors| {
        if own_labels.is_none_or(NodeRef::is_empty) {
            check::labels(labels, &Path::ROOT.field("metadata").field("labels"), errors);
        }
        check::nonnegative(spec.int("minReadySeconds").unwrap_or(0), &path.field("minReadySeconds"), errors);
        if selector.is_none() {
            errors.required(&path.field("selector"), "");
        }
        check::nonnegative(spec.int("replicas").unwrap_or(1), &path.field("replicas"), errors);
        match (template, selector) {
            (None, _) => errors.required(&template_path, ""),
            (Some(_), Some(selector)) if !matches_labels(selector, labels) => {
                let text = "`selector` does not match template `labels`";
                let metadata_path = template_path.field("metadata");
                match labels {
                    Some(labels) => errors.invalid(&metadata_path.field("labels"), &labels, text),
                    None => errors.invalid(&metadata_path.field("labels"), &crate::finding::Verbatim("null"), text),
                }
                let asked = selector.entries().filter_map(|entry| Some((entry.name(), entry.value.as_str()?)));
                let asked = asked.map(|(key, value)| (key.to_owned(), value.to_owned()));
                errors.mean(crate::finding::Meant::Labels(asked.collect()));
            }
            _ => {}
        }
    });
    let Some(template) = template else { return };
    validate_pod_template_spec(Some(template), &template_path, PodOptions::default(), judge);
    judge.errors.under(&REPLICATION_CONTROLLER, |errors| {
        let path = template_path.field("spec");
        let pod_spec = template.get("spec");
        let policy = pod_spec.text_or("restartPolicy", "Always");
        if policy != "Always" {
            errors.not_supported(&path.field("restartPolicy"), policy, &["Always"]);
        }
        if pod_spec.has("activeDeadlineSeconds") {
            let text = "activeDeadlineSeconds in ReplicationController is not Supported";
            errors.forbidden(&path.field("activeDeadlineSeconds"), text);
        }
    });
}

/// Whether every pair of the selector is among the labels; a null among either is none.
fn matches_labels(selector: NodeRef<'_>, labels: Option<NodeRef<'_>>) -> bool {
    let label = |key: &str| labels?.get(key)?.as_str();
    selector.entries().all(|pair| pair.value.is_null() || label(pair.name()) == pair.value.as_str())
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        let controller = json!({
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": {"name": "bakery", "namespace": "town"},
            "spec": spec,
        });
        errors_of(&controller)
    }

    fn template() -> Value {
        json!({"metadata": {"labels": {"app": "oven"}}, "spec": {"containers": [{"name": "oven", "image": "oven"}]}})
    }

    #[test]
    fn the_selector_selects_the_template() {
        assert!(errors(&json!({"template": template()})).is_empty());
        assert_eq!(
            errors(&json!({"selector": {"app": "mixer"}, "template": template(), "replicas": -1})),
            [
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"oven\"}: `selector` does not match template \
                 `labels`",
            ]
        );
        assert_eq!(errors(&json!({})), ["spec.selector: Required value", "spec.template: Required value"]);
    }

    #[test]
    fn a_controller_without_labels_has_those_of_its_template() {
        let mut template = template();
        template["metadata"]["labels"]["shelf"] = "two words".into();
        let errors = errors(&json!({"selector": {"app": "oven"}, "template": template}));
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().any(|error| error.starts_with("metadata.labels: Invalid value: \"two words\"")));
        assert!(errors.iter().any(|error| error.starts_with("spec.template.labels: Invalid value: \"two words\"")));
    }

    #[test]
    fn pods_always_restart_and_never_end() {
        let mut template = template();
        template["spec"]["restartPolicy"] = "Never".into();
        template["spec"]["activeDeadlineSeconds"] = 5.into();
        assert_eq!(
            errors(&json!({"template": template})),
            [
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController \
                 is not Supported",
            ]
        );
    }
}
