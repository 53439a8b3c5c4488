//! Creating an object of a built-in kind: everything that is wrong with it, and the one answer the server gives.
//!
//! Apart from the walk because the server's answer tells of one fault, while a person needs all of them.

use super::FieldValidation;
use super::fault::{Fault, FaultKind};
use super::frame::Frame;
use super::rules;
use super::walk::Walk;
use crate::finding::{Applicability, Finding, Mend};
use crate::object::Object;
use crate::schema::{KindInfo, Schema};

/// What decoding an object came to.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// Everything that is wrong, in the order in which the server meets it.
    pub findings: Vec<Finding>,
    /// The message of the server's answer (HTTP 400), if it refuses the object. It tells of the first type error
    /// only, and of unknown fields only where there is no type error.
    pub server_message: Option<String>,
}

/// Decodes an object of a built-in kind as the API server does when it is created.
///
/// Source: apimachinery `pkg/runtime/serializer/json/json.go`, apiserver `pkg/endpoints/handlers/create.go` (1.36).
pub fn decode(object: &Object, kind: &KindInfo, schema: Schema, validation: FieldValidation) -> Decoded {
    let Some(definition) = schema.definition(kind.definition) else { return Decoded::default() };
    let root = object.root();
    let mut walk = Walk::new(schema);
    walk.fields(root, definition, &Frame::ROOT);
    if walk.faults.is_empty() && object.gvk.kind == kind.kind {
        return Decoded::default();
    }
    let mut decoded = Decoded::default();
    let inner = if object.gvk.kind == kind.kind {
        walk.returned().map(|fault| fault.message.clone()).or_else(|| strict_message(&walk.faults, validation))
    } else {
        let (spelled, group_version) = (&object.gvk.kind, object.gvk.api_version());
        let made_at = scheme_name(&object.gvk.group);
        let message =
            format!(r#"no kind "{spelled}" is registered for version "{group_version}" in scheme "{made_at}""#);
        let range = root.entry("kind").map_or(root.range(), |entry| entry.value.written_range());
        let written = root.entry("kind").and_then(|entry| Mend::write(entry.value, kind.kind, Applicability::Safe));
        let mut finding = Finding::at(&rules::KIND_CASE, message.clone(), object.span(range)).with_mend(written);
        finding.help = Some(format!("write `{}`", definition.name.rsplit('.').next().unwrap_or_default()));
        decoded.findings.push(Finding { object: Some(object.origin), ..finding });
        Some(message)
    };
    decoded.server_message = inner.map(|inner| {
        let (version, written, kind) = (kind.version, &object.gvk.kind, kind.kind);
        format!(r#"{written} in version "{version}" cannot be handled as a {kind}: {inner}"#)
    });
    decoded.findings.extend(walk.faults.into_iter().filter_map(|fault| fault.into_finding(object, validation)));
    decoded
}

/// The strict errors as one message: each text once, at most a hundred.
fn strict_message(faults: &[Fault], validation: FieldValidation) -> Option<String> {
    if validation != FieldValidation::Strict {
        return None;
    }
    let mut messages: Vec<&str> = Vec::new();
    for fault in faults.iter().filter(|fault| fault.kind == FaultKind::Unknown) {
        if messages.len() < 100 && !messages.contains(&fault.message.as_str()) {
            messages.push(&fault.message);
        }
    }
    (!messages.is_empty()).then(|| format!("strict decoding error: {}", messages.join(", ")))
}

/// The name of the scheme that knows a group's kinds: the line that makes it (1.36).
fn scheme_name(group: &str) -> &'static str {
    match group {
        "apiextensions.k8s.io" => "k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55",
        "apiregistration.k8s.io" => "k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28",
        _ => "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{decoded, object};
    use super::{FieldValidation, decode};
    use crate::finding::Level;
    use crate::schema::{Minor, Schema};
    use serde_json::json;

    fn message(object: &serde_json::Value) -> String {
        decoded(object, FieldValidation::Strict).server_message.unwrap_or_default()
    }

    fn deployment(spec: &serde_json::Value) -> serde_json::Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec})
    }

    fn inner(spec: &serde_json::Value) -> String {
        let message = message(&deployment(spec));
        let prefix = r#"Deployment in version "v1" cannot be handled as a Deployment: "#;
        message.strip_prefix(prefix).unwrap_or(&message).to_owned()
    }

    fn custom_resource_definition(schema: &serde_json::Value) -> serde_json::Value {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {"versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": schema}}]}})
    }

    #[test]
    fn accepts_what_fits() {
        let decoded = decoded(
            &deployment(&json!({
                "replicas": 3.0, "paused": null, "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
                "template": {"metadata": {"creationTimestamp": null, "labels": {"a": null}}, "spec": {"containers": [
                    null, {"name": "c", "command": ["a", null], "resources": {"limits": {"cpu": 0.5, "memory": " 1Gi "}}}
                ]}}
            })),
            FieldValidation::Strict,
        );
        assert!(decoded.findings.is_empty() && decoded.server_message.is_none(), "{:?}", decoded.findings);
    }

    #[test]
    fn names_every_unknown_field_once() {
        assert_eq!(
            inner(&json!({"replica": 1, "template": {"spec": {"containers": [{"imagee": "x"}], "Volumes": []}}})),
            "strict decoding error: unknown field \"spec.replica\", unknown field \"spec.template.spec.Volumes\", \
             unknown field \"spec.template.spec.containers[0].imagee\""
        );
        let decoded = decoded(&deployment(&json!({"replica": 1, "image": "x"})), FieldValidation::Strict);
        let help: Vec<_> = decoded.findings.iter().map(|finding| finding.help.clone().unwrap_or_default()).collect();
        assert_eq!(decoded.findings[1].field.to_string(), "spec.replica");
        assert_eq!(help[1], "did you mean `replicas`?");
    }

    #[test]
    fn says_where_a_misplaced_field_belongs() {
        let container = json!({"name": "c", "restartPolicyRules": [], "serviceAccountName": "x"});
        let spec = json!({"template": {"spec": {"containers": [container]}}, "containers": []});
        let decoded = decoded(&deployment(&spec), FieldValidation::Strict);
        let help: Vec<_> = decoded.findings.iter().filter_map(|finding| finding.help.clone()).collect();
        assert!(help.iter().any(|help| help.contains("`serviceAccountName` is a field of PodSpec, not of Container")));
    }

    #[test]
    fn unknown_fields_are_what_the_validation_makes_of_them() {
        let unknown = deployment(&json!({"replica": 1}));
        let warned = decoded(&unknown.clone(), FieldValidation::Warn);
        assert_eq!((warned.findings.len(), warned.findings[0].level, warned.server_message), (1, Level::Warning, None));
        let ignored = decoded(&unknown, FieldValidation::Ignore);
        assert!(ignored.findings.is_empty() && ignored.server_message.is_none());
        let wrong = decoded(&deployment(&json!({"replicas": "1"})), FieldValidation::Ignore);
        assert!(wrong.server_message.is_some() && wrong.findings.len() == 1);
    }

    #[test]
    fn words_type_errors_as_go_does() {
        for (spec, message) in [
            (
                json!({"replicas": "3"}),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"replicas": 3.5}),
                "json: cannot unmarshal number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"replicas": 99_999_999_999_i64}),
                "json: cannot unmarshal number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"template": {"spec": {"containers": [{"env": [{"value": 1}]}]}}}),
                "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of \
                 type string",
            ),
            (
                json!({"template": {"spec": {"containers": {}}}}),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type \
                 []v1.Container",
            ),
            (
                json!({"template": {"metadata": {"labels": []}}}),
                "json: cannot unmarshal array into Go struct field ObjectMeta.spec.template.metadata.labels of type \
                 map[string]string",
            ),
            (
                json!({"template": {"spec": {"containers": [{"imagePullPolicy": true}]}}}),
                "json: cannot unmarshal bool into Go struct field Container.spec.template.spec.containers.imagePullPolicy \
                 of type v1.PullPolicy",
            ),
            (
                json!({"template": {"spec": {"volumes": [{"hostPath": "/x"}]}}}),
                "json: cannot unmarshal string into Go struct field Volume.spec.template.spec.volumes.VolumeSource.hostPath \
                 of type v1.HostPathVolumeSource",
            ),
            (
                json!({"strategy": {"rollingUpdate": {"maxSurge": 1.5}}}),
                "json: cannot unmarshal number 1.5 into Go struct field \
                 RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
            ),
            (
                json!({"template": {"metadata": {"creationTimestamp": 5}}}),
                "json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.creationTimestamp \
                 of type string",
            ),
        ] {
            assert_eq!(inner(&spec), message);
        }
    }

    #[test]
    fn a_type_that_decodes_itself_ends_decoding() {
        let limits = json!({"containers": [{"resources": {"limits": {"cpu": "1GB"}}}]});
        assert_eq!(
            inner(&json!({"replicas": "3", "unknown": 1, "template": {"spec": limits}})),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        );
        assert!(inner(&json!({"replicas": "3", "unknown": 1})).starts_with("json: cannot unmarshal string"));
    }

    #[test]
    fn reads_bytes_as_base64_or_as_numbers() {
        let secret = |data: serde_json::Value| json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": data}});
        assert_eq!(message(&secret(json!("QQ=="))), "");
        assert_eq!(message(&secret(json!([1, 255, null]))), "");
        assert!(message(&secret(json!("QQ="))).ends_with(": illegal base64 data at input byte 3"));
        assert!(message(&secret(json!(5))).ends_with("number into Go struct field Secret.data of type []uint8"));
        assert!(message(&secret(json!([256]))).ends_with("number 256 into Go struct field Secret.data of type uint8"));
    }

    #[test]
    fn a_schema_inside_a_schema_is_decoded_by_itself() {
        let wrong = json!({"properties": {"a": {"items": {"minItems": "x"}}}});
        assert!(message(&custom_resource_definition(&wrong)).ends_with(
            "json: cannot unmarshal string into Go struct field \
             JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.items.minItems of type int64"
        ));
        let neither = json!({"additionalProperties": "x"});
        assert!(message(&custom_resource_definition(&neither)).ends_with(": boolean or JSON schema expected"));
        let dropped = json!({"items": {"type": "string", "pattrn": "x"}});
        let decoded = decoded(&custom_resource_definition(&dropped), FieldValidation::Strict);
        assert_eq!(decoded.server_message, None);
        assert_eq!((decoded.findings[0].rule.id, decoded.findings[0].level), ("decode/dropped-field", Level::Warning));
    }

    #[test]
    fn deep_nesting_is_told_and_not_followed() {
        let mut schema = json!({"type": "x"});
        for _ in 0..600 {
            schema = json!({"not": schema});
        }
        let object = object(&custom_resource_definition(&schema));
        let kinds = Schema::of(Minor(36));
        let kind = kinds.kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition").unwrap();
        let decoded = decode(&object, &kind, kinds, FieldValidation::Strict);
        assert_eq!(decoded.findings.len(), 1);
        assert_eq!(decoded.findings[0].rule.id, "decode/too-deep");
    }

    #[test]
    fn a_kind_in_lower_case_is_not_registered() {
        let config_map = json!({"apiVersion": "v1", "kind": "configmap", "data": {}});
        assert_eq!(
            message(&config_map),
            "configmap in version \"v1\" cannot be handled as a ConfigMap: no kind \"configmap\" is registered for version \
             \"v1\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        );
    }
}
