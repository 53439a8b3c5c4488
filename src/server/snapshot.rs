//! A snapshot: what offline runs need to know of a cluster, in a file that can be committed.
//!
//! Apart because what is kept of an object is decided here, field by field: no value of a Secret or a ConfigMap, no
//! status but that of quotas, nothing that changes by itself. Source of the kinds: whatever `cross` and `apply` look up.

use super::discovery::{Cluster, Resource, collection_path};
use super::wire::{NoReply, Path};
use crate::pipeline::SNAPSHOT_VERSION;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is kept of the objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// All that somebody wrote.
    Whole,
    /// That, and the status: what is used of a quota.
    WithStatus,
    /// The name.
    Name,
    /// The name, and the keys of its data.
    Keys,
    /// What a selector meets: labels and ports of the Pods.
    Template,
}

/// What is looked at: `apiVersion`, kind, and what is kept.
const KINDS: &[(&str, &str, Keep)] = &[
    ("v1", "Namespace", Keep::Whole),
    ("v1", "LimitRange", Keep::Whole),
    ("v1", "ResourceQuota", Keep::WithStatus),
    ("v1", "ServiceAccount", Keep::Name),
    ("v1", "ConfigMap", Keep::Keys),
    ("v1", "Secret", Keep::Keys),
    ("v1", "Service", Keep::Whole),
    ("v1", "PersistentVolumeClaim", Keep::Whole),
    ("apps/v1", "DaemonSet", Keep::Template),
    ("apps/v1", "Deployment", Keep::Template),
    ("apps/v1", "StatefulSet", Keep::Template),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", Keep::Whole),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicyBinding", Keep::Whole),
    ("networking.k8s.io/v1", "IngressClass", Keep::Whole),
    ("networking.k8s.io/v1", "ServiceCIDR", Keep::Whole),
    ("node.k8s.io/v1", "RuntimeClass", Keep::Whole),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", Keep::Name),
    ("rbac.authorization.k8s.io/v1", "Role", Keep::Name),
    ("scheduling.k8s.io/v1", "PriorityClass", Keep::Whole),
    ("storage.k8s.io/v1", "StorageClass", Keep::Whole),
    ("storage.k8s.io/v1", "VolumeAttributesClass", Keep::Whole),
];

/// Kinds of CRDs of which more than the name is looked at.
const WHOLE_CUSTOM: &[(&str, &str)] = &[("gateway.networking.k8s.io", "Gateway")];

/// Annotations that a snapshot does without: they repeat the object, or what another tool keeps for itself.
const NOISE: &[&str] = &["kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"];

/// Takes a snapshot.
pub(super) async fn take(cluster: &Cluster, version: &str) -> Result<String, NoReply> {
    let mut items = Vec::new();
    let mut unseen = Vec::new();
    for (api_version, kind, keep) in KINDS {
        let resources = cluster.resources(api_version).await?;
        if let Some(resource) = resources.iter().find(|resource| resource.kind == *kind) {
            items.extend(listed(cluster, api_version, resource, *keep, &mut unseen).await?);
        }
    }
    for (api_version, resource) in custom_kinds(&items, cluster).await? {
        let group = api_version.split('/').next().unwrap_or_default();
        let is_whole = WHOLE_CUSTOM.contains(&(group, resource.kind.as_str()));
        let keep = if is_whole { Keep::Whole } else { Keep::Name };
        items.extend(listed(cluster, &api_version, &resource, keep, &mut unseen).await?);
    }
    let served = served(cluster).await?;
    Ok(written(version, &served, &unseen, &items))
}

/// The kinds of the CRDs, each in the version that is stored.
async fn custom_kinds(items: &[Value], cluster: &Cluster) -> Result<Vec<(String, Resource)>, NoReply> {
    let mut kinds = Vec::new();
    for crd in items.iter().filter(|item| item["kind"] == "CustomResourceDefinition") {
        let spec = &crd["spec"];
        let versions = spec["versions"].as_array().into_iter().flatten();
        let stored =
            versions.filter(|version| version["served"] == true).max_by_key(|version| version["storage"] == true);
        let (Some(stored), Some(group)) = (stored, spec["group"].as_str()) else { continue };
        let api_version = format!("{group}/{}", stored["name"].as_str().unwrap_or_default());
        let resources = cluster.resources(&api_version).await?;
        let kind = spec["names"]["kind"].as_str().unwrap_or_default();
        kinds.extend(resources.iter().find(|one| one.kind == kind).map(|one| (api_version.clone(), one.clone())));
    }
    Ok(kinds)
}

/// Every group and version that is served.
async fn served(cluster: &Cluster) -> Result<BTreeSet<String>, NoReply> {
    let groups = cluster.wire.read(&Path::of(&["apis"]), &[]).await?;
    let versions = groups.body["groups"].as_array().into_iter().flatten().flat_map(|group| {
        let versions = group["versions"].as_array().into_iter().flatten();
        versions.filter_map(|version| version["groupVersion"].as_str()).map(str::to_owned)
    });
    Ok(versions.chain(["v1".to_owned()]).collect())
}

async fn listed(
    cluster: &Cluster,
    api_version: &str,
    resource: &Resource,
    keep: Keep,
    unseen: &mut Vec<String>,
) -> Result<Vec<Value>, NoReply> {
    if !resource.verbs.iter().any(|verb| verb == "list") {
        return Ok(Vec::new());
    }
    Ok(match cluster.list(&collection_path(api_version, resource, "")).await? {
        Ok(items) => items.iter().map(|item| kept(api_version, &resource.kind, item, keep)).collect(),
        Err(reply) => {
            unseen.push(format!("{api_version} {}: {}", resource.kind, reply.message()));
            Vec::new()
        }
    })
}

/// What is kept of an object.
fn kept(api_version: &str, kind: &str, object: &Value, keep: Keep) -> Value {
    let mut kept = Map::new();
    kept.insert("apiVersion".to_owned(), json!(api_version));
    kept.insert("kind".to_owned(), json!(kind));
    kept.insert("metadata".to_owned(), metadata(&object["metadata"], keep));
    let fields = object.as_object().into_iter().flatten();
    match keep {
        Keep::Whole | Keep::WithStatus => {
            let is_kept = |name: &str| {
                !matches!(name, "apiVersion" | "kind" | "metadata" | "status")
                    || (name == "status" && keep == Keep::WithStatus)
            };
            kept.extend(fields.filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), value.clone())));
        }
        Keep::Name => {}
        Keep::Keys => {
            kept.extend(object.get("type").map(|of| ("type".to_owned(), of.clone())));
            kept.extend(object.get("immutable").map(|is| ("immutable".to_owned(), is.clone())));
            for data in ["data", "binaryData"] {
                let keys = object.get(data).and_then(Value::as_object);
                let emptied: Option<Map<String, Value>> =
                    keys.map(|keys| keys.keys().map(|key| (key.clone(), json!(""))).collect());
                kept.extend(emptied.filter(|keys| !keys.is_empty()).map(|keys| (data.to_owned(), Value::Object(keys))));
            }
        }
        Keep::Template => {
            let spec = &object["spec"];
            let pod = &spec["template"]["spec"];
            let containers: Vec<Value> = pod["containers"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|container| {
                    let mut shown = Map::new();
                    for name in ["name", "ports"] {
                        shown.extend(container.get(name).map(|value| (name.to_owned(), value.clone())));
                    }
                    Value::Object(shown)
                })
                .collect();
            let labels = spec["template"]["metadata"]["labels"].clone();
            let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
            kept.insert("spec".to_owned(), json!({"selector": spec["selector"], "template": template}));
        }
    }
    Value::Object(kept)
}

/// Name, namespace and labels; annotations of what is kept whole.
fn metadata(metadata: &Value, keep: Keep) -> Value {
    let mut kept = Map::new();
    for name in ["name", "namespace", "labels"] {
        kept.extend(metadata.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    if keep == Keep::Whole {
        let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flatten();
        let annotations: Map<String, Value> = annotations
            .filter(|(name, _)| !NOISE.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !annotations.is_empty() {
            kept.insert("annotations".to_owned(), Value::Object(annotations));
        }
    }
    Value::Object(kept)
}

/// A `List`, each item in JSON on lines of its own: YAML too, and a change to the cluster is a change of few lines.
fn written(version: &str, served: &BTreeSet<String>, unseen: &[String], items: &[Value]) -> String {
    let mut items: Vec<&Value> = items.iter().collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.sort_by_cached_key(|item| {
        let metadata = &item["metadata"];
        (text(&item["apiVersion"]), text(&item["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
    });
    let mut out = String::from(
        "# What offline runs of seaworthy need to know of a cluster: seaworthy check --cluster FILE\n\
         # Made by `seaworthy snapshot`. Secrets and ConfigMaps are here by name and key; their values are not.\n",
    );
    for what in unseen {
        let _ = writeln!(out, "# not seen: {}", what.replace('\n', " "));
    }
    out.push_str("apiVersion: v1\nkind: List\nmetadata:\n  annotations:\n");
    let _ = writeln!(out, "    {SNAPSHOT_VERSION}: {}", json!(version));
    let served: Vec<&str> = served.iter().map(String::as_str).collect();
    let _ = writeln!(out, "    seaworthy/api-versions: {}", json!(served.join(" ")));
    out.push_str(if items.is_empty() { "items: []\n" } else { "items:\n" });
    for item in items {
        let _ = write!(out, "-");
        for line in block(item, 1) {
            let _ = writeln!(out, " {line}");
        }
    }
    out
}

/// A mapping as YAML lines, of which the first goes behind a dash. Values are JSON, which is YAML.
fn block(value: &Value, depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(map) if !map.is_empty() && depth < 3 => {
                lines.push(format!("{}:", json!(key)));
                lines.extend(block(value, depth + 1).into_iter().map(|line| format!("  {line}")));
            }
            value => lines.push(format!("{}: {value}", json!(key))),
        }
    }
    if depth == 1 {
        // Behind the dash there is one column, before the other lines there are two.
        lines.iter_mut().skip(1).for_each(|line| line.insert(0, ' '));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Keep, kept, written};
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn values_stay_in_the_cluster() {
        let secret = json!({
            "type": "Opaque", "data": {"password": "aHVudGVyMg=="},
            "metadata": {
                "name": "berth", "namespace": "harbour", "uid": "1", "resourceVersion": "2",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "aHVudGVyMg=="},
            },
        });
        let shown = kept("v1", "Secret", &secret, Keep::Keys);
        let expected = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"password": ""},
            "metadata": {"name": "berth", "namespace": "harbour"},
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_snapshot_is_read_as_a_list() {
        let items = [
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay", "labels": {"a": "on"}}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "y"}, "data": {}}),
        ];
        let text = written("v1.37.0", &BTreeSet::from(["v1".to_owned()]), &["Secret: no\nright".to_owned()], &items);
        let read = crate::yaml::read(
            &crate::yaml::Text { text: text.as_str().into(), replaced: Vec::new() },
            &crate::yaml::Options { kubectl_minor: 37 },
        );
        let crate::yaml::Content::Value(tree) = &read.documents[0].content else { panic!("{text}") };
        let json = tree.root().to_json();
        assert_eq!(json["items"][1], items[0], "{text}");
        assert_eq!(json["items"][0], items[1]);
        assert_eq!(json["metadata"]["annotations"]["seaworthy/server-version"], "v1.37.0");
    }
}
