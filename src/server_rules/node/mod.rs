//! The `node.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/node/validation/validation.go` (1.36).

pub mod runtime_class;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&runtime_class::RULE];
