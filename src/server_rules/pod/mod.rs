//! Pods and pod templates, as `pkg/apis/core/validation/validation.go` (1.36) judges them.
//!
//! Apart because half of the workload kinds embed a pod template and must judge it alike. One file is one part of the
//! pod; this one holds what callers need.

use super::Judge;
use crate::object::Path;
use crate::yaml::NodeRef;

/// What differs between the places a pod spec stands in.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodOptions<'t> {
    /// The object judged is a Pod, not something that embeds a pod template (`ResourceIsPod`).
    pub is_pod: bool,
    /// The spec of the `StatefulSet` that embeds the template: its `volumeClaimTemplates` are volumes of the pod and take
    /// the place of volumes of the same name, and hostname and subdomain are not judged, for the controller sets both.
    pub stateful_set: Option<NodeRef<'t>>,
}

/// Judges a pod template that another kind embeds (`ValidatePodTemplateSpec`), with the server's warnings for it.
/// An absent template reads as the zero value, as a Go struct held by value does.
pub fn validate_pod_template_spec(
    _template: Option<NodeRef<'_>>,
    _path: &Path<'_>,
    _options: PodOptions<'_>,
    _judge: &mut Judge<'_>,
) {
}
