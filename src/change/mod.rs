//! What a change to a set does that nobody refuses: objects left behind or deleted, settings that nobody reads again.
//!
//! Apart from `cross` because two states of a set are held against each other here, where every rule there sees one; and
//! from `update` because what is left behind or not noticed is another object than the one that changes. One rule is one
//! file.

mod deleted;
mod left_behind;
mod restart;
mod second_object;
mod syncer;
mod unnoticed;

pub use syncer::{Syncer, syncers};

use crate::apply::{Identity, Method};
use crate::finding::{Finding, Rule};
use crate::object::Object;
use crate::schema::Schema;

/// Every rule of the room.
pub static RULES: &[&Rule] =
    &[&left_behind::RULE, &deleted::RULE, &second_object::RULE, &unnoticed::RULE, &restart::RULE];

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
    /// The kinds.
    pub schema: Schema,
}

/// Everything that the change does without being refused.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    let renamed = second_object::renamed(scene);
    let mut findings = Vec::new();
    for gone in scene.gone {
        let fate = syncer::fate(gone, scene);
        let new = renamed.iter().find(|(old, _)| std::ptr::eq(*old, gone)).map(|(_, new)| *new);
        findings.extend(match (fate.is_deleted, new) {
            (false, Some(new)) => Some(second_object::finding(gone, new, &fate)),
            (false, None) => left_behind::finding(gone, &fate, scene),
            (true, _) => Some(deleted::finding(gone, &fate)),
        });
    }
    findings.extend(unnoticed::check(scene));
    findings.extend(restart::check(scene));
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
