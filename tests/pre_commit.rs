//! The hooks for pre-commit, run by the real pre-commit in a repository made for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// pre-commit: the one on the PATH, or one that pip installs below the target directory. None, and a word about it, where
/// neither can be had.
fn pre_commit() -> Option<PathBuf> {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("SKIPPED: git is not installed, so the hooks for pre-commit were not run");
        return None;
    }
    if Command::new("pre-commit").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Some(PathBuf::from("pre-commit"));
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pre-commit");
    let installed = environment.join("bin/pre-commit");
    let works = |path: &Path| Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success());
    if works(&installed) {
        return Some(installed);
    }
    let _ = Command::new("python3").args(["-m", "venv"]).arg(&environment).output();
    let _ = Command::new(environment.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pre-commit>=4,<5"])
        .output();
    if !works(&installed) {
        eprintln!(
            "SKIPPED: pre-commit is not installed and cannot be (python3, pip, network), so its hooks were not run"
        );
        return None;
    }
    Some(installed)
}

struct World {
    directory: tempfile::TempDir,
    pre_commit: PathBuf,
}

impl World {
    /// A repository of manifests that runs the hook of this name, which comes from a repository with our hooks in it. The
    /// further lines stand below the hook.
    fn new(hook: &str, further: &str) -> Option<Self> {
        let world = Self { pre_commit: pre_commit()?, directory: tempfile::tempdir().expect("a directory") };
        let hooks = world.path("hooks");
        fs::create_dir(&hooks).expect("a directory");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        fs::copy(manifest, hooks.join(".pre-commit-hooks.yaml")).expect("our hooks");
        world.git("hooks", &["init", "--quiet", "--initial-branch=main"]);
        world.git("hooks", &["add", "--all"]);
        world.git("hooks", &["commit", "--quiet", "-m", "hooks"]);
        let revision = world.git("hooks", &["rev-parse", "HEAD"]);
        fs::create_dir(world.path("harbour")).expect("a directory");
        world.git("harbour", &["init", "--quiet", "--initial-branch=main"]);
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: {hook}\n{further}",
            hooks.display(),
            String::from_utf8_lossy(&revision.stdout).trim()
        );
        world.write(".pre-commit-config.yaml", &config);
        world.write("deploy/web/service.yaml", SERVICE);
        world.write("deploy/web/pods.yaml", &pods("web"));
        world.write("deploy/web/common.yaml", COMMON);
        world.write("deploy/old/faulty.yaml", &format!("{COMMON}---\n{REFUSED}"));
        world.git("harbour", &["add", "--all"]);
        world.git("harbour", &["commit", "--quiet", "-m", "first"]);
        world.pre_commit(&["install"]);
        Some(world)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path("harbour").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    fn command(&self, program: &Path, directory: &str) -> Command {
        let own = Path::new(env!("CARGO_BIN_EXE_seaworthy")).parent().expect("a directory");
        let mut command = Command::new(program);
        command
            .current_dir(self.path(directory))
            .env("PATH", format!("{}:{}", own.display(), std::env::var("PATH").unwrap_or_default()))
            .env("PRE_COMMIT_HOME", self.path("cache"))
            .envs([("LC_ALL", "C.UTF-8"), ("COLUMNS", "100")])
            .envs([("GIT_AUTHOR_NAME", "Test"), ("GIT_AUTHOR_EMAIL", "test@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Test"), ("GIT_COMMITTER_EMAIL", "test@example.com")]);
        command
    }

    fn git(&self, directory: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(Path::new("git"), directory);
        let output = command.args(["-c", "commit.gpgsign=false"]).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        output
    }

    fn pre_commit(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command(&self.pre_commit, "harbour").args(arguments).output().expect("pre-commit runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }

    /// Commits all there is, through the hook: whether it went, and what was said.
    fn commit(&self) -> (bool, String) {
        self.git("harbour", &["add", "--all"]);
        let mut command = self.command(Path::new("git"), "harbour");
        let output =
            command.args(["-c", "commit.gpgsign=false", "commit", "-m", "a change"]).output().expect("git runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n    \
                       - port: 80\n";
const COMMON: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: common\n";
const REFUSED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_Allowed\n";

fn pods(app: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {{app: {app}}}\n  \
         template:\n    metadata:\n      labels: {{app: {app}}}\n    spec:\n      containers:\n        - name: web\n          \
         image: registry.example.com/web:1\n"
    )
}

#[test]
fn a_commit_is_judged_with_what_lies_around_it() {
    let Some(world) = World::new("seaworthy-system", "        verbose: true\n") else { return };
    // Another set has a fault, and has nothing to do with this commit.
    world.write("deploy/web/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n");
    let (went, said) = world.commit();
    assert!(went && said.contains("Passed"), "{said}");
    // A fault in the file that is committed.
    world.write("deploy/web/more.yaml", REFUSED);
    let (went, said) = world.commit();
    assert!(!went && said.contains("error[api/name] ConfigMap default/Not_Allowed"), "{said}");
    assert!(said.contains("deploy/web/more.yaml:4:9"), "{said}");
    world.git("harbour", &["reset", "--quiet", "--hard"]);
    // A fault that the file makes in another one: accepted, so the commit goes, and said.
    world.write("deploy/web/pods.yaml", &pods("renamed"));
    let (went, said) = world.commit();
    assert!(went && said.contains("warning[cross/service-selects-nothing] Service default/web"), "{said}");
    // A file of the set with the old fault: with it, an apply does not go through whole.
    world.write("deploy/old/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n");
    let (went, said) = world.commit();
    assert!(!went && said.contains("deploy/old/faulty.yaml:9:9"), "{said}");
    world.git("harbour", &["reset", "--quiet", "--hard"]);
    // What is no manifest is not handed over.
    world.write("README.md", "Read me.\n");
    let (went, said) = world.commit();
    assert!(went && said.contains("Skipped"), "{said}");
    let (all, said) = world.pre_commit(&["run", "--all-files"]);
    assert!(!all && said.contains("deploy/old/faulty.yaml:9:9"), "{said}");
}

#[test]
fn a_commit_can_be_judged_by_what_it_brings_in() {
    let page = include_str!("../docs/ci/README.md");
    let documented = page.split("      - id: seaworthy-system\n").nth(1).and_then(|rest| rest.split("```").next());
    let documented = documented.expect("the page has it");
    let Some(world) = World::new("seaworthy-system", documented) else { return };
    world.write("deploy/old/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n");
    let (went, said) = world.commit();
    assert!(went, "the old fault is not this commit's: {said}");
    world.write("deploy/old/more.yaml", REFUSED.replace("Not", "Nor").as_str());
    let (went, said) = world.commit();
    assert!(
        !went
            && said.contains("error[api/name] ConfigMap default/Nor_Allowed")
            && !said.contains("] ConfigMap default/Not_Allowed"),
        "{said}"
    );
}

#[test]
fn pre_commit_takes_the_hooks_for_sound() {
    let Some(world) = World::new("seaworthy-system", "") else { return };
    let manifest = world.path("hooks").join(".pre-commit-hooks.yaml").display().to_string();
    let (sound, said) = world.pre_commit(&["validate-manifest", &manifest]);
    assert!(sound, "{said}");
    let ours = include_str!("../.pre-commit-hooks.yaml");
    assert_eq!(ours.matches("entry: seaworthy check --files-only-report\n").count(), 2);
    assert!(ours.contains("language: rust\n") && ours.contains("language: system\n"));
}
