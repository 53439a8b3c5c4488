//! Which rules a kind has.
//!
//! Apart so that a new kind is one line here and one file beside it.

use super::{Judge, apps, autoscaling, batch, policy};

/// Runs the rules of the object's kind.
pub fn validate(judge: &mut Judge<'_>) {
    match (judge.gvk.group.as_str(), judge.gvk.kind.as_str()) {
        ("apps", "ControllerRevision") => apps::controller_revision::validate(judge),
        ("apps", "DaemonSet") => apps::daemon_set::validate(judge),
        ("apps", "Deployment") => apps::deployment::validate(judge),
        ("apps", "ReplicaSet") => apps::replica_set::validate(judge),
        ("apps", "StatefulSet") => apps::stateful_set::validate(judge),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::horizontal_pod_autoscaler::validate(judge),
        ("batch", "CronJob") => batch::cron_job::validate(judge),
        ("batch", "Job") => batch::job::validate(judge),
        ("policy", "PodDisruptionBudget") => policy::pod_disruption_budget::validate(judge),
        _ => {}
    }
}
