//! The JSON report, version 1: frozen.
//!
//! Apart from every internal type, so that none of them can change what programs read. Fields may be added; none may
//! change its meaning or go. The schema is `schemas/report-v1.schema.json`; a test holds the two together.

use super::{Report, fingerprint::fingerprint};
use crate::apply::{ApplySet, Attempt, Method, Outcome};
use crate::finding::{By, Edit, Finding, Fix, Label, Level, SetAside};
use crate::object::Origin;
use crate::source::Span;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io;

#[derive(Serialize)]
struct ReportV1<'r> {
    version: u32,
    sets: Vec<SetV1<'r>>,
    objects: Vec<ObjectV1<'r>>,
    findings: Vec<FindingV1<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressed: Vec<FindingV1<'r>>,
    unchecked: Vec<UncheckedV1<'r>>,
    files: BTreeMap<&'r str, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeV1<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'r str>,
    summary: SummaryV1,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeV1<'r> {
    about: &'r str,
    sets_untouched: usize,
    findings_known: usize,
    sets_known: usize,
    objects_known: usize,
    findings_elsewhere: usize,
}

#[derive(Serialize)]
struct SetV1<'r> {
    name: &'r str,
    method: &'static str,
    whole: bool,
    objects: usize,
    live: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pruned: Vec<PrunedV1<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrunedV1<'r> {
    api_version: &'r str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectV1<'r> {
    set: usize,
    file: &'r str,
    document: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    api_version: &'r str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: &'r str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeV1<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictV1<'r>>,
}

#[derive(Serialize)]
struct VerdictV1<'r> {
    judge: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<OpinionV1<'r>>,
}

#[derive(Serialize)]
struct OpinionV1<'r> {
    judge: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct ChangeV1<'r> {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'r serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'r serde_json::Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    refused: bool,
}

#[derive(Serialize)]
struct FindingV1<'r> {
    rule: &'static str,
    level: &'static str,
    message: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    why: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<ObjectPlaceV1<'r>>,
    labels: Vec<LabelV1<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixV1<'r>>,
    fingerprint: String,
    #[serde(skip_serializing_if = "is_false")]
    denied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionV1<'r>>,
}

#[derive(Serialize)]
struct SuppressionV1<'r> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct FixV1<'r> {
    title: &'r str,
    applicability: &'static str,
    edits: Vec<EditV1<'r>>,
}

#[derive(Serialize)]
struct EditV1<'r> {
    #[serde(flatten)]
    place: PlaceV1<'r>,
    text: &'r str,
}

#[derive(Serialize)]
struct ObjectPlaceV1<'r> {
    file: &'r str,
    document: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
}

#[derive(Serialize)]
struct LabelV1<'r> {
    #[serde(flatten)]
    place: PlaceV1<'r>,
    text: &'r str,
}

#[derive(Serialize)]
struct PlaceV1<'r> {
    file: &'r str,
    start: PositionV1,
    end: PositionV1,
}

#[derive(Serialize)]
struct PositionV1 {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
struct UncheckedV1<'r> {
    what: &'r str,
    class: &'static str,
    why: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceV1<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryV1 {
    whole: bool,
    sets: usize,
    sets_whole: usize,
    objects: OutcomesV1,
    findings: LevelsV1,
    unchecked: usize,
    fails: bool,
    #[serde(skip_serializing_if = "is_zero")]
    denied: usize,
    #[serde(skip_serializing_if = "is_zero")]
    suppressed: usize,
    #[serde(skip_serializing_if = "is_zero")]
    in_baseline: usize,
    #[serde(skip_serializing_if = "is_zero")]
    allowed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_from_baseline: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Default, Serialize)]
struct OutcomesV1 {
    total: usize,
    live: usize,
    created: usize,
    configured: usize,
    unchanged: usize,
    failed: usize,
    skipped: usize,
}

#[derive(Serialize)]
struct LevelsV1 {
    error: usize,
    warning: usize,
    advice: usize,
}

/// Writes the report as one JSON object, indented by two spaces, with a newline at the end.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let unchecked = report.all_unchecked();
    serde_json::to_writer_pretty(&mut out, &translate(report, &unchecked)).map_err(io::Error::from)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

fn translate<'r>(report: &'r Report, unchecked: &'r [super::Unchecked]) -> ReportV1<'r> {
    let by_origin = report.attempts_by_origin();
    let attempts = || report.sets.iter().enumerate().flat_map(|(set, s)| s.attempts.iter().map(move |a| (set, a)));
    let mut files = BTreeMap::new();
    for count in &report.files {
        *files.entry(count.class).or_default() += count.files;
    }
    ReportV1 {
        version: 1,
        sets: report.sets.iter().map(set).collect(),
        objects: attempts().map(|(set, attempt)| object(report, set, attempt)).collect(),
        findings: report
            .findings
            .iter()
            .map(|f| finding(report, f, f.object.and_then(|origin| by_origin.get(&origin).copied())))
            .collect(),
        suppressed: report.aside.iter().filter_map(|one| suppressed(report, one, &by_origin)).collect(),
        unchecked: unchecked
            .iter()
            .map(|u| UncheckedV1 {
                what: &u.what,
                class: u.class,
                why: &u.why,
                place: u.span.map(|span| place(report, span)),
            })
            .collect(),
        files,
        server: report.server.as_deref(),
        scope: report.scope.as_ref().map(|scope| ScopeV1 {
            about: &scope.about,
            sets_untouched: scope.sets_untouched,
            findings_known: scope.findings_known,
            sets_known: scope.sets_known,
            objects_known: scope.objects_known,
            findings_elsewhere: scope.findings_elsewhere,
        }),
        summary: SummaryV1 {
            whole: report.sets.iter().all(ApplySet::is_whole),
            sets: report.sets.len(),
            sets_whole: report.sets.iter().filter(|set| set.is_whole()).count(),
            objects: outcomes(attempts().map(|(_, attempt)| attempt)),
            findings: LevelsV1 {
                error: report.count(Level::Error),
                warning: report.count(Level::Warning),
                advice: report.count(Level::Advice),
            },
            unchecked: unchecked.len(),
            fails: report.fails(),
            denied: report.denied(),
            suppressed: report.count_aside(|by| matches!(by, By::InSource(_))),
            in_baseline: report.count_aside(|by| *by == By::Baseline),
            allowed: report.count_aside(|by| *by == By::Choice),
            gone_from_baseline: report.baseline.as_ref().and_then(|baseline| baseline.gone),
        },
    }
}

fn set(set: &ApplySet) -> SetV1<'_> {
    SetV1 {
        name: &set.name,
        method: match set.method {
            Method::Kubectl => "kubectl-apply",
            Method::KubectlServerSide => "kubectl-apply-server-side",
            Method::KubectlCreate => "kubectl-create",
            Method::Kustomize => "kustomize",
            Method::Helm => "helm",
            Method::ArgoCd => "argo-cd",
            Method::Flux => "flux",
        },
        whole: set.is_whole(),
        objects: set.attempts.len(),
        live: set.attempts.iter().filter(|attempt| attempt.outcome.is_live()).count(),
        pruned: set
            .pruned
            .iter()
            .map(|pruned| PrunedV1 {
                api_version: &pruned.api_version,
                kind: &pruned.kind,
                namespace: pruned.namespace.as_deref(),
                name: &pruned.name,
            })
            .collect(),
    }
}

fn object<'r>(report: &'r Report, set: usize, attempt: &'r Attempt) -> ObjectV1<'r> {
    ObjectV1 {
        set,
        file: &report.sources.get(attempt.origin.file).name,
        document: attempt.origin.document,
        item: attempt.origin.item,
        api_version: &attempt.api_version,
        kind: &attempt.kind,
        namespace: attempt.namespace.as_deref(),
        name: &attempt.name,
        outcome: match attempt.outcome {
            Outcome::Created => "created",
            Outcome::Configured => "configured",
            Outcome::Unchanged => "unchanged",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        },
        reason: attempt.reason.as_deref(),
        unchecked: attempt.unchecked.as_deref(),
        verdict: attempt.verdict.as_ref().map(|verdict| VerdictV1 {
            judge: verdict.judge.word(),
            note: verdict.note.as_deref(),
            differs: verdict.differs.as_ref().map(|opinion| OpinionV1 {
                judge: opinion.judge.word(),
                outcome: opinion.outcome.word(),
                reason: opinion.reason.as_deref(),
            }),
        }),
        changes: attempt
            .changes
            .iter()
            .map(|change| ChangeV1 {
                field: change.field.to_string(),
                before: change.before.as_ref(),
                after: change.after.as_ref(),
                refused: change.refused,
            })
            .collect(),
    }
}

fn finding<'r>(report: &'r Report, finding: &'r Finding, attempt: Option<&'r Attempt>) -> FindingV1<'r> {
    FindingV1 {
        rule: finding.rule.id,
        level: match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "advice",
        },
        message: &finding.message,
        reason: finding.reason.map(crate::finding::Reason::word),
        field: (!finding.field.0.is_empty()).then(|| finding.field.to_string()),
        why: finding.rule.why,
        help: finding.help.as_deref(),
        versions: finding.versions.as_deref(),
        object: finding.object.map(|origin| object_place(report, origin)),
        labels: finding
            .labels
            .iter()
            .map(|Label { span, text }| LabelV1 { place: place(report, *span), text })
            .collect(),
        fix: finding.fix.as_ref().map(|fix| self::fix(report, fix)),
        fingerprint: fingerprint(report, finding, attempt),
        denied: finding.is_denied(),
        suppression: None,
    }
}

/// A finding that is not told, where that is said of this one finding.
fn suppressed<'r>(
    report: &'r Report,
    aside: &'r SetAside,
    by_origin: &HashMap<Origin, &'r Attempt>,
) -> Option<FindingV1<'r>> {
    let suppression = match &aside.by {
        By::Choice | By::NotAsked => return None,
        By::InSource(reason) => SuppressionV1 { kind: "inSource", reason: reason.as_deref() },
        By::Baseline => SuppressionV1 { kind: "baseline", reason: None },
    };
    let attempt = aside.finding.object.and_then(|origin| by_origin.get(&origin).copied());
    Some(FindingV1 { suppression: Some(suppression), ..finding(report, &aside.finding, attempt) })
}

fn fix<'r>(report: &'r Report, fix: &'r Fix) -> FixV1<'r> {
    let edit = |edit: &'r Edit| EditV1 { place: place(report, edit.span), text: &edit.text };
    FixV1 { title: &fix.title, applicability: fix.applicability.word(), edits: fix.edits.iter().map(edit).collect() }
}

fn object_place(report: &Report, origin: Origin) -> ObjectPlaceV1<'_> {
    ObjectPlaceV1 { file: &report.sources.get(origin.file).name, document: origin.document, item: origin.item }
}

fn place(report: &Report, span: Span) -> PlaceV1<'_> {
    let file = report.sources.get(span.file);
    let position = |offset: u32| {
        let (line, column) = file.line_column(offset);
        PositionV1 { line, column, offset }
    };
    PlaceV1 { file: &file.name, start: position(span.range.start), end: position(span.range.end) }
}

fn outcomes<'r>(attempts: impl Iterator<Item = &'r Attempt>) -> OutcomesV1 {
    let mut counts = OutcomesV1::default();
    for attempt in attempts {
        counts.total += 1;
        counts.live += usize::from(attempt.outcome.is_live());
        *match attempt.outcome {
            Outcome::Created => &mut counts.created,
            Outcome::Configured => &mut counts.configured,
            Outcome::Unchanged => &mut counts.unchanged,
            Outcome::Failed => &mut counts.failed,
            Outcome::Skipped => &mut counts.skipped,
        } += 1;
    }
    counts
}
