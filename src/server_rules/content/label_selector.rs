//! Label selectors: whether one is well formed, and what it selects.
//!
//! Apart because workloads, policies, quotas and webhooks all hold one. Form: `ValidateLabelSelector` of apimachinery
//! `pkg/apis/meta/v1/validation/validation.go`; meaning: `LabelSelectorAsSelector` of `pkg/apis/meta/v1/helpers.go` and
//! `pkg/labels/selector.go` (1.36).

use super::names;
use crate::finding::{FieldErrors, Shown};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::{EntryRef, NodeRef};

/// What to let pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lenience {
    /// Values of `matchExpressions` need not be label values: for what older releases let into the cluster.
    pub any_value: bool,
}

/// Reports what is malformed in a selector; nothing for an absent one.
pub fn validate(selector: Option<NodeRef<'_>>, lenience: Lenience, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(selector) = selector else { return };
    validate_labels(selector.get("matchLabels"), &path.field("matchLabels"), errors);
    let expressions_path = path.field("matchExpressions");
    for (index, expression) in selector.list("matchExpressions").into_iter().enumerate() {
        validate_requirement(expression, lenience, &expressions_path.index(index), errors);
    }
}

/// Reports what is malformed in one element of `matchExpressions`.
pub fn validate_requirement(requirement: NodeRef<'_>, lenience: Lenience, path: &Path<'_>, errors: &mut FieldErrors) {
    let operator = requirement.text("operator");
    let values = requirement.list("values");
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(&path.field("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors
                .forbidden(&path.field("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => errors.invalid(&path.field("operator"), operator, "not a valid selector operator"),
    }
    validate_label_key(requirement.text("key"), &path.field("key"), errors);
    if !lenience.any_value {
        let values_path = path.field("values");
        for (index, value) in values.into_iter().enumerate() {
            let value = value.as_str().unwrap_or_default();
            for complaint in names::label_value(value) {
                errors.invalid(&values_path.index(index), value, &complaint);
            }
        }
    }
}

/// Reports what is malformed in a map of labels, all at the map's own path as the server does
/// (`ValidateLabels`).
pub fn validate_labels(labels: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    for entry in pairs(labels) {
        validate_label_key(entry.name(), path, errors);
        let value = entry.value.as_str().unwrap_or_default();
        for complaint in names::label_value(value) {
            errors.invalid(path, value, &complaint);
        }
    }
}

/// The pairs of a map of labels. A null value is no pair: neither kubectl nor the API server keeps its key.
fn pairs(labels: Option<NodeRef<'_>>) -> impl Iterator<Item = EntryRef<'_>> {
    labels.into_iter().flat_map(NodeRef::entries).filter(|entry| !entry.value.is_null())
}

/// Reports what is malformed in a label key (`ValidateLabelName`).
pub fn validate_label_key(key: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    for complaint in names::qualified_name(key) {
        errors.invalid(path, key, &complaint);
    }
}

/// A selector that has been understood.
#[derive(Clone, Copy, Debug)]
pub struct Selector<'t> {
    node: Option<NodeRef<'t>>,
}

impl<'t> Selector<'t> {
    /// Understands a selector as the server does: none for one that it cannot (`LabelSelectorAsSelector` returns an
    /// error). An absent selector selects nothing, an empty one everything.
    pub fn of(node: Option<NodeRef<'t>>) -> Option<Self> {
        let Some(selector) = node else { return Some(Self { node }) };
        let labels_are_good = pairs(selector.get("matchLabels")).all(|entry| {
            names::qualified_name(entry.name()).is_empty()
                && names::label_value(entry.value.as_str().unwrap_or_default()).is_empty()
        });
        let expressions_are_good = selector.list("matchExpressions").into_iter().all(|expression| {
            let values = expression.list("values");
            let count_is_good = match expression.text("operator") {
                "In" | "NotIn" => !values.is_empty(),
                "Exists" | "DoesNotExist" => values.is_empty(),
                _ => false,
            };
            count_is_good
                && names::qualified_name(expression.text("key")).is_empty()
                && values.iter().all(|value| names::label_value(value.as_str().unwrap_or_default()).is_empty())
        });
        (labels_are_good && expressions_are_good).then_some(Self { node })
    }

    /// Whether it selects everything (`labels.Everything()`, or no requirement at all).
    pub fn is_everything(&self) -> bool {
        self.node.is_some_and(is_empty)
    }

    /// Whether it selects an object whose labels `label` looks up.
    pub fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.matches_but(label, |_| false)
    }

    /// Whether it selects an object whose labels `label` looks up, whatever it asks of the keys that `is_left_out`.
    pub fn matches_but<'l>(&self, label: impl Fn(&str) -> Option<&'l str>, is_left_out: impl Fn(&str) -> bool) -> bool {
        let Some(selector) = self.node else { return false };
        let labels_match = pairs(selector.get("matchLabels")).all(|entry| {
            label(entry.name()) == Some(entry.value.as_str().unwrap_or_default()) || is_left_out(entry.name())
        });
        labels_match
            && selector.list("matchExpressions").into_iter().all(|expression| {
                if is_left_out(expression.text("key")) {
                    return true;
                }
                let have = label(expression.text("key"));
                let is_listed = |have: &str| {
                    expression.list("values").iter().any(|value| value.as_str().unwrap_or_default() == have)
                };
                match expression.text("operator") {
                    "In" => have.is_some_and(is_listed),
                    "NotIn" => !have.is_some_and(is_listed),
                    "Exists" => have.is_some(),
                    _ => have.is_none(),
                }
            })
    }

    /// The labels that `matchLabels` asks for and an object does not have; none if it would not be selected with them
    /// either.
    pub fn labels_to_match(&self, labels: Option<NodeRef<'_>>) -> Option<Vec<(String, String)>> {
        let have = |key: &str| labels.and_then(|labels| labels.get(key)?.as_str());
        let asked = self.node?.get("matchLabels")?;
        let missing: Vec<(&str, &str)> = asked
            .entries()
            .filter_map(|entry| Some((entry.name(), entry.value.as_str()?)))
            .filter(|(key, value)| have(key) != Some(value))
            .collect();
        let then =
            |key: &str| missing.iter().find(|(name, _)| *name == key).map(|(_, value)| *value).or_else(|| have(key));
        let is_enough = !missing.is_empty() && self.matches(then);
        is_enough.then(|| missing.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    /// Whether it selects an object with these labels (a map, or none).
    pub fn matches_labels(&self, labels: Option<NodeRef<'_>>) -> bool {
        // kubectl sends no key of a map whose value is null.
        self.matches(|key| labels?.get(key)?.as_str())
    }
}

/// A selector as the server prints it: fields in the order of its Go struct, those without value left out.
#[derive(Clone, Copy, Debug)]
pub struct ShownSelector<'t>(pub NodeRef<'t>);

impl Shown for ShownSelector<'_> {
    fn shown(&self) -> String {
        fn list<'t>(node: NodeRef<'t>, key: &str) -> Option<NodeRef<'t>> {
            node.get(key).filter(|list| !list.is_empty())
        }
        let mut fields = Vec::new();
        let text = |node: NodeRef<'_>| serde_json::Value::from(node.as_str().unwrap_or_default());
        let labels: Vec<_> = pairs(self.0.get("matchLabels"))
            .map(|pair| format!("{}:{}", serde_json::Value::from(pair.name()), text(pair.value)))
            .collect();
        if !labels.is_empty() {
            fields.push(format!("\"matchLabels\":{{{}}}", labels.join(",")));
        }
        if let Some(expressions) = list(self.0, "matchExpressions") {
            let expressions = expressions.elements().map(|expression| {
                let text = |key: &str| serde_json::Value::from(expression.text(key));
                let values = list(expression, "values").map(|values| format!(",\"values\":{}", values.to_json()));
                let values = values.unwrap_or_default();
                format!("{{\"key\":{},\"operator\":{}{values}}}", text("key"), text("operator"))
            });
            fields.push(format!("\"matchExpressions\":[{}]", expressions.collect::<Vec<_>>().join(",")));
        }
        format!("{{{}}}", fields.join(","))
    }
}

/// Whether a selector has no requirement at all.
pub fn is_empty(selector: NodeRef<'_>) -> bool {
    pairs(selector.get("matchLabels")).next().is_none()
        && selector.get("matchExpressions").is_none_or(NodeRef::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_rules::VALIDATION;
    use crate::yaml::{Tree, TreeBuilder};
    use serde_json::json;

    fn tree(value: &serde_json::Value) -> Tree {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        builder.finish(root)
    }

    fn errors_of(selector: &serde_json::Value) -> Vec<String> {
        let tree = tree(selector);
        let mut errors = FieldErrors::new(&VALIDATION);
        validate(Some(tree.root()), Lenience::default(), &Path::ROOT.field("selector"), &mut errors);
        errors.list.iter().map(crate::finding::FieldError::message).collect()
    }

    #[test]
    fn operators_say_whether_they_take_values() {
        let errors = errors_of(&json!({"matchExpressions": [
            {"key": "a", "operator": "In"},
            {"key": "a", "operator": "Exists", "values": ["x"]},
            {"key": "a", "operator": "Like", "values": ["x"]},
        ]}));
        assert_eq!(
            errors,
            [
                "selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or \
                 'NotIn'",
                "selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or \
                 'DoesNotExist'",
                "selector.matchExpressions[2].operator: Invalid value: \"Like\": not a valid selector operator",
            ]
        );
    }

    #[test]
    fn keys_and_values_are_labels() {
        let errors = errors_of(&json!({
            "matchLabels": {"": "x"},
            "matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}],
        }));
        assert_eq!(errors.len(), 3);
        assert_eq!(errors[0], "selector.matchLabels: Invalid value: \"\": name part must be non-empty");
        assert!(errors[2].starts_with("selector.matchExpressions[0].values[0]: Invalid value: \"-\": a valid label"));
    }

    #[test]
    fn what_is_selected() {
        let labels = tree(&json!({"app": "web", "tier": "front"}));
        let selects = |selector: serde_json::Value| {
            let selector = tree(&selector);
            Selector::of(Some(selector.root())).map(|selector| selector.matches_labels(Some(labels.root())))
        };
        assert_eq!(selects(json!({"matchLabels": {"app": "web"}})), Some(true));
        assert_eq!(selects(json!({"matchLabels": {"app": "db"}})), Some(false));
        assert_eq!(selects(json!({"matchLabels": {"absent": null}})), Some(true));
        assert_eq!(selects(json!({})), Some(true));
        let one = |operator: &str, key: &str, values: &[&str]| {
            selects(json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}))
        };
        assert_eq!(one("In", "tier", &["back", "front"]), Some(true));
        assert_eq!(one("NotIn", "tier", &["front"]), Some(false));
        assert_eq!(one("NotIn", "zone", &["front"]), Some(true));
        assert_eq!(one("Exists", "zone", &[]), Some(false));
        assert_eq!(one("DoesNotExist", "zone", &[]), Some(true));
        assert_eq!(one("In", "tier", &[]), None);
        assert!(Selector::of(None).is_some_and(|nothing| !nothing.matches_labels(Some(labels.root()))));
    }
}
