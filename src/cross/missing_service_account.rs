//! A ServiceAccount that a workload names and that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A ServiceAccount that Pods should run as does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-service-account",
    level: Level::Warning,
    summary: "a ServiceAccount that Pods should run as does not exist",
    why: "the API server refuses the Pods that the controller wants to create (FailedCreate: error looking up service account), and none starts",
    docs: include_str!("missing-service-account.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "no Pod is created: FailedCreate", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/missing-service-account";

    fn deployment(account: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven, namespace: kitchen}}\nspec: {{template: {{spec: {{serviceAccountName: {account}, serviceAccount: {account}}}}}}}\n---\n"
        )
    }

    #[test]
    fn an_account_must_be_there() {
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: cook, namespace: kitchen}\n---\n";
        assert_eq!(
            findings(RULE, &format!("{}{account}", deployment("cooks"))),
            ["spec.template.spec.serviceAccountName: ServiceAccount \"cooks\" is not found in these manifests",]
        );
        assert!(findings(RULE, &format!("{}{account}", deployment("cook"))).is_empty());
    }

    #[test]
    fn every_namespace_has_one() {
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kitchen}\n";
        assert!(findings_in(nothing, RULE, &deployment("default")).is_empty());
        assert_eq!(findings_in(nothing, RULE, &deployment("cook")).len(), 1);
    }
}
