//! `Ingress`: hosts, paths and what stands behind them.

use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{ip, names, one_of, ports, report};
use crate::yaml::NodeRef;

/// An `Ingress`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/ingress",
    level: Level::Error,
    summary: "an Ingress's hosts, paths or backends are not valid",
    why: "the API server refuses a route that no ingress controller could tell apart or serve",
    docs: include_str!("ingress.md"),
};

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// Judges an `Ingress` on creation (`ValidateIngressCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let rules = spec.list("rules");
    let default_backend = spec.and_then(|spec| spec.get("defaultBackend"));
    if rules.is_empty() && default_backend.is_none() {
        let shown = if spec.has("rules") { "[]" } else { "null" };
        errors.invalid(&path, &Verbatim(shown), "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(backend) = default_backend {
        validate_backend(Some(backend), minor, &path.field("defaultBackend"), errors);
    }
    for (index, rule) in rules.into_iter().enumerate() {
        validate_rule(rule, minor, &path.field("rules").index(index), errors);
    }
    for (index, tls) in spec.list("tls").into_iter().enumerate() {
        validate_tls(tls, &path.field("tls").index(index), errors);
    }
    let class = spec.text_pointer("ingressClassName");
    if let Some(class) = class {
        report(names::dns_1123_subdomain(class), &path.field("ingressClassName"), class, errors);
    }
    let annotation = judge.root.at(&["metadata", "annotations"]).and_then(|map| map.entry(CLASS_ANNOTATION));
    let Some(annotation) = annotation.map(|entry| entry.value.as_str().unwrap_or_default()) else { return };
    match class {
        // An update does not compare the two again.
        Some(class) if class != annotation && judge.live.is_none() => errors.invalid(
            // The server leaves `metadata` out of this path.
            &Path::ROOT.field("annotations").field(CLASS_ANNOTATION),
            annotation,
            "must match `ingressClassName` when both are specified",
        ),
        Some(_) => {}
        None => judge.warn(
            &Path::ROOT.field("metadata").field("annotations").key(CLASS_ANNOTATION),
            format!("annotation \"{CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"),
        ),
    }
}

fn validate_host(host: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints =
        if host.contains('*') { names::wildcard_dns_1123_subdomain(host) } else { names::dns_1123_subdomain(host) };
    report(complaints, path, host, errors);
}

fn validate_tls(tls: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for (index, host) in tls.list("hosts").into_iter().enumerate() {
        validate_host(host.as_str().unwrap_or_default(), &path.field("hosts").index(index), errors);
    }
    let secret = tls.text("secretName");
    if !secret.is_empty() {
        report(names::dns_1123_subdomain(secret), &path.field("secretName"), secret, errors);
    }
}

fn validate_rule(rule: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let host = rule.text("host");
    if !host.is_empty() {
        if ip::parse_ip(host).is_some() {
            errors.invalid(&path.field("host"), host, "must be a DNS name, not an IP address");
        }
        validate_host(host, &path.field("host"), errors);
    }
    let Some(http) = rule.get("http") else { return };
    let path = path.field("http");
    let path = path.field("paths");
    let paths = http.list("paths");
    if paths.is_empty() {
        errors.required(&path, "");
    }
    for (index, http_path) in paths.into_iter().enumerate() {
        validate_path(http_path, minor, &path.index(index), errors);
    }
}

fn validate_path(http_path: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let text = http_path.text("path");
    let Some(path_type) = http_path.text_pointer("pathType") else {
        errors.required(&path.field("pathType"), "pathType must be specified");
        return;
    };
    let text_path = path.field("path");
    match path_type {
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                errors.invalid(&text_path, text, "must be an absolute path");
            }
            for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                if text.contains(bad) {
                    errors.invalid(&text_path, text, &format!("must not contain '{bad}'"));
                }
            }
            for bad in ["/..", "/."] {
                if text.ends_with(bad) {
                    errors.invalid(&text_path, text, &format!("cannot end with '{bad}'"));
                }
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                errors.invalid(&text_path, text, "must be an absolute path");
            }
        }
        other => one_of(other, &["Exact", "ImplementationSpecific", "Prefix"], &path.field("pathType"), errors),
    }
    validate_backend(http_path.get("backend"), minor, &path.field("backend"), errors);
}

fn validate_backend(backend: Option<NodeRef<'_>>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let part = |key| backend.and_then(|backend| backend.get(key));
    match (part("resource"), part("service")) {
        (Some(_), Some(_)) => errors.invalid(path, "", "cannot set both resource and service backends"),
        (Some(resource), None) => validate_reference(resource, &path.field("resource"), errors),
        (None, Some(service)) => validate_service(service, minor, path, errors),
        (None, None) => errors.invalid(path, "", "resource or service backend is required"),
    }
}

fn validate_service(service: NodeRef<'_>, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    let service_path = path.field("service");
    let name = service.text("name");
    if name.is_empty() {
        errors.required(&service_path.field("name"), "");
    } else {
        // RelaxedServiceNameValidation is on by default since 1.36.
        let complaints = if minor >= Minor(36) { names::dns_1123_label(name) } else { names::dns_1035_label(name) };
        report(complaints, &service_path.field("name"), name, errors);
    }
    let port = service.get("port");
    let port_path = service_path.field("port");
    match (port.text("name"), port.int("number").unwrap_or(0)) {
        ("", 0) => errors.required(path, "port name or number is required"),
        ("", number) => {
            if !ports::is_port_number(number) {
                errors.invalid(&port_path.field("number"), &number, ports::PORT_NUMBER_MESSAGE);
            }
        }
        (name, 0) => report(ports::port_name(name), &port_path.field("name"), name, errors),
        _ => errors.invalid(path, "", "cannot set both port name & port number"),
    }
}

/// A reference by kind and name (`validateIngressTypedLocalObjectReference`, and the like half of the parameters of
/// a class).
pub(super) fn validate_reference(reference: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(group) = reference.text_pointer("apiGroup") {
        report(names::dns_1123_subdomain(group), &path.field("apiGroup"), group, errors);
    }
    for field in ["kind", "name"] {
        validate_path_segment(reference.text(field), &path.field(field), errors);
    }
}

/// A text that is needed and can stand in a URL path.
pub(super) fn validate_path_segment(text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if text.is_empty() {
        errors.required(path, "");
    } else {
        report(names::path_segment_name(text), path, text, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with, findings_of};
    use serde_json::{Value, json};

    fn ingress() -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "pier"},
            "spec": {"rules": [{"host": "pier.example", "http": {"paths": [
                {"path": "/boats", "pathType": "Prefix", "backend": {"service": {"name": "boats", "port": {"number": 80}}}},
            ]}}]},
        })
    }

    #[test]
    fn a_plain_route_is_good() {
        assert_eq!(errors_of(&ingress()), Vec::<String>::new());
    }

    #[test]
    fn something_is_routed() {
        assert_eq!(
            errors_with(&ingress(), "/spec/rules", None),
            ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]
        );
        assert_eq!(
            errors_with(&ingress(), "/spec/rules/0/http/paths", Some(json!([]))),
            ["spec.rules[0].http.paths: Required value"]
        );
    }

    #[test]
    fn hosts_are_names() {
        assert_eq!(
            errors_with(&ingress(), "/spec/rules/0/host", Some(json!("10.0.0.7"))),
            ["spec.rules[0].host: Invalid value: \"10.0.0.7\": must be a DNS name, not an IP address"]
        );
        assert_eq!(errors_with(&ingress(), "/spec/rules/0/host", Some(json!("*.example"))), Vec::<String>::new());
        assert_eq!(errors_with(&ingress(), "/spec/rules/0/host", Some(json!("a.*.example"))).len(), 1);
    }

    #[test]
    fn paths_are_absolute_and_plain() {
        let path = "/spec/rules/0/http/paths/0/path";
        assert_eq!(
            errors_with(&ingress(), path, Some(json!("boats"))),
            ["spec.rules[0].http.paths[0].path: Invalid value: \"boats\": must be an absolute path"]
        );
        assert_eq!(
            errors_with(&ingress(), path, Some(json!("/a//.."))),
            [
                "spec.rules[0].http.paths[0].path: Invalid value: \"/a//..\": must not contain '//'",
                "spec.rules[0].http.paths[0].path: Invalid value: \"/a//..\": cannot end with '/..'",
            ]
        );
        assert_eq!(
            errors_with(&ingress(), "/spec/rules/0/http/paths/0/pathType", None),
            ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"]
        );
    }

    #[test]
    fn a_backend_is_one_thing_with_one_port() {
        let backend = "/spec/rules/0/http/paths/0/backend";
        assert_eq!(
            errors_with(&ingress(), backend, None),
            ["spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required"]
        );
        assert_eq!(
            errors_with(
                &ingress(),
                backend,
                Some(json!({"service": {"name": "a", "port": {"name": "x", "number": 1}}}))
            ),
            ["spec.rules[0].http.paths[0].backend: Invalid value: \"\": cannot set both port name & port number"]
        );
        assert_eq!(
            errors_with(&ingress(), backend, Some(json!({"resource": {"kind": "Bucket"}}))),
            ["spec.rules[0].http.paths[0].backend.resource.name: Required value"]
        );
    }

    #[test]
    fn the_old_annotation_draws_a_warning_or_must_agree() {
        let mut old = ingress();
        old["metadata"]["annotations"] = json!({"kubernetes.io/ingress.class": "inner"});
        let findings = findings_of(&old, crate::schema::Minor(36));
        assert_eq!(
            findings[0].message,
            "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
        );
        old["spec"]["ingressClassName"] = json!("outer");
        assert_eq!(
            errors_of(&old),
            [
                "annotations.kubernetes.io/ingress.class: Invalid value: \"inner\": must match `ingressClassName` when both \
              are specified"
            ]
        );
    }
}
