//! What `check` holds against files that nobody said are applied together: nothing that is not proven.

use seaworthy::apply::Outcome;
use seaworthy::pipeline::{CheckRequest, check};
use seaworthy::report::Report;
use std::fs;

fn checked(files: &[(&str, &str)]) -> Report {
    let root = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    let request = CheckRequest { paths: vec![root.path().to_string_lossy().into_owned()], ..CheckRequest::default() };
    check(&request, &mut std::io::empty()).expect("a report")
}

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.id).collect()
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: quay}\n";
const BOLLARD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bollard, namespace: quay}\n";

#[test]
fn a_namespace_of_another_directory_may_be_applied_first() {
    let apart = checked(&[("a/bollard.yaml", BOLLARD), ("z/namespace.yaml", NAMESPACE)]);
    assert_eq!(rules(&apart), [""; 0]);
    let beside = checked(&[("a/bollard.yaml", BOLLARD), ("a/namespace.yaml", NAMESPACE)]);
    assert_eq!(rules(&beside), ["apply/namespace-missing"]);
}

#[test]
fn files_to_choose_from_are_each_judged_alone_and_said_to_be() {
    let class = |kind: &str| {
        format!(
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: fast}}\nprovisioner: {kind}.example.com\n"
        )
    };
    let report = checked(&[("disk.yaml", &class("disk")), ("tape.yaml", &class("tape"))]);
    assert_eq!(rules(&report), [""; 0]);
    let attempts: Vec<_> = report.sets.iter().flat_map(|set| &set.attempts).collect();
    assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Created), "{attempts:?}");
    assert_eq!(attempts.iter().filter(|attempt| attempt.unchecked.is_some()).count(), 1);
    let one_file = checked(&[("both.yaml", &format!("{}---\n{}", class("disk"), class("tape")))]);
    assert_eq!(rules(&one_file), ["cross/defined-twice", "update/immutable"]);
}

#[test]
fn a_generated_name_may_be_meant_for_create() {
    let report = checked(&[("job.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\n")]);
    assert_eq!(rules(&report), [""; 0]);
    assert!(report.sets[0].attempts[0].unchecked.is_some());
}
