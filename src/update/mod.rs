//! What applying an object does to the one that is live: the merged object, and what the server refuses to change.
//!
//! Apart because an update is judged by two objects, where every other rule sees one. The merged object is validated
//! again by the rules of its kind, as the server does; here is only what holds between old and new.
//!
//! The live object is the one last applied, read with the server's defaults in mind, or one that a cluster gave out
//! (`kubectl get -o yaml`), with its last-applied annotation.

mod converted;
mod csi_node;
mod custom_resource_definition;
mod facts;
mod frozen;
mod job;
mod label_keys;
mod live;
mod merge;
mod metadata;
mod node;
mod persistent_volume;
mod pod;
mod prepare;
mod same;
mod service;
mod service_cidr;
mod settled;
pub mod stays_live;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod three_way;

use crate::finding::{FieldErrors, Finding, Level, Rule};
use crate::object::{FieldPath, Object, Path};
use crate::schema::{KindInfo, Minor, Schema};
use crate::yaml::NodeRef;
use live::Live;
pub use merge::{MERGED_BY_KEY, PATCH, is_same_json};
pub use same::pull_policy;

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&IMMUTABLE, &PATCH, &MERGED_BY_KEY, &stays_live::RULE, &metadata::CONFLICT];

/// Fields that cannot change once an object is live.
pub static IMMUTABLE: Rule = Rule {
    id: "update/immutable",
    level: Level::Error,
    summary: "a field is changed that cannot change once the object is live",
    why: "the API server refuses the whole update; the object has to be deleted and made again, or keep its value",
    docs: include_str!("immutable.md"),
};

/// How an object is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch {
    /// `kubectl apply`: a patch made by kubectl from the last applied, the new and the live object.
    #[default]
    ClientSide,
    /// `kubectl apply --server-side`: the object itself, merged by the server.
    ServerSide,
}

/// What becomes of the live object.
#[derive(Clone, Debug)]
pub enum Change {
    /// kubectl sends nothing, or the server changes nothing.
    Unchanged,
    /// It becomes this; nodes that the new object wrote keep their places.
    Changed(Object),
}

/// What an update does, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Update {
    /// What becomes of the live object, unless an error refuses it.
    pub change: Change,
    /// What refuses it, beyond what the rules say about the merged object on its own.
    pub findings: Vec<Finding>,
}

/// An update under judgement.
#[derive(Debug)]
struct Transition<'t> {
    schema: Schema,
    minor: Minor,
    /// The kind; none for a custom resource.
    kind: Option<KindInfo>,
    old: NodeRef<'t>,
    new: NodeRef<'t>,
    errors: FieldErrors,
}

impl<'t> Transition<'t> {
    /// The old and the new value of a field path; `null` and absent are one.
    fn both(&self, path: &[&str]) -> (Option<NodeRef<'t>>, Option<NodeRef<'t>>) {
        (self.old.at(path), self.new.at(path))
    }

    /// Whether a field is the same in both, with the server's defaults in mind.
    fn is_same(&self, path: &[&str]) -> bool {
        same::at(self.schema, self.kind.map(|kind| kind.definition), path, self.old, self.new)
    }
}

/// Judges what applying `new` does to `live`, which has the same identity.
///
/// Source: `pkg/cmd/apply/patcher.go` of kubectl; `ValidateUpdate` of each kind's strategy in the API server (1.36).
pub fn judge(new: &Object, live: &Object, schema: Schema, minor: Minor, patch: Patch) -> Update {
    let live_object = Live::of(live);
    let created = if live_object.is_from_cluster() { None } else { label_keys::as_created(live, minor) };
    match &created {
        Some(created) => judge_live(new, &Live::of(created).come_of(Some(live)), schema, minor, patch),
        None => judge_live(new, &live_object, schema, minor, patch),
    }
}

/// The same for a live object that holds more than the manifest it came of, which was last applied: a custom resource
/// with its defaults.
pub fn judge_defaulted(
    new: &Object,
    live: &Object,
    manifest: &Object,
    schema: Schema,
    minor: Minor,
    patch: Patch,
) -> Update {
    judge_live(new, &Live::of(live).come_of(Some(manifest)), schema, minor, patch)
}

fn judge_live(new: &Object, live: &Live<'_>, schema: Schema, minor: Minor, patch: Patch) -> Update {
    let kind = schema.kind(&new.gvk.group, &new.gvk.version, &new.gvk.kind);
    let (merged, lost) = match merge::merge(new, live, schema, kind, patch) {
        Ok(Some(merged)) => {
            let lost = merged.lost.iter().map(|(element, key)| lost(new, *element, key)).collect::<Vec<_>>();
            (prepare::prepare(merged.object, live.node(), schema, kind, patch), lost)
        }
        Ok(None) => return Update { change: Change::Unchanged, findings: Vec::new() },
        Err(message) => {
            let finding = Finding::in_object(&PATCH, message, new, FieldPath::default());
            return Update { change: Change::Unchanged, findings: vec![finding] };
        }
    };
    let errors = FieldErrors::new(&IMMUTABLE);
    let mut transition = Transition { schema, minor, kind, old: live.node(), new: merged.root(), errors };
    metadata::validate(&mut transition);
    // A live object of another version of the kind has other fields; which of them are the same is not known here.
    if live.object().gvk == merged.gvk {
        validate_kind(&mut transition, &merged);
    }
    transition.errors.drop_repeated();
    let finding = |error: crate::finding::FieldError| Finding {
        reason: Some(error.reason),
        ..Finding::in_object(error.rule, error.message(), new, error.path.clone())
    };
    let findings = transition.errors.list.into_iter().map(finding).chain(lost).collect();
    Update { change: Change::Changed(merged), findings }
}

/// A list element that is lost in the merge.
fn lost(new: &Object, element: crate::yaml::NodeIndex, key: &str) -> Finding {
    let path = FieldPath::to(new.root(), element).unwrap_or_default();
    let node = path.find(new.root());
    let value = node.and_then(|node| node.get(key)).map(|value| value.to_json().to_string()).unwrap_or_default();
    let list = path.0.split_last().map(|(_, list)| FieldPath(list.to_vec())).unwrap_or_default();
    let message = format!(
        "{path} is lost: kubectl apply merges {list} by {key} alone, and another element has {key} {value} as well"
    );
    Finding::in_object(&MERGED_BY_KEY, message, new, path).with_help(
        "Apply it with --server-side, which tells the elements apart by all their keys, or delete the object before it is \
         applied again.",
    )
}

fn validate_kind(transition: &mut Transition<'_>, merged: &Object) {
    facts::validate(transition, &merged.gvk);
    match (merged.gvk.group.as_str(), merged.gvk.kind.as_str()) {
        ("", "ConfigMap") => frozen::validate(transition, &["data", "binaryData"]),
        ("", "Secret") => frozen::validate(transition, &["data"]),
        ("", "Node") => node::validate(transition),
        ("", "PersistentVolume") => persistent_volume::validate_volume(transition),
        ("", "PersistentVolumeClaim") => persistent_volume::validate_claim(transition),
        ("", "Pod") => pod::validate(transition),
        ("", "Service") => service::validate(transition),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom_resource_definition::validate(transition),
        ("batch", "Job") => job::validate(transition, &Path::ROOT.field("spec")),
        ("networking.k8s.io", "ServiceCIDR") => service_cidr::validate(transition),
        ("storage.k8s.io", "CSINode") => csi_node::validate(transition),
        _ => {}
    }
}
