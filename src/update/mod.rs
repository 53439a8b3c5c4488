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
mod field_set;
mod frozen;
mod job;
mod label_keys;
mod live;
mod managers;
mod merge;
mod metadata;
mod node;
mod persistent_volume;
mod pod;
mod prepare;
mod prune;
mod same;
mod service;
mod service_cidr;
mod settled;
mod shape;
pub mod stays_live;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod three_way;

use crate::finding::{FieldErrors, Finding, Level, Rule};
use crate::object::{FieldPath, Object, Path};
use crate::schema::{KindInfo, Minor, Schema};
use crate::server_rules::custom::Definition;
use crate::yaml::NodeRef;
use live::Live;
use managers::Managers;
pub use managers::RULE as FIELD_MANAGER;
pub use merge::{MERGED_BY_KEY, PATCH, is_same_json};
pub use same::pull_policy;
use shape::Shape;

/// Every rule of the room.
pub static RULES: &[&Rule] =
    &[&IMMUTABLE, &PATCH, &MERGED_BY_KEY, &stays_live::RULE, &metadata::CONFLICT, &FIELD_MANAGER];

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
pub enum Patch<'p> {
    /// `kubectl apply`: a patch made by kubectl from the last applied, the new and the live object.
    #[default]
    ClientSide,
    /// Server-side apply: the object itself, merged by the server.
    ServerSide(Applier<'p>),
}

/// Who applies an object server-side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applier<'p> {
    /// The name by which it owns fields.
    pub manager: &'p str,
    /// Whether it takes over what others have set: `--force-conflicts`.
    pub forces: bool,
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
    /// What who applies it applied last, where the live object tells that; its places are those of the live object.
    pub was: Option<Object>,
}

impl Update {
    fn unchanged(findings: Vec<Finding>) -> Self {
        Self { change: Change::Unchanged, findings, was: None }
    }
}

/// A server that is asked to change an object.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Its kinds.
    pub schema: Schema,
    /// Its version.
    pub minor: Minor,
    /// How it is asked.
    pub patch: Patch<'c>,
    /// The definition of the object's kind, where it is a custom resource.
    pub definition: Option<&'c Definition>,
}

impl<'c> Context<'c> {
    /// What is known of the objects that are merged. kubectl knows no schema of a custom resource.
    fn shape(&self, kind: Option<KindInfo>) -> Shape<'c> {
        match (kind, self.definition, self.patch) {
            (Some(kind), ..) => self.schema.definition(kind.definition).map_or(Shape::Unknown, Shape::Struct),
            (None, Some(definition), Patch::ServerSide(_)) => Shape::Resource(definition),
            _ => Shape::Unknown,
        }
    }
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
pub fn judge(new: &Object, live: &Object, context: Context<'_>) -> Update {
    let live_object = Live::of(live);
    let created = if live_object.is_from_cluster() { None } else { label_keys::as_created(live, context.minor) };
    match &created {
        Some(created) => judge_live(new, &Live::of(created).come_of(Some(live)), context),
        None => judge_live(new, &live_object, context),
    }
}

/// The same for a live object that holds more than the manifest it came of, which was last applied: a custom resource
/// with its defaults.
pub fn judge_defaulted(new: &Object, live: &Object, manifest: &Object, context: Context<'_>) -> Update {
    judge_live(new, &Live::of(live).come_of(Some(manifest)), context)
}

fn judge_live(new: &Object, live: &Live<'_>, context: Context<'_>) -> Update {
    let Context { schema, minor, patch, .. } = context;
    let kind = schema.kind(&new.gvk.group, &new.gvk.version, &new.gvk.kind);
    let shape = context.shape(kind);
    let applier = match patch {
        Patch::ServerSide(applier) => Some(applier),
        Patch::ClientSide => None,
    };
    let managers = applier.filter(|_| live.object().gvk == new.gvk).and_then(|_| Managers::of(live.object()));
    let merged = merge::merge(new, live, context, kind, managers.as_ref());
    let (merged, lost) = match merged {
        Ok(Some(merged)) => (merged.object, merged.lost),
        Ok(None) => return Update::unchanged(Vec::new()),
        Err(message) => {
            return Update::unchanged(vec![Finding::in_object(&PATCH, message, new, FieldPath::default())]);
        }
    };
    if let (Some(managers), Some(applier)) = (&managers, applier)
        && let Some(refusal) = managers.refusal(&merged, new, live, context, applier)
    {
        return Update::unchanged(vec![refusal]);
    }
    let was = managers.map(|managers| prune::restricted(schema, shape, live.object(), &managers.last(patch)));
    let lost = lost.iter().map(|(element, key)| self::lost(new, *element, key)).collect::<Vec<_>>();
    let merged = prepare::prepare(merged, live.node(), schema, kind, patch);
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
    Update { change: Change::Changed(merged), findings, was }
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
