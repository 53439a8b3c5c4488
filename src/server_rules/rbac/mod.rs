//! The `rbac.authorization.k8s.io` group.
//!
//! Apart because these kinds share `pkg/apis/rbac/validation/validation.go` and `pkg/apis/rbac/v1/defaults.go` (1.36),
//! the source of all rules here. Whether the user may grant what a role grants is not judged.

pub mod binding;
pub mod role;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&binding::RULE, &role::RULE];
