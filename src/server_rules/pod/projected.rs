//! Projected volumes: several sources in one directory (`validateProjectionSources`).
//!
//! Apart because its sources have rules of their own, and share one set of paths.
//!
//! A source whose gate is off is dropped before validation, and a source without content is no fault.

use super::context::Context;
use super::volume_sources::{downward_api_file, key_to_path};
use super::{check, items};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::certificates::certificate_signing_request::validate_signer_name;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::HashSet;

const CONFLICT: &str = "conflicting duplicate paths";

pub(super) fn validate(source: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    check::file_mode(source.int("defaultMode"), &path.field("defaultMode"), errors);
    let mut paths: HashSet<&str> = HashSet::new();
    let sources_path = path.field("sources");
    for (index, source) in items(source, "sources") {
        let element = sources_path.index(index);
        let mut sources = 0;
        for kind in ["secret", "configMap"] {
            let Some(keys) = source.get(kind) else { continue };
            sources += 1;
            let kind_path = element.field(kind);
            let name = keys.text("name");
            check::required(name, &kind_path.field("name"), errors);
            let items_path = kind_path.field("items");
            for (index, item) in items(keys, "items") {
                key_to_path(item, &items_path.index(index), errors);
                let file = item.text("path");
                if !file.is_empty() && !paths.insert(file) {
                    errors.invalid(path, name, CONFLICT);
                }
            }
        }
        if let Some(files) = source.get("downwardAPI") {
            sources += 1;
            for (_, file) in items(files, "items") {
                downward_api_file(file, &element.field("downwardAPI"), errors);
                let file = file.text("path");
                if !file.is_empty() && !paths.insert(file) {
                    errors.invalid(path, file, CONFLICT);
                }
            }
        }
        if let Some(token) = source.get("serviceAccountToken") {
            sources += 1;
            let token_path = element.field("serviceAccountToken");
            let expiration_path = token_path.field("expirationSeconds");
            let seconds = token.int("expirationSeconds").unwrap_or(3600);
            if seconds < 600 {
                errors.invalid(&expiration_path, &seconds, "may not specify a duration less than 10 minutes");
            }
            if seconds > 1 << 32 {
                errors.invalid(&expiration_path, &seconds, "may not specify a duration larger than 2^32 seconds");
            }
            // The server leaves the source out of this path.
            let file = token.text("path");
            if file.is_empty() {
                errors.required(&path.field("path"), "");
            } else if pod.gates.token_paths_are_judged() {
                check::non_reserved_path(file, &path.field("path"), errors);
            }
        }
        if let Some(bundle) = source.get("clusterTrustBundle").filter(|_| pod.gates.cluster_trust_bundles()) {
            sources += 1;
            trust_bundle(bundle, &element.field("clusterTrustBundle"), errors);
            let file = bundle.text("path");
            if !paths.insert(file) {
                errors.invalid(path, file, CONFLICT);
            }
        }
        if let Some(certificate) = source.get("podCertificate").filter(|_| pod.gates.pod_certificates()) {
            sources += 1;
            let certificate_path = element.field("podCertificate");
            certificate_settings(certificate, &certificate_path, errors);
            certificate_files(certificate, &mut paths, path, &certificate_path, errors);
        }
        if sources > 1 {
            errors.forbidden(&element, "may not specify more than 1 volume type per source");
        }
    }
}

/// Certificates that a cluster trusts, by name or by signer.
fn trust_bundle(bundle: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    match (bundle.text_pointer("name"), bundle.text_pointer("signerName")) {
        (Some(_), Some(_)) => errors.invalid(path, &bundle, "only one of name and signerName may be used"),
        (Some(name), None) => {
            let name_path = path.field("name");
            if name.is_empty() {
                errors.required(&name_path, "must be a valid object name");
            }
            for complaint in bundle_name_complaints(name) {
                errors.invalid(&name_path, name, &format!("not a valid clustertrustbundlename: {complaint}"));
            }
            if let Some(selector) = bundle.get("labelSelector") {
                let text = "labelSelector must be unset if name is specified";
                errors.invalid(&path.field("labelSelector"), &selector, text);
            }
        }
        (None, Some(signer)) => {
            let signer_path = path.field("signerName");
            if signer.is_empty() {
                errors.required(&signer_path, "must be a valid signer name");
            }
            validate_signer_name(signer, &signer_path, errors);
            check::label_selector(bundle.get("labelSelector"), true, &path.field("labelSelector"), errors);
        }
        (None, None) => errors.required(path, "either name or signerName must be specified"),
    }
    let file = bundle.text("path");
    check::required(file, &path.field("path"), errors);
    check::non_reserved_path(file, &path.field("path"), errors);
}

/// The name of a bundle: a signer's begins with the signer, slashes written as colons (`ValidateClusterTrustBundleName`
/// of `pkg/apis/core/validation/names.go`).
fn bundle_name_complaints(name: &str) -> names::Complaints {
    names::dns_1123_subdomain(name.rsplit_once(':').map_or(name, |(_, own)| own))
}

/// What is asked of the certificate, its files apart.
fn certificate_settings(certificate: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    const KEY_TYPES: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
    let signer = certificate.text("signerName");
    validate_signer_name(signer, &path.field("signerName"), errors);
    if let Some(annotations) = certificate.get("userAnnotations") {
        let path = path.field("userAnnotations");
        check::annotations(Some(annotations), &path, errors);
        for entry in annotations.entries().filter(|entry| !entry.name().contains('/')) {
            errors.invalid(&path, entry.name(), "must be a domain-prefixed key (such as \"acme.io/foo\")");
        }
    }
    let key_type = certificate.text("keyType");
    if !KEY_TYPES.contains(&key_type) {
        errors.not_supported_in_order(&path.field("keyType"), key_type, &KEY_TYPES);
    }
    if let Some(seconds) = certificate.int("maxExpirationSeconds") {
        let path = path.field("maxExpirationSeconds");
        let domain = signer.split_once('/').map_or(signer, |(domain, _)| domain);
        let is_own = domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
        let limit = if is_own { 86_400 } else { 7_862_400 };
        if seconds < 3600 {
            errors.invalid(&path, &seconds, "if provided, maxExpirationSeconds must be >= 3600");
        }
        if seconds > limit {
            errors.invalid(&path, &seconds, &format!("if provided, maxExpirationSeconds must be <= {limit}"));
        }
    }
}

/// Where the key and the certificates are put; `path` is the volume's.
fn certificate_files<'t>(
    certificate: NodeRef<'t>,
    paths: &mut HashSet<&'t str>,
    path: &Path<'_>,
    certificate_path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let mut files = 0;
    for field in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
        let file = certificate.text(field);
        if file.is_empty() {
            continue;
        }
        files += 1;
        check::non_reserved_path(file, &certificate_path.field(field), errors);
        if !paths.insert(file) {
            errors.invalid(path, file, CONFLICT);
        }
    }
    if files == 0 {
        let text = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
        errors.required(certificate_path, text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, spec_errors};
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, findings_of};
    use serde_json::json;

    #[test]
    fn sources_share_one_set_of_paths() {
        assert_eq!(
            spec_errors(json!({"volumes": [{"name": "tray", "projected": {"sources": [
                {"secret": {"name": "s", "items": [{"key": "k", "path": "a"}]}},
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "a"}]}, "secret": {}},
                {"serviceAccountToken": {"path": "../t", "expirationSeconds": 60}},
                {"clusterTrustBundle": {"path": "/is/dropped"}},
            ]}}]})),
            [
                "spec.volumes[0].projected.sources[1].secret.name: Required value",
                "spec.volumes[0].projected: Invalid value: \"c\": conflicting duplicate paths",
                "spec.volumes[0].projected.sources[1]: Forbidden: may not specify more than 1 volume type per source",
                "spec.volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 60: may \
                 not specify a duration less than 10 minutes",
                "spec.volumes[0].projected.path: Invalid value: \"../t\": must not contain '..'",
            ]
        );
    }

    #[test]
    fn trust_bundles_and_certificates_are_judged_since_1_37() {
        let pod = pod(json!({"volumes": [{"name": "tray", "projected": {"sources": [
            {"clusterTrustBundle": {"path": "a"}},
            {"clusterTrustBundle": {"name": "b:C", "path": "a"}},
            {"podCertificate": {"signerName": "shop.example/ovens", "keyType": "DSA", "maxExpirationSeconds": 1}},
        ]}}]}));
        assert!(errors_of(&pod).is_empty());
        let at = "spec.volumes[0].projected";
        let complaint = "not a valid clustertrustbundlename: a lowercase RFC 1123 subdomain must consist of lower case \
                         alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character \
                         (e.g. 'example.com', regex used for validation is \
                         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        let messages: Vec<String> = findings_of(&pod, Minor(37)).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            messages,
            [
                format!(
                    "{at}.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified"
                ),
                format!("{at}.sources[1].clusterTrustBundle.name: Invalid value: \"b:C\": {complaint}"),
                format!("{at}: Invalid value: \"a\": conflicting duplicate paths"),
                format!(
                    "{at}.sources[2].podCertificate.keyType: Unsupported value: \"DSA\": supported values: \
                     \"RSA3072\", \"RSA4096\", \"ECDSAP256\", \"ECDSAP384\", \"ECDSAP521\", \"ED25519\""
                ),
                format!(
                    "{at}.sources[2].podCertificate.maxExpirationSeconds: Invalid value: 1: if provided, \
                     maxExpirationSeconds must be >= 3600"
                ),
                format!(
                    "{at}.sources[2].podCertificate: Required value: specify at least one of credentialBundlePath, \
                     keyPath, and certificateChainPath"
                ),
            ]
        );
    }
}
