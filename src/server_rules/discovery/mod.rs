//! The `discovery.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/discovery/validation/validation.go` and
//! `pkg/apis/discovery/v1/defaults.go` (1.36).

pub mod endpoint_slice;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&endpoint_slice::RULE];
