//! ResourceQuota: what a Pod must say because its namespace counts it.
//!
//! Apart because a quota asks for amounts to be given, whatever they are. How much of it is left is not judged: others use
//! it too.
//! Source: `Constraints` in `pkg/quota/v1/evaluator/core/pods.go`, and `CheckRequest` in apiserver
//! `pkg/admission/plugin/resourcequota/controller.go` (1.36).

use super::{Refusal, Surroundings, limit_ranger};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};
use std::collections::{BTreeMap, BTreeSet};

/// A Pod that leaves out what a quota of its namespace counts.
pub static RESOURCE_QUOTA: Rule = Rule {
    id: "apply/resource-quota",
    level: Level::Error,
    summary: "the Pod does not say how much it needs of what a ResourceQuota counts",
    why: "in a namespace whose quota counts processors or memory, the ResourceQuota admission plugin refuses Pods whose containers do not all give an amount",
};

/// What must be given if a quota counts it: the name in the quota, the resource, and whether it is a limit.
const COUNTED: [(&str, &str, bool); 6] = [
    ("cpu", "cpu", false),
    ("limits.cpu", "cpu", true),
    ("limits.memory", "memory", true),
    ("memory", "memory", false),
    ("requests.cpu", "cpu", false),
    ("requests.memory", "memory", false),
];

/// Judges a Pod that is created.
pub fn pod(object: &Object, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let quotas = around.certain(object, "ResourceQuota", namespace);
    if quotas.is_empty() {
        return None;
    }
    let spec = object.root().get("spec")?;
    let has_own = |key: &str| spec.at(&["resources", key]).is_some_and(|list| !list.is_empty());
    if has_own("requests") || has_own("limits") {
        return None;
    }
    let containers = limit_ranger::admitted(object, namespace, around);
    let names: Vec<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|key| spec.list(key))
        .map(|container| container.text("name"))
        .collect();
    quotas.into_iter().find_map(|quota| {
        let quota_spec = quota.root().get("spec");
        // Which Pods a quota with scopes counts is not worked out here.
        if !quota_spec.list("scopes").is_empty() || quota_spec.is_some_and(|spec| spec.has("scopeSelector")) {
            return None;
        }
        let hard = quota.root().at(&["status", "hard"])?;
        let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut first = None;
        for (counted, resource, of_limits) in COUNTED.into_iter().filter(|(counted, ..)| hard.has(counted)) {
            for ((field, asks), name) in containers.iter().zip(&names) {
                if !asks(resource, of_limits) {
                    missing.entry(counted).or_default().insert(name);
                    first.get_or_insert((field, counted));
                }
            }
        }
        let (field, counted) = first?;
        let listed: Vec<String> = missing
            .iter()
            .map(|(counted, names)| format!("{counted} for: {}", names.iter().copied().collect::<Vec<_>>().join(",")))
            .collect();
        let message = format!(
            "pods \"{}\" is forbidden: failed quota: {}: must specify {}",
            object.name,
            quota.name,
            listed.join("; ")
        );
        let place = FieldPath(
            ["status", "hard"]
                .map(|field| Segment::Field(field.to_owned()))
                .into_iter()
                .chain([Segment::Key(counted.to_owned())])
                .collect(),
        );
        let finding = Finding::in_object(&RESOURCE_QUOTA, &message, object, field.clone())
            .with_label(quota.span(quota.locate(&place).range()), "this ResourceQuota counts it")
            .with_help("give every container an amount, or add a LimitRange with defaults to the namespace");
        Some((message, finding))
    })
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

    fn object(kind: &str, name: &str, value: &Value) -> Object {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        let tree = Arc::new(builder.finish(root));
        Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind::parse("v1", kind).expect("a kind"),
            namespace: "quay".to_owned(),
            name: name.to_owned(),
            node: tree.root().index(),
            tree,
        }
    }

    fn refused(live: &[(&str, Value)], spec: &Value) -> Option<String> {
        let mut world = World::new(true);
        for (kind, value) in live {
            let identity = Identity {
                group: String::new(),
                kind: (*kind).to_owned(),
                namespace: "quay".to_owned(),
                name: "bounds".to_owned(),
            };
            world.put(identity, Arc::new(object(kind, "bounds", value)));
        }
        let set = HashMap::new();
        let around = Surroundings { world: &world, set: &set, together: &Together::All };
        pod(&object("Pod", "tug", &json!({"spec": spec})), "quay", around).map(|refusal| refusal.0)
    }

    #[test]
    fn what_is_counted_must_be_given() {
        let quota = |hard: Value| ("ResourceQuota", json!({"status": {"hard": hard}}));
        let spec = json!({
            "containers": [{"name": "hull", "resources": {"limits": {"cpu": "1"}}}, {"name": "radio"}],
            "initContainers": [{"name": "load"}],
        });
        assert_eq!(refused(&[quota(json!({"pods": "3"}))], &spec), None);
        assert_eq!(
            refused(&[quota(json!({"limits.cpu": "3", "memory": "1Gi"}))], &spec).as_deref(),
            Some(
                "pods \"tug\" is forbidden: failed quota: bounds: must specify limits.cpu for: load,radio; memory for: \
                 hull,load,radio"
            )
        );
        let range = json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}});
        assert_eq!(refused(&[quota(json!({"limits.cpu": "3"})), ("LimitRange", range)], &spec), None);
    }

    #[test]
    fn a_quota_without_status_or_with_scopes_says_nothing() {
        let spec = json!({"containers": [{"name": "hull"}]});
        assert_eq!(refused(&[("ResourceQuota", json!({"spec": {"hard": {"cpu": "1"}}}))], &spec), None);
        let scoped = json!({"spec": {"scopes": ["Terminating"]}, "status": {"hard": {"cpu": "1"}}});
        assert_eq!(refused(&[("ResourceQuota", scoped)], &spec), None);
        let counted = json!({"status": {"hard": {"cpu": "1"}}});
        let whole = json!({"containers": [{"name": "hull"}], "resources": {"requests": {"cpu": "1"}}});
        assert_eq!(refused(&[("ResourceQuota", counted)], &whole), None);
    }
}
