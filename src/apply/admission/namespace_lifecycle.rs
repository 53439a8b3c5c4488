//! NamespaceLifecycle: objects are made in namespaces that exist and stay.
//!
//! Apart because objects of every namespaced kind meet it.
//! Source: apiserver `pkg/admission/plugin/namespace/lifecycle/admission.go` (1.36).

use super::{Presence, Refusal, Request, Surroundings, refuse};
use crate::apply::world::SYSTEM_NAMESPACES;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::yaml::NodeRef;

/// An object's namespace does not exist when it is sent.
pub static NAMESPACE: Rule = Rule {
    id: "apply/namespace-missing",
    level: Level::Error,
    summary: "the namespace does not exist when the object is sent",
    why: "the NamespaceLifecycle admission plugin refuses an object whose namespace does not exist yet; kubectl applies files in order and does not sort by kind",
    docs: include_str!("namespace-missing.md"),
};

/// Judges an object that is created.
pub fn judge(request: Request<'_>, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let object = request.object;
    if let Some(live) = around.world.namespace(namespace)
        && live.root().at(&["status", "phase"]).and_then(NodeRef::as_str) == Some("Terminating")
    {
        let message = format!(
            "{} \"{}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            request.resource()?,
            object.name
        );
        let finding = Finding::in_object(&NAMESPACE, &message, object, FieldPath::of(&["metadata", "namespace"]));
        return Some((message, finding.with_help("wait until the namespace is gone, then apply again")));
    }
    if around.world.has_namespace(namespace) || SYSTEM_NAMESPACES.contains(&namespace) {
        return None;
    }
    let Presence::Missing(later) = around.presence(object, "", "Namespace", "", namespace) else { return None };
    let field = FieldPath::of(&["metadata", "namespace"]);
    Some(refuse(&NAMESPACE, format!("namespaces \"{namespace}\" not found"), object, field, later, "Namespace"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, object};
    use super::*;
    use crate::apply::{CustomKind, Mapping};
    use serde_json::{Value, json};

    fn refused(namespace: Option<&Value>) -> Option<String> {
        let mut scene = Scene::closed();
        if let Some(namespace) = namespace {
            scene.put("v1", "Namespace", "", "quay", namespace);
        }
        let mapping =
            Mapping::Custom(CustomKind { plural: "tugs".to_owned(), namespaced: true, definitions: Vec::new() });
        let object = object("port.example/v1", "Tug", "anna", &json!({}));
        let request = Request { object: &object, live: None, mapping: &mapping, namespace: Some("quay") };
        judge(request, "quay", scene.around()).map(|refusal| refusal.0)
    }

    #[test]
    fn a_namespace_is_there_and_stays() {
        assert_eq!(refused(Some(&json!({}))), None);
        assert_eq!(refused(None).as_deref(), Some("namespaces \"quay\" not found"));
        assert_eq!(
            refused(Some(&json!({"status": {"phase": "Terminating"}}))).as_deref(),
            Some(
                "tugs.port.example \"anna\" is forbidden: unable to create new content in namespace quay because it is \
                 being terminated"
            )
        );
    }
}
