//! The `policy` group.
//!
//! Apart because it is a group of its own, with one kind that is stored.

pub mod pod_disruption_budget;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&pod_disruption_budget::RULE];
