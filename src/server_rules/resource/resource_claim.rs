//! `ResourceClaim` and `ResourceClaimTemplate`.
//!
//! Status is not judged: the server empties it on creation and keeps the old one on update.

use super::device_request::{exactly, validate_device_claim};
use super::gates::Gates;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::metadata::validate_template_object_meta;
use crate::yaml::NodeRef;

/// Metadata of a template.
pub static TEMPLATE: Rule = Rule {
    id: "api/resource-claim-template",
    level: Level::Error,
    summary: "a claim template's metadata sets what a template cannot",
    why: "claims made of a template take its labels and annotations, and everything else from the server",
};

/// Administrators' access to devices.
pub static ADMIN_ACCESS: Rule = Rule {
    id: "api/device-admin-access",
    level: Level::Error,
    summary: "a claim asks for administrators' access to devices in a namespace that does not allow it",
    why: "the API server looks at the namespace's label and refuses the claim without it",
};

/// The label of a namespace that allows administrators' access (`DRAAdminNamespaceLabelKey`).
const ADMIN_LABEL: &str = "resource.kubernetes.io/admin-access";

/// Judges a `ResourceClaim` on creation (`ValidateResourceClaim`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    validate_spec(spec, &Path::ROOT.field("spec"), judge);
}

/// Judges a `ResourceClaimTemplate` on creation (`ValidateResourceClaimTemplate`).
pub fn validate_template(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    if let Some(metadata) = spec.and_then(|spec| spec.get("metadata")) {
        let path = path.field("metadata");
        judge.errors.under(&TEMPLATE, |errors| validate_template_object_meta(metadata, &path, errors));
    }
    validate_spec(spec.and_then(|spec| spec.get("spec")), &path.field("spec"), judge);
}

fn validate_spec(spec: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    let devices = spec.and_then(|spec| spec.get("devices"));
    let (flat, gates) = (judge.gvk.version == "v1beta1", Gates(judge.minor));
    validate_device_claim(devices, flat, gates, &path.field("devices"), &mut judge.errors);
}

/// What the server says of a claim, or a template, in a namespace that does not let it ask for administrators' access:
/// the field, as the server writes it, and the text (`AuthorizedForAdmin` of `pkg/registry/resource/utils.go`). None if
/// it does not ask, or the namespace's labels allow it.
pub fn refused_admin_access(
    kind: &str,
    version: &str,
    root: NodeRef<'_>,
    labels: Option<NodeRef<'_>>,
    gates: Gates,
) -> Option<(usize, String)> {
    if !gates.admin_access() || labels.text(ADMIN_LABEL) == "true" {
        return None;
    }
    let spec = match kind {
        "ResourceClaim" => root.get("spec"),
        "ResourceClaimTemplate" => root.at(&["spec", "spec"]),
        _ => None,
    };
    let requests = spec.and_then(|spec| spec.get("devices")).list("requests");
    let asks = |request: &NodeRef<'_>| exactly(*request, version == "v1beta1").flag("adminAccess");
    let index = requests.iter().position(asks)?;
    let text = format!(
        "spec.devices.requests[{index}].adminAccess: Forbidden: admin access to devices requires the `{ADMIN_LABEL}: \
         true` label on the containing namespace"
    );
    Some((index, text))
}
