//! A `PersistentVolumeClaim` that a Pod names and that is not there.

use super::index::Index;
use super::missing;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A `PersistentVolumeClaim` that a Pod names does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-claim",
    level: Level::Warning,
    summary: "a PersistentVolumeClaim that a Pod names does not exist",
    why: "the Pod is never scheduled and stays Pending: persistentvolumeclaim not found",
    docs: include_str!("missing-claim.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "the Pod stays Pending: persistentvolumeclaim not found", is_made_by_a_template)
}

/// The claims that a StatefulSet makes are called `TEMPLATE-SET-0`.
fn is_made_by_a_template(named: &Named<'_>, scene: &Scene<'_>) -> bool {
    let Some((stem, ordinal)) = named.name.rsplit_once('-') else { return false };
    let splits = || stem.match_indices('-').map(|(at, _)| (&stem[..at], &stem[at + 1..]));
    let makes = |known: &Index<'_>| {
        splits().any(|(template, set)| {
            let sets = known.find_all("apps", "StatefulSet", named.namespace, set);
            let mut templates = sets.iter().flat_map(|set| set.spec().list("volumeClaimTemplates"));
            templates.any(|claim| claim.get("metadata").text("name") == template)
        })
    };
    ordinal.bytes().all(|byte| byte.is_ascii_digit()) && (makes(&scene.set) || makes(scene.repository))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/missing-claim";

    fn pod(claim: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec: {{containers: [], volumes: [{{name: v, persistentVolumeClaim: {{claimName: {claim}}}}}]}}\n---\n"
        )
    }

    #[test]
    fn a_claim_must_be_there() {
        let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: larder}\n---\n";
        assert_eq!(
            findings(RULE, &format!("{}{claim}", pod("lader"))),
            [
                "spec.volumes[0].persistentVolumeClaim.claimName: PersistentVolumeClaim \"lader\" is not found in these manifests"
            ]
        );
        assert!(findings(RULE, &format!("{}{claim}", pod("larder"))).is_empty());
    }

    #[test]
    fn a_stateful_set_makes_claims_by_its_templates() {
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: shelf}\nspec: {volumeClaimTemplates: [{metadata: {name: jars}}]}\n";
        assert!(findings_in(nothing, RULE, &format!("{}{set}", pod("jars-shelf-0"))).is_empty());
        assert_eq!(findings_in(nothing, RULE, &format!("{}{set}", pod("jars-rack-0"))).len(), 1);
    }
}
