//! What the server fills in that no table says: defaults that depend on other fields or on the kind, and what the
//! strategies and mutating plugins of admission put into an object that is made.
//!
//! Apart because it is code where all other defaults are data. Sources: `defaults.go` of `pkg/apis/{core,apps,batch,
//! autoscaling}`, `PrepareForCreate` of the strategies in `pkg/registry`, and the plugins `ServiceAccount`, `Priority`,
//! `DefaultTolerationSeconds`, `StorageObjectInUseProtection`, `DefaultStorageClass`, `DefaultIngressClass` (1.37).

use super::value::{Conversion, Fields, Seen, is_named, map, put};
use crate::cel::value::Value;
use crate::object::Object;
use crate::object::view::View;
use crate::schema::{Definition, Field, KindInfo, Minor, Type};
use crate::server_rules::custom::validation_rules::convert::plain;
use crate::update::pull_policy;
use crate::yaml::NodeRef;

/// The last part of a definition's name.
fn short(definition: &Definition) -> &'static str {
    definition.name.rsplit('.').next().unwrap_or_default()
}

/// Whether a default of the tables holds in objects of this kind.
pub(super) fn holds(conversion: &Conversion, definition: &Definition, field: &Field) -> bool {
    match (short(definition), field.name) {
        // Of pods themselves only.
        ("PodSpec", "enableServiceLinks") => conversion.kind == "Pod",
        // Not in the template of a CronJob.
        ("JobSpec", _) => conversion.kind == "Job",
        // What is no pointer and zero is left out.
        _ => field.facts.pointer || field.facts.default != Some("0"),
    }
}

/// A default that depends on what is around the field.
pub(super) fn of_field(
    conversion: &mut Conversion,
    definition: &Definition,
    field: &'static Field,
    around: Option<NodeRef<'_>>,
) -> Option<Value> {
    let text = |value: &str| Some(Value::string(value));
    match (short(definition), field.name) {
        ("Container" | "EphemeralContainer", "imagePullPolicy") => text(pull_policy(around.text("image"))),
        ("ImageVolumeSource", "pullPolicy") => text(pull_policy(around.text("reference"))),
        ("ContainerPort", "hostPort") if conversion.host_network && conversion.kind == "Pod" => {
            around.int("containerPort").map(Value::Int)
        }
        ("PodSpec", "serviceAccountName") => match around.text("serviceAccount") {
            "" if conversion.kind == "Pod" => text("default"),
            "" => None,
            name => text(name),
        },
        ("PodSpec", "serviceAccount") => match around.text("serviceAccountName") {
            "" if conversion.kind == "Pod" => text("default"),
            "" => None,
            name => text(name),
        },
        ("DeploymentStrategy" | "DaemonSetUpdateStrategy" | "StatefulSetUpdateStrategy", "rollingUpdate")
            if around.text_or("type", "RollingUpdate") == "RollingUpdate" =>
        {
            let Type::Object(name) = &field.ty else { return None };
            let of = conversion.schema.definition(name)?;
            Some(map(conversion.absent(of)))
        }
        ("StatefulSetSpec", "persistentVolumeClaimRetentionPolicy") if conversion.minor >= Minor(27) => {
            let Type::Object(name) = &field.ty else { return None };
            let of = conversion.schema.definition(name)?;
            Some(map(conversion.absent(of)))
        }
        ("RollingUpdateStatefulSetStrategy", "maxUnavailable") if conversion.minor >= Minor(37) => Some(Value::Int(1)),
        ("NetworkPolicySpec", "policyTypes") => {
            let egress = around.is_some_and(|spec| !spec.list("egress").is_empty());
            Some(Value::strings(["Ingress", "Egress"].into_iter().take(1 + usize::from(egress))))
        }
        ("StatefulSetStatus", "availableReplicas")
        | ("PodDisruptionBudgetStatus", "currentHealthy" | "desiredHealthy" | "disruptionsAllowed" | "expectedPods") => {
            Some(Value::Int(0))
        }
        // Lists that are there though nobody wrote them.
        ("ClusterRole" | "Role", "rules") | ("HorizontalPodAutoscalerStatus", "currentMetrics") => Some(Value::Null),
        ("Subject", "apiGroup") if matches!(around.text("kind"), "User" | "Group") => text("rbac.authorization.k8s.io"),
        ("RoleRef", "apiGroup") => text("rbac.authorization.k8s.io"),
        ("ServicePort", "targetPort") => around.int("port").map(Value::Int),
        ("ServiceSpec", _) => service(field.name, around),
        ("JobSpec", _) if conversion.kind == "Job" => job(field.name, around),
        ("PersistentVolumeClaimSpec", "storageClassName") if conversion.kind != "PersistentVolumeClaim" => None,
        ("PersistentVolumeClaimSpec", "storageClassName")
        | ("PersistentVolumeStatus", "lastPhaseTransitionTime")
        | ("IngressSpec", "ingressClassName")
        | ("HorizontalPodAutoscalerSpec", "metrics")
        | ("HorizontalPodAutoscalerBehavior" | "HPAScalingRules", _)
        | ("LimitRangeItem", "default" | "defaultRequest") => Some(Value::Undecided),
        ("HTTPGetAction", "path") => text("/"),
        ("HTTPGetAction", "scheme") => text("HTTP"),
        _ => None,
    }
}

fn service(field: &str, spec: Option<NodeRef<'_>>) -> Option<Value> {
    let kind = spec.text_or("type", "ClusterIP");
    let is_reached =
        matches!(kind, "NodePort" | "LoadBalancer") || (kind == "ClusterIP" && !spec.list("externalIPs").is_empty());
    match field {
        "internalTrafficPolicy" if kind != "ExternalName" => Some(Value::string("Cluster")),
        "externalTrafficPolicy" if is_reached => Some(Value::string("Cluster")),
        "allocateLoadBalancerNodePorts" if kind == "LoadBalancer" => Some(Value::Bool(true)),
        "clusterIP" | "clusterIPs" | "ipFamilies" | "ipFamilyPolicy" if kind != "ExternalName" => {
            Some(Value::Undecided)
        }
        "healthCheckNodePort" if kind == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local" => {
            Some(Value::Undecided)
        }
        "sessionAffinityConfig" if spec.text("sessionAffinity") == "ClientIP" => {
            let client = map(vec![(Value::string("timeoutSeconds"), Value::Int(10800))]);
            Some(map(vec![(Value::string("clientIP"), client)]))
        }
        _ => None,
    }
}

fn job(field: &str, spec: Option<NodeRef<'_>>) -> Option<Value> {
    match field {
        "completions" if !spec.has("parallelism") => Some(Value::Int(1)),
        "parallelism" => Some(Value::Int(1)),
        "backoffLimit" if spec.has("backoffLimitPerIndex") => Some(Value::Int(i64::from(i32::MAX))),
        "backoffLimit" => Some(Value::Int(6)),
        "podReplacementPolicy" if spec.has("podFailurePolicy") => Some(Value::string("Failed")),
        "podReplacementPolicy" => Some(Value::string("TerminatingOrFailed")),
        "manualSelector" => Some(Value::Bool(false)),
        "selector" => Some(Value::Undecided),
        _ => None,
    }
}

/// What an object gets as a whole.
pub(super) fn of_object(object: &Object, kind: &KindInfo, seen: Seen<'_>, fields: &mut Fields) {
    let root = object.root();
    match (kind.group, kind.kind) {
        ("", "Namespace") => {
            change(fields, &["metadata", "labels"], |labels| {
                put(labels, "kubernetes.io/metadata.name", Value::string(object.name.as_str()));
            });
            if seen.is_new {
                change(fields, &["spec"], |spec| put(spec, "finalizers", Value::strings(["kubernetes"])));
                change(fields, &["status"], |status| put(status, "phase", Value::string("Active")));
            }
        }
        ("", "Secret") => secret(root, fields),
        ("", "Service") => {
            let ports = matches!(root.get("spec").text_or("type", "ClusterIP"), "NodePort" | "LoadBalancer");
            if ports {
                change_each(fields, &["spec", "ports"], |port| {
                    if !port.iter().any(|(key, _)| is_named(key, "nodePort")) {
                        put(port, "nodePort", Value::Undecided);
                    }
                });
            }
        }
        ("", "Pod") if seen.is_new => pod(root, fields),
        ("", "PersistentVolumeClaim") if seen.is_new => {
            protect(fields, "kubernetes.io/pvc-protection");
            change(fields, &["status"], |status| put(status, "phase", Value::string("Pending")));
        }
        ("", "PersistentVolume") if seen.is_new => {
            protect(fields, "kubernetes.io/pv-protection");
            change(fields, &["status"], |status| put(status, "phase", Value::string("Pending")));
        }
        ("", "ReplicationController") => {
            let labels = root.at(&["spec", "template", "metadata", "labels"]).map(plain);
            if let Some(labels) = labels {
                if root.at(&["spec", "selector"]).is_none_or(NodeRef::is_empty) {
                    change(fields, &["spec"], |spec| put(spec, "selector", labels.clone()));
                }
                if root.at(&["metadata", "labels"]).is_none_or(NodeRef::is_empty) {
                    change(fields, &["metadata"], |metadata| put(metadata, "labels", labels));
                }
            }
        }
        ("apps", "StatefulSet") => change_each(fields, &["spec", "volumeClaimTemplates"], |claim| {
            put(claim, "apiVersion", Value::string("v1"));
            put(claim, "kind", Value::string("PersistentVolumeClaim"));
            change(claim, &["status"], |status| put(status, "phase", Value::string("Pending")));
        }),
        ("apps", "DaemonSet") => {
            let generation = if seen.is_new { Value::string("1") } else { Value::Undecided };
            change(fields, &["metadata", "annotations"], |annotations| {
                put(annotations, "deprecated.daemonset.template.generation", generation);
            });
        }
        ("", "LimitRange") => change_each(fields, &["spec", "limits"], |limit| {
            for field in ["default", "defaultRequest"] {
                put(limit, field, Value::Undecided);
            }
        }),
        ("batch", "Job") if seen.is_new => batch_job(object, fields),
        _ => {}
    }
}

/// `stringData` goes into `data`.
fn secret(root: NodeRef<'_>, fields: &mut Fields) {
    let written: Vec<(String, Value)> = root
        .get("stringData")
        .into_iter()
        .flat_map(NodeRef::entries)
        .map(|entry| {
            let bytes = entry.value.as_str().unwrap_or_default().as_bytes();
            (entry.name().to_owned(), Value::string(data_encoding::BASE64.encode(bytes)))
        })
        .collect();
    fields.retain(|(key, _)| !is_named(key, "stringData"));
    if !written.is_empty() {
        change(fields, &["data"], |data| written.into_iter().for_each(|(name, value)| put(data, &name, value)));
    }
}

fn protect(fields: &mut Fields, finalizer: &str) {
    change(fields, &["metadata"], |metadata| {
        let mut finalizers = match metadata.iter().find(|(key, _)| is_named(key, "finalizers")) {
            Some((_, Value::List(list))) => list.elements.clone(),
            _ => Vec::new(),
        };
        finalizers.push(Value::string(finalizer));
        put(metadata, "finalizers", Value::list(finalizers));
    });
}

fn batch_job(object: &Object, fields: &mut Fields) {
    if object.root().get("spec").flag("manualSelector") {
        return;
    }
    // Labels that are taken from the template are one map with them, and get what it gets.
    let labels = object.root().at(&["spec", "template", "metadata", "labels"]).filter(|labels| !labels.is_empty());
    let made = |labels: &mut Fields| {
        for prefix in ["", "batch.kubernetes.io/"] {
            put(labels, &format!("{prefix}job-name"), Value::string(object.name.as_str()));
            put(labels, &format!("{prefix}controller-uid"), Value::Undecided);
        }
    };
    if let Some(labels) = labels.filter(|_| object.root().at(&["metadata", "labels"]).is_none_or(NodeRef::is_empty)) {
        let labels = plain(labels);
        change(fields, &["metadata"], |metadata| put(metadata, "labels", labels));
        change(fields, &["metadata", "labels"], made);
    }
    change(fields, &["spec", "template", "metadata", "labels"], made);
    change(fields, &["spec", "selector", "matchLabels"], |labels| {
        put(labels, "batch.kubernetes.io/controller-uid", Value::Undecided);
    });
}

/// What the plugins give a pod.
fn pod(root: NodeRef<'_>, fields: &mut Fields) {
    const NOT_READY: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let spec = root.get("spec");
    let entry = |name: &str, value: Value| (Value::string(name), value);
    change_each(fields, &["spec", "containers"], limits_as_requests);
    change_each(fields, &["spec", "initContainers"], limits_as_requests);
    let mounts_token =
        spec.and_then(|spec| spec.get("automountServiceAccountToken")).and_then(NodeRef::as_bool) != Some(false);
    if mounts_token {
        for containers in ["containers", "initContainers"] {
            change_each(fields, &["spec", containers], |container| {
                let mut mounts = match container.iter().find(|(key, _)| is_named(key, "volumeMounts")) {
                    Some((_, Value::List(list))) => list.elements.clone(),
                    _ => Vec::new(),
                };
                let is_there = |mount: &Value| match mount {
                    Value::Map(mount) => {
                        matches!(mount.get("mountPath"), Some(Value::String(path)) if **path == *TOKEN)
                    }
                    _ => false,
                };
                if !mounts.iter().any(is_there) {
                    mounts.push(map(vec![
                        entry("name", Value::Undecided),
                        entry("readOnly", Value::Bool(true)),
                        entry("mountPath", Value::string(TOKEN)),
                    ]));
                    put(container, "volumeMounts", Value::list(mounts));
                }
            });
        }
    }
    change(fields, &["spec"], |spec_fields| {
        let list = |spec_fields: &Fields, name: &str| match spec_fields.iter().find(|(key, _)| is_named(key, name)) {
            Some((_, Value::List(list))) => list.elements.clone(),
            _ => Vec::new(),
        };
        if mounts_token {
            let mut volumes = list(spec_fields, "volumes");
            let projected = map(vec![entry("sources", Value::Undecided), entry("defaultMode", Value::Int(420))]);
            volumes.push(map(vec![entry("name", Value::Undecided), entry("projected", projected)]));
            put(spec_fields, "volumes", Value::list(volumes));
        }
        let mut tolerations = list(spec_fields, "tolerations");
        for key in NOT_READY {
            let written = spec.list("tolerations");
            let is_tolerated = written.iter().any(|one| {
                (one.text("key") == key || one.text("key").is_empty()) && matches!(one.text("effect"), "NoExecute" | "")
            });
            if !is_tolerated {
                tolerations.push(map(vec![
                    entry("key", Value::string(key)),
                    entry("operator", Value::string("Exists")),
                    entry("effect", Value::string("NoExecute")),
                    entry("tolerationSeconds", Value::Int(300)),
                ]));
            }
        }
        put(spec_fields, "tolerations", Value::list(tolerations));
        // The class that a pod without one gets is the cluster's matter.
        for name in ["priority", "preemptionPolicy"] {
            if !spec.has(name) {
                put(spec_fields, name, Value::Undecided);
            }
        }
        if !spec.has("priorityClassName") {
            put(spec_fields, "priorityClassName", Value::Undecided);
        }
    });
    change(fields, &["status"], |status| {
        put(status, "phase", Value::string("Pending"));
        put(status, "qosClass", Value::Undecided);
    });
}

/// What a container of a pod is limited to it asks for, unless it asks itself.
fn limits_as_requests(container: &mut Fields) {
    let limits = match container.iter().find(|(key, _)| is_named(key, "resources")) {
        Some((_, Value::Map(resources))) => match resources.get("limits") {
            Some(Value::Map(limits)) => limits.entries().to_vec(),
            _ => return,
        },
        _ => return,
    };
    change(container, &["resources", "requests"], |requests| {
        for (name, limit) in limits {
            let Value::String(name) = name else { continue };
            if !requests.iter().any(|(key, _)| is_named(key, &name)) {
                put(requests, &name, limit);
            }
        }
    });
}

/// Changes the fields at a path; what is not there is made.
fn change(fields: &mut Fields, path: &[&str], edit: impl FnOnce(&mut Fields)) {
    let Some((first, rest)) = path.split_first() else { return edit(fields) };
    let mut inner = match fields.iter().find(|(key, _)| is_named(key, first)) {
        Some((_, Value::Map(map))) => map.entries().to_vec(),
        _ => Vec::new(),
    };
    change(&mut inner, rest, edit);
    put(fields, first, map(inner));
}

/// Changes each element of the list at a path.
fn change_each(fields: &mut Fields, path: &[&str], edit: impl Fn(&mut Fields)) {
    let Some((name, around)) = path.split_last() else { return };
    change(fields, around, |fields| {
        let Some((_, Value::List(list))) = fields.iter().find(|(key, _)| is_named(key, name)) else { return };
        let elements = list.elements.iter().map(|element| match element {
            Value::Map(element) => {
                let mut inner = element.entries().to_vec();
                edit(&mut inner);
                map(inner)
            }
            other => other.clone(),
        });
        let elements = elements.collect();
        put(fields, name, Value::list(elements));
    });
}
