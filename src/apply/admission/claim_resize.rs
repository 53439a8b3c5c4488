//! `PersistentVolumeClaimResize`: which claims may grow.
//!
//! Apart because it judges a change, not an object.
//! Source: `plugin/pkg/admission/storage/persistentvolume/resize/admission.go` (1.36).

use super::{Presence, Refusal, Surroundings, refuse};
use crate::decode::quantity::Quantity;
use crate::finding::{Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::yaml::NodeRef;

/// A claim that grows and may not.
pub static CLAIM_RESIZE: Rule = Rule {
    id: "apply/claim-resize",
    level: Level::Error,
    summary: "the claim asks for more storage and cannot grow",
    why: "the PersistentVolumeClaimResize admission plugin lets only bound claims grow, and only where their StorageClass allows it",
    docs: include_str!("claim-resize.md"),
};

/// Judges a change of a claim.
pub fn judge(object: &Object, live: &Object, around: Surroundings<'_>) -> Option<Refusal> {
    const STORAGE: [&str; 4] = ["spec", "resources", "requests", "storage"];
    let size = |of: &Object| of.root().at(&STORAGE).and_then(Quantity::of).and_then(Result::ok);
    if size(object)? <= size(live).unwrap_or_else(|| Quantity::from_integer(0)) {
        return None;
    }
    let field = FieldPath::of(&STORAGE);
    let forbidden = |why: &str| format!("persistentvolumeclaims \"{}\" is forbidden: {why}", object.name);
    // A claim as written in a repository has no status: then whether it is bound is not known.
    let phase = live.root().at(&["status", "phase"]).and_then(NodeRef::as_str);
    if phase.is_some_and(|phase| phase != "Bound") {
        let message = forbidden("Only bound persistent volume claims can be expanded");
        return Some(refuse(&CLAIM_RESIZE, message, object, field, None, "PersistentVolume"));
    }
    let message = forbidden(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
    );
    let class = live.root().get("spec").text_pointer("storageClassName");
    match class {
        // The default class may have been put in when the claim was made.
        None => None,
        Some("") => Some(refuse(&CLAIM_RESIZE, message, object, field, None, "StorageClass")),
        Some(name) => match around.presence(object, "storage.k8s.io", "StorageClass", "", name) {
            Presence::Unknown => None,
            Presence::Missing(later) => Some(refuse(&CLAIM_RESIZE, message, object, field, later, "StorageClass")),
            Presence::Live(class) if class.root().flag("allowVolumeExpansion") => None,
            Presence::Live(class) => {
                let (message, finding) = refuse(&CLAIM_RESIZE, message, object, field, None, "StorageClass");
                let place = class.locate(&FieldPath::of(&["metadata", "name"])).range();
                let finding = finding
                    .with_label(class.span(place), "this StorageClass does not set allowVolumeExpansion")
                    .with_help("set allowVolumeExpansion on the StorageClass if its driver can grow volumes");
                Some((message, finding))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::world::Identity;
    use crate::apply::{Together, World};
    use crate::object::{GroupVersionKind, Origin};
    use crate::source::FileId;
    use crate::yaml::TreeBuilder;
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn object(api_version: &str, kind: &str, name: &str, value: &Value) -> Object {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        let tree = Arc::new(builder.finish(root));
        Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind::parse(api_version, kind).expect("a kind"),
            namespace: String::new(),
            name: name.to_owned(),
            node: tree.root().index(),
            tree,
        }
    }

    fn claim(storage: &str, phase: Option<&str>) -> Object {
        let spec = json!({"storageClassName": "dry", "resources": {"requests": {"storage": storage}}});
        let status = phase.map_or(Value::Null, |phase| json!({"phase": phase}));
        object("v1", "PersistentVolumeClaim", "hold", &json!({"spec": spec, "status": status}))
    }

    fn refused(expands: Option<bool>, to: &str, phase: Option<&str>) -> Option<String> {
        let mut world = World::new(true);
        if let Some(expands) = expands {
            let class = json!({"allowVolumeExpansion": expands});
            let identity = Identity {
                group: "storage.k8s.io".to_owned(),
                kind: "StorageClass".to_owned(),
                namespace: String::new(),
                name: "dry".to_owned(),
            };
            world.put(identity, Arc::new(object("storage.k8s.io/v1", "StorageClass", "dry", &class)));
        }
        let set = HashMap::new();
        let around = Surroundings { world: &world, set: &set, together: &Together::All };
        judge(&claim(to, None), &claim("1Gi", phase), around).map(|refusal| refusal.0)
    }

    #[test]
    fn claims_grow_where_their_class_lets_them() {
        let refusal = "persistentvolumeclaims \"hold\" is forbidden: only dynamically provisioned pvc can be resized and \
                       the storageclass that provisions the pvc must support resize";
        assert_eq!(refused(Some(true), "2Gi", Some("Bound")), None);
        assert_eq!(refused(Some(false), "1024Mi", Some("Bound")), None, "the same size");
        assert_eq!(refused(Some(false), "2Gi", Some("Bound")).as_deref(), Some(refusal));
        assert_eq!(refused(None, "2Gi", None).as_deref(), Some(refusal));
        assert_eq!(
            refused(Some(true), "2Gi", Some("Pending")).as_deref(),
            Some("persistentvolumeclaims \"hold\" is forbidden: Only bound persistent volume claims can be expanded")
        );
    }
}
