//! From a `CustomResourceDefinition` to the JSON Schemas of a catalogue, one for each version.
//!
//! Apart because it only writes what others read: the layout and the changes are those that kubeconform and the editors
//! expect of such catalogues. What JSON Schema cannot say (`x-kubernetes-validations`, list types) is kept as it stands,
//! for whoever reads it.

use crate::object::view::View;
use crate::yaml::NodeRef;
use serde_json::{Map, Value, json};

/// One schema to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogFile {
    /// Where, below the catalogue: `GROUP/KIND_VERSION.json`.
    pub path: String,
    /// What.
    pub schema: Value,
}

/// The deepest schema that is looked at.
const DEPTH_LIMIT: usize = 128;

/// The schemas of a CRD; none if it is not one, or has none. Versions that are not served are left out.
pub fn of_crd(crd: NodeRef<'_>) -> Vec<CatalogFile> {
    let Some(spec) = crd.get("spec") else { return Vec::new() };
    let (group, kind) = (spec.text("group"), spec.get("names").text("kind"));
    let is_safe = |part: &str| !part.is_empty() && !part.contains(['/', '\\']) && part != ".." && part != ".";
    let mut files = Vec::new();
    for version in spec.list("versions").into_iter().filter(|version| version.flag("served")) {
        let name = version.text("name");
        let Some(schema) = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema")) else { continue };
        if !(is_safe(group) && is_safe(kind) && is_safe(name)) {
            continue;
        }
        let mut schema = converted(schema.to_json(), 0);
        if let Value::Object(root) = &mut schema {
            root.insert(
                "x-kubernetes-group-version-kind".to_owned(),
                json!([{"group": group, "version": name, "kind": kind}]),
            );
            let properties = root.entry("properties").or_insert_with(|| json!({}));
            if let Value::Object(properties) = properties {
                for field in ["apiVersion", "kind"] {
                    properties.entry(field).or_insert_with(|| json!({"type": "string"}));
                }
                // Metadata is judged by the API server itself; a CRD may restrict its name only.
                properties.entry("metadata").or_insert_with(|| json!({"type": "object"}));
            }
        }
        files.push(CatalogFile { path: format!("{group}/{}_{name}.json", kind.to_lowercase()), schema });
    }
    files
}

/// One schema, and all within it, as JSON Schema has them.
fn converted(schema: Value, depth: usize) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    if depth > DEPTH_LIMIT {
        return json!({});
    }
    for key in ["properties", "patternProperties"] {
        if let Some(Value::Object(properties)) = schema.get_mut(key) {
            for value in properties.values_mut() {
                *value = converted(value.take(), depth + 1);
            }
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(value) = schema.get_mut(key) {
            *value = converted(value.take(), depth + 1);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = schema.get_mut(key) {
            for value in schemas {
                *value = converted(value.take(), depth + 1);
            }
        }
    }
    let is = |schema: &Map<String, Value>, key: &str| schema.get(key) == Some(&Value::Bool(true));
    // OpenAPI says whether a bound is exclusive, JSON Schema gives the bound itself.
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match schema.remove(exclusive) {
            Some(Value::Bool(true)) => {
                if let Some(value) = schema.remove(bound) {
                    schema.insert(exclusive.to_owned(), value);
                }
            }
            Some(other) if !other.is_boolean() => drop(schema.insert(exclusive.to_owned(), other)),
            _ => {}
        }
    }
    if is(&schema, "x-kubernetes-int-or-string") {
        schema.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if is(&schema, "nullable") {
        schema.remove("nullable");
        let types = match schema.remove("type") {
            Some(Value::Array(mut types)) => {
                types.push(json!("null"));
                Some(types)
            }
            Some(one) => Some(vec![one, json!("null")]),
            None => None,
        };
        if let Some(types) = types {
            schema.insert("type".to_owned(), Value::Array(types));
        }
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    let keeps_all = is(&schema, "x-kubernetes-preserve-unknown-fields")
        || is(&schema, "x-kubernetes-embedded-resource")
        || schema.contains_key("additionalProperties");
    if schema.contains_key("properties") && schema.contains_key("type") && !keeps_all {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::TreeBuilder;

    fn files(crd: &Value) -> Vec<CatalogFile> {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(crd);
        of_crd(builder.finish(root).root())
    }

    fn ferry(schema: &Value) -> Value {
        json!({"kind": "CustomResourceDefinition", "spec": {
            "group": "ferries.example.com", "names": {"kind": "FerryLine", "plural": "ferrylines"},
            "versions": [
                {"name": "v1", "served": true, "schema": {"openAPIV3Schema": schema}},
                {"name": "v0", "served": false, "schema": {"openAPIV3Schema": schema}},
            ],
        }})
    }

    #[test]
    fn served_versions_have_a_file_each() {
        let files = files(&ferry(&json!({"type": "object", "properties": {"spec": {"type": "object"}}})));
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].path, "ferries.example.com/ferryline_v1.json");
        assert_eq!(
            files[0].schema,
            json!({
                "type": "object", "additionalProperties": false,
                "properties": {
                    "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                    "spec": {"type": "object"},
                },
                "x-kubernetes-group-version-kind": [
                    {"group": "ferries.example.com", "version": "v1", "kind": "FerryLine"},
                ],
            })
        );
    }

    #[test]
    fn what_openapi_says_in_its_own_way_is_said_in_json_schemas() {
        for (openapi, json_schema) in [
            (
                json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
                json!({"type": "integer", "exclusiveMinimum": 3}),
            ),
            (
                json!({"type": "integer", "maximum": 3, "exclusiveMaximum": false}),
                json!({"type": "integer", "maximum": 3}),
            ),
            (
                json!({"x-kubernetes-int-or-string": true}),
                json!({"x-kubernetes-int-or-string": true, "type": ["integer", "string"]}),
            ),
            (
                json!({"type": "string", "nullable": true, "enum": ["a"]}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (
                json!({"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": true}),
                json!({"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": true}),
            ),
        ] {
            assert_eq!(converted(openapi, 0), json_schema);
        }
    }

    #[test]
    fn names_that_lead_out_of_the_catalogue_are_left_out() {
        let mut crd = ferry(&json!({"type": "object"}));
        crd["spec"]["group"] = json!("../..");
        assert_eq!(files(&crd), []);
        crd["spec"]["group"] = json!("..");
        assert_eq!(files(&crd), []);
    }
}
