//! Amounts of resources: of containers, of the pod as a whole, and how the two relate
//! (`validateResourceRequirements`, `validatePodResources`).
//!
//! Apart because amounts are compared exactly, after the server has filled in what is missing
//! (`pkg/apis/core/v1/defaults.go`).

use super::context::Context;
use super::{items, resource_claims, restart};
use crate::decode::quantity::Quantity;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::resource_name::{
    amount, is_huge_page, is_overcommit_allowed, validate_container_resource_name, validate_resource_amount,
    validate_resource_name,
};
use crate::yaml::NodeRef;
use std::collections::BTreeMap;

/// Resources of containers and pods.
pub static RESOURCES: Rule = Rule {
    id: "api/pod-resources",
    level: Level::Error,
    summary: "the API server refuses the resources of a pod or container",
    why: "requests must not exceed limits, and only known or fully qualified resources can be asked for",
    docs: include_str!("pod-resources.md"),
};

/// Resource names and amounts.
type Amounts<'t> = BTreeMap<&'t str, Quantity>;

fn amounts<'t>(requirements: NodeRef<'t>, key: &str) -> Amounts<'t> {
    list(requirements.get(key))
}

fn list(list: Option<NodeRef<'_>>) -> Amounts<'_> {
    list.into_iter().flat_map(NodeRef::entries).filter_map(|entry| Some((entry.name(), amount(entry.value)?))).collect()
}

/// `resources` of one container.
pub(super) fn validate_container(
    requirements: NodeRef<'_>,
    path: &Path<'_>,
    pod: &Context<'_>,
    errors: &mut FieldErrors,
) {
    let limits = amounts(requirements, "limits");
    let requests = effective_requests(requirements, &limits, pod);
    validate_amounts(&limits, &requests, validate_container_resource_name, path, errors);
    resource_claims::validate_use(requirements, &path.field("claims"), pod, errors);
}

/// `overhead` of the pod, or of a runtime class, judged as limits of a container.
pub(in crate::server_rules) fn validate_overhead(overhead: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_amounts(&list(Some(overhead)), &Amounts::new(), validate_container_resource_name, path, errors);
}

/// How the name of a resource is judged.
type NameCheck = fn(&str, &Path<'_>, &mut FieldErrors);

fn validate_amounts(
    limits: &Amounts<'_>,
    requests: &Amounts<'_>,
    name_check: NameCheck,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let limits_path = path.field("limits");
    let requests_path = path.field("requests");
    for (name, quantity) in limits {
        name_check(name, &limits_path.key(name), errors);
        validate_resource_amount(name, quantity, &limits_path.key(name), errors);
        huge_pages_divide(name, quantity, &limits_path.key(name), errors);
    }
    for (name, quantity) in requests {
        name_check(name, &requests_path.key(name), errors);
        validate_resource_amount(name, quantity, &requests_path.key(name), errors);
        match limits.get(name) {
            Some(limit) if quantity != limit && !is_overcommit_allowed(name) => {
                let text = format!("must be equal to {name} limit of {}", limit.text());
                errors.invalid(&requests_path, &quantity.text(), &text);
            }
            Some(limit) if quantity > limit => {
                let text = format!("must be less than or equal to {name} limit of {}", limit.text());
                errors.invalid(&requests_path, &quantity.text(), &text);
            }
            None if !is_overcommit_allowed(name) => {
                errors.required(&limits_path, "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
        huge_pages_divide(name, quantity, &requests_path.key(name), errors);
    }
    let mut names = limits.keys().chain(requests.keys());
    if names.clone().any(|name| is_huge_page(name)) && !names.any(|name| matches!(*name, "cpu" | "memory")) {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}

fn huge_pages_divide(name: &str, quantity: &Quantity, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let is_multiple = Quantity::parse(size)
        .ok()
        .filter(|size| size.sign() > 0 && size.is_integer())
        .and_then(|size| size.value())
        .zip(quantity.value())
        .is_some_and(|(size, value)| value % size == 0);
    if !is_multiple {
        let text = format!("{} is not positive integer multiple of {name}", quantity.text());
        errors.invalid(path, &quantity.text(), &text);
    }
}

/// What a pod as a whole can ask for (`IsSupportedPodLevelResource`).
fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || is_huge_page(name)
}

/// `validatePodResourceName`
fn pod_resource_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let before = errors.list.len();
    validate_resource_name(name, path, errors);
    if errors.list.len() == before && !is_pod_level(name) {
        errors.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// `resources` of the pod as a whole.
pub(super) fn validate_pod(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(requirements) = pod.spec.get("resources") else { return };
    if pod.os == Some("windows") {
        errors.forbidden(path, "may not be set for a windows pod");
        return;
    }
    if requirements.get("claims").is_some() {
        errors.forbidden(&path.field("claims"), "claims may not be set for Resources at pod-level");
    }
    let mut limits = amounts(requirements, "limits");
    let mut requests = amounts(requirements, "requests");
    let container_limits = aggregate(pod, |container| container.get("resources").map(|r| amounts(r, "limits")));
    let container_requests = aggregate(pod, |container| {
        let requirements = container.get("resources")?;
        Some(effective_requests(requirements, &amounts(requirements, "limits"), pod))
    });
    if pod.options.is_pod {
        fill_in(&mut limits, &mut requests, &container_limits, &container_requests);
    }
    validate_amounts(&limits, &requests, pod_resource_name, path, errors);
    resource_claims::validate_use(requirements, &path.field("claims"), pod, errors);

    let requests_path = path.field("requests");
    for (name, sum) in &container_requests {
        if let Some(request) = requests.get(name).filter(|request| sum > request) {
            let text = format!("must be greater than or equal to aggregate container requests of {}", sum.text());
            errors.invalid(&requests_path.key(name), &request.text(), &text);
        }
    }
    let limits_path = path.field("limits");
    for (name, sum) in container_limits.iter().filter(|(name, _)| is_huge_page(name)) {
        if let Some(limit) = limits.get(name).filter(|limit| sum > limit) {
            let text = format!("must be greater than or equal to aggregate container limits of {}", sum.text());
            errors.invalid(&limits_path.key(name), &limit.text(), &text);
        }
    }
    let containers_path = path.field("containers");
    for (index, container) in items(pod.spec, "containers") {
        let Some(requirements) = container.get("resources") else { continue };
        for (name, limit) in &amounts(requirements, "limits") {
            if let Some(pod_limit) = limits.get(name).filter(|pod_limit| limit > pod_limit) {
                let text = format!("must be less than or equal to pod limits of {}", pod_limit.text());
                errors.invalid(&containers_path.index(index).key(name).field("limits"), &limit.text(), &text);
            }
        }
    }
}

/// A container's requests; in a Pod, limits stand in for missing ones (`SetDefaults_Pod`).
fn effective_requests<'t>(requirements: NodeRef<'t>, limits: &Amounts<'t>, pod: &Context<'_>) -> Amounts<'t> {
    let mut requests = amounts(requirements, "requests");
    if pod.options.is_pod {
        for (name, limit) in limits {
            requests.entry(name).or_insert_with(|| limit.clone());
        }
    }
    requests
}

/// What all containers take together: the regular ones and the sidecars at once, or any init container with the
/// sidecars before it (`AggregateContainerRequests` of `k8s.io/component-helpers/resource/helpers.go`).
fn aggregate<'t>(pod: &Context<'t>, amounts_of: impl Fn(NodeRef<'t>) -> Option<Amounts<'t>>) -> Amounts<'t> {
    let mut sum = Amounts::new();
    for (_, container) in items(pod.spec, "containers") {
        add(&mut sum, &amounts_of(container).unwrap_or_default());
    }
    let mut sidecars = Amounts::new();
    let mut peak = Amounts::new();
    for (_, container) in items(pod.spec, "initContainers") {
        let mut own = amounts_of(container).unwrap_or_default();
        if restart::is_sidecar(container, pod) {
            add(&mut sum, &own);
            add(&mut sidecars, &own);
            raise(&mut peak, &sidecars);
        } else {
            add(&mut own, &sidecars);
            raise(&mut peak, &own);
        }
    }
    raise(&mut sum, &peak);
    sum
}

fn add<'t>(sum: &mut Amounts<'t>, more: &Amounts<'t>) {
    for (name, quantity) in more {
        let total = sum.get(name).map_or_else(|| quantity.clone(), |have| have.plus(quantity));
        sum.insert(name, total);
    }
}

fn raise<'t>(highest: &mut Amounts<'t>, candidates: &Amounts<'t>) {
    for (name, quantity) in candidates {
        if highest.get(name).is_none_or(|have| quantity > have) {
            highest.insert(name, quantity.clone());
        }
    }
}

/// `defaultHugePagePodLimits` and `defaultPodRequests`, in that order.
fn fill_in<'t>(
    limits: &mut Amounts<'t>,
    requests: &mut Amounts<'t>,
    container_limits: &Amounts<'t>,
    container_requests: &Amounts<'t>,
) {
    if limits.is_empty() && requests.is_empty() {
        return;
    }
    for (name, sum) in container_limits.iter().filter(|(name, _)| is_huge_page(name)) {
        if !requests.contains_key(name) {
            limits.entry(name).or_insert_with(|| sum.clone());
        }
    }
    if limits.is_empty() {
        return;
    }
    for (name, sum) in container_requests {
        if is_pod_level(name) && is_overcommit_allowed(name) {
            requests.entry(name).or_insert_with(|| sum.clone());
        }
    }
    for (name, limit) in limits.iter().filter(|(name, _)| is_pod_level(name)) {
        requests.entry(name).or_insert_with(|| limit.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, container_errors, spec_errors};
    use serde_json::{Value, json};

    fn errors(limits: &Value, requests: &Value) -> Vec<String> {
        container_errors(json!({"resources": {"limits": limits, "requests": requests}}))
            .into_iter()
            .map(|error| error.strip_prefix("spec.containers[0].resources").unwrap_or(&error).to_owned())
            .collect()
    }

    #[test]
    fn requests_stay_below_limits() {
        assert!(errors(&json!({"cpu": 1}), &json!({"cpu": "1000m"})).is_empty());
        assert_eq!(
            errors(&json!({"cpu": "1"}), &json!({"cpu": "1.1"})),
            [".requests: Invalid value: \"1100m\": must be less than or equal to cpu limit of 1"]
        );
        // A null is no amount at all.
        assert!(errors(&json!({"cpu": null}), &json!({"cpu": "1"})).is_empty());
    }

    #[test]
    fn what_is_not_shared_is_requested_as_limited() {
        assert_eq!(
            errors(&json!({"shop.example/oven": 2}), &json!({"shop.example/oven": 1})),
            [".requests: Invalid value: \"1\": must be equal to shop.example/oven limit of 2"]
        );
        assert_eq!(
            container_errors(json!({"resources": {"requests": {"shop.example/oven": "500m"}}})),
            [
                "spec.containers[0].resources.requests[shop.example/oven]: Invalid value: \"500m\": must be an \
                 integer",
                "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable \
                 resources",
            ]
        );
    }

    #[test]
    fn huge_pages_come_whole_and_with_memory() {
        // What is limited is requested as well.
        assert_eq!(
            errors(&json!({"hugepages-2Mi": "3Mi"}), &json!({})),
            [
                ".limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of \
                 hugepages-2Mi",
                ".requests[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of \
                 hugepages-2Mi",
                ": Forbidden: HugePages require cpu or memory",
            ]
        );
    }

    #[test]
    fn resources_are_standard_or_have_a_domain() {
        assert_eq!(
            errors(&json!({}), &json!({"gpu": 1, "memory": "-1", "pods": 1, "requests.shop.example/oven": 1})),
            [
                ".requests[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified",
                ".requests[gpu]: Invalid value: \"gpu\": must be a standard resource for containers",
                ".requests[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
                ".requests[pods]: Invalid value: \"pods\": must be a standard resource for containers",
                ".requests[requests.shop.example/oven]: Invalid value: \"requests.shop.example/oven\": doesn't \
                 follow extended resource name standard",
                ".limits: Required value: Limit must be set for non overcommitable resources",
            ]
        );
    }

    #[test]
    fn the_pod_as_a_whole_has_room_for_its_containers() {
        let taking = |cpu: &str| container(json!({"resources": {"requests": {"cpu": cpu}, "limits": {"cpu": "3"}}}));
        let mut other = taking("2");
        other["name"] = "mixer".into();
        assert_eq!(
            spec_errors(json!({
                "containers": [taking("1"), other],
                "resources": {"requests": {"cpu": "2500m"}, "limits": {"cpu": "2500m"}},
            })),
            [
                "spec.resources.requests[cpu]: Invalid value: \"2500m\": must be greater than or equal to aggregate \
                 container requests of 3",
                "spec.resources.containers[0][cpu].limits: Invalid value: \"3\": must be less than or equal to pod \
                 limits of 2500m",
                "spec.resources.containers[1][cpu].limits: Invalid value: \"3\": must be less than or equal to pod \
                 limits of 2500m",
            ]
        );
        assert_eq!(
            spec_errors(json!({"resources": {"limits": {"ephemeral-storage": "1Gi"}}})),
            ["spec.resources.limits[ephemeral-storage]: Unsupported value: \"ephemeral-storage\": supported values: \
              \"cpu\", \"hugepages-\", \"memory\""]
        );
    }
}
