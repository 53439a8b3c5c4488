//! What a change to a set does that nobody refuses: objects left behind or deleted, settings that nobody reads again.
//!
//! Apart from `cross` because two states of a set are held against each other here, where every rule there sees one; and
//! from `update` because what is left behind or not noticed is another object than the one that changes. One rule is one
//! file.

mod deleted;
mod left_behind;
mod prune;
mod prune_refused;
mod restart;
mod second_object;
mod syncer;
mod unnoticed;

pub use prune::{Applied, Membership, Pruning};
pub use syncer::{Syncer, syncers};

use crate::apply::{Identity, Method};
use crate::finding::{Finding, Rule};
use crate::object::Object;
use crate::schema::Schema;

/// Every rule of the room.
pub static RULES: &[&Rule] =
    &[&left_behind::RULE, &deleted::RULE, &prune_refused::RULE, &second_object::RULE, &unnoticed::RULE, &restart::RULE];

/// An object of the set as it is now.
#[derive(Clone, Debug)]
pub struct Now<'s> {
    /// The object.
    pub object: &'s Object,
    /// What it is.
    pub identity: Identity,
    /// What it was.
    pub past: Past<'s>,
}

/// What an object was when it was last applied.
#[derive(Clone, Copy, Debug)]
pub enum Past<'s> {
    /// It was not there.
    New,
    /// The same.
    Untouched,
    /// This.
    Was(&'s Object),
}

/// An object that the set no longer holds, nor any other one.
#[derive(Clone, Debug)]
pub struct Gone<'s> {
    /// The object, as it was.
    pub object: &'s Object,
    /// What it is.
    pub identity: Identity,
    /// The absolute path of the file it was in, or was rendered from.
    pub path: &'s str,
    /// The object as it is live, where the cluster shows it whole.
    pub live: Option<&'s Object>,
    /// How it is known.
    pub known: Known,
}

/// How an object is known that a set does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The set held it when it was last applied.
    Before,
    /// The files of the set hold it, and the label selector of the apply leaves it out.
    LeftOut,
    /// It is live.
    Live,
}

/// Two states of a set.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// Its objects.
    pub now: &'s [Now<'s>],
    /// Those that are in it no more.
    pub gone: &'s [Gone<'s>],
    /// How it is applied.
    pub method: Method,
    /// The tools that the repository tells to apply its directories.
    pub syncers: &'s [Syncer],
    /// What the apply itself deletes, where it prunes.
    pub pruning: Option<&'s Pruning<'s>>,
    /// The kinds.
    pub schema: Schema,
}

/// Everything that the change does without being refused.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = departed(scene);
    findings.extend(unnoticed::check(scene));
    findings.extend(restart::check(scene));
    findings
}

/// What becomes of the objects that are in the set no more.
pub fn departed(scene: &Scene<'_>) -> Vec<Finding> {
    let renamed = second_object::renamed(scene);
    let mut findings = Vec::new();
    for gone in scene.gone {
        if let Some(pruning) = scene.pruning.filter(|pruning| pruning.is_refused(gone)) {
            findings.push(prune_refused::finding(gone, pruning));
            continue;
        }
        let fate = syncer::fate(gone, scene);
        let new = renamed.iter().find(|(old, _)| std::ptr::eq(*old, gone)).map(|(_, new)| *new);
        findings.extend(match (fate.is_deleted, new) {
            // Whatever else is live was never this set's.
            (false, _) if gone.known != Known::Before => None,
            (false, Some(new)) => Some(second_object::finding(gone, new, &fate)),
            (false, None) => left_behind::finding(gone, &fate, scene),
            (true, _) => Some(deleted::finding(gone, &fate, scene)),
        });
    }
    findings
}

/// `Kind namespace/name`, as reports say it.
fn title(identity: &Identity) -> String {
    if identity.namespace.is_empty() {
        format!("{} {}", identity.kind, identity.name)
    } else {
        format!("{} {}/{}", identity.kind, identity.namespace, identity.name)
    }
}
