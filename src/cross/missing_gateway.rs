//! A parent of a Gateway API route that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A route names a Gateway that does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-gateway",
    level: Level::Warning,
    summary: "a route names a Gateway that does not exist",
    why: "the route is accepted and attached to nothing: no listener serves it",
    docs: include_str!("missing-gateway.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "the route is attached to nothing", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-gateway";

    #[test]
    fn a_gateway_must_be_there() {
        let set = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: door, namespace: kitchen}
spec: {parentRefs: [{name: front, namespace: hall}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: kitchen}
";
        assert_eq!(
            findings(RULE, set),
            ["spec.parentRefs[0].name: Gateway \"front\" in namespace \"hall\" is not found in these manifests"]
        );
        assert!(findings(RULE, &set.replace(", namespace: hall", "")).is_empty());
    }
}
