//! The `scheduling.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/scheduling/validation/validation.go` and
//! `pkg/apis/scheduling/v1/helpers.go` (1.36).

pub mod priority_class;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&priority_class::RULE];
