//! The `policy` group.
//!
//! Apart because it is a group of its own, with one kind that is stored.

pub mod pod_disruption_budget;
