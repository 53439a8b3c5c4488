//! `ReplicaSet`: what every workload has, and a count.

use super::{deployment, workload};
use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::view::View;

/// A `ReplicaSet`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/replica-set",
    level: Level::Error,
    summary: "a ReplicaSet's counts are not valid",
    why: "the API server refuses a negative number of pods or seconds",
    docs: include_str!("replica-set.md"),
};

/// Judges a `ReplicaSet` on creation (`ValidateReplicaSetSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    judge.errors.rule = &RULE;
    nonnegative(spec.int("replicas").unwrap_or(1), &path.field("replicas"), &mut judge.errors);
    nonnegative(spec.int("minReadySeconds").unwrap_or(0), &path.field("minReadySeconds"), &mut judge.errors);
    deployment::validate_selector_and_template(spec, &path, judge);
    workload::warn_of_name(judge);
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn counts_are_not_negative() {
        let set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "shop"},
            "spec": {
                "replicas": -1, "minReadySeconds": -2,
                "selector": {"matchLabels": {"app": "shop"}},
                "template": {
                    "metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [{"name": "till", "image": "till:1"}]},
                },
            },
        });
        assert_eq!(
            errors_of(&set),
            [
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
            ]
        );
    }
}
