//! Ingresses that speak in the clear.

use super::ground::Ground;
use crate::cross::Member;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// An Ingress, or a host of it, without TLS.
pub(super) static RULE: Rule = Rule {
    id: "security/ingress-without-tls",
    level: Level::Advice,
    summary: "an Ingress serves a host without TLS",
    why: "passwords, cookies and all else pass in the clear, and whoever is on the way reads and changes them",
    docs: include_str!("ingress-without-tls.md"),
};

/// Looks at the Ingresses of the set.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    ground
        .scene
        .set
        .of_the_set("networking.k8s.io", "Ingress")
        .filter(|ingress| !has_tls_elsewhere(ingress))
        .flat_map(judge)
        .collect()
}

fn judge(ingress: &Member<'_>) -> Vec<Finding> {
    const HELP: &str = "add the host to `tls`, with a Secret of type kubernetes.io/tls (cert-manager makes one)";
    let spec = ingress.spec();
    let tls = spec.list("tls");
    if tls.is_empty() {
        let message = format!("{} has no TLS", ingress.title());
        return vec![
            Finding::in_object(&RULE, message, ingress.object, FieldPath::of(&["spec", "tls"])).with_help(HELP),
        ];
    }
    let covered: Vec<&str> = tls.iter().flat_map(|entry| entry.list("hosts")).filter_map(NodeRef::as_str).collect();
    // An entry without hosts is for every host that has no other.
    if tls.iter().any(|entry| entry.list("hosts").is_empty()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, rule) in spec.list("rules").into_iter().enumerate() {
        let host = rule.text("host");
        let is_covered = |name: &&str| {
            *name == host
                || name.strip_prefix('*').is_some_and(|domain| {
                    host.strip_suffix(domain).is_some_and(|first| !first.is_empty() && !first.contains('.'))
                })
        };
        if !host.is_empty() && !covered.iter().any(is_covered) {
            let field = FieldPath::of(&["spec", "rules"]).index(at).field("host");
            let message = format!("no entry of `tls` is for {host}");
            found.push(Finding::in_object(&RULE, message, ingress.object, field).with_help(HELP));
        }
    }
    found
}

/// Whether TLS is told of in annotations, as controllers of clouds have it, or ends before the Ingress.
fn has_tls_elsewhere(ingress: &Member<'_>) -> bool {
    let annotations = ingress.object.root().at(&["metadata", "annotations"]);
    annotations.into_iter().flat_map(NodeRef::entries).any(|entry| {
        let (name, value) = (entry.name(), entry.value.as_str().unwrap_or_default());
        let is_certificate =
            name.contains("certificate") || name.contains("pre-shared-cert") || name.contains("ssl-cert");
        let is_entrance = name.ends_with("router.tls") && value != "false"
            || name.ends_with("router.entrypoints") && value.contains("secure");
        let is_passed = name.ends_with("ssl-passthrough") && value == "true"
            || value.contains("HTTPS\":") && name.ends_with("listen-ports");
        is_certificate || is_entrance || is_passed || name.starts_with("tailscale.com/")
    }) || ingress.spec().text("ingressClassName") == "tailscale"
}
