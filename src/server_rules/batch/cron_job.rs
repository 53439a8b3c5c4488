//! `CronJob`: a schedule, and the Job it makes.

use super::job_spec::{self, JobSpec};
use super::{schedule, time_zone};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::apps::workload;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::content::label_selector::ShownSelector;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A `CronJob`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/cron-job",
    level: Level::Error,
    summary: "a CronJob's schedule, time zone, name or limits are not valid",
    why: "the API server refuses a schedule that its controller could not read, and a name that leaves no room for the \
          Jobs' own suffix",
    docs: include_str!("cron-job.md"),
};

/// The longest name: a Job's name may have 63 characters, and the controller appends 11.
const MAX_NAME: usize = 63 - 11;

/// Judges a `CronJob` (`ValidateCronJobCreate`, `ValidateCronJobUpdate`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.rule = &RULE;
    let errors = &mut judge.errors;
    let live = judge.live.and_then(|live| live.get("spec"));
    validate_schedule(spec, live, judge.minor, &path, errors);
    if let Some(deadline) = spec.int("startingDeadlineSeconds") {
        nonnegative(deadline, &path.field("startingDeadlineSeconds"), errors);
    }
    let live_zone = live.text_pointer("timeZone");
    if let Some(zone) = spec.text_pointer("timeZone").filter(|zone| live_zone != Some(zone)) {
        for complaint in time_zone::complaints(zone) {
            errors.invalid(&path.field("timeZone"), zone, &complaint);
        }
    }
    let policy = spec.text_or("concurrencyPolicy", "Allow");
    let policies = ["Allow", "Forbid", "Replace"];
    if !policies.contains(&policy) {
        errors.not_supported(&path.field("concurrencyPolicy"), policy, &policies);
    }
    validate_job_template(spec, &path, judge);

    judge.errors.rule = &RULE;
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        nonnegative(spec.int(key).unwrap_or(0), &path.field(key), &mut judge.errors);
    }
    let metadata = Path::ROOT.field("metadata");
    let name = judge.root.get("metadata").text("name");
    if name.len() > MAX_NAME && judge.live.is_none() {
        judge.errors.invalid(&metadata.field("name"), name, "must be no more than 52 characters");
    }
    workload::warn_of_name(judge);
}

fn validate_schedule(
    spec: Option<NodeRef<'_>>,
    live: Option<NodeRef<'_>>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let schedule = spec.text("schedule");
    let path = path.field("schedule");
    if schedule.is_empty() {
        errors.required(&path, "");
        return;
    }
    if let Err(error) = schedule::parse(schedule) {
        errors.invalid(&path, schedule, &error);
    }
    if schedule.contains("TZ") {
        // A zone that is there already may stay.
        let is_allowed = minor < Minor(29) || live.text("schedule").contains("TZ");
        if !is_allowed {
            errors.invalid(&path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        } else if spec.has("timeZone") {
            errors.invalid(&path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
    }
}

/// `ValidateJobTemplateSpec`: the selector of a template is always generated.
fn validate_job_template(spec: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let path = path.field("jobTemplate");
    let path = path.field("spec");
    let job_spec = JobSpec::of_template(spec.and_then(|spec| spec.at(&["jobTemplate", "spec"])));
    job_spec::validate(&job_spec, &path, judge);
    judge.errors.rule = &workload::SELECTOR;
    if let Some(selector) = job_spec.node.and_then(|spec| spec.get("selector")) {
        judge.errors.invalid(&path.field("selector"), &ShownSelector(selector), "`selector` will be auto-generated");
    }
    if job_spec.node.flag("manualSelector") {
        judge.errors.not_supported_in_order(&path.field("manualSelector"), &true, &["nil", "false"]);
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, errors_with, findings_of};
    use serde_json::{Value, json};

    fn cron_job() -> Value {
        json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "sweep"},
            "spec": {
                "schedule": "@daily",
                "jobTemplate": {"spec": {"template": {"spec": {
                    "restartPolicy": "OnFailure", "containers": [{"name": "sweep", "image": "sweep:1"}],
                }}}},
            },
        })
    }

    fn with(field: &str, value: Value) -> Vec<String> {
        errors_with(&cron_job(), &format!("/spec/{field}"), Some(value))
    }

    #[test]
    fn nothing_is_dropped_from_the_template() {
        let mut cron_job = cron_job();
        cron_job["spec"]["jobTemplate"]["spec"]["managedBy"] = json!("sweeper");
        let found = findings_of(&cron_job, Minor(30));
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            messages,
            ["spec.jobTemplate.spec.managedBy: Invalid value: \"sweeper\": must be a domain-prefixed path (such as \
              \"acme.io/foo\")"]
        );
    }

    #[test]
    fn the_schedule_is_read() {
        assert_eq!(errors_of(&cron_job()), [""; 0]);
        assert_eq!(with("schedule", json!("")), ["spec.schedule: Required value"]);
        assert_eq!(
            with("schedule", json!("@sometimes")),
            ["spec.schedule: Invalid value: \"@sometimes\": unrecognized descriptor: @sometimes"]
        );
        assert_eq!(
            with("schedule", json!("TZ=UTC 0 * * * *")),
            ["spec.schedule: Invalid value: \"TZ=UTC 0 * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone \
              field instead"]
        );
    }

    #[test]
    fn the_time_zone_exists() {
        assert_eq!(with("timeZone", json!("Europe/Vienna")), [""; 0]);
        assert_eq!(
            with("timeZone", json!("Europe/Atlantis")),
            ["spec.timeZone: Invalid value: \"Europe/Atlantis\": unknown time zone Europe/Atlantis"]
        );
    }

    #[test]
    fn the_template_has_no_selector() {
        let job = "jobTemplate/spec";
        assert_eq!(
            with(&format!("{job}/selector"), json!({})),
            ["spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated"]
        );
        assert_eq!(
            with(&format!("{job}/manualSelector"), json!(true)),
            ["spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\""]
        );
        assert_eq!(
            with(&format!("{job}/completionMode"), json!("Indexed")),
            ["spec.jobTemplate.spec.completions: Required value: when completion mode is Indexed"]
        );
    }

    #[test]
    fn the_name_leaves_room_for_a_suffix() {
        let mut cron_job = cron_job();
        cron_job["metadata"]["name"] = json!("s".repeat(53));
        assert_eq!(
            errors_of(&cron_job),
            [format!("metadata.name: Invalid value: \"{}\": must be no more than 52 characters", "s".repeat(53))]
        );
    }

    #[test]
    fn policies_and_limits() {
        assert_eq!(
            with("concurrencyPolicy", json!("Queue")),
            [
                "spec.concurrencyPolicy: Unsupported value: \"Queue\": supported values: \"Allow\", \"Forbid\", \"Replace\""
            ]
        );
        assert_eq!(
            with("failedJobsHistoryLimit", json!(-1)),
            ["spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"]
        );
    }
}
