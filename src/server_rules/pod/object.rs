//! Kind Pod: what is judged beyond the spec (`ValidatePodCreate`).
//!
//! Apart because a Pod on its own is held to more than a template. Metadata is judged for every kind alike.

use super::containers;
use super::context::Context;
use super::{POD, PodOptions, annotations, any, items, profiles, spec, warnings};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::view::View;

/// Judges a Pod.
pub fn validate(judge: &mut Judge<'_>) {
    let root = judge.root;
    let minor = judge.minor;
    let options = PodOptions { is_pod: true, ..PodOptions::default() };
    let path = Path::ROOT.field("spec");
    let Some(pod_spec) = root.get("spec") else {
        judge.errors.under(&containers::CONTAINERS, |errors| errors.required(&path.field("containers"), ""));
        return;
    };
    let pod = Context::new(pod_spec, root.get("metadata"), options, minor);
    judge.errors.under(&POD, |errors| {
        annotations::validate(&pod, &Path::ROOT.field("metadata").field("annotations"), errors);
        spec::validate(&pod, &path, errors);
        // Any other pod is given an account before it is validated.
        if pod.is_mirror() && pod_spec.text_or("serviceAccountName", pod_spec.text("serviceAccount")).is_empty() {
            let volumes_path = path.field("volumes");
            for (index, volume) in items(pod_spec, "volumes") {
                let volume_path = volumes_path.index(index);
                let projected_path = volume_path.field("projected");
                let sources_path = projected_path.field("sources");
                let sources = volume.get("projected").into_iter().flat_map(|node| items(node, "sources"));
                for (index, _) in sources.filter(|(_, source)| source.has("serviceAccountToken")) {
                    let text = "must not be specified when serviceAccountName is not set";
                    errors.forbidden(&sources_path.index(index).field("serviceAccountToken"), text);
                }
            }
        }
        for list in ["containers", "initContainers"] {
            let list_path = path.field(list);
            for (index, container) in items(pod_spec, list) {
                containers::validate_image_of_pod(container, &list_path.index(index), errors);
            }
        }
        if any(pod_spec, "ephemeralContainers") {
            errors.forbidden(&path.field("ephemeralContainers"), "cannot be set on create");
        }
        if !pod_spec.text("nodeName").is_empty() && any(pod_spec, "schedulingGates") {
            let text = "cannot be set until all schedulingGates have been cleared";
            errors.forbidden(&path.field("nodeName"), text);
        }
        profiles::seccomp_annotations_match(&pod, &path, errors);
        profiles::app_armor_annotations_match(&pod, &path, errors);
    });
    warnings::warn(root, &Path::ROOT, options, judge);
}
