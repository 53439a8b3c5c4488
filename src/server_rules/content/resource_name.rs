//! Names of resources that containers ask for: `cpu`, `example.com/gpu`.
//!
//! Apart because containers, limits, quotas and autoscalers name resources by one grammar: `validateResourceName` of
//! `pkg/apis/core/validation/validation.go` and `pkg/apis/core/helper/helpers.go` (1.36).

use super::names;
use crate::decode::quantity::Quantity;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::yaml::NodeRef;

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
    STANDARD.contains(&name) || is_huge_page_for_quotas(name)
}

/// Whether a quota can count it by its plain name (`IsStandardQuotaResourceName`).
pub fn is_standard_for_quotas(name: &str) -> bool {
    name != "storage" && is_standard(name)
}

fn is_huge_page_for_quotas(name: &str) -> bool {
    is_huge_page(name) || name.starts_with("requests.hugepages-")
}

/// Whether it comes in whole numbers only (`IsIntegerResourceName`).
pub fn is_integer(name: &str) -> bool {
    const COUNTED: [&str; 9] = [
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    ];
    COUNTED.contains(&name) || is_extended(name)
}

/// Whether more of it can be promised than there is (`IsOvercommitAllowed`).
pub fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
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

/// Judges the name of a resource (`validateResourceName`).
pub fn validate_resource_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = names::qualified_name(name);
    if complaints.is_empty() && !name.contains('/') && !is_standard(name) {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
    }
    for complaint in complaints {
        errors.invalid(path, name, &complaint);
    }
}

/// Judges the name of a resource that a quota counts (`ValidateResourceQuotaResourceName`).
pub fn validate_quota_resource_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_resource_name(name, path, errors);
    if !name.contains('/') && !is_standard_for_quotas(name) {
        errors.invalid(path, name, "must be a standard resource for quota");
    }
}

/// Judges an amount of a resource (`ValidateResourceQuantityValue`): not negative, and whole where it is counted.
/// The server keeps lists of resources to thousandths, rounded up, and so must the caller.
pub fn validate_resource_amount(name: &str, amount: &Quantity, path: &Path<'_>, errors: &mut FieldErrors) {
    if amount.is_negative() {
        errors.invalid(path, &amount.text(), "must be greater than or equal to 0");
    }
    if is_integer(name) && !amount.is_integer() {
        errors.invalid(path, &amount.text(), "must be an integer");
    }
}

/// The amount that a list of resources holds, as the server keeps it; none if it does not decode, and none for `null`:
/// kubectl sends no key of a map without a value.
pub fn amount(node: NodeRef<'_>) -> Option<Quantity> {
    Quantity::of(node).filter(|_| !node.is_null()).and_then(Result::ok).map(|amount| amount.rounded_up(-3))
}

/// Judges the name of a resource that a container asks for (`ValidateContainerResourceName`).
pub fn validate_container_resource_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_resource_name(name, path, errors);
    if !name.contains('/') {
        if !is_standard_for_containers(name) {
            errors.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
}
