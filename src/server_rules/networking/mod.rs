//! The `networking.k8s.io` group.
//!
//! Apart because these kinds share `pkg/apis/networking/validation/validation.go` and
//! `pkg/apis/networking/v1/defaults.go` (1.36), the source of all rules here.

pub mod ingress;
pub mod ingress_class;
pub mod ip_address;
pub mod network_policy;
pub mod service_cidr;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] =
    &[&ingress::RULE, &ingress_class::RULE, &ip_address::RULE, &network_policy::RULE, &service_cidr::RULE];
