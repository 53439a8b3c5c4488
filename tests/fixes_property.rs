//! Fixes of random slips: a valid text is spoilt in some places, fixed, and must be what it was.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use seaworthy::finding::Applicability;
use seaworthy::fix;
use seaworthy::pipeline::{CheckRequest, check};
use seaworthy::report::Report;
use seaworthy::yaml::{ByteRange, Content, Kind, NodeRef, Options, Stream, Style, Text, read};
use std::sync::Arc;

/// Block style, with comments in every place that can have one.
const BLOCK: &str = r#"# The stall and what it needs.
apiVersion: v1
kind: ConfigMap # read by the stall
metadata:
  name: stall
  labels:
    tier: "1"   # as text
    fresh: 'true'
data:
  PORT: "8080"
  RATIO: '0.5'
  # nobody reads this one
  EMPTY: ""
immutable: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: stall
spec:
  replicas: 2 # two are enough
  minReadySeconds: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      app: stall
  template:
    metadata:
      labels: {app: stall, "shelf": "7"}
    spec:
      restartPolicy: Always
      dnsPolicy: "ClusterFirst"
      hostNetwork: false
      terminationGracePeriodSeconds: 30
      containers:
        # the only one
        - name: stall
          image: registry.example.com/stall:1.4
          imagePullPolicy: 'IfNotPresent'
          env:
            - name: LIMIT
              value: "12"
            - {name: DEBUG, value: "false"}
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          readinessProbe:
            httpGet:
              path: /
              port: http
              scheme: HTTP
            periodSeconds: 3
          securityContext:
            runAsNonRoot: true
            runAsUser: 1000
---

apiVersion: v1
kind: Service
metadata: {name: stall}
spec:
  type: ClusterIP
  sessionAffinity: None
  publishNotReadyAddresses: true
  selector: {app: stall}
  ports:
  - port: 80
    targetPort: http
    protocol: TCP
"#;

/// The style of JSON, read as YAML in part: keys without quotes, a comment, a comma at the end.
const FLOW: &str = r#"{apiVersion: v1, kind: List, items: [
  {apiVersion: batch/v1, kind: CronJob, metadata: {name: "count", annotations: {"every": "1", plain: 'true'}}, spec: {
    schedule: "0 4 * * *", # at night
    concurrencyPolicy: Forbid, suspend: true, successfulJobsHistoryLimit: 2,
    jobTemplate: {spec: {backoffLimit: 3, completionMode: NonIndexed, template: {spec: {
      restartPolicy: OnFailure,
      containers: [{name: count, image: "registry.example.com/count", imagePullPolicy: Always, tty: false}],
      volumes: [{name: ledger, emptyDir: {medium: Memory}}],
    }}}}}},
  {apiVersion: v1, kind: ServiceAccount, metadata: {name: count}, automountServiceAccountToken: false},
]}
"#;

const JSON: &str = r#"{
  "apiVersion": "networking.k8s.io/v1",
  "kind": "Ingress",
  "metadata": {"name": "front", "annotations": {"weight": "10", "sticky": "true"}},
  "spec": {
    "rules": [
      {"host": "front.example.com", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "front", "port": {"number": 80}}}},
        {"path":"/api","pathType":"Exact","backend":{"service":{"name":"api","port":{"number":8080}}}}
      ]}}
    ]
  }
}
"#;

/// A place to spoil: what stands there, what is put there, and what a fix makes of that.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slip {
    range: ByteRange,
    spoilt: String,
    fixed: String,
}

fn stream(text: &str) -> Stream {
    read(&Text { text: text.into(), replaced: Vec::new() }, &Options::default())
}

fn values(text: &str) -> Vec<serde_json::Value> {
    let stream = stream(text);
    let value = |content: &Content| match content {
        Content::Value(tree) => Some(tree.root().to_json()),
        Content::Empty => None,
        Content::Error(error) => panic!("{error:?} in\n{text}"),
    };
    stream.documents.iter().filter_map(|document| value(&document.content)).collect()
}

/// Maps whose keys are the user's, and whose values are texts.
const MAPS: [&str; 6] = ["annotations", "data", "labels", "matchLabels", "nodeSelector", "selector"];

/// Texts that are one of few.
const WORDS: [&str; 14] = [
    "Always",
    "ClusterFirst",
    "ClusterIP",
    "Exact",
    "Forbid",
    "HTTP",
    "IfNotPresent",
    "NonIndexed",
    "None",
    "OnFailure",
    "Prefix",
    "RollingUpdate",
    "TCP",
    "TCP",
];

/// What may be spoilt below a node such that what was meant is certain.
fn slips(text: &str, node: NodeRef<'_>, in_map: bool, at_root: bool, seed: usize, found: &mut Vec<Slip>) {
    for entry in node.entries() {
        let (name, key) = (entry.name(), entry.key.range());
        let is_known_first = at_root || ["name", "apiVersion", "kind", "items"].contains(&name);
        if !in_map && !is_known_first {
            let written = &text[key.start as usize..key.end as usize];
            let at = seed % name.len();
            let other: String = name
                .char_indices()
                .map(|(index, letter)| match letter {
                    _ if index != at => letter,
                    letter if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
                    letter => letter.to_ascii_lowercase(),
                })
                .collect();
            found.push(Slip { range: key, spoilt: written.replace(name, &other), fixed: written.to_owned() });
        }
        let below = MAPS.contains(&name) && entry.value.entries().all(|entry| entry.value.kind() == Kind::String);
        if name == "kind" {
            let written = written(text, entry.value);
            // kubectl takes the list of no other spelling apart.
            if !written.contains("List") {
                let slip =
                    Slip { range: entry.value.range(), spoilt: written.to_lowercase(), fixed: written.to_owned() };
                found.push(slip);
            }
        } else {
            value_slips(text, name, entry.value, in_map, seed, found);
        }
        slips(text, entry.value, below, false, seed, found);
    }
    for element in node.elements() {
        slips(text, element, false, element.get("apiVersion").is_some(), seed, found);
    }
}

fn written<'t>(text: &'t str, node: NodeRef<'_>) -> &'t str {
    &text[node.range().start as usize..node.range().end as usize]
}

fn value_slips(text: &str, name: &str, node: NodeRef<'_>, in_map: bool, seed: usize, found: &mut Vec<Slip>) {
    let written = written(text, node);
    let range = node.range();
    match node.kind() {
        Kind::Int | Kind::Bool if !["maxSurge", "maxUnavailable"].contains(&name) => {
            let quote = if seed.is_multiple_of(2) || text.starts_with("{\n") { '"' } else { '\'' };
            found.push(Slip { range, spoilt: format!("{quote}{written}{quote}"), fixed: written.to_owned() });
        }
        Kind::String if WORDS.contains(&node.as_str().unwrap_or_default()) => {
            let word = node.as_str().unwrap_or_default();
            let other = if seed.is_multiple_of(2) && word != "TCP" && word != "HTTP" {
                word.to_uppercase()
            } else {
                word.to_lowercase()
            };
            found.push(Slip { range, spoilt: written.replace(word, &other), fixed: written.to_owned() });
        }
        Kind::String if in_map || name == "value" => {
            let meant = node.as_str().unwrap_or_default();
            let is_other = meant.parse::<f64>().is_ok() || meant == "true" || meant == "false";
            if is_other && node.style() != Style::Plain {
                found.push(Slip { range, spoilt: meant.to_owned(), fixed: format!("\"{meant}\"") });
            }
        }
        _ => {}
    }
}

/// The text with each slip's place replaced.
fn replaced(text: &str, slips: &[Slip], by: fn(&Slip) -> &str) -> String {
    let mut slips = slips.to_vec();
    slips.sort_by_key(|slip| slip.range);
    let mut replaced = String::new();
    let mut from = 0;
    for slip in &slips {
        replaced.push_str(&text[from..slip.range.start as usize]);
        replaced.push_str(by(slip));
        from = slip.range.end as usize;
    }
    replaced + &text[from..]
}

/// A text judged and fixed until nothing is left to fix; the last report too.
fn fixed(text: &str, at_least: Applicability) -> (String, Report) {
    let mut request = CheckRequest { paths: vec!["-".to_owned()], ..CheckRequest::default() };
    let mut text: Arc<str> = text.into();
    for _ in 0..8 {
        request.instead.insert(String::new(), Arc::clone(&text).into());
        let report = check(&request, &mut std::io::empty()).expect("standard input is read");
        let made = fix::make(&report, at_least);
        assert!(made.broken.is_empty(), "a fix breaks\n{text}");
        let Some(fixed) = made.fixed.into_iter().next() else { return (text.to_string(), report) };
        text = fixed.text;
    }
    panic!("there is no end to fixing\n{text}");
}

fn all_slips(text: &str, seed: usize) -> Vec<Slip> {
    let stream = stream(text);
    let mut found = Vec::new();
    for document in &stream.documents {
        if let Content::Value(tree) = &document.content {
            slips(text, tree.root(), false, true, seed, &mut found);
        }
    }
    found.sort_by_key(|slip| slip.range);
    found.dedup_by_key(|slip| slip.range);
    found.retain(|slip| slip.spoilt != text[slip.range.start as usize..slip.range.end as usize]);
    found
}

fn texts() -> impl Strategy<Value = String> {
    let texts = [BLOCK, FLOW, JSON].map(str::to_owned);
    let windows = [BLOCK, FLOW, JSON].map(|text| text.replace('\n', "\r\n"));
    prop::sample::select([texts, windows].concat())
}

fn spoilt_texts() -> impl Strategy<Value = (String, Vec<Slip>)> {
    (texts(), any::<usize>()).prop_flat_map(|(text, seed)| {
        let slips = all_slips(&text, seed);
        (Just(text), subsequence(slips, 1..=4))
    })
}

#[test]
fn the_texts_are_whole() {
    for text in [BLOCK, FLOW, JSON] {
        let (unchanged, report) = fixed(text, Applicability::Unsafe);
        assert_eq!(unchanged, text);
        let messages: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, [""; 0]);
    }
    assert!(all_slips(BLOCK, 0).len() > 50 && all_slips(JSON, 1).len() > 15);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_meant_is_written_and_every_other_byte_stays((text, slips) in spoilt_texts()) {
        let spoilt = replaced(&text, &slips, |slip| &slip.spoilt);
        let (fixed, report) = fixed(&spoilt, Applicability::Safe);
        prop_assert_eq!(&fixed, &replaced(&text, &slips, |slip| &slip.fixed), "{:?}", slips);
        prop_assert_eq!(values(&fixed), values(&text));
        prop_assert!(report.findings.is_empty());
    }

    #[test]
    fn a_guess_changes_nothing_but_the_word_it_is_about(
        text in texts(), which in any::<Index>(), at in any::<Index>(), letter in "[a-z]"
    ) {
        let slips = all_slips(&text, 0);
        let Slip { range, fixed: meant, .. } = &slips[which.index(slips.len())];
        let (before, after) = (&text[..range.start as usize], &text[range.end as usize..]);
        let mut word = meant.clone();
        let letters: Vec<usize> = word.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at).collect();
        if !letters.is_empty() {
            let at = letters[at.index(letters.len())];
            word.replace_range(at..=at, &letter);
        }
        let (fixed, _) = fixed(&[before, &word, after].concat(), Applicability::Unsafe);
        prop_assert!(fixed.starts_with(before) && fixed.ends_with(after), "{} for {}", fixed, word);
        values(&fixed);
    }
}
