//! `VolumeAttachment`: which volume goes to which node, and who takes it there.

use super::csi_driver::validate_driver_name;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::server_rules::core::persistent_volume::validate_inline;

/// A `VolumeAttachment`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/volume-attachment",
    level: Level::Error,
    summary: "a VolumeAttachment's driver, volume or node is not valid",
    why: "a driver attaches exactly one volume to exactly one node",
    docs: include_str!("volume-attachment.md"),
};

/// Judges a `VolumeAttachment` on creation (`ValidateVolumeAttachment`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let minor = judge.minor;
    let spec = judge.root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    validate_driver_name(spec.text("attacher"), &path.field("attacher"), errors);
    let source = spec.and_then(|spec| spec.get("source"));
    let source_path = path.field("source");
    let inline = source.and_then(|source| source.get("inlineVolumeSpec"));
    let name = source.text_pointer("persistentVolumeName");
    match (inline, name) {
        (None, None) => {
            errors.required(&source_path, "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        (Some(_), Some(_)) => {
            errors.forbidden(&source_path, "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        (None, Some("")) => {
            errors.required(&source_path.field("persistentVolumeName"), "must specify non empty persistentVolumeName");
        }
        (None, Some(_)) => {}
        (Some(inline), None) => validate_inline(inline, minor, &source_path.field("inlineVolumeSpec"), errors),
    }
    let node = spec.text("nodeName");
    report(names::dns_1123_subdomain(node), &path.field("nodeName"), node, errors);
    if let Some(name) = name {
        report(names::dns_1123_subdomain(name), &source_path.field("persistentVolumeName"), name, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(source: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "one"},
            "spec": {"attacher": "disk.example", "nodeName": "pier-1", "source": source},
        }))
    }

    #[test]
    fn one_volume_is_attached() {
        assert_eq!(errors(&json!({"persistentVolumeName": "hold"})), Vec::<String>::new());
        assert_eq!(
            errors(&json!({})),
            ["spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"]
        );
    }

    #[test]
    fn an_inline_volume_is_csi_and_no_more() {
        assert_eq!(
            errors(&json!({"inlineVolumeSpec": {
                "accessModes": ["ReadWriteOnce"], "csi": {"driver": "disk.example", "volumeHandle": "1"},
                "storageClassName": "deep",
            }})),
            [
                "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline \
              volumes"
            ]
        );
    }
}
