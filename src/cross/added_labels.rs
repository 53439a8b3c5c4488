//! Labels that nobody writes: whoever makes pods adds them.
//!
//! Apart because a selector that names one of them selects pods all the same, and no template shows it.

use super::index::Member;

/// The keys that are added to the pods of an object. Sources: `pkg/controller/statefulset/stateful_set_utils.go`,
/// `pkg/controller/job/job_controller.go`, `pkg/controller/deployment/sync.go`, `pkg/controller/daemon` (1.36);
/// `utils/defaults` of Argo Rollouts; `pkg/apis/serving/register.go` of Knative.
pub fn keys(member: &Member<'_>) -> &'static [&'static str] {
    match (member.group, member.kind) {
        ("apps", "StatefulSet") => {
            &["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"]
        }
        ("apps", "Deployment") => &["pod-template-hash"],
        ("apps", "DaemonSet") => &["controller-revision-hash", "pod-template-generation"],
        ("batch", "Job" | "CronJob") => &[
            "job-name",
            "controller-uid",
            "batch.kubernetes.io/job-name",
            "batch.kubernetes.io/controller-uid",
            "batch.kubernetes.io/job-completion-index",
        ],
        ("argoproj.io", "Rollout") => &["rollouts-pod-template-hash"],
        ("keda.sh", "ScaledJob") => &["scaledjob.keda.sh/name", "job-name", "batch.kubernetes.io/job-name"],
        ("serving.knative.dev", "Service" | "Configuration") => &[
            "serving.knative.dev/service",
            "serving.knative.dev/configuration",
            "serving.knative.dev/revision",
            "serving.knative.dev/route",
            "app",
        ],
        _ => &[],
    }
}

/// Whether a label may be added to the pods of an object: a value that holds a name must begin as the object does.
pub fn may_add(member: &Member<'_>, key: &str, value: &str) -> bool {
    let own = member.object.name.as_str();
    keys(member).contains(&key)
        && match key {
            "statefulset.kubernetes.io/pod-name" => value
                .strip_prefix(own)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit())),
            "job-name" | "batch.kubernetes.io/job-name" => value.starts_with(own),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: shelf}
spec:
  template:
    metadata: {labels: {app: shelf}}
---
apiVersion: v1
kind: Service
metadata: {name: first}
spec:
  ports: [{port: 80}]
  selector: {app: shelf, statefulset.kubernetes.io/pod-name: shelf-0}
";

    #[test]
    fn one_pod_of_a_stateful_set_is_selected_by_its_name() {
        assert!(findings("cross/service-selects-nothing", SET).is_empty());
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        let other = SET.replace("shelf-0", "rack-0");
        assert_eq!(findings_in(nothing, "cross/service-selects-nothing", &other).len(), 1);
    }
}
