//! Help for the tests of definitions: a good one, and its schema changed.

use crate::server_rules::testing::errors_of;
use serde_json::{Value, json};

/// A definition that the server accepts.
pub(super) fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "anchors.harbour.example"},
        "spec": {
            "group": "harbour.example", "scope": "Namespaced", "names": {"plural": "anchors", "kind": "Anchor"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": {
                    "weight": {"type": "integer"},
                }}},
            }}}],
        },
    })
}

/// What is said about a definition whose schema has this for `spec.properties.x`, without the path up to it.
pub(super) fn errors_of_property(schema: &Value) -> Vec<String> {
    let mut definition = definition();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["x"] =
        schema.clone();
    let prefix = "spec.validation.openAPIV3Schema.properties[spec].properties[x]";
    errors_of(&definition).iter().map(|error| error.replace(prefix, "x")).collect()
}

/// What is said about a definition with this whole schema, without the path up to it.
pub(super) fn errors_of_root(schema: &Value) -> Vec<String> {
    let mut definition = definition();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema.clone();
    errors_of(&definition).iter().map(|error| error.replace("spec.validation.openAPIV3Schema", "root")).collect()
}
