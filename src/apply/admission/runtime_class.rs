//! RuntimeClass: a Pod's class exists, and gives it its overhead and its node selector.
//!
//! Apart because it merges two objects and refuses where they contradict each other.
//! Source: `plugin/pkg/admission/runtimeclass/admission.go` (1.36).

use super::{Presence, Refusal, Surroundings, forbidden, refuse};
use crate::decode::quantity::Quantity;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};
use crate::yaml::NodeRef;

/// A Pod's RuntimeClass does not exist when it is sent, or contradicts its overhead.
pub static RUNTIME_CLASS: Rule = Rule {
    id: "apply/runtime-class",
    level: Level::Error,
    summary: "the Pod's RuntimeClass cannot be resolved",
    why: "the RuntimeClass admission plugin looks the class up when a Pod is created",
    docs: include_str!("runtime-class.md"),
};

/// Judges a Pod that is created.
pub fn pod(object: &Object, around: Surroundings<'_>) -> Option<Refusal> {
    let spec = object.root().get("spec");
    let name = spec.text("runtimeClassName");
    if name.is_empty() {
        return without_overhead(object);
    }
    match around.presence(object, "node.k8s.io", "RuntimeClass", "", name) {
        Presence::Unknown => None,
        Presence::Missing(later) => {
            let message = forbidden(object, &format!("pod rejected: RuntimeClass \"{name}\" not found"));
            let field = FieldPath::of(&["spec", "runtimeClassName"]);
            Some(refuse(&RUNTIME_CLASS, message, object, field, later, "RuntimeClass"))
        }
        Presence::Live(class) => {
            let Some(overhead) = class.root().get("overhead") else {
                return without_overhead(object).or_else(|| node_selector(object, class));
            };
            let fixed = overhead.get("podFixed");
            let given = spec.and_then(|spec| spec.get("overhead")).filter(|given| !given.is_empty());
            if given.is_some_and(|given| !fixed.is_some_and(|fixed| same_quantities(given, fixed))) {
                let why = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
                return Some(contradiction(object, &["spec", "overhead"], why, Some((class, &["overhead"]))));
            }
            node_selector(object, class)
        }
    }
}

/// A Pod with an overhead, be it an empty one, and no class that gives it one.
fn without_overhead(object: &Object) -> Option<Refusal> {
    object.root().at(&["spec", "overhead"])?;
    let why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
    Some(contradiction(object, &["spec", "overhead"], why, None))
}

/// A node selector that wants another value than that of the class. Of several the server names any; here it is the
/// first.
fn node_selector(object: &Object, class: &Object) -> Option<Refusal> {
    let own = object.root().at(&["spec", "nodeSelector"])?;
    let given = class.root().at(&["scheduling", "nodeSelector"])?;
    let (key, wanted, found) = given.entries().find_map(|entry| {
        let found = own.get(entry.name())?.as_str()?;
        let wanted = entry.value.as_str()?;
        (found != wanted).then(|| (entry.name(), wanted, found))
    })?;
    let why = format!(
        "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; pod.spec.nodeSelector[{key}] = {found}"
    );
    let (message, mut finding) =
        contradiction(object, &["spec", "nodeSelector"], &why, Some((class, &["scheduling", "nodeSelector"])));
    finding.field.0.push(Segment::Key(key.to_owned()));
    Some((message, finding))
}

fn contradiction(object: &Object, field: &[&str], why: &str, class: Option<(&Object, &[&str])>) -> Refusal {
    let message = forbidden(object, why);
    let mut finding = Finding::in_object(&RUNTIME_CLASS, &message, object, FieldPath::of(field))
        .with_help("leave the field out: the RuntimeClass sets it");
    if let Some((class, field)) = class {
        let place = class.locate(&FieldPath::of(field)).range();
        finding = finding.with_label(class.span(place), format!("RuntimeClass {} says this", class.name));
    }
    (message, finding)
}

/// Whether two resource lists hold the same amounts, however they are written.
fn same_quantities(x: NodeRef<'_>, y: NodeRef<'_>) -> bool {
    let amount = |node| Quantity::of(node).and_then(Result::ok).map(|quantity| quantity.canonical());
    x.len() == y.len()
        && x.entries().all(|entry| y.get(entry.name()).is_some_and(|other| amount(entry.value) == amount(other)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, object};
    use super::*;
    use serde_json::{Value, json};

    fn refused(class: Option<&Value>, spec: &Value) -> Option<String> {
        let mut scene = Scene::closed();
        if let Some(class) = class {
            scene.put("node.k8s.io/v1", "RuntimeClass", "", "keel", class);
        }
        pod(&object("v1", "Pod", "tug", &json!({"spec": spec})), scene.around()).map(|refusal| refusal.0)
    }

    #[test]
    fn overhead_is_what_the_class_says() {
        let alone = "pods \"tug\" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass \
                     defined Overhead";
        let class = json!({"overhead": {"podFixed": {"cpu": "250m"}}});
        let with = |overhead: Value| json!({"runtimeClassName": "keel", "overhead": overhead});
        assert_eq!(refused(None, &json!({"overhead": {}})).as_deref(), Some(alone));
        assert_eq!(refused(None, &json!({"overhead": {"cpu": "1"}})).as_deref(), Some(alone));
        assert_eq!(refused(Some(&json!({})), &with(json!({"cpu": "1"}))).as_deref(), Some(alone));
        assert_eq!(refused(Some(&class), &with(json!({"cpu": "0.25"}))), None);
        assert_eq!(refused(Some(&class), &with(json!({}))), None);
        assert_eq!(
            refused(Some(&class), &with(json!({"cpu": "1"}))).as_deref(),
            Some(
                "pods \"tug\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
            )
        );
    }

    #[test]
    fn node_selectors_agree_with_the_class() {
        let class = json!({"scheduling": {"nodeSelector": {"dock": "east"}}});
        let with = |dock: &str| json!({"runtimeClassName": "keel", "nodeSelector": {"dock": dock}});
        assert_eq!(refused(Some(&class), &with("east")), None);
        assert_eq!(
            refused(Some(&class), &with("west")).as_deref(),
            Some(
                "pods \"tug\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[dock] = east; \
                 pod.spec.nodeSelector[dock] = west"
            )
        );
    }
}
