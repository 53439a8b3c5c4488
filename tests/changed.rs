//! `check --changed-since`, `--new-only` and `--files-only-report`, in git repositories made for each test.

mod git_support;

use git_support::Repository;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

impl Repository {
    fn check_in(&self, directory: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("check")
            .args(arguments)
            .current_dir(self.directory.path().join(directory))
            .env_remove("GITHUB_STEP_SUMMARY")
            .output()
            .expect("the program runs")
    }

    /// The exit code and the report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.check_in("", &[arguments, &["--format", "json"]].concat());
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().expect("a code"), report)
    }

    /// The exit code and the name and rule of each finding's file.
    fn found(&self, arguments: &[&str]) -> (i32, Vec<String>) {
        let (code, report) = self.report(arguments);
        let findings = report["findings"].as_array().expect("findings").iter();
        let told = findings.map(|one| {
            let file = one["labels"][0]["file"].as_str().expect("a file");
            format!("{file} {}", one["rule"].as_str().expect("a rule"))
        });
        (code, told.collect())
    }
}

fn sets(report: &Value) -> Vec<&str> {
    report["sets"].as_array().expect("sets").iter().filter_map(|set| set["name"].as_str()).collect()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

/// A name that the server refuses.
fn refused(name: &str) -> String {
    config_map(&format!("Refused_{name}"))
}

fn service(app: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: {app}\n  ports:\n    - port: 80\n"
    )
}

fn deployment(app: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {{app: {app}}}\n  \
         template:\n    metadata:\n      labels: {{app: {app}}}\n    spec:\n      containers:\n        - name: web\n          \
         image: registry.example.com/web:1\n"
    )
}

/// Two sets, since both hold the same object; the first has had a fault for long.
fn two_sets() -> Vec<(&'static str, String)> {
    vec![
        ("old/shared.yaml", config_map("shared")),
        ("old/settings.yaml", config_map("settings")),
        ("old/faulty.yaml", refused("old")),
        ("new/shared.yaml", config_map("shared")),
        ("new/settings.yaml", config_map("settings")),
        ("new/web.yaml", service("web")),
        ("new/pods.yaml", deployment("web")),
    ]
}

fn repository_of(files: &[(&str, String)]) -> Option<Repository> {
    Repository::new(&files.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>())
}

const SINCE: &[&str] = &["--changed-since", "main"];
const NEW: &[&str] = &["--changed-since", "main", "--new-only"];
const NAME: &str = "api/name";

#[test]
fn only_sets_that_the_change_touches_are_reported() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    assert_eq!(repository.found(&[]).0, 1, "the whole has a fault");
    let (code, report) = repository.report(SINCE);
    assert_eq!((code, sets(&report)), (0, vec![]), "nothing has changed");
    assert_eq!(report["scope"]["setsUntouched"], 2);
    // Committed, staged, changed and not tracked: all count.
    for how in ["committed", "staged", "changed", "untracked"] {
        repository.git(&["checkout", "--quiet", "-B", how, "main"]);
        let path = if how == "untracked" { "new/more.yaml" } else { "new/settings.yaml" };
        repository.write(path, &format!("{}---\n{}", config_map("settings"), refused(how)));
        match how {
            "committed" => repository.commit("a fault"),
            "staged" => repository.git(&["add", "--all"]),
            _ => {}
        }
        let (code, report) = repository.report(SINCE);
        assert_eq!((code, sets(&report)), (1, vec!["new"]), "{how}");
        let (_, found) = repository.found(SINCE);
        assert!(found.iter().any(|one| *one == format!("{path} {NAME}")), "{how}: {found:?}");
        assert!(found.iter().all(|one| one.starts_with("new/")), "{how}: {found:?}");
        repository.git(&["reset", "--quiet", "--hard"]);
        repository.git(&["clean", "--quiet", "-d", "--force"]);
    }
}

#[test]
fn what_others_changed_in_the_revision_meanwhile_is_not_counted() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    repository.write("new/settings.yaml", &refused("mine"));
    repository.commit("mine");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("old/settings.yaml", &refused("theirs"));
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "work"]);
    assert_eq!(repository.found(SINCE), (1, vec![format!("new/settings.yaml {NAME}")]));
}

#[test]
fn a_file_that_goes_concerns_its_set() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    repository.remove("new/pods.yaml");
    assert_eq!(sets(&repository.report(SINCE).1), ["new"]);
    repository.git(&["checkout", "--quiet", "--", "."]);
    // A file of another kind concerns none.
    repository.write(".github/workflows/ci.yaml", "on: push\njobs: {a: {runs-on: x, steps: []}}\n");
    repository.commit("a workflow");
    repository.git(&["branch", "--force", "main", "work"]);
    repository.remove(".github/workflows/ci.yaml");
    assert_eq!(sets(&repository.report(SINCE).1), Vec::<&str>::new());
}

#[test]
fn a_file_that_is_a_manifest_no_longer_concerns_its_set() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    repository.write("new/pods.yaml", "just: data\n");
    assert_eq!(sets(&repository.report(SINCE).1), ["new"]);
}

#[test]
fn a_file_that_moves_concerns_the_set_it_left() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    repository.git(&["mv", "new/pods.yaml", "old/pods.yaml"]);
    let (_, report) = repository.report(SINCE);
    assert_eq!(sets(&report), ["new", "old"]);
}

#[test]
fn kustomizations_concern_whoever_builds_on_them() {
    let files = [
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator: [{name: c, files: [app.properties]}]\n",
        ),
        ("base/web.yaml", &service("web")),
        ("base/app.properties", "a=1\n"),
        ("base/README.md", "Read me.\n"),
        ("overlay/kustomization.yaml", "resources: [../base]\n"),
        ("other/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("other/settings.yaml", &config_map("settings")),
    ];
    let Some(repository) = Repository::new(&files) else { return };
    for (path, is_concerned) in [
        ("base/kustomization.yaml", true),
        ("base/web.yaml", true),
        ("base/app.properties", true),
        ("overlay/kustomization.yaml", true),
        ("base/README.md", false),
        ("other/settings.yaml", false),
    ] {
        let text = fs::read_to_string(repository.directory.path().join(path)).expect("a file");
        repository.write(path, &format!("{text}# changed\n"));
        // Whether a program that builds it is there or not: the set is judged, or named as not checked.
        let (_, report) = repository.report(SINCE);
        let unchecked = report["unchecked"].as_array().expect("a list");
        let named = |name: &str| {
            sets(&report).contains(&name) || unchecked.iter().any(|one| one["what"].as_str() == Some(name))
        };
        assert_eq!(named("overlay"), is_concerned, "{path}: {report}");
        assert_eq!(named("other"), path.starts_with("other"), "{path}: {report}");
        repository.git(&["checkout", "--quiet", "--", "."]);
    }
    // One that is gone is still named by the kustomization.
    repository.remove("base/web.yaml");
    assert_eq!(repository.report(SINCE).1["scope"]["setsUntouched"], 1);
}

#[test]
fn definitions_and_configuration_concern_others() {
    let crd = |required: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: buoys.sea.example.com}}\n\
             spec:\n  group: sea.example.com\n  scope: Namespaced\n  names: {{plural: buoys, singular: buoy, kind: Buoy, \
             listKind: BuoyList}}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        \
             openAPIV3Schema:\n          type: object\n          required: [{required}]\n          properties: {{spec: {{type: \
             object}}, light: {{type: string}}}}\n"
        )
    };
    let buoy = "apiVersion: sea.example.com/v1\nkind: Buoy\nmetadata: {name: red}\nspec: {}\n";
    let mut files = two_sets();
    files.push(("crds/buoy.yaml", crd("spec")));
    files.push(("new/buoy.yaml", buoy.to_owned()));
    let Some(repository) = repository_of(&files) else { return };
    repository.write("crds/buoy.yaml", &crd("light"));
    let (code, found) = repository.found(NEW);
    assert_eq!((code, found.len()), (1, 1), "{found:?}");
    assert!(found[0].starts_with("new/buoy.yaml "), "{found:?}");
    repository.git(&["checkout", "--quiet", "--", "."]);
    repository.write("seaworthy.toml", "kube-version = \"1.34\"\n");
    assert_eq!(repository.report(SINCE).1["scope"]["setsUntouched"], 0);
}

#[test]
fn what_was_wrong_before_is_left_out() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    // The set with the old fault is touched, and is no worse.
    repository.write("old/settings.yaml", &format!("# changed\n{}", config_map("settings")));
    assert_eq!(repository.found(SINCE), (1, vec![format!("old/faulty.yaml {NAME}")]));
    let (code, report) = repository.report(NEW);
    assert_eq!((code, sets(&report)), (0, vec![]));
    assert_eq!((&report["scope"]["findingsKnown"], &report["scope"]["setsKnown"]), (&1.into(), &1.into()));
    // It moves within its file, and to another one.
    repository.write("old/faulty.yaml", &format!("# moved\n\n{}", refused("old")));
    assert_eq!(repository.found(NEW), (0, vec![]));
    repository.git(&["mv", "-f", "old/faulty.yaml", "old/moved.yaml"]);
    assert_eq!(repository.found(NEW), (0, vec![]));
    // A new fault beside it is reported alone, and the set with both.
    repository.write("old/settings.yaml", &refused("new"));
    let (code, report) = repository.report(NEW);
    assert_eq!((code, sets(&report)), (1, vec!["old"]));
    assert_eq!(repository.found(NEW).1, [format!("old/settings.yaml {NAME}")]);
    // The base was read and left as it is.
    let status = Command::new("git").args(["stash", "list"]).current_dir(repository.directory.path()).output();
    assert!(status.expect("git runs").stdout.is_empty());
}

#[test]
fn the_same_fault_once_more_is_new() {
    let mut files = two_sets();
    files.push(("new/faulty.yaml", refused("new")));
    let Some(repository) = repository_of(&files) else { return };
    // Another set gets the object that another one has a fault in: same fingerprint, another file.
    repository.write("old/more.yaml", &refused("new"));
    assert_eq!(repository.found(NEW), (1, vec![format!("old/more.yaml {NAME}")]));
}

#[test]
fn an_object_behind_an_old_fault_is_not_passed_over() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n data: x\n";
    let Some(repository) = Repository::new(&[("all.yaml", broken)]) else { return };
    repository.write("other.yaml", &config_map("b"));
    assert_eq!(repository.found(NEW).0, 0, "no worse than before");
    repository.write("all.yaml", &format!("{broken}---\n{}", config_map("c")));
    let (code, report) = repository.report(NEW);
    assert_eq!((code, report["findings"].as_array().map(Vec::len)), (1, Some(0)), "c never goes live: {report}");
}

#[test]
fn paths_from_a_directory_inside_are_the_same_files() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n data: x\n";
    let mut files = two_sets();
    files.push(("old/broken.yaml", broken.to_owned()));
    let Some(repository) = repository_of(&files) else { return };
    repository.write("old/settings.yaml", &format!("# changed\n{}", config_map("settings")));
    for (directory, path) in [("old", "."), ("new", "../old"), ("", "old"), ("", "./old/")] {
        let output = repository.check_in(directory, &[NEW, &[path]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{directory} {path}: {text}");
        let output = repository.check_in(directory, &[SINCE, &[path]].concat());
        assert_eq!(output.status.code(), Some(1), "{directory} {path}");
    }
}

#[test]
fn every_form_of_the_report_says_that_it_is_not_all() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    repository.write("new/settings.yaml", &format!("# changed\n{}", config_map("settings")));
    for format in ["human", "sarif", "github", "tap"] {
        let output = repository.check_in("", &[SINCE, &["--output", format]].concat());
        let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        let said = "Reported is what concerns the change since main; left out: 1 set that it does not touch.";
        assert!(text.contains(said), "{format}: {text}");
    }
    let report = repository.report(SINCE).1;
    let schema: Value = serde_json::from_str(include_str!("../schemas/report-v1.schema.json")).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    assert!(validator.is_valid(&report));
}

#[test]
fn what_git_cannot_answer_is_an_error() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    let refused = |arguments: &[&str]| {
        let output = repository.check_in("", arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--changed-since", "nowhere"]).contains("there is no commit nowhere in this repository"));
    assert!(refused(&["--changed-since=-x"]).contains("\"-x\" is no git revision"));
    assert!(refused(&["--changed-since", "main", "-"]).contains("standard input is part of no repository"));
    assert!(refused(&["--new-only"]).contains("--changed-since"));
    repository.git(&["checkout", "--quiet", "--orphan", "island"]);
    repository.commit("alone");
    assert!(refused(SINCE).contains("have no commit in common"), "a shallow clone looks like that");
    let outside = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(["check", "--changed-since", "main"])
        .current_dir(outside.path())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--changed-since: "), "{output:?}");
}

#[cfg(unix)]
#[test]
fn a_renderer_sees_the_base_as_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let files = [
        ("app/kustomization.yaml", "resources: [settings.yaml, faulty.yaml]\n"),
        ("app/settings.yaml", &config_map("settings")),
        ("app/faulty.yaml", &refused("old")),
    ];
    let Some(repository) = Repository::new(&files) else { return };
    // A stand-in for kustomize: what it prints are the files beside the kustomization.
    let bin = tempfile::tempdir().expect("a directory");
    let kustomize = bin.path().join("kustomize");
    fs::write(&kustomize, "#!/bin/sh\ncd \"$2\" && for file in settings faulty; do cat $file.yaml; echo ---; done\n")
        .expect("a script");
    fs::set_permissions(&kustomize, fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap_or_default());
    let check = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args([&["check", "--format", "concise"], arguments].concat())
            .current_dir(repository.directory.path())
            .env("PATH", &path)
            .output()
            .expect("the program runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    repository.write("app/settings.yaml", &format!("# changed\n{}", config_map("settings")));
    assert_eq!(check(SINCE).0, Some(1));
    assert_eq!(check(NEW), (Some(0), String::new()));
    repository.write("app/settings.yaml", &refused("new"));
    let (code, text) = check(NEW);
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.starts_with("app/settings.yaml:4:9: error[api/name] "), "{text}");
}

#[test]
fn files_that_are_handed_over_are_reported_on_in_their_sets() {
    let Some(repository) = repository_of(&two_sets()) else { return };
    let only = |files: &[&str]| repository.found(&[&["--files-only-report"], files].concat());
    // Another set's fault is nobody's who changes this one.
    assert_eq!(only(&["new/web.yaml"]), (0, vec![]));
    // A fault of the same set is: with it, an apply of this file does not go through.
    assert_eq!(only(&["old/settings.yaml"]), (1, vec![format!("old/faulty.yaml {NAME}")]));
    // What one file breaks in another one has its place in both.
    repository.write("new/pods.yaml", &deployment("renamed"));
    assert_eq!(only(&["new/pods.yaml"]).1, ["new/web.yaml cross/service-selects-nothing"]);
    assert_eq!(only(&["new/web.yaml"]).1, ["new/web.yaml cross/service-selects-nothing"]);
    // A warning between two others is not.
    assert_eq!(only(&["new/settings.yaml"]), (0, vec![]));
    let (_, report) = repository.report(&["--files-only-report", "new/settings.yaml"]);
    assert_eq!((&report["scope"]["findingsElsewhere"], &report["scope"]["setsUntouched"]), (&1.into(), &1.into()));
    // Files that say nothing are no reason to fail, and one that is left out is named.
    repository.write("README.md", "Read me.\n");
    assert_eq!(only(&["README.md"]), (0, vec![]));
    repository.write(".gitignore", "drafts/\n");
    repository.write("drafts/a.yaml", &refused("draft"));
    let (code, report) = repository.report(&["--files-only-report", "drafts/a.yaml"]);
    assert_eq!((code, &report["unchecked"][0]["what"]), (0, &"drafts/a.yaml".into()));
    // From a directory inside, the whole work tree is read all the same.
    let output = repository.check_in("new", &["--files-only-report", "web.yaml", "--format", "concise"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("../new/web.yaml:"), "{text}");
    let missing = repository.check_in("", &["--files-only-report", "no.yaml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(Path::new(repository.directory.path()).exists());
}
