//! A ConfigMap or Secret with other contents that running containers do not get to see.
//!
//! Apart because it takes two objects, of which only one changes. A volume is brought up to date while a container runs;
//! an environment and a `subPath` are read once, when it starts. Whoever relies on them gives the object another name with
//! each change (kustomize's hash), or the template an annotation with a checksum; then the template changes, and nothing is
//! said. Source: the documentation of `ConfigMap`, "Mounted `ConfigMaps` are updated automatically" (1.36).

use super::{Now, Past, Scene, title};
use crate::cross::{Member, Workload};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::update::is_same_json;
use crate::yaml::NodeRef;
use std::collections::BTreeSet;

/// Nobody reads it again.
pub static RULE: Rule = Rule {
    id: "update/unnoticed",
    level: Level::Warning,
    summary: "a ConfigMap or Secret changes, and running containers keep the old values",
    why: "environment variables and subPath mounts are read when a container starts, and nothing restarts it: the template \
          of its Pods did not change",
    docs: include_str!("unnoticed.md"),
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for now in scene.now {
        let Past::Was(old) = now.past else { continue };
        let of = match (now.identity.group.as_str(), now.identity.kind.as_str()) {
            ("", "ConfigMap") => &CONFIG_MAP,
            ("", "Secret") => &SECRET,
            _ => continue,
        };
        let changed = changed_keys(old, now.object);
        if changed.is_empty() {
            continue;
        }
        for other in scene.now {
            if let Some(path) = stale(other, now, of, &changed) {
                findings.push(finding(now, other, &path, &changed));
            }
        }
    }
    findings
}

fn finding(now: &Now<'_>, workload: &Now<'_>, path: &FieldPath, changed: &BTreeSet<String>) -> Finding {
    let keys: Vec<&str> = changed.iter().map(String::as_str).collect();
    let (what, who) = (title(&now.identity), title(&workload.identity));
    let message = format!("{} of {what} changes, and the containers of {who} keep the old value", keys.join(", "));
    let reader = workload.object.span(workload.object.locate(path).range());
    let field = ["data", "stringData", "binaryData"].into_iter().find_map(|list| {
        let key = changed.iter().find(|key| now.object.root().get(list).is_some_and(|data| data.has(key)))?;
        Some(FieldPath::of(&[list]).key(key))
    });
    let field = field.unwrap_or_else(|| FieldPath::of(&["metadata", "name"]));
    let kind = workload.identity.kind.to_lowercase();
    let place = match kind.as_str() {
        "pod" => "Make the Pod again".to_owned(),
        _ => {
            format!("Restart it once the change is applied (kubectl rollout restart {kind} {})", workload.identity.name)
        }
    };
    Finding::in_object(&RULE, message, now.object, field)
        .with_label(reader, "read once, when the container starts")
        .with_help(format!("{place}, or let a checksum of the contents stand in an annotation of the Pod template."))
}

/// The fields by which pods name one of the two kinds.
struct Names {
    /// In `envFrom`.
    source: &'static str,
    /// In `env[].valueFrom`.
    key: &'static str,
    /// In `volumes[]`, and what holds the name there.
    volume: (&'static str, &'static str),
    /// The annotations by which Stakater's Reloader is told of it.
    reloader: &'static str,
}

const CONFIG_MAP: Names = Names {
    source: "configMapRef",
    key: "configMapKeyRef",
    volume: ("configMap", "name"),
    reloader: "configmap.reloader.stakater.com/",
};
const SECRET: Names = Names {
    source: "secretRef",
    key: "secretKeyRef",
    volume: ("secret", "secretName"),
    reloader: "secret.reloader.stakater.com/",
};

/// Where a workload that stays as it is reads one of the changed keys once and for all; none if it does not.
fn stale(workload: &Now<'_>, changed: &Now<'_>, names: &Names, keys: &BTreeSet<String>) -> Option<FieldPath> {
    if workload.identity.namespace != changed.identity.namespace
        || matches!(workload.identity.kind.as_str(), "Job" | "CronJob")
    {
        return None;
    }
    let member = |object| Member {
        object,
        group: &workload.identity.group,
        kind: &workload.identity.kind,
        namespace: Some(&workload.identity.namespace),
        is_of_the_set: true,
    };
    let now = Workload::of(member(workload.object))?;
    match workload.past {
        // It starts after the change.
        Past::New => return None,
        Past::Was(old) => {
            let old = Workload::of(member(old))?;
            if !is_same_json(old.template, now.template) {
                return None;
            }
        }
        Past::Untouched => {}
    }
    let is_reloaded = |holder: Option<NodeRef<'_>>| {
        let annotations = holder.and_then(|holder| holder.at(&["metadata", "annotations"]));
        annotations
            .into_iter()
            .flat_map(NodeRef::entries)
            .any(|entry| entry.name().starts_with(names.reloader) || entry.name().starts_with("reloader.stakater.com/"))
    };
    if now.replicas == Some(0) || is_reloaded(Some(workload.object.root())) || is_reloaded(Some(now.template)) {
        return None;
    }
    let name = changed.identity.name.as_str();
    let volumes = now.pod_spec().list("volumes");
    let is_mounted = |mount: NodeRef<'_>| {
        let volume = volumes.iter().find(|volume| volume.text("name") == mount.text("name"));
        let source = volume.and_then(|volume| volume.get(names.volume.0));
        let file = mount.text("subPath");
        let items = source.list("items");
        let holds_key = if items.is_empty() {
            keys.contains(file)
        } else {
            items.iter().any(|item| item.text("path") == file && keys.contains(item.text("key")))
        };
        source.text(names.volume.1) == name && !file.is_empty() && holds_key
    };
    let mut containers = now.containers();
    containers.find_map(|(list, at, container)| {
        let below = |field: &str, index: usize| now.in_pod_spec(&[list]).index(at).field(field).index(index);
        let environment = container.list("env").into_iter().position(|one| {
            let reference = one.at(&["valueFrom", names.key]);
            reference.text("name") == name && keys.contains(reference.text("key"))
        });
        let sources =
            || container.list("envFrom").into_iter().position(|one| one.get(names.source).text("name") == name);
        let mounts = || container.list("volumeMounts").into_iter().position(is_mounted);
        environment
            .map(|index| below("env", index))
            .or_else(|| sources().map(|index| below("envFrom", index)))
            .or_else(|| mounts().map(|index| below("volumeMounts", index)))
    })
}

/// The keys whose values are others, new ones and those that go included.
fn changed_keys(old: &Object, new: &Object) -> BTreeSet<String> {
    let mut changed = BTreeSet::new();
    for list in ["data", "stringData", "binaryData"] {
        let (old, new) = (old.root().get(list), new.root().get(list));
        let one_way = |from: Option<NodeRef<'_>>, to: Option<NodeRef<'_>>, changed: &mut BTreeSet<String>| {
            for entry in from.into_iter().flat_map(NodeRef::entries) {
                let other = to.and_then(|to| to.get(entry.name()));
                if !other.is_some_and(|other| is_same_json(entry.value, other)) {
                    changed.insert(entry.name().to_owned());
                }
            }
        };
        one_way(old, new, &mut changed);
        one_way(new, old, &mut changed);
    }
    changed
}
