//! Jobs that stay when they are done.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::{EntryRef, NodeRef};

/// No `ttlSecondsAfterFinished`.
pub(super) static RULE: Rule = Rule {
    id: "reliability/job-ttl",
    level: Level::Advice,
    summary: "a Job is never cleaned up",
    why: "it stays with its pods until somebody deletes it, and since the template of a Job cannot be changed, the next version of the manifest is refused while it is there",
    docs: include_str!("job-ttl.md"),
};

/// Looks at the Jobs of the set. Those of a `CronJob` are cleaned up by it.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let jobs = ground.scene.set.of_the_set("batch", "Job").filter(|job| !job.spec().has("ttlSecondsAfterFinished"));
    let stay = jobs.filter(|job| {
        // Helm and Argo CD delete their hooks themselves, and Flux makes anew what it is told to.
        let annotations = job.object.root().at(&["metadata", "annotations"]);
        let mut names = annotations.into_iter().flat_map(NodeRef::entries).map(EntryRef::name);
        !names.any(|name| {
            [
                "helm.sh/hook",
                "argocd.argoproj.io/hook",
                "argocd.argoproj.io/sync-options",
                "kustomize.toolkit.fluxcd.io/force",
            ]
            .iter()
            .any(|known| name.starts_with(known))
        })
    });
    stay.map(|job| {
        let message = format!("{} and its pods stay when it is done", job.title());
        let help = "write `ttlSecondsAfterFinished` (a day is 86400), long enough to read its logs";
        Finding::in_object(&RULE, message, job.object, FieldPath::of(&["spec", "ttlSecondsAfterFinished"]))
            .with_help(help)
    })
    .collect()
}
