//! Defaults in the schema of a definition, judged when the definition is.
//!
//! Apart because a default is a value like any other, but judged on its own: against the schema it stands in, without
//! the object around it. Source: `ValidateDefaults` of apiextensions `pkg/apiserver/schema/defaulting/validation.go`
//! (1.36). What a default makes of the metadata of an embedded resource is not looked at.

use super::correlation::Correlation;
use super::outcome::Problem;
use super::prepare::has_unknown_fields;
use super::schema::JsonSchema;
use super::validate::Validator;
use super::validation_rules::{Rules, check_default};
use super::{embedded, outcome};
use crate::cel::cost_tracking::PER_OBJECT;
use crate::decode::FieldValidation;
use crate::finding::{FieldError, FieldErrors, Reason};
use crate::object::{GroupVersionKind, Object, Origin, Path, Segment};
use crate::schema::{Minor, Schema};
use crate::source::FileId;
use crate::yaml::{Entry, Kind, NodeIndex, NodeRef, Tree, TreeBuilder};
use std::sync::Arc;

/// Judges all defaults of the schema of a whole resource; `path` is where the schema stands. On an update, a null in a
/// default is a value, for kubectl sends the list of versions as it is.
pub fn validate(schema: NodeRef<'_>, minor: Minor, is_update: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut root = JsonSchema::read_for_defaults(schema);
    if !root.has_defaults {
        return;
    }
    // The resource itself has kind and metadata, as those inside it have.
    (root.embedded_resource, root.has_embedded_resources) = (true, true);
    let mut walk = Walk { definition: schema.tree(), minor, is_update, budget: Some(PER_OBJECT) };
    walk.schema(&root, false, true, path, errors);
}

struct Walk<'d> {
    definition: &'d Tree,
    minor: Minor,
    is_update: bool,
    /// What rules in CEL may still cost; once that is spent, no more defaults are judged.
    budget: Option<u64>,
}

impl Walk<'_> {
    fn schema(
        &mut self,
        schema: &JsonSchema,
        is_in_metadata: bool,
        is_root: bool,
        path: &Path<'_>,
        errors: &mut FieldErrors,
    ) {
        if !schema.has_defaults || self.budget.is_none() {
            return;
        }
        let is_root = is_root || schema.embedded_resource;
        let is_in_metadata = is_in_metadata && !schema.embedded_resource;
        if let Some(default) = schema.default {
            let path = path.field("default");
            self.default(self.definition.node(default), schema, is_in_metadata, is_root, &path, errors);
        }
        if let Some(items) = schema.items.as_deref() {
            self.schema(items, is_in_metadata, false, &path.field("items"), errors);
        }
        let path = path.field("properties");
        for (name, property) in &schema.properties {
            let is_meta = schema.embedded_resource && matches!(&**name, "metadata" | "apiVersion" | "kind");
            self.schema(property, is_in_metadata || is_meta, false, &path.key(name), errors);
        }
    }

    fn default(
        &mut self,
        default: NodeRef<'_>,
        schema: &JsonSchema,
        is_in_metadata: bool,
        is_root: bool,
        path: &Path<'_>,
        errors: &mut FieldErrors,
    ) {
        let tree = Arc::new(copied(default, self.is_update));
        let default = tree.root();
        if !is_in_metadata {
            if has_unknown_fields(default, schema, self.definition) {
                errors.invalid(path, &default, "must not have unknown fields");
            }
            if let Some(error) = self.wrong_type(&tree, schema) {
                let (field, text) = error.split_once(": ").unwrap_or(("", &error));
                let problem = Problem::of(Reason::Invalid, &Path::ROOT.field(field), text.to_owned());
                push(problem, path, errors);
                return;
            }
            let mut problems = Vec::new();
            embedded::check(schema, default, &Path::ROOT, &mut problems);
            if !problems.is_empty() {
                for problem in problems {
                    push(problem, path, errors);
                }
                return;
            }
        }
        let validator = Validator { definition: self.definition, minor: self.minor };
        let mut problems = validator.against(schema, default, Correlation(None), &Path::ROOT).problems;
        if problems.is_empty() && schema.has_validations {
            let schema = JsonSchema::read(self.definition.node(schema.node));
            let mut rules = Rules::read(self.definition, &schema);
            rules.compile(self.definition, &schema, is_root);
            problems = check_default(&rules, &schema, default, is_root, &mut self.budget);
        }
        for problem in problems {
            push(problem, path, errors);
        }
    }

    /// What cannot be decoded of the objects in a default.
    fn wrong_type(&self, tree: &Arc<Tree>, schema: &JsonSchema) -> Option<String> {
        if !schema.has_embedded_resources {
            return None;
        }
        let object = Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind { group: String::new(), version: String::new(), kind: String::new() },
            namespace: String::new(),
            name: String::new(),
            node: tree.root().index(),
            tree: Arc::clone(tree),
        };
        embedded::decode(&object, schema, Schema::of(self.minor), FieldValidation::Ignore).type_error
    }
}

fn push(problem: outcome::Problem, path: &Path<'_>, errors: &mut FieldErrors) {
    let below = |mut field: crate::object::FieldPath| {
        let mut whole = path.to_field_path();
        field.0.retain(|segment| *segment != Segment::Field(String::new()));
        whole.0.append(&mut field.0);
        whole
    };
    let (path, place) = (below(problem.field), below(problem.place));
    errors.list.push(FieldError {
        rule: errors.rule,
        reason: problem.reason,
        path,
        text: problem.text,
        place: Some(place),
        meant: None,
    });
}

/// A copy of a value, without the keys that are null unless they are kept: they are not there for the server then.
fn copied(node: NodeRef<'_>, keeps_nulls: bool) -> Tree {
    let mut builder = TreeBuilder::new("".into());
    let root = if keeps_nulls { builder.copy(node) } else { copy(node, &mut builder, 0) };
    builder.finish(root)
}

fn copy(node: NodeRef<'_>, builder: &mut TreeBuilder, depth: u32) -> NodeIndex {
    const DEEPEST: u32 = 200;
    match node.kind() {
        Kind::Mapping if depth < DEEPEST => {
            let mut entries = Vec::with_capacity(node.len());
            for entry in node.entries().filter(|entry| !entry.value.is_null()) {
                entries.push(Entry { key: builder.copy(entry.key), value: copy(entry.value, builder, depth + 1) });
            }
            builder.mapping(entries, node.written_range())
        }
        Kind::Sequence if depth < DEEPEST => {
            let elements: Vec<NodeIndex> = node.elements().map(|element| copy(element, builder, depth + 1)).collect();
            builder.sequence(&elements, node.written_range())
        }
        _ => builder.copy(node),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use crate::finding::FieldErrors;
    use crate::object::Path;
    use crate::schema::Minor;
    use serde_json::{Value, json};

    fn problems(property: &Value) -> Vec<String> {
        problems_of(property, false)
    }

    fn problems_of(property: &Value, is_update: bool) -> Vec<String> {
        let tree = tree(&json!({"type": "object", "properties": {"x": property}}));
        let mut errors = FieldErrors::new(&crate::server_rules::VALIDATION);
        super::validate(tree.root(), Minor(36), is_update, &Path::ROOT.field("root"), &mut errors);
        errors.list.iter().map(|error| error.message().replace("root.properties[x]", "x")).collect()
    }

    #[test]
    fn a_default_fits_its_schema() {
        assert_eq!(problems(&json!({"type": "integer", "default": 3, "maximum": 3})), [""; 0]);
        assert_eq!(problems(&json!({"type": "string", "nullable": true, "default": null})), [""; 0]);
        assert_eq!(
            problems(&json!({"type": "array", "items": {"type": "object", "required": ["keel"], "properties":
                {"keel": {"type": "string"}}}, "default": [{"keel": "oak"}, {}]})),
            ["x.default[1].keel: Required value"]
        );
        let either = |kind: Value| json!({"type": kind, "x-kubernetes-int-or-string": true, "default": []});
        assert_eq!(problems(&either(json!(null))), [""; 0]);
        assert_eq!(problems(&either(json!("string"))).len(), 1);
        assert_eq!(
            problems(&json!({"type": "string", "enum": ["jib", "lug"], "default": "gaff"})),
            ["x.default: Unsupported value: \"gaff\": supported values: \"jib\", \"lug\""]
        );
    }

    #[test]
    fn a_null_in_a_default_is_there_on_an_update() {
        let ropes = json!({"type": "object", "properties": {"ropes": {"type": "array", "items": {"type": "string"}}},
            "default": {"ropes": null}});
        assert_eq!(problems(&ropes), [""; 0]);
        assert_eq!(
            problems_of(&ropes, true),
            ["x.default.ropes: Invalid value: \"null\": ropes in body must be of type array: \"null\""]
        );
    }

    #[test]
    fn a_default_has_no_field_that_nobody_knows() {
        assert_eq!(
            problems(&json!({"type": "object", "properties": {"keel": {"type": "string"}}, "default": {"mast": 1}})),
            ["x.default: Invalid value: {\"mast\":1}: must not have unknown fields"]
        );
    }

    #[test]
    fn a_default_holds_to_the_rules_of_its_schema() {
        let sails = |rule: &str, default: i32| {
            let rules = json!([{"rule": rule, "optionalOldSelf": rule.contains("oldSelf")}]);
            problems(&json!({"type": "integer", "default": default, "x-kubernetes-validations": rules}))
        };
        assert_eq!(sails("self > 2", 3), [""; 0]);
        assert_eq!(sails("self > 2", 2), ["x.default: Invalid value: 2: failed rule: self > 2"]);
        // As a value that was not there before, too.
        assert_eq!(sails("oldSelf.hasValue()", 2), ["x.default: Invalid value: 2: failed rule: oldSelf.hasValue()"]);
        let errors = sails("self.size() > 2", 2);
        assert!(
            errors.len() == 1
                && errors[0].starts_with(
                    "x.default: Invalid value: \"integer\": rule compile error: compilation failed: ERROR: <input>:1:10: \
                     found no matching overload for 'size' applied to 'int.()'"
                ),
            "{errors:?}"
        );
    }

    #[test]
    fn an_object_in_a_default_is_a_whole_one() {
        let resource = |default: &Value| {
            problems(&json!({"type": "object", "x-kubernetes-embedded-resource": true,
                "x-kubernetes-preserve-unknown-fields": true, "default": default}))
        };
        assert_eq!(resource(&json!({"apiVersion": "v1", "kind": "Pod"})), [""; 0]);
        assert_eq!(resource(&json!({"apiVersion": "v1"})), ["x.default.kind: Required value"]);
        assert_eq!(
            resource(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 1}})),
            ["x.default.metadata: Invalid value: {\"name\":1}: json: cannot unmarshal number into Go struct field \
              ObjectMeta.name of type string"]
        );
    }
}
