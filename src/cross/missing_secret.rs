//! A Secret that a Pod or another object names and that is not there, images' pull secrets aside.

use super::missing;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::yaml::NodeRef;

/// A Secret that is named does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-secret",
    level: Level::Warning,
    summary: "a Secret that is named does not exist",
    why: "a container with an environment from it stays in CreateContainerConfigError, and a Pod with a volume of it in ContainerCreating (FailedMount)",
    docs: include_str!("missing-secret.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, missing::of_a_pod, is_made_on_request)
}

/// cert-manager makes the certificates of an Ingress or a Gateway that asks for it. Source: `pkg/controller/certificate-shim`
/// of cert-manager 1.18.
fn is_made_on_request(named: &Named<'_>, _: &Scene<'_>) -> bool {
    let annotations = named.from.object.root().at(&["metadata", "annotations"]);
    let asks = ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"];
    named.has_field("tls") && annotations.into_iter().flat_map(NodeRef::entries).any(|pair| asks.contains(&pair.name()))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings, findings_in};

    const RULE: &str = "cross/missing-secret";
    const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kitchen}\n---\n";
    const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: oven, namespace: kitchen}
spec:
  containers:
  - name: oven
    env:
    - {name: A, valueFrom: {secretKeyRef: {name: recipe-book, key: a}}}
    - {name: B, valueFrom: {secretKeyRef: {name: recipe-book, key: b}}}
---
";

    #[test]
    fn one_that_is_made_by_hand_is_not_warned_of() {
        assert!(findings(RULE, POD).is_empty());
        assert!(findings(RULE, &format!("{NAMESPACE}{POD}")).is_empty());
        assert_eq!(advice(RULE, POD).len(), 1, "once for each object");
        assert_eq!(
            findings_in(NAMESPACE, RULE, POD),
            [
                "spec.containers[0].env[0].valueFrom.secretKeyRef.name: Secret \"recipe-book\" is neither in this set nor in \
                 the cluster"
            ]
        );
    }

    #[test]
    fn one_that_is_made_by_another_object_is_there() {
        let made = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: recipes, namespace: kitchen}\nspec: {target: {name: recipe-book}}\n";
        assert!(advice(RULE, &format!("{POD}{made}")).is_empty());
        let provided = "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: x, namespace: kitchen}\nspec: {secretObjects: [{secretName: other}, {secretName: recipe-book}]}\n";
        assert!(advice(RULE, &format!("{POD}{provided}")).is_empty());
        // Operators name what they make after what they make it for.
        let unknown = "apiVersion: kitchen.example.com/v1\nkind: Cook\nmetadata: {name: recipe, namespace: kitchen}\n";
        assert!(advice(RULE, &format!("{POD}{unknown}")).is_empty());
    }

    #[test]
    fn a_config_map_that_has_the_key_was_meant() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: recipe-book, namespace: kitchen}\ndata: {a: x}\n";
        assert_eq!(findings(RULE, &format!("{POD}{map}")).len(), 1);
        assert!(findings(RULE, &format!("{POD}{}", map.replace("a: x", "c: x"))).is_empty());
    }
}
