//! `ServiceCIDR`: one range of each family.

use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::ip;

/// A `ServiceCIDR`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/service-cidr",
    level: Level::Error,
    summary: "a ServiceCIDR's ranges are not valid",
    why: "Services draw their addresses from at most one range of each family",
    docs: include_str!("service-cidr.md"),
};

/// Judges a `ServiceCIDR` on creation (`validateServiceCIDRSpec`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let path = path.field("cidrs");
    let errors = &mut judge.errors;
    let cidrs = spec.list("cidrs");
    match (cidrs.len(), spec) {
        (0, _) => {
            errors.required(&path, "at least one CIDR required");
            return;
        }
        (3.., Some(spec)) => {
            errors.invalid(&path, &spec, "may only hold up to 2 values");
            return;
        }
        _ => {}
    }
    let mut is_v4 = Vec::new();
    for (index, cidr) in cidrs.into_iter().enumerate() {
        let cidr = ip::validate_cidr(cidr.as_str().unwrap_or_default(), &path.index(index), errors);
        is_v4.extend(cidr.map(|cidr| cidr.address.is_ipv4()));
    }
    if let (true, Some(node)) = (is_v4.len() == 2 && is_v4[0] == is_v4[1], spec.and_then(|spec| spec.get("cidrs"))) {
        errors.invalid(
            &path,
            &node,
            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn one_range_of_each_family() {
        let errors = |cidrs| {
            errors_of(&json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"},
                "spec": {"cidrs": cidrs},
            }))
        };
        assert_eq!(errors(json!(["10.96.0.0/16", "fd00::/112"])), Vec::<String>::new());
        assert_eq!(errors(json!([])), ["spec.cidrs: Required value: at least one CIDR required"]);
        assert_eq!(
            errors(json!(["10.96.0.0/16", "10.97.0.0/16"])),
            [
                "spec.cidrs: Invalid value: [\"10.96.0.0/16\",\"10.97.0.0/16\"]: may specify no more than one IP for each \
              IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
            ]
        );
    }
}
