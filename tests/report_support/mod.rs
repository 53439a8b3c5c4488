//! Reports built by hand: texts, places found by what stands there, and outcomes.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use seaworthy::apply::{ApplySet, Attempt, Method, Outcome};
use seaworthy::finding::{Finding, Level, Reason, Rule};
use seaworthy::object::{FieldPath, Origin, Segment};
use seaworthy::report::{FileCount, Format, Options, Report, Unchecked};
use seaworthy::source::{FileId, SourceFile, Span};
use seaworthy::yaml::{ByteRange, Text};

pub static UNKNOWN_FIELD: Rule = Rule {
    id: "decode/unknown-field",
    level: Level::Error,
    summary: "A field that the kind does not have",
    why: "kubectl asks for strict field validation, so the API server refuses fields it does not know instead of \
          dropping them.",
    docs: "",
};

pub static SELECTOR: Rule = Rule {
    id: "apps/selector-matches-template",
    level: Level::Error,
    summary: "A selector that does not match its own template",
    why: "A Deployment owns the Pods its selector finds; one that cannot find its own is refused.",
    docs: "",
};

pub static SYNTAX: Rule = Rule {
    id: "yaml/syntax",
    level: Level::Error,
    summary: "A document that is no YAML",
    why: "kubectl stops reading the file here: nothing behind this line is sent.",
    docs: "",
};

pub static NO_PODS: Rule = Rule {
    id: "cross/service-selects-nothing",
    level: Level::Warning,
    summary: "A Service that selects no Pod",
    why: "The Service is accepted and has no endpoint: every connection to it is refused.",
    docs: "",
};

pub static NO_LIMITS: Rule = Rule {
    id: "advice/no-memory-limit",
    level: Level::Advice,
    summary: "A container without a memory limit",
    why: "One leak takes the node's memory.",
    docs: "",
};

pub static SECRET_TYPE: Rule = Rule {
    id: "decode/base64",
    level: Level::Error,
    summary: "Data that is no base64",
    why: "The values below `data` of a Secret are bytes, and JSON has no bytes: they are written in base64.",
    docs: "",
};

/// A report under way.
#[derive(Default)]
pub struct Builder {
    pub report: Report,
}

impl Builder {
    pub fn file(&mut self, name: &str, text: &str) -> FileId {
        let text = Text { text: text.into(), replaced: Vec::new() };
        self.report.sources.add(SourceFile::new(name.to_owned(), text))
    }

    /// The place of `what` in the file; the first one behind `behind`.
    pub fn span(&self, file: FileId, behind: &str, what: &str) -> Span {
        let text = &self.report.sources.get(file).text.text;
        let from = text.find(behind).expect("the text has this") + behind.len();
        let start = from + text[from..].find(what).expect("the text has that behind it");
        Span { file, range: ByteRange::new(start as u32, (start + what.len()) as u32) }
    }

    pub fn files(&mut self, counts: &[(&'static str, usize)]) {
        self.report.files = counts.iter().map(|(class, files)| FileCount { class, files: *files }).collect();
    }

    pub fn unchecked(&mut self, class: &'static str, what: &str, why: &str) {
        self.report.unchecked.push(Unchecked { what: what.to_owned(), class, why: why.to_owned(), span: None });
    }

    pub fn set(&mut self, name: &str, attempts: Vec<Attempt>) {
        self.report.sets.push(ApplySet {
            name: name.to_owned(),
            method: Method::Kubectl,
            attempts,
            pruned: Vec::new(),
        });
    }

    pub fn write(&self, format: Format, options: &Options) -> String {
        let mut out = Vec::new();
        seaworthy::report::write(&self.report, format, &mut out, options).expect("a vector takes everything");
        String::from_utf8(out).expect("reports are UTF-8")
    }
}

pub fn origin(file: FileId, document: u32) -> Origin {
    Origin { file, document, item: None }
}

/// `object` is `apiVersion Kind namespace/name`, without `namespace/` where there is none.
pub fn attempt(origin: Origin, object: &str, outcome: Outcome) -> Attempt {
    let mut words = object.split(' ');
    let api_version = words.next().unwrap_or_default().to_owned();
    let kind = words.next().unwrap_or_default().to_owned();
    let rest = words.next().unwrap_or_default();
    let (namespace, name) = match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, rest.to_owned()),
    };
    Attempt {
        origin,
        api_version,
        kind,
        namespace,
        name,
        outcome,
        reason: None,
        unchecked: None,
        verdict: None,
        changes: Vec::new(),
    }
}

pub fn because(attempt: Attempt, reason: &str) -> Attempt {
    Attempt { reason: Some(reason.to_owned()), ..attempt }
}

pub fn field(path: &[&str]) -> FieldPath {
    FieldPath(
        path.iter()
            .map(|step| step.parse().map_or_else(|_| Segment::Field((*step).to_owned()), Segment::Index))
            .collect(),
    )
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n";
const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: api-config
  namespace: web
data:
  LOG_LEVEL: info
---
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: web
spec:
  selector:
    app: api
  ports:
    - port: 80
";
const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: web
spec:
  replica: 3
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api-server
    spec:
      containers:
        - name: api
          image: registry.example.com/web/api:1.4.2
";
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: web
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: web
spec:
  ports:
  - port: 80
   targetPort: http
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: web
";

/// A directory of which an apply goes through but for one Deployment, and stops in the midst of one file.
pub fn origin_story() -> Builder {
    let mut story = Builder::default();
    let namespace = story.file("manifests/00-namespace.yaml", NAMESPACE);
    let config = story.file("manifests/10-config.yaml", CONFIG);
    let api = story.file("manifests/20-api.yaml", API);
    let web = story.file("manifests/30-web.yaml", WEB);

    let unknown = Finding {
        reason: None,
        field: field(&["spec", "replica"]),
        object: Some(origin(api, 0)),
        ..Finding::at(
            &UNKNOWN_FIELD,
            "strict decoding error: unknown field \"spec.replica\"",
            story.span(api, "spec:", "replica"),
        )
        .saying("a Deployment has no such field; `replicas` comes nearest")
        .with_help("Write `replicas: 3`.")
    };
    let selector = Finding {
        reason: Some(Reason::Invalid),
        field: field(&["spec", "template", "metadata", "labels"]),
        object: Some(origin(api, 0)),
        ..Finding::at(
            &SELECTOR,
            "spec.template.metadata.labels: Invalid value: {\"app\":\"api-server\"}: `selector` does not match \
             template `labels`",
            story.span(api, "labels:", "app: api-server"),
        )
        .saying("the Pods carry this")
        .with_label(story.span(api, "matchLabels:", "app: api"), "the Deployment looks for this")
        .with_help("Give both the same labels. A selector cannot be changed later, so look twice.")
    };
    let syntax = Finding {
        object: Some(origin(web, 1)),
        ..Finding::at(
            &SYNTAX,
            "error converting YAML to JSON: yaml: line 10: did not find expected '-' indicator",
            story.span(web, "80\n", "   targetPort"),
        )
        .saying("indented less than `port` above")
    };
    let no_pods = Finding {
        object: Some(origin(config, 1)),
        field: field(&["spec", "selector"]),
        ..Finding::at(
            &NO_PODS,
            "no Pod of this set has the labels app=api",
            story.span(config, "selector:", "app: api"),
        )
        .with_label(story.span(api, "template:", "app: api-server"), "the nearest: the Pods of Deployment web/api")
        .with_help("Make the selector match the Pods' labels.")
    };
    story.report.findings = vec![selector, no_pods, syntax, unknown];
    story.report.sort();

    story.set(
        "manifests",
        vec![
            attempt(origin(namespace, 0), "v1 Namespace web", Outcome::Created),
            attempt(origin(config, 0), "v1 ConfigMap web/api-config", Outcome::Created),
            attempt(origin(config, 1), "v1 Service web/api", Outcome::Created),
            because(
                attempt(origin(api, 0), "apps/v1 Deployment web/api", Outcome::Failed),
                "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown \
                 field \"spec.replica\"",
            ),
            attempt(origin(web, 0), "apps/v1 Deployment web/web", Outcome::Created),
            because(
                attempt(origin(web, 1), "v1 Service web/web", Outcome::Failed),
                "error converting YAML to JSON: yaml: line 10: did not find expected '-' indicator",
            ),
            because(
                attempt(origin(web, 2), "networking.k8s.io/v1 Ingress web/web", Outcome::Skipped),
                "behind an error that ends the reading of the file",
            ),
        ],
    );
    story.files(&[("manifest", 4), ("kustomization", 1), ("workflow", 2)]);
    story.unchecked("helm-chart", "charts/redis", "a chart is judged once it is rendered: `helm template`");
    story.unchecked("helm-chart", "charts/search", "a chart is judged once it is rendered: `helm template`");
    story.unchecked("sops", "manifests/secrets.enc.yaml", "encrypted with SOPS: what is applied is not in the file");
    story
}

/// How many objects a set has that is folded in part, and which of them is refused.
pub const FOLDED_SET: (usize, usize) = (20, 14);

/// A set of `count` objects of which those in `failed` are refused.
pub fn config_maps(builder: &mut Builder, name: &str, count: usize, failed: &[usize]) {
    let file = builder.file(&format!("{name}/config.yaml"), "kind: ConfigMap\n");
    let attempts = (0..count).map(|index| {
        let outcome = if failed.contains(&index) { Outcome::Failed } else { Outcome::Created };
        let made = attempt(origin(file, index as u32), &format!("v1 ConfigMap {name}/settings-{index:02}"), outcome);
        if outcome == Outcome::Failed {
            because(made, "data.KEY: Invalid value: \"\": must not be empty")
        } else {
            made
        }
    });
    let attempts: Vec<Attempt> = attempts.collect();
    builder.set(name, attempts);
}

/// A set that goes through, with one object whose kind is not known.
pub fn plan_with_an_unknown_kind() -> Builder {
    let mut builder = Builder::default();
    let file = builder.file("app.yaml", "kind: Namespace\n");
    let objects = [
        ("v1 Namespace shop", Outcome::Unchanged),
        ("v1 Service shop/web", Outcome::Configured),
        ("apps/v1 Deployment shop/web", Outcome::Created),
        ("rbac.authorization.k8s.io/v1 ClusterRole web-reader", Outcome::Created),
        ("cert-manager.io/v1 Certificate shop/web", Outcome::Created),
    ];
    let mut attempts: Vec<Attempt> =
        objects.iter().zip(0..).map(|((object, outcome), at)| attempt(origin(file, at), object, *outcome)).collect();
    attempts[4].unchecked = Some("no schema for cert-manager.io/v1 Certificate; name its CRD with --crds".to_owned());
    builder.set("app.yaml", attempts);
    builder.files(&[("manifest", 1)]);
    builder
}

/// A Secret of which two values are no base64.
pub fn masked_secret() -> Builder {
    let text = "\
kind: Secret
data:
  password: not base64!
  token: |
    b25l
    dHdv
  user: !!binary YWRtaW4=
type: Opaque
";
    let mut builder = Builder::default();
    let file = builder.file("secret.yaml", text);
    let password = builder.span(file, "password: ", "not base64!");
    builder.report.findings = vec![Finding {
        field: field(&["data", "password"]),
        ..Finding::at(&SECRET_TYPE, "illegal base64 data at input byte 3", password)
            .saying("not in base64")
            .with_label(builder.span(file, "user: ", "!!binary YWRtaW4="), "nor is this")
    }];
    for (behind, what) in
        [("password: ", "not base64!"), ("token: ", "|\n    b25l\n    dHdv"), ("user: ", "!!binary YWRtaW4=")]
    {
        let span = builder.span(file, behind, what);
        builder.report.sensitive.push(span);
    }
    builder
}
