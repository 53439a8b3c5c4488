//! `PersistentVolumeClaim`: the spec of a claim, and warnings about it.

use crate::object::{Path, view::View as _};
use crate::server_rules::content::resource_name;
use crate::server_rules::{Judge, claim_spec};

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Judges a `PersistentVolumeClaim` on creation (`ValidatePersistentVolumeClaim`).
pub fn validate(judge: &mut Judge<'_>) {
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    claim_spec::validate_claim(spec, judge.minor, &path, &mut judge.errors);
    if judge.root.at(&["metadata", "annotations"]).has(CLASS_ANNOTATION) {
        let metadata = Path::ROOT.field("metadata");
        let annotations = metadata.field("annotations");
        let path = annotations.key(CLASS_ANNOTATION);
        let text = format!("{path}: deprecated since v1.8; use \"storageClassName\" attribute instead");
        judge.warn(&path, text);
    }
    for field in ["requests", "limits"] {
        let amount = spec.and_then(|spec| spec.at(&["resources", field, "storage"])).and_then(resource_name::amount);
        if let Some(amount) = amount.filter(|amount| !amount.is_integer()) {
            let resources = path.field("resources");
            let amounts = resources.field(field);
            let path = amounts.key("storage");
            let text = format!("{path}: fractional byte value \"{}\" is invalid, must be an integer", amount.text());
            judge.warn(&path, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, findings_of};
    use serde_json::{Value, json};

    fn claim(more: &Value) -> Value {
        let mut claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "hold"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            claim["spec"][key] = value.clone();
        }
        claim
    }

    #[test]
    fn a_source_of_another_kind_is_dropped_and_a_reference_is_not() {
        let boat = json!({"apiGroup": "shop.example", "kind": "boat"});
        assert_eq!(errors_of(&claim(&json!({"dataSource": boat}))), Vec::<String>::new());
        assert_eq!(
            errors_of(&claim(&json!({"dataSourceRef": boat}))),
            ["spec.dataSource.name: Required value", "spec.dataSourceRef.name: Required value"]
        );
    }

    #[test]
    fn a_fraction_of_a_byte_draws_a_warning() {
        let findings =
            findings_of(&claim(&json!({"resources": {"requests": {"storage": "1.5"}}})), crate::schema::Minor(36));
        assert_eq!(
            findings[0].message,
            "spec.resources.requests[storage]: fractional byte value \"1500m\" is invalid, must be an integer"
        );
    }
}
