//! `Lease`: how long it lasts, and how often it changed hands.

use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::nonnegative;

/// A `Lease`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/lease",
    level: Level::Error,
    summary: "a Lease's numbers are not valid",
    why: "a lease lasts at least a second and cannot have changed hands less than never",
    docs: include_str!("lease.md"),
};

/// Judges a `Lease` on creation (`ValidateLeaseSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    if let Some(seconds) = spec.int("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        judge.errors.invalid(&path.field("leaseDurationSeconds"), &seconds, "must be greater than 0");
    }
    nonnegative(spec.int("leaseTransitions").unwrap_or(0), &path.field("leaseTransitions"), &mut judge.errors);
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn a_lease_lasts() {
        assert_eq!(
            errors_of(&json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "berth"},
                "spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1},
            })),
            [
                "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
            ]
        );
    }
}
