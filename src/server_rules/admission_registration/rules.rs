//! What requests are matched: rules, resources, conditions, parameters.
//!
//! Apart because webhooks, policies and bindings hold them alike.

use super::expression::{Compiler, Purpose};
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::content::{label_selector, names, one_of, report};
use crate::yaml::NodeRef;

const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const MUTATING_OPERATIONS: [&str; 4] = ["*", "CONNECT", "CREATE", "UPDATE"];

/// The texts of a list.
pub(super) fn texts<'t>(node: NodeRef<'t>, key: &str) -> Vec<&'t str> {
    node.list(key).into_iter().map(|item| item.as_str().unwrap_or_default()).collect()
}

/// A selector of labels, strictly.
pub(super) fn validate_selector(node: NodeRef<'_>, key: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    label_selector::validate(node.get(key), label_selector::Lenience::default(), &path.field(key), errors);
}

/// One of a few words, with a default (`supportedFailurePolicies` and the like).
pub(super) fn validate_word(text: Option<&str>, supported: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(text) = text {
        one_of(text, supported, path, errors);
    }
}

/// `validateRuleWithOperations`
pub(super) fn validate_rule(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let operations = texts(rule, "operations");
    let operations_path = path.field("operations");
    if operations.is_empty() {
        errors.required(&operations_path, "");
    }
    lone_wildcard(rule, "operations", &operations, "operations", path, errors);
    for (index, operation) in operations.iter().enumerate() {
        one_of(operation, &OPERATIONS, &operations_path.index(index), errors);
    }
    let groups = texts(rule, "apiGroups");
    if groups.is_empty() {
        errors.required(&path.field("apiGroups"), "");
    }
    lone_wildcard(rule, "apiGroups", &groups, "API groups", path, errors);
    let versions = texts(rule, "apiVersions");
    if versions.is_empty() {
        errors.required(&path.field("apiVersions"), "");
    }
    lone_wildcard(rule, "apiVersions", &versions, "API versions", path, errors);
    for (index, _) in versions.iter().enumerate().filter(|(_, version)| version.is_empty()) {
        errors.required(&path.field("apiVersions").index(index), "");
    }
    validate_resources(rule, &path.field("resources"), errors);
    let scope = rule.text_pointer("scope").unwrap_or("*");
    one_of(scope, &["*", "Cluster", "Namespaced"], &path.field("scope"), errors);
}

fn lone_wildcard(
    rule: NodeRef<'_>,
    field: &str,
    texts: &[&str],
    others: &str,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    if let Some(node) = rule.get(field).filter(|_| texts.len() > 1 && texts.contains(&"*")) {
        errors.invalid(&path.field(field), &node, &format!("if '*' is present, must not specify other {others}"));
    }
}

/// `validateResources`
fn validate_resources(rule: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let resources = texts(rule, "resources");
    if resources.is_empty() {
        errors.required(path, "");
    }
    let (mut whole, mut everywhere) = (Vec::new(), Vec::new());
    let mut has_plain = false;
    for (index, resource) in resources.iter().enumerate() {
        if resource.is_empty() {
            errors.required(&path.index(index), "");
            continue;
        }
        let Some((name, sub)) = resource.split_once('/') else {
            // The server remembers only the last of them.
            has_plain = *resource != "*";
            continue;
        };
        if whole.contains(&name) {
            let text = format!("if '{name}/*' is present, must not specify {resource}");
            errors.invalid(&path.index(index), *resource, &text);
        }
        if everywhere.contains(&sub) {
            let text = format!("if '*/{sub}' is present, must not specify {resource}");
            errors.invalid(&path.index(index), *resource, &text);
        }
        if sub == "*" {
            whole.push(name);
        }
        if name == "*" {
            everywhere.push(sub);
        }
    }
    let Some(node) = rule.get("resources") else { return };
    if resources.len() > 1 && resources.contains(&"*/*") {
        errors.invalid(path, &node, "if '*/*' is present, must not specify other resources");
    }
    if resources.contains(&"*") && has_plain {
        errors.invalid(path, &node, "if '*' is present, must not specify other resources without subresources");
    }
}

/// `validateMatchResources`
pub(super) fn validate_match_resources(resources: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let policy = resources.text_pointer("matchPolicy");
    validate_word(policy, &["Equivalent", "Exact"], &path.field("matchPolicy"), errors);
    validate_selector(resources, "namespaceSelector", path, errors);
    validate_selector(resources, "objectSelector", path, errors);
    for field in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in resources.list(field).into_iter().enumerate() {
            let path = path.field(field);
            let path = path.index(index);
            let resource_names = texts(rule, "resourceNames");
            let names_path = path.field("resourceNames");
            for (index, name) in resource_names.iter().enumerate() {
                report(names::path_segment_name(name), &names_path.index(index), name, errors);
                if resource_names[..index].contains(name) {
                    errors.duplicate(&names_path.index(index), *name);
                }
            }
            validate_rule(rule, &path, errors);
        }
    }
}

/// What a mutating policy cannot match; `path` is that of the match resources.
pub(super) fn validate_mutating_operations(resources: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    // The server's path leaves the index out.
    let path = path.field("resourceRules");
    for rule in resources.list("resourceRules") {
        for operation in texts(rule, "operations") {
            one_of(operation, &MUTATING_OPERATIONS, &path.field("operations"), errors);
        }
    }
}

/// `validateMatchConditions`
pub(super) fn validate_match_conditions(
    holder: NodeRef<'_>,
    compiler: &Compiler,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let path = path.field("matchConditions");
    let conditions = holder.list("matchConditions");
    if conditions.len() > 64 {
        errors.too_many(&path, conditions.len(), 64);
    }
    for (index, condition) in conditions.iter().enumerate() {
        let path = path.index(index);
        match condition.text("expression").trim() {
            "" => errors.required(&path.field("expression"), ""),
            expression => compiler.compile(Purpose::Condition, expression, &path.field("expression"), errors),
        }
        let name = condition.text("name");
        if name.is_empty() {
            errors.required(&path.field("name"), "");
            continue;
        }
        report(names::qualified_name(name), &path.field("name"), name, errors);
        if conditions[..index].iter().any(|earlier| earlier.text("name") == name) {
            errors.duplicate(&path.field("name"), name);
        }
    }
}

/// Whether there is nothing but white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// `validateParamKind`
pub(super) fn validate_param_kind(kind: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let api_version = kind.text("apiVersion");
    let version_path = path.field("apiVersion");
    if api_version.is_empty() {
        errors.required(&version_path, "");
    } else if api_version.matches('/').count() > 1 {
        errors.invalid(&version_path, api_version, &format!("unexpected GroupVersion string: {api_version}"));
    } else {
        let (group, version) = match api_version {
            "/" => ("", ""),
            _ => api_version.split_once('/').unwrap_or(("", api_version)),
        };
        if !group.is_empty() {
            joined(&names::dns_1123_subdomain(group), "", &version_path, group, errors);
        }
        if version.is_empty() {
            errors.invalid(&version_path, api_version, "version must be specified");
        } else {
            joined(&names::dns_1035_label(version), "", &version_path, version, errors);
        }
    }
    let name = kind.text("kind");
    let kind_path = path.field("kind");
    if name.is_empty() {
        errors.required(&kind_path, "");
    } else {
        let complaints = names::dns_1035_label(&name.to_lowercase());
        joined(&complaints, "may have mixed case, but should otherwise match: ", &kind_path, name, errors);
    }
}

/// Several complaints as one.
fn joined(complaints: &[String], lead: &str, path: &Path<'_>, text: &str, errors: &mut FieldErrors) {
    if !complaints.is_empty() {
        errors.invalid(path, text, &format!("{lead}{}", complaints.join(",")));
    }
}
