//! Pod: almost nothing of a live pod can change.
//!
//! Apart because the few fields that can each have their own direction. Source: `ValidatePodUpdate` of
//! `pkg/apis/core/validation/validation.go` (1.36).

use super::{Transition, same};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::{NodeRef, TreeBuilder};
use serde_json::Value;

const SPEC: &str = "io.k8s.api.core.v1.PodSpec";
const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                          `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions \
                          to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it \
                          was previously negative)";

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let path = Path::ROOT.field("spec");
    let errors = &mut transition.errors;
    validate_annotations(transition.old, transition.new, errors);
    for list in ["containers", "initContainers"] {
        if old.list(list).len() != new.list(list).len() {
            errors.forbidden(&path.field(list), "pod updates may not add or remove containers");
            return;
        }
    }
    if !validate_deadline(old, new, &path, errors) {
        return;
    }
    validate_tolerations(old, new, &path, errors);
    validate_gates(old, new, &path, errors);

    let mut changed = new.map_or(Value::Null, NodeRef::to_json);
    release(&mut changed, old);
    if !old.list("schedulingGates").is_empty() {
        release_gated(&mut changed, old, &path, errors);
    }
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(&changed);
    let tree = builder.finish(root);
    if !same::structs_except(transition.schema, SPEC, &[], old, Some(tree.root())) {
        transition.errors.forbidden(&path, CHANGEABLE);
    }
}

fn validate_annotations(old: NodeRef<'_>, new: NodeRef<'_>, errors: &mut FieldErrors) {
    let metadata = Path::ROOT.field("metadata");
    let path = metadata.field("annotations");
    let is_app_armor = |key: &str| key.starts_with("container.apparmor.security.beta.kubernetes.io/");
    let is_mirror = |key: &str| key == "kubernetes.io/config.mirror";
    let entries = |side: NodeRef<'_>| -> Vec<(String, String)> {
        let entries = side.at(&["metadata", "annotations"]).into_iter().flat_map(NodeRef::entries);
        entries.map(|entry| (entry.name().to_owned(), entry.value.as_str().unwrap_or_default().to_owned())).collect()
    };
    let (before, after) = (entries(old), entries(new));
    for (key, value) in &before {
        let is_kept = after.iter().any(|(other, new)| other == key && new == value);
        if !is_kept && is_app_armor(key) {
            errors.forbidden(&path.key(key), "may not remove or update AppArmor annotations");
        } else if !is_kept && is_mirror(key) {
            errors.forbidden(&path.key(key), "may not remove or update mirror pod annotation");
        }
    }
    for (key, _) in after.iter().filter(|(key, _)| !before.iter().any(|(other, _)| other == key)) {
        if is_app_armor(key) {
            errors.forbidden(&path.key(key), "may not add AppArmor annotations");
        } else if is_mirror(key) {
            errors.forbidden(&path.key(key), "may not add mirror pod annotation");
        }
    }
}

/// A deadline can be set, and brought nearer. Whether to go on.
fn validate_deadline(
    old: Option<NodeRef<'_>>,
    new: Option<NodeRef<'_>>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) -> bool {
    let path = path.field("activeDeadlineSeconds");
    match (old.int("activeDeadlineSeconds"), new.int("activeDeadlineSeconds")) {
        (Some(old), Some(new)) if old < new => {
            errors.invalid(&path, &new, "must be less than or equal to previous value");
            false
        }
        (Some(_), None) => {
            let words = "must not update from a positive integer to nil value";
            errors.invalid(&path, &crate::finding::Verbatim("null"), words);
            true
        }
        _ => true,
    }
}

/// Tolerations can be added, and the seconds of old ones can change.
fn validate_tolerations(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let of = |spec: Option<NodeRef<'_>>| -> Vec<[String; 4]> {
        let text = |toleration: NodeRef<'_>, key: &str| toleration.text(key).to_owned();
        let all = spec.list("tolerations").into_iter();
        all.map(|toleration| ["key", "operator", "value", "effect"].map(|key| text(toleration, key))).collect()
    };
    let (before, after) = (of(old), of(new));
    if before.iter().any(|toleration| !after.contains(toleration)) {
        let words = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden(&path.field("tolerations"), words);
    }
}

/// Gates can be taken away.
fn validate_gates(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("schedulingGates");
    let before = old.list("schedulingGates");
    for (index, gate) in new.list("schedulingGates").into_iter().enumerate() {
        let name = gate.text("name");
        if !before.iter().any(|old| old.text("name") == name) {
            let words = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.forbidden(&path.index(index).field("name"), &words);
        }
    }
}

/// Sets what can change to what it was, so that the rest can be compared.
fn release(changed: &mut Value, old: Option<NodeRef<'_>>) {
    for list in ["containers", "initContainers"] {
        let Some(containers) = changed.get_mut(list).and_then(Value::as_array_mut) else { continue };
        for (container, old) in containers.iter_mut().zip(old.list(list)) {
            keep(container, Some(old), "image");
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        keep(changed, old, field);
    }
    let grace = "terminationGracePeriodSeconds";
    if old.int(grace).is_some_and(|seconds| seconds < 0) && changed.get(grace) == Some(&Value::from(1)) {
        keep(changed, old, grace);
    }
}

fn keep(changed: &mut Value, old: Option<NodeRef<'_>>, field: &str) {
    let Some(changed) = changed.as_object_mut() else { return };
    match old.and_then(|old| old.get(field)) {
        Some(value) => drop(changed.insert(field.to_owned(), value.to_json())),
        None => drop(changed.remove(field)),
    }
}

/// A pod held back by a gate can still be told more narrowly where to run.
fn release_gated(changed: &mut Value, old: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let selector = old.and_then(|old| old.get("nodeSelector"));
    let new_selector = changed.get("nodeSelector").cloned().unwrap_or_default();
    let selector_path = path.field("nodeSelector");
    for entry in selector.into_iter().flat_map(NodeRef::entries) {
        if new_selector.get(entry.name()) != Some(&entry.value.to_json()) {
            let words = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            let shown = new_selector.to_string();
            errors.invalid(&selector_path, &crate::finding::Verbatim(&shown), words);
            break;
        }
    }
    keep(changed, old, "nodeSelector");
    release_node_affinity(changed, old, path, errors);
}

fn release_node_affinity(changed: &mut Value, old: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    const TERMS: &str = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let before = old.map_or(Value::Null, NodeRef::to_json);
    let terms = |spec: &Value| spec.pointer(TERMS).and_then(Value::as_array).cloned().unwrap_or_default();
    let (old_terms, new_terms) = (terms(&before), terms(changed));
    let affinity_path = path.field("affinity");
    let path = affinity_path.field("nodeAffinity");
    let path = path.field("requiredDuringSchedulingIgnoredDuringExecution");
    let path = path.field("nodeSelectorTerms");
    if !old_terms.is_empty() && old_terms.len() != new_terms.len() {
        let words = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid(&path, &crate::finding::Verbatim(&Value::from(new_terms).to_string()), words);
    } else {
        for (index, (old, new)) in old_terms.iter().zip(&new_terms).enumerate() {
            if !has_only_additions(old, new) {
                let words = "only additions are allowed (no mutations or deletions)";
                errors.invalid(&path.index(index), &crate::finding::Verbatim(&new.to_string()), words);
            }
        }
    }
    let old_affinity = before.get("affinity");
    match (changed.get_mut("affinity").and_then(Value::as_object_mut), old_affinity) {
        (Some(new), Some(old)) => match old.get("nodeAffinity") {
            Some(node) => drop(new.insert("nodeAffinity".to_owned(), node.clone())),
            None => drop(new.remove("nodeAffinity")),
        },
        (Some(new), None) => drop(new.remove("nodeAffinity")),
        (None, Some(old)) => {
            if let (Some(node), Some(changed)) = (old.get("nodeAffinity"), changed.as_object_mut()) {
                changed.insert("affinity".to_owned(), serde_json::json!({ "nodeAffinity": node }));
            }
        }
        (None, None) => {}
    }
}

/// Whether a term keeps every requirement it had, in its place; a term without any selects nothing and must stay so.
fn has_only_additions(old: &Value, new: &Value) -> bool {
    let list = |term: &Value, key: &str| term.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let keys = ["matchExpressions", "matchFields"];
    if keys.iter().all(|key| list(old, key).is_empty()) && keys.iter().any(|key| !list(new, key).is_empty()) {
        return false;
    }
    keys.iter().all(|key| {
        let (old, new) = (list(old, key), list(new, key));
        old.len() <= new.len() && old.iter().zip(&new).all(|(old, new)| old == new)
    })
}
