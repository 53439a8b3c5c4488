//! `seaworthy check --fix`, `--unsafe-fixes` and `--diff`, as they are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory of its own, with these files.
struct Tree(tempfile::TempDir);

impl Tree {
    fn of(files: &[(&str, &[u8])]) -> Self {
        let tree = Self(tempfile::tempdir().expect("a directory"));
        for (name, bytes) in files {
            let path = tree.path(name);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, bytes).expect("written");
        }
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("text")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.args(arguments).current_dir(self.0.path()).env("PATH", self.0.path().join("bin"));
        command.stdin(Stdio::null());
        command
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The only file of a tree after `--fix` with these flags, and the exit code.
fn fixed(text: &str, flags: &[&str]) -> (String, Option<i32>) {
    let tree = Tree::of(&[("a.yaml", text.as_bytes())]);
    let output = tree.run(&[&["check", "--fix"], flags, &["a.yaml"]].concat());
    (tree.text("a.yaml"), output.status.code())
}

const SLIPS: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  PORT: 80 # safe\n  MODE: 0644 # not\n";

#[test]
fn safe_fixes_are_made_and_the_rest_is_left_and_told() {
    let tree = Tree::of(&[("a.yaml", SLIPS.as_bytes())]);
    let output = tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("a.yaml"), SLIPS.replace("80", "\"80\""));
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 fixable with --fix --unsafe-fixes"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "seaworthy: made 1 fix in 1 file\n");
    let again = tree.run(&["check", "--fix", "."]);
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(1), ""));
    let output = tree.run(&["check", "--fix", "--unsafe-fixes", "--format", "json", "."]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with('{'));
    assert_eq!(tree.text("a.yaml"), SLIPS.replace("80", "\"80\"").replace("0644", "\"0644\""));
}

#[test]
fn a_diff_writes_nothing_and_is_an_error_where_there_is_one() {
    let tree = Tree::of(&[("a.yaml", SLIPS.as_bytes())]);
    let output = tree.run(&["check", "--diff", "a.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\n-  PORT: 80 # safe\n+  PORT: \"80\" # safe\n"), "{}", stdout(&output));
    assert_eq!(tree.text("a.yaml"), SLIPS);
    let output = tree.run(&["check", "--diff", "-"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    let whole = Tree::of(&[("a.yaml", SLIPS.replace("80", "'80'").as_bytes())]);
    let output = whole.run(&["check", "--diff", "a.yaml"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""), "what is not safe is no difference");
}

#[test]
fn standard_input_is_shown_and_not_fixed() {
    let tree = Tree::of(&[("a.yaml", SLIPS.as_bytes())]);
    let open = || Stdio::from(std::fs::File::open(tree.path("a.yaml")).expect("a file"));
    let output = tree.command(&["check", "--diff", "-"]).stdin(open()).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("+  PORT: \"80\" # safe"), "{}", stdout(&output));
    let output = tree.command(&["check", "--fix", "-"]).stdin(open()).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    for flags in [&["check", "--unsafe-fixes", "."][..], &["check", "--fix", "--diff", "."]] {
        assert_eq!(tree.run(flags).status.code(), Some(2));
    }
}

#[test]
fn a_diff_shows_no_secret() {
    let secret = "apiVersion: v1\nkind: secret\nmetadata: {name: a}\nstringData:\n  pin: 90210\n  word: heron\n";
    let tree = Tree::of(&[("a.yaml", secret.as_bytes())]);
    let output = tree.run(&["check", "--diff", "a.yaml"]);
    let (diff, report) = (stdout(&output), stdout(&tree.run(&["check", "--format", "json", "a.yaml"])));
    assert!(diff.contains("-  pin: •••\n+  pin: \"•••\"\n   word: •••\n"), "{diff}");
    for text in [diff, report, stderr(&output)] {
        assert!(!text.contains("90210") && !text.contains("heron"), "{text}");
    }
    assert_eq!(fixed(secret, &[]), (secret.replace("secret", "Secret").replace("90210", "\"90210\""), Some(0)));
}

#[test]
fn encodings_and_line_ends_stay() {
    let text = SLIPS.replace('\n', "\r\n");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = format!("\u{FEFF}{text}");
    let tree = Tree::of(&[("marked.yaml", marked.as_bytes()), ("utf16.yaml", &utf16)]);
    tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("marked.yaml"), marked.replace("80", "\"80\""));
    let text = text.replace("80", "\"80\"");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(std::fs::read(tree.path("utf16.yaml")).expect("bytes"), utf16);
}

#[test]
fn nothing_is_written_outside_of_what_was_given() {
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: customresourcedefinition\nmetadata: {name: a}\n";
    let cluster = SLIPS.replace("name: a", "name: b");
    let tree = Tree::of(&[
        ("in/a.yaml", SLIPS.as_bytes()),
        ("beside/b.yaml", SLIPS.as_bytes()),
        ("cluster.yaml", cluster.as_bytes()),
        ("crds.yaml", crd.as_bytes()),
    ]);
    tree.run(&["check", "--fix", "--unsafe-fixes", "--cluster", "cluster.yaml", "--crds", "crds.yaml", "in"]);
    assert_ne!(tree.text("in/a.yaml"), SLIPS);
    assert_eq!((tree.text("beside/b.yaml"), tree.text("cluster.yaml")), (SLIPS.to_owned(), cluster));
    assert_eq!(tree.text("crds.yaml"), crd);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_told_and_the_others_are_fixed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree =
        Tree::of(&[("in/a.yaml", SLIPS.as_bytes()), ("in/b.yaml", SLIPS.as_bytes()), ("c.yaml", SLIPS.as_bytes())]);
    std::fs::set_permissions(tree.path("in/a.yaml"), PermissionsExt::from_mode(0o444)).expect("permissions");
    std::fs::set_permissions(tree.path("in/b.yaml"), PermissionsExt::from_mode(0o604)).expect("permissions");
    symlink("../c.yaml", tree.path("in/c.yaml")).expect("a link");
    let output = tree.run(&["check", "--fix", "in"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(tree.text("in/a.yaml"), SLIPS);
    assert_eq!(tree.text("c.yaml"), SLIPS);
    let mode = std::fs::metadata(tree.path("in/b.yaml")).expect("metadata").permissions().mode();
    assert_eq!((tree.text("in/b.yaml"), mode & 0o777), (SLIPS.replace("80", "\"80\""), 0o604));
    let told = stderr(&output);
    assert!(told.contains("in/a.yaml was not fixed: it is read-only\n"), "{told}");
    assert!(
        told.contains("in/c.yaml was not fixed: it is a link to ") && told.contains("made 1 fix in 1 file"),
        "{told}"
    );
}

fn workload(selector: &str, labels: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  replicas: 1\n{selector}  template:\n    \
         metadata:\n{labels}      annotations: {{a: b}}\n    spec: {{containers: [{{name: a, image: a}}]}}\n"
    )
}

#[test]
fn a_template_gets_the_labels_of_the_selector_and_a_workload_a_selector() {
    let selector = "  selector:\n    matchLabels: {app: a, tier: \"1\"}\n";
    let labels = "      labels:\n        app: a\n        tier: \"1\"\n";
    for wrong in ["", "      labels:\n        app: b\n        tier: \"1\"\n", "      labels:\n        tier: \"1\"\n"] {
        let wrong = workload(selector, wrong);
        assert_eq!(fixed(&wrong, &[]), (wrong.clone(), Some(1)));
        let whole = workload(selector, labels);
        assert_eq!(fixed(&wrong, &["--unsafe-fixes"]), (whole, Some(0)), "{wrong}");
    }
    let (given, code) = fixed(&workload("", labels), &["--unsafe-fixes"]);
    assert!(
        given.contains("spec:\n  selector:\n    matchLabels:\n      app: a\n      tier: \"1\"\n  replicas: 1\n"),
        "{given}"
    );
    assert_eq!(code, Some(0));
}

#[test]
fn a_removed_version_is_replaced_where_the_object_is_whole_in_the_new_one() {
    let job = "spec: {schedule: '0 4 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}\n";
    let cron =
        |version: &str, rest: &str| format!("apiVersion: {version}\nkind: CronJob\nmetadata: {{name: a}}\n{rest}");
    assert_eq!(fixed(&cron("batch/v1beta1", job), &[]), (cron("batch/v1", job), Some(0)));
    let budget = |version: &str| {
        format!(
            "apiVersion: {version}\nkind: PodDisruptionBudget\nmetadata: {{name: a}}\nspec: {{selector: {{}}, minAvailable: 1}}\n"
        )
    };
    let old = budget("policy/v1beta1");
    assert_eq!(fixed(&old, &[]).0, old, "an empty selector means something else in the new version");
    assert_eq!(fixed(&old, &["--unsafe-fixes"]).0, budget("policy/v1"));
    let ingress = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\nspec: {backend: {serviceName: a, servicePort: 80}}\n";
    assert_eq!(fixed(ingress, &["--unsafe-fixes"]).0, ingress, "the new version has another shape");
    let old = cron("batch/v1beta1", job);
    assert_eq!(fixed(&old, &["--kube-version", "1.25..1.27"]).0, cron("batch/v1", job));
    let old = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}}\n";
    assert_eq!(fixed(old, &["--kube-version", "1.25..1.27"]).0, old, "1.25 serves it");
    assert_eq!(fixed(old, &["--kube-version", "1.26..1.27"]).0, old.replace("v2beta2", "v2"));
}

#[test]
fn kinds_separators_and_custom_resources() {
    let two = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n# The second.\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b}\n";
    let apart = two.replace("second.\n", "second.\n---\n");
    assert_eq!(fixed(two, &["--unsafe-fixes"]), (apart, Some(0)));
    let deployment = workload("  selector: {matchLabels: {a: b}}\n", "      labels: {a: b}\n");
    let core = deployment.replace("apps/v1", "v1");
    assert_eq!(fixed(&core, &["--unsafe-fixes"]).0, deployment);
    let camel = deployment.replace("kind: Deployment", "kind: DeployMent");
    assert_eq!(fixed(&camel, &[]).0, deployment);
    let crd = b"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ships.dock.example}\nspec:\n  group: dock.example\n  scope: Namespaced\n  names: {kind: Ship, plural: ships}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties:\n              masts: {type: integer}\n              wood: {type: string, enum: [Oak, Teak]}\n              afloat: {type: boolean}\n";
    let ship = "apiVersion: dock.example/v1\nkind: Ship\nmetadata: {name: ada}\nspec: {Masts: '2', wood: oak, afloat: \"True\"}\n";
    let tree = Tree::of(&[("crd.yaml", crd), ("ship/ship.yaml", ship.as_bytes())]);
    let output = tree.run(&["check", "--fix", "--crds", "crd.yaml", "ship"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(tree.text("ship/ship.yaml").ends_with("spec: {masts: 2, wood: Oak, afloat: true}\n"));
}

#[test]
fn what_an_alias_stands_for_is_not_changed_without_asking() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: &port 80\n  b: *port\n";
    assert_eq!(fixed(text, &[]).0, text);
    assert_eq!(fixed(text, &["--unsafe-fixes"]), (text.replace("80", "\"80\""), Some(0)));
}

#[test]
fn a_field_of_another_release_is_not_misspelt() {
    let pod = |field: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: a, {field}: []}}]}}\n"
        )
    };
    // 1.32 does not know it yet, and nothing else was meant.
    let newer = pod("restartPolicyRules");
    assert_eq!(fixed(&newer, &["--unsafe-fixes", "--kube-version", "1.32"]).0, newer);
    assert_eq!(fixed(&pod("volumemounts"), &["--kube-version", "1.32"]).0, pod("volumeMounts"));
}

/// A kustomization whose build says what `rendered` says.
#[cfg(unix)]
fn kustomization(base: &str, patch: &str, rendered: &str) -> Tree {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::of(&[
        ("base/web.yaml", base.as_bytes()),
        ("base/kustomization.yaml", b"resources: [web.yaml]\n"),
        ("prod/kustomization.yaml", b"namePrefix: prod-\nresources: [../base]\npatches: [{path: patch.yaml}]\n"),
        ("prod/patch.yaml", patch.as_bytes()),
        ("bin/said", rendered.as_bytes()),
        ("bin/kustomize", b"#!/bin/sh\nread -r text <\"${0%/*}/said\" || :\nwhile IFS= read -r line; do printf '%s\\n' \"$line\"; done <\"${0%/*}/said\"\n"),
    ]);
    std::fs::set_permissions(tree.path("bin/kustomize"), PermissionsExt::from_mode(0o755)).expect("permissions");
    tree
}

#[cfg(unix)]
#[test]
fn what_was_rendered_is_fixed_where_it_is_written_if_that_is_certain() {
    let web = |name: &str, port: &str, protocol: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  ports:\n  - port: {port}\n    protocol: {protocol}\n"
        )
    };
    let nothing = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    let tree = kustomization(&web("web", "\"80\"", "TCP"), nothing, &web("prod-web", "\"80\"", "TCP"));
    tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("base/web.yaml"), web("web", "80", "TCP"));
    assert!(tree.text("bin/said").contains("\"80\""), "only what was asked for is written");

    let patch = format!("{nothing}spec:\n  ports:\n  - port: \"80\"\n");
    let tree = kustomization(&web("web", "\"80\"", "TCP"), &patch, &web("prod-web", "\"80\"", "TCP"));
    tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("base/web.yaml"), web("web", "\"80\"", "TCP"), "base and patch both say it");

    let tree = kustomization(&web("web", "'80'", "TCP"), nothing, &web("prod-web", "\"80\"", "TCP"));
    tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("base/web.yaml"), web("web", "'80'", "TCP"), "it was rendered in other bytes");

    let tree = kustomization(&web("web", "80", "TCP"), &patch, &web("prod-web", "\"80\"", "TCP"));
    tree.run(&["check", "--fix", "."]);
    assert_eq!(tree.text("prod/patch.yaml"), patch.replace("\"80\"", "80"));
}

/// The commands of the page and what they print.
#[test]
fn the_page_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../docs/fixes.md");
    let mut shown = 0;
    for block in page.split("```console\n$ seaworthy ").skip(1) {
        let (command, printed) = block.split("```\n").next().and_then(|block| block.split_once('\n')).expect("a block");
        let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args(command.split(' '))
            .current_dir(root)
            .output()
            .expect("the program runs");
        assert_eq!(stdout(&output), printed, "{command}");
        shown += 1;
    }
    assert_eq!(shown, 2);
}
