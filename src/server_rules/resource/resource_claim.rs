//! `ResourceClaim` and `ResourceClaimTemplate`.
//!
//! Status is not judged: the server empties it on creation and keeps the old one on update.

use super::device_request::{exactly, validate_device_claim};
use super::gates::Gates;
use crate::finding::{Level, Rule};
use crate::object::{FieldPath, GroupVersionKind, Path, Segment, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::metadata::validate_template_object_meta;
use crate::yaml::NodeRef;

/// Metadata of a template.
pub static TEMPLATE: Rule = Rule {
    id: "api/resource-claim-template",
    level: Level::Error,
    summary: "a claim template's metadata sets what a template cannot",
    why: "claims made of a template take its labels and annotations, and everything else from the server",
    docs: include_str!("resource-claim-template.md"),
};

/// Administrators' access to devices.
pub static ADMIN_ACCESS: Rule = Rule {
    id: "api/device-admin-access",
    level: Level::Error,
    summary: "a claim asks for administrators' access to devices in a namespace that does not allow it",
    why: "the API server looks at the namespace's label and refuses the claim without it",
    docs: include_str!("device-admin-access.md"),
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

/// Where a claim, or a template of one, asks for administrators' access that the labels of its namespace do not allow,
/// and what the server says of it (`AuthorizedForAdmin` of `pkg/registry/resource/utils.go`). None if it does not ask,
/// or may.
pub fn refused_admin_access(
    gvk: &GroupVersionKind,
    root: NodeRef<'_>,
    labels: Option<NodeRef<'_>>,
    minor: Minor,
) -> Option<(FieldPath, String)> {
    let spec: &[&str] = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("resource.k8s.io", "ResourceClaim") => &["spec"],
        ("resource.k8s.io", "ResourceClaimTemplate") => &["spec", "spec"],
        _ => return None,
    };
    if !Gates(minor).admin_access() || labels.text(ADMIN_LABEL) == "true" {
        return None;
    }
    let flat = gvk.version == "v1beta1";
    let requests = root.at(spec).and_then(|spec| spec.get("devices")).list("requests");
    let asks = |request: &NodeRef<'_>| exactly(*request, flat).flag("adminAccess");
    let index = requests.iter().position(asks)?;
    let mut field = FieldPath::of(spec);
    field.0.extend(FieldPath::of(&["devices", "requests"]).0);
    field.0.push(Segment::Index(index));
    field.0.extend(FieldPath::of(if flat { &["adminAccess"] } else { &["exactly", "adminAccess"] }).0);
    // The server's own path stops short of `exactly`, and of the template.
    let text = format!(
        "spec.devices.requests[{index}].adminAccess: Forbidden: admin access to devices requires the `{ADMIN_LABEL}: \
         true` label on the containing namespace"
    );
    Some((field, text))
}

#[cfg(test)]
mod tests {
    use super::refused_admin_access;
    use crate::schema::Minor;
    use crate::server_rules::testing::{errors_of, object};
    use serde_json::{Value, json};

    fn template() -> Value {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate",
            "metadata": {"name": "probe", "namespace": "ops"},
            "spec": {
                "metadata": {"labels": {"team": "ops"}},
                "spec": {"devices": {"requests": [
                    {"name": "one", "exactly": {"deviceClassName": "cards.example", "adminAccess": false}},
                    {"name": "all", "exactly": {
                        "deviceClassName": "cards.example", "allocationMode": "All", "adminAccess": true,
                    }},
                ]}},
            },
        })
    }

    #[test]
    fn a_template_is_judged_as_its_claims_are() {
        let mut template = template();
        assert_eq!(errors_of(&template), Vec::<String>::new());
        template["spec"]["metadata"]["finalizers"] = json!(["example.com/hold"]);
        template["spec"]["spec"]["devices"]["requests"][0]["exactly"]["deviceClassName"] = json!("");
        assert_eq!(
            errors_of(&template),
            [
                "spec.metadata.finalizers: Forbidden: cannot be set",
                "spec.spec.devices.requests[0].exactly.deviceClassName: Required value",
            ]
        );
    }

    #[test]
    fn the_namespace_lets_a_claim_ask_for_everything() {
        let template = object(&template());
        let namespace = |labels: Value| {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": labels}});
            let namespace = object(&namespace);
            let labels = namespace.root().at(&["metadata", "labels"]);
            refused_admin_access(&template.gvk, template.root(), labels, Minor(36))
        };
        let allowed = json!({"resource.kubernetes.io/admin-access": "true"});
        assert_eq!(namespace(allowed), None);
        let (field, text) = namespace(json!({"resource.kubernetes.io/admin-access": "yes"})).expect("a refusal");
        assert_eq!(field.to_string(), "spec.spec.devices.requests[1].exactly.adminAccess");
        assert_eq!(
            text,
            "spec.devices.requests[1].adminAccess: Forbidden: admin access to devices requires the \
             `resource.kubernetes.io/admin-access: true` label on the containing namespace"
        );
        assert_eq!(refused_admin_access(&template.gvk, template.root(), None, Minor(33)), None);
    }

    #[test]
    fn v1beta1_keeps_the_request_flat() {
        let claim = |request: Value| {
            errors_of(&json!({
                "apiVersion": "resource.k8s.io/v1beta1", "kind": "ResourceClaim",
                "metadata": {"name": "probe", "namespace": "ops"}, "spec": {"devices": {"requests": [request]}},
            }))
        };
        assert_eq!(claim(json!({"name": "one", "deviceClassName": "cards.example"})), Vec::<String>::new());
        assert_eq!(
            claim(json!({"name": "one", "count": 2})),
            ["spec.devices.requests[0].exactly.deviceClassName: Required value"]
        );
        assert_eq!(
            claim(json!({"name": "one"})),
            ["spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"]
        );
    }
}
