//! The core group, Pods apart.
//!
//! Apart because these kinds share `pkg/apis/core/validation/validation.go` and `pkg/apis/core/v1/defaults.go` (1.36),
//! the source of all rules here.

pub mod config_map;
pub mod endpoints;
pub mod event;
pub mod limit_range;
pub mod namespace;
pub mod node;
pub mod persistent_volume;
pub mod persistent_volume_claim;
mod persistent_volume_sources;
pub mod resource_quota;
pub mod secret;
pub mod service;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[
    &config_map::RULE,
    &endpoints::RULE,
    &event::RULE,
    &limit_range::RULE,
    &namespace::POD_SECURITY_LABELS,
    &namespace::RULE,
    &node::RULE,
    &persistent_volume::RULE,
    &resource_quota::RULE,
    &secret::RULE,
    &service::RULE,
];
