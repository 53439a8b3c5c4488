//! `selectableFields`: by which fields objects may be asked for.
//!
//! Apart because they lead through the schema of their version. Source: `ValidateCustomResourceSelectableFields` of
//! apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::field_path::follow;
use super::schema::unsupported;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::yaml::NodeRef;

const MOST: usize = 8;

/// The gate `CustomResourceFieldSelectors` is on by default since then; before, the field is dropped.
/// Source: `pkg/features/versioned_kube_features.go` (1.32).
const SINCE: Minor = Minor(31);

/// Judges selectable fields; `path` is that of the version or of `spec`, `missing` what is said without a schema.
pub(super) fn validate(
    fields: Option<NodeRef<'_>>,
    schema: Option<NodeRef<'_>>,
    missing: &str,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let Some(fields) = fields.filter(|fields| minor >= SINCE && !fields.is_empty()) else { return };
    let fields_path = path.field("selectableFields");
    let Some(schema) = schema else {
        errors.invalid(&fields_path, "", missing);
        return;
    };
    if let Some(text) = unsupported(schema) {
        // The server goes on without a schema and stumbles; it refuses the definition either way.
        errors.invalid(&path.field("schema.openAPIV3Schema"), "", text);
        return;
    }
    let mut known: Vec<String> = Vec::new();
    for (index, field) in fields.elements().enumerate() {
        let path = fields_path.index(index);
        let path = path.field("jsonPath");
        let text = field.text("jsonPath");
        if text.is_empty() {
            errors.required(&path, "");
            continue;
        }
        let found = match follow(text, schema, false) {
            Ok(found) => found,
            Err(error) => {
                errors.invalid(&path, text, &format!("is an invalid path: {error}"));
                continue;
            }
        };
        if found.first == "metadata" {
            errors.invalid(&path, text, "must not point to fields in metadata");
        }
        if !matches!(found.schema.text("type"), "string" | "boolean" | "integer") {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings \
                          with formats are allowed.";
            errors.invalid(&path, text, detail);
        }
        if known.contains(&found.canonical) {
            errors.duplicate(&path, text);
        } else {
            known.push(found.canonical);
        }
    }
    if known.len() > MOST {
        errors.too_many(&fields_path, known.len(), MOST);
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Minor;
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::{errors_of, findings_of};
    use serde_json::json;

    #[test]
    fn a_selectable_field_is_a_plain_value_in_the_schema() {
        let mut definition = definition();
        definition["spec"]["versions"][0]["selectableFields"] = json!([{"jsonPath": ".spec.weight"}]);
        assert_eq!(errors_of(&definition), Vec::<String>::new());
        definition["spec"]["versions"][0]["selectableFields"] = json!([
            {"jsonPath": ".spec.weight"}, {"jsonPath": ".spec.weight"}, {"jsonPath": ".spec"}, {"jsonPath": ".keel"}, {},
        ]);
        assert_eq!(
            errors_of(&definition),
            [
                "spec.selectableFields[1].jsonPath: Duplicate value: \".spec.weight\"",
                "spec.selectableFields[2].jsonPath: Invalid value: \".spec\": must point to a field of type string, \
                 boolean or integer. Enum string fields and strings with formats are allowed.",
                "spec.selectableFields[3].jsonPath: Invalid value: \".keel\": is an invalid path: does not refer to a \
                 valid field",
                "spec.selectableFields[4].jsonPath: Required value",
            ]
        );
    }

    #[test]
    fn in_1_30_the_field_is_dropped() {
        let mut definition = definition();
        definition["spec"]["versions"][0]["selectableFields"] = json!([{"jsonPath": ".keel"}]);
        assert_eq!(findings_of(&definition, Minor(30)).len(), 0);
        assert_eq!(findings_of(&definition, Minor(31)).len(), 1);
    }
}
