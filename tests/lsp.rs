//! A conversation with the language server, as an editor has it: over the standard input and output of the program.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything takes, so that a server that says nothing fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor that knows little.
struct Editor {
    root: TempDir,
    server: Child,
    input: Option<ChildStdin>,
    said: Receiver<Value>,
    /// What the server said that nobody has waited for yet.
    waiting: Vec<Value>,
    next_id: i64,
}

impl Editor {
    /// Opens a directory with these files in it.
    fn open(files: &[(&str, &str)], capabilities: Value) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, text).expect("a file");
        }
        let mut server = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("lsp")
            // No program renders here.
            .env("PATH", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let input = server.stdin.take();
        let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
        let (sender, said) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self { root, server, input, said, waiting: Vec::new(), next_id: 0 };
        let folder = json!({"uri": editor.uri(""), "name": "root"});
        let mut beginning = json!({"processId": null, "workspaceFolders": [folder]});
        beginning["capabilities"] = capabilities;
        let answer = editor.ask("initialize", beginning);
        assert_eq!(answer["serverInfo"]["name"], "seaworthy");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        let root = self.root.path().canonicalize().expect("it is there");
        format!("file://{}/{path}", root.display()).trim_end_matches('/').to_owned()
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        let input = self.input.as_mut().expect("it is open");
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it is read");
        input.flush().expect("it is read");
    }

    fn tell(&mut self, method: &str, params: Value) {
        let mut message = json!({"method": method});
        message["params"] = params;
        self.send(message);
    }

    /// The answer to a question; an error as such.
    fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next_id += 1;
        let id = self.next_id;
        let mut message = json!({"id": id, "method": method});
        message["params"] = params;
        self.send(message);
        let answer = self.wait_for(|said| said["id"] == json!(id) && said.get("method").is_none());
        answer.get("error").map_or_else(|| Ok(answer["result"].clone()), |error| Err(error.clone()))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.ask_for(method, params).expect("an answer")
    }

    fn wait_for(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(at);
        }
        loop {
            let said = self.said.recv_timeout(PATIENCE).expect("the server says something");
            if is_it(&said) {
                return said;
            }
            self.waiting.push(said);
        }
    }

    fn show(&mut self, path: &str, version: i32, text: &str) -> Vec<Value> {
        let document = json!({"uri": self.uri(path), "languageId": "yaml", "version": version, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.diagnostics(path, version)
    }

    /// Puts another text in the place of the whole.
    fn change(&mut self, path: &str, version: i32, text: &str) -> Vec<Value> {
        self.edit(path, version, &json!([{"text": text}]));
        self.diagnostics(path, version)
    }

    fn edit(&mut self, path: &str, version: i32, changes: &Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// What is wrong with a version of a text.
    fn diagnostics(&mut self, path: &str, version: i32) -> Vec<Value> {
        let uri = self.uri(path);
        let said = self.wait_for(|said| {
            said["method"] == "textDocument/publishDiagnostics"
                && said["params"]["uri"] == json!(uri)
                && said["params"]["version"] == json!(version)
        });
        said["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    fn at(&self, path: &str, (line, character): (u32, u32)) -> Value {
        json!({"textDocument": {"uri": self.uri(path)}, "position": {"line": line, "character": character}})
    }

    fn hover(&mut self, path: &str, place: (u32, u32)) -> String {
        let params = self.at(path, place);
        self.ask("textDocument/hover", params)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    fn complete(&mut self, path: &str, place: (u32, u32)) -> Vec<Value> {
        let params = self.at(path, place);
        self.ask("textDocument/completion", params)["items"].as_array().cloned().unwrap_or_default()
    }

    fn definition(&mut self, path: &str, place: (u32, u32)) -> Value {
        let params = self.at(path, place);
        self.ask("textDocument/definition", params)
    }

    /// Ends as the protocol wants it, and tells the exit code.
    fn leave(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.server.wait().expect("it ends").code().expect("an exit code")
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Of a test that failed; a server that has ended cannot be ended again.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["label"].as_str()).collect()
}

/// Line and column of the first place of a word, in UTF-16 units, `behind` of them further on.
fn place(text: &str, word: &str, behind: u32) -> (u32, u32) {
    let offset = text.find(word).expect("it is there");
    let line = text[..offset].matches('\n').count() as u32;
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    (line, text[start..offset].encode_utf16().count() as u32 + behind)
}

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: quay
  labels: {pod-security.kubernetes.io/enforce: restricted}
";

const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: tide-tables, namespace: quay}
data: {north: low, south: high}
---
apiVersion: v1
kind: Secret
metadata: {name: harbour-key, namespace: quay}
stringData: {key: anchor-and-chain}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: pilot, namespace: quay}
---
apiVersion: v1
kind: Service
metadata: {name: pier, namespace: quay}
spec: {ports: [{port: 80}]}
";

const WORKLOAD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: tug, namespace: quay}
spec:
  replicas: 2
  selector: {matchLabels: {app: tug}}
  template:
    metadata: {labels: {app: tug}}
    spec:
      serviceAccountName: pilot
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: tug
          image: tug
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          env:
            - name: NORTH
              valueFrom:
                configMapKeyRef:
                  name: tide-tables
                  key: north
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: buoy, namespace: quay}
spec:
  serviceAccountName: pilot
  containers: [{name: buoy, image: buoy}]
";

fn harbour() -> Editor {
    Editor::open(
        &[("k8s/a-namespace.yaml", NAMESPACE), ("k8s/b-settings.yaml", SETTINGS), ("k8s/workload.yaml", WORKLOAD)],
        json!({}),
    )
}

#[test]
fn a_conversation_ends_as_it_should() {
    let editor = harbour();
    assert_eq!(editor.leave(), 0);
    let mut editor = harbour();
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(1), "without shutdown, exit is disorderly");
    let mut editor = harbour();
    drop(editor.input.take());
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(1), "so is a client that is gone");
}

#[test]
fn what_is_wrong_is_told_and_taken_back() {
    let mut editor = harbour();
    let path = "k8s/workload.yaml";
    assert_eq!(editor.show(path, 1, WORKLOAD), Vec::<Value>::new());
    // A key, told as the edit it is.
    let (line, column) = place(WORKLOAD, "replicas", 8);
    let there = json!({"line": line, "character": column});
    editor.edit(path, 2, &json!([{"range": {"start": there, "end": there}, "text": "s"}]));
    let wrong = editor.diagnostics(path, 2);
    assert_eq!(codes(&wrong), ["decode/unknown-field"]);
    let (start, end) = (json!({"line": line, "character": 2}), json!({"line": line, "character": column + 1}));
    assert_eq!(wrong[0]["range"], json!({"start": start, "end": end}));
    assert_eq!((&wrong[0]["severity"], &wrong[0]["source"]), (&json!(1), &json!("seaworthy")));
    assert!(wrong[0]["message"].as_str().is_some_and(|said| said.contains("did you mean `replicas`?")), "{wrong:?}");
    assert_eq!(editor.change(path, 3, WORKLOAD), Vec::<Value>::new());
    // Text that is no YAML, and back.
    assert_eq!(codes(&editor.change(path, 4, &WORKLOAD.replace("replicas: 2", "replicas: ["))), ["kubectl/parse"]);
    assert_eq!(editor.change(path, 5, WORKLOAD), Vec::<Value>::new());
    assert_eq!(codes(&editor.change(path, 6, &WORKLOAD.replace("replicas: 2", "replicas: -1"))), ["api/deployment"]);
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": editor.uri(path)}}));
    let uri = editor.uri(path);
    let last = editor.wait_for(|said| said["params"]["uri"] == json!(uri) && said["params"].get("version").is_none());
    assert_eq!(last["params"]["diagnostics"], json!([]), "a closed file has nothing to show");
    assert_eq!(editor.leave(), 0);
}

#[test]
fn places_in_other_files_are_told_and_other_files_count() {
    let mut editor = harbour();
    let wrong = editor.show("k8s/pod.yaml", 1, POD);
    assert_eq!(codes(&wrong), ["admission/pod-security"], "a file that is not there yet is judged among the others");
    let related = &wrong[0]["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], json!(editor.uri("k8s/a-namespace.yaml")));
    assert_eq!(related["location"]["range"]["start"], json!({"line": 4, "character": 2}));
    assert_eq!(related["message"], "the namespace asks for it here");
    // The namespace is changed in the editor, and the Pod is judged by what is not saved yet.
    editor.show("k8s/a-namespace.yaml", 1, &NAMESPACE.replace("restricted", "privileged"));
    assert_eq!(editor.diagnostics("k8s/pod.yaml", 1), Vec::<Value>::new());
    editor.change("k8s/a-namespace.yaml", 2, NAMESPACE);
    assert_eq!(codes(&editor.diagnostics("k8s/pod.yaml", 1)), ["admission/pod-security"]);
    // And on disk, by another program.
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": editor.uri("k8s/a-namespace.yaml")}}));
    editor.diagnostics("k8s/pod.yaml", 1);
    let on_disk = editor.root.path().join("k8s/a-namespace.yaml");
    fs::write(&on_disk, NAMESPACE.replace("restricted", "baseline")).expect("a file");
    let event = |editor: &Editor, kind| json!({"changes": [{"uri": editor.uri("k8s/a-namespace.yaml"), "type": kind}]});
    let changed = event(&editor, 2);
    editor.tell("workspace/didChangeWatchedFiles", changed);
    assert_eq!(editor.diagnostics("k8s/pod.yaml", 1), Vec::<Value>::new());
    fs::write(&on_disk, NAMESPACE).expect("a file");
    fs::rename(&on_disk, editor.root.path().join("k8s/z-namespace.yaml")).expect("it is there");
    let gone = event(&editor, 3);
    editor.tell("workspace/didChangeWatchedFiles", gone);
    let wrong = editor.diagnostics("k8s/pod.yaml", 1);
    assert_eq!(codes(&wrong)[0], "apply/namespace-missing", "it comes too late now");
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_field_a_kind_and_a_fault_are_explained() {
    let mut editor = harbour();
    let path = "k8s/workload.yaml";
    editor.show(path, 1, &WORKLOAD.replace("replicas: 2", "replicas: -2"));
    let text = WORKLOAD.replace("replicas: 2", "replicas: -2");
    let replicas = editor.hover(path, place(&text, "replicas", 3));
    assert!(replicas.starts_with("**spec.replicas** `int32`\n\ndefault `1` · at least 0"), "{replicas}");
    let fault = editor.hover(path, place(&text, "-2", 1));
    assert!(fault.contains("**error[api/deployment]**"), "{fault}");
    let kind = editor.hover(path, place(&text, "Deployment", 2));
    assert!(kind.starts_with("**Deployment** `apps/v1`\n\n`deployments`, in a namespace, short `deploy`"), "{kind}");
    let settings = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {trafficDistribution: PreferClose, type: NodePort}\n";
    editor.show("k8s/service.yaml", 1, settings);
    let since = editor.hover("k8s/service.yaml", place(settings, "trafficDistribution", 0));
    assert!(since.contains("In Kubernetes 1.30 to 1.37."), "{since}");
    let values = editor.hover("k8s/service.yaml", place(settings, "type", 0));
    assert!(values.contains("default `\"ClusterIP\"` · one of `ClusterIP`, `ExternalName`"), "{values}");
    editor.show("k8s/b-settings.yaml", 1, SETTINGS);
    let secret = editor.hover("k8s/b-settings.yaml", place(SETTINGS, "anchor-and-chain", 2));
    assert!(!secret.contains("anchor"), "a value is never repeated: {secret}");
    assert_eq!(editor.leave(), 0);
}

#[test]
fn what_may_be_written_is_offered_where_it_is_typed() {
    let mut editor = harbour();
    let path = "k8s/workload.yaml";
    editor.show(path, 1, WORKLOAD);
    // A field, in a list, in text that is no YAML yet.
    let text = WORKLOAD.replace("          image: tug\n", "          image: tug\n          ima\n");
    editor.change(path, 2, &text);
    let fields = editor.complete(path, place(&text, "          ima\n", 13));
    assert!(labels(&fields).contains(&"imagePullPolicy"), "{:?}", labels(&fields));
    assert!(!labels(&fields).contains(&"image"), "what is there is not offered again");
    assert!(!labels(&fields).contains(&"replicas"), "nor what belongs elsewhere");
    let policy = fields.iter().find(|item| item["label"] == "imagePullPolicy").expect("it is there");
    let line = place(&text, "          ima\n", 0).0;
    let range = json!({"start": {"line": line, "character": 10}, "end": {"line": line, "character": 13}});
    assert_eq!(policy["textEdit"], json!({"range": range, "newText": "imagePullPolicy: "}));
    let ports = fields.iter().find(|item| item["label"] == "ports").expect("it is there");
    assert_eq!(ports["textEdit"]["newText"], "ports:\n            - ");
    // A value of an enumeration.
    let text = WORKLOAD.replace("image: tug\n", "image: tug\n          imagePullPolicy: \n");
    editor.change(path, 3, &text);
    let values = editor.complete(path, place(&text, "imagePullPolicy: ", 17));
    assert_eq!(labels(&values), ["Always", "IfNotPresent", "Never"]);
    // The name of another object, of the right kind, from another file; then a key of it.
    let text = WORKLOAD.replace("name: tide-tables", "name: ");
    editor.change(path, 4, &text);
    let names = editor.complete(path, place(&text, "                  name: ", 24));
    assert_eq!(labels(&names), ["tide-tables"]);
    let text = WORKLOAD.replace("key: north", "key: ");
    editor.change(path, 5, &text);
    assert_eq!(labels(&editor.complete(path, place(&text, "  key: ", 7))), ["north", "south"]);
    let text = WORKLOAD.replace("serviceAccountName: pilot", "serviceAccountName: p");
    editor.change(path, 6, &text);
    assert_eq!(labels(&editor.complete(path, place(&text, "serviceAccountName: p", 21))), ["pilot"]);
    let text = WORKLOAD.replace("    spec:\n", "    spec:\n      imagePullSecrets: [{name: }]\n");
    editor.change(path, 7, &text);
    assert_eq!(labels(&editor.complete(path, place(&text, "[{name: ", 8))), ["harbour-key"]);
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: gate, namespace: quay}\nspec:\n  defaultBackend:\n    service:\n      name: \n";
    editor.show("k8s/ingress.yaml", 1, ingress);
    assert_eq!(labels(&editor.complete("k8s/ingress.yaml", place(ingress, "      name: ", 12))), ["pier"]);
    let namespace = ingress.replace("namespace: quay", "namespace: ");
    editor.change("k8s/ingress.yaml", 2, &namespace);
    assert_eq!(labels(&editor.complete("k8s/ingress.yaml", place(&namespace, "namespace: ", 11))), ["quay"]);
    // A kind, in a second document of the file, in which nothing else stands yet.
    let text = format!("{ingress}---\nap");
    editor.change("k8s/ingress.yaml", 3, &text);
    let end = (text.matches('\n').count() as u32, 2);
    assert_eq!(labels(&editor.complete("k8s/ingress.yaml", end)), ["apiVersion", "kind", "metadata"]);
    let text = format!("{ingress}---\napiVersion: apps/v1\nkind: ");
    editor.change("k8s/ingress.yaml", 4, &text);
    let end = (text.matches('\n').count() as u32, 6);
    let kinds = editor.complete("k8s/ingress.yaml", end);
    assert_eq!(labels(&kinds), ["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn custom_resources_are_known_by_their_crd() {
    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: berths.dock.example}
spec:
  group: dock.example
  scope: Namespaced
  names: {kind: Berth, plural: berths}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [side]
            properties:
              side: {type: string, enum: [port, starboard], default: port, description: Where ships lie.}
              moorings:
                type: array
                items:
                  type: object
                  properties:
                    bollard: {type: integer}
";
    let mut editor = Editor::open(&[("crds/berth.yaml", CRD)], json!({}));
    let berth =
        "apiVersion: dock.example/v1\nkind: Berth\nmetadata: {name: one}\nspec:\n  side: aft\n  moorings:\n  - \n";
    let wrong = editor.show("k8s/berth.yaml", 1, berth);
    assert!(codes(&wrong).contains(&"api/custom-resource"), "{wrong:?}");
    let told = editor.hover("k8s/berth.yaml", place(berth, "side", 1));
    assert_eq!(
        told.split("\n\n---\n\n").next(),
        Some(
            "**spec.side** `string`\n\nrequired · default `\"port\"` · one of `port`, `starboard`\n\nWhere ships lie."
        )
    );
    let aft = place(berth, "aft", 3);
    assert_eq!(labels(&editor.complete("k8s/berth.yaml", aft)), ["port", "starboard"]);
    assert_eq!(labels(&editor.complete("k8s/berth.yaml", place(berth, "  - \n", 4))), ["bollard"]);
    let found = editor.definition("k8s/berth.yaml", place(berth, "Berth", 1));
    assert_eq!(found[0]["uri"], json!(editor.uri("crds/berth.yaml")));
    assert_eq!(found[0]["range"]["start"]["line"], 6);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_reference_leads_to_the_object() {
    let mut editor = harbour();
    let path = "k8s/workload.yaml";
    editor.show(path, 1, WORKLOAD);
    let found = editor.definition(path, place(WORKLOAD, "tide-tables", 4));
    let start = json!({"line": 2, "character": 17});
    assert_eq!((&found[0]["uri"], &found[0]["range"]["start"]), (&json!(editor.uri("k8s/b-settings.yaml")), &start));
    let account = editor.definition(path, place(WORKLOAD, "pilot", 0));
    assert_eq!(account[0]["range"]["start"], json!({"line": 12, "character": 17}));
    assert_eq!(editor.definition(path, place(WORKLOAD, "replicas", 0)), Value::Null);
    // While the text is broken as well.
    let broken = WORKLOAD.replace("image: tug\n", "image: [\n");
    editor.change(path, 2, &broken);
    let found = editor.definition(path, place(&broken, "tide-tables", 4));
    assert_eq!(found[0]["uri"], json!(editor.uri("k8s/b-settings.yaml")));
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_fault_is_mended_by_an_action() {
    let mut editor = harbour();
    let path = "k8s/workload.yaml";
    let text = WORKLOAD.replace("replicas: 2", "Replicas: 2");
    let wrong = editor.show(path, 1, &text);
    assert_eq!(codes(&wrong), ["decode/unknown-field"]);
    let context = json!({"diagnostics": wrong, "only": ["quickfix"]});
    let asked = json!({"textDocument": {"uri": editor.uri(path)}, "range": wrong[0]["range"], "context": context});
    let actions = editor.ask("textDocument/codeAction", asked.clone());
    assert_eq!((&actions[0]["kind"], &actions[0]["diagnostics"]), (&json!("quickfix"), &json!(wrong)), "{actions}");
    let edits = &actions[0]["edit"]["changes"][editor.uri(path)];
    assert_eq!(edits, &json!([{"range": wrong[0]["range"], "newText": "replicas"}]));
    // The edit is made, as the client would, and nothing is left to mend.
    let mended = json!([{"range": edits[0]["range"], "text": edits[0]["newText"]}]);
    editor.edit(path, 2, &mended);
    assert_eq!(editor.diagnostics(path, 2), Vec::<Value>::new());
    assert_eq!(editor.ask("textDocument/codeAction", asked), json!([]));
    assert_eq!(editor.leave(), 0);
}

#[test]
fn columns_are_those_of_the_client() {
    let line = "metadata: {name: a, annotations: {ship: \"🚢🚢\"}, label: {a: b}}";
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\n{line}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndate: {{}}\n"
    );
    let before = &line[..line.find("label").expect("it is there")];
    for (offered, chosen, column) in [
        (json!(null), "utf-16", before.encode_utf16().count()),
        (json!(["utf-16"]), "utf-16", before.encode_utf16().count()),
        (json!(["utf-16", "utf-8"]), "utf-8", before.len()),
        (json!(["utf-32"]), "utf-32", before.chars().count()),
    ] {
        let mut editor = Editor::open(&[], json!({"general": {"positionEncodings": offered}}));
        let wrong = editor.show("a.yaml", 1, &text);
        assert_eq!(codes(&wrong), ["decode/unknown-field"; 2], "{chosen}");
        let range = |start: usize, end: usize, line: u32| json!({"start": {"line": line, "character": start}, "end": {"line": line, "character": end}});
        assert_eq!(wrong[0]["range"], range(column, column + 5, 2), "{chosen}");
        assert_eq!(wrong[1]["range"], range(0, 4, 7), "in the second document");
        // An edit behind the ships, in the client's columns.
        editor.edit("a.yaml", 2, &json!([{"range": range(column + 5, column + 5, 2), "text": "s"}]));
        let right = editor.diagnostics("a.yaml", 2);
        assert_eq!(right.len(), 1, "only that of the second document is left: {right:?}");
        let hover = editor.hover("a.yaml", (2, column as u32 + 1));
        assert!(hover.starts_with("**metadata.labels** `map[string]string`"), "{hover}");
        assert_eq!(editor.leave(), 0);
    }
}

#[test]
fn odd_input_does_no_harm() {
    let mut editor = harbour();
    editor.tell("textDocument/didOpen", json!({"what": 1}));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "untitled:x", "version": 1}, "contentChanges": []}),
    );
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": editor.uri("nowhere.yaml")}}));
    editor.tell("no/such/notification", json!(null));
    assert_eq!(editor.ask_for("no/such/request", json!({})).expect_err("there is none")["code"], -32601);
    assert_eq!(
        editor.ask_for("textDocument/hover", json!({"position": "here"})).expect_err("no place")["code"],
        -32602
    );
    assert_eq!(editor.hover("never/opened.yaml", (9, 9)), "");
    let odd = "\u{feff}a: [\r\n- \t🚢: {{{\r\n---\r---\n\0";
    editor.show("k8s/odd.yaml", 1, odd);
    for line in 0..6 {
        for character in [0, 1, 2, 5, 99, u32::MAX] {
            editor.hover("k8s/odd.yaml", (line, character));
            editor.complete("k8s/odd.yaml", (line, character));
            editor.definition("k8s/odd.yaml", (line, character));
        }
    }
    let far = json!({"line": u32::MAX, "character": u32::MAX});
    editor.edit(
        "k8s/odd.yaml",
        2,
        &json!([{"range": {"start": far, "end": {"line": 0, "character": 0}}, "text": "x"}]),
    );
    editor.diagnostics("k8s/odd.yaml", 2);
    assert_eq!(editor.show("k8s/workload.yaml", 1, WORKLOAD), Vec::<Value>::new(), "it still answers");
    assert_eq!(editor.ask("shutdown", Value::Null), Value::Null);
    assert_eq!(editor.ask_for("textDocument/hover", json!({})).expect_err("it is shut down")["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().expect("it ends").code(), Some(0));
}

#[test]
fn what_a_kustomization_lists_is_judged_as_it_is_written() {
    let mut editor = Editor::open(
        &[
            (
                "base/kustomization.yaml",
                "resources: [service.yaml]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n",
            ),
            ("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {}\n"),
        ],
        json!({}),
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: pier}\nspec: {port: 80}\n";
    assert_eq!(codes(&editor.show("base/service.yaml", 1, service)), ["decode/unknown-field"]);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes: [{name: a, configMap: {name: }}]\n";
    editor.show("base/pod.yaml", 1, pod);
    let kustomization = "resources: [service.yaml, pod.yaml]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n";
    editor.show("base/kustomization.yaml", 1, kustomization);
    assert_eq!(labels(&editor.complete("base/pod.yaml", place(pod, "configMap: {name: ", 18))), ["made"]);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_setting_that_cannot_be_used_is_told_once_and_mended() {
    let mut editor = Editor::open(&[("seaworthy.toml", "exclude = 3\n"), ("a.yaml", NAMESPACE)], json!({}));
    assert_eq!(editor.show("a.yaml", 1, &NAMESPACE.replace("name: quay", "name: Quay")), Vec::<Value>::new());
    let told = editor.wait_for(|said| said["method"] == "window/showMessage");
    assert!(told["params"]["message"].as_str().is_some_and(|said| said.contains("seaworthy.toml:1:11")), "{told}");
    fs::write(editor.root.path().join("seaworthy.toml"), "exclude = []\n").expect("a file");
    let changes = json!({"changes": [{"uri": editor.uri("seaworthy.toml"), "type": 2}]});
    editor.tell("workspace/didChangeWatchedFiles", changes);
    assert_eq!(codes(&editor.diagnostics("a.yaml", 1)), ["api/name"]);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn what_nobody_tells_of_is_looked_for() {
    let mut editor = harbour();
    editor.show("k8s/workload.yaml", 1, WORKLOAD);
    fs::write(editor.root.path().join("k8s/pod.yaml"), POD).expect("a file");
    assert_eq!(codes(&editor.show("k8s/pod.yaml", 1, POD)), ["admission/pod-security"], "it came after the walk");
    let relaxed = NAMESPACE.replace("restricted", "privileged");
    fs::write(editor.root.path().join("k8s/a-namespace.yaml"), relaxed).expect("a file");
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": editor.uri("k8s/pod.yaml")}}));
    assert_eq!(editor.diagnostics("k8s/pod.yaml", 1), Vec::<Value>::new());
    assert_eq!(editor.leave(), 0);
    // A client that can be asked is asked, and then believed.
    let capabilities = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let mut editor = Editor::open(&[("a.yaml", NAMESPACE)], capabilities);
    let asked = editor.wait_for(|said| said["method"] == "client/registerCapability");
    assert_eq!(asked["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    editor.send(json!({"id": asked["id"], "result": null}));
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_file_outside_of_every_folder_is_judged_in_its_own_repository() {
    let mut editor = harbour();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let elsewhere = elsewhere.path().canonicalize().expect("it is there");
    for (path, text) in [(".git/HEAD", ""), ("m-namespace.yaml", NAMESPACE)] {
        fs::create_dir_all(elsewhere.join(path).parent().expect("a parent")).expect("directories");
        fs::write(elsewhere.join(path), text).expect("a file");
    }
    let uri = format!("file://{}", Path::new(&elsewhere).join("a.yaml").display());
    let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": SETTINGS});
    editor.tell("textDocument/didOpen", json!({"textDocument": document}));
    let said = editor.wait_for(|said| said["params"]["uri"] == json!(uri));
    let found = said["params"]["diagnostics"].as_array().expect("a list").clone();
    assert!(codes(&found).contains(&"apply/namespace-missing"), "{found:?}");
    assert_eq!(editor.leave(), 0);
}

#[test]
fn an_editor_is_told_neither_what_is_suppressed_nor_what_is_allowed() {
    let menu = |note: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: menu}}\ndata:\n  loaves: 5{note}\n  rolls: rye\n  rolls: oats\n"
        )
    };
    let config = "[levels]\n\"yaml/duplicate-key\" = \"allow\"\n";
    let mut editor = Editor::open(&[("menu.yaml", &menu("")), ("seaworthy.toml", config)], json!({}));
    let codes = |diagnostics: Vec<Value>| -> Vec<String> {
        diagnostics.iter().map(|one| one["code"].as_str().expect("a rule").to_owned()).collect()
    };
    assert_eq!(codes(editor.show("menu.yaml", 1, &menu(""))), ["decode/wrong-type"]);
    assert!(editor.change("menu.yaml", 2, &menu(" # seaworthy: ignore[decode] quoted later")).is_empty());
    let invalid = editor.change("menu.yaml", 3, &menu(" # seaworthy: ignore[decode]"));
    assert_eq!(codes(invalid), ["decode/wrong-type", "suppress/invalid"]);
    let unused = menu(" # seaworthy: ignore[decode] quoted later").replace("loaves: 5", "loaves: five");
    assert_eq!(codes(editor.change("menu.yaml", 4, &unused)), ["suppress/unused"]);
}
