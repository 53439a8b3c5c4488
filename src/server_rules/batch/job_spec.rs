//! The spec of a Job, as it stands in a Job and in a `CronJob`'s template.
//!
//! Apart because the two share it, but for defaults: the server fills in a Job's `completions`, `parallelism` and
//! `completionMode`, and leaves a template's alone.

use super::{pod_failure_policy, success_policy};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::apps::workload;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::content::names;
use crate::server_rules::pod::{PodOptions, validate_pod_template_spec};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The fields of a Job spec.
pub static RULE: Rule = Rule {
    id: "api/job-spec",
    level: Level::Error,
    summary: "a Job's counts, limits or modes are not valid, or do not fit together",
    why: "the API server refuses a Job that its controller could not run to an end",
    docs: include_str!("job-spec.md"),
};

const MAX_PARALLELISM: i64 = 100_000;
const MAX_FAILED_INDEXES: i64 = 100_000;
/// From this many completions on, with a limit per index, the two limits below hold.
const MANY_COMPLETIONS: i64 = 100_000;
const MAX_PARALLELISM_OF_MANY: i64 = 10_000;
const MAX_FAILED_INDEXES_OF_MANY: i64 = 10_000;
const MAX_MANAGED_BY: usize = 63;

/// A Job spec with the defaults of the place it stands in.
#[derive(Clone, Copy, Debug)]
pub struct JobSpec<'t> {
    /// The spec as written.
    pub node: Option<NodeRef<'t>>,
    /// `completions`
    pub completions: Option<i64>,
    /// `parallelism`
    pub parallelism: Option<i64>,
    /// Whether it is a template, from which the server drops nothing.
    is_template: bool,
}

impl<'t> JobSpec<'t> {
    /// The spec of a Job (`SetDefaults_Job`).
    pub fn of_job(node: Option<NodeRef<'t>>) -> Self {
        let (completions, parallelism) = (node.int("completions"), node.int("parallelism"));
        match (completions, parallelism) {
            (None, None) => Self { node, completions: Some(1), parallelism: Some(1), is_template: false },
            _ => Self { node, completions, parallelism: parallelism.or(Some(1)), is_template: false },
        }
    }

    /// The spec in a `CronJob`'s template, which nothing is filled in to.
    pub fn of_template(node: Option<NodeRef<'t>>) -> Self {
        let (completions, parallelism) = (node.int("completions"), node.int("parallelism"));
        Self { node, completions, parallelism, is_template: true }
    }

    /// Whether pods have an index.
    pub fn is_indexed(&self) -> bool {
        self.node.text("completionMode") == "Indexed"
    }

    fn int(&self, key: &str) -> Option<i64> {
        self.node.int(key)
    }
}

/// The gate `JobManagedBy` is on by default since then; before, the field is dropped, but not from a CronJob's template.
/// Source: `pkg/features/kube_features.go`, `pkg/registry/batch/{job,cronjob}/strategy.go` (1.30, 1.36).
const MANAGED_BY: Minor = Minor(32);

/// The same of `JobSuccessPolicy`.
const SUCCESS_POLICY: Minor = Minor(31);

/// Judges a Job spec but for its selector (`validateJobSpec`).
pub(super) fn validate(spec: &JobSpec<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    validate_counts(spec, path, &mut judge.errors);
    if spec.is_template || judge.minor >= MANAGED_BY {
        validate_managed_by(spec, path, &mut judge.errors);
    }
    validate_completion_mode(spec, path, &mut judge.errors);
    judge.errors.under(&pod_failure_policy::RULE, |errors| pod_failure_policy::validate(spec.node, path, errors));
    if spec.is_template || judge.minor >= SUCCESS_POLICY {
        judge.errors.under(&success_policy::RULE, |errors| {
            success_policy::validate(spec.node, spec.completions, path, errors);
        });
    }
    validate_pod_replacement_policy(spec, path, &mut judge.errors);

    let template = spec.node.and_then(|spec| spec.get("template"));
    let template_path = path.field("template");
    validate_pod_template_spec(template, &template_path, PodOptions::default(), judge);
    judge.errors.rule = &workload::TEMPLATE;
    validate_restart_policy(spec, template, &template_path, &mut judge.errors);
    warn_of_many_indexes(spec, path, judge);
}

fn validate_counts(spec: &JobSpec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut check = |key: &str, value: Option<i64>| {
        if let Some(value) = value {
            nonnegative(value, &path.field(key), errors);
        }
    };
    check("parallelism", spec.parallelism);
    check("completions", spec.completions);
    for key in ["activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex"] {
        check(key, spec.int(key));
    }
    check("maxFailedIndexes", spec.int("maxFailedIndexes"));
    if spec.node.has("maxFailedIndexes") && !spec.node.has("backoffLimitPerIndex") {
        errors.required(&path.field("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
}

/// `IsDomainPrefixedPath` of apimachinery `pkg/util/validation/validation.go`, and a length.
fn validate_managed_by(spec: &JobSpec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(managed_by) = spec.node.text_pointer("managedBy") else { return };
    let path = path.field("managedBy");
    match managed_by.split_once('/') {
        _ if managed_by.is_empty() => errors.required(&path, ""),
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => {
            for complaint in names::dns_1123_subdomain(host) {
                errors.invalid(&path, host, &complaint);
            }
            // The server's expression is not anchored to an end of line, so it must match the whole rest.
            if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)) {
                let detail = names::pattern("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", &[]);
                errors.invalid(&path, rest, &detail);
            }
        }
        _ => errors.invalid(&path, managed_by, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
    if managed_by.len() > MAX_MANAGED_BY {
        errors.too_long(&path, MAX_MANAGED_BY);
    }
}

fn validate_completion_mode(spec: &JobSpec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mode = spec.node.text_pointer("completionMode");
    let (per_index, max_failed) = (spec.int("backoffLimitPerIndex"), spec.int("maxFailedIndexes"));
    let (per_index_path, max_failed_path) = (path.field("backoffLimitPerIndex"), path.field("maxFailedIndexes"));
    match mode {
        Some("Indexed") => validate_indexed(spec, per_index.is_some(), path, errors),
        None | Some("NonIndexed") => {
            if let Some(per_index) = per_index {
                errors.invalid(&per_index_path, &per_index, "requires indexed completion mode");
            }
            if let Some(max_failed) = max_failed {
                errors.invalid(&max_failed_path, &max_failed, "requires indexed completion mode");
            }
        }
        Some(mode) => {
            errors.not_supported_in_order(&path.field("completionMode"), mode, &["NonIndexed", "Indexed"]);
        }
    }
}

fn validate_indexed(spec: &JobSpec<'_>, has_limit_per_index: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let max_failed = spec.int("maxFailedIndexes");
    let (parallelism_path, max_failed_path) = (path.field("parallelism"), path.field("maxFailedIndexes"));
    if spec.completions.is_none() {
        errors.required(&path.field("completions"), "when completion mode is Indexed");
    }
    if let Some(parallelism) = spec.parallelism.filter(|parallelism| *parallelism > MAX_PARALLELISM) {
        let detail = format!("must be less than or equal to {MAX_PARALLELISM} when completion mode is Indexed");
        errors.invalid(&parallelism_path, &parallelism, &detail);
    }
    if let Some(max_failed) = max_failed {
        if spec.completions.is_some_and(|completions| max_failed > completions) {
            errors.invalid(&max_failed_path, &max_failed, "must be less than or equal to completions");
        }
        if max_failed > MAX_FAILED_INDEXES {
            let detail = format!("must be less than or equal to {MAX_FAILED_INDEXES}");
            errors.invalid(&max_failed_path, &max_failed, &detail);
        }
    }
    if !has_limit_per_index || spec.completions.is_none_or(|completions| completions <= MANY_COMPLETIONS) {
        return;
    }
    let of_many = |limit: i64| {
        format!(
            "must be less than or equal to {limit} when completions are above {MANY_COMPLETIONS} and used with backoff \
             limit per index"
        )
    };
    if max_failed.is_none() {
        let detail = format!("must be specified when completions is above {MANY_COMPLETIONS}");
        errors.required(&max_failed_path, &detail);
    }
    if let Some(parallelism) = spec.parallelism.filter(|parallelism| *parallelism > MAX_PARALLELISM_OF_MANY) {
        errors.invalid(&parallelism_path, &parallelism, &of_many(MAX_PARALLELISM_OF_MANY));
    }
    if let Some(max_failed) = max_failed.filter(|max_failed| *max_failed > MAX_FAILED_INDEXES_OF_MANY) {
        errors.invalid(&max_failed_path, &max_failed, &of_many(MAX_FAILED_INDEXES_OF_MANY));
    }
}

fn validate_pod_replacement_policy(spec: &JobSpec<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(policy) = spec.node.text_pointer("podReplacementPolicy") else { return };
    let allowed: &[&str] =
        if spec.node.has("podFailurePolicy") { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if !allowed.contains(&policy) {
        errors.not_supported(&path.field("podReplacementPolicy"), policy, allowed);
    }
}

fn validate_restart_policy(
    spec: &JobSpec<'_>,
    template: Option<NodeRef<'_>>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let path = path.field("spec");
    let path = path.field("restartPolicy");
    let pod = template.and_then(|template| template.get("spec"));
    match pod.text_or("restartPolicy", "Always") {
        "Always" => errors.required(&path, r#"valid values: "OnFailure", "Never""#),
        "Never" => {}
        "OnFailure" => {
            if spec.node.has("podFailurePolicy") {
                let detail = r#"only "Never" is supported when podFailurePolicy is specified"#;
                errors.invalid(&path, "OnFailure", detail);
            }
        }
        policy => errors.not_supported_in_order(&path, policy, &["OnFailure", "Never"]),
    }
}

/// `WarningsForJobSpec` of `pkg/api/job/warnings.go` (1.36).
fn warn_of_many_indexes(spec: &JobSpec<'_>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let is_above = |value: Option<i64>, limit: i64| value.is_some_and(|value| value > limit);
    if spec.is_indexed()
        && is_above(spec.completions, MANY_COMPLETIONS)
        && is_above(spec.parallelism, MAX_PARALLELISM_OF_MANY)
    {
        let text = format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        );
        judge.warn(path, text);
    }
}
