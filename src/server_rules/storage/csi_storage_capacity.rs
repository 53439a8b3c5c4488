//! `CSIStorageCapacity`: how much there is of a class, and where.

use crate::decode::quantity::Quantity;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{label_selector, names, report};

/// A `CSIStorageCapacity`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/csi-storage-capacity",
    level: Level::Error,
    summary: "a CSIStorageCapacity's place, class or amount is not valid",
    why: "the scheduler looks capacity up by class and topology, and there is never less than none",
    docs: include_str!("csi-storage-capacity.md"),
};

/// Judges a `CSIStorageCapacity` on creation (`ValidateCSIStorageCapacity`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let errors = &mut judge.errors;
    let path = Path::ROOT.field("nodeTopology");
    label_selector::validate(root.get("nodeTopology"), label_selector::Lenience::default(), &path, errors);
    let class = root.text("storageClassName");
    report(names::dns_1123_subdomain(class), &Path::ROOT.field("storageClassName"), class, errors);
    if let Some(Ok(capacity)) =
        root.get("capacity").and_then(Quantity::of).filter(|read| read.as_ref().is_ok_and(Quantity::is_negative))
    {
        errors.invalid(&Path::ROOT.field("capacity"), &capacity.canonical(), "must be greater than or equal to 0");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn there_is_a_class_and_no_debt() {
        let errors = errors_of(&json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": "deep-1"},
            "capacity": "-1Gi",
        }));
        assert_eq!(errors.len(), 2);
        assert!(errors[0].starts_with("storageClassName: Invalid value: \"\": a lowercase RFC 1123 subdomain"));
        assert_eq!(errors[1], "capacity: Invalid value: \"-1Gi\": must be greater than or equal to 0");
    }
}
