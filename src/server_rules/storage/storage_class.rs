//! `StorageClass` and `VolumeAttributesClass`: who makes volumes, and how.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{label_selector, names, one_of, report};
use crate::yaml::NodeRef;

/// The own fields of a class of volumes.
pub static RULE: Rule = Rule {
    id: "api/storage-class",
    level: Level::Error,
    summary: "a StorageClass's or VolumeAttributesClass's driver, parameters or policies are not valid",
    why: "no driver could make a volume of a class that says neither who nor how",
    docs: include_str!("storage-class.md"),
};

const PARAMETERS_LIMIT: usize = 512;
const PARAMETERS_BYTES_LIMIT: usize = 256 * 1024;

/// Judges a `StorageClass` on creation (`ValidateStorageClass`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let errors = &mut judge.errors;
    validate_driver(root.text("provisioner"), &Path::ROOT.field("provisioner"), errors);
    validate_parameters(root.get("parameters"), &Path::ROOT.field("parameters"), errors);
    let policy = root.text("reclaimPolicy");
    if !policy.is_empty() {
        one_of(policy, &["Delete", "Retain"], &Path::ROOT.field("reclaimPolicy"), errors);
    }
    let mode = root.text_pointer("volumeBindingMode").unwrap_or("Immediate");
    one_of(mode, &["Immediate", "WaitForFirstConsumer"], &Path::ROOT.field("volumeBindingMode"), errors);
    validate_topologies(root, errors);
}

/// Judges a `VolumeAttributesClass` on creation (`ValidateVolumeAttributesClass`).
pub fn validate_volume_attributes_class(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let errors = &mut judge.errors;
    validate_driver(root.text("driverName"), &Path::ROOT.field("driverName"), errors);
    let parameters = root.get("parameters");
    let path = Path::ROOT.field("parameters");
    validate_parameters(parameters, &path, errors);
    if parameters.is_none_or(NodeRef::is_empty) {
        errors.required(&path, "must contain at least one key/value pair");
    }
}

fn validate_driver(driver: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if driver.is_empty() {
        errors.required(path, "");
    } else {
        let driver = driver.to_lowercase();
        report(names::qualified_name(&driver), path, &driver, errors);
    }
}

fn validate_parameters(parameters: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(parameters) = parameters else { return };
    if parameters.len() > PARAMETERS_LIMIT {
        errors.too_long(path, PARAMETERS_LIMIT);
        return;
    }
    let mut size = 0;
    for entry in parameters.entries() {
        if entry.name().is_empty() {
            errors.invalid(path, "", "field can not be empty.");
        }
        size += entry.name().len() + entry.value.as_str().map_or(0, str::len);
    }
    if size > PARAMETERS_BYTES_LIMIT {
        errors.too_long(path, PARAMETERS_BYTES_LIMIT);
    }
}

/// `validateAllowedTopologies`: no term repeats an earlier one. The server counts an empty term as a repetition.
fn validate_topologies(root: NodeRef<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("allowedTopologies");
    let terms = root.list("allowedTopologies");
    for (index, term) in terms.iter().enumerate() {
        let path = path.index(index);
        let path = path.field("matchLabelExpressions");
        let expressions = term.list("matchLabelExpressions");
        for (index, expression) in expressions.iter().enumerate() {
            let path = path.index(index);
            validate_expression(*expression, &path, errors);
            let key = expression.text("key");
            if expressions[..index].iter().any(|earlier| earlier.text("key") == key) {
                errors.duplicate(&path.field("key"), key);
            }
        }
        if expressions.is_empty() || terms[..index].iter().any(|earlier| same_term(*earlier, *term)) {
            errors.duplicate(&path, "");
        }
    }
}

fn validate_expression(expression: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let values_path = path.field("values");
    let values = texts(expression, "values");
    if values.is_empty() {
        errors.required(&values_path, "");
    }
    for (index, value) in values.iter().enumerate() {
        if values[..index].contains(value) {
            errors.duplicate(&values_path.index(index), *value);
        }
    }
    label_selector::validate_label_key(expression.text("key"), &path.field("key"), errors);
}

fn texts<'t>(node: NodeRef<'t>, key: &str) -> Vec<&'t str> {
    node.list(key).into_iter().map(|item| item.as_str().unwrap_or_default()).collect()
}

/// Whether two terms hold the same keys with the same sets of values; of a repeated key the last counts.
fn same_term(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    let sets = |term: NodeRef<'_>| -> std::collections::BTreeMap<String, std::collections::BTreeSet<String>> {
        let expressions = term.list("matchLabelExpressions");
        let set = |expression| texts(expression, "values").into_iter().map(str::to_owned).collect();
        expressions.into_iter().map(|expression| (expression.text("key").to_owned(), set(expression))).collect()
    };
    sets(one) == sets(other)
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn class() -> Value {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "deep"},
            "provisioner": "Disk.example/deep", "parameters": {"layer": "2"},
        })
    }

    #[test]
    fn a_class_has_a_driver() {
        assert_eq!(errors_of(&class()), Vec::<String>::new());
        assert_eq!(errors_with(&class(), "/provisioner", None), ["provisioner: Required value"]);
        assert_eq!(
            errors_with(&class(), "/parameters", Some(json!({"": "x"}))),
            ["parameters: Invalid value: \"\": field can not be empty."]
        );
    }

    #[test]
    fn policies_are_known() {
        assert_eq!(
            errors_with(&class(), "/reclaimPolicy", Some(json!("Recycle"))),
            ["reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""]
        );
        assert_eq!(
            errors_with(&class(), "/volumeBindingMode", Some(json!("Later"))),
            [
                "volumeBindingMode: Unsupported value: \"Later\": supported values: \"Immediate\", \"WaitForFirstConsumer\""
            ]
        );
    }

    #[test]
    fn topologies_do_not_repeat() {
        let zone = |values: Value| json!({"matchLabelExpressions": [{"key": "zone", "values": values}]});
        assert_eq!(
            errors_with(
                &class(),
                "/allowedTopologies",
                Some(json!([zone(json!(["a", "b"])), zone(json!(["b", "a"]))]))
            ),
            ["allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\""]
        );
        assert_eq!(
            errors_with(&class(), "/allowedTopologies", Some(json!([zone(json!(["a", "a"]))]))),
            ["allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"a\""]
        );
    }

    #[test]
    fn attributes_need_parameters() {
        let class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttributesClass", "metadata": {"name": "fast"},
            "driverName": "disk.example",
        });
        assert_eq!(errors_of(&class), ["parameters: Required value: must contain at least one key/value pair"]);
    }
}
