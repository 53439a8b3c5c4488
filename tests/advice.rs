//! `--advice`: which groups are told, and that a secret which advice speaks of is shown by no form of the report.

use std::fs;
use std::process::{Command, Output};

const SECRET: &str = "wholegrain-and-rye";

fn manifest() -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: oven
  namespace: bakery
spec:
  selector: {{matchLabels: {{app: oven}}}}
  template:
    metadata: {{labels: {{app: oven}}}}
    spec:
      containers:
      - name: oven
        image: registry.example.com/oven
        envFrom: [{{configMapRef: {{name: flour}}}}]
        env:
        - name: MILL_PASSWORD
          value: {SECRET}
        - name: ORDERS
          value: postgres://oven:{SECRET}@orders/orders
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: mill, namespace: bakery}}
data: {{password: {SECRET}}}
"
    )
}

fn check(arguments: &[&str]) -> Output {
    let root = tempfile::tempdir().expect("a directory");
    fs::write(root.path().join("oven.yaml"), manifest()).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.arg("check").args(arguments).arg(root.path());
    command.envs([("COLUMNS", "80"), ("LC_ALL", "C.UTF-8")]).env_remove("GITHUB_STEP_SUMMARY");
    command.output().expect("the program")
}

/// The groups of the advice that is told.
fn groups(arguments: &[&str]) -> Vec<String> {
    let output = check(&[arguments, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "advice refuses nothing: {}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let advice = findings.filter(|finding| finding["level"] == "advice");
    let mut groups: Vec<String> =
        advice.filter_map(|finding| Some(finding["rule"].as_str()?.split_once('/')?.0.to_owned())).collect();
    groups.sort();
    groups.dedup();
    groups
}

#[test]
fn advice_is_given_in_the_groups_that_are_asked_for() {
    assert!(groups(&[]).is_empty());
    let all = ["cross", "efficiency", "reliability", "security"];
    assert_eq!(groups(&["--advice"]), all);
    assert_eq!(groups(&["--advice=all"]), all);
    assert_eq!(groups(&["--advice=cross"]), ["cross"]);
    assert_eq!(groups(&["--advice=security,reliability"]), ["reliability", "security"]);
    assert_eq!(groups(&["--advice=security", "--advice=efficiency"]), ["efficiency", "security"]);
    let unknown = check(&["--advice=safety"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(said.contains("'safety'") && said.contains("cross, efficiency, reliability, security"), "{said}");
}

#[test]
fn the_page_on_advice_has_every_rule() {
    let page = include_str!("../docs/advice.md");
    for rule in seaworthy::advice::rules() {
        assert!(
            page.contains(&format!("| [{0}](rules/{0}.md) |", rule.id)),
            "docs/advice.md has no row for {}",
            rule.id
        );
    }
}

#[test]
fn a_range_of_minors_has_the_same_advice_and_names_none_of_them() {
    let output = check(&["--advice", "--kube-version", "1.30..1.33", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["rule"] == "reliability/image-tag"));
    assert!(findings.iter().all(|finding| finding.get("versions").is_none()), "{findings:#?}");
}

#[test]
fn what_advice_finds_to_be_a_secret_is_shown_nowhere() {
    for format in ["human", "json", "concise", "sarif", "junit", "github", "gitlab", "tap"] {
        let output = check(&["--advice", "--verbose", "--format", format]);
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("MILL_PASSWORD") && said.contains("ORDERS"), "{format}: {said}");
        assert!(!said.contains(SECRET) && !complaint.contains(SECRET), "{format}: {said}");
    }
}
