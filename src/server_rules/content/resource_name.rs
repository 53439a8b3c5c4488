//! Names of resources that containers ask for: `cpu`, `example.com/gpu`.
//!
//! Apart because containers, limits, quotas and autoscalers name resources by one grammar: `validateResourceName` of
//! `pkg/apis/core/validation/validation.go` and `pkg/apis/core/helper/helpers.go` (1.36).

use super::names;
use crate::finding::FieldErrors;
use crate::object::Path;

/// Resources of the core group, of containers or of quotas.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// Whether it is a resource of the core group (`IsStandardResourceName`).
pub fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || is_huge_page(name)
}

/// Whether it is a resource of the core group that a container can ask for (`IsStandardContainerResourceName`).
pub fn is_standard_for_containers(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || is_huge_page(name)
}

/// Whether it is a size of huge pages (`IsHugePageResourceName`).
pub fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether it is a resource of Kubernetes's own (`IsNativeResource`).
pub fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether it is a resource of somebody else's (`IsExtendedResourceName`).
pub fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Judges the name of a resource that a container asks for (`ValidateContainerResourceName`).
pub fn validate_container_resource_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = names::qualified_name(name);
    let is_qualified = complaints.is_empty();
    for complaint in complaints {
        errors.invalid(path, name, &complaint);
    }
    if !name.contains('/') {
        if is_qualified && !is_standard(name) {
            errors.invalid(path, name, "must be a standard resource type or fully qualified");
        }
        if !is_standard_for_containers(name) {
            errors.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
}
