//! What a Pod must say because a quota counts it.
//!
//! Apart because a quota asks for amounts to be given, whatever they are.
//! Source: `Constraints` in `pkg/quota/v1/evaluator/core/pods.go` (1.36).

use super::super::Refusal;
use super::super::limit_ranger::Container;
use super::{RESOURCE_QUOTA, hard};
use crate::finding::Finding;
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::yaml::NodeRef;
use std::collections::{BTreeMap, BTreeSet};

/// What must be given if a quota counts it: the name in the quota, the resource, and whether it is a limit.
const COUNTED: [(&str, &str, bool); 6] = [
    ("cpu", "cpu", false),
    ("limits.cpu", "cpu", true),
    ("limits.memory", "memory", true),
    ("memory", "memory", false),
    ("requests.cpu", "cpu", false),
    ("requests.memory", "memory", false),
];

/// An amount that a Pod leaves out and a quota counts.
#[derive(Clone, Debug)]
pub struct Unsaid {
    /// The server's words: `must specify limits.cpu for: a; memory for: a,b`.
    pub why: String,
    /// The resources of the first container concerned; fields start with `spec`.
    pub field: FieldPath,
    /// What the quota counts there.
    pub counted: &'static str,
}

/// Judges a Pod that a quota counts.
pub fn judge(object: &Object, quota: &Object, containers: &[Container<'_>]) -> Option<Refusal> {
    let listed = quota.root().at(&["status", "hard"])?;
    let Unsaid { why, field, counted } = unsaid(object.root().get("spec")?, listed, containers)?;
    let message = format!("pods \"{}\" is forbidden: failed quota: {}: {why}", object.name, quota.name);
    let finding = Finding::in_object(&RESOURCE_QUOTA, &message, object, field)
        .with_label(quota.span(quota.locate(&hard(counted)).range()), "this ResourceQuota counts it")
        .with_help("give every container an amount, or add a LimitRange with defaults to the namespace");
    Some((message, finding))
}

/// What pods of this spec leave out of what is listed.
pub(super) fn unsaid(spec: NodeRef<'_>, listed: NodeRef<'_>, containers: &[Container<'_>]) -> Option<Unsaid> {
    let has_own = |key: &str| spec.at(&["resources", key]).is_some_and(|list| !list.is_empty());
    if has_own("requests") || has_own("limits") {
        return None;
    }
    let names = ["containers", "initContainers"].into_iter().flat_map(|key| spec.list(key));
    let names: Vec<&str> = names.map(|container| container.text("name")).collect();
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut first = None;
    for (counted, resource, of_limits) in COUNTED.into_iter().filter(|(counted, ..)| listed.has(counted)) {
        for (container, name) in containers.iter().zip(&names) {
            let given = &container.requirements;
            if !(if of_limits { &given.limits } else { &given.requests }).contains_key(resource) {
                missing.entry(counted).or_default().insert(name);
                first.get_or_insert((&container.field, counted));
            }
        }
    }
    let (field, counted) = first?;
    let said = missing.iter().map(|(counted, names)| {
        let names: Vec<&str> = names.iter().copied().collect();
        format!("{counted} for: {}", names.join(","))
    });
    let why = format!("must specify {}", said.collect::<Vec<_>>().join("; "));
    Some(Unsaid { why, field: field.clone(), counted })
}
