//! `check --base`: a change judged as updates to what was last applied, in git repositories made for each test.

mod git_support;

use git_support::Repository;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Variables by which a pipeline that runs these tests would be taken for the one under test.
const OF_PIPELINES: [&str; 10] = [
    "GITHUB_BASE_REF",
    "GITHUB_EVENT_PATH",
    "GITHUB_STEP_SUMMARY",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_COMMIT_BEFORE_SHA",
    "CHANGE_TARGET",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "GIT_PREVIOUS_SUCCESSFUL_COMMIT",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
];

impl Repository {
    /// Writes a file with one text in the place of another.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).expect("a file");
        assert!(text.contains(from), "{path} holds no {from}");
        self.write(path, &text.replace(from, to));
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.arg("check").args(arguments).current_dir(self.directory.path());
        for name in OF_PIPELINES {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).output().expect("the program runs")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The exit code and the report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().expect("a code"), report)
    }

    /// The exit code, and rule and message of each finding.
    fn found(&self, arguments: &[&str]) -> (i32, Vec<String>) {
        let (code, report) = self.report(arguments);
        (code, findings(&report))
    }
}

fn findings(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let told = |one: &Value| format!("{}: {}", text(&one["rule"]), text(&one["message"]));
    report["findings"].as_array().expect("findings").iter().map(told).collect()
}

fn outcomes(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let told = |one: &Value| format!("{} {} {}", text(&one["kind"]), text(&one["name"]), text(&one["outcome"]));
    report["objects"].as_array().expect("objects").iter().map(told).collect()
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: calm\n";

fn service(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n    - name: http\n      port: {port}\n"
    )
}

fn deployment(name: &str, app: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      \
         app: {app}\n  template:\n    metadata:\n      labels:\n        app: {app}\n    spec:\n      containers:\n        - name: web\n          \
         image: registry.example.com/web:1\n"
    )
}

fn shop() -> Option<Repository> {
    Repository::new(&[
        ("deploy/10-settings.yaml", SETTINGS),
        ("deploy/20-service.yaml", &service(80)),
        ("deploy/30-web.yaml", &deployment("web", "web")),
    ])
}

#[test]
fn a_changed_selector_is_refused_in_the_servers_words_and_the_rest_goes_live() {
    let Some(repository) = shop() else { return };
    repository.write("deploy/30-web.yaml", &deployment("web", "shop"));
    repository.write("deploy/20-service.yaml", &service(8080));
    repository.commit("rename the label");
    let (code, report) = repository.report(&["--base", "auto"]);
    assert_eq!(code, 1);
    let refusal = "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"shop\"}}: field is immutable";
    assert!(findings(&report).contains(&format!("update/immutable: {refusal}")), "{report:#}");
    assert_eq!(outcomes(&report), ["ConfigMap settings unchanged", "Service web configured", "Deployment web failed"]);
    let changes = &report["objects"][1]["changes"];
    assert_eq!(changes[0]["field"], "spec.ports[0].port");
    assert_eq!((&changes[0]["before"], &changes[0]["after"]), (&80.into(), &8080.into()));
    let refused = report["objects"][2]["changes"].as_array().expect("changes");
    let refused = refused.iter().find(|change| change["refused"] == true).expect("one that is refused");
    assert_eq!(refused["field"], "spec.selector.matchLabels.app");

    let output = repository.run(&["--base", "auto"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"shop\"}}"), "{text}");
    assert!(text.contains("✓ service/web configured") || text.contains("+ service/web configured"), "{text}");
    assert!(text.contains("spec.ports[0].port"), "{text}");
    // Without the base, every object is new, and nothing is wrong with it.
    assert_eq!(repository.run(&["deploy"]).status.code(), Some(0));
}

#[test]
fn what_a_change_does_not_touch_is_not_its_fault() {
    let files = [
        ("deploy/10-old.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n"),
        ("deploy/20-broken.yaml", "apiVersion: v1\nkind: [\n"),
        ("deploy/30-lonely.yaml", &service(80)),
        ("deploy/40-settings.yaml", SETTINGS),
    ];
    let Some(repository) = Repository::new(&files) else { return };
    assert_eq!(repository.run(&["deploy"]).status.code(), Some(1));
    repository.edit("deploy/40-settings.yaml", "calm", "stormy");
    let (code, report) = repository.report(&["--base", "main"]);
    assert_eq!((code, findings(&report)), (0, vec![]));
    assert_eq!(report["scope"]["objectsKnown"], 1);
    assert_eq!(
        outcomes(&report),
        ["ConfigMap Not_A_Name unchanged", "Service web unchanged", "ConfigMap settings configured"]
    );
    // Whoever touches it is told.
    repository.edit("deploy/20-broken.yaml", "[", "[a");
    repository.edit("deploy/10-old.yaml", "Not_A_Name", "Not_A_Better_Name");
    let (code, found) = repository.found(&["--base", "main"]);
    assert_eq!(code, 1);
    assert!(found.iter().any(|one| one.starts_with("kubectl/parse")), "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("api/name")), "{found:?}");
}

#[test]
fn what_is_mended_was_never_live() {
    let wrong = deployment("web", "web").replacen("app: web", "app: shop", 1);
    let Some(repository) = Repository::new(&[("web.yaml", &wrong)]) else { return };
    repository.write("web.yaml", &deployment("web", "web"));
    let (code, report) = repository.report(&["--base", "main"]);
    assert_eq!((code, outcomes(&report)), (0, vec!["Deployment web created".to_owned()]), "{report:#}");
}

#[test]
fn an_object_that_moves_to_another_set_stays_the_same_object() {
    let files = [
        ("east/shared.yaml", SETTINGS.to_owned()),
        ("west/shared.yaml", SETTINGS.to_owned()),
        ("east/web.yaml", deployment("web", "web")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let Some(repository) = Repository::new(&files) else { return };
    repository.remove("east/web.yaml");
    repository.write("west/web.yaml", &deployment("web", "shop"));
    let (code, found) = repository.found(&["--base", "main"]);
    assert_eq!(code, 1);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("update/immutable: spec.selector"), "{found:?}");
}

#[test]
fn a_directory_can_be_the_base() {
    let Some(repository) = shop() else { return };
    let before = tempfile::tempdir().expect("a directory");
    for file in ["10-settings.yaml", "20-service.yaml", "30-web.yaml"] {
        fs::copy(repository.path("deploy").join(file), before.path().join(file)).expect("a copy");
    }
    repository.write("deploy/30-web.yaml", &deployment("web", "shop"));
    repository.remove("deploy/10-settings.yaml");
    let (code, found) = repository.found(&["--base", &before.path().to_string_lossy(), "deploy"]);
    assert_eq!(code, 1);
    let rules: Vec<&str> = found.iter().filter_map(|one| one.split(": ").next()).collect();
    assert!(rules.contains(&"update/immutable") && rules.contains(&"update/left-behind"), "{found:?}");
}

#[test]
fn the_base_is_found_by_the_variables_of_pipelines() {
    let Some(repository) = shop() else { return };
    repository.git(&["branch", "release"]);
    repository.write("deploy/30-web.yaml", &deployment("web", "shop"));
    repository.commit("change");
    let checked = |variables: &[(&str, &str)]| repository.run_with(&["--base", "auto"], variables).status.code();
    assert_eq!(checked(&[("CHANGE_TARGET", "release")]), Some(1));
    assert_eq!(checked(&[]), Some(1));
    let missing = repository.run_with(&["--base", "auto"], &[("GITHUB_BASE_REF", "trunk")]);
    assert_eq!(missing.status.code(), Some(2));
    let told = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(told.contains("GITHUB_BASE_REF names origin/trunk") && told.contains("fetch-depth: 0"), "{told}");
}

#[test]
fn outside_of_a_repository_it_is_told_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("a.yaml"), SETTINGS).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    for name in OF_PIPELINES {
        command.env_remove(name);
    }
    let ceiling = directory.path().parent().unwrap_or(Path::new("/"));
    let output = command
        .args(["check", "--base", "auto"])
        .current_dir(directory.path())
        .env("GIT_CEILING_DIRECTORIES", ceiling)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("--base REVISION"), "{told}");
}

#[test]
fn a_shallow_clone_is_told_from_one_without_a_base() {
    let Some(repository) = shop() else { return };
    repository.write("deploy/30-web.yaml", &deployment("web", "shop"));
    repository.commit("change");
    let clone = tempfile::tempdir().expect("a directory");
    let from = format!("file://{}", repository.directory.path().display());
    let into = clone.path().join("clone");
    let cloned = Command::new("git")
        .args(["clone", "--quiet", "--depth=1", "--branch=work", &from])
        .arg(&into)
        .output()
        .expect("git runs");
    if !cloned.status.success() {
        eprintln!("SKIPPED: this git makes no shallow clone of a directory");
        return;
    }
    Command::new("git")
        .args(["fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main"])
        .current_dir(&into)
        .output()
        .expect("git runs");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    for name in OF_PIPELINES {
        command.env_remove(name);
    }
    let output = command
        .args(["check", "--base", "auto"])
        .env("GITHUB_BASE_REF", "main")
        .current_dir(&into)
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("fetch-depth: 0"), "{told}");
}

#[test]
fn nothing_of_a_secret_is_shown() {
    let secret = |value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nimmutable: true\nstringData:\n  key: {value}\n")
    };
    let files = [("key.yaml", secret("first-hidden"))];
    let Some(repository) = Repository::new(&[(files[0].0, &files[0].1)]) else { return };
    repository.write("key.yaml", &secret("second-hidden"));
    for format in ["human", "json", "sarif", "github", "junit"] {
        let output = repository.run(&["--base", "main", "--format", format]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(!text.contains("hidden") && !text.contains("c2Vjb25k") && !text.contains("Zmlyc3"), "{format}: {text}");
    }
    let (_, report) = repository.report(&["--base", "main"]);
    let changes = report["objects"][0]["changes"].as_array().expect("changes");
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|change| change["after"] == "•••" || change["before"] == "•••"), "{changes:?}");
}

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\n  namespace: argocd\nspec:\n  \
     project: default\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n  source:\n    repoURL: https://example.com/shop.git\n    \
     path: deploy\n  syncPolicy:\n    automated:\n      prune: PRUNE\n";

#[test]
fn who_deletes_what_is_taken_out_is_found_in_the_repository() {
    let volume = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  accessModes: [ReadWriteOnce]\n  \
                  resources:\n    requests:\n      storage: 1Gi\n";
    let check = |prune: &str, volume: &str, expected: &str| {
        let application = APPLICATION.replace("PRUNE", prune);
        let files =
            [("argocd/shop.yaml", application.as_str()), ("deploy/books.yaml", volume), ("deploy/a.yaml", SETTINGS)];
        let Some(repository) = Repository::new(&files) else { return };
        repository.remove("deploy/books.yaml");
        let (code, found) = repository.found(&["--base", "main"]);
        assert_eq!(code, 0, "{found:?}");
        assert!(found.iter().any(|one| one.contains(expected)), "{found:?}");
    };
    let deleted = "update/deleted: PersistentVolumeClaim shop/books is in the set no more: Argo CD Application shop deletes it \
                   (prune is on), and with it the volume";
    check("true", volume, deleted);
    check(
        "false",
        volume,
        "update/left-behind: PersistentVolumeClaim shop/books is in the set no more and stays live: Argo CD \
                            Application shop does not delete it (prune is off)",
    );
    let kept = volume.replace(
        "  name: books\n",
        "  name: books\n  annotations:\n    argocd.argoproj.io/sync-options: Prune=false\n",
    );
    check(
        "true",
        &kept,
        "update/left-behind: PersistentVolumeClaim shop/books is in the set no more and stays live: Argo CD \
                          Application shop leaves it, because an annotation says so",
    );
}

#[test]
fn what_is_built_is_compared_as_it_was_built() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = seaworthy::source::render::Tools::in_path(&path);
    if !tools.can_kustomize() {
        eprintln!("SKIPPED: neither kustomize nor kubectl is installed");
        return;
    }
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: east-\nresources: [web.yaml, settings.yaml]\n";
    let files = [
        ("east/kustomization.yaml", kustomization),
        ("east/web.yaml", &deployment("web", "web")),
        ("east/settings.yaml", SETTINGS),
    ];
    let Some(repository) = Repository::new(&files) else { return };
    repository.write("east/web.yaml", &deployment("web", "shop"));
    let (code, report) = repository.report(&["--base", "main"]);
    assert_eq!(code, 1);
    assert_eq!(outcomes(&report), ["ConfigMap east-settings unchanged", "Deployment east-web failed"]);
    assert!(findings(&report)[0].starts_with("update/immutable: spec.selector"), "{report:#}");
    assert_eq!(report["findings"][0]["labels"][0]["file"], "east/web.yaml");
    // A change of the prefix makes two of everything.
    repository.write("east/web.yaml", &deployment("web", "web"));
    repository.edit("east/kustomization.yaml", "east-", "west-");
    let (code, found) = repository.found(&["--base", "main"]);
    assert_eq!(code, 0, "{found:?}");
    assert_eq!(found.iter().filter(|one| one.starts_with("update/second-object")).count(), 2, "{found:?}");
}

#[test]
fn a_set_that_is_gone_leaves_its_objects_behind() {
    let files =
        [("east/shared.yaml", SETTINGS), ("west/shared.yaml", SETTINGS), ("west/web.yaml", &deployment("web", "web"))];
    let Some(repository) = Repository::new(&files) else { return };
    repository.remove("west/shared.yaml");
    repository.remove("west/web.yaml");
    let (code, found) = repository.found(&["--base", "main"]);
    assert_eq!(code, 0);
    let left = |what: &str| {
        format!("update/left-behind: {what} is in the set no more and stays live: kubectl apply deletes nothing")
    };
    assert_eq!(found, [left("ConfigMap default/settings"), left("Deployment default/web")]);
}

#[test]
fn what_is_live_in_the_cluster_takes_the_place_of_the_base() {
    let Some(repository) = shop() else { return };
    let live = deployment("web", "shop").replace(
        "  name: web\nspec",
        "  name: web\n  namespace: default\n  uid: 5f0c\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\nspec",
    );
    repository.write(".cluster/live.yaml", &live);
    repository.edit("deploy/30-web.yaml", "replicas: 2", "replicas: 3");
    // By the base alone, only the replicas change.
    assert_eq!(repository.run(&["--base", "main", "deploy"]).status.code(), Some(0));
    let (code, found) = repository.found(&["--base", "main", "--cluster", ".cluster/live.yaml", "deploy"]);
    assert_eq!(code, 1, "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("update/immutable: spec.selector")), "{found:?}");
}

#[test]
fn a_plan_shows_what_changes_field_by_field() {
    let Some(repository) = shop() else { return };
    repository.edit("deploy/30-web.yaml", "replicas: 2", "replicas: 3");
    let plan = |format: &str| {
        Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args(["plan", "-f", "deploy", "--base", "main", "--format", format])
            .current_dir(repository.directory.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("the program runs")
    };
    let output = plan("human");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let expected = "  deployment.apps/web configured\n      spec.replicas\n        - 2\n        + 3\n";
    assert!(text.contains(expected), "{text}");
    let report: Value = serde_json::from_slice(&plan("json").stdout).expect("JSON");
    assert_eq!(
        report["objects"][2]["changes"],
        serde_json::json!([{"field": "spec.replicas", "before": 2, "after": 3}])
    );
}
