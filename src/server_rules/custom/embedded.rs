//! Objects inside a custom resource: `x-kubernetes-embedded-resource`.
//!
//! Apart because they have what every object has, kind and metadata, which no schema describes. What is of the wrong
//! type is found when the custom resource is decoded, the rest when it is validated.
//! Source: apiextensions `pkg/apiserver/schema/objectmeta/algorithm.go`, `validation.go` (1.36).

use super::outcome::Problem;
use super::schema::JsonSchema;
use crate::decode::{self, DecodedMetadata, FieldValidation, rules};
use crate::finding::{FieldErrors, Finding, Shown};
use crate::object::{GroupVersionKind, Object, Path};
use crate::schema::Schema;
use crate::server_rules::content::names::{NameRule, dns_1035_label};
use crate::server_rules::metadata::{METADATA, MetadataRules, validate_object_meta};
use crate::yaml::{Kind, NodeRef};

/// What is asked of metadata: a name is not, and whatever fits into a path is one.
const RULES: MetadataRules = MetadataRules {
    name: Some(NameRule::PathSegment),
    standard_finalizers: false,
    sets_generation: false,
    checks_prefix: true,
};

/// Decodes the kinds and metadata of the objects inside an object.
pub(super) fn decode(
    object: &Object,
    schema: &JsonSchema,
    minor_schema: Schema,
    validation: FieldValidation,
) -> DecodedMetadata {
    let mut decoder = Decoder { object, schema: minor_schema, validation, decoded: DecodedMetadata::default() };
    decoder.value(object.root(), schema, &Path::ROOT);
    decoder.decoded.unknown.sort();
    decoder.decoded
}

struct Decoder<'d> {
    object: &'d Object,
    schema: Schema,
    validation: FieldValidation,
    decoded: DecodedMetadata,
}

impl Decoder<'_> {
    fn value(&mut self, node: NodeRef<'_>, schema: &JsonSchema, path: &Path<'_>) {
        if !schema.has_embedded_resources {
            return;
        }
        if schema.embedded_resource {
            self.resource(node, path);
        }
        for entry in node.entries() {
            if let Some(property) = schema.property(entry.name()) {
                self.value(entry.value, property, &path.field(entry.name()));
            } else if let Some(additional) = schema.additional() {
                self.value(entry.value, additional, &path.key(entry.name()));
            }
        }
        if let Some(items) = schema.items.as_deref() {
            for (index, element) in node.elements().enumerate() {
                self.value(element, items, &path.index(index));
            }
        }
    }

    fn resource(&mut self, node: NodeRef<'_>, path: &Path<'_>) {
        for key in ["apiVersion", "kind"] {
            if let Some(entry) = node.entry(key).filter(|entry| entry.value.as_str().is_none()) {
                self.wrong(entry.value, &path.field(key), "must be a string");
            }
        }
        let Some(metadata) = node.get("metadata") else { return };
        let path = path.field("metadata");
        let decoded =
            decode::decode_object_meta(self.object, metadata, &path.to_field_path(), self.schema, self.validation);
        self.decoded.findings.extend(decoded.findings);
        self.decoded.unknown.extend(decoded.unknown);
        if let Some(words) = decoded.type_error {
            let message = format!("{}: Invalid value: {}: {words}", path, metadata.shown());
            self.decoded.type_error.get_or_insert(message);
        }
    }

    fn wrong(&mut self, node: NodeRef<'_>, path: &Path<'_>, words: &str) {
        let message = format!("{path}: Invalid value: {}: {words}", node.shown());
        let finding = Finding::in_object(&rules::WRONG_TYPE, message.clone(), self.object, path.to_field_path());
        self.decoded.findings.push(finding);
        self.decoded.type_error.get_or_insert(message);
    }
}

/// Validates the objects inside a value.
pub(super) fn check(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, problems: &mut Vec<Problem>) {
    if !schema.has_embedded_resources {
        return;
    }
    if schema.embedded_resource && node.kind() == Kind::Mapping {
        let mut errors = FieldErrors::new(&METADATA);
        resource(node, path, &mut errors);
        problems.extend(errors.list.into_iter().map(|error| {
            let problem = Problem {
                reason: error.reason,
                place: error.path.clone(),
                field: error.path,
                text: error.text,
                defined: None,
                meant: None,
            };
            problem.by(schema, "x-kubernetes-embedded-resource")
        }));
    }
    for entry in node.entries() {
        if let Some(property) = schema.property(entry.name()) {
            check(property, entry.value, &path.field(entry.name()), problems);
        } else if let Some(additional) = schema.additional() {
            check(additional, entry.value, &path.key(entry.name()), problems);
        }
    }
    if let Some(items) = schema.items.as_deref() {
        for (index, element) in node.elements().enumerate() {
            check(items, element, &path.index(index), problems);
        }
    }
}

fn resource(node: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    for key in ["apiVersion", "kind"] {
        if node.entry(key).is_none() {
            errors.required(&path.field(key), "");
        }
    }
    for key in ["apiVersion", "kind"] {
        let Some(entry) = node.entry(key) else { continue };
        let path = path.field(key);
        match entry.value.as_str() {
            None => errors.invalid(&path, &entry.value, "must be a string"),
            Some("") => errors.invalid(&path, "", "must not be empty"),
            Some(version) if key == "apiVersion" => {
                if GroupVersionKind::parse(version, "").is_none() {
                    let detail = format!("unexpected GroupVersion string: {version}");
                    errors.invalid(&path, version, &detail);
                }
            }
            Some(kind) => {
                let complaints = dns_1035_label(&kind.to_lowercase());
                if !complaints.is_empty() {
                    let words = complaints.join(",");
                    let detail = format!("may have mixed case, but should otherwise match: {words}");
                    errors.invalid(&path, kind, &detail);
                }
            }
        }
    }
    if let Some(metadata) = node.entry("metadata") {
        let path = path.field("metadata");
        let mut found = FieldErrors::new(&METADATA);
        validate_object_meta(Some(metadata.value), RULES, None, &path, &mut found);
        let is_name_asked_for = |text: &str| text == "Required value: name or generateName is required";
        errors.list.extend(found.list.into_iter().filter(|error| !is_name_asked_for(&error.text)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::*;
    use crate::schema::Minor;
    use serde_json::json;

    fn schema() -> serde_json::Value {
        json!({"type": "object", "properties": {"spec": {"type": "array", "items":
            {"type": "object", "x-kubernetes-embedded-resource": true}}}})
    }

    fn problems(spec: &serde_json::Value) -> Vec<String> {
        let (schema, value) = (tree(&schema()), tree(&json!({"spec": spec})));
        let mut problems = Vec::new();
        check(&JsonSchema::read(schema.root()), value.root(), &Path::ROOT, &mut problems);
        problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.text)).collect()
    }

    #[test]
    fn an_object_has_a_kind_and_may_have_metadata() {
        assert_eq!(problems(&json!([{"apiVersion": "v1", "kind": "Pod", "metadata": {}}])), [""; 0]);
        assert_eq!(
            problems(&json!([{"metadata": {"name": "a/b"}}])),
            [
                "spec[0].apiVersion: Required value",
                "spec[0].kind: Required value",
                "spec[0].metadata.name: Invalid value: \"a/b\": may not contain '/'"
            ]
        );
        let found = problems(&json!([{"apiVersion": "a/b/c", "kind": "p_q"}]));
        assert_eq!(found[0], "spec[0].apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c");
        assert!(
            found[1].starts_with("spec[0].kind: Invalid value: \"p_q\": may have mixed case, but should otherwise")
        );
    }

    #[test]
    fn metadata_has_a_type_and_known_fields() {
        let definition = tree(&schema());
        let decode = |spec: &serde_json::Value| {
            let object = crate::server_rules::testing::object(
                &json!({"apiVersion": "dock.example/v1", "kind": "Ship", "spec": [spec]}),
            );
            let strict = FieldValidation::Strict;
            decode(&object, &JsonSchema::read(definition.root()), Schema::of(Minor(36)), strict)
        };
        let decoded = decode(&json!({"metadata": {"name": "a", "nick": 1}}));
        assert_eq!(
            (decoded.unknown, decoded.type_error),
            (vec![r#"unknown field "spec[0].metadata.nick""#.into()], None)
        );
        let of = |spec: &serde_json::Value| decode(spec).type_error.unwrap_or_default();
        assert_eq!(of(&json!({"kind": 7})), "spec[0].kind: Invalid value: 7: must be a string");
        assert_eq!(
            of(&json!({"metadata": "x"})),
            "spec[0].metadata: Invalid value: \"x\": json: cannot unmarshal string into Go value of type v1.ObjectMeta"
        );
    }
}
