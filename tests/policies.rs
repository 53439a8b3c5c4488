//! Admission policies on the command line: given, live, in the repository; what they refuse and what they leave open.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn seaworthy(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(arguments)
        .current_dir(root)
        .envs([("COLUMNS", "100"), ("LC_ALL", "C.UTF-8")])
        .env_remove("NO_COLOR")
        .output()
        .expect("the program runs")
}

fn written(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    root
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

fn findings(report: &Value) -> Vec<String> {
    let one = |finding: &Value| {
        format!("{}: {}", finding["rule"].as_str().expect("a rule"), finding["message"].as_str().expect("a message"))
    };
    report["findings"].as_array().expect("findings").iter().map(one).collect()
}

fn policy(name: &str, resource: &str, expression: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: {name}}}\nspec:\n  \
         matchConstraints:\n    resourceRules:\n    - {{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: \
         [{resource}]}}\n  validations:\n  - expression: {expression}\n---\n"
    )
}

fn binding(policy: &str, action: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: \
         {policy}-{}}}\nspec: {{policyName: {policy}, validationActions: [{action}]}}\n---\n",
        action.to_lowercase()
    )
}

const CHART: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chart}\ndata: {depth: '3'}\n---\n";
const NO_DEPTH: &str = "int(object.data.depth) >= 5";

#[test]
fn given_policies_refuse_what_check_and_plan_are_asked_about() {
    let given = policy("depth", "configmaps", NO_DEPTH);
    let root = written(&[("policies/depth.yaml", &given), ("set/chart.yaml", CHART)]);
    for arguments in [&["check", "set"][..], &["plan", "-f", "set"]] {
        let arguments = [arguments, &["--policies", "policies", "--format", "json"]].concat();
        let output = seaworthy(root.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let report = json(&output);
        assert_eq!(
            findings(&report),
            ["admission/policy: ValidatingAdmissionPolicy 'depth' denied request: failed expression: \
              int(object.data.depth) >= 5"]
        );
        assert_eq!(report["objects"][0]["outcome"], "failed");
        let places = report["findings"][0]["places"].as_array().or(report["findings"][0]["labels"].as_array());
        let files: Vec<&str> = places.expect("places").iter().filter_map(|place| place["file"].as_str()).collect();
        assert_eq!(files, ["set/chart.yaml", "policies/depth.yaml"], "the object, and the policy");
        assert_eq!(
            report["objects"][0]["reason"],
            "configmaps \"chart\" is invalid: : ValidatingAdmissionPolicy 'depth' denied request: failed expression: \
             int(object.data.depth) >= 5"
        );
    }
    let older = seaworthy(root.path(), &["plan", "-f", "set", "--policies", "policies", "--kube-version", "1.29"]);
    assert_eq!(older.status.code(), Some(0), "no such policies in 1.29");
    let range = seaworthy(
        root.path(),
        &["check", "set", "--policies", "policies", "--kube-version", "1.29..1.31", "--format", "json"],
    );
    assert_eq!(json(&range)["findings"][0]["versions"], "1.30, 1.31");
    let missing = seaworthy(root.path(), &["check", "set", "--policies", "nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("--policies"), "{missing:?}");
}

#[test]
fn the_cluster_holds_what_is_bound_there() {
    let live = policy("depth", "configmaps", NO_DEPTH);
    let (denied, warned) = (binding("depth", "Deny"), binding("depth", "Warn"));
    let root = written(&[
        ("unbound.yaml", &live),
        ("bound.yaml", &(live.clone() + &denied)),
        ("warned.yaml", &(live.clone() + &warned)),
        ("set/chart.yaml", CHART),
    ]);
    let run = |cluster: &str| seaworthy(root.path(), &["plan", "-f", "set", "--cluster", cluster, "--format", "json"]);
    assert_eq!(run("unbound.yaml").status.code(), Some(0));
    assert_eq!(run("bound.yaml").status.code(), Some(1));
    let warned = run("warned.yaml");
    assert_eq!(warned.status.code(), Some(0));
    assert_eq!(
        findings(&json(&warned)),
        [
            "admission/policy-warning: Validation failed for ValidatingAdmissionPolicy 'depth' with binding 'depth-warn': failed \
          expression: int(object.data.depth) >= 5"
        ]
    );
}

#[test]
fn what_was_applied_last_judges_the_change() {
    let base = policy("keep", "configmaps", "oldObject == null || object.data.depth == oldObject.data.depth")
        + &binding("keep", "Deny");
    let changed = CHART.replace("'3'", "'4'");
    let root = written(&[("base.yaml", &(base + CHART)), ("set/chart.yaml", &changed), ("same/chart.yaml", CHART)]);
    let run = |set: &str| seaworthy(root.path(), &["plan", "-f", set, "--base", "base.yaml"]).status.code();
    assert_eq!(run("set"), Some(1));
    assert_eq!(run("same"), Some(0), "nothing is sent");
}

#[test]
fn a_repositorys_own_policies_warn() {
    let own = policy("depth", "configmaps", NO_DEPTH) + &binding("depth", "Deny");
    let root = written(&[("policies/depth.yaml", &own), ("charts/chart.yaml", CHART)]);
    let output = seaworthy(root.path(), &["check", ".", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "warnings alone refuse nothing");
    let found = findings(&json(&output));
    assert!(
        matches!(&found[..], [one] if one.starts_with("admission/policy-to-come: ") && one.contains("which this repository has")),
        "{found:?}"
    );
    let with_set = written(&[("set/depth.yaml", &(own + CHART))]);
    let found = findings(&json(&seaworthy(with_set.path(), &["plan", "-f", "set", "--format", "json"])));
    assert!(matches!(&found[..], [one] if one.contains("which the same set brings")), "{found:?}");
}

#[test]
fn what_cannot_be_decided_is_told_once() {
    let given = policy("who", "'*'", "authorizer.group('').resource('pods').check('get').allowed()")
        + &policy("broken", "configmaps", "object.data.");
    let many =
        CHART.to_owned() + &CHART.replace("name: chart", "name: log") + &CHART.replace("name: chart", "name: map");
    let root = written(&[("policies.yaml", &given), ("a/charts.yaml", &many), ("b/chart.yaml", CHART)]);
    let output = seaworthy(root.path(), &["check", "a", "b", "--policies", "policies.yaml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report = json(&output);
    let unchecked = report["unchecked"].as_array().expect("a list");
    let told: Vec<&str> = unchecked.iter().filter_map(|one| one["why"].as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("not decided for ConfigMap default/") && told[0].contains("it does not compile: ERROR")
    );
    assert!(told[1].ends_with(" more objects: it asks `authorizer` who may do what"), "{told:?}");
    assert_eq!(unchecked[1]["what"], "ValidatingAdmissionPolicy who");
    assert!(report["objects"].as_array().expect("objects").iter().all(|object| object["outcome"] == "created"));
}
