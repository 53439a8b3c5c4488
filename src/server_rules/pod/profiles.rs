//! Seccomp and `AppArmor` profiles, in fields and in the annotations that came before them.
//!
//! Apart from the security context because field and annotation must agree.

use super::context::Context;
use super::{check, go_struct, visit_containers};
use crate::finding::{FieldErrors, Verbatim};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The annotation for a pod's seccomp profile.
pub(super) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// What the annotation for a container's seccomp profile starts with; the container's name follows.
pub(super) const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// What the annotation for a container's `AppArmor` profile starts with; the container's name follows.
pub(super) const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

const TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

/// `seccompProfile` of a security context (`validateSeccompProfileField`).
pub(super) fn validate_seccomp(context: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(profile) = context.get("seccompProfile") else { return };
    let path = path.field("seccompProfile");
    let kind = profile.text("type");
    match kind {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => errors.required(&path.field("type"), "type is required when seccompProfile is set"),
        other => errors.not_supported_in_order(&path.field("type"), other, &TYPES),
    }
    let local_path = path.field("localhostProfile");
    match profile.text_pointer("localhostProfile") {
        None if kind == "Localhost" => errors.required(&local_path, "must be set when seccomp type is Localhost"),
        Some(local) if kind == "Localhost" => check::descending_path(local, &local_path, errors),
        Some(_) => {
            let shown = go_struct::profile(profile);
            errors.invalid(&local_path, &Verbatim(&shown), "can only be set when seccomp type is Localhost");
        }
        None => {}
    }
}

/// The longest `AppArmor` profile's name, in bytes.
const APP_ARMOR_LIMIT: usize = 4095;

/// `appArmorProfile` of a security context (`ValidateAppArmorProfileField`).
pub(super) fn validate_app_armor(context: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(profile) = context.get("appArmorProfile") else { return };
    let path = path.field("appArmorProfile");
    let local_path = path.field("localhostProfile");
    let local = profile.text_pointer("localhostProfile");
    match (profile.text("type"), local) {
        ("Localhost", None) => errors.required(&local_path, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(name)) => {
            if name.trim() != name {
                errors.invalid(&local_path, name, "must not be padded with whitespace");
            } else if name.is_empty() {
                errors.required(&local_path, "must be set when AppArmor type is Localhost");
            }
            if name.len() > APP_ARMOR_LIMIT {
                errors.too_long(&local_path, APP_ARMOR_LIMIT);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(name)) => {
            errors.invalid(&local_path, name, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => errors.required(&path.field("type"), "type is required when appArmorProfile is set"),
        (other, _) => errors.not_supported_in_order(&path.field("type"), other, &TYPES),
    }
}

/// The seccomp annotations by themselves (`ValidateSeccompPodAnnotations`).
pub(super) fn validate_seccomp_annotations(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(profile) = pod.annotation(SECCOMP_POD) {
        seccomp_name(profile, &path.field(SECCOMP_POD), errors);
    }
    for (key, profile) in pod.annotations().filter(|(key, _)| key.starts_with(SECCOMP_CONTAINER)) {
        seccomp_name(profile, &path.field(key), errors);
    }
}

fn seccomp_name(profile: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(local) = profile.strip_prefix("localhost/") {
        check::descending_path(local, path, errors);
    } else if !matches!(profile, "runtime/default" | "docker/default" | "unconfined") {
        errors.invalid(path, profile, "must be a valid seccomp profile");
    }
}

/// The `AppArmor` annotations by themselves (`ValidateAppArmorPodAnnotations`).
pub(super) fn validate_app_armor_annotations(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for (key, profile) in pod.annotations() {
        let Some(container) = key.strip_prefix(APP_ARMOR) else { continue };
        let mut found = false;
        visit_containers(pod.spec, &Path::ROOT, |node, _| found |= node.text("name") == container);
        if !found {
            errors.invalid(&path.key(key), container, "container not found");
        }
        let is_known = matches!(profile, "" | "runtime/default" | "unconfined") || profile.starts_with("localhost/");
        if !is_known {
            let text = format!("invalid AppArmor profile name: {}", crate::go_quote::go_quote(profile));
            errors.invalid(&path.key(key), profile, &text);
        }
    }
}

/// Whether an annotation says what a field says; else the part that differs.
fn mismatch(field: NodeRef<'_>, annotation: &str, defaults: &[&str]) -> Option<&'static str> {
    match field.text("type") {
        "Unconfined" => (annotation != "unconfined").then_some("type"),
        "RuntimeDefault" => (!defaults.contains(&annotation)).then_some("type"),
        "Localhost" => match annotation.strip_prefix("localhost/") {
            None => Some("type"),
            Some(local) => (field.text_pointer("localhostProfile") != Some(local)).then_some("localhostProfile"),
        },
        _ => None,
    }
}

/// Seccomp fields and annotations agree (`validateSeccompAnnotationsAndFields`).
pub(super) fn seccomp_annotations_match(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut compare = |profile: Option<NodeRef<'_>>, annotation: Option<&str>, path: &Path<'_>| {
        let (Some(profile), Some(annotation)) = (profile, annotation) else { return };
        if let Some(part) = mismatch(profile, annotation, &["runtime/default", "docker/default"]) {
            let what = if part == "type" { "type" } else { "profile" };
            let text = format!("seccomp {what} in annotation and field must match");
            errors.forbidden(&path.field("securityContext").field("seccompProfile").field(part), &text);
        }
    };
    // A pod without annotations has nothing to compare.
    if pod.metadata.and_then(|metadata| metadata.get("annotations")).is_none() {
        return;
    }
    compare(pod.security.and_then(|context| context.get("seccompProfile")), pod.annotation(SECCOMP_POD), path);
    visit_containers(pod.spec, path, |container, path| {
        compare(
            container.at(&["securityContext", "seccompProfile"]),
            pod.annotation(&format!("{SECCOMP_CONTAINER}{}", container.text("name"))),
            path,
        );
    });
}

/// Whether the server makes a field of an `AppArmor` annotation (`ApparmorFieldForAnnotation`, and the field it makes
/// must be valid).
pub(super) fn becomes_app_armor_field(annotation: &str) -> bool {
    match annotation.strip_prefix("localhost/") {
        Some(local) => !local.is_empty() && local.trim() == local && local.len() <= APP_ARMOR_LIMIT,
        None => matches!(annotation, "unconfined" | "runtime/default"),
    }
}

/// `AppArmor` fields and annotations agree (`validateAppArmorAnnotationsAndFieldsMatchOnCreate`). In a Pod, a container
/// without the field gets it from the annotation before (`applyAppArmorVersionSkew` of
/// `pkg/registry/core/pod/strategy.go`).
pub(super) fn app_armor_annotations_match(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let has_annotation = pod.annotations().any(|(key, _)| key.starts_with(APP_ARMOR));
    if pod.os == Some("windows") || !has_annotation {
        return;
    }
    let pod_profile = pod.security.and_then(|context| context.get("appArmorProfile"));
    visit_containers(pod.spec, path, |container, path| {
        let Some(annotation) = pod.annotation(&format!("{APP_ARMOR}{}", container.text("name"))) else { return };
        let own = container.at(&["securityContext", "appArmorProfile"]);
        if own.is_none() && pod.options.is_pod && becomes_app_armor_field(annotation) {
            return;
        }
        let Some(profile) = own.or(pod_profile) else { return };
        if let Some(part) = mismatch(profile, annotation, &["runtime/default"]) {
            let what = if part == "type" { "type" } else { "profile" };
            let text = format!("apparmor {what} in annotation and field must match");
            errors.forbidden(&path.field("securityContext").field("appArmorProfile").field(part), &text);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{annotated_errors, container_errors};
    use serde_json::json;

    #[test]
    fn only_a_local_profile_has_a_name() {
        assert_eq!(
            container_errors(json!({"securityContext": {
                "seccompProfile": {"type": "Localhost"},
                "appArmorProfile": {"type": "RuntimeDefault", "localhostProfile": "x"},
            }})),
            [
                "spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when \
                 seccomp type is Localhost",
                "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: \"x\": can only \
                 be set when AppArmor type is Localhost",
            ]
        );
        assert_eq!(
            container_errors(json!({"securityContext": {"seccompProfile": {}, "appArmorProfile": {"type": "Off"}}})),
            [
                "spec.containers[0].securityContext.seccompProfile.type: Required value: type is required when \
                 seccompProfile is set",
                "spec.containers[0].securityContext.appArmorProfile.type: Unsupported value: \"Off\": supported \
                 values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"",
            ]
        );
    }

    #[test]
    fn annotations_say_what_fields_say() {
        let context = json!({"securityContext": {
            "seccompProfile": {"type": "RuntimeDefault"},
            "appArmorProfile": {"type": "Unconfined"},
        }});
        assert_eq!(
            annotated_errors(
                json!({
                    "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
                    "container.apparmor.security.beta.kubernetes.io/lid": "hat",
                }),
                context.clone(),
            ),
            [
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/lid]: Invalid value: \"lid\": \
                 container not found",
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/lid]: Invalid value: \"hat\": \
                 invalid AppArmor profile name: \"hat\"",
                "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
            ]
        );
        // The annotation becomes the container's own field, which wins over the pod's.
        let own = json!({"container.apparmor.security.beta.kubernetes.io/oven": "runtime/default"});
        assert!(annotated_errors(own, context).is_empty());
    }
}
