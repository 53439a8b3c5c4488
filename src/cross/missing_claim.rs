//! A `PersistentVolumeClaim` that a Pod names and that is not there.

use super::index::Index;
use super::missing;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::yaml::NodeRef;

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
    missing::findings(
        scene,
        &RULE,
        |_| "the Pod stays Pending: persistentvolumeclaim not found",
        |named, scene| is_replaced_by_a_template(named) || is_made_by_a_template(named, scene),
    )
}

/// A StatefulSet's claim template takes the place of the volume of its name, whatever that is
/// (`updateStorage` of `pkg/controller/statefulset/stateful_set_utils.go`, 1.36).
fn is_replaced_by_a_template(named: &Named<'_>) -> bool {
    let spec = named.from.spec().filter(|_| named.from.is("apps", "StatefulSet"));
    let Some(spec) = spec else { return false };
    let holds = |volume: &NodeRef<'_>| {
        volume.get("persistentVolumeClaim").is_some_and(|claim| claim.index() == named.holder.index())
    };
    let Some(volume) = spec.at(&["template", "spec"]).list("volumes").into_iter().find(holds) else { return false };
    let mut templates = spec.list("volumeClaimTemplates").into_iter();
    templates.any(|claim| claim.get("metadata").text("name") == volume.text("name"))
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
    ordinal.bytes().all(|byte| byte.is_ascii_digit()) && (makes(&scene.set) || makes(scene.repository()))
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

    #[test]
    fn a_claim_template_takes_the_place_of_the_volume_of_its_name() {
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        let set = |template: &str| {
            format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: shelf}}\nspec: {{template: {{spec: {{containers: [], volumes: [{{name: jars, persistentVolumeClaim: {{claimName: crocks}}}}]}}}}, volumeClaimTemplates: [{{metadata: {{name: {template}}}}}]}}\n"
            )
        };
        assert!(findings_in(nothing, RULE, &set("jars")).is_empty());
        assert_eq!(findings_in(nothing, RULE, &set("lids")).len(), 1);
    }
}
