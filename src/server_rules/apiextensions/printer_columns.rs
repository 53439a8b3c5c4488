//! `additionalPrinterColumns`: what `kubectl get` shows.
//!
//! Apart because versions and the definition as a whole may have them. Source:
//! `ValidateCustomResourceColumnDefinition` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go` (1.36).

use super::subresources::simple_json_path;
use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::yaml::NodeRef;

/// Sorted, as the server lists them.
const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// Judges the columns of a version; `path` is that of the version or of `spec`.
pub(super) fn validate(columns: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(columns) = columns else { return };
    let path = path.field("additionalPrinterColumns");
    for (index, column) in columns.elements().enumerate() {
        validate_column(column, &path.index(index), errors);
    }
}

fn validate_column(column: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if column.text("name").is_empty() {
        errors.required(&path.field("name"), "");
    }
    let kind = column.text("type");
    if kind.is_empty() {
        errors.required(&path.field("type"), &format!("must be one of {}", TYPES.join(",")));
    } else if !TYPES.contains(&kind) {
        errors.invalid(&path.field("type"), kind, &format!("must be one of {}", TYPES.join(",")));
    }
    let format = column.text("format");
    if !format.is_empty() && !FORMATS.contains(&format) {
        errors.invalid(&path.field("format"), format, &format!("must be one of {}", FORMATS.join(",")));
    }
    let text = column.text("jsonPath");
    let path = path.field("JSONPath");
    if text.is_empty() {
        errors.required(&path, "");
    } else {
        simple_json_path(text, &path, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn a_column_is_of_a_type_and_stands_somewhere() {
        let mut definition = definition();
        definition["spec"]["versions"][0]["additionalPrinterColumns"] = json!([
            {"name": "Weight", "type": "integer", "format": "int32", "jsonPath": ".spec.weight"},
            {"type": "weight", "format": "tons", "jsonPath": "spec.weight"},
            {"name": "Age"},
        ]);
        assert_eq!(
            errors_of(&definition),
            [
                "spec.additionalPrinterColumns[1].name: Required value",
                "spec.additionalPrinterColumns[1].type: Invalid value: \"weight\": must be one of \
                 boolean,date,integer,number,string",
                "spec.additionalPrinterColumns[1].format: Invalid value: \"tons\": must be one of \
                 byte,date,date-time,double,float,int32,int64,password",
                "spec.additionalPrinterColumns[1].JSONPath: Invalid value: \"spec.weight\": must be a simple json path \
                 starting with .",
                "spec.additionalPrinterColumns[2].type: Required value: must be one of \
                 boolean,date,integer,number,string",
                "spec.additionalPrinterColumns[2].JSONPath: Required value",
            ]
        );
    }
}
