//! The `coordination.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/coordination/validation/validation.go` (1.36).
//! `strategy` and `preferredHolder` of a `Lease` are dropped before validation while the gate
//! `CoordinatedLeaderElection` is off, as it is by default.

pub mod lease;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&lease::RULE];
