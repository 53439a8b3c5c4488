//! What a repository may say of findings, and what a run makes of it: suppressions, levels, objects that are there anyway,
//! and the baseline. On trees of their own, by the program.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A Service that selects nothing, beside a Deployment: a warning on the line of the selector's label.
const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: oven
spec:
  selector: {app: ovn}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: oven
spec:
  selector: {matchLabels: {app: oven}}
  template:
    metadata: {labels: {app: oven}}
    spec:
      containers:
      - {name: oven, image: \"registry.example.com/oven:1\"}
";

/// A ConfigMap that the API server cannot decode: an error on line 6.
const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: menu
data:
  loaves: 5
  rolls: \"7\"
";

fn tree(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join(".git")).unwrap();
    for (name, text) in files {
        write(&root, name, text);
    }
    root
}

fn write(root: &TempDir, name: &str, text: &str) {
    let path = root.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run_in(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.envs([("COLUMNS", "100"), ("LC_ALL", "C.UTF-8"), ("GITHUB_STEP_SUMMARY", "")]);
    command.output().unwrap()
}

fn run(root: &TempDir, arguments: &[&str]) -> Output {
    run_in(root.path(), arguments)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The exit code, and every line of the concise form.
fn concise(root: &TempDir, arguments: &[&str]) -> (i32, Vec<String>) {
    let output = run(root, &[&["check", "--output", "concise"], arguments].concat());
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
    (output.status.code().unwrap(), stdout(&output).lines().map(str::to_owned).collect())
}

/// The exit code, and `PATH:LINE rule` of every finding.
fn told(root: &TempDir, arguments: &[&str]) -> (i32, Vec<String>) {
    let (code, lines) = concise(root, arguments);
    let short = |line: &String| {
        let mut parts = line.splitn(4, ':');
        let (path, number, _, rest) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next(), parts.next().unwrap_or_default());
        let rule = rest.split_once('[').unwrap().1.split_once(']').unwrap().0;
        format!("{path}:{number} {rule}")
    };
    (code, lines.iter().map(short).collect())
}

fn json(root: &TempDir, arguments: &[&str]) -> Value {
    let output = run(root, &[&["check", "--format", "json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

const SELECTS_NOTHING: &str = "cross/service-selects-nothing";

#[test]
fn a_comment_on_the_line_or_above_it_leaves_a_finding_out() {
    let root = tree(&[("a.yaml", SERVICE)]);
    assert_eq!(told(&root, &[]), (0, vec![format!("a.yaml:6 {SELECTS_NOTHING}")]));
    for text in [
        SERVICE.replace(
            "  selector: {app: ovn}\n",
            "  selector: {app: ovn} # seaworthy: ignore[cross/service-selects-nothing] comes later\n",
        ),
        SERVICE.replace(
            "  selector: {app: ovn}\n",
            "  # seaworthy: ignore[cross/service-selects-nothing] comes later\n  selector: {app: ovn}\n",
        ),
        SERVICE.replace(
            "  selector: {app: ovn}\n",
            "  # seaworthy: ignore[cross] comes later\n\n  # more of it\n  selector: {app: ovn}\n",
        ),
        SERVICE.replace(
            "  selector: {app: ovn}\n",
            "  # seaworthy: ignore[api/service, cross/service-selects-nothing] later\n  selector: {app: ovn}\n",
        ),
    ] {
        write(&root, "a.yaml", &text);
        let (code, told) = told(&root, &[]);
        assert_eq!(code, 0);
        assert!(told.iter().all(|line| line.ends_with(" suppress/unused")), "{text}\n{told:?}");
        assert_eq!(told.len(), usize::from(text.contains("api/service,")), "{told:?}");
    }
    let report = json(&root, &[]);
    assert_eq!(report["summary"]["suppressed"], 1);
    assert_eq!(report["suppressed"][0]["rule"], SELECTS_NOTHING);
    assert_eq!(report["suppressed"][0]["suppression"]["kind"], "inSource");
    assert_eq!(report["suppressed"][0]["suppression"]["reason"], "later");
    let said = stdout(&run(&root, &["check"]));
    assert!(said.contains(" · 1 suppressed · "), "{said}");
}

#[test]
fn a_comment_elsewhere_leaves_nothing_out() {
    for (before, after) in [
        ("spec:\n", "spec: # seaworthy: ignore[cross] the line before\n"),
        ("  ports:\n", "  # seaworthy: ignore[cross] below\n  ports:\n"),
        ("kind: Service\n", "# seaworthy: ignore[cross] far above\nkind: Service\n"),
    ] {
        let root = tree(&[("a.yaml", &SERVICE.replacen(before, after, 1))]);
        let (_, told) = told(&root, &[]);
        assert!(told.iter().any(|line| line.ends_with(SELECTS_NOTHING)), "{after}: {told:?}");
        assert!(told.iter().any(|line| line.ends_with("suppress/unused")), "{after}: {told:?}");
    }
}

#[test]
fn text_in_a_string_is_no_comment() {
    let text = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: menu}
data:
  script: |
    # seaworthy: ignore[cross] in a script
    # seaworthy: ignore
    echo
  folded: >-
    # seaworthy: ignore[nothing]
  quoted: \"a # seaworthy: ignore[nothing]\"
  over: 'two
    # seaworthy: ignore
    lines'
  plain: a#seaworthy:ignore
";
    let root = tree(&[("a.yaml", text)]);
    assert_eq!(told(&root, &[]), (0, vec![]));
}

#[test]
fn the_annotation_is_for_the_whole_object() {
    let annotated = SERVICE.replacen(
        "  name: oven\n",
        "  name: oven\n  annotations:\n    seaworthy.dev/ignore: 'cross/service-selects-nothing: comes later'\n",
        1,
    );
    let root = tree(&[("a.yaml", &annotated)]);
    assert_eq!(told(&root, &[]), (0, vec![]));
    let several = annotated.replace("comes later'", "comes later; kubectl, yaml: never'");
    write(&root, "a.yaml", &several);
    assert_eq!(told(&root, &[]), (0, vec!["a.yaml:6 suppress/unused".to_owned(); 2]));
    // What belongs to no field is about the object too.
    let doubled = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: menu\n  annotations:\n    seaworthy.dev/ignore: 'yaml/duplicate-key: so it is'\ndata: {a: rye, a: oats}\n";
    write(&root, "a.yaml", doubled);
    assert_eq!(told(&root, &[]), (0, vec![]));
}

#[test]
fn an_annotation_of_a_list_item_is_for_that_item() {
    let item = |name: &str, annotations: &str| {
        format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}{annotations}}}, data: {{a: 5}}}}\n")
    };
    let note = ", annotations: {seaworthy.dev/ignore: 'decode: so it is'}";
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", item("one", note), item("two", ""));
    let root = tree(&[("a.yaml", &list)]);
    assert_eq!(told(&root, &[]), (1, vec!["a.yaml:5 decode/wrong-type".to_owned()]));
}

#[test]
fn an_annotation_of_a_pod_template_is_for_nothing() {
    let text = SERVICE.replace(
        "metadata: {labels: {app: oven}}",
        "metadata: {labels: {app: oven}, annotations: {seaworthy.dev/ignore: 'cross: of the pods'}}",
    );
    let root = tree(&[("a.yaml", &text)]);
    assert_eq!(told(&root, &[]), (0, vec![format!("a.yaml:6 {SELECTS_NOTHING}")]));
}

#[test]
fn what_is_wrong_with_a_suppression_is_told_and_it_has_no_effect() {
    for (comment, why) in [
        ("# seaworthy: ignore[cross]", "it gives no reason"),
        ("# seaworthy: ignore cross because", "it names no rule"),
        ("# seaworthy: ignore[cross because", "the bracket behind `ignore` is not closed"),
        ("# seaworthy: ignore[corss] because", "there is no rule or group corss; did you mean cross?"),
        ("# seaworthy: ignore[cross/service-selects-nothin] x", "did you mean cross/service-selects-nothing?"),
        ("# seaworthy: ignore[suppress/unused] because", "suppress/unused cannot be suppressed; `-A suppress/unused`"),
        ("# seaworthy: ignore[seaworthy/internal] because", "seaworthy's own faults cannot be left out"),
        ("# seaworthy: off", "`ignore[…]` is all that seaworthy takes"),
    ] {
        let root = tree(&[(
            "a.yaml",
            &SERVICE.replace("  selector: {app: ovn}\n", &format!("  selector: {{app: ovn}} {comment}\n")),
        )]);
        let (code, lines) = concise(&root, &[]);
        assert_eq!((code, lines.len()), (0, 2), "{comment}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains(SELECTS_NOTHING)), "{comment}: {lines:?}");
        let expected = lines.iter().find(|line| line.starts_with("a.yaml:6:24: warning[suppress/invalid]"));
        assert!(expected.is_some_and(|line| line.contains(why)), "{comment}: {lines:?}");
    }
    // A name that there is still counts.
    let text = SERVICE
        .replace("  selector: {app: ovn}\n", "  selector: {app: ovn} # seaworthy: ignore[cross, corss] because\n");
    assert_eq!(told(&tree(&[("a.yaml", &text)]), &[]), (0, vec!["a.yaml:6 suppress/invalid".to_owned()]));
}

#[test]
fn an_error_may_be_suppressed_and_the_outcome_is_told_all_the_same() {
    let text =
        CONFIG.replace("  loaves: 5\n", "  loaves: 5 # seaworthy: ignore[decode] a mutating webhook quotes it\n");
    let root = tree(&[("a.yaml", &text)]);
    let output = run(&root, &["check"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("✗ configmap/menu refused"), "{said}");
    assert!(said.contains("0 errors · 1 suppressed"), "{said}");
    assert!(
        said.ends_with("! a.yaml would not go through whole: 0 of 1 object live, 1 refused,\n  and all that stands in the way is let pass.\n"),
        "{said}"
    );
    let report = json(&root, &[]);
    assert_eq!(report["summary"]["whole"], false);
    assert_eq!(report["summary"]["fails"], false);
    assert_eq!(report["objects"][0]["outcome"], "failed");
    // A plan answers for the apply, and knows no suppressions.
    let plan = run(&root, &["plan", "-f", "a.yaml"]);
    assert_eq!(plan.status.code(), Some(1));
    assert!(stdout(&plan).contains("error[decode/wrong-type]"));
    // What else is wrong still fails the run.
    write(&root, "b.yaml", &CONFIG.replace("name: menu", "name: other"));
    assert_eq!(told(&root, &[]), (1, vec!["b.yaml:6 decode/wrong-type".to_owned()]));
}

#[test]
fn machines_see_a_suppressed_refusal_as_skipped() {
    let text =
        CONFIG.replace("  loaves: 5\n", "  loaves: 5 # seaworthy: ignore[decode] a mutating webhook quotes it\n");
    let root = tree(&[("a.yaml", &text)]);
    let tap = stdout(&run(&root, &["check", "--output", "tap"]));
    assert!(tap.contains("ok 1 - configmap/menu -n default # SKIP let pass: "), "{tap}");
    let junit = stdout(&run(&root, &["check", "--output", "junit"]));
    assert!(junit.contains("failures=\"0\" skipped=\"1\""), "{junit}");
    let github = stdout(&run(&root, &["check", "--output", "github"]));
    assert!(!github.contains("::error"), "{github}");
    let gitlab: Value = serde_json::from_slice(&run(&root, &["check", "--output", "gitlab"]).stdout).unwrap();
    assert_eq!(gitlab, serde_json::json!([]));
    let sarif: Value = serde_json::from_slice(&run(&root, &["check", "--output", "sarif"]).stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "decode/wrong-type");
    assert_eq!(
        result["suppressions"],
        serde_json::json!([{"kind": "inSource", "justification": "a mutating webhook quotes it"}])
    );
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

#[test]
fn the_reports_of_all_this_keep_to_their_schemas() {
    let text = CONFIG.replace("  loaves: 5\n", "  loaves: 5 # seaworthy: ignore[decode] quoted later\n");
    let root = tree(&[("a.yaml", &text), ("b.yaml", SERVICE)]);
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = |path: &str| {
        let schema: Value = serde_json::from_str(&fs::read_to_string(top.join(path)).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let report = json(&root, &["-D", "warnings"]);
    assert_eq!(report["findings"][0]["denied"], true);
    assert_eq!(report["summary"]["denied"], 1);
    let faults: Vec<String> =
        schema("schemas/report-v1.schema.json").iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn an_unused_suppression_is_told_only_where_it_could_have_been_used() {
    let unused = "# seaworthy: ignore[cross/missing-secret] made by hand\n";
    let pod = |comment: &str, name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: a\n    image: \"registry.example.com/a:1\"\n    envFrom:\n    - secretRef:\n        {comment}        name: keys\n"
        )
    };
    // That the Secret is nowhere is advice: the suppression is of use, though no advice is asked for.
    let root = tree(&[("a.yaml", &pod(unused, "a"))]);
    assert_eq!(told(&root, &[]), (0, vec![]));
    assert!(!told(&root, &["--advice"]).1.iter().any(|line| line.ends_with("missing-secret")));
    assert_eq!(told(&root, &["-A", "cross/missing-secret"]), (0, vec![]));
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {a: b}\n";
    write(&root, "b.yaml", secret);
    assert_eq!(told(&root, &[]), (0, vec!["a.yaml:10 suppress/unused".to_owned()]));
    // Not where only a part is reported, nor of what is refused for another reason.
    assert_eq!(told(&root, &["--files-only-report", "a.yaml"]), (0, vec![]));
    write(&root, "a.yaml", &pod(unused, "a").replace("image:", "imge:"));
    assert_eq!(told(&root, &[]), (1, vec!["a.yaml:7 decode/unknown-field".to_owned()]));
    // Rules of what is live find nothing where nothing is known of it.
    write(&root, "a.yaml", &pod("# seaworthy: ignore[update] once it is there\n", "a"));
    assert_eq!(told(&root, &[]), (0, vec![]));
    write(&root, "c/live.yaml", secret);
    assert_eq!(told(&root, &["--cluster", "c", "a.yaml"]), (0, vec!["a.yaml:10 suppress/unused".to_owned()]));
}

#[test]
fn a_reason_in_a_secret_is_not_told() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata:\n  a: hunter # seaworthy: ignore[api, decode, swordfish] swordfish\n";
    let root = tree(&[("a.yaml", text)]);
    for format in ["human", "json", "sarif", "concise", "github", "junit", "tap", "gitlab"] {
        let said = stdout(&run(&root, &["check", "--output", format]));
        assert!(!said.contains("swordfish"), "{format}: {said}");
    }
    let report = json(&root, &[]);
    assert_eq!(report["suppressed"][0]["suppression"], serde_json::json!({"kind": "inSource"}));
}

fn has(program: &str) -> bool {
    let there = Command::new(program).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("SKIPPED: this machine has no {program}");
    }
    there
}

#[test]
fn what_is_traced_to_a_source_is_suppressed_there() {
    if !has("kustomize") && !has("kubectl") {
        return;
    }
    let comment = "  selector: {app: ovn} # seaworthy: ignore[cross/service-selects-nothing] comes later\n";
    let base = SERVICE.replace("  selector: {app: ovn}\n", comment);
    let root = tree(&[
        ("base/kustomization.yaml", "resources: [oven.yaml]\n"),
        ("base/oven.yaml", &base),
        ("prod/kustomization.yaml", "namePrefix: prod-\nresources: [../base]\n"),
        ("test/kustomization.yaml", "namePrefix: test-\nresources: [../base]\n"),
    ]);
    assert_eq!(told(&root, &[]), (0, vec![]));
    write(&root, "base/oven.yaml", SERVICE);
    assert!(told(&root, &[]).1.iter().all(|line| *line == format!("base/oven.yaml:6 {SELECTS_NOTHING}")));
    let annotated =
        SERVICE.replacen("  name: oven\n", "  name: oven\n  annotations: {seaworthy.dev/ignore: 'cross: later'}\n", 1);
    write(&root, "base/oven.yaml", &annotated);
    assert_eq!(told(&root, &[]), (0, vec![]));
    write(&root, "base/oven.yaml", &base.replace("app: ovn", "app: oven"));
    assert_eq!(told(&root, &[]), (0, vec!["base/oven.yaml:6 suppress/unused".to_owned()]));
}

#[test]
fn a_comment_in_a_template_is_for_what_is_rendered_from_it() {
    if !has("helm") {
        return;
    }
    let service = SERVICE.replace(
        "  selector: {app: ovn}\n",
        "  # seaworthy: ignore[cross] {{ .Values.why }}\n  selector: {app: ovn}\n",
    );
    let root = tree(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: oven\nversion: 0.1.0\n"),
        ("chart/values.yaml", "why: comes later\n"),
        ("chart/templates/oven.yaml", &service),
    ]);
    assert_eq!(told(&root, &[]), (0, vec![]));
    let report = json(&root, &[]);
    assert_eq!(report["suppressed"][0]["suppression"]["reason"], "comes later");
}

#[test]
fn flags_allow_warn_and_deny_and_the_last_one_holds() {
    let root = tree(&[("a.yaml", SERVICE), ("b.yaml", CONFIG)]);
    let (service, config) = (format!("a.yaml:6 {SELECTS_NOTHING}"), "b.yaml:6 decode/wrong-type".to_owned());
    let both = vec![service.clone(), config.clone()];
    for (flags, code, expected) in [
        (&["-A", "decode"][..], 0, vec![service.clone()]),
        (&["--allow", "decode/wrong-type"], 0, vec![service.clone()]),
        (&["-W", "decode"], 0, both.clone()),
        (&["-A", "decode", "-D", "warnings"], 1, vec![service.clone()]),
        (&["-A", "decode", "--deny", "cross"], 1, vec![service.clone()]),
        (&["-A", "decode", "-D", "cross", "-W", SELECTS_NOTHING], 0, vec![service.clone()]),
        (&["-A", "decode", "-W", SELECTS_NOTHING, "-D", "cross"], 1, vec![service.clone()]),
        (&["-D", "cross", "-A", "cross", "-A", "decode"], 0, vec![]),
        (&["-A", "cross"], 1, vec![config.clone()]),
        (&["-A", "warnings"], 1, vec![config]),
        (&["-A", "decode", "-D", "decode"], 1, both),
    ] {
        assert_eq!(told(&root, flags), (code, expected), "{flags:?}");
    }
    let said = stdout(&run(&root, &["check", "-A", "decode", "-D", "warnings"]));
    assert!(said.contains("warning[cross/service-selects-nothing] (denied) Service default/oven\n"), "{said}");
    assert!(said.contains("0 errors · 1 warning · 1 denied · 1 allowed · "), "{said}");
    let alone = tree(&[("a.yaml", SERVICE)]);
    let said = stdout(&run(&alone, &["check", "-D", "warnings"]));
    assert!(
        said.ends_with("✗ a.yaml would go through whole: all 2 objects live, but a finding is denied.\n"),
        "{said}"
    );
}

#[test]
fn an_unknown_name_is_a_usage_error() {
    let root = tree(&[("a.yaml", SERVICE)]);
    for flag in ["-A", "-W", "-D"] {
        let output = run(&root, &["check", flag, "cross/service-selects-noting"]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains("did you mean cross/service-selects-nothing?"), "{said}");
    }
    assert!(stderr(&run(&root, &["check", "-A", "seaworthy/internal"])).contains("own faults"));
}

#[test]
fn the_file_says_what_is_made_of_findings_and_flags_override_it() {
    let root = tree(&[
        ("seaworthy.toml", "[levels]\nwarnings = \"deny\"\ncross = \"warn\"\n"),
        ("a.yaml", SERVICE),
        ("old/b.yaml", &SERVICE.replace("oven", "stove").replace("ovn", "stve")),
    ]);
    let told_of = |flags: &[&str]| told(&root, flags);
    let all = vec![format!("a.yaml:6 {SELECTS_NOTHING}"), format!("old/b.yaml:6 {SELECTS_NOTHING}")];
    assert_eq!(told_of(&[]), (0, all.clone()), "what is said of a group weighs more than what is said of a level");
    assert_eq!(told_of(&["-D", "warnings"]), (1, all.clone()));
    write(
        &root,
        "seaworthy.toml",
        "[levels]\ncross = \"deny\"\n[[levels-for]]\npaths = [\"old\"]\nlevels = {cross = \"allow\"}\n",
    );
    assert_eq!(told_of(&[]), (1, all[..1].to_vec()));
    assert_eq!(told_of(&["-W", "cross"]), (0, all));
    write(&root, "seaworthy.toml", "[levels]\ncros = \"deny\"\n");
    let output = run(&root, &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("seaworthy.toml:2:1: there is no rule or group cros; did you mean cross?"), "{said}");
    assert!(said.contains("2 | cros = \"deny\"\n   | ^^^^"), "{said}");
}

#[test]
fn objects_that_are_there_anyway_are_not_missing() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n  containers:\n  - name: a\n    image: \"registry.example.com/a:1\"\n    envFrom:\n    - secretRef: {name: db-password}\n    - configMapRef: {name: menu}\n";
    let live = "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: shop}\n";
    let root = tree(&[("set/a.yaml", pod), ("live/live.yaml", live)]);
    let flags = ["--cluster", "live", "set"];
    let (code, lines) = concise(&root, &flags);
    assert_eq!(code, 1);
    assert!(lines.iter().any(|line| line.contains("namespaces \"shop\" not found")), "{lines:?}");
    write(&root, "seaworthy.toml", "[[external]]\nkind = \"Namespace\"\nname = \"sh*\"\n");
    assert_eq!(
        told(&root, &flags),
        (0, vec!["set/a.yaml:9 cross/missing-secret".to_owned(), "set/a.yaml:10 cross/missing-config-map".to_owned()])
    );
    let more = "[[external]]\nkind = \"Namespace\"\nname = \"sh*\"\n[[external]]\nkind = \"Secret\"\nnamespace = \"shop\"\nname = [\"*-password\"]\n[[external]]\nkind = \"ConfigMap\"\nnamespace = \"store\"\nname = \"menu\"\n";
    write(&root, "seaworthy.toml", more);
    assert_eq!(told(&root, &flags), (0, vec!["set/a.yaml:10 cross/missing-config-map".to_owned()]));
}

#[test]
fn a_baseline_leaves_out_what_it_holds_as_often_as_it_holds_it() {
    let root = tree(&[("a.yaml", SERVICE), ("b.yaml", CONFIG)]);
    let written = run(&root, &["check", "--baseline", "known.json", "--write-baseline"]);
    assert_eq!(written.status.code(), Some(0));
    assert_eq!(
        (stdout(&written), stderr(&written)),
        (String::new(), "seaworthy: wrote 2 findings to known.json\n".to_owned())
    );
    let text = fs::read_to_string(root.path().join("known.json")).unwrap();
    assert_eq!(
        text.lines().map(|line| line.split(",\"fingerprint\"").next().unwrap()).collect::<Vec<_>>(),
        [
            "{",
            "  \"version\": 1,",
            "  \"findings\": [",
            "    {\"rule\":\"cross/service-selects-nothing\",\"level\":\"warning\",\"about\":\"Service default/oven\",\"field\":\"spec.selector\"",
            "    {\"rule\":\"decode/wrong-type\",\"level\":\"error\",\"about\":\"ConfigMap default/menu\",\"field\":\"data[loaves]\"",
            "  ]",
            "}",
        ]
    );
    run(&root, &["check", "--baseline", "known.json", "--write-baseline"]);
    assert_eq!(fs::read_to_string(root.path().join("known.json")).unwrap(), text, "it is stable");
    let output = run(&root, &["check", "--baseline", "known.json"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("0 errors · 2 in the baseline"), "{said}");
    assert!(said.contains("configmap/menu refused"), "{said}");
    let report = json(&root, &["--baseline", "known.json"]);
    assert_eq!(report["summary"]["inBaseline"], 2);
    assert_eq!(report["summary"]["goneFromBaseline"], 0);
    assert_eq!(report["suppressed"][0]["suppression"], serde_json::json!({"kind": "baseline"}));
    let sarif = stdout(&run(&root, &["check", "--baseline", "known.json", "--output", "sarif"]));
    assert!(sarif.contains("\"kind\": \"external\""), "{sarif}");
    // Lines may move, and the directory from which seaworthy runs.
    write(&root, "b.yaml", &format!("# a comment\n\n{CONFIG}"));
    let from_above = run_in(
        root.path().parent().unwrap(),
        &["check", root.path().to_str().unwrap(), "--baseline", root.path().join("known.json").to_str().unwrap()],
    );
    assert_eq!(from_above.status.code(), Some(0), "{}", stdout(&from_above));
    // Something new is told.
    write(&root, "c.yaml", &CONFIG.replace("name: menu", "name: other"));
    assert_eq!(told(&root, &["--baseline", "known.json"]), (1, vec!["c.yaml:6 decode/wrong-type".to_owned()]));
}

#[test]
fn what_no_longer_occurs_is_told_and_taken_out_when_asked() {
    let root = tree(&[("a.yaml", SERVICE), ("b.yaml", CONFIG)]);
    run(&root, &["check", "--baseline", "known.json", "--write-baseline"]);
    let before = fs::read_to_string(root.path().join("known.json")).unwrap();
    write(&root, "b.yaml", &CONFIG.replace("loaves: 5", "loaves: five"));
    let output = run(&root, &["check", "--baseline", "known.json"]);
    assert_eq!(output.status.code(), Some(0));
    let said = stdout(&output);
    assert!(said.contains("known.json: 1 finding of it no longer occurs; --prune-baseline takes"), "{said}");
    assert_eq!(fs::read_to_string(root.path().join("known.json")).unwrap(), before, "nobody asked for it");
    // Only a part was looked at: then nothing has gone.
    let part = json(&root, &["--baseline", "known.json", "--files-only-report", "b.yaml"]);
    assert_eq!(part["summary"].get("goneFromBaseline"), None);
    // What is allowed is still there.
    assert_eq!(json(&root, &["--baseline", "known.json", "-A", "cross"])["summary"]["goneFromBaseline"], 1);
    let pruned = run(&root, &["check", "--baseline", "known.json", "--prune-baseline"]);
    assert_eq!(pruned.status.code(), Some(0));
    assert_eq!(stderr(&pruned), "seaworthy: took 1 finding that no longer occur out of known.json\n");
    let after = fs::read_to_string(root.path().join("known.json")).unwrap();
    assert_eq!(after.lines().filter(|line| line.contains("\"rule\"")).count(), 1, "{after}");
    // It has come back: that is new.
    write(&root, "b.yaml", CONFIG);
    assert_eq!(told(&root, &["--baseline", "known.json"]).0, 1);
}

#[test]
fn a_baseline_that_cannot_be_used_is_a_usage_error() {
    let root = tree(&[("a.yaml", SERVICE)]);
    let said = |arguments: &[&str]| {
        let output = run(&root, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        stderr(&output)
    };
    assert_eq!(
        said(&["check", "--baseline", "known.json"]),
        "seaworthy: there is no known.json; --write-baseline writes it\n"
    );
    write(&root, "known.json", "{");
    assert!(said(&["check", "--baseline", "known.json"]).starts_with("seaworthy: known.json is no baseline: "));
    said(&["check", "--write-baseline"]);
    said(&["check", "--prune-baseline"]);
    said(&["check", "--baseline", "known.json", "--write-baseline", "--files-only-report", "a.yaml"]);
    said(&["check", "--baseline", "nowhere/known.json", "--prune-baseline"]);
}

#[test]
fn a_baseline_holds_no_value_of_a_secret() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata:\n  a: \"swordfish!\"\n  a: swordfish\n";
    let root = tree(&[("a.yaml", text)]);
    run(&root, &["check", "--baseline", "known.json", "--write-baseline"]);
    let written = fs::read_to_string(root.path().join("known.json")).unwrap();
    assert!(written.contains("\"count\":1") && !written.contains("swordfish"), "{written}");
}

#[test]
fn what_is_suppressed_does_not_count_as_new_and_what_was_known_stays_so() {
    if !has("git") {
        return;
    }
    let root = tree(&[]);
    fs::remove_dir(root.path().join(".git")).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
        let status = Command::new("git").args(identity).args(arguments).current_dir(root.path()).output().unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    git(&["init", "-q"]);
    write(&root, "a.yaml", SERVICE);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    let flags = ["--changed-since", "main", "--new-only"];
    write(&root, "a.yaml", &SERVICE.replace("port: 80", "port: 81"));
    assert_eq!(told(&root, &flags), (0, vec![]));
    write(&root, "b.yaml", &CONFIG.replace("  loaves: 5\n", "  loaves: 5 # seaworthy: ignore[decode] quoted later\n"));
    assert_eq!(told(&root, &flags), (0, vec![]));
    git(&["add", "."]);
    git(&["commit", "-qm", "two"]);
    write(&root, "b.yaml", CONFIG);
    let (code, lines) = told(&root, &["--changed-since", "HEAD", "--new-only"]);
    assert_eq!((code, lines), (1, vec!["b.yaml:6 decode/wrong-type".to_owned()]), "the suppression is gone");
}

/// Every block of a language on a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn config_schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/seaworthy.toml.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Whether the parser takes a text, and whether the schema does.
fn taken(schema: &jsonschema::Validator, text: &str) -> (bool, bool) {
    let parsed = seaworthy::config::parse(Path::new("/repo/seaworthy.toml"), text, seaworthy::rules::all()).is_ok();
    let value: Value = toml::from_str(text).unwrap();
    (parsed, schema.is_valid(&value))
}

#[test]
fn every_documented_seaworthy_toml_is_taken_by_the_parser_and_by_the_schema() {
    let schema = config_schema();
    let mut seen = 0;
    for page in ["README.md", "docs/configuration.md"] {
        for block in blocks(page, "toml") {
            seen += 1;
            assert_eq!(taken(&schema, &block), (true, true), "{page}:\n{block}");
        }
    }
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/mod.rs")).unwrap();
    let header = source.lines().take_while(|line| line.starts_with("//!"));
    let header = header.map(|line| line.trim_start_matches("//!").trim_start()).collect::<Vec<_>>().join("\n");
    let in_header = header.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(taken(&schema, in_header), (true, true), "{in_header}");
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_schema_refuses_what_the_parser_refuses() {
    let schema = config_schema();
    let set = "[[set]]\nname = \"a\"\npaths = [\"a\"]\n";
    assert_eq!(taken(&schema, set), (true, true));
    for text in [
        "exlude = []",
        "exclude = \"a\"",
        "kube-version = \"2\"",
        "[[set]]\nname = \"a\"",
        "[[set]]\nname = \"\"\npaths = [\"a\"]",
        "[[set]]\nname = \"a\"\npaths = []",
        &format!("{set}nmespace = \"a\""),
        &format!("{set}method = \"kubctl\""),
        "[levels]\ncross = \"off\"",
        "[levels]\n\"\" = \"deny\"",
        "[[levels-for]]\nlevels = {}",
        "[[levels-for]]\npaths = []\nlevels = {}",
        "[[levels-for]]\npaths = [\"a\"]\nlevels = {}\nmore = 1",
        "[[external]]\nkind = \"Secret\"",
        "[[external]]\nkind = \"v1/Secret\"\nname = \"a\"",
        "[[external]]\nkind = \"Secret\"\nname = []",
        "[[external]]\nkind = \"Secret\"\nname = \"a\"\nnames = []",
    ] {
        assert_eq!(taken(&schema, text), (false, false), "{text}");
    }
}

#[test]
fn the_schema_has_every_field_of_the_parser() {
    let schema = config_schema();
    let unknown = seaworthy::config::parse(Path::new("/repo/seaworthy.toml"), "x = 1", &[]).unwrap_err().message;
    let fields: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
    assert_eq!(fields.len(), 6, "{unknown}");
    for field in fields {
        let value = if field == "levels" { serde_json::json!({}) } else { serde_json::json!([]) };
        assert!(schema.is_valid(&serde_json::json!({field: value})), "{field}");
    }
}
