//! Formats in schemas that the server does not know: it warns and ignores them.
//!
//! Apart because a warning refuses nothing. Source: `WarningsOnCreate` of apiextensions-apiserver
//! `pkg/registry/customresourcedefinition/strategy.go`, `pkg/apiserver/validation/formats.go` (1.36).

use super::schema::each_schema;
use crate::go_quote::go_quote;
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::yaml::NodeRef;

/// Warns of each unknown format, of one that was there before no more.
pub(super) fn warn(judge: &mut Judge<'_>) {
    // Since 1.35 the server tells.
    if judge.minor < Minor(35) {
        return;
    }
    let before: Vec<&str> = judge.live.map(unknown_of).unwrap_or_default();
    let path = Path::ROOT.field("spec");
    let path = path.field("versions");
    for format in unknown_of(judge.root) {
        if !before.contains(&format) {
            judge.warn(&path, format!("unrecognized format {}", go_quote(format)));
        }
    }
}

fn unknown_of(root: NodeRef<'_>) -> Vec<&str> {
    let mut formats = Vec::new();
    for version in root.get("spec").list("versions") {
        let Some(schema) = version.at(&["schema", "openAPIV3Schema"]) else { continue };
        each_schema(schema, &mut |schema| {
            let format = schema.text("format");
            if !format.is_empty() && !is_known(format, schema.text("type")) {
                formats.push(format);
            }
            true
        });
    }
    formats.sort_unstable();
    formats.dedup();
    formats
}

fn is_known(format: &str, kind: &str) -> bool {
    match kind {
        "" | "string" => matches!(
            format.replace('-', "").as_str(),
            "bsonobjectid"
                | "uri"
                | "email"
                | "hostname"
                | "ipv4"
                | "ipv6"
                | "cidr"
                | "mac"
                | "uuid"
                | "uuid3"
                | "uuid4"
                | "uuid5"
                | "isbn"
                | "isbn10"
                | "isbn13"
                | "creditcard"
                | "ssn"
                | "hexcolor"
                | "rgbcolor"
                | "byte"
                | "password"
                | "date"
                | "duration"
                | "datetime"
                | "k8sshortname"
                | "k8slongname"
        ),
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::{errors_of, warnings_of};
    use serde_json::json;

    #[test]
    fn a_format_that_nobody_knows_is_told() {
        let mut definition = definition();
        let properties = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
        let properties = definition.pointer_mut(properties).unwrap();
        properties["weight"]["format"] = json!("int32");
        properties["since"] = json!({"type": "string", "format": "date-time"});
        properties["keel"] = json!({"type": "integer", "format": "uint8"});
        properties["mast"] = json!({"type": "string", "format": "wood"});
        assert_eq!(errors_of(&definition), Vec::<String>::new());
        assert_eq!(warnings_of(&definition), ["unrecognized format \"uint8\"", "unrecognized format \"wood\""]);
    }
}
