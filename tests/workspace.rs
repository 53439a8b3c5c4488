//! A repository that stays at hand: what is rendered and judged again, and what is not.
#![cfg(unix)]

use seaworthy::pipeline::{CheckRequest, Workspace};
use seaworthy::source::render::Tools;
use seaworthy::yaml;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {ports: [{port: 80}]}\n";

/// Two kustomizations and a file beside them, and a `kustomize` that says what a file says and remembers that it was run.
struct Repository {
    root: TempDir,
    workspace: Workspace,
}

impl Repository {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let path = |path: &str| root.path().join(path);
        for (name, text) in [
            ("k8s/one/kustomization.yaml", "resources: [service.yaml]\n"),
            ("k8s/one/service.yaml", SERVICE),
            ("k8s/two/kustomization.yaml", "resources: [service.yaml]\n"),
            ("k8s/two/service.yaml", SERVICE),
            ("k8s/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
            ("rendered", "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {ports: []}\n"),
            ("runs", ""),
        ] {
            fs::create_dir_all(path(name).parent().expect("a parent")).expect("directories");
            fs::write(path(name), text).expect("a file");
        }
        let (rendered, runs) = (path("rendered"), path("runs"));
        let script = format!("#!/bin/sh\necho \"$2\" >>'{}'\ncat '{}'\n", runs.display(), rendered.display());
        fs::write(path("kustomize"), script).expect("a file");
        fs::set_permissions(path("kustomize"), fs::Permissions::from_mode(0o755)).expect("a program");
        let request = CheckRequest {
            paths: vec![path("k8s").to_string_lossy().into_owned()],
            tools: Tools::in_path(root.path().as_os_str()),
            editing: true,
            ..CheckRequest::default()
        };
        let workspace = Workspace::open(&request, &mut std::io::empty()).expect("a workspace");
        Self { root, workspace }
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join("k8s").join(name).to_string_lossy().into_owned()
    }

    fn write(&mut self, name: &str, text: &str, is_saved: bool) {
        let path = self.path(name);
        assert!(self.workspace.change(&path, yaml::decode_bytes(text.as_bytes().to_vec()), is_saved));
    }

    /// The rules that are broken in the sets of a file, once those sets are judged.
    fn judged(&mut self, name: &str) -> Vec<&'static str> {
        let file = self.workspace.file(&self.path(name)).expect("it is there");
        self.workspace.judge(|files| files.contains(&file));
        let snapshot = self.workspace.snapshot();
        let sets = snapshot.sets.iter().filter(|set| set.files.contains(&file));
        sets.flat_map(|set| &set.findings).map(|finding| finding.rule.id).collect()
    }

    /// The kustomizations that were built, since this was asked last.
    fn built(&self) -> Vec<String> {
        let runs = self.root.path().join("runs");
        let text = fs::read_to_string(&runs).expect("a file");
        fs::write(&runs, "").expect("a file");
        let name = |line: &str| Path::new(line).file_name().expect("a name").to_string_lossy().into_owned();
        text.lines().map(name).collect()
    }
}

#[test]
fn what_nobody_wants_is_not_rendered() {
    let mut repository = Repository::new();
    assert_eq!(repository.judged("settings.yaml"), [""; 0]);
    assert_eq!(repository.built(), [""; 0]);
    assert_eq!(repository.judged("one/service.yaml"), ["api/service"], "what was rendered has no ports");
    assert_eq!(repository.built(), ["one"]);
}

#[test]
fn what_has_not_changed_is_not_rendered_again() {
    let mut repository = Repository::new();
    repository.judged("one/service.yaml");
    repository.write("settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: others}\n", false);
    assert_eq!(repository.judged("one/service.yaml"), ["api/service"]);
    repository.judged("two/service.yaml");
    assert_eq!(repository.built(), ["one", "two"]);
    repository.workspace.changed_beside();
    assert_eq!(repository.judged("one/service.yaml"), ["api/service"]);
    assert_eq!(repository.built(), ["one"], "a program may read what no walk does");
}

#[test]
fn what_is_not_saved_is_judged_as_it_is_written_and_rendered_once_it_is() {
    let mut repository = Repository::new();
    let misspelt = SERVICE.replace("port:", "prot:");
    repository.write("one/service.yaml", &misspelt, false);
    assert_eq!(repository.judged("one/service.yaml"), ["decode/unknown-field"]);
    assert_eq!(repository.built(), [""; 0]);
    repository.write("one/service.yaml", SERVICE, false);
    assert_eq!(repository.judged("one/service.yaml"), [""; 0]);
    repository.write("one/service.yaml", SERVICE, true);
    assert_eq!(repository.judged("one/service.yaml"), ["api/service"]);
    assert_eq!(repository.built(), ["one"]);
}

#[test]
fn who_is_in_the_middle_of_a_word_does_not_divide_the_repository_anew() {
    let root = tempfile::tempdir().expect("a directory");
    let deployment = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n";
    for directory in ["staging", "production"] {
        fs::create_dir(root.path().join(directory)).expect("a directory");
        fs::write(root.path().join(directory).join("web.yaml"), deployment).expect("a file");
    }
    let paths = vec![root.path().to_string_lossy().into_owned()];
    let request = CheckRequest { paths, editing: true, ..CheckRequest::default() };
    let mut workspace = Workspace::open(&request, &mut std::io::empty()).expect("a workspace");
    workspace.judge(|_| true);
    assert_eq!(workspace.snapshot().sets.len(), 2, "two environments");
    let path = root.path().join("staging/web.yaml").to_string_lossy().into_owned();
    let broken = deployment.replace("data: {", "data: [{");
    assert!(workspace.change(&path, yaml::decode_bytes(broken.into_bytes()), false));
    workspace.judge(|_| true);
    let snapshot = workspace.snapshot();
    assert_eq!(snapshot.sets.len(), 2);
    let rules: Vec<&str> = snapshot.sets.iter().flat_map(|set| &set.findings).map(|finding| finding.rule.id).collect();
    assert_eq!(rules, ["kubectl/parse"]);
    let renamed = deployment.replace("name: web", "name: other");
    assert!(workspace.change(&path, yaml::decode_bytes(renamed.into_bytes()), false));
    workspace.judge(|_| true);
    assert_eq!(workspace.snapshot().sets.len(), 1, "they have nothing in common any more");
    assert!(!workspace.change("/nowhere.yaml", yaml::decode_bytes(Vec::new()), false));
}
