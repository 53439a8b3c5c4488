//! The action, the templates and the examples for pipelines: linted by what is at hand, and their shell run.

use seaworthy::yaml::{self, Content, NodeRef, Stream};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parsed(text: &str) -> Stream {
    yaml::read(&yaml::decode_bytes(text.as_bytes().to_vec()), &yaml::Options::default())
}

fn only_root(stream: &Stream) -> NodeRef<'_> {
    match stream.documents.as_slice() {
        [document] => match &document.content {
            Content::Value(tree) => tree.root(),
            other => panic!("no YAML: {other:?}"),
        },
        several => panic!("{} documents", several.len()),
    }
}

fn string<'t>(node: NodeRef<'t>, path: &[&str]) -> &'t str {
    node.at(path).and_then(NodeRef::as_str).unwrap_or_else(|| panic!("there is no {path:?}"))
}

/// A step of the action.
struct Step {
    name: String,
    /// The variables, with the expressions in them.
    env: Vec<(String, String)>,
    run: Option<String>,
    uses: Option<String>,
}

fn steps() -> Vec<Step> {
    let action = parsed(&text("action.yml"));
    let steps = only_root(&action).at(&["runs", "steps"]).expect("steps");
    let step = |step: NodeRef<'_>| {
        let of = |name: &str| step.get(name).and_then(NodeRef::as_str).map(str::to_owned);
        assert!(of("run").is_none() || of("shell").as_deref() == Some("bash"), "every script names its shell");
        let env = step.get("env").into_iter().flat_map(NodeRef::entries);
        let env = env.map(|entry| (entry.name().to_owned(), entry.value.as_str().unwrap_or_default().to_owned()));
        Step { name: of("name").expect("a name"), env: env.collect(), run: of("run"), uses: of("uses") }
    };
    steps.elements().map(step).collect()
}

fn script(name: &str) -> String {
    let step = steps().into_iter().find(|step| step.name == name);
    step.and_then(|step| step.run).unwrap_or_else(|| panic!("the action has no script {name}"))
}

#[test]
fn the_action_is_sound() {
    let stream = parsed(&text("action.yml"));
    let action = only_root(&stream);
    assert_eq!(string(action, &["runs", "using"]), "composite");
    let inputs: BTreeSet<String> =
        action.get("inputs").into_iter().flat_map(NodeRef::entries).map(|entry| entry.name().to_owned()).collect();
    for name in &inputs {
        assert!(!string(action, &["inputs", name, "description"]).is_empty(), "{name}");
        assert!(action.at(&["inputs", name, "default"]).is_some(), "{name} has a default");
    }
    let mut used = BTreeSet::new();
    let whole = text("action.yml");
    for expression in whole.split("${{").skip(1) {
        let expression = expression.split("}}").next().unwrap_or_default();
        used.extend(
            expression
                .split("inputs.")
                .skip(1)
                .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>()),
        );
    }
    assert_eq!(used, inputs, "every input is there and used");
    for step in steps() {
        if let Some(run) = &step.run {
            assert!(!run.contains("${{"), "{}: an expression in a script is executed with it", step.name);
            for (name, _) in &step.env {
                assert!(run.contains(&format!("${name}")) || run.contains(&format!("${{{name}")), "{name} is used");
            }
        }
        if let Some(uses) = &step.uses {
            assert!(uses.split_once('@').is_some_and(|(_, version)| !version.is_empty()), "{uses}");
        }
    }
}

/// Where each script of the action, of GitLab's template and of Jenkins' pipeline comes from, and the script.
fn scripts() -> Vec<(String, String)> {
    let mut scripts: Vec<(String, String)> = steps()
        .into_iter()
        .filter_map(|step| Some((format!("action.yml, {}", step.name), format!("#!/bin/bash\n{}", step.run?))))
        .collect();
    scripts.push(("docs/ci/gitlab.yml".to_owned(), gitlab_script()));
    scripts.push(("docs/ci/Jenkinsfile".to_owned(), format!("#!/bin/sh\n{}", jenkins_script())));
    scripts.push(("README.md".to_owned(), format!("#!/bin/sh\n{}", readme_script())));
    scripts
}

fn gitlab_script() -> String {
    let stream = parsed(&text("docs/ci/gitlab.yml"));
    let job = only_root(&stream).get("seaworthy").expect("the job");
    let lines = |name: &str| -> Vec<String> {
        let lines = job.get(name).into_iter().flat_map(NodeRef::elements).filter_map(NodeRef::as_str);
        lines.map(str::to_owned).collect()
    };
    // What the comment above the line says to the linter.
    let allowed = "# shellcheck disable=SC2086";
    assert!(text("docs/ci/gitlab.yml").contains(allowed));
    format!(
        "#!/bin/bash\nset -eo pipefail\n{}\n{allowed}\n{}\n",
        lines("before_script").join("\n"),
        lines("script").join("\n")
    )
}

fn jenkins_script() -> String {
    let pipeline = text("docs/ci/Jenkinsfile");
    let step = pipeline.split("sh '").nth(1).expect("a shell step");
    format!("{}\n", step.split('\'').next().unwrap_or_default())
}

fn readme_script() -> String {
    let readme = text("README.md");
    let section = readme.split("## In a pull request\n").nth(1).expect("the section");
    section.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the block").to_owned()
}

/// The program, if it is installed; else a word about what is not done without it.
fn found(program: &str, without: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {program} is not installed, so {without}");
    }
    found
}

#[test]
fn shellcheck_finds_nothing_in_the_scripts() {
    let Some(shellcheck) = found("shellcheck", "nobody linted the scripts of the CI examples") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    for (at, (origin, script)) in scripts().into_iter().enumerate() {
        let path = directory.path().join(format!("{at}.sh"));
        fs::write(&path, script).expect("a file");
        let output = Command::new(&shellcheck).arg(&path).output().expect("it runs");
        assert!(output.status.success(), "{origin}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn actionlint_finds_nothing_in_the_workflows() {
    let readme = readme_script();
    let workflow = readme.split("seaworthy.yml <<EOF\n").nth(1).and_then(|rest| rest.split("EOF\n").next());
    let workflow = workflow.expect("a workflow").replace("$SEAWORTHY", "OWNER/seaworthy@main");
    let workflows = [("README.md", workflow), ("docs/ci/gitops/github.yml", text("docs/ci/gitops/github.yml"))];
    for (origin, workflow) in &workflows {
        let stream = parsed(workflow);
        let job = only_root(&stream).at(&["jobs", "check", "steps"]).unwrap_or_else(|| panic!("{origin} has steps"));
        let uses: Vec<&str> = job.elements().map(|step| string(step, &["uses"])).collect();
        assert_eq!(uses, ["actions/checkout@v4", "OWNER/seaworthy@main"], "{origin}");
    }
    let Some(actionlint) = found("actionlint", "nobody linted the workflows of the CI examples") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    for (origin, workflow) in workflows {
        let path = directory.path().join("workflow.yml");
        fs::write(&path, workflow).expect("a file");
        let output = Command::new(&actionlint).arg(&path).output().expect("it runs");
        assert!(output.status.success(), "{origin}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Runs a script with the built seaworthy before everything else on the PATH.
fn bash(script: &str, directory: &Path, env: &[(&str, &str)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_seaworthy")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(directory)
        .env_remove("GITHUB_STEP_SUMMARY")
        .env_remove("GITHUB_BASE_REF")
        .env_remove("GITHUB_EVENT_PATH")
        .env("PATH", path)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
}

/// Runs a step of the action with these variables; returns what it printed and what it handed on.
fn step(name: &str, directory: &Path, env: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let handed_on = directory.join("github-output");
    let _ = fs::remove_file(&handed_on);
    let file = handed_on.display().to_string();
    let mut env = env.to_vec();
    env.extend([("GITHUB_OUTPUT", file.as_str()), ("GITHUB_PATH", "/dev/null")]);
    let output = bash(&script(name), directory, &env);
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), printed, fs::read_to_string(handed_on).unwrap_or_default())
}

const REFUSED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_Allowed\n";
const SOUND: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: allowed\n";

#[test]
fn the_action_checks_and_fails_with_the_verdict() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        fs::create_dir_all(directory.path().join(path).parent().expect("a parent")).expect("directories");
        fs::write(directory.path().join(path), text).expect("a file");
    };
    write("deploy/a b.yaml", REFUSED);
    write("other/sound.yaml", SOUND);
    let given = |paths: &'static str, output: &'static str, arguments: &'static str| {
        [
            ("PATHS", paths),
            ("FORMS", output),
            ("FURTHER", arguments),
            ("BASE", ""),
            ("CHANGED_SINCE", ""),
            ("NEW_ONLY", "false"),
        ]
    };
    let default = "github\nsarif=seaworthy.sarif\n";
    let (code, printed, handed_on) = step("Check", directory.path(), &given("deploy\nother\n", default, ""));
    assert_eq!(code, Some(0), "the upload comes before the verdict: {printed}");
    assert!(printed.contains("::error file=deploy/a b.yaml,line=4,"), "{printed}");
    assert_eq!(handed_on, "exit-code=1\nsarif=seaworthy.sarif\n");
    let sarif = fs::read_to_string(directory.path().join("seaworthy.sarif")).expect("a file");
    assert!(sarif.contains("deploy/a%20b.yaml"));
    assert_eq!(step("Verdict", directory.path(), &[("CODE", "1")]).0, Some(1));

    let (_, _, handed_on) = step("Check", directory.path(), &given("other", "human", "--kube-version\n1.34"));
    assert_eq!(handed_on, "exit-code=0\n");
    assert_eq!(step("Verdict", directory.path(), &[("CODE", "0")]).0, Some(0));
    // Nothing was applied before, in no repository: that is an error of its own.
    let mut against = given("other", "human", "");
    against[3] = ("BASE", "no-such-revision");
    let (_, printed, handed_on) = step("Check", directory.path(), &against);
    assert!(printed.contains("--base: "), "{printed}");
    assert_eq!(handed_on, "exit-code=2\n");
    // Nothing that is given is executed or taken for a flag.
    let (_, printed, handed_on) = step("Check", directory.path(), &given("$(touch hacked)\n--help", "human", ""));
    assert_eq!(handed_on, "exit-code=2\n", "{printed}");
    assert!(!directory.path().join("hacked").exists());
    assert!(step("Install", directory.path(), &[("VERSION", "installed")]).1.starts_with("seaworthy "));
}

#[test]
fn the_action_builds_anew_when_its_source_is_another() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = root().display().to_string();
    let env = [("VERSION", ""), ("ACTION_PATH", root.as_str()), ("RUNNER_TEMP", "/runner")];
    let (code, printed, handed_on) = step("Find out what to build", directory.path(), &env);
    assert_eq!(code, Some(0), "{printed}");
    let (key, rest) = handed_on.split_once('\n').expect("two lines");
    assert_eq!((key.len(), rest), ("key=".len() + 32, "root=/runner/seaworthy\n"));
    let env = [("VERSION", "v1 \"x\""), ("ACTION_PATH", root.as_str()), ("RUNNER_TEMP", "/runner")];
    assert!(step("Find out what to build", directory.path(), &env).2.starts_with("key=v1--x-\n"));
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn gitlab_and_jenkins_get_the_files_that_they_collect() {
    if found("git", "the templates of GitLab and Jenkins were not run").is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("a.yaml"), SOUND).expect("a file");
    git(directory.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(directory.path(), &["add", "--all"]);
    git(directory.path(), &["commit", "--quiet", "-m", "first"]);
    git(directory.path(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    fs::write(directory.path().join("b.yaml"), REFUSED).expect("a file");
    let env = [
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("SEAWORTHY_PATHS", "."),
        ("CARGO_HOME", "/nowhere"),
        ("SEAWORTHY_REPOSITORY", "https://example.com/none"),
    ];
    let output = bash(&gitlab_script(), directory.path(), &env);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stream = parsed(&text("docs/ci/gitlab.yml"));
    let reports = only_root(&stream).at(&["seaworthy", "artifacts", "reports"]).expect("reports");
    for entry in reports.entries() {
        let written = fs::read_to_string(directory.path().join(entry.value.as_str().expect("a name")));
        assert!(written.expect("the report is there").contains("b.yaml"), "{}", entry.name());
    }
    let output = bash(&jenkins_script(), directory.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for name in ["seaworthy.xml", "seaworthy.sarif"] {
        assert!(text("docs/ci/Jenkinsfile").contains(&format!("'{name}'")));
        assert!(fs::read_to_string(directory.path().join(name)).expect("a file").contains("b.yaml"));
    }
}

/// The sets that `check` finds in a repository with this seaworthy.toml.
fn sets_with(example: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("seaworthy.toml"), text(example)).expect("a file");
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    let output = bash("seaworthy check --format json", directory.path(), &[]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let sets = report["sets"].as_array().expect("sets").iter();
    sets.map(|set| (set["name"].to_string(), set["method"].to_string())).collect()
}

#[test]
fn repositories_of_argo_cd_and_flux_are_read_as_they_are_applied() {
    let named = |name: &str, method: &str| (format!("{name:?}"), format!("{method:?}"));
    assert_eq!(
        sets_with("docs/ci/gitops/argocd.toml", &[("apps/shop/settings.yaml", SOUND)]),
        [named("shop (Argo CD)", "argo-cd")]
    );
    let files = [("apps/production/settings.yaml", SOUND), ("apps/staging/settings.yaml", SOUND)];
    assert_eq!(
        sets_with("docs/ci/gitops/flux.toml", &files),
        [named("production (Flux)", "flux"), named("staging (Flux)", "flux")]
    );
}

#[test]
fn the_block_of_the_readme_ends_in_a_check_that_fails() {
    if found("git", "the README's block was not run").is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (repository, origin) = (directory.path().join("harbour"), directory.path().join("origin.git"));
    git(directory.path(), &["init", "--quiet", "--bare", "--initial-branch=main", &origin.display().to_string()]);
    git(directory.path(), &["clone", "--quiet", &origin.display().to_string(), "harbour"]);
    git(&repository, &["config", "user.name", "Test"]);
    git(&repository, &["config", "user.email", "test@example.com"]);
    git(&repository, &["config", "commit.gpgsign", "false"]);
    let output = bash(&readme_script(), &repository, &[]);
    assert!(output.status.success(), "{output:?}");
    // What the pull request's check runs then: the branch that was pushed, as it is checked out.
    let checkout = directory.path().join("checkout");
    git(directory.path(), &["clone", "--quiet", "--branch", "tide-table", &origin.display().to_string(), "checkout"]);
    let stream = parsed(&text("action.yml"));
    let default = |name: &str| string(only_root(&stream), &["inputs", name, "default"]).to_owned();
    let (paths, outputs) = (default("paths"), default("output"));
    let summary = directory.path().join("summary.md").display().to_string();
    let env = [
        ("PATHS", paths.as_str()),
        ("FORMS", outputs.as_str()),
        ("FURTHER", ""),
        ("BASE", ""),
        ("CHANGED_SINCE", ""),
        ("NEW_ONLY", "false"),
        ("GITHUB_STEP_SUMMARY", summary.as_str()),
    ];
    let (_, printed, handed_on) = step("Check", &checkout, &env);
    assert!(printed.contains("::error file=deploy/tide-table.yaml,line=13,endLine=13,col=3,"), "{printed}");
    assert!(handed_on.starts_with("exit-code=1\n"), "{handed_on}");
    let summary = fs::read_to_string(summary).expect("a summary");
    assert!(summary.contains("1 of 2 objects would be live"), "{summary}");
}
