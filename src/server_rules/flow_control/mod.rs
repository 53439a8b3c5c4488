//! The `flowcontrol.apiserver.k8s.io` group.
//!
//! Apart because these kinds share `pkg/apis/flowcontrol/validation/validation.go` and
//! `pkg/apis/flowcontrol/v1/defaults.go` (1.36), the source of all rules here. Objects that the server makes itself
//! (`exempt`, `catch-all`) must equal its own; that is not judged.

pub mod flow_schema;
pub mod priority_level_configuration;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&flow_schema::RULE, &priority_level_configuration::RULE];
