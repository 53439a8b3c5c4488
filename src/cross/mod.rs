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
mod autoscaled_replicas;
mod defined_twice;
mod disruption_budget_selects_nothing;
mod elsewhere;
mod encoded_twice;
mod environment_too_large;
mod host_port_twice;
mod index;
mod ingress_class_unserved;
mod ingress_path_twice;
mod labelled;
mod limit_range;
mod load_balancer_ip_twice;
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
mod mounted_over;
mod named;
mod namespace_nowhere;
mod network_policy_selects_nothing;
mod no_eviction;
mod overlapping_selectors;
mod probe_port;
mod pull_secret_type;
mod resource_quota;
mod scene;
mod second_default_class;
mod selects_nothing;
mod service_selects_nothing;
mod service_target_port;
mod shared_claim;
#[cfg(test)]
pub(crate) mod testing;
mod tls_secret_type;
mod two_autoscalers;
mod two_disruption_budgets;
mod webhook_too_early;

pub use elsewhere::{Elsewhere, Repository};
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
    (&disruption_budget_selects_nothing::RULE, disruption_budget_selects_nothing::check),
    (&encoded_twice::RULE, encoded_twice::check),
    (&environment_too_large::RULE, environment_too_large::check),
    (&host_port_twice::RULE, host_port_twice::check),
    (&ingress_class_unserved::RULE, ingress_class_unserved::check),
    (&ingress_path_twice::RULE, ingress_path_twice::check),
    (&limit_range::RULE, limit_range::check),
    (&load_balancer_ip_twice::RULE, load_balancer_ip_twice::check),
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
    (&mounted_over::RULE, mounted_over::check),
    (&namespace_nowhere::RULE, namespace_nowhere::check),
    (&network_policy_selects_nothing::RULE, network_policy_selects_nothing::check),
    (&no_eviction::RULE, no_eviction::check),
    (&overlapping_selectors::RULE, overlapping_selectors::check),
    (&probe_port::RULE, probe_port::check),
    (&pull_secret_type::RULE, pull_secret_type::check),
    (&resource_quota::RULE, resource_quota::check),
    (&second_default_class::RULE, second_default_class::check),
    (&service_selects_nothing::RULE, service_selects_nothing::check),
    (&service_target_port::RULE, service_target_port::check),
    (&shared_claim::RULE, shared_claim::check),
    (&tls_secret_type::RULE, tls_secret_type::check),
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
