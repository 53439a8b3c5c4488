//! Job: its template, unless it is suspended, and its completions.
//!
//! Apart because what may change depends on the Job being suspended. Source: `ValidateJobSpecUpdate` of
//! `pkg/apis/batch/validation/validation.go` and `validationOptionsForJob` of `pkg/registry/batch/job/strategy.go`
//! (1.36).

use super::{Transition, same};
use crate::object::Path;
use crate::object::view::View;
use crate::schema::Minor;
use crate::yaml::{NodeRef, TreeBuilder};
use serde_json::Value;

const TEMPLATE: &str = "io.k8s.api.core.v1.PodTemplateSpec";
const IMMUTABLE: &str = "field is immutable";

pub(super) fn validate(transition: &mut Transition<'_>, path: &Path<'_>) {
    let (old, new) = transition.both(&["spec"]);
    validate_completions(transition, old, new, path);
    let template = |spec: Option<NodeRef<'_>>| spec.and_then(|spec| spec.get("template")).map(NodeRef::to_json);
    let (mut before, mut after) = (template(old).unwrap_or_default(), template(new).unwrap_or_default());
    if old.flag("suspend") {
        release_scheduling(&mut before, &mut after);
        if transition.minor >= Minor(36) {
            release_resources(&mut before, &mut after);
        }
    }
    let tree = |value: &Value| {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        builder.finish(root)
    };
    let is_same_pod = told_without_defaults(&before) == told_without_defaults(&after);
    let (before, after) = (tree(&before), tree(&after));
    if !is_same_pod || !same::structs_except(transition.schema, TEMPLATE, &[], Some(before.root()), Some(after.root()))
    {
        let path = path.field("template");
        match new.and_then(|new| new.get("template")) {
            Some(template) => transition.errors.invalid(&path, &template, IMMUTABLE),
            None => transition.errors.invalid_without_value(&path, IMMUTABLE),
        }
    }
}

/// What has a default in a Pod and none in a template: ports of the host, the account, service links.
fn told_without_defaults(template: &Value) -> Vec<Value> {
    let at = |pointer: &str| template.pointer(pointer).cloned().unwrap_or_default();
    let has_account =
        ["/spec/serviceAccountName", "/spec/serviceAccount"].iter().any(|pointer| at(pointer) != Value::Null);
    let mut told = vec![at("/spec/enableServiceLinks"), has_account.into()];
    for list in ["/spec/containers", "/spec/initContainers"] {
        let containers = template.pointer(list).and_then(Value::as_array).into_iter().flatten();
        let ports = containers.filter_map(|container| container.get("ports").and_then(Value::as_array)).flatten();
        told.extend(ports.map(|port| port.get("hostPort").and_then(Value::as_i64).unwrap_or(0).into()));
    }
    told
}

/// Takes out what says where pods of a suspended Job will run, and their labels and annotations.
fn release_scheduling(before: &mut Value, after: &mut Value) {
    for template in [before, after] {
        for (parent, field) in [
            ("/metadata", "labels"),
            ("/metadata", "annotations"),
            ("/spec", "nodeSelector"),
            ("/spec", "tolerations"),
            ("/spec", "schedulingGates"),
            ("/spec/affinity", "nodeAffinity"),
        ] {
            if let Some(parent) = template.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent.remove(field);
            }
        }
    }
}

/// Takes out the resources of containers that have the same name at the same place.
fn release_resources(before: &mut Value, after: &mut Value) {
    for list in ["/spec/containers", "/spec/initContainers"] {
        let (Some(before), Some(after)) = (
            before.pointer_mut(list).and_then(Value::as_array_mut),
            after.pointer_mut(list).and_then(Value::as_array_mut),
        ) else {
            continue;
        };
        if before.len() != after.len() {
            continue;
        }
        for (before, after) in before.iter_mut().zip(after) {
            if before.get("name") == after.get("name") {
                for container in [before, after] {
                    if let Some(container) = container.as_object_mut() {
                        container.remove("resources");
                    }
                }
            }
        }
    }
}

/// Completions and parallelism of a Job with the server's defaults.
fn counts(completions: Option<i64>, parallelism: Option<i64>) -> (Option<i64>, i64) {
    match (completions, parallelism) {
        (None, None) => (Some(1), 1),
        _ => (completions, parallelism.unwrap_or(1)),
    }
}

fn validate_completions(
    transition: &mut Transition<'_>,
    old: Option<NodeRef<'_>>,
    new: Option<NodeRef<'_>>,
    path: &Path<'_>,
) {
    let (old_completions, old_parallelism) = counts(old.int("completions"), old.int("parallelism"));
    // What was not applied but filled in stays when something else changes.
    let kept = |key: &str, filled_in: Option<i64>| if old.has(key) { None } else { filled_in };
    let (completions, parallelism) = counts(
        new.int("completions").or(kept("completions", old_completions)),
        new.int("parallelism").or(kept("parallelism", Some(old_parallelism))),
    );
    if completions == old_completions {
        return;
    }
    let path = path.field("completions");
    let is_indexed = new.text("completionMode") == "Indexed";
    match completions {
        Some(completions) if is_indexed => {
            if completions != parallelism {
                let words = "can only be modified in tandem with spec.parallelism";
                transition.errors.invalid(&path, &completions, words);
            }
        }
        None if is_indexed => {}
        Some(completions) => transition.errors.invalid(&path, &completions, IMMUTABLE),
        None => transition.errors.invalid(&path, &crate::finding::Verbatim("null"), IMMUTABLE),
    }
}
