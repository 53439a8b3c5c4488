//! `RoleBinding` and `ClusterRoleBinding`: which role, and whose it becomes.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::yaml::NodeRef;

/// A binding's role and subjects.
pub static RULE: Rule = Rule {
    id: "api/role-binding",
    level: Level::Error,
    summary: "a binding's role or subjects are not valid",
    why: "the API server grants by exact names, so it refuses a role or subject that could be none",
    docs: include_str!("role-binding.md"),
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Judges a `RoleBinding` on creation (`ValidateRoleBinding`).
pub fn validate(judge: &mut Judge<'_>) {
    validate_binding(&["Role", "ClusterRole"], true, judge);
}

/// Judges a `ClusterRoleBinding` on creation (`ValidateClusterRoleBinding`).
pub fn validate_cluster_role_binding(judge: &mut Judge<'_>) {
    validate_binding(&["ClusterRole"], false, judge);
}

fn validate_binding(kinds: &[&str], is_namespaced: bool, judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let role = judge.root.get("roleRef");
    let path = Path::ROOT.field("roleRef");
    let errors = &mut judge.errors;
    let group = role.text_or("apiGroup", GROUP);
    if group != GROUP {
        errors.not_supported(&path.field("apiGroup"), group, &[GROUP]);
    }
    let kind = role.text("kind");
    if !kinds.contains(&kind) {
        errors.not_supported_in_order(&path.field("kind"), kind, kinds);
    }
    let name = role.text("name");
    if name.is_empty() {
        errors.required(&path.field("name"), "");
    } else {
        report(names::path_segment_name(name), &path.field("name"), name, errors);
    }
    let path = Path::ROOT.field("subjects");
    for (index, subject) in judge.root.list("subjects").into_iter().enumerate() {
        validate_subject(subject, is_namespaced, &path.index(index), errors);
    }
}

/// `ValidateRoleBindingSubject`
fn validate_subject(subject: NodeRef<'_>, is_namespaced: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let name = subject.text("name");
    if name.is_empty() {
        errors.required(&path.field("name"), "");
    }
    let group = subject.text("apiGroup");
    match subject.text("kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                report(names::dns_1123_subdomain(name), &path.field("name"), name, errors);
            }
            if !group.is_empty() {
                errors.not_supported(&path.field("apiGroup"), group, &[""]);
            }
            if !is_namespaced && subject.text("namespace").is_empty() {
                errors.required(&path.field("namespace"), "");
            }
        }
        "User" | "Group" => {
            if !group.is_empty() && group != GROUP {
                errors.not_supported(&path.field("apiGroup"), group, &[GROUP]);
            }
        }
        kind => errors.not_supported_in_order(&path.field("kind"), kind, &["ServiceAccount", "User", "Group"]),
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(kind: &str, role: &Value, subject: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "pilot"}, "roleRef": role,
            "subjects": [subject],
        }))
    }

    #[test]
    fn a_role_is_of_a_kind_that_can_be_bound() {
        let user = json!({"kind": "User", "name": "ada"});
        assert_eq!(errors("RoleBinding", &json!({"kind": "Role", "name": "a"}), &user), Vec::<String>::new());
        assert_eq!(
            errors("ClusterRoleBinding", &json!({"kind": "Role", "name": "a"}), &user),
            ["roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""]
        );
        assert_eq!(
            errors("RoleBinding", &json!({"apiGroup": "apps", "kind": "role"}), &user),
            [
                "roleRef.apiGroup: Unsupported value: \"apps\": supported values: \"rbac.authorization.k8s.io\"",
                "roleRef.kind: Unsupported value: \"role\": supported values: \"Role\", \"ClusterRole\"",
                "roleRef.name: Required value",
            ]
        );
    }

    #[test]
    fn service_accounts_live_in_a_namespace() {
        let role = json!({"kind": "ClusterRole", "name": "a"});
        assert_eq!(
            errors("ClusterRoleBinding", &role, &json!({"kind": "ServiceAccount", "name": "a"})),
            ["subjects[0].namespace: Required value"]
        );
        assert_eq!(
            errors("RoleBinding", &role, &json!({"kind": "ServiceAccount", "name": "a", "apiGroup": "x"})),
            ["subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"\""]
        );
        assert_eq!(
            errors("RoleBinding", &role, &json!({"kind": "serviceaccount", "name": "a"})),
            [
                "subjects[0].kind: Unsupported value: \"serviceaccount\": supported values: \"ServiceAccount\", \"User\", \
              \"Group\""
            ]
        );
    }
}
