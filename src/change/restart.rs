//! A change that replaces every Pod of a workload though its image stays the same.
//!
//! Apart as every rule. A new image is a rollout that somebody means; a label or an environment variable is one all the
//! same, and with the strategy Recreate all Pods stop before the first new one starts.

use super::{Past, Scene, title};
use crate::cross::{Member, Workload};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldChange, FieldPath, Segment, differences};

/// Everything restarts.
pub static RULE: Rule = Rule {
    id: "update/restart",
    level: Level::Advice,
    summary: "a change replaces every Pod of a workload",
    why: "any change to the template of its Pods makes the controller replace all of them",
    docs: include_str!("restart.md"),
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for now in scene.now {
        let Past::Was(old) = now.past else { continue };
        if now.identity.group != "apps"
            || !matches!(now.identity.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet")
        {
            continue;
        }
        let member = |object| Member {
            object,
            group: &now.identity.group,
            kind: &now.identity.kind,
            namespace: Some(&now.identity.namespace),
            is_of_the_set: true,
        };
        let (Some(before), Some(after)) = (Workload::of(member(old)), Workload::of(member(now.object))) else {
            continue;
        };
        let spec = now.object.root().get("spec");
        let waits = spec.and_then(|spec| spec.get("updateStrategy")).text("type") == "OnDelete";
        let changes = differences("", before.template, after.template);
        let is_image =
            |change: &FieldChange| matches!(change.field.0.last(), Some(Segment::Field(name)) if name == "image");
        let stops_all = spec.and_then(|spec| spec.get("strategy")).text("type") == "Recreate";
        if waits || after.replicas == Some(0) || changes.is_empty() || (changes.iter().any(is_image) && !stops_all) {
            continue;
        }
        let fields: Vec<String> = changes.iter().map(|change| format!("template.{}", change.field)).collect();
        let how = if stops_all {
            "all its Pods stop before the first new one starts (strategy Recreate)"
        } else {
            "each of its Pods is replaced"
        };
        let message = format!("{}: {} changes, so {how}", title(&now.identity), fields.join(", "));
        let first = changes.first().map(|change| change.field.0.clone()).unwrap_or_default();
        let path = FieldPath::of(after.path);
        let path = FieldPath(path.0.into_iter().chain(first).collect());
        findings.push(Finding::in_object(&RULE, message, now.object, path));
    }
    findings
}
