//! The JSON form, version 1, and its schema.

mod report_support;

use report_support::{Builder, UNKNOWN_FIELD, attempt, field, origin, origin_story};
use seaworthy::apply::Outcome;
use seaworthy::finding::{Applicability, Edit, Finding, Fix};
use seaworthy::object::Origin;
use seaworthy::report::{Format, Options};
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../schemas/report-v1.schema.json")).expect("the schema is JSON")
}

fn parsed(builder: &Builder) -> Value {
    serde_json::from_str(&builder.write(Format::Json, &Options::default())).expect("the report is JSON")
}

/// The schema with no property allowed that it does not describe: programs may be sent more one day, these tests not.
fn closed(schema: &Value) -> Value {
    let mut closed = schema.clone();
    let mut open: Vec<&mut Value> = vec![&mut closed];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("properties") {
                    fields.insert("additionalProperties".to_owned(), false.into());
                }
                open.extend(fields.values_mut());
            }
            Value::Array(values) => open.extend(values.iter_mut()),
            _ => {}
        }
    }
    closed
}

fn assert_valid(report: &Value) {
    let validator = jsonschema::draft202012::new(&closed(&schema())).expect("the schema is a schema");
    let errors: Vec<String> = validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn origin_story_json() {
    insta::assert_snapshot!(origin_story().write(Format::Json, &Options::default()));
}

#[test]
fn reports_follow_the_schema() {
    assert_valid(&parsed(&origin_story()));
    assert_valid(&parsed(&Builder::default()));
}

#[test]
fn the_schema_describes_every_property() {
    fn visit(at: &str, value: &Value) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            if name == "properties" {
                for (property, described) in inner.as_object().into_iter().flatten() {
                    let description = described.get("description").and_then(Value::as_str).unwrap_or_default();
                    assert!(!description.is_empty(), "{at}/{property} has no description");
                }
            }
            visit(&format!("{at}/{name}"), inner);
        }
    }
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "the schema is no draft 2020-12 schema");
    visit("", &schema);
}

#[test]
fn an_object_in_a_list_has_its_item() {
    let mut builder = Builder::default();
    let file = builder.file("list.yaml", "kind: List\n");
    let item = Origin { item: Some(2), ..origin(file, 1) };
    builder.set("list.yaml", vec![attempt(item, "v1 ConfigMap web/settings", Outcome::Configured)]);
    let report = parsed(&builder);
    assert_valid(&report);
    assert_eq!(
        report["objects"],
        json!([{
            "set": 0, "file": "list.yaml", "document": 1, "item": 2, "apiVersion": "v1", "kind": "ConfigMap",
            "namespace": "web", "name": "settings", "outcome": "configured"
        }])
    );
}

#[test]
fn an_object_that_is_not_judged_in_full_is_listed_as_unchecked() {
    let mut builder = Builder::default();
    let file = builder.file("tls.yaml", "kind: Certificate\n");
    let mut certificate = attempt(origin(file, 0), "cert-manager.io/v1 Certificate web/tls", Outcome::Created);
    certificate.unchecked = Some("no schema for this kind".to_owned());
    builder.set("tls.yaml", vec![certificate]);
    let report = parsed(&builder);
    assert_valid(&report);
    assert_eq!(report["summary"]["unchecked"], 1);
    assert_eq!(report["objects"][0]["unchecked"], "no schema for this kind");
    assert_eq!(
        report["unchecked"],
        json!([{
            "what": "certificate.cert-manager.io/tls (tls.yaml)", "class": "object", "why": "no schema for this kind"
        }])
    );
}

#[test]
fn a_fix_is_told_with_its_edits() {
    let mut builder = Builder::default();
    let file = builder.file("a.yaml", "spec:\n  replica: 1\n");
    let span = builder.span(file, "", "replica");
    let fix = Fix {
        title: "rename `replica` to `replicas`".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span, text: "replicas".to_owned() }],
    };
    builder.report.findings = vec![Finding::at(&UNKNOWN_FIELD, "unknown field", span).with_fix(fix)];
    let report = parsed(&builder);
    assert_valid(&report);
    assert_eq!(
        report["findings"][0]["fix"],
        json!({
            "title": "rename `replica` to `replicas`", "applicability": "unsafe",
            "edits": [{
                "file": "a.yaml", "text": "replicas",
                "start": {"line": 2, "column": 3, "offset": 8},
                "end": {"line": 2, "column": 10, "offset": 15},
            }]
        })
    );
}

#[test]
fn columns_count_characters_and_offsets_bytes() {
    let mut builder = Builder::default();
    let file = builder.file("größe.yaml", "a: 1\nä: {ß: x}\n");
    let span = builder.span(file, "ß: ", "x");
    builder.report.findings = vec![Finding::at(&UNKNOWN_FIELD, "unknown field \"ä.ß\"", span)];
    let report = parsed(&builder);
    assert_eq!(
        report["findings"][0]["labels"][0],
        json!({
            "file": "größe.yaml", "text": "",
            "start": {"line": 2, "column": 8, "offset": 14},
            "end": {"line": 2, "column": 9, "offset": 15},
        })
    );
}

/// One unknown field of one Deployment, behind so many comment lines, in the file of that name.
fn fingerprint(file: &str, lines_before: usize, name: &str, path: &[&str]) -> String {
    let mut builder = Builder::default();
    let file = builder.file(file, &format!("{}replica: 1\n", "# moved\n".repeat(lines_before)));
    let span = builder.span(file, "", "replica");
    builder.report.findings = vec![Finding {
        field: field(path),
        object: Some(origin(file, 0)),
        ..Finding::at(&UNKNOWN_FIELD, "unknown field", span)
    }];
    builder.set("set", vec![attempt(origin(file, 0), &format!("apps/v1 Deployment {name}"), Outcome::Failed)]);
    parsed(&builder)["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn fingerprints_outlive_moves_and_tell_findings_apart() {
    let path = ["spec", "replica"];
    let kept = fingerprint("a.yaml", 0, "web/api", &path);
    assert_eq!(kept, fingerprint("a.yaml", 40, "web/api", &path));
    assert_eq!(kept, fingerprint("moved/b.yaml", 0, "web/api", &path));
    assert_ne!(kept, fingerprint("a.yaml", 0, "web/other", &path));
    assert_ne!(kept, fingerprint("a.yaml", 0, "other/api", &path));
    assert_ne!(kept, fingerprint("a.yaml", 0, "web/api", &["spec", "replicas"]));
    // Frozen: baselines in other people's repositories hold values like this one.
    assert_eq!(kept, fnv1a(&["decode/unknown-field", "apps/v1", "Deployment", "web", "api", "spec.replica"]));
}

/// FNV-1a, 64 bits, of each text and a zero byte, written out from its definition.
fn fnv1a(texts: &[&str]) -> String {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
