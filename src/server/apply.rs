//! One object, sent as the apply would send it, for a dry run.
//!
//! Apart because here it is decided which requests an object takes: GET and then POST or PATCH for client-side apply, one
//! PATCH for server-side apply, one POST for `kubectl create`. Source: `pkg/cmd/apply/apply.go` and `patcher.go` of
//! kubectl 1.36.

use super::Target;
use super::discovery::{Cluster, collection_path, object_path};
use super::wire::{Manner, NoReply, Reply, Verb};
use crate::apply::{Method, Outcome};
use crate::decode::FieldValidation;
use crate::object::GroupVersionKind;
use crate::pipeline::{Answer, Question, Refused};
use crate::schema::{Minor, Schema};
use crate::server_rules::metadata::LAST_APPLIED;
use crate::update::three_way;
use serde_json::{Map, Value, json};

/// Judges an object.
pub(super) async fn judge(cluster: &Cluster, target: &Target, question: Question) -> Answer {
    match ask(cluster, target, question).await {
        Ok(answer) => answer,
        Err(no_reply) => Answer::Silent { why: no_reply.to_string() },
    }
}

async fn ask(cluster: &Cluster, target: &Target, question: Question) -> Result<Answer, NoReply> {
    let Question { mut named, mut body, minor, method, validation } = question;
    let Some(resource) = cluster.resource(&named.gvk).await? else {
        let message = format!("no matches for kind \"{}\" in version \"{}\"", named.gvk.kind, named.gvk.api_version());
        return Ok(Answer::Refused(Refused { message, ..Refused::default() }));
    };
    if !resource.namespaced {
        named.namespace.clear();
    }
    place(&mut body, &named.namespace);
    let path = object_path(&named, &resource);
    let into = collection_path(&named.gvk.api_version(), &resource, &named.namespace);
    let validation = match validation {
        FieldValidation::Strict => "Strict",
        FieldValidation::Warn => "Warn",
        FieldValidation::Ignore => "Ignore",
    };
    let manager = target.field_manager.as_deref().unwrap_or_else(|| method.manager());
    let manner = |verb| Manner { verb, manager, validation };
    match method {
        Method::KubectlCreate => {
            let reply = cluster.wire.dry_run(&into, manner(Verb::Create), &body).await?;
            Ok(answer(reply, Outcome::Created))
        }
        Method::KubectlServerSide | Method::Flux => {
            let live = cluster.live(&path).await?;
            let force = target.force_conflicts || method == Method::Flux;
            let reply = cluster.wire.dry_run(&path, manner(Verb::Apply { force }), &body).await?;
            let outcome = match (reply.status, live.is_success()) {
                (201, _) => Outcome::Created,
                _ if live.is_success() && is_same(&live.body, &reply.body) => Outcome::Unchanged,
                _ => Outcome::Configured,
            };
            Ok(answer(reply, outcome))
        }
        Method::Kubectl | Method::Kustomize | Method::Helm | Method::ArgoCd => {
            let annotates = method != Method::Helm;
            let live = cluster.live(&path).await?;
            if live.status == 404 {
                if annotates {
                    annotate(&mut body);
                }
                prepare_for_create(&mut body);
                let reply = cluster.wire.dry_run(&into, manner(Verb::Create), &body).await?;
                return Ok(answer(reply, Outcome::Created));
            }
            if !live.is_success() {
                return Ok(answer((*live).clone(), Outcome::Unchanged));
            }
            if annotates {
                annotate(&mut body);
            }
            let (verb, change) = match change(&named.gvk, minor, &body, &live.body) {
                Ok(change) => change,
                Err(message) => return Ok(Answer::Refused(Refused { message, ..Refused::default() })),
            };
            if change.as_object().is_some_and(Map::is_empty) {
                return Ok(Answer::Accepted { outcome: Outcome::Unchanged, warnings: Vec::new() });
            }
            let reply = cluster.wire.dry_run(&path, manner(verb), &change).await?;
            Ok(answer(reply, Outcome::Configured))
        }
    }
}

/// The patch that leads from the live object to what is applied.
fn change(gvk: &GroupVersionKind, minor: Minor, applied: &Value, live: &Value) -> Result<(Verb, Value), String> {
    let (schema, original) = (Schema::of(minor), last_applied(live));
    Ok(match schema.kind(&gvk.group, &gvk.version, &gvk.kind) {
        Some(kind) => (Verb::StrategicMerge, three_way::strategic(schema, &kind, original.as_ref(), applied, live)?),
        None => (Verb::JsonMerge, three_way::json_merge(original.as_ref(), applied, live)),
    })
}

fn answer(reply: Reply, outcome: Outcome) -> Answer {
    if reply.is_success() {
        return Answer::Accepted { outcome, warnings: reply.warnings };
    }
    let message = reply.message();
    if let Some(webhook) = without_dry_run(&message) {
        let why = format!("admission webhook {webhook} does not support dry run");
        return Answer::Silent { why };
    }
    let causes = reply.body["details"]["causes"].as_array();
    let field = causes.into_iter().flatten().find_map(|cause| cause["field"].as_str());
    let field = field.filter(|field| !field.is_empty()).map(str::to_owned);
    Answer::Refused(Refused { code: reply.status, message, field, warnings: reply.warnings })
}

/// The webhook that refuses every dry run. Source: `NewDryRunUnsupportedErr` in apiserver
/// `pkg/admission/plugin/webhook/errors/statuserror.go` (1.36).
fn without_dry_run(message: &str) -> Option<&str> {
    let (before, _) = message.split_once(" does not support dry run")?;
    before.strip_prefix("admission webhook ").or(Some(before))
}

/// Writes the namespace that the object goes to, as kubectl does before it sends.
fn place(body: &mut Value, namespace: &str) {
    let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if namespace.is_empty() {
        metadata.remove("namespace");
    } else {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
}

/// Adds the annotation that holds the object as it is applied.
fn annotate(body: &mut Value) {
    let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let applied = format!("{}\n", go_json(body));
    body["metadata"]["annotations"][LAST_APPLIED] = json!(applied);
}

/// JSON as Go writes it. What is escaped here stands only inside of strings.
fn go_json(value: &Value) -> String {
    let escapes =
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    escapes.iter().fold(value.to_string(), |text, (character, escape)| text.replace(*character, escape))
}

/// What kubectl takes out of an object that it creates. Source: `createAndRefresh` of cli-runtime, `pruneNullsFromMap` of
/// kubectl `pkg/util/apply` (1.36).
fn prepare_for_create(body: &mut Value) {
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    prune_nulls(body, 0);
}

fn prune_nulls(value: &mut Value, depth: usize) {
    const MAX_DEPTH: usize = 256;
    match value {
        Value::Object(map) if depth < MAX_DEPTH => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(|value| prune_nulls(value, depth + 1));
        }
        Value::Array(list) if depth < MAX_DEPTH => list.iter_mut().for_each(|value| prune_nulls(value, depth + 1)),
        _ => {}
    }
}

/// What the live object's annotation says was applied last.
fn last_applied(live: &Value) -> Option<Value> {
    serde_json::from_str(live["metadata"]["annotations"][LAST_APPLIED].as_str()?).ok()
}

/// Whether a dry run changed nothing. Who owns which field, and since when, is told by the server's clock.
fn is_same(live: &Value, answered: &Value) -> bool {
    let plain = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
            metadata.remove("generation");
            metadata.remove("resourceVersion");
        }
        object
    };
    plain(live) == plain(answered)
}

#[cfg(test)]
mod tests {
    use super::{annotate, go_json, place, prepare_for_create, without_dry_run};
    use serde_json::json;

    #[test]
    fn what_is_created_is_what_kubectl_sends() {
        let mut body = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"low": "<1", "high": null},
            "metadata": {"name": "tides", "resourceVersion": "3"},
        });
        place(&mut body, "coast");
        annotate(&mut body);
        prepare_for_create(&mut body);
        let applied = "{\"apiVersion\":\"v1\",\"data\":{\"high\":null,\"low\":\"\\u003c1\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"tides\",\"namespace\":\"coast\",\"resourceVersion\":\"3\"}}\n";
        assert_eq!(
            body,
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": {"low": "<1"},
                "metadata": {
                    "name": "tides", "namespace": "coast",
                    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied},
                },
            })
        );
        assert_eq!(go_json(&json!("a&b")), "\"a\\u0026b\"");
    }

    #[test]
    fn a_webhook_that_refuses_dry_runs_is_named() {
        let said = "admission webhook \"tide.example.com\" does not support dry run";
        assert_eq!(without_dry_run(said), Some("\"tide.example.com\""));
        assert_eq!(without_dry_run("pods \"a\" is forbidden"), None);
    }
}
