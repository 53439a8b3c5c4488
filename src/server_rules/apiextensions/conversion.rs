//! `spec.conversion`: how objects of one version become objects of another.
//!
//! Apart because it is one part with a client of its own. The server's words have the paths of its internal form, where
//! what stands in `webhook` stands in `conversion` itself. Source: `validateCustomResourceConversion` of
//! apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::names::label;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::admission_registration::webhook_configuration::{validate_service, validate_url};
use crate::server_rules::content::one_of;
use crate::yaml::NodeRef;

/// Judges `spec.conversion`; one that is not written converts nothing. `requires_known_version` is not asked of a
/// definition that had no review version the server knows before.
pub(super) fn validate(spec: Option<NodeRef<'_>>, requires_known_version: bool, errors: &mut FieldErrors) {
    let Some(conversion) = spec.and_then(|spec| spec.get("conversion")) else { return };
    let path = Path::ROOT.field("spec");
    let path = path.field("conversion");
    let strategy = conversion.text("strategy");
    if strategy != "None" && spec.is_some_and(|spec| spec.flag("preserveUnknownFields")) {
        let text = "must be None if spec.preserveUnknownFields is true";
        errors.invalid(&path.field("strategy"), strategy, text);
    }
    if strategy.is_empty() {
        errors.required(&path.field("strategy"), "");
    } else {
        one_of(strategy, &["None", "Webhook"], &path.field("strategy"), errors);
    }
    let webhook = conversion.get("webhook");
    let client = webhook.and_then(|webhook| webhook.get("clientConfig"));
    let versions = webhook.and_then(|webhook| webhook.get("conversionReviewVersions"));
    let client_path = path.field("webhookClientConfig");
    let versions_path = path.field("conversionReviewVersions");
    if strategy != "Webhook" {
        let text = "should not be set when strategy is not set to Webhook";
        if client.is_some() {
            errors.forbidden(&client_path, text);
        }
        if versions.is_some_and(|versions| !versions.is_empty()) {
            errors.forbidden(&versions_path, text);
        }
        return;
    }
    match client {
        None => errors.required(&client_path, "required when strategy is set to Webhook"),
        Some(client) => match (client.text_pointer("url"), client.get("service")) {
            (Some(url), None) => validate_url(url, &client_path.field("url"), errors),
            (None, Some(service)) => validate_service(service, &client_path.field("service"), errors),
            _ => errors.required(&client_path, "exactly one of url or service is required"),
        },
    }
    validate_review_versions(versions, requires_known_version, &versions_path, errors);
}

/// Whether a review version that the server knows is among those of a conversion, or there is none at all
/// (`hasValidConversionReviewVersionOrEmpty`).
pub(super) fn has_known_version_or_none(spec: Option<NodeRef<'_>>) -> bool {
    let versions = spec.and_then(|spec| spec.at(&["conversion", "webhook"])).list("conversionReviewVersions");
    versions.is_empty() || versions.into_iter().any(is_known)
}

fn is_known(version: NodeRef<'_>) -> bool {
    matches!(version.as_str(), Some("v1" | "v1beta1"))
}

fn validate_review_versions(
    versions: Option<NodeRef<'_>>,
    requires_known_version: bool,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let Some(versions) = versions.filter(|versions| !versions.is_empty()) else {
        errors.required(path, "");
        return;
    };
    let mut seen = Vec::new();
    for (index, version) in versions.elements().enumerate() {
        let version = version.as_str().unwrap_or_default();
        if seen.contains(&version) {
            errors.invalid(&path.index(index), version, "duplicate version");
            continue;
        }
        seen.push(version);
        label(version, &path.index(index), errors);
    }
    if requires_known_version && !versions.elements().any(is_known) {
        errors.invalid(path, &versions, "must include at least one of v1, v1beta1");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::errors_with;
    use serde_json::{Value, json};

    fn errors(conversion: Value) -> Vec<String> {
        errors_with(&definition(), "/spec/conversion", Some(conversion))
    }

    #[test]
    fn a_webhook_is_asked_only_where_it_converts() {
        assert_eq!(errors(json!({})), ["spec.conversion.strategy: Required value"]);
        assert_eq!(
            errors(json!({"strategy": "Magic", "webhook": {"clientConfig": {"url": "https://quay.example"}}})),
            [
                "spec.conversion.strategy: Unsupported value: \"Magic\": supported values: \"None\", \"Webhook\"",
                "spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook",
            ]
        );
        assert_eq!(
            errors(json!({"strategy": "Webhook"})),
            [
                "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
                "spec.conversion.conversionReviewVersions: Required value",
            ]
        );
    }

    #[test]
    fn a_webhook_is_reached_in_one_way_with_a_version_that_is_known() {
        let service = json!({"namespace": "quay", "name": "master"});
        let webhook = |client: Value, versions: Value| {
            errors(json!({"strategy": "Webhook",
                "webhook": {"clientConfig": client, "conversionReviewVersions": versions}}))
        };
        assert_eq!(webhook(json!({"service": service}), json!(["v1", "v2"])), Vec::<String>::new());
        assert_eq!(
            webhook(json!({"service": service, "url": "https://quay.example"}), json!(["v1", "v1"])),
            [
                "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required",
                "spec.conversion.conversionReviewVersions[1]: Invalid value: \"v1\": duplicate version",
            ]
        );
        assert_eq!(
            webhook(json!({"service": service}), json!(["v2"])),
            ["spec.conversion.conversionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, \
              v1beta1"]
        );
    }
}
