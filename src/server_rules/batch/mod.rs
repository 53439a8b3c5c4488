//! The `batch` group: pods that run to an end, once or on a schedule.
//!
//! Apart because Job and `CronJob` share the whole Job spec. Source of all rules here:
//! `pkg/apis/batch/validation/validation.go`, `pkg/apis/batch/v1/defaults.go` and `pkg/registry/batch/job/strategy.go`
//! (1.36).

pub mod cron_job;
pub mod index_intervals;
pub mod job;
pub mod job_spec;
pub mod pod_failure_policy;
pub mod schedule;
pub mod success_policy;
pub mod time_zone;

use crate::finding::Rule;

/// Every rule of the group.
pub static RULES: &[&Rule] =
    &[&cron_job::RULE, &job::RULE, &job_spec::RULE, &pod_failure_policy::RULE, &success_policy::RULE];
