//! What the heavy kinds cost: the rules alone, and from bytes to verdict.
//!
//! The budget of 10,000 objects in half a second leaves 100 µs of two cores for an object of ordinary size; those here
//! are the largest that people write.

use divan::{Bencher, black_box};
use seaworthy::decode::{FieldValidation, decode};
use seaworthy::object::{GroupVersionKind, Object, Origin};
use seaworthy::schema::{KindInfo, Minor, Schema};
use seaworthy::server_rules;
use seaworthy::source::FileId;
use seaworthy::yaml::{Content, NodeRef, Options, decode_bytes, read};
use serde_json::{Value, json};
use std::sync::Arc;

fn main() {
    divan::main();
}

const KINDS: [&str; 8] = [
    "Pod with 20 containers",
    "Deployment with 20 containers",
    "Service with 100 ports",
    "Ingress with 200 paths",
    "NetworkPolicy with 100 peers",
    "ClusterRole with 200 rules",
    "ConfigMap of 500 kB",
    "CronJob with 5 containers",
];

fn pod_spec(containers: usize) -> Value {
    let container = |index: usize| {
        json!({
            "name": format!("hold-{index}"),
            "image": format!("registry.example.com/harbour/hold:{index}"),
            "ports": [{"name": format!("http-{index}"), "containerPort": 8000 + index}],
            "env": (0..20).map(|name| json!({"name": format!("VALUE_{name}"), "value": "3"})).collect::<Vec<_>>(),
            "envFrom": [{"configMapRef": {"name": "harbour"}}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            "livenessProbe": {"httpGet": {"path": "/live", "port": 8000 + index}, "periodSeconds": 5},
            "readinessProbe": {"exec": {"command": ["ready", "--quietly"]}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": (0..10)
                .map(|volume| json!({"name": format!("data-{volume}"), "mountPath": format!("/data/{volume}")}))
                .collect::<Vec<_>>(),
        })
    };
    let hours =
        |name: String| json!({"name": name, "configMap": {"name": "hours", "items": [{"key": "a", "path": "a"}]}});
    json!({
        "containers": (0..containers).map(container).collect::<Vec<_>>(),
        "initContainers": [{"name": "cast-off", "image": "registry.example.com/tug", "restartPolicy": "Always"}],
        "volumes": (0..10).map(|volume| hours(format!("data-{volume}"))).collect::<Vec<_>>(),
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "harbour"}}},
        ]}},
        "tolerations": [{"key": "tide", "operator": "Exists", "effect": "NoSchedule"}],
    })
}

fn manifest(name: &str) -> Value {
    let metadata = json!({"name": "harbour", "namespace": "quay", "labels": {"app": "harbour"}});
    let template = |containers| json!({"metadata": {"labels": {"app": "harbour"}}, "spec": pod_spec(containers)});
    match name {
        "Pod with 20 containers" => {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec(20)})
        }
        "Deployment with 20 containers" => json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {"selector": {"matchLabels": {"app": "harbour"}}, "template": template(20)},
        }),
        "Service with 100 ports" => json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"ports": (0..100)
                .map(|port| json!({"name": format!("p-{port}"), "port": 1000 + port, "targetPort": "http"}))
                .collect::<Vec<_>>()},
        }),
        "Ingress with 200 paths" => {
            let path = |path: usize| {
                let service = json!({"name": "harbour", "port": {"number": 80}});
                json!({"path": format!("/pier/{path}"), "pathType": "Prefix", "backend": {"service": service}})
            };
            let rule = |host: usize| {
                let paths: Vec<_> = (0..20).map(path).collect();
                json!({"host": format!("pier-{host}.example.com"), "http": {"paths": paths}})
            };
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata,
                "spec": {"rules": (0..10).map(rule).collect::<Vec<_>>()},
            })
        }
        "NetworkPolicy with 100 peers" => json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
            "spec": {"podSelector": {}, "ingress": [{"from": (0..100)
                .map(|peer| json!({"ipBlock": {"cidr": format!("10.{peer}.0.0/16"), "except": [format!("10.{peer}.1.0/24")]}}))
                .collect::<Vec<_>>()}]},
        }),
        "ClusterRole with 200 rules" => json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "harbour"},
            "rules": (0..200)
                .map(|rule| json!({"apiGroups": ["apps"], "resources": [format!("ships-{rule}")], "verbs": ["get", "list"]}))
                .collect::<Vec<_>>(),
        }),
        "ConfigMap of 500 kB" => json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
            "data": (0..500).map(|key| (format!("chart-{key}.txt"), Value::from("depth\n".repeat(170)))).collect::<serde_json::Map<_, _>>(),
        }),
        "CronJob with 5 containers" => {
            let mut template = template(5);
            template["spec"]["restartPolicy"] = json!("OnFailure");
            json!({
                "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata,
                "spec": {"schedule": "*/5 2-4 1,15 * MON-FRI", "timeZone": "Europe/Lisbon",
                         "jobTemplate": {"spec": {"template": template}}},
            })
        }
        other => unreachable!("{other} is no kind of these"),
    }
}

/// The object of a text, as the pipeline makes it.
fn object(bytes: &[u8]) -> Object {
    let stream = read(&decode_bytes(bytes.to_vec()), &Options::default());
    let Some(Content::Value(tree)) = stream.documents.first().map(|document| &document.content) else {
        unreachable!("the manifests here are JSON")
    };
    let text = |path: &[&str]| tree.root().at(path).and_then(NodeRef::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text(&["apiVersion"]), text(&["kind"]));
    Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk: GroupVersionKind::parse(&api_version, &kind).expect("a kind"),
        namespace: text(&["metadata", "namespace"]),
        name: text(&["metadata", "name"]),
        tree: Arc::clone(tree),
        node: tree.root().index(),
    }
}

fn kind_of(object: &Object, schema: Schema) -> KindInfo {
    schema.kind(&object.gvk.group, &object.gvk.version, &object.gvk.kind).expect("a built-in kind")
}

#[divan::bench(args = KINDS)]
fn rules(bencher: Bencher<'_, '_>, name: &str) {
    let object = object(manifest(name).to_string().as_bytes());
    bencher.bench_local(|| {
        let findings = server_rules::validate(black_box(&object), Minor::LATEST);
        assert!(findings.iter().all(|finding| finding.level != seaworthy::finding::Level::Error), "{findings:?}");
    });
}

#[divan::bench(args = KINDS)]
fn from_bytes_to_verdict(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = manifest(name).to_string().into_bytes();
    let schema = Schema::of(Minor::LATEST);
    bencher.bench_local(|| {
        let object = object(black_box(&bytes));
        let decoded = decode(&object, &kind_of(&object, schema), schema, FieldValidation::Strict);
        decoded.findings.len() + server_rules::validate(&object, Minor::LATEST).len()
    });
}
