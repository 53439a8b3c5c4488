//! Names that lead nowhere, in a repository: what lies beside the set counts, and advice is given only where asked for.

use seaworthy::advice::Groups;
use seaworthy::pipeline::{CheckRequest, check};
use std::fs;

/// `level rule: message` of the rules across objects.
fn told(files: &[(&str, &str)], advice: bool) -> Vec<String> {
    let root = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    let paths = vec![root.path().to_string_lossy().into_owned()];
    let advice = if advice { Groups::all() } else { Groups::default() };
    let report = check(&CheckRequest { paths, advice, ..CheckRequest::default() }, &mut std::io::empty());
    let findings = report.expect("a report").findings;
    let across = findings.iter().filter(|finding| finding.rule.id.starts_with("cross/"));
    across.map(|finding| format!("{} {}: {}", finding.level.word(), finding.rule.id, finding.message)).collect()
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: buoy, namespace: bay}
spec:
  containers:
  - name: buoy
    image: registry.example.com/buoy:1
    envFrom: [{configMapRef: {name: lights}}]
";
const LIGHTS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lights, namespace: bay}\n";
const KUSTOMIZED: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [lights.yaml]\n";

#[test]
fn what_is_found_nowhere_is_advice_and_told_only_where_asked_for() {
    let files = [("buoy.yaml", POD)];
    assert!(told(&files, false).is_empty());
    assert_eq!(
        told(&files, true),
        ["advice cross/missing-config-map: ConfigMap \"lights\" is not found in these manifests"]
    );
}

#[test]
fn what_another_set_of_the_repository_brings_is_not_missing() {
    let elsewhere = [("a/buoy.yaml", POD), ("b/lights.yaml", LIGHTS), ("b/kustomization.yaml", KUSTOMIZED)];
    assert!(told(&elsewhere, true).is_empty());
}

#[test]
fn one_nearly_of_the_name_is_meant_where_both_are_applied_together() {
    let misspelt = POD.replace("lights", "ligths");
    let beside = told(&[("bay/buoy.yaml", &misspelt), ("bay/lights.yaml", LIGHTS)], false);
    assert_eq!(beside, ["warning cross/missing-config-map: ConfigMap \"ligths\" is not found in these manifests"]);
    // Nobody says that two directories belong together.
    assert!(told(&[("bay/buoy.yaml", &misspelt), ("sea/lights.yaml", LIGHTS)], false).is_empty());
}

#[test]
fn what_a_generator_of_flux_makes_is_not_missing() {
    let generator = "apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: charts, namespace: flux-system}
spec:
  sources: [{alias: fleet, kind: GitRepository, name: fleet}]
  artifacts: [{name: moorings, copy: [{from: \"@fleet/moorings/**\", to: \"@artifact/\"}]}]
";
    let kustomization = |artifact: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: moorings, namespace: flux-system}}
spec:
  interval: 1h
  path: ./
  prune: true
  sourceRef: {{kind: ExternalArtifact, name: {artifact}}}
"
        )
    };
    let missing = |name: &str| {
        let files = [("fleet/generator.yaml", generator), ("fleet/moorings.yaml", &kustomization(name))];
        let told = told(&files, true);
        told.iter().filter(|line| line.contains("ExternalArtifact")).count()
    };
    assert_eq!(missing("moorings"), 0);
    assert_eq!(missing("lanterns"), 1);
}
