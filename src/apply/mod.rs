//! What an apply does with objects, in order: `kubectl apply`, and the other tools that apply sets.
//!
//! Apart because it is the simulation alone: no rule about one object, no file, no output.
//!
//! Reading order is reporting order. First everything is collected ([`collect`]): documents become objects, kinds are
//! looked up, namespaces filled in; what fails here fails before anything is written. Then [`simulate`] sends the
//! objects one by one to a [`World`] that each of them changes.

pub mod admission;
pub mod allocation;
mod collect;
mod kinds;
mod label_selector;
pub mod last_applied;
pub mod losses;
mod members;
pub mod names;
mod options;
mod order;
mod outcome;
mod prune;
mod rules;
mod simulate;
pub mod unknown_kind;
mod world;
mod written;

pub use collect::{
    CLIENT_SIDE, Collected, Input, LIST, METADATA, NAMESPACE_FLAG, NOT_AN_OBJECT, PARSE, State, collect,
};
pub use kinds::{CustomKind, DeclaredKind, Kinds, Mapping, declared_kinds};
pub use label_selector::LabelSelector;
pub use members::{Members, keep_label, was_applied_as_member};
pub use options::{ApplyOptions, Together};
pub use outcome::{ApplySet, Attempt, Judge, Method, Opinion, Outcome, Pruned, Verdict};
pub use prune::{Parent, Prune};
pub use rules::RULES;
pub use simulate::{Judgement, Judges, UpdateJudgement, simulate};
pub use world::{Identity, SYSTEM_NAMESPACES, SYSTEM_PRIORITY_CLASSES, World};
pub use written::Written;
