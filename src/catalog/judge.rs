//! Judging an object by a JSON Schema.
//!
//! Apart because only here the validator of another make is asked: the messages are its words.

use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object, Segment};
use crate::schema;
use crate::yaml::Kind;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

/// The object is not what the catalogue says of its kind.
pub static CATALOG: Rule = Rule {
    id: "schema/catalog",
    level: Level::Error,
    summary: "the object does not match the JSON Schema of its kind",
    why: "the catalogue's schema was made of the kind's CustomResourceDefinition, by which the API server judges the object",
    docs: include_str!("catalog.md"),
};

/// The most findings that are made of one object.
const MOST_FINDINGS: usize = 50;

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(pub String);

/// The compiled schema of a kind.
#[derive(Debug)]
pub struct KindSchema {
    validator: Validator,
    source: Value,
}

impl KindSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// When the text is no JSON, or no schema of draft 2020-12 or, where it names none, draft 4. References to other
    /// files are not followed.
    pub fn compile(text: &str) -> Result<Self, SchemaError> {
        let source: Value = serde_json::from_str(text).map_err(|error| SchemaError(format!("is not JSON: {error}")))?;
        let newest = jsonschema::options().build(&source);
        let names_its_draft = source.get("$schema").is_some();
        let built = match newest {
            // Catalogues without `$schema` are written in the spirit of OpenAPI, whose bounds are those of draft 4.
            Err(_) if !names_its_draft => jsonschema::options().with_draft(Draft::Draft4).build(&source),
            built => built,
        };
        let validator = built.map_err(|error| SchemaError(format!("is no JSON Schema: {error}")))?;
        Ok(Self { validator, source })
    }

    /// What does not match, each at its own field.
    pub fn judge(&self, object: &Object) -> Vec<Finding> {
        let value = object.root().to_json();
        self.validator.iter_errors(&value).take(MOST_FINDINGS).flat_map(|error| self.findings(&error, object)).collect()
    }

    fn findings(&self, error: &ValidationError<'_>, object: &Object) -> Vec<Finding> {
        let field = field_path(error.instance_path().as_str(), object);
        if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            let known = self.known_properties(error.schema_path().as_str());
            let finding = |name: &String| {
                let mut field = field.clone();
                field.0.push(Segment::Field(name.clone()));
                let message = format!("unknown field \"{field}\"");
                let help = schema::nearest(name, known.iter().copied()).map(|near| format!("did you mean {near}?"));
                Finding { help, ..Finding::in_object(&CATALOG, message, object, field) }
            };
            return unexpected.iter().map(finding).collect();
        }
        // The value is not repeated: a custom resource may hold what nobody should read in a log.
        let message = error.masked().to_string();
        vec![Finding::in_object(&CATALOG, message, object, field)]
    }

    /// The properties beside the `additionalProperties` at a place of the schema.
    fn known_properties(&self, place: &str) -> Vec<&str> {
        let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
        let properties = self.source.pointer(&format!("{parent}/properties")).and_then(Value::as_object);
        properties.map(|properties| properties.keys().map(String::as_str).collect()).unwrap_or_default()
    }
}

/// A JSON pointer as a field path.
fn field_path(pointer: &str, object: &Object) -> FieldPath {
    let mut path = FieldPath::default();
    let mut node = Some(object.root());
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let in_list = node
            .filter(|node| node.kind() == Kind::Sequence)
            .and_then(|list| Some((list, token.parse::<usize>().ok()?)));
        if let Some((list, index)) = in_list {
            node = list.elements().nth(index);
            path.0.push(Segment::Index(index));
        } else {
            node = node.and_then(|node| node.get(&token));
            path.0.push(Segment::Field(token));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupVersionKind, Origin};
    use crate::source::FileId;
    use crate::yaml::TreeBuilder;
    use serde_json::json;
    use std::sync::Arc;

    fn judged(schema: &Value, object: &Value) -> Vec<(String, String, Option<String>)> {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(object);
        let tree = Arc::new(builder.finish(root));
        let object = Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind::parse("ferries.example.com/v1", "FerryLine").expect("a kind"),
            namespace: String::new(),
            name: "north".to_owned(),
            node: tree.root().index(),
            tree,
        };
        let schema = KindSchema::compile(&schema.to_string()).expect("a schema");
        let findings = schema.judge(&object).into_iter();
        findings.map(|finding| (finding.field.to_string(), finding.message, finding.help)).collect()
    }

    #[test]
    fn fields_are_named_and_guessed() {
        let schema = json!({"type": "object", "properties": {"spec": {
            "type": "object", "additionalProperties": false,
            "properties": {"piers": {"type": "array", "items": {"type": "integer", "maximum": 9}}},
        }}});
        assert_eq!(judged(&schema, &json!({"spec": {"piers": [1, 2]}})), []);
        assert_eq!(
            judged(&schema, &json!({"spec": {"peirs": []}})),
            [(
                "spec.peirs".to_owned(),
                "unknown field \"spec.peirs\"".to_owned(),
                Some("did you mean piers?".to_owned())
            )]
        );
        let found = judged(&schema, &json!({"spec": {"piers": [1, 12]}}));
        assert_eq!(found[0].0, "spec.piers[1]");
        assert!(found[0].1.contains("maximum of 9") && !found[0].1.contains("12"), "{}", found[0].1);
    }

    #[test]
    fn schemas_of_old_drafts_are_read() {
        let schema = json!({"properties": {"depth": {"type": "integer", "minimum": 3, "exclusiveMinimum": true}}});
        assert_eq!(judged(&schema, &json!({"depth": 3})).len(), 1);
        assert_eq!(judged(&schema, &json!({"depth": 4})), []);
    }

    #[test]
    fn what_is_no_schema_is_told() {
        assert!(KindSchema::compile("{").unwrap_err().0.starts_with("is not JSON: "));
        assert!(KindSchema::compile("{\"type\": 3}").unwrap_err().0.starts_with("is no JSON Schema: "));
        let remote = KindSchema::compile("{\"$ref\": \"https://example.com/schema.json\"}");
        assert!(remote.unwrap_err().0.starts_with("is no JSON Schema: "), "nothing is fetched");
    }
}
