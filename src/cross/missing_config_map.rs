//! A ConfigMap that a Pod or another object names and that is not there.

use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A ConfigMap that is named does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-config-map",
    level: Level::Warning,
    summary: "a ConfigMap that is named does not exist",
    why: "a container with an environment from it stays in CreateContainerConfigError, and a Pod with a volume of it in ContainerCreating (FailedMount)",
    docs: include_str!("missing-config-map.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, missing::of_a_pod, |_, _| false)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings, findings_in};

    const RULE: &str = "cross/missing-config-map";

    fn pod(name: &str, optional: bool) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven, namespace: kitchen}}\nspec:\n  containers:\n  - name: oven\n    envFrom: [{{configMapRef: {{name: {name}, optional: {optional}}}}}]\n---\n"
        )
    }

    const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: kitchen}\n---\n";
    const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kitchen}\n---\n";

    #[test]
    fn a_slip_in_the_name_is_warned_of() {
        assert_eq!(
            findings(RULE, &format!("{}{SETTINGS}", pod("setings", false))),
            ["spec.containers[0].envFrom[0].configMapRef.name: ConfigMap \"setings\" is not found in these manifests"]
        );
        assert!(findings(RULE, &format!("{}{SETTINGS}", pod("settings", false))).is_empty());
        assert!(findings(RULE, &format!("{}{SETTINGS}", pod("setings", true))).is_empty());
    }

    #[test]
    fn what_nobody_brings_may_be_in_an_open_cluster() {
        assert!(findings(RULE, &pod("menu", false)).is_empty());
        assert_eq!(advice(RULE, &pod("menu", false)).len(), 1);
        assert!(advice(RULE, &pod("kube-root-ca.crt", false)).is_empty());
        assert_eq!(
            findings_in(NAMESPACE, RULE, &pod("menu", false)),
            [
                "spec.containers[0].envFrom[0].configMapRef.name: ConfigMap \"menu\" is neither in this set nor in the cluster"
            ]
        );
        assert!(findings_in(&format!("{NAMESPACE}{SETTINGS}"), RULE, &pod("settings", false)).is_empty());
    }

    #[test]
    fn a_namespace_that_the_set_makes_holds_nothing_else() {
        let set = format!("{NAMESPACE}{}", pod("menu", false));
        assert_eq!(
            findings(RULE, &set),
            [
                "spec.containers[0].envFrom[0].configMapRef.name: ConfigMap \"menu\" is not in namespace \"kitchen\", which \
                 this set makes"
            ]
        );
        let chart =
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: pantry, namespace: kitchen}\n";
        assert!(findings(RULE, &format!("{set}{chart}")).is_empty());
        let unknown = "apiVersion: kitchen.example.com/v1\nkind: Cook\nmetadata: {name: ann, namespace: kitchen}\n";
        assert!(findings(RULE, &format!("{set}{unknown}")).is_empty());
        let harmless =
            "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: ann, namespace: kitchen}\n";
        assert_eq!(findings(RULE, &format!("{set}{harmless}")).len(), 1);
    }

    #[test]
    fn one_of_the_name_elsewhere_is_shown() {
        let elsewhere = SETTINGS.replace("kitchen", "cellar");
        assert_eq!(findings(RULE, &format!("{}{elsewhere}", pod("settings", false))).len(), 1);
        // Nobody wrote where this one goes.
        let anywhere = SETTINGS.replace(", namespace: kitchen", "");
        assert!(findings(RULE, &format!("{}{anywhere}", pod("settings", false))).is_empty());
    }
}
