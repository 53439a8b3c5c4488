//! What no object shows by itself: names that lead nowhere, selectors that select nothing, two objects that want one place.
//!
//! Apart from the API server's rules because nothing here is refused: kubectl reports success, and then it does not
//! work. One rule is one file, which has its `RULE` and its `check`; [`Scene`] has the answers they share.
//!
//! A rule says nothing where it would have to guess. What may be in the cluster is missing only in a closed world
//! (`--cluster`); in an open one a rule speaks of it where the set or the repository makes it all but certain, and says
//! that it is not found in the repository.

mod added_labels;
mod alike;
mod disruption_budget_selects_nothing;
mod index;
mod labelled;
mod metric_without_request;
mod missing;
mod missing_backend;
mod missing_claim;
mod missing_class;
mod missing_config_map;
mod missing_gateway;
mod missing_key;
mod missing_listener;
mod missing_port;
mod missing_pull_secret;
mod missing_reference;
mod missing_resource_claim;
mod missing_role;
mod missing_scale_target;
mod missing_secret;
mod missing_service_account;
mod missing_stateful_set_service;
mod missing_subject;
mod missing_webhook_service;
mod monitor_selects_nothing;
mod named;
mod network_policy_selects_nothing;
mod probe_port;
mod pull_secret_type;
mod scene;
mod selects_nothing;
mod service_selects_nothing;
mod service_target_port;
#[cfg(test)]
mod testing;
mod tls_secret_type;

pub use index::{Index, Member, Workload};
pub use named::{Named, names_in};
pub use scene::{Presence, Scene};

use crate::finding::{Finding, Rule};
use rayon::prelude::*;

/// A rule's own look at a scene.
type Check = fn(&Scene<'_>) -> Vec<Finding>;

/// Every rule, with its check.
static CHECKS: &[(&Rule, Check)] = &[
    (&disruption_budget_selects_nothing::RULE, disruption_budget_selects_nothing::check),
    (&metric_without_request::RULE, metric_without_request::check),
    (&missing_backend::RULE, missing_backend::check),
    (&missing_claim::RULE, missing_claim::check),
    (&missing_class::RULE, missing_class::check),
    (&missing_config_map::RULE, missing_config_map::check),
    (&missing_gateway::RULE, missing_gateway::check),
    (&missing_key::RULE, missing_key::check),
    (&missing_listener::RULE, missing_listener::check),
    (&missing_port::RULE, missing_port::check),
    (&missing_pull_secret::RULE, missing_pull_secret::check),
    (&missing_reference::RULE, missing_reference::check),
    (&missing_resource_claim::RULE, missing_resource_claim::check),
    (&missing_role::RULE, missing_role::check),
    (&missing_scale_target::RULE, missing_scale_target::check),
    (&missing_secret::RULE, missing_secret::check),
    (&missing_service_account::RULE, missing_service_account::check),
    (&missing_stateful_set_service::RULE, missing_stateful_set_service::check),
    (&missing_subject::RULE, missing_subject::check),
    (&missing_webhook_service::RULE, missing_webhook_service::check),
    (&monitor_selects_nothing::RULE, monitor_selects_nothing::check),
    (&network_policy_selects_nothing::RULE, network_policy_selects_nothing::check),
    (&probe_port::RULE, probe_port::check),
    (&pull_secret_type::RULE, pull_secret_type::check),
    (&service_selects_nothing::RULE, service_selects_nothing::check),
    (&service_target_port::RULE, service_target_port::check),
    (&tls_secret_type::RULE, tls_secret_type::check),
];

/// Every rule of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// Holds the objects of a set against each other.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    CHECKS.par_iter().flat_map_iter(|(_, check)| check(scene)).collect()
}
