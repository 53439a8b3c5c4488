//! `CustomResourceDefinition`: versions that objects are stored in must stay.
//!
//! Apart because it relates `spec.versions` to the past. Source: `ValidateCustomResourceDefinitionStoredVersions` of
//! apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::Transition;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::NodeRef;

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let kept = new.list("versions");
    let path = Path::ROOT.field("status");
    let path = path.field("storedVersions");
    let status = transition.old.at(&["status", "storedVersions"]);
    // What a manifest does not tell: the storage version has been one that objects are stored in.
    let stored: Vec<&str> = match status {
        Some(stored) if !stored.is_empty() => stored.elements().filter_map(NodeRef::as_str).collect(),
        _ => old
            .list("versions")
            .into_iter()
            .filter(|version| version.flag("storage"))
            .map(|version| version.text("name"))
            .collect(),
    };
    for (index, name) in stored.into_iter().enumerate() {
        if !kept.iter().any(|version| version.text("name") == name) {
            let detail = format!(
                "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions \
                 until a storage migration ensures no data remains persisted in {name} and removes {name} from \
                 status.storedVersions"
            );
            transition.errors.invalid(&path.index(index), name, &detail);
        }
    }
}
