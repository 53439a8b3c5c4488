//! `PersistentVolume` and `PersistentVolumeClaim`: what binds the two stays as it is.
//!
//! Apart because what may change depends on whether a claim is bound. Source: `ValidatePersistentVolumeUpdate` and
//! `ValidatePersistentVolumeClaimUpdate` of `pkg/apis/core/validation/validation.go` (1.36).

use super::{Transition, same};
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::{NodeRef, TreeBuilder};
use serde_json::Value;

const VOLUME_SPEC: &str = "io.k8s.api.core.v1.PersistentVolumeSpec";
const CLAIM_SPEC: &str = "io.k8s.api.core.v1.PersistentVolumeClaimSpec";
const STORAGE_CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Fields of a volume's spec that are not its source.
const NOT_SOURCE: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// Labels that may be replaced by what became of them.
const BETA_LABELS: [(&str, &str); 5] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
];

/// A copy of a value to change.
fn edit(node: Option<NodeRef<'_>>) -> Value {
    node.map_or(Value::Null, NodeRef::to_json)
}

/// Asks about a value that was changed in thought.
fn with_tree<R>(value: &Value, ask: impl FnOnce(Option<NodeRef<'_>>) -> R) -> R {
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(value);
    let tree = builder.finish(root);
    ask(Some(tree.root()))
}

pub(super) fn validate_volume(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let path = Path::ROOT.field("spec");
    let mut changed = edit(new);
    // A secret for expansion may be added to a driver that had none.
    let secret = ["csi", "controllerExpandSecretRef"];
    let had_none = old.is_some_and(|old| old.has("csi") && old.at(&secret).is_none());
    if let Some(csi) = changed.pointer_mut("/csi").and_then(Value::as_object_mut).filter(|_| had_none) {
        csi.remove("controllerExpandSecretRef");
    }
    let is_same =
        with_tree(&changed, |new| same::structs_except(transition.schema, VOLUME_SPEC, &NOT_SOURCE, old, new));
    if !is_same {
        let words = "spec.persistentvolumesource is immutable after creation";
        transition.errors.forbidden(&path.field("persistentvolumesource"), words);
    }
    if old.has("nodeAffinity") && !transition.is_same(&["spec", "nodeAffinity"]) {
        let affinity = |spec: Option<NodeRef<'_>>| edit(spec.and_then(|spec| spec.get("nodeAffinity"))).to_string();
        let (mut before, mut after) = (affinity(old), affinity(new));
        for (beta, stable) in BETA_LABELS {
            let key = |label: &str| format!("\"key\":\"{label}\"");
            before = before.replace(&key(beta), &key(stable));
            after = after.replace(&key(beta), &key(stable));
        }
        if before != after {
            let words = "field is immutable, except for updating from beta label to GA";
            transition.errors.invalid(&Path::ROOT.field("nodeAffinity"), &crate::finding::Verbatim(&after), words);
        }
    }
    if old.has("volumeAttributesClassName") && !new.has("volumeAttributesClassName") {
        let words = "update from non-nil value to nil is forbidden";
        transition.errors.forbidden(&path.field("volumeAttributesClassName"), words);
    }
}

pub(super) fn validate_claim(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let is_bound = transition.old.get("status").text("phase") == "Bound";
    let path = Path::ROOT.field("spec");
    let mut changed = edit(new);
    let mut keep = |field: &str| {
        if let Some(changed) = changed.as_object_mut() {
            changed.insert(field.to_owned(), edit(old.and_then(|old| old.get(field))));
        }
    };
    if old.text("volumeName").is_empty() {
        keep("volumeName");
    }
    let annotation =
        |node: NodeRef<'_>| node.at(&["metadata", "annotations"]).text(STORAGE_CLASS_ANNOTATION).to_owned();
    let old_annotation = annotation(transition.old);
    let new_class = new.text_pointer("storageClassName");
    // A class can be given once, and must be that of an annotation where there is one.
    if !old.has("storageClassName")
        && new_class.is_some_and(|class| old_annotation.is_empty() || class == old_annotation)
    {
        keep("storageClassName");
    }
    let (before, after) = sources(old, new);
    if before == after {
        keep("dataSource");
        keep("dataSourceRef");
    }
    if is_bound {
        keep("volumeAttributesClassName");
        let before = old.and_then(|old| old.at(&["resources", "requests", "storage"]));
        if let Some(requests) = changed.pointer_mut("/resources/requests").and_then(Value::as_object_mut) {
            requests.insert("storage".to_owned(), edit(before));
        }
    }
    if !with_tree(&changed, |new| same::structs_except(transition.schema, CLAIM_SPEC, &[], old, new)) {
        let words = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                     claims";
        transition.errors.forbidden(&path, words);
    }
}

/// The fields that tell what a claim copies from.
pub(super) const SOURCES: [&str; 2] = ["dataSource", "dataSourceRef"];
type Sources = [Option<Value>; 2];

/// What a claim copies from, live and after the update. Each of two fields is filled in from the other, and what was
/// filled in stays when the other is taken away (`NormalizeDataSources`, `EnforceDataSourceBackwardsCompatibility` of
/// `pkg/api/persistentvolumeclaim/util.go`).
pub(super) fn sources(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> (Sources, Sources) {
    let of =
        |spec: Option<NodeRef<'_>>| SOURCES.map(|field| spec.and_then(|spec| spec.get(field)).map(NodeRef::to_json));
    let [applied, after] = [of(old), of(new)];
    let live = completed(applied.clone(), false);
    let is_in_use = live.iter().any(Option::is_some);
    let kept = |at: usize| match (&after[at], &applied[at], &live[at]) {
        (Some(Value::Object(after)), None, Some(Value::Object(live))) => {
            let mut merged = live.clone();
            merged.extend(after.clone());
            Some(Value::Object(merged))
        }
        (Some(after), _, _) => Some(after.clone()),
        (None, Some(_), _) => None,
        (None, None, live) => live.clone(),
    };
    let after = completed([kept(0), kept(1)], is_in_use);
    (live, after)
}

/// `is_in_use`: the live claim copies from somewhere; then nothing is dropped any more.
fn completed([source, reference]: Sources, is_in_use: bool) -> Sources {
    let source = source.filter(|source| is_in_use || reference.is_some() || is_copied_by_itself(source));
    let is_elsewhere =
        |reference: &Value| reference.get("namespace").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    match (source, reference) {
        (Some(source), None) => [Some(source.clone()), Some(source)],
        (None, Some(reference)) if !is_elsewhere(&reference) => [Some(reference.clone()), Some(reference)],
        both => [both.0, both.1],
    }
}

/// Only a claim or a snapshot can be named in `dataSource`; anything else is dropped.
fn is_copied_by_itself(source: &Value) -> bool {
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    matches!(
        (text("apiGroup"), text("kind")),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    )
}
