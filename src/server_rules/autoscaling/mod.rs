//! The `autoscaling` group: how many pods a workload has.
//!
//! Apart because its versions tell the same in two shapes: v1 knows one target, v2 lists metrics. Source of all rules
//! here: `pkg/apis/autoscaling/validation/validation.go`, `pkg/apis/autoscaling/v2/defaults.go` and
//! `pkg/apis/autoscaling/v1/conversion.go` (1.36).

pub mod behavior;
pub mod horizontal_pod_autoscaler;
pub mod metric;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[&horizontal_pod_autoscaler::RULE];
