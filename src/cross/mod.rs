//! What no object shows by itself: names that lead nowhere, selectors that select nothing, two objects that want one place.
//!
//! Apart from the API server's rules because nothing here is refused: kubectl reports success, and then it does not
//! work. One rule is one file, which has its `RULE` and its `check`; [`Scene`] has the answers they share.
//!
//! A rule says nothing where it would have to guess. What may be in the cluster is missing only in a closed world
//! (`--cluster`); in an open one a rule speaks of it where the set or the repository makes it all but certain, and says
//! that it is not found in the repository.

mod index;
mod named;
mod scene;
mod service_selects_nothing;
#[cfg(test)]
mod testing;

pub use index::{Index, Member, Workload};
pub use named::{Named, names_in};
pub use scene::{Presence, Scene};

use crate::finding::{Finding, Rule};
use rayon::prelude::*;

/// A rule's own look at a scene.
type Check = fn(&Scene<'_>) -> Vec<Finding>;

/// Every rule, with its check.
static CHECKS: &[(&Rule, Check)] = &[(&service_selects_nothing::RULE, service_selects_nothing::check)];

/// Every rule of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// Holds the objects of a set against each other.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    CHECKS.par_iter().flat_map_iter(|(_, check)| check(scene)).collect()
}
