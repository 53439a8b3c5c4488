//! `IngressClass`: the controller's name, and where its parameters are.

use super::ingress::validate_reference;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};
use crate::yaml::NodeRef;

/// An `IngressClass`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/ingress-class",
    level: Level::Error,
    summary: "an IngressClass's controller or parameters are not valid",
    why: "the controller finds its classes by a domain-prefixed name and its parameters by kind, name and scope",
    docs: include_str!("ingress-class.md"),
};

const CONTROLLER_LIMIT: usize = 250;

/// Judges an `IngressClass` on creation (`ValidateIngressClass`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let controller = spec.text("controller");
    if controller.len() > CONTROLLER_LIMIT {
        errors.too_long(&path.field("controller"), CONTROLLER_LIMIT);
    }
    validate_domain_prefixed_path(controller, &path.field("controller"), errors);
    if let Some(parameters) = spec.and_then(|spec| spec.get("parameters")) {
        validate_parameters(parameters, &path.field("parameters"), errors);
    }
}

/// `acme.io/foo` (`IsDomainPrefixedPath` of apimachinery `pkg/util/validation`).
fn validate_domain_prefixed_path(text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if text.is_empty() {
        errors.required(path, "");
        return;
    }
    let (host, rest) = match text.split_once('/') {
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => (host, rest),
        _ => {
            errors.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
            return;
        }
    };
    report(names::dns_1123_subdomain(host), path, host, errors);
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)) {
        let complaint = names::pattern("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", &[]);
        errors.invalid(path, rest, &complaint);
    }
}

fn validate_parameters(parameters: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_reference(parameters, path, errors);
    let namespace = parameters.text_pointer("namespace");
    let namespace_path = path.field("namespace");
    match (parameters.text_pointer("scope").unwrap_or("Cluster"), namespace) {
        ("Namespace", None) => errors.required(&namespace_path, "`parameters.scope` is set to 'Namespace'"),
        ("Namespace", Some(namespace)) => {
            report(names::dns_1123_label(namespace), &namespace_path, namespace, errors);
        }
        ("Cluster", Some(_)) => errors.forbidden(&namespace_path, "`parameters.scope` is set to 'Cluster'"),
        (scope, _) => one_of(scope, &["Cluster", "Namespace"], &path.field("scope"), errors),
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "outer"}, "spec": spec,
        }))
    }

    #[test]
    fn a_controller_has_a_domain_and_a_path() {
        assert_eq!(errors(&json!({"controller": "pier.example/gate"})), Vec::<String>::new());
        assert_eq!(errors(&json!({})), ["spec.controller: Required value"]);
        assert_eq!(
            errors(&json!({"controller": "gate"})),
            ["spec.controller: Invalid value: \"gate\": must be a domain-prefixed path (such as \"acme.io/foo\")"]
        );
        assert!(errors(&json!({"controller": "pier.example/a b"}))[0].contains("Invalid path (regex used"));
    }

    #[test]
    fn a_scope_decides_about_the_namespace() {
        let class = |parameters| json!({"controller": "pier.example/gate", "parameters": parameters});
        assert_eq!(
            errors(&class(json!({"kind": "Gate", "name": "a", "namespace": "b"}))),
            ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"]
        );
        assert_eq!(
            errors(&class(json!({"kind": "Gate", "name": "a", "scope": "Namespace"}))),
            ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"]
        );
    }
}
