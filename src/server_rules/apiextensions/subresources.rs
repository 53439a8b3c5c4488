//! `subresources`: where scale finds the replicas.
//!
//! Apart because versions and the definition as a whole may have them. Source:
//! `ValidateCustomResourceDefinitionSubresources` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// Judges the subresources of a version.
pub(super) fn validate(subresources: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(scale) = subresources.and_then(|subresources| subresources.get("scale")) else { return };
    for (field, name, root) in [
        ("specReplicasPath", "scale.specReplicasPath", "spec"),
        ("statusReplicasPath", "scale.statusReplicasPath", "status"),
    ] {
        let path = path.field(name);
        let text = scale.text(field);
        if text.is_empty() {
            errors.required(&path, "");
        } else if simple_json_path(text, &path, errors) && !is_below(text, root) {
            errors.invalid(&path, text, &format!("should be a json path under .{root}"));
        }
    }
    let text = scale.text("labelSelectorPath");
    let path = path.field("scale.labelSelectorPath");
    if !text.is_empty() && simple_json_path(text, &path, errors) && !is_below(text, "spec") && !is_below(text, "status")
    {
        errors.invalid(&path, text, "should be a json path under either .spec or .status");
    }
}

fn is_below(text: &str, root: &str) -> bool {
    text.strip_prefix('.').and_then(|rest| rest.strip_prefix(root)).is_some_and(|rest| rest.starts_with('.'))
}

/// `validateSimpleJSONPath`: all it asks of a path that is not empty is a dot in front. Tells whether that is there.
pub(super) fn simple_json_path(text: &str, path: &Path<'_>, errors: &mut FieldErrors) -> bool {
    let is_good = text.starts_with('.');
    if !is_good {
        errors.invalid(path, text, "must be a simple json path starting with .");
    }
    is_good
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn scale_looks_where_replicas_may_be() {
        let mut definition = definition();
        definition["spec"]["versions"][0]["subresources"] = json!({"status": {}, "scale": {
            "specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew", "labelSelectorPath": ".spec.sel",
        }});
        assert_eq!(errors_of(&definition), Vec::<String>::new());
        definition["spec"]["versions"][0]["subresources"] = json!({"scale": {
            "specReplicasPath": "spec.crew", "statusReplicasPath": ".spec.crew", "labelSelectorPath": ".sel",
        }});
        assert_eq!(
            errors_of(&definition),
            [
                "spec.subresources.scale.specReplicasPath: Invalid value: \"spec.crew\": must be a simple json path \
                 starting with .",
                "spec.subresources.scale.statusReplicasPath: Invalid value: \".spec.crew\": should be a json path under \
                 .status",
                "spec.subresources.scale.labelSelectorPath: Invalid value: \".sel\": should be a json path under either \
                 .spec or .status",
            ]
        );
    }
}
