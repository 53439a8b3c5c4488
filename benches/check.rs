//! `seaworthy check` as a whole: one file with start-up, and a generated repository of 10,000 objects; and what an editor
//! asks of the same repository with every key: a changed file judged again.
//!
//! The budgets: one file in under 5 ms of wall time, start-up included; 10,000 objects in under 0.5 s on two cores; a
//! changed file in under 50 ms, whether the 10,000 objects are one set or many; a change of twenty files of the 10,000
//! objects, judged against the commit before it, in under 1 s.

use divan::Bencher;
use seaworthy::pipeline::{self, CheckRequest, Workspace};
use seaworthy::yaml;
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

/// 2,000 applications of five objects each, twenty to a directory: one set.
fn repository(root: &Path) {
    repository_of(root, |directory, number| {
        (format!("service-{directory:03}-{number:02}"), format!("team-{directory:03}"))
    });
}

/// The same, but the directories repeat each other, as environments do: a hundred sets.
fn environments(root: &Path) {
    repository_of(root, |_, number| (format!("service-{number:02}"), "shop".to_owned()));
}

fn repository_of(root: &Path, names: impl Fn(usize, usize) -> (String, String)) {
    for directory in 0..100 {
        let path = root.join(format!("team-{directory:03}"));
        fs::create_dir_all(&path).expect("a directory");
        for number in 0..20 {
            let (name, namespace) = names(directory, number);
            let mut text = String::new();
            application(&mut text, &name, &namespace);
            fs::write(path.join(format!("service-{number:02}.yaml")), text).expect("a file");
        }
    }
}

/// A file of a repository in an editor: a key changes its text, and what is wrong with it is wanted.
fn judge_a_changed_file(bencher: Bencher<'_, '_>, repository: fn(&Path), sets: usize) {
    let root = tempfile::tempdir().expect("a directory");
    repository(root.path());
    let paths = vec![root.path().to_string_lossy().into_owned()];
    let request = CheckRequest { paths, editing: true, ..CheckRequest::default() };
    let mut workspace = Workspace::open(&request, &mut std::io::empty()).expect("a workspace");
    workspace.judge(|_| true);
    assert_eq!(workspace.snapshot().sets.len(), sets);
    let path = root.path().join("team-042/service-07.yaml");
    let file = workspace.file(&path.to_string_lossy()).expect("it is there");
    let before = fs::read_to_string(&path).expect("a file");
    let path = path.to_string_lossy().into_owned();
    let mut replicas = 2;
    bencher.bench_local(|| {
        replicas += 1;
        let text = before.replace("replicas: 2", &format!("replicas: -{replicas}"));
        assert!(workspace.change(&path, yaml::decode_bytes(text.into_bytes()), false));
        workspace.judge(|files| files.contains(&file));
        let snapshot = workspace.snapshot();
        let findings: Vec<_> = snapshot.sets.iter().flat_map(|set| &set.findings).collect();
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains(&format!("-{replicas}")), "{}", findings[0].message);
        snapshot
    });
}

#[divan::bench(sample_count = 50)]
fn a_changed_file_in_one_set_of_ten_thousand_objects(bencher: Bencher<'_, '_>) {
    judge_a_changed_file(bencher, repository, 1);
}

#[divan::bench(sample_count = 50)]
fn a_changed_file_in_one_of_a_hundred_sets(bencher: Bencher<'_, '_>) {
    judge_a_changed_file(bencher, environments, 100);
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

/// A repository with a commit, and twenty of its files changed since.
fn changed_since_a_commit(repository: fn(&Path)) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    repository(root.path());
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args(["-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(root.path())
            .stdout(Stdio::null())
            .status()
            .expect("git runs");
        assert!(status.success(), "git {arguments:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "first"]);
    for directory in 0..20 {
        let path = root.path().join(format!("team-{directory:03}/service-07.yaml"));
        let text = fs::read_to_string(&path).expect("a file").replace("replicas: 2", "replicas: 3");
        fs::write(&path, text).expect("a file");
    }
    root
}

fn judge_against_a_commit(bencher: Bencher<'_, '_>, repository: fn(&Path), sets: usize) {
    let root = changed_since_a_commit(repository);
    let request = CheckRequest {
        paths: vec![root.path().to_string_lossy().into_owned()],
        base: Some("main".to_owned()),
        ..CheckRequest::default()
    };
    bencher.bench(|| {
        let report = pipeline::check(&request, &mut std::io::empty()).expect("a report");
        let attempts = report.sets.iter().flat_map(|set| &set.attempts);
        assert_eq!(attempts.filter(|attempt| !attempt.changes.is_empty()).count(), 20);
        assert_eq!(report.sets.len(), sets);
        report
    });
}

/// A change of twenty files, judged against the commit before it; git included.
#[divan::bench(sample_count = 10)]
fn twenty_changed_files_in_one_set_of_ten_thousand_objects(bencher: Bencher<'_, '_>) {
    judge_against_a_commit(bencher, repository, 1);
}

/// The same where the directories are sets: twenty of a hundred are judged.
#[divan::bench(sample_count = 10)]
fn twenty_changed_files_in_twenty_of_a_hundred_sets(bencher: Bencher<'_, '_>) {
    judge_against_a_commit(bencher, environments, 20);
}
