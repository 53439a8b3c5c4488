//! `seaworthy check --stdin-filename PATH -`: one unsaved text, judged among the files it is applied with.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: quay
  labels: {pod-security.kubernetes.io/enforce: restricted}
";
const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: tug, namespace: quay}
spec:
  containers: [{name: tug, image: tug}]
";
const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: quay}
data: {depth: \"9\"}
";

fn tree(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    root
}

/// The exit code, and the JSON report (or what was said instead).
fn checked(directory: &Path, arguments: &[&str], text: &str) -> (i32, serde_json::Value, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(["check", "--format", "json"])
        .args(arguments)
        .current_dir(directory)
        // No program renders here.
        .env("PATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("an exit code"), report, said)
}

fn rules(report: &serde_json::Value) -> Vec<&str> {
    report["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["rule"].as_str()).collect()
}

fn names(report: &serde_json::Value, list: &str, field: &str) -> Vec<String> {
    let list = report[list].as_array().expect("a list");
    list.iter().filter_map(|element| element[field].as_str()).map(str::to_owned).collect()
}

#[test]
fn the_text_is_judged_in_place_of_the_file_and_among_the_others() {
    let root = tree(&[
        (".git/HEAD", ""),
        ("k8s/a-namespace.yaml", NAMESPACE),
        ("k8s/b-settings.yaml", SETTINGS),
        ("k8s/pod.yaml", "what is on disk: [is not read\n"),
        ("other/broken.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: UPPER}\nspec: {ports: [{port: 1}]}\n"),
    ]);
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "k8s/pod.yaml", "-"], POD);
    assert_eq!((code, rules(&report)), (1, vec!["admission/pod-security"]));
    assert_eq!(names(&report, "findings", "file"), Vec::<String>::new(), "the place is in its labels");
    let finding = report["findings"][0].to_string();
    assert!(finding.contains("k8s/pod.yaml") && finding.contains("k8s/a-namespace.yaml"), "{finding}");
    assert_eq!(names(&report, "objects", "name"), ["tug"], "other files are not reported on");
    assert_eq!(report["files"], serde_json::json!({"manifest": 1}));
}

#[test]
fn findings_of_other_files_do_not_count() {
    let root = tree(&[
        ("seaworthy.toml", ""),
        ("a-namespace.yaml", NAMESPACE),
        ("broken.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: UPPER, namespace: quay}\n"),
    ]);
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "settings.yaml", "-"], SETTINGS);
    assert_eq!((code, rules(&report)), (0, vec![]));
    let (code, report, _) =
        checked(root.path(), &["--stdin-filename", "settings.yaml", "-"], &SETTINGS.replace("\ndata", "\ndota"));
    assert_eq!((code, rules(&report)), (1, vec!["decode/unknown-field"]));
}

#[test]
fn a_file_that_is_not_there_yet_takes_its_place_in_the_order() {
    let root = tree(&[(".git/HEAD", ""), ("k8s/m-namespace.yaml", NAMESPACE)]);
    let behind = checked(root.path(), &["--stdin-filename", "k8s/settings.yaml", "-"], SETTINGS);
    assert_eq!((behind.0, rules(&behind.1)), (0, vec![]));
    let before = checked(root.path(), &["--stdin-filename", "k8s/a-settings.yaml", "-"], SETTINGS);
    assert_eq!((before.0, rules(&before.1)), (1, vec!["apply/namespace-missing"]));
}

#[test]
fn the_name_is_the_one_given_wherever_it_is_run() {
    let root = tree(&[(".git/HEAD", ""), ("k8s/m-namespace.yaml", NAMESPACE)]);
    let (code, report, _) = checked(&root.path().join("k8s"), &["--stdin-filename", "a.yaml", "-"], SETTINGS);
    assert_eq!((code, names(&report, "objects", "file")), (1, vec!["a.yaml".to_owned()]));
    let absolute = root.path().join("k8s/a.yaml").to_string_lossy().into_owned();
    let (code, report, _) = checked(Path::new("/"), &["--stdin-filename", &absolute, "-"], SETTINGS);
    assert_eq!((code, names(&report, "objects", "file")), (1, vec![absolute]));
}

#[test]
fn without_a_repository_other_paths_are_the_context_or_nothing_is() {
    let root = tree(&[("m-namespace.yaml", NAMESPACE)]);
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "a.yaml", "-"], SETTINGS);
    assert_eq!((code, rules(&report)), (0, vec![]), "nobody knows what else there is");
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "a.yaml", "-", "."], SETTINGS);
    assert_eq!((code, rules(&report)), (1, vec!["apply/namespace-missing"]));
}

#[test]
fn what_a_kustomization_lists_is_judged_as_it_is_written_and_said_to_be() {
    let root = tree(&[
        (".git/HEAD", ""),
        ("kustomization.yaml", "resources: [service.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("service.yaml", ""),
        ("patch.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {ports: [{port: 80}]}\n"),
    ]);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {ports: []}\n";
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "service.yaml", "-"], service);
    assert_eq!((code, rules(&report)), (0, vec![]), "ports come from the patch");
    assert_eq!(names(&report, "objects", "name"), Vec::<String>::new(), "what becomes of it nobody knows");
    let misspelt = service.replace("ports", "port");
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "service.yaml", "-"], &misspelt);
    assert_eq!((code, rules(&report)), (1, vec!["decode/unknown-field"]));
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "patch.yaml", "-"], "spec: {}\n");
    assert_eq!((code, rules(&report)), (0, vec![]), "a patch is no object");
    let kustomization = fs::read_to_string(root.path().join("kustomization.yaml")).expect("it is there");
    let (code, report, _) = checked(root.path(), &["--stdin-filename", "kustomization.yaml", "-"], &kustomization);
    assert_eq!((code, names(&report, "unchecked", "class")), (0, vec!["kustomization".to_owned()]));
}

#[test]
fn standard_input_has_to_be_asked_for() {
    let root = tree(&[]);
    let (code, _, said) = checked(root.path(), &["--stdin-filename", "a.yaml"], POD);
    assert_eq!(code, 2);
    assert!(said.contains("ask for it with `-`"), "{said}");
}
