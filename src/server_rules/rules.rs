//! Every rule of the room.
//!
//! Apart so that a group adds its rules in its own `mod.rs`, and only groups are named here.

use super::{SERVER_WARNING, VALIDATION, claim_spec, metadata, request_size};
use super::{
    admission_registration, api_registration, apiextensions, apps, autoscaling, batch, certificates, coordination,
    core, custom, discovery, flow_control, networking, node, pod, pod_security, policy, rbac, resource, scheduling,
    storage,
};
use crate::finding::Rule;

/// What stands in no group.
static SHARED: &[&Rule] = &[
    &SERVER_WARNING,
    &VALIDATION,
    &claim_spec::CLAIM,
    &metadata::METADATA,
    &metadata::NAME,
    &metadata::TOO_LARGE_TO_APPLY,
    &request_size::TOO_LARGE,
];

/// Every rule, group by group.
pub static RULES: &[&[&Rule]] = &[
    SHARED,
    admission_registration::RULES,
    api_registration::RULES,
    apiextensions::RULES,
    apps::RULES,
    autoscaling::RULES,
    batch::RULES,
    certificates::RULES,
    coordination::RULES,
    core::RULES,
    custom::RULES,
    discovery::RULES,
    flow_control::RULES,
    networking::RULES,
    node::RULES,
    pod::RULES,
    pod_security::RULES,
    policy::RULES,
    rbac::RULES,
    resource::RULES,
    scheduling::RULES,
    storage::RULES,
];
