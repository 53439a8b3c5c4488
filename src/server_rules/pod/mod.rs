//! Pods and pod templates, as `pkg/apis/core/validation/validation.go` (1.36) judges them.
//!
//! Apart because half of the workload kinds embed a pod template and must judge it alike. One file is one part of the
//! pod; this one holds what callers need.
//!
//! The order of calls is the server's, so that errors come in its order. Where the server walks a Go map, whose order
//! is random, errors come in the order of the keys.

mod affinity;
mod annotations;
mod check;
mod containers;
mod context;
mod dns;
mod environment;
mod gates;
mod go_struct;
mod handlers;
mod mounts;
mod object;
mod operating_system;
mod paths_overlap;
mod pod_template;
mod ports;
mod profiles;
mod projected;
mod replication_controller;
mod resource_claims;
mod resources;
mod restart;
mod security_context;
mod spec;
mod spread;
#[cfg(test)]
mod testing;
mod tolerations;
mod volume_sources;
mod volumes;
mod warnings;
mod windows;

pub(super) use affinity::validate_node_selector;
pub use object::validate as validate_pod;
pub use pod_template::validate as validate_pod_template;
pub use replication_controller::validate as validate_replication_controller;
pub(super) use resources::validate_overhead;
pub(super) use tolerations::validate as validate_tolerations;
pub(super) use volume_sources::{has_iscsi_name, validate_shared as validate_shared_volume_source};

use super::Judge;
use super::view::View;
use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::yaml::NodeRef;

/// Every rule of the room.
pub static RULES: &[&Rule] = &[
    &POD,
    &affinity::SCHEDULING,
    &containers::CONTAINERS,
    &dns::DNS,
    &environment::ENVIRONMENT,
    &handlers::HANDLERS,
    &mounts::MOUNTS,
    &replication_controller::REPLICATION_CONTROLLER,
    &resources::RESOURCES,
    &security_context::SECURITY_CONTEXT,
    &volumes::VOLUMES,
];

/// What a pod or a pod template must be, where no narrower rule claims it.
pub static POD: Rule = Rule {
    id: "api/pod",
    level: Level::Error,
    summary: "the API server refuses the pod or pod template",
    why: "kube-apiserver validates pods, and the pod template of a workload, field by field and refuses the whole object",
    docs: include_str!("pod.md"),
};

/// What differs between the places a pod spec stands in.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodOptions<'t> {
    /// The object judged is a Pod, not something that embeds a pod template (`ResourceIsPod`).
    pub is_pod: bool,
    /// The spec of the `StatefulSet` that embeds the template: its `volumeClaimTemplates` are volumes of the pod and take
    /// the place of volumes of the same name, and hostname and subdomain are not judged, for the controller sets both.
    pub stateful_set: Option<NodeRef<'t>>,
    /// The server looks at labels and annotations of the template and at nothing else.
    pub is_judged_by_metadata_alone: bool,
}

/// Judges a pod template that another kind embeds (`ValidatePodTemplateSpec`), with the server's warnings for it.
/// An absent template reads as the zero value, as a Go struct held by value does.
pub fn validate_pod_template_spec(
    template: Option<NodeRef<'_>>,
    path: &Path<'_>,
    options: PodOptions<'_>,
    judge: &mut Judge<'_>,
) {
    let metadata = template.and_then(|template| template.get("metadata"));
    let spec_path = path.field("spec");
    let minor = judge.minor;
    let mut empty = true;
    judge.errors.under(&POD, |errors| {
        check::labels(metadata.and_then(|metadata| metadata.get("labels")), &path.field("labels"), errors);
        let annotations_path = path.field("annotations");
        check::annotations(metadata.and_then(|metadata| metadata.get("annotations")), &annotations_path, errors);
        let Some(spec) = template.and_then(|template| template.get("spec")) else {
            if options.is_judged_by_metadata_alone {
                return;
            }
            errors.required(&spec_path.field("containers"), "");
            return;
        };
        empty = false;
        let pod = context::Context::new(spec, metadata, options, minor);
        annotations::validate(&pod, &annotations_path, errors);
        if options.is_judged_by_metadata_alone {
            return;
        }
        spec::validate(&pod, &spec_path, errors);
        profiles::seccomp_annotations_match(&pod, &spec_path, errors);
        profiles::app_armor_annotations_match(&pod, &spec_path, errors);
        if any(spec, "ephemeralContainers") {
            let ephemeral_path = spec_path.field("ephemeralContainers");
            errors.forbidden(&ephemeral_path, "ephemeral containers not allowed in pod template");
        }
    });
    if let (Some(template), false) = (template, empty) {
        warnings::warn(template, path, options, judge);
    }
}

/// The elements of a list field with their indexes; none if it is not set.
fn items<'t>(node: NodeRef<'t>, key: &str) -> impl Iterator<Item = (usize, NodeRef<'t>)> + use<'t> {
    node.get(key).into_iter().flat_map(NodeRef::elements).enumerate()
}

/// Whether a list or map field has anything in it.
fn any(node: NodeRef<'_>, key: &str) -> bool {
    node.get(key).is_some_and(|list| !list.is_empty())
}

/// A boolean held by pointer.
fn bool_of(node: NodeRef<'_>, key: &str) -> Option<bool> {
    node.get(key).and_then(NodeRef::as_bool)
}

/// Calls `visit` with every container, in the order of `VisitContainersWithPath`
/// (`pkg/apis/core/pods/helpers.go`): init, regular, ephemeral.
fn visit_containers<'t>(spec: NodeRef<'t>, path: &Path<'_>, mut visit: impl FnMut(NodeRef<'t>, &Path<'_>)) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let list_path = path.field(list);
        for (index, container) in items(spec, list) {
            visit(container, &list_path.index(index));
        }
    }
}

/// What stands under a name, empty if nothing does.
fn name_of(node: NodeRef<'_>) -> &str {
    node.text("name")
}
