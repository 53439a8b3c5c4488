//! ServiceAccount: a Pod runs as an account that exists.
//!
//! Apart because only Pods meet it, not the objects that make Pods.
//! Source: `plugin/pkg/admission/serviceaccount/admission.go` (1.36).

use super::{Presence, Refusal, Surroundings, forbidden, refuse};
use crate::finding::{Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};

/// A Pod's ServiceAccount does not exist when it is sent.
pub static SERVICE_ACCOUNT: Rule = Rule {
    id: "apply/service-account-missing",
    level: Level::Error,
    summary: "the Pod's ServiceAccount does not exist when the Pod is sent",
    why: "the ServiceAccount admission plugin looks the account up when a Pod is created (for a Deployment nobody does before its Pods are made)",
    docs: include_str!("service-account-missing.md"),
};

/// Judges a Pod that is created.
pub fn pod(object: &Object, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let spec = object.root().get("spec");
    let field = if spec.text("serviceAccountName").is_empty() { "serviceAccount" } else { "serviceAccountName" };
    let name = spec.text_or(field, "default");
    // A controller makes the default account of every namespace, and the plugin waits for it.
    if name == "default" {
        return None;
    }
    let Presence::Missing(later) = around.presence(object, "", "ServiceAccount", namespace, name) else { return None };
    let message = forbidden(
        object,
        &format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"),
    );
    Some(refuse(&SERVICE_ACCOUNT, message, object, FieldPath::of(&["spec", field]), later, "ServiceAccount"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, object};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_runs_as_an_account_that_exists() {
        let mut scene = Scene::closed();
        scene.put("v1", "ServiceAccount", "quay", "pilot", &json!({}));
        let refused = |name: &str| {
            let pod_of = object("v1", "Pod", "tug", &json!({"spec": {"serviceAccountName": name}}));
            pod(&pod_of, "quay", scene.around()).map(|refusal| refusal.0)
        };
        assert_eq!(refused("pilot"), None);
        assert_eq!(refused("default"), None, "a controller makes it");
        assert_eq!(
            refused("mate").as_deref(),
            Some(
                "pods \"tug\" is forbidden: error looking up service account quay/mate: serviceaccount \"mate\" not found"
            )
        );
    }
}
