//! Feature gates that change how a pod is judged, as they stand by default in each minor.
//!
//! Apart because the answer to "does this minor have it" is a table, and the rules only ask by name.
//! Source: `pkg/features/kube_features.go` (1.37).

use crate::schema::Minor;

/// The default state of the gates in one minor. A field whose gate is off is dropped before validation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gates(Minor);

impl Gates {
    pub(super) const fn new(minor: Minor) -> Self {
        Self(minor)
    }

    /// The minor.
    pub(super) const fn minor(self) -> Minor {
        self.0
    }

    const fn since(self, minor: u8) -> bool {
        self.0.0 >= minor
    }

    /// `RelaxedEnvironmentVariableValidation`
    pub(super) const fn relaxed_env_names(self) -> bool {
        self.since(32)
    }

    /// `RelaxedDNSSearchValidation`
    pub(super) const fn relaxed_dns_search(self) -> bool {
        self.since(33)
    }

    /// `EnvFiles`
    pub(super) const fn env_files(self) -> bool {
        self.since(35)
    }

    /// `PodLifecycleSleepAction`
    pub(super) const fn sleep_action(self) -> bool {
        self.since(30)
    }

    /// `PodLifecycleSleepActionAllowZero`
    pub(super) const fn sleep_zero(self) -> bool {
        self.since(33)
    }

    /// `PodLevelResources`
    pub(super) const fn pod_level_resources(self) -> bool {
        self.since(34)
    }

    /// `InPlacePodVerticalScaling`
    pub(super) const fn resize_policy(self) -> bool {
        self.since(33)
    }

    /// `MatchLabelKeysInPodTopologySpread`
    pub(super) const fn spread_match_label_keys(self) -> bool {
        self.since(27)
    }

    /// `MatchLabelKeysInPodTopologySpreadSelectorMerge`
    pub(super) const fn spread_selector_merge(self) -> bool {
        self.since(34)
    }

    /// `NodeInclusionPolicyInPodTopologySpread`
    pub(super) const fn node_inclusion_policy(self) -> bool {
        self.since(26)
    }

    /// `MatchLabelKeysInPodAffinity`
    pub(super) const fn affinity_match_label_keys(self) -> bool {
        self.since(31)
    }

    /// `SidecarContainers`
    pub(super) const fn sidecar_containers(self) -> bool {
        self.since(29)
    }

    /// `ContainerRestartRules`
    pub(super) const fn container_restart_rules(self) -> bool {
        self.since(35)
    }

    /// `RestartAllContainersOnContainerExits`
    pub(super) const fn restart_all_containers(self) -> bool {
        self.since(36)
    }

    /// `HostnameOverride`
    pub(super) const fn hostname_override(self) -> bool {
        self.since(35)
    }

    /// `DynamicResourceAllocation`
    pub(super) const fn resource_claims(self) -> bool {
        self.since(34)
    }

    /// `ProcMountType`; while it is off the field reads as `Default`.
    pub(super) const fn proc_mount(self) -> bool {
        self.since(33)
    }

    /// `UserNamespacesSupport`
    pub(super) const fn user_namespaces(self) -> bool {
        self.since(33)
    }

    /// `SupplementalGroupsPolicy`
    pub(super) const fn supplemental_groups_policy(self) -> bool {
        self.since(33)
    }

    /// `SELinuxMount`: without it the policy can only be `Recursive`.
    pub(super) const fn se_linux_mount(self) -> bool {
        self.since(37)
    }

    /// `ClusterTrustBundleProjection`
    pub(super) const fn cluster_trust_bundles(self) -> bool {
        self.since(37)
    }

    /// `PodCertificateRequest`
    pub(super) const fn pod_certificates(self) -> bool {
        self.since(37)
    }

    /// No gate, but a rule since 1.36: only a sidecar among init containers can restart to be resized.
    pub(super) const fn init_resize_is_judged(self) -> bool {
        self.since(36)
    }

    /// No gate, but a rule since 1.34: no block devices in a user namespace.
    pub(super) const fn user_namespace_devices_are_judged(self) -> bool {
        self.since(34)
    }

    /// No gate, but a rule since 1.33: values of required node affinity are label values.
    pub(super) const fn node_affinity_values_are_judged(self) -> bool {
        self.since(33)
    }

    /// No gate, but a rule since 1.30: no kernel settings of namespaces that are the host's.
    pub(super) const fn host_sysctls_are_judged(self) -> bool {
        self.since(30)
    }

    /// No gate, but a rule since 1.30: the token of a service account stays in its volume.
    pub(super) const fn token_paths_are_judged(self) -> bool {
        self.since(30)
    }

    /// No gate, but a rule since 1.28: selectors of spread constraints are judged.
    pub(super) const fn spread_selectors_are_judged(self) -> bool {
        self.since(28)
    }

    /// No gate, but a rule since 1.27: values in selectors of pods are label values.
    pub(super) const fn selector_values_are_judged(self) -> bool {
        self.since(27)
    }

    /// No gate, but a rule of 1.37: also the image of a volume in a template must be named.
    pub(super) const fn image_volumes_are_named(self) -> bool {
        self.since(37)
    }

    /// `SELinuxChangePolicy`
    pub(super) const fn se_linux_change_policy(self) -> bool {
        self.since(33)
    }

    /// `RecursiveReadOnlyMounts`
    pub(super) const fn recursive_read_only(self) -> bool {
        self.since(31)
    }

    /// `ImageVolume`
    pub(super) const fn image_volumes(self) -> bool {
        self.since(35)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, pod};
    use crate::schema::Minor;
    use crate::server_rules::testing::findings_of;
    use serde_json::{Value, json};

    fn errors_in(minor: u8, changes: Value) -> Vec<String> {
        let findings = findings_of(&pod(changes), Minor(minor));
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_field_whose_gate_is_off_is_dropped_before_it_is_judged() {
        let overridden = json!({"hostnameOverride": "Not_A_Name"});
        assert!(errors_in(34, overridden.clone()).is_empty());
        assert_eq!(errors_in(35, overridden).len(), 1);
        let image = json!({"volumes": [{"name": "page", "image": {}}], "containers": [container(json!({
            "volumeMounts": [{"name": "page", "mountPath": "/page"}],
        }))]});
        assert!(errors_in(34, image.clone()).is_empty());
        let errors = errors_in(36, image);
        assert_eq!(errors[0], "spec.volumes[0].image.reference: Required value");
    }

    #[test]
    fn a_rule_is_asked_of_the_minors_that_have_it() {
        let starter = container(json!({
            "name": "starter",
            "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}],
        }));
        let resized = json!({"initContainers": [starter]});
        assert!(errors_in(35, resized.clone()).is_empty());
        assert_eq!(
            errors_in(36, resized),
            ["spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not be \
              set to 'RestartContainer' for non-sidecar initContainers"]
        );
        let numbered = json!({"containers": [container(json!({"env": [{"name": "1", "value": "x"}]}))]});
        assert!(errors_in(32, numbered.clone()).is_empty());
        assert_eq!(errors_in(31, numbered).len(), 1);
        let negative = json!({"terminationGracePeriodSeconds": -1});
        for minor in [36, 37] {
            let found = errors_in(minor, negative.clone());
            assert!(found.len() == 1 && found[0].contains("will be treated as 1"), "{found:?}");
        }
    }
}
