//! `ResourceQuota`: what is counted, and of which pods.

use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::resource_name;
use crate::yaml::NodeRef;

/// A `ResourceQuota`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/resource-quota",
    level: Level::Error,
    summary: "a ResourceQuota's resources or scopes are not valid",
    why: "the API server refuses a quota that it could not count",
    docs: include_str!("resource-quota.md"),
};

const SCOPES: [&str; 6] =
    ["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"];

/// Whether there is such a scope (`IsStandardResourceQuotaScope`; `pkg/apis/core/helper/helpers.go` of 1.32 and 1.33).
fn is_scope(scope: &str, minor: Minor) -> bool {
    SCOPES.contains(&scope) || (scope == "VolumeAttributesClass" && minor >= Minor(33))
}

const EXISTS_ONLY: &str = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                           ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                           ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/// Judges a `ResourceQuota` on creation (`ValidateResourceQuotaSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let minor = judge.minor;
    let errors = &mut judge.errors;
    let mut resources = Vec::new();
    for entry in spec.and_then(|spec| spec.get("hard")).into_iter().flat_map(NodeRef::entries) {
        let hard = path.field("hard");
        let path = hard.key(entry.name());
        resources.push(entry.name());
        resource_name::validate_quota_resource_name(entry.name(), &path, errors);
        if let Some(amount) = resource_name::amount(entry.value) {
            resource_name::validate_resource_amount(entry.name(), &amount, &path, errors);
        }
    }
    let scopes_node = spec.and_then(|spec| spec.get("scopes"));
    let shown = scopes_node.map_or_else(|| "null".to_owned(), |node| node.to_json().to_string());
    let scopes: Vec<&str> = spec.list("scopes").into_iter().map(|scope| scope.as_str().unwrap_or_default()).collect();
    let scopes_path = path.field("scopes");
    for scope in &scopes {
        if !is_scope(scope, minor) {
            errors.invalid(&scopes_path, &Verbatim(&shown), "unsupported scope");
        }
        for _ in resources.iter().filter(|resource| !is_valid_for(scope, resource)) {
            errors.invalid(&scopes_path, &Verbatim(&shown), "unsupported scope applied to resource");
        }
    }
    validate_pairs(&scopes, &Verbatim(&shown), &scopes_path, errors);
    if let Some(selector) = spec.and_then(|spec| spec.get("scopeSelector")) {
        validate_selector(selector, &resources, &Verbatim(&shown), minor, &path.field("scopeSelector"), errors);
    }
}

/// Whether a scope can be applied to a resource (`IsResourceQuotaScopeValidForResource`); what is none of the plain
/// resources is not asked.
fn is_valid_for(scope: &str, resource: &str) -> bool {
    if !resource_name::is_standard_for_quotas(resource) {
        return true;
    }
    let is_compute =
        || matches!(resource, "cpu" | "memory" | "limits.cpu" | "limits.memory" | "requests.cpu" | "requests.memory");
    match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            resource == "pods" || is_compute()
        }
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    }
}

fn validate_pairs(scopes: &[&str], shown: &Verbatim<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(&one) && scopes.contains(&other) {
            errors.invalid(path, shown, "conflicting scopes");
        }
    }
}

fn validate_selector(
    selector: NodeRef<'_>,
    resources: &[&str],
    shown_scopes: &Verbatim<'_>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    // The server's paths leave the index out.
    let path = path.field("matchExpressions");
    let expressions = selector.list("matchExpressions");
    let scopes: Vec<&str> = expressions.iter().map(|expression| expression.text("scopeName")).collect();
    for expression in &expressions {
        let scope = expression.text("scopeName");
        let operator = expression.text("operator");
        if !is_scope(scope, minor) {
            errors.invalid(&path.field("scopeName"), scope, "unsupported scope");
        }
        for _ in resources.iter().filter(|resource| !is_valid_for(scope, resource)) {
            let shown = shown_selector(&expressions);
            errors.invalid(&path, &Verbatim(&shown), "unsupported scope applied to resource");
        }
        let takes_no_values = scope != "PriorityClass" && SCOPES.contains(&scope);
        if takes_no_values && operator != "Exists" {
            errors.invalid(&path.field("operator"), operator, EXISTS_ONLY);
        }
        let values = expression.get("values").filter(|values| !values.is_empty());
        match (operator, values) {
            ("In" | "NotIn", None) => errors.required(
                &path.field("values"),
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
            ("Exists" | "DoesNotExist", Some(values)) => errors.invalid(
                &path.field("values"),
                &values,
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
            ),
            ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {}
            _ => errors.invalid(&path.field("operator"), operator, "not a valid selector operator"),
        }
    }
    validate_pairs(&scopes, shown_scopes, &path, errors);
}

/// The selector as the server prints its internal form.
fn shown_selector(expressions: &[NodeRef<'_>]) -> String {
    let shown: Vec<String> = expressions
        .iter()
        .map(|expression| {
            let values =
                expression.get("values").map_or_else(|| "null".to_owned(), |values| values.to_json().to_string());
            format!(
                "{{\"ScopeName\":\"{}\",\"Operator\":\"{}\",\"Values\":{values}}}",
                expression.text("scopeName"),
                expression.text("operator")
            )
        })
        .collect();
    format!("{{\"MatchExpressions\":[{}]}}", shown.join(","))
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, findings_of};
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "berths"}, "spec": spec}))
    }

    #[test]
    fn amounts_can_be_counted() {
        assert_eq!(
            errors(&json!({"hard": {"pods": "10", "requests.cpu": "500m", "count/jobs.batch": "3"}})),
            Vec::<String>::new()
        );
        assert_eq!(
            errors(&json!({"hard": {"pods": "1.5", "cpu": "-1"}})),
            [
                "spec.hard[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
                "spec.hard[pods]: Invalid value: \"1500m\": must be an integer",
            ]
        );
        assert_eq!(
            errors(&json!({"hard": {"boats": "1"}})),
            [
                "spec.hard[boats]: Invalid value: \"boats\": must be a standard resource type or fully qualified",
                "spec.hard[boats]: Invalid value: \"boats\": must be a standard resource for quota",
            ]
        );
    }

    #[test]
    fn volumes_are_scoped_by_their_attributes_since_1_33() {
        let spec = json!({"hard": {"persistentvolumeclaims": "2"}, "scopes": ["VolumeAttributesClass"]});
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "holds"}, "spec": spec});
        let messages = |minor| -> Vec<String> {
            findings_of(&quota, Minor(minor)).into_iter().map(|finding| finding.message).collect()
        };
        assert_eq!(messages(32), ["spec.scopes: Invalid value: [\"VolumeAttributesClass\"]: unsupported scope"]);
        assert_eq!(messages(33), [""; 0]);
    }

    #[test]
    fn scopes_suit_each_other_and_the_resources() {
        assert_eq!(
            errors(&json!({"hard": {"services": "1"}, "scopes": ["Terminating", "NotTerminating"]})),
            [
                "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: unsupported scope applied to resource",
                "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: conflicting scopes",
            ]
        );
        assert_eq!(
            errors(&json!({"scopes": ["terminating"]})),
            ["spec.scopes: Invalid value: [\"terminating\"]: unsupported scope"]
        );
    }

    #[test]
    fn selectors_say_what_their_scope_takes() {
        let selector = |expression: Value| json!({"scopeSelector": {"matchExpressions": [expression]}});
        assert_eq!(
            errors(&selector(json!({"scopeName": "PriorityClass", "operator": "In"}))),
            [
                "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is \
              'In' or 'NotIn' for scope selector"
            ]
        );
        assert_eq!(
            errors(&selector(json!({"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}))),
            Vec::<String>::new()
        );
        let errors = errors(&selector(json!({"scopeName": "BestEffort", "operator": "DoesNotExist"})));
        assert!(errors[0].starts_with(
            "spec.scopeSelector.matchExpressions.operator: Invalid value: \"DoesNotExist\": must be 'Exists' when scope"
        ));
    }
}
