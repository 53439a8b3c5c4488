//! Scheduled runs that start whenever they can.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// No `startingDeadlineSeconds`.
pub(super) static RULE: Rule = Rule {
    id: "reliability/cron-job-deadline",
    level: Level::Advice,
    summary: "a CronJob starts a missed run however late it is",
    why: "after an outage of the control plane, or when `suspend` is taken off, the last missed run starts at once: the nightly import at noon",
    docs: include_str!("cron-job-deadline.md"),
};

/// The controller looks every ten seconds, and misses runs whose deadline is shorter.
const LEAST: i64 = 10;

/// Looks at every `CronJob` of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for job in ground.scene.set.of_the_set("batch", "CronJob") {
        let deadline = job.spec().int("startingDeadlineSeconds");
        let message = match deadline {
            None => format!("a missed run of {} starts however late it is", job.title()),
            Some(seconds) if seconds < LEAST => format!(
                "runs of {} may be missed: the controller looks every {LEAST} seconds, and none may be {seconds} late",
                job.title()
            ),
            Some(_) => continue,
        };
        let field = FieldPath::of(&["spec", "startingDeadlineSeconds"]);
        found.push(
            Finding::in_object(&RULE, message, job.object, field)
                .with_help("write for how many seconds a late start still makes sense, 60 or more"),
        );
    }
    found
}
