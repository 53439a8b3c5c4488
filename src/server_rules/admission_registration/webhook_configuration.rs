//! `ValidatingWebhookConfiguration` and `MutatingWebhookConfiguration`: who is asked, about what, and how.

use super::expression::Compiler;
use super::rules::{texts, validate_match_conditions, validate_rule, validate_selector, validate_word};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, ports, report, url};
use crate::yaml::NodeRef;

/// The webhooks of a configuration.
pub static RULE: Rule = Rule {
    id: "api/webhook-configuration",
    level: Level::Error,
    summary: "a webhook's name, rules, client or policies are not valid",
    why: "the API server asks webhooks about requests it holds up, so it takes only those it can surely ask",
    docs: include_str!("webhook-configuration.md"),
};

/// Judges a configuration of either kind on creation (`ValidateValidatingWebhookConfiguration`,
/// `ValidateMutatingWebhookConfiguration`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let is_mutating = judge.gvk.kind == "MutatingWebhookConfiguration";
    let minor = judge.minor;
    let path = Path::ROOT.field("webhooks");
    let webhooks = judge.root.list("webhooks");
    for (index, webhook) in webhooks.iter().enumerate() {
        let path = path.index(index);
        let errors = &mut judge.errors;
        validate_webhook(*webhook, is_mutating, minor, &path, errors);
        validate_review_versions(*webhook, &path.field("admissionReviewVersions"), errors);
        let name = webhook.text("name");
        if !name.is_empty() && webhooks[..index].iter().any(|earlier| earlier.text("name") == name) {
            errors.duplicate(&path.field("name"), name);
        }
    }
}

fn validate_webhook(webhook: NodeRef<'_>, is_mutating: bool, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_name(webhook.text("name"), &path.field("name"), errors);
    for (index, rule) in webhook.list("rules").into_iter().enumerate() {
        validate_rule(rule, &path.field("rules").index(index), errors);
    }
    let word = |field| webhook.text_pointer(field);
    validate_word(word("failurePolicy"), &["Fail", "Ignore"], &path.field("failurePolicy"), errors);
    validate_word(word("matchPolicy"), &["Equivalent", "Exact"], &path.field("matchPolicy"), errors);
    match word("sideEffects") {
        None => errors.required(&path.field("sideEffects"), "must specify one of None, NoneOnDryRun"),
        Some(effects) => one_of(effects, &["None", "NoneOnDryRun"], &path.field("sideEffects"), errors),
    }
    if let Some(seconds) = webhook.int("timeoutSeconds").filter(|seconds| !(1..=30).contains(seconds)) {
        let path = path.field("timeoutSeconds");
        errors.invalid(&path, &seconds, "the timeout value must be between 1 and 30 seconds");
    }
    validate_selector(webhook, "namespaceSelector", path, errors);
    validate_selector(webhook, "objectSelector", path, errors);
    if is_mutating {
        let path = path.field("reinvocationPolicy");
        validate_word(word("reinvocationPolicy"), &["IfNeeded", "Never"], &path, errors);
    }
    let client = webhook.get("clientConfig");
    let part = |key| client.and_then(|client| client.get(key));
    let client_path = path.field("clientConfig");
    match (part("url").and_then(NodeRef::as_str), part("service")) {
        (Some(url), None) => validate_url(url, &client_path.field("url"), errors),
        (None, Some(service)) => validate_service(service, &client_path.field("service"), errors),
        _ => errors.required(&client_path, "exactly one of url or service is required"),
    }
    // AdmissionWebhookMatchConditions is on by default since 1.28; before, the field is dropped.
    if minor >= Minor(28) {
        validate_match_conditions(webhook, &Compiler::new(minor, false, false), path, errors);
    }
}

/// `IsFullyQualifiedName` of apimachinery `pkg/util/validation`.
fn validate_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = names::dns_1123_subdomain(name);
    if name.is_empty() {
        errors.required(path, "");
    } else if !complaints.is_empty() {
        errors.invalid(path, name, &complaints.join(","));
    } else if name.split('.').count() < 3 {
        errors.invalid(path, name, "should be a domain with at least three segments separated by dots");
    }
}

fn validate_review_versions(webhook: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let versions = texts(webhook, "admissionReviewVersions");
    let Some(node) = webhook.get("admissionReviewVersions").filter(|_| !versions.is_empty()) else {
        errors.required(path, "must specify one of v1, v1beta1");
        return;
    };
    for (index, version) in versions.iter().enumerate() {
        if versions[..index].contains(version) {
            errors.invalid(&path.index(index), *version, "duplicate version");
        } else {
            report(names::dns_1035_label(version), &path.index(index), version, errors);
        }
    }
    if !versions.iter().any(|version| matches!(*version, "v1" | "v1beta1")) {
        errors.invalid(path, &node, "must include at least one of v1, v1beta1");
    }
}

/// `ValidateWebhookURL` of apiserver `pkg/util/webhook/validation.go`.
pub(in crate::server_rules) fn validate_url(text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    const FORM: &str = "; desired format: https://host[/path]";
    let url = match url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            let text = crate::go_quote::go_quote(text);
            errors.required(path, &format!("url must be a valid URL: parse {text}: {error}{FORM}"));
            return;
        }
    };
    if url.scheme != "https" {
        errors.invalid(path, &url.scheme, &format!("'https' is the only allowed URL scheme{FORM}"));
    }
    if url.host.is_empty() {
        errors.invalid(path, "", &format!("host must be specified{FORM}"));
    }
    if let Some(user) = &url.user {
        errors.invalid(path, user, "user information is not permitted in the URL");
    }
    if !url.fragment.is_empty() {
        errors.invalid(path, &url.fragment, "fragments are not permitted in the URL");
    }
    if !url.query.is_empty() {
        errors.invalid(path, &url.query, "query parameters are not permitted in the URL");
    }
}

/// `ValidateWebhookService` of apiserver `pkg/util/webhook/validation.go`.
pub(in crate::server_rules) fn validate_service(service: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    // The caller hands name and namespace over in the wrong order, so each is told of the other.
    for (field, told) in [("namespace", "name"), ("name", "namespace")] {
        if service.text(field).is_empty() {
            errors.required(&path.field(told), "");
        }
    }
    let port = service.int("port").unwrap_or(443);
    if !ports::is_port_number(port) {
        let text = format!("port is not valid: {}", ports::PORT_NUMBER_MESSAGE);
        errors.invalid(&path.field("port"), &port, &text);
    }
    let text = service.text("path");
    let path = path.field("path");
    match text {
        "" | "/" => return,
        "//" => {
            errors.invalid(&path, text, "segment[0] may not be empty");
            return;
        }
        _ => {}
    }
    if !text.starts_with('/') {
        errors.invalid(&path, text, "must start with a '/'");
    }
    // The first byte is passed over whatever it is.
    let mut steps = String::from_utf8_lossy(&text.as_bytes()[1..]).into_owned();
    if steps.ends_with('/') {
        steps.pop();
    }
    for (index, step) in steps.split('/').enumerate() {
        if step.is_empty() {
            errors.invalid(&path, text, &format!("segment[{index}] may not be empty"));
            continue;
        }
        for complaint in names::dns_1123_subdomain(step) {
            errors.invalid(&path, text, &format!("segment[{index}]: {complaint}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn configuration() -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "harbour"},
            "webhooks": [{
                "name": "ships.harbour.example", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"service": {"namespace": "quay", "name": "master", "path": "/ships"}},
                "rules": [{
                    "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                }],
            }],
        })
    }

    #[test]
    fn a_webhook_says_who_it_is_and_what_it_does() {
        assert_eq!(errors_of(&configuration()), Vec::<String>::new());
        assert_eq!(
            errors_with(&configuration(), "/webhooks/0/name", Some(json!("ships.example"))),
            ["webhooks[0].name: Invalid value: \"ships.example\": should be a domain with at least three segments \
              separated by dots"]
        );
        assert_eq!(
            errors_with(&configuration(), "/webhooks/0/sideEffects", Some(json!("Some"))),
            ["webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\""]
        );
        assert_eq!(
            errors_with(&configuration(), "/webhooks/0/admissionReviewVersions", Some(json!(["v2"]))),
            ["webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1"]
        );
    }

    #[test]
    fn a_webhook_is_reached_in_one_way() {
        let client = "/webhooks/0/clientConfig";
        assert_eq!(
            errors_with(&configuration(), client, Some(json!({}))),
            ["webhooks[0].clientConfig: Required value: exactly one of url or service is required"]
        );
        assert_eq!(
            errors_with(&configuration(), client, Some(json!({"url": "http://ada@quay.example?x"}))),
            [
                "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired \
                 format: https://host[/path]",
                "webhooks[0].clientConfig.url: Invalid value: \"ada\": user information is not permitted in the URL",
                "webhooks[0].clientConfig.url: Invalid value: \"x\": query parameters are not permitted in the URL",
            ]
        );
        assert_eq!(
            errors_with(
                &configuration(),
                client,
                Some(json!({"service": {"name": "a", "namespace": "b", "path": "/a//b"}}))
            ),
            ["webhooks[0].clientConfig.service.path: Invalid value: \"/a//b\": segment[1] may not be empty"]
        );
    }

    #[test]
    fn rules_do_not_repeat_what_a_star_says() {
        let resources = "/webhooks/0/rules/0/resources";
        assert_eq!(
            errors_with(&configuration(), resources, Some(json!(["pods/*", "pods/status"]))),
            [
                "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify \
              pods/status"
            ]
        );
        assert_eq!(
            errors_with(&configuration(), resources, Some(json!(["*", "pods"]))),
            [
                "webhooks[0].rules[0].resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other \
              resources without subresources"
            ]
        );
        assert_eq!(
            errors_with(&configuration(), "/webhooks/0/rules/0/operations", Some(json!(["create"]))),
            [
                "webhooks[0].rules[0].operations[0]: Unsupported value: \"create\": supported values: \"*\", \"CONNECT\", \
              \"CREATE\", \"DELETE\", \"UPDATE\""
            ]
        );
    }
}
