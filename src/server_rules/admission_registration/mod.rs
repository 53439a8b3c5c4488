//! The `admissionregistration.k8s.io` group: webhooks, policies and their bindings.
//!
//! Apart because these kinds share `pkg/apis/admissionregistration/validation/validation.go` and
//! `pkg/apis/admissionregistration/v1/defaults.go` (1.36), the source of all rules here. Expressions are
//! compiled as the API server compiles them.

pub mod expression;
pub mod policy;
pub mod policy_binding;
mod rules;
pub mod webhook_configuration;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&policy::RULE, &policy_binding::RULE, &webhook_configuration::RULE];
