//! What no object shows by itself: names that lead nowhere, selectors that select nothing, two objects that want one place.
//!
//! Apart from the API server's rules because nothing here is refused: kubectl reports success, and then it does not
//! work. One rule is one file, which has its `RULE` and its `check`; [`Scene`] has the answers they share.
//!
//! A rule says nothing where it would have to guess. What may be in the cluster is missing only in a closed world
//! (`--cluster`); in an open one a rule speaks of it where the set or the repository makes it all but certain, and says
//! that it is not found in the repository.

mod autoscaled_replicas;
mod defined_twice;
mod encoded_twice;
mod environment_too_large;
mod host_port_twice;
mod index;
mod ingress_class_unserved;
mod ingress_path_twice;
mod limit_range;
mod load_balancer_ip_twice;
mod mounted_over;
mod named;
mod namespace_nowhere;
mod no_eviction;
mod overlapping_selectors;
mod resource_quota;
mod scene;
mod second_default_class;
mod service_selects_nothing;
mod shared_claim;
#[cfg(test)]
mod testing;
mod two_autoscalers;
mod two_disruption_budgets;
mod webhook_too_early;

pub use index::{Index, Member, Workload};
pub use named::{Named, names_in};
pub use scene::{Presence, Scene};

use crate::finding::{Finding, Rule};
use rayon::prelude::*;

/// A rule's own look at a scene.
type Check = fn(&Scene<'_>) -> Vec<Finding>;

/// Every rule, with its check.
static CHECKS: &[(&Rule, Check)] = &[
    (&autoscaled_replicas::RULE, autoscaled_replicas::check),
    (&defined_twice::RULE, defined_twice::check),
    (&encoded_twice::RULE, encoded_twice::check),
    (&environment_too_large::RULE, environment_too_large::check),
    (&host_port_twice::RULE, host_port_twice::check),
    (&ingress_class_unserved::RULE, ingress_class_unserved::check),
    (&ingress_path_twice::RULE, ingress_path_twice::check),
    (&limit_range::RULE, limit_range::check),
    (&load_balancer_ip_twice::RULE, load_balancer_ip_twice::check),
    (&mounted_over::RULE, mounted_over::check),
    (&namespace_nowhere::RULE, namespace_nowhere::check),
    (&no_eviction::RULE, no_eviction::check),
    (&overlapping_selectors::RULE, overlapping_selectors::check),
    (&resource_quota::RULE, resource_quota::check),
    (&second_default_class::RULE, second_default_class::check),
    (&service_selects_nothing::RULE, service_selects_nothing::check),
    (&shared_claim::RULE, shared_claim::check),
    (&two_autoscalers::RULE, two_autoscalers::check),
    (&two_disruption_budgets::RULE, two_disruption_budgets::check),
    (&webhook_too_early::RULE, webhook_too_early::check),
];

/// Every rule of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// Holds the objects of a set against each other.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    CHECKS.par_iter().flat_map_iter(|(_, check)| check(scene)).collect()
}
