//! `CertificateSigningRequest`: what is asked for, of whom, for how long.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{bytes, names};

/// A `CertificateSigningRequest`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/certificate-signing-request",
    level: Level::Error,
    summary: "a CertificateSigningRequest's request, usages or signer are not valid",
    why: "no signer could answer a request that is none, or that asks for uses it does not know",
    docs: include_str!("certificate-signing-request.md"),
};

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Judges a `CertificateSigningRequest` on creation (`ValidateCertificateSigningRequestCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let request = spec.and_then(|spec| spec.get("request"));
    let blocks = request.map(|request| bytes::pem_types(&bytes::of(request))).unwrap_or_default();
    if blocks.first().is_none_or(|block| block != "CERTIFICATE REQUEST") {
        let path = path.field("request");
        let complaint = "PEM block type must be CERTIFICATE REQUEST";
        match request {
            Some(request) => errors.invalid(&path, &request, complaint),
            None => errors.invalid(&path, &crate::finding::Verbatim("null"), complaint),
        }
    }
    let usages: Vec<&str> = spec.list("usages").into_iter().map(|usage| usage.as_str().unwrap_or_default()).collect();
    let usages_path = path.field("usages");
    if usages.is_empty() {
        errors.required(&usages_path, "");
    }
    for (index, usage) in usages.iter().enumerate() {
        if !USAGES.contains(usage) {
            errors.not_supported(&usages_path.index(index), *usage, &USAGES);
        }
    }
    for (index, usage) in usages.iter().enumerate() {
        if usages[..index].contains(usage) {
            errors.duplicate(&usages_path.index(index), *usage);
        }
    }
    let signer = spec.text("signerName");
    if signer == "kubernetes.io/legacy-unknown" {
        let complaint = "the legacy signerName is not allowed via this API version";
        errors.invalid(&path.field("signerName"), signer, complaint);
    } else {
        validate_signer_name(signer, &path.field("signerName"), errors);
    }
    if let Some(seconds) = spec.int("expirationSeconds").filter(|seconds| *seconds < 600) {
        errors.invalid(
            &path.field("expirationSeconds"),
            &seconds,
            "may not specify a duration less than 600 seconds (10 minutes)",
        );
    }
}

/// `ValidateSignerName`: a domain and a path.
pub(in crate::server_rules) fn validate_signer_name(signer: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if signer.is_empty() {
        errors.required(path, "");
        return;
    }
    let (domain, rest) = match signer.split_once('/') {
        Some((domain, rest)) if !rest.contains('/') => (domain, rest),
        _ => {
            let complaint = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
            errors.invalid(path, signer, complaint);
            return;
        }
    };
    if domain.len() > 253 {
        errors.too_long(path, 253);
    }
    validate_labels(domain, names::dns_1123_label, path, errors);
    if !domain.contains('.') {
        errors.invalid(path, domain, "should be a domain with at least two segments separated by dots");
    }
    validate_labels(rest, names::dns_1123_subdomain, path, errors);
    if signer.len() > 571 {
        errors.too_long(path, 571);
    }
}

/// Tells what is wrong with the first part that is not as it should be.
fn validate_labels(text: &str, grammar: fn(&str) -> names::Complaints, path: &Path<'_>, errors: &mut FieldErrors) {
    for label in text.split('.') {
        let complaints = grammar(label);
        for complaint in &complaints {
            errors.invalid(path, text, &format!("validating label \"{label}\": {complaint}"));
        }
        if !complaints.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    /// `-----BEGIN CERTIFICATE REQUEST-----`, a line, and its end.
    const REQUEST: &str =
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQgotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

    #[test]
    fn a_request_is_one_and_says_what_for() {
        let errors = |usages| {
            errors_of(&json!({
                "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "ada"},
                "spec": {"request": REQUEST, "signerName": "tides.example/crew", "usages": usages},
            }))
        };
        assert_eq!(errors(json!(["client auth"])), Vec::<String>::new());
        assert_eq!(errors(json!([])), ["spec.usages: Required value"]);
        assert_eq!(errors(json!(["any", "any"])), ["spec.usages[1]: Duplicate value: \"any\""]);
        assert!(errors(json!(["Any"]))[0].starts_with("spec.usages[0]: Unsupported value: \"Any\": supported values:"));
    }

    #[test]
    fn signers_have_a_domain_and_a_path() {
        let complaints = |signer: &str| {
            let mut errors = FieldErrors::new(&RULE);
            validate_signer_name(signer, &Path::ROOT.field("signerName"), &mut errors);
            errors.list.iter().map(crate::finding::FieldError::message).collect::<Vec<_>>()
        };
        assert!(complaints("tides.example/crew").is_empty());
        assert_eq!(
            complaints("tides/crew"),
            ["signerName: Invalid value: \"tides\": should be a domain with at least two segments separated by dots"]
        );
        assert_eq!(
            complaints("tides.example"),
            ["signerName: Invalid value: \"tides.example\": must be a fully qualified domain and path of the form \
              'example.com/signer-name'"]
        );
    }
}
