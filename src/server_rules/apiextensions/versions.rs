//! `spec.versions`: each on its own, and together.
//!
//! Apart because a version has a part for every other file here. Source: `validateCustomResourceDefinitionVersion`,
//! `validateDeprecationWarning` of apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::layout::Layout;
use super::names::label;
use super::schema::{self, Options};
use super::{printer_columns, selectable_fields, subresources};
use crate::finding::{FieldErrors, Verbatim};
use crate::go_quote::{go_quote, is_printable};
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// Judges all versions, one by one.
pub(super) fn validate_each(layout: &Layout<'_>, options: Options<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("spec");
    let path = path.field("versions");
    for (index, version) in layout.versions().iter().enumerate() {
        let path = path.index(index);
        label(version.text("name"), &path.field("name"), errors);
        validate(*version, layout, options, &path, errors);
    }
}

fn validate(
    version: NodeRef<'_>,
    layout: &Layout<'_>,
    options: Options<'_>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    if let Some(warning) = version.text_pointer("deprecationWarning") {
        let path = path.field("deprecationWarning");
        for complaint in deprecation_warning(version.flag("deprecated"), warning) {
            errors.invalid(&path, warning, &complaint);
        }
    }
    let part = |field| layout.of_version(version, field);
    if let Some(validation) = part("schema") {
        let options = options.of_version(version);
        schema::validate(validation, has_status(layout, version), options, &path.field("schema"), errors);
    }
    subresources::validate(part("subresources"), &path.field("subresources"), errors);
    printer_columns::validate(part("additionalPrinterColumns"), path, errors);
    let schema = part("schema").and_then(|validation| validation.get("openAPIV3Schema"));
    let missing = "may only be set when `version.schema.openAPIV3Schema` is not included";
    selectable_fields::validate(part("selectableFields"), schema, missing, options.minor, path, errors);
}

/// Whether the version of this name, the first of them, has a status of its own (`getSubresourcesForVersion`).
fn has_status(layout: &Layout<'_>, version: NodeRef<'_>) -> bool {
    let name = version.text("name");
    let first = layout.versions().iter().find(|other| other.text("name") == name);
    first.is_some_and(|version| version.at(&["subresources", "status"]).is_some())
}

/// Judges all versions together, and the first, whose name is that of `spec.version`.
pub(super) fn validate_together(layout: &Layout<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("spec");
    let versions = layout.versions();
    let shown: Vec<String> = versions.iter().map(|version| version.to_json().to_string()).collect();
    let shown = format!("[{}]", shown.join(","));
    let shown = Verbatim(&shown);
    let is_repeated = |(index, version): (usize, &NodeRef<'_>)| {
        versions[..index].iter().any(|other| other.text("name") == version.text("name"))
    };
    if versions.iter().enumerate().any(is_repeated) {
        errors.invalid(&path.field("versions"), &shown, "must contain unique version names");
    }
    if versions.iter().filter(|version| version.flag("storage")).count() != 1 {
        let text = "must have exactly one version marked as storage version";
        errors.invalid(&path.field("versions"), &shown, text);
    }
    if let Some(name) = versions.first().map(|version| version.text("name")).filter(|name| !name.is_empty()) {
        label(name, &path.field("version"), errors);
    }
}

/// Judges `status.storedVersions` of a new definition: the server puts the first storage version there.
pub(super) fn validate_stored(layout: &Layout<'_>, errors: &mut FieldErrors) {
    let path = Path::ROOT.field("status");
    let path = path.field("storedVersions");
    let Some(first) = layout.versions().iter().find(|version| version.flag("storage")) else {
        errors.invalid(&path, &Verbatim("null"), "must have at least one stored version");
        return;
    };
    let first = first.text("name");
    let shown = format!("[{}]", go_quote(first));
    // The server takes a name off its list when it meets it.
    let mut is_listed = true;
    for version in layout.versions() {
        let name = version.text("name");
        if is_listed && name == first {
            is_listed = false;
        } else if version.flag("storage") {
            errors.invalid(&path, &Verbatim(&shown), &format!("must have the storage version {name}"));
        }
    }
}

fn deprecation_warning(is_deprecated: bool, warning: &str) -> Vec<String> {
    if !is_deprecated {
        return vec!["can only be set for deprecated versions".to_owned()];
    }
    let mut complaints = Vec::new();
    if warning.len() > 256 {
        complaints.push("must be <= 256 characters long".to_owned());
    }
    if warning.is_empty() {
        complaints.push("must not be an empty string".to_owned());
    }
    if let Some((index, _)) = warning.char_indices().find(|(_, char)| !is_printable(*char)) {
        let text = "must only contain printable UTF-8 characters; non-printable character found at index";
        complaints.push(format!("{text} {index}"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::json;

    #[test]
    fn one_version_is_stored_and_each_has_its_name() {
        let mut definition = definition();
        let mut second = definition["spec"]["versions"][0].clone();
        second["storage"] = json!(false);
        definition["spec"]["versions"].as_array_mut().unwrap().push(second);
        let errors = errors_of(&definition);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].ends_with(": must contain unique version names"), "{errors:?}");
        definition["spec"]["versions"][1]["name"] = json!("v2");
        assert!(errors_of(&definition).is_empty());
        definition["spec"]["versions"][1]["storage"] = json!(true);
        let errors = errors_of(&definition);
        assert!(errors[0].ends_with(": must have exactly one version marked as storage version"));
        assert_eq!(errors[1..], ["status.storedVersions: Invalid value: [\"v1\"]: must have the storage version v2"]);
    }

    #[test]
    fn a_deprecated_version_may_warn() {
        let warn = |warning: &str| {
            let mut definition = definition();
            definition["spec"]["versions"][0]["deprecated"] = json!(true);
            errors_with(&definition, "/spec/versions/0/deprecationWarning", Some(json!(warning)))
        };
        assert!(warn("sail v2").is_empty());
        assert_eq!(
            warn("é\t"),
            ["spec.versions[0].deprecationWarning: Invalid value: \"é\\t\": must only contain printable UTF-8 \
                 characters; non-printable character found at index 2"]
        );
        assert_eq!(
            errors_with(&definition(), "/spec/versions/0/deprecationWarning", Some(json!("sail v2"))),
            [
                "spec.versions[0].deprecationWarning: Invalid value: \"sail v2\": can only be set for deprecated versions"
            ]
        );
    }
}
