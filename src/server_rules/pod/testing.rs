//! What the tests of this room share: a good pod with something changed, and the messages that draws.
//!
//! Apart so that a test shows only what it is about.

use crate::server_rules::testing::{errors_of, warnings_of};
use serde_json::{Value, json};

/// A Pod with one good container, and `changes` merged into its spec: maps are merged, everything else is replaced.
pub(super) fn pod(changes: Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bakery", "namespace": "town"},
        "spec": {"containers": [container(json!({}))]},
    });
    merge(&mut pod["spec"], changes);
    pod
}

/// A good container with `changes` merged into it.
pub(super) fn container(changes: Value) -> Value {
    let mut container = json!({"name": "oven", "image": "registry.example/oven:3"});
    merge(&mut container, changes);
    container
}

fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (key, value) in changes {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, changes) => *into = changes,
    }
}

/// What refuses a Pod with these changes to its spec.
pub(super) fn spec_errors(changes: Value) -> Vec<String> {
    errors_of(&pod(changes))
}

/// What refuses a Pod with these changes to its only container.
pub(super) fn container_errors(changes: Value) -> Vec<String> {
    spec_errors(json!({"containers": [container(changes)]}))
}

/// What refuses a Pod with these annotations and these changes to its spec.
pub(super) fn annotated_errors(annotations: Value, changes: Value) -> Vec<String> {
    let mut pod = pod(changes);
    pod["metadata"]["annotations"] = annotations;
    errors_of(&pod)
}

/// What the server warns about in a Pod with these changes to its spec.
pub(super) fn spec_warnings(changes: Value) -> Vec<String> {
    warnings_of(&pod(changes))
}
