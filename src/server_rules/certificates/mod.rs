//! The `certificates.k8s.io` group.
//!
//! Apart as every API group is. Source of all rules here: `pkg/apis/certificates/validation/validation.go` and
//! `pkg/apis/core/validation/names.go` (1.36). What stands inside a certificate request is not read.

pub mod certificate_signing_request;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&certificate_signing_request::RULE];
