//! A Namespace that `kubectl apply --prune` would delete, and that the API server never does.
//!
//! Apart as every rule. Source: the plugin `NamespaceLifecycle`,
//! `staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go` (1.36).

use super::{Gone, Pruning};
use crate::finding::{Finding, Level, Rule};
use crate::go_quote::go_quote;
use crate::object::FieldPath;

/// The API server refuses to delete it.
pub static RULE: Rule = Rule {
    id: "update/prune-refused",
    level: Level::Error,
    summary: "kubectl apply --prune would delete a Namespace that the API server never deletes",
    why: "the namespaces default, kube-system and kube-public cannot be deleted; kubectl stops there with an error and does \
          not prune what is behind it",
    docs: include_str!("prune-refused.md"),
};

pub(super) fn finding(gone: &Gone<'_>, pruning: &Pruning<'_>) -> Finding {
    let name = &gone.identity.name;
    let refusal = format!("namespaces {} is forbidden: this namespace may not be deleted", go_quote(name));
    let message = if pruning.is_by_label() {
        format!("pruning Namespace {name}: {refusal}")
    } else {
        format!("error pruning nonNamespaced object /v1, Kind=Namespace: {refusal}")
    };
    Finding::in_object(&RULE, message, gone.object, FieldPath::of(&["metadata", "name"])).with_help(format!(
        "Bring the Namespace with the set, or leave Namespaces out by --prune-allowlist, or take kubectl's annotation off it: \
         kubectl annotate namespace {name} kubectl.kubernetes.io/last-applied-configuration-"
    ))
}
