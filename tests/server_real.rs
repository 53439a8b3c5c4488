//! `--server` and `snapshot` against a real API server: what it says, and that nothing in it changes.
//!
//! `cargo xtask apiserver up` starts one and `cargo xtask apiserver env` names its kubeconfig in `SEAWORTHY_APISERVER`.
//! Without that, each test says that it was skipped.

#![cfg(feature = "server")]

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A cluster that the test may write to.
struct Cluster {
    kubeconfig: String,
    runtime: tokio::runtime::Runtime,
    client: Client,
    /// What no other test and no other run calls anything.
    own: String,
}

impl Cluster {
    /// The server that was started for the tests; none, said loudly, where none was.
    fn find() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(kubeconfig) = std::env::var("SEAWORTHY_APISERVER") else {
            eprintln!("SKIPPED: no API server was started for this test (cargo xtask apiserver up)");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let read = Kubeconfig::read_from(&kubeconfig).expect("a kubeconfig");
        let client = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.expect("a cluster");
            Client::try_from(config).expect("a client")
        });
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let since = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis() % 100_000_000;
        Some(Self { kubeconfig, runtime, client, own: format!("t{since}-{number}") })
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(body.into_bytes()).expect("a request");
        self.runtime.block_on(self.client.request::<Value>(request)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn create(&self, path: &str, body: &Value) {
        self.request("POST", path, Some(body));
    }

    fn namespace(&self, name: &str) {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.create("/api/v1/namespaces", &body);
    }

    /// The version of everything that this test may have touched.
    fn versions(&self) -> BTreeMap<String, String> {
        let mut versions = BTreeMap::new();
        for path in [
            "/api/v1/namespaces",
            "/api/v1/configmaps",
            "/api/v1/secrets",
            "/api/v1/services",
            "/api/v1/pods",
            "/api/v1/serviceaccounts",
            "/api/v1/resourcequotas",
            "/apis/apps/v1/deployments",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "/apis/scheduling.k8s.io/v1/priorityclasses",
        ] {
            for item in self.request("GET", path, None)["items"].as_array().expect("a list") {
                let metadata = &item["metadata"];
                let name = format!("{path} {} {}", metadata["namespace"], metadata["name"]);
                if name.contains(&self.own) {
                    versions.insert(name, metadata["resourceVersion"].to_string());
                }
            }
        }
        versions
    }

    fn seaworthy(&self, arguments: &[&str], directory: &Path) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.args(arguments).current_dir(directory).stdin(Stdio::null());
        command.envs([("COLUMNS", "100"), ("LC_ALL", "C.UTF-8"), ("NO_PROXY", "127.0.0.1")]);
        command.env("KUBECONFIG", &self.kubeconfig).output().expect("the program")
    }

    /// What `plan --server` says of a manifest, object by object; nothing in the cluster changes.
    fn plan(&self, manifest: &str, more: &[&str]) -> (Option<i32>, Vec<Value>, Value) {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("set.yaml"), manifest.replace("OWN", &self.own)).expect("a manifest");
        let before = self.versions();
        let arguments = [&["plan", "-f", "set.yaml", "--server", "--format", "json"][..], more].concat();
        let run = self.seaworthy(&arguments, directory.path());
        assert_eq!(self.versions(), before, "a dry run changes nothing");
        let report: Value =
            serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)));
        (run.status.code(), report["objects"].as_array().expect("objects").clone(), report)
    }
}

fn told(object: &Value) -> (&str, &str) {
    (object["outcome"].as_str().unwrap_or_default(), object["verdict"]["judge"].as_str().unwrap_or_default())
}

#[test]
fn what_the_set_brings_is_judged_offline() {
    let Some(cluster) = Cluster::find() else { return };
    let (code, objects, report) = cluster.plan(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: OWN}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tides, namespace: OWN}\ndata: {low: 1m}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ebb, namespace: OWN-other}\ndata: {low: 1m}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: berth, namespace: OWN}\nspec: {ports: [{port: 0}]}\n",
        &[],
    );
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(told(&objects[0]), ("created", "both"));
    assert_eq!(told(&objects[1]), ("created", "offline"));
    assert!(objects[1]["verdict"]["note"].as_str().expect("a note").contains("comes with the set"));
    assert_eq!(told(&objects[2]), ("failed", "server"), "nobody brings that namespace: {report:#}");
    assert_eq!(objects[3]["outcome"], "failed", "the server stops at the namespace, the offline rules at the port");
}

#[test]
fn service_accounts_and_priorities_of_the_set_are_believed() {
    let Some(cluster) = Cluster::find() else { return };
    cluster.namespace(&cluster.own);
    let pod = |name: &str, account: &str, class: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: OWN}}\nspec:\n  serviceAccountName: {account}\n  priorityClassName: {class}\n  containers: [{{name: a, image: a}}]\n"
        )
    };
    let set = format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: crew, namespace: OWN}}\n---\n\
         apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: OWN-high}}\nvalue: 10\n{}{}",
        pod("one", "crew", "OWN-high"),
        pod("two", "nobody", "OWN-high")
    );
    let (code, objects, report) = cluster.plan(&set, &[]);
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(told(&objects[2]), ("created", "offline"), "{report:#}");
    assert_eq!(told(&objects[3]), ("failed", "server"), "{report:#}");
}

#[test]
fn addresses_ports_and_quotas_are_found_by_the_offline_rules() {
    let Some(cluster) = Cluster::find() else { return };
    cluster.namespace(&cluster.own);
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "1"}},
    });
    cluster.create(&format!("/api/v1/namespaces/{}/resourcequotas", cluster.own), &quota);
    // No controller runs that would count what is used.
    let path = format!("/api/v1/namespaces/{}/resourcequotas/few", cluster.own);
    let mut counted = cluster.request("GET", &path, None);
    counted["status"] = json!({"hard": {"count/configmaps": "1"}, "used": {"count/configmaps": "0"}});
    cluster.request("PUT", &format!("{path}/status"), Some(&counted));
    let service = |name: &str, address: &str| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": cluster.own}, "spec": {"clusterIP": address, "ports": [{"port": 80}]}});
    // Whoever ran this before may hold the first.
    let address = (2..250)
        .map(|last| format!("10.0.9.{last}"))
        .find(|address| {
            let services = cluster.request("GET", "/api/v1/services", None);
            services["items"].as_array().expect("a list").iter().all(|one| one["spec"]["clusterIP"] != **address)
        })
        .expect("a free address");
    cluster.create(&format!("/api/v1/namespaces/{}/services", cluster.own), &service("holder", &address));
    let (_, objects, report) = cluster.plan(
        &format!(
            "{}\n---\n{}\n---\n{}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: OWN}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b, namespace: OWN}}\n",
            service("late", &address),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "one", "namespace": cluster.own}, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31977}]}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "two", "namespace": cluster.own}, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31977}]}}),
        ),
        &[],
    );
    assert_eq!(told(&objects[0]), ("failed", "offline"), "{report:#}");
    assert_eq!(objects[0]["verdict"]["differs"]["outcome"], "created");
    assert_eq!(told(&objects[1]), ("created", "both"), "{report:#}");
    assert_eq!(told(&objects[2]), ("failed", "offline"), "{report:#}");
    assert_eq!(told(&objects[3]), ("created", "both"), "{report:#}");
    assert_eq!(told(&objects[4]), ("failed", "offline"), "{report:#}");
    assert!(objects[4]["reason"].as_str().expect("a reason").contains("exceeded quota: few"), "{report:#}");
}

#[test]
fn live_objects_are_changed_as_kubectl_changes_them() {
    let Some(cluster) = Cluster::find() else { return };
    cluster.namespace(&cluster.own);
    let set = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: berth, namespace: OWN}\nspec:\n  selector: {matchLabels: {app: berth}}\n  template:\n    metadata: {labels: {app: berth}}\n    spec: {containers: [{name: a, image: 'a:1'}, {name: b, image: 'b:1'}]}\n".replace("OWN", &cluster.own);
    let applied: Value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "berth", "namespace": cluster.own, "annotations": {}},
        "spec": {"selector": {"matchLabels": {"app": "berth"}}, "template": {
            "metadata": {"labels": {"app": "berth"}},
            "spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]},
        }},
    });
    let mut live = applied.clone();
    live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(format!("{applied}\n"));
    cluster.create(&format!("/apis/apps/v1/namespaces/{}/deployments", cluster.own), &live);
    let (_, objects, report) = cluster.plan(&set, &[]);
    assert_eq!(told(&objects[0]), ("unchanged", "both"), "{report:#}");
    let (_, objects, report) = cluster.plan(&set.replace("{name: a, image: 'a:1'}, ", ""), &[]);
    assert_eq!(told(&objects[0]), ("configured", "both"), "{report:#}");
    let (_, objects, report) = cluster.plan(&set.replace("app: berth", "app: quay"), &[]);
    assert_eq!(told(&objects[0]), ("failed", "both"), "the selector cannot change: {report:#}");
    let mut of_another = applied;
    of_another["metadata"]["name"] = json!("quay");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments?fieldManager=harbour-master", cluster.own);
    cluster.create(&path, &of_another);
    let set = set.replace("name: berth", "name: quay").replace("b:1", "b:2");
    let (_, objects, report) = cluster.plan(&set, &["--server-side"]);
    assert_eq!(told(&objects[0]), ("failed", "both"), "another manager owns the image: {report:#}");
    assert!(objects[0]["reason"].as_str().expect("a reason").contains("\"harbour-master\""), "{report:#}");
    let (_, objects, report) = cluster.plan(&set, &["--server-side", "--force-conflicts"]);
    assert_eq!(objects[0]["outcome"], "configured", "{report:#}");
}

#[test]
fn a_user_without_rights_hears_what_kubectl_would() {
    let Some(cluster) = Cluster::find() else { return };
    let set = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tides, namespace: default}\n";
    let (code, objects, report) = cluster.plan(set, &["--context", "guest"]);
    assert_eq!((code, told(&objects[0])), (Some(1), ("failed", "server")), "{report:#}");
    assert!(objects[0]["reason"].as_str().expect("a reason").contains("is forbidden: User \"guest\""), "{report:#}");
}

#[test]
fn a_snapshot_serves_later_runs() {
    let Some(cluster) = Cluster::find() else { return };
    cluster.namespace(&cluster.own);
    let data = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "berth"}, "stringData": {"password": "hunter2hunter2"}});
    cluster.create(&format!("/api/v1/namespaces/{}/secrets", cluster.own), &data);
    let group = format!("{}.example.com", cluster.own);
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("dinghies.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "dinghies", "singular": "dinghy", "kind": "Dinghy", "listKind": "DinghyList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": {"oars": {"type": "integer", "maximum": 4}}}}}}}]},
    });
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &crd);
    let directory = tempfile::tempdir().expect("a directory");
    let before = cluster.versions();
    let run = cluster.seaworthy(&["snapshot", "-o", "cluster.yaml"], directory.path());
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(cluster.versions(), before);
    let snapshot = std::fs::read_to_string(directory.path().join("cluster.yaml")).expect("a snapshot");
    assert!(!snapshot.contains("hunter2") && !snapshot.contains("aHVudGVy"), "no value of a Secret");
    assert!(snapshot.contains("seaworthy/server-version: \"v1.37.0\""));
    let set = format!(
        "apiVersion: {group}/v1\nkind: Dinghy\nmetadata: {{name: a, namespace: {own}}}\nspec: {{oars: 6}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b, namespace: {own}-nowhere}}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: c, namespace: {own}}}\nspec:\n  selector: {{matchLabels: {{app: c}}}}\n  template:\n    metadata: {{labels: {{app: c}}}}\n    spec:\n      containers:\n        - name: c\n          image: c\n          env:\n            - {{name: A, valueFrom: {{secretKeyRef: {{name: berth, key: password}}}}}}\n            - {{name: B, valueFrom: {{secretKeyRef: {{name: berth, key: user}}}}}}\n",
        own = cluster.own
    );
    std::fs::write(directory.path().join("set.yaml"), set).expect("a manifest");
    let arguments = ["plan", "-f", "set.yaml", "--cluster", "cluster.yaml", "--format", "json"];
    let run = cluster.seaworthy(&arguments, directory.path());
    let report: Value = serde_json::from_slice(&run.stdout).expect("a report");
    let outcome = |at: usize| report["objects"][at]["outcome"].as_str().unwrap_or_default();
    assert_eq!((outcome(0), outcome(1), outcome(2)), ("failed", "failed", "created"), "{report:#}");
    let rules: Vec<&str> =
        report["findings"].as_array().expect("a list").iter().filter_map(|one| one["rule"].as_str()).collect();
    assert!(rules.contains(&"cross/missing-key") && rules.contains(&"apply/namespace-missing"), "{report:#}");
    assert_eq!(rules.iter().filter(|rule| **rule == "cross/missing-key").count(), 1, "{report:#}");
}

#[test]
fn a_custom_resource_is_judged_by_the_clusters_crd_and_one_of_the_set_as_kubectl_would() {
    let Some(cluster) = Cluster::find() else { return };
    cluster.namespace(&cluster.own);
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: buoys.OWN.example.com}\nspec:\n  group: OWN.example.com\n  scope: Namespaced\n  names: {plural: buoys, singular: buoy, kind: Buoy, listKind: BuoyList}\n  versions:\n    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n---\n";
    let buoy = "apiVersion: OWN.example.com/v1\nkind: Buoy\nmetadata: {name: a, namespace: OWN}\n";
    let (code, objects, report) = cluster.plan(&format!("{crd}{buoy}"), &[]);
    assert_eq!(code, Some(1), "kubectl maps every kind before it makes the first object: {report:#}");
    assert_eq!(told(&objects[0]), ("created", "both"));
    assert_eq!(objects[1]["outcome"], "failed");
    let (_, objects, report) = cluster.plan(buoy, &[]);
    assert_eq!(told(&objects[0]), ("failed", "server"), "nothing serves the kind: {report:#}");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("set.yaml"), format!("{crd}{buoy}").replace("OWN", &cluster.own))
        .expect("a manifest");
    let run = cluster.seaworthy(&["check", ".", "--server", "--format", "json"], directory.path());
    let report: Value = serde_json::from_slice(&run.stdout).expect("a report");
    assert_eq!(report["objects"][0]["verdict"]["judge"], "both", "{report:#}");
}

#[test]
fn kubectl_prunes_what_the_plan_says() {
    let Some(cluster) = Cluster::find() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new("kubectl");
        command.args(arguments).current_dir(directory.path()).stdin(Stdio::null());
        command.envs([("KUBECONFIG", cluster.kubeconfig.as_str()), ("NO_PROXY", "127.0.0.1")]).output()
    };
    if kubectl(&["version", "--client"]).is_err() {
        eprintln!("SKIPPED: kubectl is not installed");
        return;
    }
    cluster.namespace(&cluster.own);
    let own = cluster.own.as_str();
    let object = |kind: &str, name: &str, of: &str| {
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {own}, labels: {{of: {of}}}}}\n---\n"
        )
    };
    let before = ["ConfigMap kept", "ConfigMap gone", "Secret gone", "ServiceAccount gone", "ConfigMap moved"];
    let before = before.map(|one| one.split_once(' ').expect("kind and name"));
    let before: String = before.iter().map(|(kind, name)| object(kind, name, own)).collect();
    let others = object("ConfigMap", "other", "another");
    let now = object("ConfigMap", "kept", own) + &object("ConfigMap", "moved", "another");
    for (name, text) in [("before.yaml", format!("{before}{others}")), ("set.yaml", now)] {
        std::fs::write(directory.path().join(name), text).expect("a manifest");
    }
    let applied = kubectl(&["apply", "-f", "before.yaml"]).expect("kubectl");
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let live = kubectl(&["get", "configmaps,secrets,serviceaccounts", "-n", own, "-o", "yaml"]).expect("kubectl");
    std::fs::write(directory.path().join("live.yaml"), live.stdout).expect("a file");

    let selector = format!("of={own}");
    let apply = ["-f", "set.yaml", "--prune", "-l", &selector];
    let from_live = ["--cluster", "live.yaml"];
    let from_base = ["--base", "before.yaml"];
    let said = [from_live, from_base].map(|known| {
        let run = cluster.seaworthy(&[&["plan"], &apply[..], &known].concat(), directory.path());
        pruned(&run)
    });
    let done = pruned(&kubectl(&[&["apply"], &apply[..]].concat()).expect("kubectl"));
    assert_eq!(done, ["configmap/gone pruned", "configmap/moved pruned", "secret/gone pruned"]);
    assert_eq!(said, [done.clone(), done]);
}

/// The lines that tell what is pruned, of kubectl and of a plan.
fn pruned(run: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&run.stdout);
    text.lines().map(str::trim).filter(|line| line.ends_with(" pruned")).map(str::to_owned).collect()
}
