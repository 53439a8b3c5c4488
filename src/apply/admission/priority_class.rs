//! Priority, for classes: only one of them may be the default.
//!
//! Apart because the rest of that plugin judges Pods.
//! Source: `validatePriorityClass` in `plugin/pkg/admission/priority/admission.go` (1.36).

use super::{Refusal, Surroundings};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};

/// A second default among the priority classes.
pub static SECOND_DEFAULT: Rule = Rule {
    id: "apply/second-default-priority-class",
    level: Level::Error,
    summary: "another PriorityClass is the default already",
    why: "the Priority admission plugin lets only one PriorityClass be the default of Pods that name none",
    docs: include_str!("second-default-priority-class.md"),
};

/// Judges a class that is created or changed.
pub fn judge(object: &Object, around: Surroundings<'_>) -> Option<Refusal> {
    if object.gvk.group != "scheduling.k8s.io"
        || object.gvk.kind != "PriorityClass"
        || !object.root().flag("globalDefault")
    {
        return None;
    }
    let classes = around.certain(object, "PriorityClass", "");
    let other = classes.into_iter().find(|class| class.root().flag("globalDefault") && class.name != object.name)?;
    let message = format!(
        "priorityclasses.scheduling.k8s.io \"{}\" is forbidden: PriorityClass {} is already marked as default. Only one \
         default can exist",
        object.name, other.name
    );
    let field = FieldPath::of(&["globalDefault"]);
    let place = other.span(other.locate(&field).range());
    let finding = Finding::in_object(&SECOND_DEFAULT, &message, object, field)
        .with_label(place, "this one is the default")
        .with_help("set globalDefault on one of them only");
    Some((message, finding))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, object};
    use super::*;
    use serde_json::json;

    #[test]
    fn one_class_is_the_default() {
        let mut scene = Scene::closed();
        let default = json!({"value": 10, "globalDefault": true});
        let refused = |scene: &Scene, name: &str| {
            let class = object("scheduling.k8s.io/v1", "PriorityClass", name, &default);
            judge(&class, scene.around()).map(|refusal| refusal.0)
        };
        assert_eq!(refused(&scene, "ballast"), None);
        scene.put("scheduling.k8s.io/v1", "PriorityClass", "", "cargo", &default);
        assert_eq!(refused(&scene, "cargo"), None, "the default itself, changed");
        assert_eq!(
            refused(&scene, "ballast").as_deref(),
            Some(
                "priorityclasses.scheduling.k8s.io \"ballast\" is forbidden: PriorityClass cargo is already marked as \
                 default. Only one default can exist"
            )
        );
    }
}
