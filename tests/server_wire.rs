//! What `--server` sends, held against a server on loopback that writes down every request: nothing but GETs and dry runs,
//! and those as kubectl sends them.

#![cfg(feature = "server")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// A request as it came in.
#[derive(Clone, Debug)]
struct Asked {
    method: String,
    uri: String,
    content: String,
    body: String,
}

impl Asked {
    fn path(&self) -> &str {
        self.uri.split('?').next().unwrap_or_default()
    }
}

type Answers = dyn Fn(&Asked, usize) -> (u16, Value, &'static str) + Send + Sync;

/// A server that answers as it is told.
struct Recorder {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recorder {
    fn start(answers: impl Fn(&Asked, usize) -> (u16, Value, &'static str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (written, answers): (_, Arc<Answers>) = (Arc::clone(&asked), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (written, answers) = (Arc::clone(&written), Arc::clone(&answers));
                std::thread::spawn(move || serve(&stream, &written, &*answers));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a list").clone()
    }
}

fn serve(stream: &TcpStream, written: &Mutex<Vec<Asked>>, answers: &Answers) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        let mut words = line.split_whitespace();
        let (method, uri) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let (mut length, mut content) = (0, String::new());
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or_default() == 0 || header == "\r\n" {
                break;
            }
            let (name, value) = header.split_once(':').unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().expect("a length"),
                "content-type" => value.trim().clone_into(&mut content),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let asked = Asked { method, uri, content, body: String::from_utf8(body).expect("UTF-8") };
        let number = {
            let mut list = written.lock().expect("a list");
            list.push(asked.clone());
            list.iter().filter(|other| other.uri == asked.uri && other.method == asked.method).count()
        };
        let (status, answer, headers) = answers(&asked, number);
        let text = answer.to_string();
        let mut stream = stream;
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{text}",
            text.len()
        );
    }
}

fn not_found(path: &str) -> (u16, Value, &'static str) {
    let name = path.rsplit('/').next().unwrap_or_default();
    (404, json!({"kind": "Status", "code": 404, "message": format!("x \"{name}\" not found")}), "")
}

/// What every cluster serves; `rest` answers everything else.
fn cluster(asked: &Asked) -> Option<(u16, Value, &'static str)> {
    let resource = |name: &str, kind: &str, namespaced: bool| json!({"name": name, "kind": kind, "namespaced": namespaced, "verbs": ["create", "get", "list", "patch"]});
    let answer = match asked.path() {
        "/version" => json!({"major": "1", "minor": "37", "gitVersion": "v1.37.0"}),
        "/api/v1" => json!({"resources": [
            resource("configmaps", "ConfigMap", true), resource("namespaces", "Namespace", false),
            resource("secrets", "Secret", true), resource("services", "Service", true),
        ]}),
        "/apis/apps/v1" => json!({"resources": [resource("deployments", "Deployment", true)]}),
        path if asked.method == "GET" && (path.ends_with("quotas") || path.ends_with("ranges")) => json!({"items": []}),
        _ => return None,
    };
    Some((200, answer, ""))
}

fn seaworthy(recorder: &Recorder, arguments: &[&str], directory: &Path) -> Output {
    let kubeconfig = directory.join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: {}}}}}]\nusers: [{{name: u, user: {{}}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u, namespace: coast}}}}]\ncurrent-context: x\n",
        recorder.address
    );
    std::fs::write(&kubeconfig, text).expect("a kubeconfig");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.envs([("COLUMNS", "100"), ("LC_ALL", "C.UTF-8"), ("NO_PROXY", "127.0.0.1")]).env("KUBECONFIG", &kubeconfig);
    command.output().expect("the program")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Every request is a GET, or a dry run of a POST or PATCH.
fn assert_nothing_is_written(asked: &[Asked]) {
    for one in asked {
        let query = one.uri.split_once('?').map_or("", |(_, query)| query);
        let dry = query.split('&').filter(|part| part.starts_with("dryRun")).collect::<Vec<_>>();
        match one.method.as_str() {
            "GET" => assert_eq!(one.body, "", "{one:?}"),
            "POST" | "PATCH" => assert_eq!(dry, ["dryRun=All"], "{one:?}"),
            _ => panic!("{one:?}"),
        }
    }
}

fn writing(asked: &[Asked]) -> Vec<&Asked> {
    asked.iter().filter(|one| one.method != "GET").collect()
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tides}\ndata: {low: <1m}\n";

fn directory_with(manifest: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("a.yaml"), manifest).expect("a manifest");
    directory
}

#[test]
fn what_is_not_there_is_created_as_kubectl_does() {
    let recorder = Recorder::start(|asked, _| {
        cluster(asked).unwrap_or_else(|| match asked.method.as_str() {
            "GET" => not_found(asked.path()),
            _ => (201, json!({}), "warning: 299 - \"the tide is \\\"high\\\"\"\r\n"),
        })
    });
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server"], directory.path());
    let (out, asked) = (text(&run.stdout), recorder.asked());
    assert_eq!(run.status.code(), Some(0), "{out}{}", text(&run.stderr));
    assert!(out.contains("configmap/tides created (both)"), "{out}");
    assert!(out.contains("warning[server/warning]") && out.contains("the tide is \"high\""), "{out}");
    assert_nothing_is_written(&asked);
    let [create] = writing(&asked)[..] else { panic!("{asked:?}") };
    assert_eq!(create.method, "POST");
    assert_eq!(
        create.uri,
        "/api/v1/namespaces/coast/configmaps?dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict"
    );
    let body: Value = serde_json::from_str(&create.body).expect("JSON");
    let applied = "{\"apiVersion\":\"v1\",\"data\":{\"low\":\"\\u003c1m\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"tides\",\"namespace\":\"coast\"}}\n";
    assert_eq!(body["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"], applied);
}

#[test]
fn what_is_there_is_patched_or_left_alone() {
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"low": "2m", "old": "x"}, "metadata": {
        "name": "tides", "namespace": "coast", "uid": "1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration":
            "{\"apiVersion\":\"v1\",\"data\":{\"low\":\"2m\",\"old\":\"x\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"tides\",\"namespace\":\"coast\"}}\n"},
    }});
    let recorder = Recorder::start(move |asked, _| {
        cluster(asked).unwrap_or_else(|| match asked.path() {
            "/api/v1/namespaces/coast/configmaps/tides" => (200, live.clone(), ""),
            path => not_found(path),
        })
    });
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server"], directory.path());
    assert!(text(&run.stdout).contains("configmap/tides configured (both)"), "{}", text(&run.stdout));
    let asked = recorder.asked();
    let [patch] = writing(&asked)[..] else { panic!("{asked:?}") };
    assert_eq!((patch.method.as_str(), patch.content.as_str()), ("PATCH", "application/strategic-merge-patch+json"));
    let body: Value = serde_json::from_str(&patch.body).expect("JSON");
    assert_eq!(body["data"], json!({"low": "<1m", "old": null}));

    std::fs::write(
        directory.path().join("a.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tides}\ndata: {low: 2m, old: x}\n",
    )
    .expect("a manifest");
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server"], directory.path());
    assert!(text(&run.stdout).contains("configmap/tides unchanged (both)"), "{}", text(&run.stdout));
    assert_eq!(writing(&recorder.asked()).len(), 1, "nothing is sent for what does not change");

    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server", "--server-side"], directory.path());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stdout));
    let asked = recorder.asked();
    let apply = writing(&asked)[1];
    assert_eq!(apply.content, "application/apply-patch+yaml");
    assert!(apply.uri.ends_with("?dryRun=All&fieldManager=kubectl&fieldValidation=Strict&force=false"), "{apply:?}");
    assert_nothing_is_written(&asked);
}

#[test]
fn a_name_cannot_end_the_path() {
    let recorder = Recorder::start(|asked, _| {
        cluster(asked).unwrap_or_else(|| match asked.method.as_str() {
            "GET" => not_found(asked.path()),
            _ => (200, json!({}), ""),
        })
    });
    let directory = directory_with(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"x?y=&z#\", namespace: \"a?b#\"}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"x?\", namespace: \"..?dryRun=\"}\n",
    );
    for more in [&[][..], &["--server-side"]] {
        let arguments = [&["plan", "-f", "a.yaml", "--server"][..], more].concat();
        seaworthy(&recorder, &arguments, directory.path());
    }
    let asked = recorder.asked();
    assert_eq!(writing(&asked).len(), 4, "{asked:?}");
    assert_nothing_is_written(&asked);
}

#[test]
fn a_busy_server_is_asked_again_and_a_failing_webhook_is_not() {
    let recorder = Recorder::start(|asked, number| {
        cluster(asked).unwrap_or_else(|| match (asked.method.as_str(), number) {
            ("GET", _) => not_found(asked.path()),
            (_, 1) => (429, json!({"message": "too many requests"}), "retry-after: 0\r\n"),
            (_, 2) => (503, json!({"message": "not now"}), "retry-after: 0\r\n"),
            _ => (500, json!({"message": "failed calling webhook \"w.example.com\": no endpoints"}), ""),
        })
    });
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server"], directory.path());
    let out = text(&run.stdout);
    assert_eq!(run.status.code(), Some(1), "{out}");
    assert!(out.contains("error[server/refused]") && out.contains("failed calling webhook"), "{out}");
    assert_eq!(writing(&recorder.asked()).len(), 3);
}

#[test]
fn a_webhook_without_dry_run_is_named() {
    let recorder = Recorder::start(|asked, _| {
        cluster(asked).unwrap_or_else(|| match asked.method.as_str() {
            "GET" => not_found(asked.path()),
            _ => (400, json!({"message": "admission webhook \"w.example.com\" does not support dry run"}), ""),
        })
    });
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server"], directory.path());
    let out = text(&run.stdout);
    assert_eq!(run.status.code(), Some(0), "{out}");
    assert!(out.contains("admission webhook \"w.example.com\" does not support dry run"), "{out}");
    assert!(out.contains("1 not checked") && out.contains("(offline)"), "{out}");
}

#[test]
fn values_of_secrets_are_not_repeated() {
    let recorder = Recorder::start(|asked, _| {
        cluster(asked).unwrap_or_else(|| match asked.method.as_str() {
            "GET" => not_found(asked.path()),
            _ => (422, json!({"message": "Secret \"berth\" is invalid: data[k]: Invalid value: \"aHVudGVyMg==\": no", "details": {"causes": [{"field": "data[k]"}]}}), ""),
        })
    });
    let directory = directory_with("apiVersion: v1\nkind: Secret\nmetadata: {name: berth}\ndata: {k: aHVudGVyMg==}\n");
    for format in ["human", "json", "concise", "sarif", "github", "gitlab", "junit", "tap"] {
        let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server", "--format", format], directory.path());
        let out = text(&run.stdout);
        assert_eq!(run.status.code(), Some(1), "{out}");
        assert!(out.contains("•••") && !out.contains("aHVudGVyMg"), "{format}: {out}");
    }
}

/// A server that does not come to an end with a dry run.
fn never_done() -> Recorder {
    Recorder::start(|asked, _| {
        cluster(asked).unwrap_or_else(|| {
            if asked.method != "GET" {
                std::thread::sleep(std::time::Duration::from_secs(30));
            }
            not_found(asked.path())
        })
    })
}

#[test]
fn time_that_is_over_leaves_what_is_known() {
    let recorder = never_done();
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&recorder, &["plan", "-f", "a.yaml", "--server", "--server-timeout", "2s"], directory.path());
    let out = text(&run.stdout);
    assert_eq!(run.status.code(), Some(2), "{out}{}", text(&run.stderr));
    assert!(
        out.contains("configmap/tides created") && out.contains("the time for asking the server was over"),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn an_interruption_leaves_what_is_known() {
    let recorder = never_done();
    let directory = directory_with(CONFIG_MAP);
    let kubeconfig = directory.path().join("kubeconfig");
    // Writes the kubeconfig, and shows that the server is there.
    seaworthy(&recorder, &["snapshot"], directory.path());
    let child = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(["plan", "-f", "a.yaml", "--server"])
        .current_dir(directory.path())
        .env("KUBECONFIG", kubeconfig)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    while writing(&recorder.asked()).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let run = child.wait_with_output().expect("an end");
    let out = text(&run.stdout);
    assert_eq!(run.status.code(), Some(2), "{out}");
    assert!(out.contains("configmap/tides created") && out.contains("interrupted"), "{out}");
}

#[test]
fn without_a_server_nothing_is_said_unless_that_is_asked_for() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let nobody = Recorder { address, asked: Arc::default() };
    let directory = directory_with(CONFIG_MAP);
    let run = seaworthy(&nobody, &["plan", "-f", "a.yaml", "--server"], directory.path());
    assert_eq!((run.status.code(), text(&run.stdout)), (Some(2), ""));
    let said = text(&run.stderr);
    assert!(said.contains(&nobody.address) && said.contains("--server=if-reachable"), "{said}");
    for arguments in [&["plan", "-f", "a.yaml", "--server=if-reachable"][..], &["check", "--server=if-reachable"]] {
        let run = seaworthy(&nobody, arguments, directory.path());
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stdout));
        assert!(text(&run.stderr).contains("the offline rules judge alone"), "{}", text(&run.stderr));
    }
    let run = seaworthy(&nobody, &["snapshot"], directory.path());
    assert_eq!((run.status.code(), text(&run.stdout)), (Some(2), ""));
}

#[test]
fn kubectls_address_alone_asks_nobody() {
    let recorder = Recorder::start(|asked, _| not_found(asked.path()));
    let directory = directory_with(CONFIG_MAP);
    let address = recorder.address.clone();
    for flag in [vec!["-s", &address], vec!["--server", &address], vec!["--dry-run=server"]] {
        let run = seaworthy(&recorder, &[&["plan", "-f", "a.yaml"][..], &flag].concat(), directory.path());
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    }
    assert!(recorder.asked().is_empty(), "{:?}", recorder.asked());
}
