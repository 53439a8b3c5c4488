//! Which rules a kind has.
//!
//! Apart so that a new kind is one line here and one file beside it.

use super::{
    Judge, admission_registration, api_registration, apiextensions, apps, autoscaling, batch, certificates,
    coordination, core, discovery, flow_control, networking, node, pod, policy, rbac, resource, scheduling, storage,
};

/// Runs the rules of the object's kind.
pub fn validate(judge: &mut Judge<'_>) {
    match (judge.gvk.group.as_str(), judge.gvk.kind.as_str()) {
        ("", "ConfigMap") => core::config_map::validate(judge),
        ("", "Endpoints") => core::endpoints::validate(judge),
        ("" | "events.k8s.io", "Event") => core::event::validate(judge),
        ("", "LimitRange") => core::limit_range::validate(judge),
        ("", "Namespace") => core::namespace::validate(judge),
        ("", "Node") => core::node::validate(judge),
        ("", "PersistentVolume") => core::persistent_volume::validate(judge),
        ("", "PersistentVolumeClaim") => core::persistent_volume_claim::validate(judge),
        ("", "ResourceQuota") => core::resource_quota::validate(judge),
        ("", "Secret") => core::secret::validate(judge),
        ("", "Service") => core::service::validate(judge),
        ("", "Pod") => pod::validate_pod(judge),
        ("", "PodTemplate") => pod::validate_pod_template(judge),
        ("", "ReplicationController") => pod::validate_replication_controller(judge),
        ("apps", "ControllerRevision") => apps::controller_revision::validate(judge),
        ("apps", "DaemonSet") => apps::daemon_set::validate(judge),
        ("apps", "Deployment") => apps::deployment::validate(judge),
        ("apps", "ReplicaSet") => apps::replica_set::validate(judge),
        ("apps", "StatefulSet") => apps::stateful_set::validate(judge),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::horizontal_pod_autoscaler::validate(judge),
        ("batch", "CronJob") => batch::cron_job::validate(judge),
        ("batch", "Job") => batch::job::validate(judge),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy") => {
            admission_registration::policy::validate_mutating(judge);
        }
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding" | "ValidatingAdmissionPolicyBinding") => {
            admission_registration::policy_binding::validate(judge);
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            admission_registration::policy::validate(judge);
        }
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            admission_registration::webhook_configuration::validate(judge);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            apiextensions::custom_resource_definition::validate(judge);
        }
        ("apiregistration.k8s.io", "APIService") => api_registration::api_service::validate(judge),
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            certificates::certificate_signing_request::validate(judge);
        }
        ("coordination.k8s.io", "Lease") => coordination::lease::validate(judge),
        ("discovery.k8s.io", "EndpointSlice") => discovery::endpoint_slice::validate(judge),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => flow_control::flow_schema::validate(judge),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => {
            flow_control::priority_level_configuration::validate(judge);
        }
        ("networking.k8s.io", "IPAddress") => networking::ip_address::validate(judge),
        ("networking.k8s.io", "Ingress") => networking::ingress::validate(judge),
        ("networking.k8s.io", "IngressClass") => networking::ingress_class::validate(judge),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy::validate(judge),
        ("networking.k8s.io", "ServiceCIDR") => networking::service_cidr::validate(judge),
        ("node.k8s.io", "RuntimeClass") => node::runtime_class::validate(judge),
        ("policy", "PodDisruptionBudget") => policy::pod_disruption_budget::validate(judge),
        ("rbac.authorization.k8s.io", "ClusterRole") => rbac::role::validate_cluster_role(judge),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => rbac::binding::validate_cluster_role_binding(judge),
        ("rbac.authorization.k8s.io", "Role") => rbac::role::validate(judge),
        ("rbac.authorization.k8s.io", "RoleBinding") => rbac::binding::validate(judge),
        ("resource.k8s.io", "DeviceClass") => resource::device_class::validate(judge),
        ("resource.k8s.io", "DeviceTaintRule") => resource::device_taint_rule::validate(judge),
        ("resource.k8s.io", "ResourceClaim") => resource::resource_claim::validate(judge),
        ("resource.k8s.io", "ResourceClaimTemplate") => resource::resource_claim::validate_template(judge),
        ("resource.k8s.io", "ResourceSlice") => resource::resource_slice::validate(judge),
        ("scheduling.k8s.io", "PriorityClass") => scheduling::priority_class::validate(judge),
        ("storage.k8s.io", "CSIDriver") => storage::csi_driver::validate(judge),
        ("storage.k8s.io", "CSINode") => storage::csi_node::validate(judge),
        ("storage.k8s.io", "CSIStorageCapacity") => storage::csi_storage_capacity::validate(judge),
        ("storage.k8s.io", "StorageClass") => storage::storage_class::validate(judge),
        ("storage.k8s.io", "VolumeAttachment") => storage::volume_attachment::validate(judge),
        ("storage.k8s.io", "VolumeAttributesClass") => {
            storage::storage_class::validate_volume_attributes_class(judge);
        }
        _ => {}
    }
}
