//! Whoever may do everything.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// A binding to `cluster-admin`.
pub(super) static RULE: Rule = Rule {
    id: "security/cluster-admin",
    level: Level::Advice,
    summary: "a binding gives the role cluster-admin",
    why: "cluster-admin does everything to everything: a flaw in one program that has it is the whole cluster (by a RoleBinding: the whole namespace, its roles included)",
    docs: include_str!("cluster-admin.md"),
};

/// Looks at the bindings of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let set = &ground.scene.set;
    let kinds = ["ClusterRoleBinding", "RoleBinding"].into_iter();
    let bindings = kinds.flat_map(|kind| set.of_the_set("rbac.authorization.k8s.io", kind));
    let mut found = Vec::new();
    for binding in bindings {
        let root = binding.object.root();
        let role = root.get("roleRef");
        let subjects = root.list("subjects");
        // The binding that every cluster has.
        let is_built_in = subjects.iter().all(|subject| subject.text("name") == "system:masters");
        if role.text("kind") != "ClusterRole" || role.text("name") != "cluster-admin" || is_built_in {
            continue;
        }
        let who: Vec<String> =
            subjects.iter().map(|subject| format!("{} {}", subject.text("kind"), subject.text("name"))).collect();
        let reach = if binding.kind == "RoleBinding" { "in its namespace" } else { "in the whole cluster" };
        let message = format!("{} may do everything {reach}", who.join(", "));
        let field = FieldPath::of(&["roleRef", "name"]);
        found.push(
            Finding::in_object(&RULE, message, binding.object, field)
                .with_help("bind a role that has what is needed and no more"),
        );
    }
    found
}
