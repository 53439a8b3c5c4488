//! Rights in roles that lead to other rights.
//!
//! Apart as one table because they differ in resources, verbs and words alone. Source of the choice: the good practices for
//! RBAC of Kubernetes' documentation, "privilege escalation risks".

use super::ground::Ground;
use crate::cross::Member;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::{EntryRef, NodeRef};

/// A right that gives more than its name says.
pub(super) struct Right {
    pub(super) rule: Rule,
    /// Resources of the core group, any of which is meant.
    resources: &'static [&'static str],
    /// Verbs, any of which is meant.
    verbs: &'static [&'static str],
    /// What who has the role can do.
    can: &'static str,
    help: &'static str,
}

/// Reading Secrets.
pub(super) static READ_SECRETS: Right = Right {
    rule: Rule {
        id: "security/read-secrets",
        level: Level::Advice,
        summary: "a role reads every Secret of its reach",
        why: "Secrets hold the passwords of all that runs there and the tokens of ServiceAccounts: who reads them has the rights of each of these; `list` and `watch` show the values as `get` does",
        docs: include_str!("read-secrets.md"),
    },
    resources: &["secrets"],
    verbs: &["get", "list", "watch"],
    can: "reads every Secret",
    help: "name the Secrets that are meant in `resourceNames` (with `get` alone: `list` cannot be narrowed so), or mount them",
};

/// Creating pods.
pub(super) static CREATE_PODS: Right = Right {
    rule: Rule {
        id: "security/create-pods",
        level: Level::Advice,
        summary: "a role creates pods",
        why: "a pod runs as any ServiceAccount of its namespace and mounts any Secret there: who creates pods has all of their rights, and those of the node where no admission forbids privileged pods",
        docs: include_str!("create-pods.md"),
    },
    resources: &["pods"],
    verbs: &["create"],
    can: "creates pods, which have every ServiceAccount and Secret,",
    help: "leave `create` out, or give the role in a namespace of its own, where nothing else has rights",
};

/// Running commands in pods.
pub(super) static EXEC: Right = Right {
    rule: Rule {
        id: "security/exec-into-pods",
        level: Level::Advice,
        summary: "a role runs commands in pods",
        why: "a command in a pod has its files, its environment and the token of its ServiceAccount, and nobody sees in the cluster what it did",
        docs: include_str!("exec-into-pods.md"),
    },
    resources: &["pods/exec", "pods/attach"],
    verbs: &["create", "get"],
    can: "runs commands in every pod",
    help: "leave it out; for looking at pods there are logs and `kubectl debug` with a role of its own",
};

/// Looks at the roles of the set.
pub(super) fn check(right: &'static Right, ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for role in roles(ground) {
        for (at, rule) in role.object.root().list("rules").into_iter().enumerate() {
            if let Some((list, position, name)) = granted(right, rule) {
                let field = FieldPath::of(&["rules"]).index(at).field(list).index(position);
                let reach = if role.kind == "ClusterRole" { "wherever it is bound" } else { "in its namespace" };
                let message = format!("{} {} {reach} (by {name})", role.title(), right.can);
                found.push(Finding::in_object(&right.rule, message, role.object, field).with_help(right.help));
            }
        }
    }
    found
}

/// Roles that somebody wrote, and not those that only add to the roles of people (`aggregate-to-admin`).
pub(super) fn roles<'g>(ground: &Ground<'g>) -> impl Iterator<Item = &'g Member<'g>> + use<'g> {
    let set = &ground.scene.set;
    ["Role", "ClusterRole"].into_iter().flat_map(|kind| set.of_the_set("rbac.authorization.k8s.io", kind)).filter(
        |role| {
            let labels = role.labels().into_iter().flat_map(NodeRef::entries);
            let mut names = labels.map(EntryRef::name);
            !names.any(|name| name.starts_with("rbac.authorization.k8s.io/aggregate-to-"))
        },
    )
}

/// The list and the element that grant a right by its name. What a wildcard grants, another rule speaks of.
fn granted<'r>(right: &Right, rule: NodeRef<'r>) -> Option<(&'static str, usize, &'r str)> {
    let has = |list: &str, meant: &[&str]| {
        rule.list(list).into_iter().filter_map(NodeRef::as_str).any(|name| name == "*" || meant.contains(&name))
    };
    if !has("apiGroups", &[""])
        || !has("verbs", right.verbs)
        || rule.get("resourceNames").is_some_and(|names| !names.is_empty())
    {
        return None;
    }
    let mut resources = rule.list("resources").into_iter().enumerate();
    resources.find_map(|(at, name)| {
        let name = name.as_str().filter(|name| right.resources.contains(name))?;
        Some(("resources", at, name))
    })
}
