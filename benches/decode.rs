//! What decoding an object costs, whole and where values have a grammar of their own.

use divan::{Bencher, black_box};
use seaworthy::decode::quantity::{self, Quantity};
use seaworthy::decode::{FieldValidation, base64, decode, go_time, object_meta_error, patch, server_side_apply};
use seaworthy::object::{GroupVersionKind, Object, Origin};
use seaworthy::schema::{KindInfo, Minor, Schema};
use seaworthy::source::FileId;
use seaworthy::yaml::{Content, Options, decode_bytes, read};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A workload of ordinary size: 70 fields.
const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: harbour
  namespace: quay
  labels: {app.kubernetes.io/name: harbour, app.kubernetes.io/part-of: port, tier: front}
  annotations: {example.com/owner: crew, example.com/note: "as it was"}
spec:
  replicas: 3
  revisionHistoryLimit: 5
  selector: {matchLabels: {app.kubernetes.io/name: harbour}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  template:
    metadata: {labels: {app.kubernetes.io/name: harbour, tier: front}}
    spec:
      serviceAccountName: harbour
      securityContext: {runAsNonRoot: true, fsGroup: 2000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example.com/harbour:1.4.2
          imagePullPolicy: IfNotPresent
          args: [serve, --port=8080]
          env:
            - {name: LOG_LEVEL, value: info}
            - {name: TOKEN, valueFrom: {secretKeyRef: {name: harbour, key: token}}}
          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090, protocol: TCP}]
          resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: "1", memory: 512Mi}}
          livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10}
          readinessProbe: {httpGet: {path: /ready, port: 8080}, failureThreshold: 3}
          volumeMounts: [{name: data, mountPath: /data}, {name: config, mountPath: /etc/harbour, readOnly: true}]
      volumes:
        - {name: data, emptyDir: {sizeLimit: 1Gi}}
        - {name: config, configMap: {name: harbour, items: [{key: a, path: a.yaml}]}}
"#;

fn deployment() -> Option<(Object, KindInfo)> {
    let stream = read(&decode_bytes(DEPLOYMENT.as_bytes().to_vec()), &Options::default());
    let Content::Value(tree) = &stream.documents.first()?.content else { return None };
    let object = Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk: GroupVersionKind::parse("apps/v1", "Deployment")?,
        namespace: "quay".to_owned(),
        name: "harbour".to_owned(),
        tree: Arc::clone(tree),
        node: tree.root().index(),
    };
    Some((object, Schema::of(Minor::LATEST).kind("apps", "v1", "Deployment")?))
}

/// An object made: nothing is wrong, so nothing may be allocated.
#[divan::bench]
fn created(bencher: Bencher) {
    let schema = Schema::of(Minor::LATEST);
    let Some((object, kind)) = deployment() else { return };
    bencher.bench_local(|| decode(black_box(&object), &kind, schema, FieldValidation::Strict).findings.len());
}

/// The same object, patched.
#[divan::bench]
fn patched(bencher: Bencher) {
    let schema = Schema::of(Minor::LATEST);
    let Some((object, kind)) = deployment() else { return };
    bencher.bench_local(|| patch::convert(black_box(&object), &kind, schema, FieldValidation::Strict).findings.len());
}

/// The same object, applied by the server.
#[divan::bench]
fn server_side(bencher: Bencher) {
    let schema = Schema::of(Minor::LATEST);
    let Some((object, kind)) = deployment() else { return };
    bencher.bench_local(|| server_side_apply::check(black_box(&object), "quay", &kind, schema).findings.len());
}

/// Its metadata, as kubectl decodes it.
#[divan::bench]
fn metadata(bencher: Bencher) {
    let Some((object, _)) = deployment() else { return };
    bencher.bench_local(|| object_meta_error(black_box(object.root())).is_none());
}

#[divan::bench(args = ["100m", "1.5Gi", "123456789012345678901234567890"])]
fn quantity_checked(text: &str) -> bool {
    quantity::check(black_box(text)).is_ok()
}

#[divan::bench(args = ["100m", "1.5Gi", "123456789012345678901234567890"])]
fn quantity_parsed(text: &str) -> bool {
    Quantity::parse(black_box(text)).is_ok()
}

#[divan::bench]
fn time() -> bool {
    go_time::check_time(black_box("2024-01-02T03:04:05Z")).is_ok()
}

/// A mebibyte of a Secret.
#[divan::bench]
fn base64_mebibyte(bencher: Bencher) {
    let text = "QUJD".repeat(1 << 18);
    bencher.bench_local(|| base64::decoded_length(black_box(&text)));
}
