//! Rights on everything, by a star.

use super::ground::Ground;
use super::rights::roles;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::schema::{Minor, Schema};
use crate::yaml::NodeRef;

/// `*` in the resources or verbs of a role.
pub(super) static RULE: Rule = Rule {
    id: "security/wildcard-rights",
    level: Level::Advice,
    summary: "a role has all verbs or all resources",
    why: "a star holds for whatever the API has now and gets later: Secrets are among all resources, and `escalate`, `bind` and `impersonate` among all verbs",
    docs: include_str!("wildcard-rights.md"),
};

/// Looks at the roles of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for role in roles(ground) {
        for (at, rule) in role.object.root().list("rules").into_iter().enumerate() {
            let star = |list: &str| rule.list(list).into_iter().position(|name| name.as_str() == Some("*"));
            let list =
                if star("resources").is_some() || star("nonResourceURLs").is_some() { "resources" } else { "verbs" };
            let list = if star(list).is_none() && star("nonResourceURLs").is_some() { "nonResourceURLs" } else { list };
            let Some(position) = star(list).filter(|_| is_of_kubernetes(rule)) else { continue };
            let field = FieldPath::of(&["rules"]).index(at).field(list).index(position);
            let of = match (star("resources").is_some(), star("verbs").is_some()) {
                (true, true) => "everything",
                (true, false) => "all resources",
                (false, true) => "all verbs",
                (false, false) => "all paths",
            };
            let groups = rule.list("apiGroups").into_iter().filter_map(NodeRef::as_str).map(spoken);
            let groups: Vec<&str> = groups.collect();
            let groups = if groups.is_empty() { String::new() } else { format!(" in {}", groups.join(", ")) };
            let message = format!("{} has {of}{groups}", role.title());
            found.push(
                Finding::in_object(&RULE, message, role.object, field)
                    .with_help("write down the resources and verbs that are needed"),
            );
        }
    }
    found
}

/// How a group is called.
fn spoken(group: &str) -> &str {
    match group {
        "" => "the core group",
        "*" => "every group",
        group => group,
    }
}

/// Whether a rule is about kinds of Kubernetes itself, or paths. All of the kinds that a controller brings are its own.
fn is_of_kubernetes(rule: NodeRef<'_>) -> bool {
    let schema = Schema::of(Minor::LATEST);
    let groups: Vec<&str> = rule.list("apiGroups").into_iter().filter_map(NodeRef::as_str).collect();
    groups.is_empty() || groups.into_iter().any(|group| matches!(group, "" | "*") || schema.group_exists(group))
}
