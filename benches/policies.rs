//! Admission policies: 1,000 Deployments held to ten policies, and the same without any.
//!
//! The difference between the two is what policies cost; without a policy nothing is asked.

use divan::Bencher;
use seaworthy::pipeline::{self, CheckRequest};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() {
    divan::main();
}

const DEPLOYMENTS: usize = 1_000;

/// What a platform team asks for: images, limits, probes, labels, users, replicas.
const EXPRESSIONS: [&str; 10] = [
    "object.spec.replicas <= 50",
    "object.spec.template.spec.containers.all(c, c.image.startsWith('registry.example.com/'))",
    "object.spec.template.spec.containers.all(c, has(c.resources.limits) && 'memory' in c.resources.limits)",
    "object.spec.template.spec.containers.all(c, quantity(c.resources.limits.memory).compareTo(quantity('4Gi')) <= 0)",
    "has(object.metadata.labels) && ['app', 'team'].all(k, k in object.metadata.labels)",
    "!object.spec.template.spec.?hostNetwork.orValue(false)",
    "object.spec.template.spec.containers.all(c, has(c.livenessProbe) || has(c.readinessProbe))",
    "object.spec.template.spec.?volumes.orValue([]).all(v, !has(v.hostPath))",
    "object.spec.strategy.type == 'RollingUpdate' || object.spec.replicas == 1",
    "variables.images.all(i, !i.endsWith(':latest') && i.contains(':'))",
];

fn repository(root: &Path) {
    for directory in 0..20 {
        let mut text = String::new();
        for number in 0..DEPLOYMENTS / 20 {
            let name = format!("berth-{directory}-{number}");
            let _ = write!(
                text,
                r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app: {name}, team: harbour}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: web
          image: registry.example.com/berth:1.2.3
          ports: [{{name: http, containerPort: 8080}}]
          env: [{{name: LOG_LEVEL, value: info}}, {{name: TIDE, value: high}}]
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
          readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
---
"
            );
        }
        let directory = root.join(format!("set-{directory}"));
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join("deployments.yaml"), text).expect("a file");
    }
}

fn policies(path: &Path) {
    let mut text = String::new();
    for (number, expression) in EXPRESSIONS.iter().enumerate() {
        let _ = write!(
            text,
            r#"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: rule-{number}}}
spec:
  matchConstraints:
    resourceRules:
      - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}}
  variables:
    - {{name: images, expression: "object.spec.template.spec.containers.map(c, c.image)"}}
  validations:
    - expression: "{expression}"
---
"#
        );
    }
    fs::write(path, text).expect("a file");
}

/// How many policies there are.
#[divan::bench(args = [0, 10], sample_count = 10)]
fn a_thousand_deployments(bencher: Bencher<'_, '_>, count: usize) {
    let root = tempfile::tempdir().expect("a directory");
    repository(&root.path().join("sets"));
    let given = root.path().join("policies.yaml");
    policies(&given);
    let path = |path: &Path| vec![path.to_string_lossy().into_owned()];
    let policies = if count == 0 { Vec::new() } else { path(&given) };
    let request = CheckRequest { paths: path(&root.path().join("sets")), policies, ..CheckRequest::default() };
    bencher.bench(|| {
        let report = pipeline::check(&request, &mut std::io::empty()).expect("a report");
        assert_eq!(report.sets.iter().map(|set| set.attempts.len()).sum::<usize>(), DEPLOYMENTS);
        assert!(report.findings.is_empty() && report.unchecked.is_empty(), "{:?}", report.findings.first());
        report
    });
}
