//! Pods that everything may talk to.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;

/// Pods that no `NetworkPolicy` selects.
pub(super) static RULE: Rule = Rule {
    id: "security/no-network-policy",
    level: Level::Advice,
    summary: "no NetworkPolicy selects the pods",
    why: "every pod of the cluster may connect to them, and they to everything: whoever breaks into one reaches all",
    docs: include_str!("no-network-policy.md"),
};

/// Kinds of network plugins that close what no `NetworkPolicy` does; where one is used, nothing is said.
const OTHERS: [(&str, &str); 10] = [
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("crd.antrea.io", "ClusterNetworkPolicy"),
];

/// Looks at the pods that have an address of their own.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    if OTHERS.iter().any(|(group, kind)| ground.known(group, kind).next().is_some()) {
        return Vec::new();
    }
    let open = ground.pods.iter().filter(|pod| {
        !pod.is_part_of_the_node()
            && pod.spec.get("hostNetwork").and_then(crate::yaml::NodeRef::as_bool) != Some(true)
            && !ground.is_selected_by(pod, "networking.k8s.io", "NetworkPolicy", &["spec", "podSelector"])
    });
    open.map(|pod| {
        let message = format!("no NetworkPolicy selects the pods of {}", pod.member().title());
        let help = "add a NetworkPolicy for the namespace that lets nothing in (`podSelector: {}`, `policyTypes: [Ingress]`), and one for each thing that is to get in";
        pod.advise(&RULE, message, FieldPath::of(&["metadata", "name"])).with_help(help)
    })
    .collect()
}
