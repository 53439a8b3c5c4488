//! A subject of a `RoleBinding` or `ClusterRoleBinding` that is no ServiceAccount of its namespace.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A binding names a ServiceAccount that does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-subject",
    level: Level::Warning,
    summary: "a binding names a ServiceAccount that does not exist",
    why: "the binding is accepted and binds nobody: Pods that run as another account are answered 403 Forbidden",
    docs: include_str!("missing-subject.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "nobody is bound", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings};

    const RULE: &str = "cross/missing-subject";

    fn binding(kind: &str, namespace: &str) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: cooks}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\nsubjects: [{{kind: {kind}, name: cook, namespace: {namespace}}}]\n---\n"
        )
    }

    const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: cook, namespace: kitchen}\n---\n";

    #[test]
    fn an_account_of_another_namespace_is_another() {
        assert!(findings(RULE, &format!("{}{ACCOUNT}", binding("ServiceAccount", "kitchen"))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{ACCOUNT}", binding("ServiceAccount", "cellar"))),
            ["subjects[0].name: ServiceAccount \"cook\" in namespace \"cellar\" is not found in these manifests"]
        );
    }

    #[test]
    fn users_and_groups_are_no_objects() {
        assert!(advice(RULE, &binding("User", "cellar")).is_empty());
        assert_eq!(advice(RULE, &binding("ServiceAccount", "cellar")).len(), 1);
    }
}
