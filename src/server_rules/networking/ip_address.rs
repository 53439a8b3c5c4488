//! `IPAddress`: whose address it is. Its name is judged with the metadata.

use super::ingress::validate_path_segment;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};

/// An `IPAddress`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/ip-address",
    level: Level::Error,
    summary: "an IPAddress does not say whose it is",
    why: "an address without an owner could never be given back",
    docs: include_str!("ip-address.md"),
};

/// Judges an `IPAddress` on creation (`ValidateIPAddress`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let path = path.field("parentRef");
    let errors = &mut judge.errors;
    let Some(parent) = judge.root.at(&["spec", "parentRef"]) else {
        errors.required(&path, "");
        return;
    };
    let group = parent.text("group");
    if !group.is_empty() {
        report(names::dns_1123_subdomain(group), &path.field("group"), group, errors);
    }
    for field in ["resource", "name"] {
        validate_path_segment(parent.text(field), &path.field(field), errors);
    }
    let namespace = parent.text("namespace");
    report(names::path_segment_name(namespace), &path.field("namespace"), namespace, errors);
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn an_address_has_an_owner() {
        let errors = |spec| {
            errors_of(&json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": {"name": "10.0.0.9"}, "spec": spec,
            }))
        };
        assert_eq!(errors(json!({})), ["spec.parentRef: Required value"]);
        assert_eq!(
            errors(json!({"parentRef": {"resource": "services", "name": "a/b"}})),
            ["spec.parentRef.name: Invalid value: \"a/b\": may not contain '/'"]
        );
    }
}
