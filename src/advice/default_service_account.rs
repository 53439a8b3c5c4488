//! Pods that run as the account `default` of their namespace.
//!
//! Apart from `unneeded-token`, which speaks of accounts of their own.

use super::ground::Ground;
use super::unneeded_token::{is_mounted, wants_token};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// Pods with the token of the account `default`.
pub(super) static RULE: Rule = Rule {
    id: "security/default-service-account",
    level: Level::Advice,
    summary: "pods carry the token of the ServiceAccount default",
    why: "all pods of a namespace that name no account share this one: a right given to it for one of them is all of theirs, and whoever breaks into any has a token for the API server",
    docs: include_str!("default-service-account.md"),
};

/// Looks at the account of all pods.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in &ground.pods {
        let old = pod.spec.text("serviceAccount");
        let name = pod.spec.text_or("serviceAccountName", old);
        if !matches!(name, "" | "default") || !is_mounted(ground, pod, "default") || wants_token(pod) {
            continue;
        }
        let field = if pod.spec.text("serviceAccountName").is_empty() && !old.is_empty() {
            "serviceAccount"
        } else {
            "serviceAccountName"
        };
        let message = format!("the pods of {} carry the token of the ServiceAccount default", pod.member().title());
        let help =
            "write `automountServiceAccountToken: false`; pods that talk to the API server get an account of their own";
        found.push(pod.advise(&RULE, message, pod.field(&[field])).with_help(help));
    }
    found
}
