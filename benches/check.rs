//! `seaworthy check` as a whole: one file with start-up, and a generated repository of 10,000 objects.
//!
//! The budgets: one file in under 5 ms of wall time, start-up included; 10,000 objects in under 0.5 s on two cores.

use divan::Bencher;
use seaworthy::pipeline::{self, CheckRequest};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// One small application: what a team writes down for a service.
fn application(text: &mut String, name: &str, namespace: &str) {
    let _ = write!(
        text,
        r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{app: {name}, team: harbour}}
data:
  LOG_LEVEL: info
  CACHE_SECONDS: "300"
  application.properties: |
    server.port=8080
    feature.beta=false
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
spec:
  selector: {{app: {name}}}
  ports:
    - {{name: http, port: 80, targetPort: http}}
    - {{name: metrics, port: 9090, targetPort: metrics}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: {name}
          image: registry.example.com/harbour/{name}:1.4.2
          args: ["--listen", ":8080", "--verbose"]
          ports:
            - {{name: http, containerPort: 8080}}
            - {{name: metrics, containerPort: 9090}}
          envFrom:
            - configMapRef: {{name: {name}}}
          env:
            - name: POD_NAME
              valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
            periodSeconds: 10
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{cpu: "1", memory: 256Mi}}
          volumeMounts:
            - {{name: scratch, mountPath: /tmp}}
      volumes:
        - {{name: scratch, emptyDir: {{}}}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: {namespace}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{app: {name}}}
"#
    );
}

/// 2,000 applications of five objects each, twenty to a directory.
fn repository(root: &Path) {
    for directory in 0..100 {
        let path = root.join(format!("team-{directory:03}"));
        fs::create_dir_all(&path).expect("a directory");
        for application_number in 0..20 {
            let name = format!("service-{directory:03}-{application_number:02}");
            let mut text = String::new();
            application(&mut text, &name, &format!("team-{directory:03}"));
            fs::write(path.join(format!("{name}.yaml")), text).expect("a file");
        }
    }
}

fn one_file() -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    let mut text = String::new();
    application(&mut text, "berth", "harbour");
    fs::write(root.path().join("berth.yaml"), text).expect("a file");
    root
}

/// The whole process, from its start to its exit code.
#[divan::bench(sample_count = 50)]
fn one_file_with_start_up(bencher: Bencher<'_, '_>) {
    let root = one_file();
    let file = root.path().join("berth.yaml");
    bencher.bench(|| {
        let status = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("check")
            .arg(&file)
            .stdout(Stdio::null())
            .status()
            .expect("the program runs");
        assert_eq!(status.code(), Some(0));
    });
}

/// The whole process, as above.
#[divan::bench(sample_count = 10)]
fn ten_thousand_objects_with_start_up(bencher: Bencher<'_, '_>) {
    let root = tempfile::tempdir().expect("a directory");
    repository(root.path());
    bencher.bench(|| {
        let status = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("check")
            .arg(root.path())
            .stdout(Stdio::null())
            .status()
            .expect("the program runs");
        assert_eq!(status.code(), Some(0));
    });
}

/// In process: reading, judging, simulating.
#[divan::bench(sample_count = 10)]
fn ten_thousand_objects(bencher: Bencher<'_, '_>) {
    let root = tempfile::tempdir().expect("a directory");
    repository(root.path());
    let request = CheckRequest { paths: vec![root.path().to_string_lossy().into_owned()], ..CheckRequest::default() };
    bencher.bench(|| {
        let report = pipeline::check(&request, &mut std::io::empty()).expect("a report");
        assert_eq!(report.sets.iter().map(|set| set.attempts.len()).sum::<usize>(), 10_000);
        report
    });
}
