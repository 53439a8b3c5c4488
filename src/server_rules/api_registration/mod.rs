//! The `apiregistration.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: kube-aggregator
//! `pkg/apis/apiregistration/validation/validation.go` (1.36).

pub mod api_service;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&api_service::RULE];
