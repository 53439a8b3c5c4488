//! Everything that is named and not there, and that no other rule speaks of: issuers, stores, sources, projects, policies.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// An object that another names does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-reference",
    level: Level::Warning,
    summary: "an object that another names does not exist",
    why: "the object is accepted, and whoever acts on it finds nothing of the name",
    docs: include_str!("missing-reference.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings};

    const RULE: &str = "cross/missing-reference";

    fn certificate(kind: &str, issuer: &str) -> String {
        format!(
            "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {{name: door, namespace: kitchen}}\nspec: {{issuerRef: {{kind: {kind}, name: {issuer}}}}}\n---\n"
        )
    }

    const ISSUER: &str =
        "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {name: notary, namespace: kitchen}\n---\n";

    #[test]
    fn an_issuer_must_be_there() {
        assert!(findings(RULE, &format!("{}{ISSUER}", certificate("Issuer", "notary"))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{ISSUER}", certificate("Issuer", "notray"))),
            ["spec.issuerRef.name: Issuer \"notray\" is not found in these manifests"]
        );
        assert_eq!(findings(RULE, &format!("{}{ISSUER}", certificate("ClusterIssuer", "notary"))).len(), 1);
        assert!(findings(RULE, &certificate("ClusterIssuer", "letsencrypt")).is_empty());
        assert_eq!(advice(RULE, &certificate("ClusterIssuer", "letsencrypt")).len(), 1);
    }
}
