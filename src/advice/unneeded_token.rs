//! Tokens of accounts that have no rights.
//!
//! Apart because it takes the bindings of the whole repository to say that a token is good for nothing.

use super::ground::{Ground, Pod};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::yaml::NodeRef;

/// Pods with the token of an account of the set that nothing gives a right.
pub(super) static RULE: Rule = Rule {
    id: "security/unneeded-token",
    level: Level::Advice,
    summary: "pods carry the token of a ServiceAccount that has no rights",
    why: "what has no rights does not talk to the API server, and does not need the token; whoever breaks in can use it to look around, and with whatever is bound to the account one day",
    docs: include_str!("unneeded-token.md"),
};

/// Looks at the account of all pods.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in &ground.pods {
        let name = pod.spec.text_or("serviceAccountName", pod.spec.text("serviceAccount"));
        let namespace = pod.member().namespace;
        if matches!(name, "" | "default") || wants_token(pod) || !is_mounted(ground, pod, name) {
            continue;
        }
        let account = ground.scene.set.find("", "ServiceAccount", namespace, name);
        let Some(account) = account.filter(|account| account.is_of_the_set) else { continue };
        // Clouds and vaults know an account by its token, and say so beside it.
        if account.object.root().get("metadata").has("annotations") || has_rights(ground, name, namespace) {
            continue;
        }
        let message = format!(
            "the pods of {} carry the token of ServiceAccount \"{name}\", which nothing here gives a right",
            pod.member().title()
        );
        let field = pod.field(&["automountServiceAccountToken"]);
        found.push(
            pod.advise(&RULE, message, field)
                .with_label(account.name_place(), "the account")
                .with_help("write `automountServiceAccountToken: false` here or in the ServiceAccount"),
        );
    }
    found
}

/// Whether a binding of the set or the repository names the account, or all accounts of its namespace.
fn has_rights(ground: &Ground<'_>, name: &str, namespace: Option<&str>) -> bool {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let bindings = ground.known(GROUP, "RoleBinding").chain(ground.known(GROUP, "ClusterRoleBinding"));
    let mut subjects = bindings.flat_map(|binding| binding.object.root().list("subjects"));
    subjects.any(|subject| match subject.text("kind") {
        "ServiceAccount" => {
            let of = subject.text("namespace");
            // Overlays put bindings and accounts into other namespaces; the name is what stays.
            subject.text("name") == name && (of.is_empty() || namespace.is_none_or(|own| own == of || own == "default"))
        }
        "Group" => subject.text("name").starts_with("system:serviceaccounts"),
        "User" => subject.text("name").ends_with(&format!(":{name}")),
        _ => false,
    })
}

/// Whether the kubelet puts the token into the pods. Source: `plugin/pkg/admission/serviceaccount/admission.go` (1.36).
pub(super) fn is_mounted(ground: &Ground<'_>, pod: &Pod<'_>, account: &str) -> bool {
    let switch = |node: NodeRef<'_>| node.get("automountServiceAccountToken").and_then(NodeRef::as_bool);
    let of_account = || {
        let namespace = pod.member().namespace;
        let own = ground.scene.set.find("", "ServiceAccount", namespace, account);
        let known = own.or_else(|| ground.scene.repository().find("", "ServiceAccount", namespace, account));
        known.and_then(|account| switch(account.object.root()))
    };
    switch(pod.spec).or_else(of_account) != Some(false)
}

/// Whether annotations of the pods say that somebody logs in with their token (Vault's injector, service meshes).
pub(super) fn wants_token(pod: &Pod<'_>) -> bool {
    let annotations = pod.workload.template.at(&["metadata", "annotations"]);
    annotations.into_iter().flat_map(NodeRef::entries).any(|entry| entry.name().starts_with("vault.hashicorp.com/"))
}
