//! How long a report of ten thousand objects takes to write.

use divan::Bencher;
use seaworthy::apply::{ApplySet, Attempt, Method, Outcome};
use seaworthy::finding::{Finding, Level, Rule};
use seaworthy::object::Origin;
use seaworthy::report::{Format, Options, Report};
use seaworthy::source::{SourceFile, Span};
use seaworthy::yaml::{ByteRange, Text};

static RULE: Rule = Rule { id: "bench/rule", level: Level::Error, summary: "summary", why: "why", docs: "" };

fn main() {
    divan::main();
}

/// Objects in files of a hundred documents, every `step`th of them refused with one finding.
fn report(objects: u32, step: u32) -> Report {
    let document = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  key: value\n---\n";
    let text: String = document.repeat(100);
    let mut report = Report::default();
    let mut attempts = Vec::new();
    let mut file = None;
    for index in 0..objects {
        if index % 100 == 0 {
            let text = Text { text: text.as_str().into(), replaced: Vec::new() };
            file = Some(report.sources.add(SourceFile::new(format!("manifests/{index}.yaml"), text)));
        }
        let Some(file) = file else { continue };
        let origin = Origin { file, document: index % 100, item: None };
        let failed = index % step == 0;
        attempts.push(Attempt {
            origin,
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: Some("shop".to_owned()),
            name: format!("settings-{index}"),
            outcome: if failed { Outcome::Failed } else { Outcome::Created },
            reason: failed.then(|| "unknown field \"key\"".to_owned()),
            unchecked: None,
            verdict: None,
            changes: Vec::new(),
        });
        if failed {
            let start = (index % 100) * document.len() as u32 + 68;
            let span = Span { file, range: ByteRange::new(start, start + 3) };
            report.findings.push(Finding { object: Some(origin), ..Finding::at(&RULE, "unknown field \"key\"", span) });
        }
    }
    report.sets.push(ApplySet { name: "manifests".to_owned(), method: Method::Kubectl, attempts, pruned: Vec::new() });
    report
}

#[divan::bench(args = [1, 100, 10_000])]
fn human(bencher: Bencher<'_, '_>, step: u32) {
    written(bencher, step, Format::Human);
}

#[divan::bench(args = [1, 100, 10_000])]
fn json(bencher: Bencher<'_, '_>, step: u32) {
    written(bencher, step, Format::Json);
}

fn written(bencher: Bencher<'_, '_>, step: u32, format: Format) {
    bencher.with_inputs(|| report(10_000, step)).bench_refs(|report| {
        let mut out = Vec::new();
        let written = seaworthy::report::write(report, format, &mut out, &Options::default());
        (written.is_ok(), out.len())
    });
}
