//! A `NetworkPolicy` whose `podSelector`, or that of a peer, selects no pods.

use super::index::Member;
use super::scene::Scene;
use super::selects_nothing::Selecting;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Segment};
use crate::yaml::NodeRef;

/// A `NetworkPolicy` selects no pods, or lets in or out none.
pub static RULE: Rule = Rule {
    id: "cross/network-policy-selects-nothing",
    level: Level::Warning,
    summary: "a NetworkPolicy selects no pods, or lets in or out none",
    why: "the policy is accepted and the pods that were meant stay as they were: open where it should close, closed where it should open",
    docs: include_str!("network-policy-selects-nothing.md"),
};

/// Looks at every `NetworkPolicy` and its peers.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let policies = scene.set.of_the_set("networking.k8s.io", "NetworkPolicy");
    policies.flat_map(selectors).filter_map(|selecting| selecting.judge(scene, &RULE)).collect()
}

fn selectors<'n, 's>(owner: &'n Member<'s>) -> Vec<Selecting<'n, 's>> {
    let Some(spec) = owner.spec() else { return Vec::new() };
    let own = spec.get("podSelector").map(|selector| {
        let path = FieldPath::of(&["spec", "podSelector"]);
        Selecting { owner, selector, path, namespace: owner.namespace }
    });
    let peers = [("ingress", "from"), ("egress", "to")].into_iter().flat_map(|(direction, peers)| {
        spec.list(direction).into_iter().enumerate().flat_map(move |(at, rule)| {
            rule.list(peers).into_iter().enumerate().filter_map(move |(number, peer)| {
                let fields = |fields: &[&str]| FieldPath::of(fields).0;
                let segments = [
                    fields(&["spec", direction]),
                    vec![Segment::Index(at)],
                    fields(&[peers]),
                    vec![Segment::Index(number)],
                    fields(&["podSelector"]),
                ];
                let path = FieldPath(segments.concat());
                let selector = peer.get("podSelector")?;
                Some(Selecting { owner, selector, path, namespace: namespace_of(peer, owner) })
            })
        })
    });
    own.into_iter().chain(peers).collect()
}

/// The namespace of a peer's pods; none where a selector says which.
fn namespace_of<'s>(peer: NodeRef<'s>, owner: &Member<'s>) -> Option<&'s str> {
    let Some(selector) = peer.get("namespaceSelector") else { return owner.namespace };
    selector.at(&["matchLabels", "kubernetes.io/metadata.name"]).and_then(NodeRef::as_str)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings};

    const RULE: &str = "cross/network-policy-selects-nothing";

    fn set(spec: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: door}}\nspec: {spec}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{template: {{metadata: {{labels: {{app: oven}}}}}}}}\n"
        )
    }

    #[test]
    fn the_pods_of_the_policy() {
        assert!(advice(RULE, &set("{podSelector: {}}")).is_empty());
        assert!(advice(RULE, &set("{podSelector: {matchLabels: {app: oven}}}")).is_empty());
        assert_eq!(
            findings(RULE, &set("{podSelector: {matchLabels: {app: ovne}}}")),
            ["spec.podSelector: no pods in namespace default have the labels app=ovne"]
        );
    }

    #[test]
    fn the_pods_of_its_peers() {
        let peers = |from: &str| {
            set(&format!(
                "{{podSelector: {{}}, ingress: [{{}}, {{from: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}, {from}]}}]}}"
            ))
        };
        assert_eq!(
            findings(RULE, &peers("{podSelector: {matchLabels: {app: ovne}}}")),
            ["spec.ingress[1].from[1].podSelector: no pods in namespace default have the labels app=ovne"]
        );
        let all = "{namespaceSelector: {}, podSelector: {matchLabels: {app: oven}}}";
        assert!(advice(RULE, &peers(all)).is_empty());
        // Whoever scrapes or asks is mostly brought by others.
        assert!(findings(RULE, &peers(&all.replace("app: oven", "app: prometheus"))).is_empty());
    }
}
