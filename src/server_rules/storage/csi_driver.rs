//! `CSIDriver`: what a driver can do, and what it is told. Also the name of a driver, wherever one stands.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};

/// A `CSIDriver`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/csi-driver",
    level: Level::Error,
    summary: "a CSIDriver's policies, modes or tokens are not valid",
    why: "the kubelet acts on every field of it and knows no other values",
    docs: include_str!("csi-driver.md"),
};

/// Judges a `CSIDriver` on creation (`ValidateCSIDriver`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    if let Some(policy) = spec.text_pointer("fsGroupPolicy") {
        one_of(policy, &["File", "None", "ReadWriteOnceWithFSType"], &path.field("fsGroupPolicy"), errors);
    }
    let requests = spec.list("tokenRequests");
    for (index, request) in requests.iter().enumerate() {
        let path = path.field("tokenRequests");
        let path = path.index(index);
        let audience = request.text("audience");
        if requests[..index].iter().any(|earlier| earlier.text("audience") == audience) {
            errors.duplicate(&path.field("audience"), audience);
            continue;
        }
        let path = path.field("expirationSeconds");
        match request.int("expirationSeconds") {
            Some(seconds) if seconds < 600 => {
                errors.invalid(&path, &seconds, "may not specify a duration less than 10 minutes");
            }
            Some(seconds) if seconds > 1 << 32 => {
                errors.invalid(&path, &seconds, "may not specify a duration larger than 2^32 seconds");
            }
            _ => {}
        }
    }
    for mode in spec.list("volumeLifecycleModes") {
        let mode = mode.as_str().unwrap_or_default();
        if !matches!(mode, "Persistent" | "Ephemeral") {
            errors.not_supported_in_order(&path.field("volumeLifecycleModes"), mode, &["Persistent", "Ephemeral"]);
        }
    }
    // Both gates, MutableCSINodeAllocatableCount and CSIServiceAccountTokenSecrets, are on by default since 1.35.
    if let Some(seconds) = spec.int("nodeAllocatableUpdatePeriodSeconds").filter(|_| minor >= Minor(35))
        && seconds < 10
    {
        errors.invalid(
            &path.field("nodeAllocatableUpdatePeriodSeconds"),
            &seconds,
            "must be greater than or equal to 10 seconds",
        );
    }
    if spec.has("serviceAccountTokenInSecrets") && requests.is_empty() && minor >= Minor(35) {
        errors.invalid(
            &path.field("serviceAccountTokenInSecrets"),
            &spec.flag("serviceAccountTokenInSecrets"),
            "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
        );
    }
}

/// The name of a CSI driver in a field (`ValidateCSIDriverName` of `pkg/apis/core/validation`): a DNS subdomain of at
/// most 63 bytes, whatever its case.
pub(in crate::server_rules) fn validate_driver_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    if name.len() > 63 {
        errors.too_long(path, 63);
    }
    report(names::dns_1123_subdomain(&name.to_lowercase()), path, name, errors);
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "disk.example"}, "spec": spec,
        }))
    }

    #[test]
    fn values_are_known() {
        assert_eq!(errors(&json!({})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"volumeLifecycleModes": ["ephemeral"]})),
            [
                "spec.volumeLifecycleModes: Unsupported value: \"ephemeral\": supported values: \"Persistent\", \"Ephemeral\""
            ]
        );
        assert_eq!(
            errors(&json!({"nodeAllocatableUpdatePeriodSeconds": 9})),
            ["spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds"]
        );
    }

    #[test]
    fn tokens_have_one_audience_and_last() {
        assert_eq!(
            errors(&json!({"tokenRequests": [{"audience": "a", "expirationSeconds": 599}, {"audience": "a"}]})),
            [
                "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 \
                 minutes",
                "spec.tokenRequests[1].audience: Duplicate value: \"a\"",
            ]
        );
    }
}
