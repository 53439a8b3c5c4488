//! `FlowSchema`: whose requests go to which priority level.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};
use crate::yaml::NodeRef;

/// A `FlowSchema`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/flow-schema",
    level: Level::Error,
    summary: "a FlowSchema's subjects, rules or precedence are not valid",
    why: "the API server sorts every request by these rules and refuses one that it could not match",
    docs: include_str!("flow-schema.md"),
};

const VERBS: [&str; 9] = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

/// Judges a `FlowSchema` on creation (`ValidateFlowSchemaSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let name = judge.root.get("metadata").text("name");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    validate_precedence(spec, name, &path.field("matchingPrecedence"), errors);
    if let Some(method) = spec.and_then(|spec| spec.get("distinguisherMethod"))
        && !matches!(method.text("type"), "ByNamespace" | "ByUser")
    {
        // The server shows its internal form of the whole method.
        let shown = format!("{{\"Type\":\"{}\"}}", method.text("type"));
        errors.not_supported(
            &path.field("distinguisherMethod").field("type"),
            &crate::finding::Verbatim(&shown),
            &["ByNamespace", "ByUser"],
        );
    }
    let level = spec.and_then(|spec| spec.get("priorityLevelConfiguration")).text("name");
    let level_path = path.field("priorityLevelConfiguration");
    if level.is_empty() {
        errors.required(&level_path.field("name"), "must reference a priority level");
    } else {
        report(names::dns_1123_subdomain(level), &level_path.field("name"), level, errors);
    }
    for (index, rule) in spec.list("rules").into_iter().enumerate() {
        validate_rule(rule, &path.field("rules").index(index), errors);
    }
}

fn validate_precedence(spec: Option<NodeRef<'_>>, name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let precedence = match spec.int("matchingPrecedence") {
        None | Some(0) => 1000,
        Some(precedence) => precedence,
    };
    if precedence <= 0 {
        errors.invalid(path, &precedence, "must be a positive value");
    }
    if precedence > 10_000 {
        errors.invalid(path, &precedence, "must not be greater than 10000");
    }
    if precedence == 1 && name != "exempt" {
        errors.invalid(path, &precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
    }
}

fn validate_rule(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let subjects = rule.list("subjects");
    if subjects.is_empty() {
        errors.required(&path.field("subjects"), "subjects must contain at least one value");
    }
    for (index, subject) in subjects.into_iter().enumerate() {
        validate_subject(subject, &path.field("subjects").index(index), errors);
    }
    let resource_rules = rule.list("resourceRules");
    let other_rules = rule.list("nonResourceRules");
    if resource_rules.is_empty() && other_rules.is_empty() {
        errors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    for (index, rule) in resource_rules.into_iter().enumerate() {
        validate_resource_rule(rule, &path.field("resourceRules").index(index), errors);
    }
    for (index, rule) in other_rules.into_iter().enumerate() {
        validate_other_rule(rule, &path.field("nonResourceRules").index(index), errors);
    }
}

fn validate_subject(subject: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    const FIELDS: [(&str, &str); 3] = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")];
    let kind = subject.text("kind");
    let Some((_, own)) = FIELDS.iter().find(|(name, _)| *name == kind) else {
        one_of(kind, &["Group", "ServiceAccount", "User"], &path.field("kind"), errors);
        return;
    };
    let own_path = path.field(own);
    match subject.get(own) {
        None => errors.required(&own_path, &format!("{own} is required when subject kind is '{kind}'")),
        Some(node) => {
            let name = node.text("name");
            if name.is_empty() {
                errors.required(&own_path.field("name"), "");
            } else if *own == "serviceAccount" && name != "*" {
                report(names::dns_1123_subdomain(name), &own_path.field("name"), name, errors);
            }
            let namespace = node.text("namespace");
            match (*own, namespace) {
                ("serviceAccount", "") => {
                    errors.required(&own_path.field("namespace"), "must specify namespace for service account");
                }
                ("serviceAccount", namespace) => {
                    report(names::dns_1123_label(namespace), &own_path.field("namespace"), namespace, errors);
                }
                _ => {}
            }
        }
    }
    for (other_kind, other) in FIELDS {
        if other != *own && subject.has(other) {
            let text = format!("{other} is forbidden when subject kind is not '{other_kind}'");
            errors.forbidden(&path.field(other), &text);
        }
    }
}

fn texts<'t>(node: NodeRef<'t>, key: &str) -> Vec<&'t str> {
    node.list(key).into_iter().map(|item| item.as_str().unwrap_or_default()).collect()
}

/// A list in which `*` stands alone. Answers whether it holds names to be judged.
fn validate_wildcard(
    rule: NodeRef<'_>,
    field: &str,
    (missing, others): (&str, &str),
    path: &Path<'_>,
    errors: &mut FieldErrors,
) -> bool {
    let path = path.field(field);
    let list = texts(rule, field);
    if list.is_empty() {
        if !missing.is_empty() {
            errors.required(&path, missing);
        }
        return false;
    }
    let has_wildcard = list.contains(&"*");
    if let Some(node) = rule.get(field).filter(|_| has_wildcard && list.len() > 1) {
        errors.invalid(&path, &node, &format!("if '*' is present, must not specify other {others}"));
    }
    !has_wildcard
}

fn validate_verbs(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let words = ("verbs must contain at least one value", "verbs");
    let has_names = validate_wildcard(rule, "verbs", words, path, errors);
    if has_names && texts(rule, "verbs").iter().any(|verb| !VERBS.contains(verb)) {
        let shown = serde_json::to_string(&texts(rule, "verbs")).unwrap_or_default();
        errors.not_supported(&path.field("verbs"), &crate::finding::Verbatim(&shown), &VERBS);
    }
}

fn validate_resource_rule(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_verbs(rule, path, errors);
    let groups = ("resource rules must supply at least one api group", "api groups");
    validate_wildcard(rule, "apiGroups", groups, path, errors);
    let resources = ("resource rules must supply at least one resource", "resources");
    validate_wildcard(rule, "resources", resources, path, errors);
    let missing = if rule.flag("clusterScope") {
        ""
    } else {
        "resource rules that are not cluster scoped must supply at least one namespace"
    };
    if validate_wildcard(rule, "namespaces", (missing, "namespaces"), path, errors) {
        for (index, namespace) in texts(rule, "namespaces").into_iter().enumerate() {
            for complaint in names::dns_1123_label(namespace) {
                let text = format!("each member of this list must be '*' or a DNS-1123 label; {complaint}");
                errors.invalid(&path.field("namespaces").index(index), namespace, &text);
            }
        }
    }
}

fn validate_other_rule(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_verbs(rule, path, errors);
    let words = ("nonResourceURLs must contain at least one value", "non-resource URLs");
    if validate_wildcard(rule, "nonResourceURLs", words, path, errors) {
        for (index, url) in texts(rule, "nonResourceURLs").into_iter().enumerate() {
            if let Some(complaint) = url_complaint(url) {
                errors.invalid(&path.field("nonResourceURLs").index(index), url, complaint);
            }
        }
    }
}

/// `ValidateNonResourceURLPath`
fn url_complaint(url: &str) -> Option<&'static str> {
    let stars = url.matches('*').count();
    match url {
        "" => Some("must not be empty"),
        "/" => None,
        _ if !url.starts_with('/') => Some("must start with slash"),
        _ if url.contains(' ') => Some("must not contain white-space"),
        _ if url.contains("//") => Some("must not contain double slash"),
        _ if stars > 1 || (stars == 1 && !url.ends_with("/*")) => Some("wildcard can only do suffix matching"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::url_complaint;
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(subject: &Value, rule: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": {"name": "ferries"},
            "spec": {
                "priorityLevelConfiguration": {"name": "global-default"},
                "rules": [{"subjects": [subject], "resourceRules": [rule]}],
            },
        }))
    }

    #[test]
    fn subjects_are_of_one_kind() {
        let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true});
        assert_eq!(errors(&json!({"kind": "User", "user": {"name": "ada"}}), &all), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"kind": "User", "group": {"name": "ada"}}), &all),
            [
                "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
                "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
            ]
        );
    }

    #[test]
    fn a_star_stands_alone() {
        let user = json!({"kind": "User", "user": {"name": "ada"}});
        assert_eq!(
            errors(
                &user,
                &json!({"verbs": ["*", "get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["A"]})
            ),
            [
                "spec.rules[0].resourceRules[0].verbs: Invalid value: [\"*\",\"get\"]: if '*' is present, must not specify \
                 other verbs",
                "spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: \"A\": each member of this list must be '*' \
                 or a DNS-1123 label; a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
                 '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used \
                 for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ]
        );
    }

    #[test]
    fn urls_match_by_their_beginning() {
        assert_eq!(url_complaint("/livez/*"), None);
        assert_eq!(url_complaint("/*/livez"), Some("wildcard can only do suffix matching"));
        assert_eq!(url_complaint("livez"), Some("must start with slash"));
    }
}
