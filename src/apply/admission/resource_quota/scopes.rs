//! Which objects a quota with scopes counts.
//!
//! Apart because scopes look at other fields than amounts do.
//! Source: `podMatchesScopeFunc` and `pvcMatchesScopeFunc` in `pkg/quota/v1/evaluator/core` (1.36).

use super::super::limit_ranger::Container;
use super::super::{Surroundings, priority};
use crate::object::Object;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// Whether a quota's scopes, if it has any, are all those of the object.
pub fn matches(
    quota: &Object,
    object: &Object,
    resource: &str,
    containers: &[Container<'_>],
    around: Surroundings<'_>,
) -> bool {
    let spec = quota.root().get("spec");
    let exists = spec.list("scopes").into_iter().filter_map(NodeRef::as_str).map(|scope| (scope, "Exists", Vec::new()));
    let selector = spec.and_then(|spec| spec.get("scopeSelector"));
    let expressions = selector.list("matchExpressions").into_iter().map(|one| {
        let values = one.list("values").into_iter().filter_map(NodeRef::as_str).collect();
        (one.text("scopeName"), one.text("operator"), values)
    });
    exists.chain(expressions).all(|(scope, operator, values)| match resource {
        "pods" => of_pod(scope, operator, &values, object, containers, around),
        "persistentvolumeclaims" if scope == "VolumeAttributesClass" => {
            selects(object.root().get("spec").text("volumeAttributesClassName"), operator, &values)
        }
        _ => false,
    })
}

fn of_pod(
    scope: &str,
    operator: &str,
    values: &[&str],
    object: &Object,
    containers: &[Container<'_>],
    around: Surroundings<'_>,
) -> bool {
    let spec = object.root().get("spec");
    let is_terminating = || spec.int("activeDeadlineSeconds").is_some_and(|seconds| seconds >= 0);
    match scope {
        "Terminating" => is_terminating(),
        "NotTerminating" => !is_terminating(),
        "BestEffort" => is_best_effort(object, containers),
        "NotBestEffort" => !is_best_effort(object, containers),
        "PriorityClass" => {
            let own = spec.text("priorityClassName");
            let default = || priority::default_class(object, around).map_or("", |class| class.name.as_str());
            selects(if own.is_empty() { default() } else { own }, operator, values)
        }
        "CrossNamespacePodAffinity" => is_across_namespaces(spec),
        _ => false,
    }
}

/// Whether the name of a class, empty for none, is what a scope's expression selects.
fn selects(name: &str, operator: &str, values: &[&str]) -> bool {
    match operator {
        "Exists" => !name.is_empty(),
        "DoesNotExist" => name.is_empty(),
        "In" => !name.is_empty() && values.contains(&name),
        "NotIn" => name.is_empty() || !values.contains(&name),
        _ => false,
    }
}

/// Source: `pkg/apis/core/v1/helper/qos/qos.go` (1.36).
fn is_best_effort(object: &Object, containers: &[Container<'_>]) -> bool {
    let own = object.root().at(&["spec", "resources"]).into_iter();
    let own = own.flat_map(|resources| {
        ["requests", "limits"].map(|key| super::super::limit_ranger::amounts(resources.get(key)))
    });
    let asked = containers
        .iter()
        .flat_map(|container| [container.requirements.requests.clone(), container.requirements.limits.clone()]);
    !own.chain(asked)
        .any(|list| ["cpu", "memory"].iter().any(|name| list.get(name).is_some_and(|amount| amount.sign() > 0)))
}

fn is_across_namespaces(spec: Option<NodeRef<'_>>) -> bool {
    let affinity = spec.and_then(|spec| spec.get("affinity"));
    let is_across = |term: NodeRef<'_>| !term.list("namespaces").is_empty() || term.has("namespaceSelector");
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let terms = affinity.and_then(|affinity| affinity.get(kind));
        let required = terms.list("requiredDuringSchedulingIgnoredDuringExecution").into_iter();
        let preferred = terms.list("preferredDuringSchedulingIgnoredDuringExecution").into_iter();
        required.chain(preferred.filter_map(|term| term.get("podAffinityTerm"))).any(is_across)
    })
}
