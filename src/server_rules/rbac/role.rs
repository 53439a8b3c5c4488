//! `Role` and `ClusterRole`: rules, and what a `ClusterRole` gathers.

use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::label_selector;
use crate::yaml::NodeRef;

/// A role's rules.
pub static RULE: Rule = Rule {
    id: "api/role",
    level: Level::Error,
    summary: "a role's rules are not valid",
    why: "a rule names verbs, and either resources or URLs: the API server refuses one that would grant nothing or mix both",
    docs: include_str!("role.md"),
};

/// Judges a `Role` on creation (`ValidateRole`).
pub fn validate(judge: &mut Judge<'_>) {
    validate_rules(true, judge);
}

/// Judges a `ClusterRole` on creation (`ValidateClusterRole`).
pub fn validate_cluster_role(judge: &mut Judge<'_>) {
    validate_rules(false, judge);
    let Some(aggregation) = judge.root.get("aggregationRule") else { return };
    let path = Path::ROOT.field("aggregationRule");
    let path = path.field("clusterRoleSelectors");
    let errors = &mut judge.errors;
    let selectors = aggregation.list("clusterRoleSelectors");
    if selectors.is_empty() {
        errors.required(&path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    for (index, selector) in selectors.into_iter().enumerate() {
        let path = path.index(index);
        label_selector::validate(Some(selector), label_selector::Lenience::default(), &path, errors);
        if label_selector::Selector::of(Some(selector)).is_none() {
            // The server prints what it made of the selector, which is nothing.
            errors.invalid(&path, &Verbatim("null"), "invalid label selector.");
        }
    }
}

fn validate_rules(is_namespaced: bool, judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("rules");
    for (index, rule) in judge.root.list("rules").into_iter().enumerate() {
        validate_rule(rule, is_namespaced, &path.index(index), &mut judge.errors);
    }
}

fn validate_rule(rule: NodeRef<'_>, is_namespaced: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let is_empty = |field| rule.get(field).is_none_or(NodeRef::is_empty);
    if is_empty("verbs") {
        errors.required(&path.field("verbs"), "verbs must contain at least one value");
    }
    if let Some(urls) = rule.get("nonResourceURLs").filter(|urls| !urls.is_empty()) {
        let path = path.field("nonResourceURLs");
        if is_namespaced {
            errors.invalid(&path, &urls, "namespaced rules cannot apply to non-resource URLs");
        }
        if !["apiGroups", "resources", "resourceNames"].into_iter().all(is_empty) {
            errors.invalid(&path, &urls, "rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if is_empty("apiGroups") {
        errors.required(&path.field("apiGroups"), "resource rules must supply at least one api group");
    }
    if is_empty("resources") {
        errors.required(&path.field("resources"), "resource rules must supply at least one resource");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(kind: &str, rule: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "pilot"}, "rules": [rule],
        }))
    }

    #[test]
    fn a_rule_names_verbs_and_resources() {
        let good = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
        assert_eq!(errors("Role", &good), Vec::<String>::new());
        assert_eq!(
            errors("Role", &json!({})),
            [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[0].resources: Required value: resource rules must supply at least one resource",
            ]
        );
    }

    #[test]
    fn urls_stand_alone_in_cluster_roles() {
        let urls = json!({"nonResourceURLs": ["/livez"], "verbs": ["get"]});
        assert_eq!(errors("ClusterRole", &urls), Vec::<String>::new());
        assert_eq!(
            errors("Role", &urls),
            [
                "rules[0].nonResourceURLs: Invalid value: [\"/livez\"]: namespaced rules cannot apply to non-resource URLs"
            ]
        );
        assert_eq!(
            errors("ClusterRole", &json!({"nonResourceURLs": ["/livez"], "resources": ["pods"], "verbs": ["get"]})),
            [
                "rules[0].nonResourceURLs: Invalid value: [\"/livez\"]: rules cannot apply to both regular resources and \
              non-resource URLs"
            ]
        );
    }

    #[test]
    fn an_aggregation_selects() {
        let role = |rule: Value| {
            errors_of(&json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pilot"},
                "aggregationRule": rule,
            }))
        };
        assert_eq!(
            role(json!({})),
            ["aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if \
              aggregationRule is non-nil"]
        );
        assert_eq!(role(json!({"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]})), Vec::<String>::new());
    }
}
