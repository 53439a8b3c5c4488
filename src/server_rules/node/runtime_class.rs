//! `RuntimeClass`: the handler, what it costs, and where it runs.

use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{label_selector, names, report};
use crate::server_rules::pod::{validate_overhead, validate_tolerations};

/// A `RuntimeClass`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/runtime-class",
    level: Level::Error,
    summary: "a RuntimeClass's handler, overhead or scheduling is not valid",
    why: "the kubelet finds the handler by name, and the scheduler adds overhead and place to every pod of the class",
    docs: include_str!("runtime-class.md"),
};

/// Judges a `RuntimeClass` on creation (`ValidateRuntimeClass`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let errors = &mut judge.errors;
    let path = Path::ROOT.field("handler");
    let handler = root.text("handler");
    if handler.is_empty() {
        errors.required(&path, "");
    } else {
        report(names::dns_1123_label(handler), &path, handler, errors);
    }
    if let Some(amounts) = root.at(&["overhead", "podFixed"]) {
        validate_overhead(amounts, &Path::ROOT.field("overhead"), errors);
    }
    let Some(scheduling) = root.get("scheduling") else { return };
    let path = Path::ROOT.field("scheduling");
    label_selector::validate_labels(scheduling.get("nodeSelector"), &path.field("nodeSelector"), errors);
    let path = path.field("tolerations");
    validate_tolerations(scheduling, "tolerations", &path, errors);
    let tolerations = scheduling.list("tolerations");
    for (index, toleration) in tolerations.iter().enumerate() {
        let is_same = |earlier: &crate::yaml::NodeRef<'_>| {
            ["key", "operator", "value", "effect"].iter().all(|field| earlier.text(field) == toleration.text(field))
        };
        if tolerations[..index].iter().any(is_same) {
            errors.duplicate(&path.index(index), toleration);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn class() -> Value {
        json!({
            "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "boxed"}, "handler": "boxed",
        })
    }

    #[test]
    fn a_handler_is_a_label() {
        assert_eq!(errors_of(&class()), Vec::<String>::new());
        assert_eq!(errors_with(&class(), "/handler", None), ["handler: Required value"]);
        assert_eq!(
            errors_with(&class(), "/handler", Some(json!("a.b"))),
            ["handler: Invalid value: \"a.b\": must not contain dots"]
        );
    }

    #[test]
    fn overhead_is_judged_as_limits_are() {
        assert_eq!(
            errors_with(&class(), "/overhead", Some(json!({"podFixed": {"cpu": "-1"}}))),
            ["overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"]
        );
    }

    #[test]
    fn tolerations_stand_once() {
        let ice = json!({"key": "ice", "operator": "Exists"});
        assert_eq!(
            errors_with(&class(), "/scheduling", Some(json!({"tolerations": [ice, ice]}))),
            ["scheduling.tolerations[1]: Duplicate value: {\"key\":\"ice\",\"operator\":\"Exists\"}"]
        );
    }
}
