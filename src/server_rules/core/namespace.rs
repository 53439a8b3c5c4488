//! `Namespace`: finalizers, and the labels that choose a pod security level.
//!
//! The labels are judged by the admission plugin `PodSecurity`, after validation has passed: `k8s.io/pod-security-admission`
//! `api/helpers.go` (1.36).

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::yaml::NodeRef;

/// A `Namespace`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/namespace",
    level: Level::Error,
    summary: "a Namespace's finalizers are not valid",
    why: "a finalizer that nobody can be told by would keep the namespace from ever going away",
    docs: include_str!("namespace.md"),
};

/// The labels that choose a pod security level.
pub static POD_SECURITY_LABELS: Rule = Rule {
    id: "admission/pod-security-labels",
    level: Level::Error,
    summary: "a Namespace's pod security labels are not valid",
    why: "the PodSecurity admission plugin refuses a namespace whose level or version it does not know",
    docs: include_str!("pod-security-labels.md"),
};

const MODES: [&str; 3] = ["enforce", "audit", "warn"];

/// Judges a `Namespace` on creation (`ValidateNamespace`, then admission).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    validate_name_label(judge);
    let path = Path::ROOT.field("spec");
    let path = path.field("finalizers");
    // An update does not look at them again.
    let finalizers = if judge.live.is_some() { Vec::new() } else { judge.root.get("spec").list("finalizers") };
    for finalizer in finalizers {
        let text = finalizer.as_str().unwrap_or_default();
        report(names::qualified_name(text), &path, text, &mut judge.errors);
        if !text.contains('/') && !matches!(text, "kubernetes" | "orphan" | "foregroundDeletion") {
            judge.errors.invalid(&path, text, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
    if let Some(labels) = judge.root.at(&["metadata", "labels"])
        && judge.errors.is_empty()
    {
        judge.errors.under(&POD_SECURITY_LABELS, |errors| validate_pod_security(labels, errors));
    }
}

/// The label `kubernetes.io/metadata.name` holds the name and is judged as any label (`SetDefaults_Namespace` of
/// `pkg/apis/core/v1/defaults.go`, 1.36).
fn validate_name_label(judge: &mut Judge<'_>) {
    let name = judge.root.get("metadata").text("name");
    let path = Path::ROOT.field("metadata");
    let path = path.field("labels");
    for complaint in names::label_value(name) {
        judge.errors.invalid(&path, name, &complaint);
    }
}

/// `PolicyToEvaluate`
fn validate_pod_security(labels: NodeRef<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("metadata");
    let path = path.field("labels");
    for mode in MODES {
        let level = format!("pod-security.kubernetes.io/{mode}");
        if let Some(value) = labels.text_pointer(&level)
            && !matches!(value, "privileged" | "baseline" | "restricted")
        {
            errors.invalid(&path.key(&level), value, "must be one of privileged, baseline, restricted");
        }
        let version = format!("{level}-version");
        if let Some(value) = labels.text_pointer(&version)
            && !is_version(value)
        {
            errors.invalid(&path.key(&version), value, "must be \"latest\" or \"v1.x\"");
        }
    }
}

fn is_version(text: &str) -> bool {
    text == "latest"
        || text.strip_prefix("v1.").is_some_and(|minor| {
            !minor.is_empty()
                && minor.bytes().all(|byte| byte.is_ascii_digit())
                && (minor.len() == 1 || !minor.starts_with('0'))
                && minor.parse::<i64>().is_ok()
        })
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn security_levels_and_versions_are_known() {
        let errors = |labels| {
            errors_of(&json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay", "labels": labels},
            }))
        };
        assert_eq!(
            errors(json!({"pod-security.kubernetes.io/enforce": "strict"})),
            [
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, \
              baseline, restricted"
            ]
        );
        assert_eq!(
            errors(json!({"pod-security.kubernetes.io/warn-version": "1.30"})),
            [
                "metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"1.30\": must be \"latest\" or \
              \"v1.x\""
            ]
        );
        assert_eq!(
            errors(json!({
                "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "v1.30",
            })),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_name_becomes_a_label() {
        let errors = errors_of(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay "}}));
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(
            errors.iter().any(|error| error.starts_with("metadata.labels: Invalid value: \"quay \": a valid label"))
        );
    }

    #[test]
    fn finalizers_are_qualified() {
        assert_eq!(
            errors_of(&json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay"}, "spec": {"finalizers": ["hold"]},
            })),
            [
                "spec.finalizers: Invalid value: \"hold\": name is neither a standard finalizer name nor is it fully qualified"
            ]
        );
    }
}
