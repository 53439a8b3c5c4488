//! The pod security standards, as the admission plugin `PodSecurity` holds pods to them.
//!
//! Apart from validation because the answer depends on the labels of the namespace, and because a pod that is refused
//! here is well formed. A bare Pod that violates the standard its namespace enforces is refused; anything that embeds
//! a pod template is accepted with a warning, and then makes no pods.
//!
//! Source: `k8s.io/pod-security-admission` (1.36). Each minor's server knows the versions up to its own; what a
//! standard asks in an older version does not change later.

mod baseline;
mod policy;
mod restricted;
mod subject;

pub use baseline::ADDABLE_CAPABILITIES;
pub use policy::{Level, NamespacePolicy, Policy, Version};

use crate::finding::{self, Rule};
use crate::object::{FieldPath, GroupVersionKind, Path};
use crate::schema::Minor;
use crate::yaml::NodeRef;
use subject::Subject;

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&ENFORCED, &WARNED];

/// A Pod that its namespace does not admit.
pub static ENFORCED: Rule = Rule {
    id: "admission/pod-security",
    level: finding::Level::Error,
    summary: "the namespace does not admit the pod",
    why: "the namespace's labels enforce a pod security standard, and the API server refuses a Pod that violates it",
    docs: include_str!("pod-security.md"),
};

/// A pod or template that its namespace warns about.
pub static WARNED: Rule = Rule {
    id: "admission/pod-security-warning",
    level: finding::Level::Warning,
    summary: "the pod would violate the namespace's security standard",
    why: "the API server accepts the object with this warning; where the standard is enforced, no pod can be made of \
          the template",
    docs: include_str!("pod-security-warning.md"),
};

/// One thing in which a pod violates a standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is violated: `hostPort`.
    pub reason: &'static str,
    /// How, in the server's words: `container "web" uses hostPort 80`.
    pub detail: String,
    /// The first field that does, below the pod spec.
    pub field: FieldPath,
}

impl Violation {
    fn new(reason: &'static str, detail: String, field: &Path<'_>) -> Self {
        Self { reason, detail, field: field.to_field_path() }
    }
}

/// What a pod is made of: a Pod, or a template in something else.
#[derive(Clone, Copy, Debug)]
pub struct PodSource<'t> {
    /// The metadata of the Pod or template.
    pub metadata: Option<NodeRef<'t>>,
    /// The pod spec.
    pub spec: NodeRef<'t>,
    /// Whether it is a Pod itself; the server fills in more of its fields.
    pub is_pod: bool,
}

impl<'t> PodSource<'t> {
    /// Finds the pod in an object: in a Pod itself, or in the template of a kind that the plugin looks into
    /// (`DefaultPodSpecExtractor`). None for any other kind, and where there is no spec.
    pub fn of(gvk: &GroupVersionKind, root: NodeRef<'t>) -> Option<Self> {
        let template = match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("", "Pod") => Some(root),
            ("", "PodTemplate") => root.get("template"),
            ("", "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job") => root.at(&["spec", "template"]),
            ("batch", "CronJob") => root.at(&["spec", "jobTemplate", "spec", "template"]),
            _ => None,
        }?;
        Some(Self { metadata: template.get("metadata"), spec: template.get("spec")?, is_pod: gvk.kind == "Pod" })
    }
}

/// Everything in which a pod violates a standard, in the server's order; nothing for the level `privileged`.
pub fn violations(policy: Policy, minor: Minor, pod: PodSource<'_>) -> Vec<Violation> {
    if policy.level == Level::Privileged {
        return Vec::new();
    }
    let subject = Subject::new(pod, policy.version.in_minor(minor));
    let mut found = baseline::violations(&subject, policy.level == Level::Restricted);
    if policy.level == Level::Restricted {
        found.extend(restricted::violations(&subject));
    }
    found
}

/// `violates PodSecurity "restricted:latest": reason (detail), reason (detail)`; the server puts `pods "name" is
/// forbidden: ` before it.
pub fn refusal(policy: Policy, violations: &[Violation]) -> String {
    format!("violates PodSecurity \"{policy}\": {}", details(violations))
}

/// `would violate PodSecurity "restricted:latest": reason (detail), reason (detail)`
pub fn warning(policy: Policy, violations: &[Violation]) -> String {
    format!("would {}", refusal(policy, violations).replacen("violates", "violate", 1))
}

fn details(violations: &[Violation]) -> String {
    let shown: Vec<String> =
        violations.iter().map(|violation| format!("{} ({})", violation.reason, violation.detail)).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests;
