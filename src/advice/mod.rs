//! Advice: what is accepted and works, and is likely to hurt: the opinions that those who run clusters share.
//!
//! Apart from every other room because nothing here is wrong. A rule is judged only where its group was asked for; it
//! costs nothing otherwise. One rule is one file, which has its `RULE` and its `check`, but for those that differ in a
//! field and a few words alone: those are rows of one table (`switches`, `amounts`, `rights`). `ground` has what
//! they all look at.
//!
//! A rule says nothing where its advice would be wrong: of pods that are part of their node, of pods on Windows what only
//! Linux has, of Jobs what only servers need, and of what another object (an autoscaler, a `LimitRange`) takes care of.

mod amounts;
mod autoscaler_minimum;
mod capabilities_added;
mod capabilities_kept;
mod cluster_admin;
mod cron_job_deadline;
mod default_service_account;
mod ground;
mod groups;
mod host_path;
mod host_port;
mod identical_probes;
mod image_tag;
mod ingress_without_tls;
mod job_ttl;
mod literal_secret;
mod no_disruption_budget;
mod no_network_policy;
mod no_priority_class;
mod no_spread;
mod node_port;
mod open_load_balancer;
mod privilege_escalation;
mod probes;
mod pull_policy;
mod recreate;
mod rights;
mod run_as_root;
mod runtime_socket;
mod seccomp_profile;
mod secret_in_config_map;
mod secrets;
mod single_replica;
mod switches;
#[cfg(test)]
mod tests;
mod unbounded_scratch;
mod unhealthy_eviction;
mod unneeded_token;
mod wildcard_rights;
mod writable_root_filesystem;

pub use groups::{Group, Groups};

use crate::cross::Scene;
use crate::finding::{Finding, Rule};
use crate::schema::Minor;
use ground::Ground;
use rayon::prelude::*;

/// A rule's own look at the ground.
type Check = fn(&Ground<'_>) -> Vec<Finding>;

/// Every rule, with its check.
static CHECKS: &[(&Rule, Check)] = &[
    (&amounts::CPU_LIMIT.rule, |ground| amounts::check(&amounts::CPU_LIMIT, ground)),
    (&amounts::CPU_REQUEST.rule, |ground| amounts::check(&amounts::CPU_REQUEST, ground)),
    (&amounts::MEMORY_LIMIT.rule, |ground| amounts::check(&amounts::MEMORY_LIMIT, ground)),
    (&amounts::MEMORY_REQUEST.rule, |ground| amounts::check(&amounts::MEMORY_REQUEST, ground)),
    (&autoscaler_minimum::RULE, autoscaler_minimum::check),
    (&capabilities_added::RULE, capabilities_added::check),
    (&capabilities_kept::RULE, capabilities_kept::check),
    (&cluster_admin::RULE, cluster_admin::check),
    (&cron_job_deadline::RULE, cron_job_deadline::check),
    (&default_service_account::RULE, default_service_account::check),
    (&host_path::RULE, host_path::check),
    (&host_port::RULE, host_port::check),
    (&identical_probes::RULE, identical_probes::check),
    (&image_tag::RULE, image_tag::check),
    (&ingress_without_tls::RULE, ingress_without_tls::check),
    (&job_ttl::RULE, job_ttl::check),
    (&literal_secret::RULE, literal_secret::check),
    (&no_disruption_budget::RULE, no_disruption_budget::check),
    (&no_network_policy::RULE, no_network_policy::check),
    (&no_priority_class::RULE, no_priority_class::check),
    (&no_spread::RULE, no_spread::check),
    (&node_port::RULE, node_port::check),
    (&open_load_balancer::RULE, open_load_balancer::check),
    (&privilege_escalation::RULE, privilege_escalation::check),
    (&probes::LIVENESS.rule, |ground| probes::check(&probes::LIVENESS, ground)),
    (&probes::READINESS.rule, |ground| probes::check(&probes::READINESS, ground)),
    (&pull_policy::RULE, pull_policy::check),
    (&recreate::RULE, recreate::check),
    (&rights::CREATE_PODS.rule, |ground| rights::check(&rights::CREATE_PODS, ground)),
    (&rights::EXEC.rule, |ground| rights::check(&rights::EXEC, ground)),
    (&rights::READ_SECRETS.rule, |ground| rights::check(&rights::READ_SECRETS, ground)),
    (&run_as_root::RULE, run_as_root::check),
    (&runtime_socket::RULE, runtime_socket::check),
    (&seccomp_profile::RULE, seccomp_profile::check),
    (&secret_in_config_map::RULE, secret_in_config_map::check),
    (&single_replica::RULE, single_replica::check),
    (&switches::HOST_IPC.rule, |ground| switches::check(&switches::HOST_IPC, ground)),
    (&switches::HOST_NETWORK.rule, |ground| switches::check(&switches::HOST_NETWORK, ground)),
    (&switches::HOST_PID.rule, |ground| switches::check(&switches::HOST_PID, ground)),
    (&switches::HOST_PROCESS.rule, |ground| switches::check(&switches::HOST_PROCESS, ground)),
    (&switches::PRIVILEGED.rule, |ground| switches::check(&switches::PRIVILEGED, ground)),
    (&switches::PROC_MOUNT.rule, |ground| switches::check(&switches::PROC_MOUNT, ground)),
    (&unbounded_scratch::RULE, unbounded_scratch::check),
    (&unhealthy_eviction::RULE, unhealthy_eviction::check),
    (&unneeded_token::RULE, unneeded_token::check),
    (&wildcard_rights::RULE, wildcard_rights::check),
    (&writable_root_filesystem::RULE, writable_root_filesystem::check),
];

/// Every rule of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    CHECKS.iter().map(|(rule, _)| *rule)
}

/// Whether the places of a finding show what must not be shown: a password written down where it should not be.
pub fn shows_a_secret(finding: &Finding) -> bool {
    [literal_secret::RULE.id, secret_in_config_map::RULE.id].contains(&finding.rule.id)
}

/// Gives the advice of these groups on a set; `oldest` is the least minor that it is applied to.
pub fn judge(scene: &Scene<'_>, groups: &Groups, oldest: Minor) -> Vec<Finding> {
    let asked: Vec<_> = CHECKS.iter().filter(|(rule, _)| groups.has_rule(rule)).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let ground = Ground::new(scene, oldest);
    asked.par_iter().flat_map_iter(|(_, check)| check(&ground)).collect()
}
