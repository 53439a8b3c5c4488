//! An `imagePullSecrets` entry that names no Secret.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A Secret for pulling images does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-pull-secret",
    level: Level::Warning,
    summary: "a Secret for pulling images does not exist",
    why: "the kubelet pulls without it, and what the registry does not give to everybody is not pulled: ErrImagePull, ImagePullBackOff",
    docs: include_str!("missing-pull-secret.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "images are pulled without it", |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/missing-pull-secret";
    const ACCOUNT: &str =
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: cook}\nimagePullSecrets: [{name: registry}]\n---\n";

    #[test]
    fn it_must_be_there_in_a_closed_world() {
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: registry, namespace: default}\n";
        assert_eq!(
            findings_in(nothing, RULE, ACCOUNT),
            ["imagePullSecrets[0].name: Secret \"registry\" is neither in this set nor in the cluster"]
        );
        assert!(findings_in(secret, RULE, ACCOUNT).is_empty());
        assert!(findings(RULE, ACCOUNT).is_empty());
    }
}
