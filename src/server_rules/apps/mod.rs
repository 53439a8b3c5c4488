//! The `apps` group: what runs pods and keeps them running.
//!
//! Apart because these kinds share a selector, a pod template and the way of replacing pods. Source of all rules here:
//! `pkg/apis/apps/validation/validation.go` and `pkg/apis/apps/v1/defaults.go` (1.36).

pub mod controller_revision;
pub mod daemon_set;
pub mod deployment;
pub mod replica_set;
pub mod stateful_set;
pub mod workload;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[
    &controller_revision::RULE,
    &daemon_set::RULE,
    &deployment::RULE,
    &replica_set::RULE,
    &stateful_set::RULE,
    &workload::SELECTOR,
    &workload::TEMPLATE,
];
