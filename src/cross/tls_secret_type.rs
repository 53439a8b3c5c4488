//! The Secret of an Ingress or a Gateway listener that holds no certificate.

use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A Secret that should hold a certificate holds none.
pub static RULE: Rule = Rule {
    id: "cross/tls-secret-type",
    level: Level::Warning,
    summary: "a Secret that should hold a certificate holds none",
    why: "whoever ends TLS here needs `tls.crt` and `tls.key`, which a Secret of type kubernetes.io/tls has: without them it serves its own certificate or does not listen",
    docs: include_str!("tls-secret-type.md"),
};

/// Looks at every Secret of the set that an Ingress or a Gateway names for TLS.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let secrets = scene.names.iter().filter(|named| named.group.is_empty() && named.kind == "Secret");
    let of_tls = secrets.filter(|named| matches!(named.from.kind, "Ingress" | "Gateway") && named.has_field("tls"));
    of_tls.filter_map(|named| judge(named, scene)).collect()
}

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let secrets = scene.set.find_all("", "Secret", named.namespace, named.name);
    if secrets.iter().any(|secret| may_hold_a_certificate(secret.object.root())) {
        return None;
    }
    let secret = secrets.first()?.object;
    let kind = secret.root().text_or("type", "Opaque");
    let place = secret.locate(&FieldPath::of(&["type"]));
    let range = if place.exact { place.range() } else { secret.locate(&FieldPath::of(&["kind"])).range() };
    let message =
        format!("Secret \"{}\" holds no certificate: it is of type {kind} and has no tls.crt and tls.key", named.name);
    let mut finding = Finding::in_object(&RULE, message, named.from.object, named.path.clone())
        .with_label(secret.span(range), format!("of type {kind}"))
        .with_help("Make it of type kubernetes.io/tls, with the keys tls.crt and tls.key.");
    finding.level = scene.level_between(named.from.object, secret);
    Some(finding)
}

/// One without any key is filled by somebody else.
fn may_hold_a_certificate(secret: NodeRef<'_>) -> bool {
    let data = [secret.get("data"), secret.get("stringData")];
    let has = |key: &str| data.iter().flatten().any(|data| data.entry(key).is_some());
    let is_empty = data.iter().flatten().all(|data| data.is_empty());
    match secret.text_or("type", "Opaque") {
        "kubernetes.io/tls" => true,
        "Opaque" => is_empty || (has("tls.crt") && has("tls.key")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    #[test]
    fn a_certificate_must_be_in_it() {
        let set = |secret: &str| {
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: door}}\nspec: {{tls: [{{secretName: key}}]}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\n{secret}\n"
            )
        };
        let rule = "cross/tls-secret-type";
        assert_eq!(
            findings(rule, &set("stringData: {cert.pem: a}")),
            [
                "spec.tls[0].secretName: Secret \"key\" holds no certificate: it is of type Opaque and has no tls.crt and \
                 tls.key"
            ]
        );
        assert!(findings(rule, &set("stringData: {tls.crt: a, tls.key: b}")).is_empty());
        assert!(findings(rule, &set("type: kubernetes.io/tls")).is_empty());
        assert!(findings(rule, &set("type: Opaque")).is_empty());
        assert_eq!(findings(rule, &set("type: kubernetes.io/basic-auth")).len(), 1);
    }
}
