//! `plan --prune`: what `kubectl apply --prune` deletes and what it leaves, by what was last applied and by what is live.

mod git_support;

use git_support::Repository;
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

impl Repository {
    fn plan(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("plan")
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("the program runs")
    }

    /// The exit code and the report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.plan(&[arguments, &["--format", "json"]].concat());
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().expect("a code"), report)
    }

    /// The exit code, and what is said on standard error where there is no report.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.plan(arguments);
        (output.status.code().expect("a code"), String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// `kind namespace/name` of everything that is deleted, in order.
fn pruned(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |one: &Value| match one["namespace"].as_str() {
        Some(namespace) => format!("{} {namespace}/{}", text(&one["kind"]), text(&one["name"])),
        None => format!("{} {}", text(&one["kind"]), text(&one["name"])),
    };
    report["sets"][0]["pruned"].as_array().into_iter().flatten().map(one).collect()
}

fn findings(report: &Value) -> Vec<String> {
    let told = |one: &Value| {
        format!("{}: {}", one["rule"].as_str().expect("a rule"), one["message"].as_str().expect("a message"))
    };
    report["findings"].as_array().expect("findings").iter().map(told).collect()
}

fn object(api_version: &str, kind: &str, name: &str, labels: &str) -> String {
    let labels = if labels.is_empty() { String::new() } else { format!("\n  labels: {{{labels}}}") };
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {name}{labels}\n")
}

fn config_map(name: &str, labels: &str) -> String {
    object("v1", "ConfigMap", name, labels)
}

/// An object as `kubectl get -o yaml` shows it; `applied` is whether kubectl applied it on the client side.
fn live(object: &str, namespace: &str, applied: bool) -> String {
    let annotations = if applied {
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"metadata\":{\"annotations\":{}}}'\n"
    } else {
        ""
    };
    let namespace = if namespace.is_empty() { String::new() } else { format!("  namespace: {namespace}\n") };
    let server = "  uid: 5f0c\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n";
    object.replace("metadata:\n", &format!("metadata:\n{namespace}{server}{annotations}"))
}

fn joined(objects: &[String]) -> String {
    objects.join("---\n")
}

const LEFT: &str = "is in the set no more and stays live";

#[test]
fn what_is_gone_and_of_a_kind_in_the_allowlist_is_deleted() {
    let files = [
        ("deploy/10.yaml", joined(&[config_map("kept", ""), config_map("gone", "")])),
        ("deploy/20.yaml", object("v1", "ServiceAccount", "pilot", "")),
        ("deploy/30.yaml", object("v1", "Namespace", "coast", "")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let Some(repository) = Repository::new(&files) else { return };
    repository.write("deploy/10.yaml", &config_map("kept", ""));
    repository.remove("deploy/20.yaml");
    repository.remove("deploy/30.yaml");
    let arguments = ["-f", "deploy", "--base", "main", "--prune", "--all"];
    let (code, report) = repository.report(&[&arguments[..], &["--advice=all"]].concat());
    assert_eq!((code, pruned(&report)), (0, vec!["ConfigMap default/gone".to_owned(), "Namespace coast".to_owned()]));
    assert_eq!(
        findings(&report),
        [
            "update/deleted: ConfigMap default/gone is in the set no more: kubectl apply --prune deletes it".to_owned(),
            format!(
                "update/left-behind: ServiceAccount default/pilot {LEFT}: kubectl apply --prune deletes only kinds of its \
                 allowlist, and ServiceAccount is none of them"
            ),
            "update/deleted: Namespace coast is in the set no more: kubectl apply --prune deletes it, and with it all that \
             is in the namespace"
                .to_owned(),
        ]
    );
    assert_eq!(report["findings"][0]["labels"][0]["file"], "main:deploy/10.yaml");

    let text = String::from_utf8(repository.plan(&arguments).stdout).expect("UTF-8");
    assert!(text.contains("  configmap/kept unchanged\n  configmap/gone pruned\n  namespace/coast pruned\n"), "{text}");

    // Another list takes the place of kubectl's own.
    let (_, report) = repository.report(&[&arguments[..], &["--prune-allowlist", "core/v1/ServiceAccount"]].concat());
    assert_eq!(pruned(&report), ["ServiceAccount default/pilot"]);
    // Nothing is deleted that nobody asked for, and then nothing is said of it.
    let (code, report) = repository.report(&["-f", "deploy", "--base", "main"]);
    assert_eq!((code, pruned(&report).len(), findings(&report).len()), (0, 0, 0));
}

#[test]
fn only_the_namespaces_of_the_apply_are_looked_into() {
    let both = joined(&[live(&config_map("a", ""), "coast", false), live(&config_map("b", ""), "inland", false)]);
    let Some(repository) = Repository::new(&[("set.yaml", &both)]) else { return };
    repository.write("set.yaml", &live(&config_map("c", ""), "coast", false));
    let (_, report) = repository.report(&["-f", "set.yaml", "--base", "main", "--prune", "--all"]);
    assert_eq!(pruned(&report), ["ConfigMap coast/a"]);
    // Unless the namespace goes with all that is in it.
    let with_namespace = joined(&[object("v1", "Namespace", "inland", ""), both]);
    let Some(repository) = Repository::new(&[("set.yaml", &with_namespace)]) else { return };
    repository.write("set.yaml", &live(&config_map("c", ""), "coast", false));
    let (_, report) = repository.report(&["-f", "set.yaml", "--base", "main", "--prune", "--all", "--advice=all"]);
    assert_eq!(pruned(&report), ["ConfigMap coast/a", "Namespace inland"]);
    let with_it =
        "update/deleted: ConfigMap inland/b is in the set no more: kubectl apply --prune deletes its namespace";
    assert!(findings(&report).iter().any(|one| one == with_it), "{report:#}");
}

#[test]
fn a_selector_decides_by_the_labels_that_are_live() {
    let base = joined(&[
        config_map("east", "side: east"),
        config_map("west", "side: west"),
        config_map("moved", "side: east"),
    ]);
    let Some(repository) = Repository::new(&[("set.yaml", &base)]) else { return };
    repository.write("set.yaml", &joined(&[config_map("new", "side: east"), config_map("moved", "side: west")]));
    let (_, report) =
        repository.report(&["-f", "set.yaml", "--base", "main", "--prune", "-l", "side=east", "--advice=all"]);
    assert_eq!(pruned(&report), ["ConfigMap default/east", "ConfigMap default/moved"]);
    assert_eq!(
        findings(&report)[1..],
        [
            format!(
                "update/left-behind: ConfigMap default/west {LEFT}: kubectl apply --prune deletes only what the label \
                 selector selects, and this has other labels"
            ),
            "update/deleted: ConfigMap default/moved is left out by the label selector: kubectl apply --prune deletes it"
                .to_owned(),
        ]
    );
}

#[test]
fn nothing_is_deleted_where_an_object_fails() {
    let Some(repository) = Repository::new(&[("set.yaml", &config_map("gone", ""))]) else { return };
    repository.write("set.yaml", &joined(&[config_map("kept", ""), config_map("Not_A_Name", "")]));
    let (code, report) = repository.report(&["-f", "set.yaml", "--base", "main", "--prune", "--all"]);
    assert_eq!((code, pruned(&report).len()), (1, 0));
    let left = format!(
        "update/left-behind: ConfigMap default/gone {LEFT}: kubectl apply --prune deletes nothing, for the apply would not \
         go through whole"
    );
    let finding =
        report["findings"].as_array().expect("findings").iter().find(|one| one["rule"] == "update/left-behind");
    assert_eq!(finding.map(|one| &one["message"]), Some(&Value::from(left.trim_start_matches("update/left-behind: "))));
    assert_eq!(
        finding.map(|one| &one["help"]),
        Some(&Value::from("The first apply that goes through whole deletes it."))
    );
    // What cannot be read may be what was there before.
    let base = joined(&[config_map("broken", ""), config_map("gone", "")]);
    let Some(repository) = Repository::new(&[("set.yaml", &base)]) else { return };
    repository.write("set.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: broken\ndata: [\n");
    let (_, report) = repository.report(&["-f", "set.yaml", "--base", "main", "--prune", "--all"]);
    assert!(pruned(&report).is_empty(), "{report:#}");
    let left: Vec<String> = findings(&report).into_iter().filter(|one| one.starts_with("update/left-behind")).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains("default/gone"), "{left:?}");
}

#[test]
fn what_is_live_and_was_applied_on_the_client_side_is_deleted() {
    let Some(repository) = Repository::new(&[("set.yaml", &config_map("kept", "side: west"))]) else { return };
    let cluster = joined(&[
        live(&config_map("applied", "side: east"), "default", true),
        live(&config_map("created", "side: east"), "default", false),
        live(&config_map("elsewhere", "side: east"), "kube-system", true),
        live(&object("v1", "PersistentVolume", "disk", ""), "", true),
    ]);
    fs::write(repository.path("live.yaml"), cluster).expect("a file");
    let arguments = ["-f", "set.yaml", "--cluster", "live.yaml", "--prune"];
    let (code, report) = repository.report(&[&arguments[..], &["--all", "--advice=all"]].concat());
    assert_eq!(
        (code, pruned(&report)),
        (0, vec!["ConfigMap default/applied".to_owned(), "PersistentVolume disk".to_owned()])
    );
    assert_eq!(
        findings(&report),
        [
            "update/deleted: ConfigMap default/applied is live and not in the set: kubectl apply --prune deletes it",
            "update/deleted: PersistentVolume disk is live and not in the set: kubectl apply --prune deletes it",
        ]
    );
    assert_eq!(report["unchecked"], serde_json::json!([]));
    let (_, report) = repository.report(&[&arguments[..], &["-l", "side"]].concat());
    assert_eq!(pruned(&report), ["ConfigMap default/applied"]);
}

#[test]
fn what_is_live_tells_more_than_what_was_last_applied() {
    let base = joined(&[config_map("client", ""), config_map("server", "")]);
    let Some(repository) = Repository::new(&[("set.yaml", &base)]) else { return };
    repository.write("set.yaml", &config_map("kept", ""));
    let cluster =
        joined(&[live(&config_map("client", ""), "default", true), live(&config_map("server", ""), "default", false)]);
    fs::write(repository.path("live.yaml"), cluster).expect("a file");
    let arguments = ["-f", "set.yaml", "--base", "main", "--prune", "--all"];
    let (_, report) = repository.report(&[&arguments[..], &["--cluster", "live.yaml"]].concat());
    assert_eq!(pruned(&report), ["ConfigMap default/client"]);
    assert_eq!(
        findings(&report),
        [format!(
            "update/left-behind: ConfigMap default/server {LEFT}: kubectl apply --prune deletes only what was applied on the \
             client side, and this has no last-applied annotation"
        )]
    );
    // A snapshot has no annotations to tell by.
    let snapshot = "apiVersion: v1\nkind: List\nmetadata: {annotations: {seaworthy/server-version: v1.36.2}}\nitems:\n\
                    - {apiVersion: v1, kind: ConfigMap, metadata: {name: server, namespace: default}}\n\
                    - {apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: default}}\n";
    fs::write(repository.path("snapshot.yaml"), snapshot).expect("a file");
    let (_, report) = repository.report(&[&arguments[..], &["--cluster", "snapshot.yaml"]].concat());
    assert_eq!(pruned(&report), ["ConfigMap default/client", "ConfigMap default/server"]);
    assert_eq!(report["unchecked"][0]["class"], "prune");
}

#[test]
fn what_is_deleted_is_missed_by_those_that_name_it() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: web:1\n    envFrom:\n    \
               - configMapRef:\n        name: settings\n";
    let Some(repository) = Repository::new(&[("set.yaml", &joined(&[pod.to_owned(), config_map("settings", "")]))])
    else {
        return;
    };
    repository.write("set.yaml", pod);
    let arguments = ["-f", "set.yaml", "--base", "main", "--prune", "--all"];
    let (code, report) = repository.report(&arguments);
    let missing =
        "cross/missing-config-map: ConfigMap \"settings\" is not in this set, and kubectl apply --prune deletes it";
    assert_eq!((code, findings(&report)), (0, vec![missing.to_owned()]), "{report:#}");
    let (_, report) = repository.report(&arguments[..4]);
    assert!(findings(&report).is_empty(), "{report:#}");
}

#[test]
fn members_of_an_apply_set_are_deleted_whatever_their_kind() {
    let base = joined(&[config_map("kept", ""), object("v1", "ServiceAccount", "pilot", ""), config_map("gone", "")]);
    let Some(repository) = Repository::new(&[("set.yaml", &base)]) else { return };
    repository.write("set.yaml", &config_map("kept", ""));
    let arguments = ["-f", "set.yaml", "--prune", "--applyset", "configmaps/harbour", "-n", "default", "--advice=all"];
    let (code, report) = repository.report(&[&arguments[..], &["--base", "main"]].concat());
    assert_eq!(
        (code, pruned(&report)),
        (0, vec!["ConfigMap default/gone".to_owned(), "ServiceAccount default/pilot".to_owned()])
    );
    let deleted = "update/deleted: ServiceAccount default/pilot is in the set no more: kubectl apply --prune --applyset deletes it";
    assert_eq!(findings(&report)[0], deleted);

    let labelled = |name: &str, id: &str| {
        live(&config_map(name, &format!("applyset.kubernetes.io/part-of: {id}")), "default", false)
    };
    let parent = live(&config_map("harbour", "applyset.kubernetes.io/id: applyset-h-v1"), "default", false).replace(
        "metadata:\n",
        "metadata:\n  annotations:\n    applyset.kubernetes.io/tooling: kubectl/v1.36.0\n    \
         applyset.kubernetes.io/contains-group-kinds: ConfigMap\n",
    );
    let applied = "'{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"labels\":\
                   {\"applyset.kubernetes.io/part-of\":\"applyset-h-v1\"},\"name\":\"kept\",\"namespace\":\"default\"}}'";
    let kept = labelled("kept", "applyset-h-v1").replace(
        "metadata:\n",
        &format!("metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: {applied}\n"),
    );
    let cluster =
        [kept, labelled("gone", "applyset-h-v1"), labelled("of-another", "applyset-x-v1"), config_map("made", "")];
    let account = live(
        &object("v1", "ServiceAccount", "pilot", "applyset.kubernetes.io/part-of: applyset-h-v1"),
        "default",
        false,
    );
    fs::write(repository.path("live.yaml"), joined(&[&cluster[..], &[account, parent]].concat())).expect("a file");
    let with_cluster = [&arguments[..], &["--base", "main", "--cluster", "live.yaml"]].concat();
    let (_, report) = repository.report(&with_cluster);
    assert_eq!(pruned(&report), ["ConfigMap default/gone"]);
    // kubectl puts the label into what it sends.
    assert_eq!(report["objects"][0]["outcome"], "unchanged", "{report:#}");
    assert!(
        findings(&report)[0].ends_with("looks only for kinds and into namespaces that the ApplySet's parent names")
    );

    // Before the first apply with it, an ApplySet has no members.
    fs::write(repository.path("live.yaml"), joined(&cluster)).expect("a file");
    let (code, report) = repository.report(&with_cluster);
    assert_eq!((code, pruned(&report).len()), (0, 0));
}

#[test]
fn a_kustomization_is_built_as_it_was() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = seaworthy::source::render::Tools::in_path(&path);
    if !tools.can_kustomize() {
        eprintln!("SKIPPED: neither kustomize nor kubectl is installed");
        return;
    }
    let kustomization = "namePrefix: east-\nresources: [kept.yaml, gone.yaml]\n";
    let files = [
        ("east/kustomization.yaml", kustomization),
        ("east/kept.yaml", &config_map("kept", "")),
        ("east/gone.yaml", &config_map("gone", "")),
        // What is not in it was not applied with it.
        ("west/other.yaml", &config_map("other", "")),
    ];
    let Some(repository) = Repository::new(&files) else { return };
    repository.write("east/kustomization.yaml", &kustomization.replace(", gone.yaml", ""));
    repository.remove("west/other.yaml");
    let (code, report) = repository.report(&["-k", "east", "--base", "main", "--prune", "--all"]);
    assert_eq!((code, pruned(&report)), (0, vec!["ConfigMap default/east-gone".to_owned()]), "{report:#}");
}

#[test]
fn directories_below_count_where_kubectl_reads_them() {
    let files = [("deploy/kept.yaml", config_map("kept", "")), ("deploy/jobs/gone.yaml", config_map("gone", ""))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let Some(repository) = Repository::new(&files) else { return };
    repository.remove("deploy/jobs/gone.yaml");
    let arguments = ["-f", "deploy", "--base", "main", "--prune", "--all"];
    assert!(pruned(&repository.report(&arguments).1).is_empty());
    assert_eq!(pruned(&repository.report(&[&arguments[..], &["-R"]].concat()).1), ["ConfigMap default/gone"]);
}

#[test]
fn what_is_not_known_to_be_live_is_said() {
    let Some(repository) = Repository::new(&[("set.yaml", &config_map("kept", ""))]) else { return };
    let unchecked = |arguments: &[&str]| {
        let (code, report) = repository.report(&[&["-f", "set.yaml", "--prune"], arguments].concat());
        assert_eq!(code, 0);
        report["unchecked"].as_array().expect("a list").iter().map(|one| one["why"].to_string()).collect::<Vec<_>>()
    };
    assert!(unchecked(&["--all"])[0].contains("--base tells what was applied last"));
    assert!(unchecked(&["--all", "--base", "main"])[0].contains("what is live, --cluster tells"));
    assert!(unchecked(&["--applyset=harbour", "-n", "default", "--base", "main"]).is_empty());
}

// The words are those of kubectl 1.32.
#[test]
fn what_kubectl_refuses_is_refused_in_its_words() {
    let Some(repository) = Repository::new(&[("set.yaml", &config_map("kept", ""))]) else { return };
    for (arguments, words) in [
        (&["--prune"][..], "all resources selected for prune without explicitly passing --all"),
        (&["--prune", "-l", ""], "all resources selected for prune without explicitly passing --all"),
        (&["--prune", "--all", "-l", "a"], "cannot set --all and --selector at the same time"),
        (&["--prune", "--all", "--force"], "--force cannot be used with --prune"),
        (
            &["--prune", "--all", "--server-side"],
            "--prune is in alpha and doesn't currently work on objects created by server-side apply",
        ),
        (&["--applyset", "a"], "--applyset requires --prune"),
        (&["--prune", "--applyset", "a", "--all"], "--all is incompatible with --applyset"),
        (&["--prune", "--applyset", "a", "-l", "b"], "--selector is incompatible with --applyset"),
        (
            &["--prune", "--applyset", "a", "--prune-allowlist", "core/v1/Secret"],
            "--prune-allowlist is incompatible with --applyset",
        ),
        (&["--prune", "--applyset", "a"], "namespace is required to use namespace-scoped ApplySet"),
        (&["--prune", "--applyset", "a", "--kubectl-version", "1.26"], "unknown flag: --applyset"),
        (
            &["--prune", "--all", "--prune-allowlist", "core/v1"],
            "invalid GroupVersionKind format: core/v1, please follow <group/version/kind>",
        ),
        (&["--prune", "--all", "--prune-allowlist", "core/v1/Boat"], "no matches for kind \"Boat\" in version \"v1\""),
    ] {
        let (code, told) = repository.refused(&[&["-f", "set.yaml"], arguments].concat());
        assert_eq!(code, 2, "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    // kubectl 1.26 lets --server-side pass, and finds no annotation.
    let Some(repository) = Repository::new(&[("set.yaml", &config_map("gone", ""))]) else { return };
    repository.write("set.yaml", &config_map("kept", ""));
    let arguments =
        ["-f", "set.yaml", "--base", "main", "--prune", "--all", "--server-side", "--kubectl-version", "1.26"];
    assert!(pruned(&repository.report(&arguments).1).is_empty());
}
