//! Priority, for Pods: their priority is what their PriorityClass says.
//!
//! Apart because it computes a value that Pods may repeat and not contradict.
//! Source: `plugin/pkg/admission/priority/admission.go` (1.36).

use super::{Presence, Refusal, Surroundings, forbidden, refuse};
use crate::apply::world::SYSTEM_PRIORITY_CLASSES;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};

/// A Pod's PriorityClass does not exist when it is sent, or contradicts its priority.
pub static PRIORITY_CLASS: Rule = Rule {
    id: "apply/priority-class",
    level: Level::Error,
    summary: "the Pod's priority cannot be resolved",
    why: "the Priority admission plugin computes a Pod's priority from its PriorityClass when the Pod is created",
    docs: include_str!("priority-class.md"),
};

/// The PriorityClass of Pods that name none: of several the one with the lowest value.
pub(super) fn default_class<'s>(of: &Object, around: Surroundings<'s>) -> Option<&'s Object> {
    let classes = around.certain(of, "PriorityClass", "").into_iter();
    classes
        .filter(|class| class.root().flag("globalDefault"))
        .min_by_key(|class| class.root().int("value").unwrap_or(0))
}

/// Judges a Pod that is created.
pub fn pod(object: &Object, around: Surroundings<'_>) -> Option<Refusal> {
    let spec = object.root().get("spec");
    let name = spec.text("priorityClassName");
    let (computed, preemption) = if name.is_empty() {
        if !around.world.closed {
            return None;
        }
        default_class(object, around).map_or((0, PREEMPT), value_and_preemption)
    } else if SYSTEM_PRIORITY_CLASSES.contains(&name) {
        (if name == SYSTEM_PRIORITY_CLASSES[0] { 2_000_000_000 } else { 2_000_001_000 }, PREEMPT)
    } else {
        match around.presence(object, "scheduling.k8s.io", "PriorityClass", "", name) {
            Presence::Live(class) => value_and_preemption(class),
            Presence::Unknown => return None,
            Presence::Missing(later) => {
                let message = forbidden(object, &format!("no PriorityClass with name {name} was found"));
                let field = FieldPath::of(&["spec", "priorityClassName"]);
                return Some(refuse(&PRIORITY_CLASS, message, object, field, later, "PriorityClass"));
            }
        }
    };
    let contradicts = |what: &str, given: &str, computed: &str, field: &str| {
        let message = forbidden(
            object,
            &format!(
                "the {what} ({given}) must not be provided in pod spec; priority admission controller computed \
                 {computed} from the given PriorityClass name"
            ),
        );
        let finding = Finding::in_object(&PRIORITY_CLASS, &message, object, FieldPath::of(&["spec", field]));
        Some((message, finding.with_help(format!("leave spec.{field} out: the PriorityClass sets it"))))
    };
    if let Some(given) = spec.int("priority").filter(|given| *given != computed) {
        return contradicts("integer value of priority", &given.to_string(), &computed.to_string(), "priority");
    }
    let given = spec.text_pointer("preemptionPolicy").filter(|given| *given != preemption)?;
    contradicts("string value of PreemptionPolicy", given, preemption, "preemptionPolicy")
}

/// What a PriorityClass without a preemption policy means.
const PREEMPT: &str = "PreemptLowerPriority";

fn value_and_preemption(class: &Object) -> (i64, &str) {
    (class.root().int("value").unwrap_or(0), class.root().text_or("preemptionPolicy", PREEMPT))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, object};
    use super::*;
    use serde_json::{Value, json};

    fn refused(scene: &Scene, spec: &Value) -> Option<String> {
        pod(&object("v1", "Pod", "tug", &json!({"spec": spec})), scene.around()).map(|refusal| refusal.0)
    }

    #[test]
    fn priority_is_what_the_class_says() {
        let mut scene = Scene::closed();
        let default = |value: i64| json!({"value": value, "globalDefault": true});
        scene.put("scheduling.k8s.io/v1", "PriorityClass", "", "high", &default(70));
        scene.put("scheduling.k8s.io/v1", "PriorityClass", "", "low", &default(7));
        assert_eq!(refused(&scene, &json!({"priority": 7})), None, "of two defaults the lower one");
        assert_eq!(refused(&scene, &json!({"priority": 70, "priorityClassName": "high"})), None);
        assert_eq!(
            refused(&scene, &json!({"priority": 70})).as_deref(),
            Some(
                "pods \"tug\" is forbidden: the integer value of priority (70) must not be provided in pod spec; priority \
                 admission controller computed 7 from the given PriorityClass name"
            )
        );
        assert_eq!(
            refused(&scene, &json!({"priorityClassName": "higher"})).as_deref(),
            Some("pods \"tug\" is forbidden: no PriorityClass with name higher was found")
        );
    }
}
