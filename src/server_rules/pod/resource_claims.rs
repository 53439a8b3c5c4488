//! Claims of devices by a pod (`validatePodResourceClaims`), and their use by containers (`validateResourceClaimNames`).
//!
//! Apart from `resources` because these are references, not amounts.

use super::context::Context;
use super::{check, go_struct, items};
use crate::finding::{FieldErrors, Verbatim};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// `resourceClaims` of the pod.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !pod.gates.resource_claims() {
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    for (index, claim) in items(pod.spec, "resourceClaims") {
        if pod.options.is_pod && pod.is_mirror() {
            errors.forbidden(&Path::ROOT, "static pods do not support resource claims");
            continue;
        }
        let path = path.index(index);
        let name = claim.text("name");
        if name.is_empty() {
            errors.required(&path.field("name"), "");
        } else if names.contains(&name) {
            errors.duplicate(&path.field("name"), name);
        } else {
            check::dns_label(name, &path.field("name"), errors);
            names.push(name);
        }
        let claim_name = claim.text_pointer("resourceClaimName");
        let template_name = claim.text_pointer("resourceClaimTemplateName");
        if claim_name.is_some() && template_name.is_some() {
            let text = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
            errors.invalid(&path, &Verbatim(&go_struct::resource_claim(claim)), text);
        }
        if claim_name.is_none() && template_name.is_none() {
            let text = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
            errors.invalid(&path, &Verbatim(&go_struct::resource_claim(claim)), text);
        }
        if let Some(name) = claim_name {
            check::dns_subdomain(name, &path.field("resourceClaimName"), errors);
        }
        if let Some(name) = template_name {
            check::dns_subdomain(name, &path.field("resourceClaimTemplateName"), errors);
        }
    }
}

/// `resources.claims` of a container.
pub(super) fn validate_use(requirements: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    if !pod.gates.resource_claims() {
        return;
    }
    let mut seen: Vec<String> = Vec::new();
    for (index, claim) in items(requirements, "claims") {
        let path = path.index(index);
        let name = claim.text("name");
        if name.is_empty() {
            errors.required(&path, "");
            continue;
        }
        if seen.iter().any(|key| key == name) {
            errors.duplicate(&path, name);
        } else {
            let request = claim.text("request");
            let key = if request.is_empty() {
                name.to_owned()
            } else {
                check::dns_label(request, &path.field("request"), errors);
                format!("{name}/{request}")
            };
            if seen.contains(&key) {
                errors.duplicate(&path, &key);
            } else if request.is_empty() {
                for _ in seen.iter().filter(|key| key.split_once('/').is_some_and(|(claim, _)| claim == name)) {
                    errors.duplicate(&path, name);
                }
            }
            seen.push(key);
        }
        if !pod.claim_names.contains(&name) {
            let mut detail = "must be one of the names in pod.spec.resourceClaims".to_owned();
            if pod.claim_names.is_empty() {
                detail.push_str(" which is empty");
            } else {
                let mut known = pod.claim_names.clone();
                known.sort_unstable();
                known.dedup();
                detail = format!("{detail}: {}", known.join(", "));
            }
            errors.not_found_because(&path, name, &detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, spec_errors};
    use serde_json::json;

    #[test]
    fn a_claim_comes_from_one_place() {
        assert_eq!(
            spec_errors(json!({"resourceClaims": [
                {"name": "gpu"},
                {"name": "gpu", "resourceClaimName": "Shared"},
            ]})),
            [
                "spec.resourceClaims[0]: Invalid value: {\"Name\":\"gpu\",\"ResourceClaimName\":null,\
                 \"ResourceClaimTemplateName\":null}: must specify one of: `resourceClaimName`, \
                 `resourceClaimTemplateName`",
                "spec.resourceClaims[1].name: Duplicate value: \"gpu\"",
                "spec.resourceClaims[1].resourceClaimName: Invalid value: \"Shared\": a lowercase RFC 1123 subdomain \
                 must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an \
                 alphanumeric character (e.g. 'example.com', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ]
        );
    }

    #[test]
    fn a_container_uses_a_claim_of_its_pod_once() {
        let claims = json!([{"name": "gpu", "request": "big"}, {"name": "gpu"}, {"name": "fpga"}]);
        assert_eq!(
            spec_errors(json!({
                "resourceClaims": [{"name": "gpu", "resourceClaimName": "shared"}],
                "containers": [container(json!({"resources": {"claims": claims}}))],
            })),
            [
                "spec.containers[0].resources.claims[1]: Duplicate value: \"gpu\"",
                "spec.containers[0].resources.claims[2]: Not found: \"fpga\": must be one of the names in \
                 pod.spec.resourceClaims: gpu",
            ]
        );
    }
}
