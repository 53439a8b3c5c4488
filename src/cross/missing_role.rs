//! A `RoleBinding` or `ClusterRoleBinding` to a role that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A binding names a Role or `ClusterRole` that does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-role",
    level: Level::Warning,
    summary: "a binding names a Role or ClusterRole that does not exist",
    why: "the binding is accepted and grants nothing: whoever it binds is answered 403 Forbidden",
    docs: include_str!("missing-role.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "nothing is granted", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/missing-role";

    fn binding(kind: &str, name: &str) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: cooks, namespace: kitchen}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {name}}}\n---\n"
        )
    }

    const ROLE: &str =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: cooking, namespace: kitchen}\n---\n";

    #[test]
    fn a_role_must_be_there() {
        assert!(findings(RULE, &format!("{}{ROLE}", binding("Role", "cooking"))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{ROLE}", binding("Role", "cookin"))),
            ["roleRef.name: Role \"cookin\" is not found in these manifests"]
        );
        assert_eq!(
            findings(RULE, &format!("{}{ROLE}", binding("ClusterRole", "cooking"))),
            ["roleRef.name: ClusterRole \"cooking\" is not found in these manifests"]
        );
    }

    #[test]
    fn roles_of_every_cluster_are_known() {
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kitchen}\n";
        for role in ["view", "cluster-admin", "system:auth-delegator"] {
            assert!(findings_in(nothing, RULE, &binding("ClusterRole", role)).is_empty(), "{role}");
        }
        assert_eq!(findings_in(nothing, RULE, &binding("Role", "view")).len(), 1);
    }
}
