//! A `ResourceClaim` or `ResourceClaimTemplate` that a Pod names and that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A `ResourceClaim`, or its template, that a Pod names does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-resource-claim",
    level: Level::Warning,
    summary: "a ResourceClaim, or its template, that a Pod names does not exist",
    why: "the Pod is never scheduled and stays Pending until the claim is there",
    docs: include_str!("missing-resource-claim.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "the Pod stays Pending", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-resource-claim";

    #[test]
    fn a_template_must_be_there() {
        let set = "apiVersion: v1
kind: Pod
metadata: {name: oven}
spec:
  containers: []
  resourceClaims: [{name: gas, resourceClaimTemplateName: gas-lines}]
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: {name: gas-line}
";
        assert_eq!(
            findings(RULE, set),
            [
                "spec.resourceClaims[0].resourceClaimTemplateName: ResourceClaimTemplate \"gas-lines\" is not found in these \
                 manifests"
            ]
        );
        assert!(findings(RULE, &set.replace("gas-lines", "gas-line")).is_empty());
    }
}
