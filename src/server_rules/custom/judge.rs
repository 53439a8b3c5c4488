//! One custom resource, from what was sent to what the server says of it.
//!
//! Apart because it is the order in which the server asks everything else here: decoding, metadata, the schema, scale,
//! embedded resources, lists. Source: apiextensions `pkg/registry/customresource/strategy.go`, `validator.go` and
//! `pkg/apiserver/customresource_handler.go` (1.36).

use super::correlation::Correlation;
use super::definition::Definition;
use super::outcome::Problem;
use super::prepare::{Nulls, Prepared, Status, prepare};
use super::schema::JsonSchema;
use super::unknown_fields::UnknownField;
use super::validate::Validator;
use super::{embedded, list_type, scale, validation_rules};
use crate::decode::{self, Decoded, FieldValidation};
use crate::finding::{Finding, Level, Meant, Mend, Reason, Rule};
use crate::object::{FieldPath, Object, Path};
use crate::schema::{Minor, Schema};
use crate::server_rules::{validate_applied, validate_updated};
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// A custom resource that its definition does not allow.
pub static CUSTOM_RESOURCE: Rule = Rule {
    id: "api/custom-resource",
    level: Level::Error,
    summary: "a custom resource that the schema of its CustomResourceDefinition does not allow",
    why: "kube-apiserver validates every custom resource against the schema of the version it is sent in, and refuses \
          the whole object for one field that does not fit",
    docs: include_str!("custom-resource.md"),
};

/// What the server is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What was sent.
    pub object: &'r Object,
    /// The version of the definition that serves it.
    pub definition: &'r Definition,
    /// The API server's minor.
    pub minor: Minor,
    /// What is done about unknown fields.
    pub validation: FieldValidation,
    /// The namespace it is sent to, where it is applied by the server: then what is unknown is refused in every
    /// validation mode, in other words.
    pub applied_in: Option<&'r str>,
    /// The length in bytes of the last-applied annotation's value, where client-side apply adds it.
    pub last_applied: Option<usize>,
}

impl Request<'_> {
    /// The server's answer to an object that it cannot decode, and everything that decoding finds.
    pub fn decode(&self) -> Decoded {
        let object = self.object;
        let validation = if self.applied_in.is_some() { FieldValidation::Strict } else { self.validation };
        let types = Schema::of(self.minor);
        let path = FieldPath::of(&["metadata"]);
        let metadata = object.root().get("metadata");
        let mut decoded = metadata
            .map(|metadata| decode::decode_object_meta(object, metadata, &path, types, validation))
            .unwrap_or_default();
        if let Some(schema) = self.schema() {
            let unknown = prepare(object.root(), self.definition, schema, Status::Kept, Nulls::Dropped).unknown;
            decoded.unknown.extend(unknown.iter().map(UnknownField::message));
            decoded.findings.extend(
                unknown.into_iter().filter_map(|unknown| unknown.into_finding(object, self.definition, validation)),
            );
            let inside = embedded::decode(object, schema, types, validation);
            decoded.findings.extend(inside.findings);
            decoded.unknown.extend(inside.unknown);
            decoded.type_error = decoded.type_error.or(inside.type_error);
        }
        if let Some(namespace) = self.applied_in.filter(|_| !decoded.unknown.is_empty()) {
            let answer = self.undeclared(namespace, &decoded.unknown);
            return Decoded { server_message: Some(answer), findings: decoded.findings };
        }
        let inner = decoded.type_error.or_else(|| decode::custom_strict_message(&decoded.unknown, validation));
        Decoded { server_message: inner.map(|inner| decode::custom_answer(object, &inner)), findings: decoded.findings }
    }

    /// What server-side apply says of fields that no schema declares.
    fn undeclared(&self, namespace: &str, unknown: &[String]) -> String {
        let Object { gvk, name, .. } = self.object;
        let error = |message: &String| {
            let path = message.trim_start_matches("unknown field ").trim_matches('"');
            format!(".{path}: field not declared in schema")
        };
        let errors: Vec<String> = unknown.iter().map(error).collect();
        let errors = match errors.as_slice() {
            [only] => only.clone(),
            several => format!("errors:\n  {}", several.join("\n  ")),
        };
        let (version, kind) = (gvk.api_version(), &gvk.kind);
        format!("failed to create typed patch object ({namespace}/{name}; {version}, Kind={kind}): {errors}")
    }

    /// Validates the object on creation.
    pub fn validate_created(&self) -> Vec<Finding> {
        let metadata = || validate_applied(self.object, self.minor, self.last_applied);
        self.validate(self.object, None, metadata)
    }

    /// Validates what an update makes of a live object.
    pub fn validate_updated(&self, merged: &Object, live: &Object) -> Vec<Finding> {
        let metadata = || validate_updated(merged, live, self.minor, self.last_applied);
        self.validate(merged, Some(live), metadata)
    }

    /// The schema, where the object's kind is spelled as the definition's: for any other nothing is looked at.
    fn schema(&self) -> Option<&JsonSchema> {
        (self.object.gvk.kind == self.definition.kind()).then(|| self.definition.schema())
    }

    fn validate(
        &self,
        object: &Object,
        live: Option<&Object>,
        metadata: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Finding> {
        let kind = self.definition.kind();
        if self.object.gvk.kind != kind {
            let text = format!("must be {kind}");
            let shown = crate::go_quote::go_quote(&self.object.gvk.kind);
            let problem = Problem::invalid(&Path::ROOT.field("kind"), &shown, &text);
            let problem = problem.meaning(Meant::OneOf(vec![kind.to_owned()]));
            return vec![self.finding(problem)];
        }
        let mut findings = metadata();
        let Some(schema) = self.schema() else { return findings };
        let is_blocked = findings.iter().any(|finding| finding.reason.is_some_and(blocks_rules));
        let mut problems = self.problems(schema, object.root(), live.map(Object::root), is_blocked);
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert((problem.field.clone(), problem.text.clone())));
        findings.extend(problems.into_iter().map(|problem| self.finding(problem)));
        findings
    }

    /// What is wrong with an object, but for its metadata; where `is_blocked`, rules in CEL are not asked.
    fn problems(
        &self,
        schema: &JsonSchema,
        root: NodeRef<'_>,
        live: Option<NodeRef<'_>>,
        is_blocked: bool,
    ) -> Vec<Problem> {
        let has_status = self.definition.has_status_subresource();
        let old = live.map(|live| prepare(live, self.definition, schema, Status::Kept, Nulls::Dropped).tree);
        let status = match old.as_ref().map(crate::yaml::Tree::root) {
            _ if !has_status => Status::Kept,
            None => Status::Live(None),
            Some(old) => Status::Live(old.entry("status").map(|entry| entry.value)),
        };
        let nulls = if self.applied_in.is_some() { Nulls::Kept } else { Nulls::Dropped };
        let Prepared { tree, .. } = prepare(root, self.definition, schema, status, nulls);
        let old = old.as_ref().map(crate::yaml::Tree::root);
        let validator = Validator { definition: self.definition.tree(), minor: self.minor };
        // What has changed nowhere has not been sent: the object as a whole is never the same.
        let mut problems = validator.against(schema, tree.root(), Correlation(old), &Path::ROOT).problems;
        scale::check(self.definition, tree.root(), &mut problems);
        embedded::check(schema, tree.root(), &Path::ROOT, &mut problems);
        let lists = |root: NodeRef<'_>| {
            let mut found = Vec::new();
            list_type::check(schema, root, &Path::ROOT, &mut found);
            found
        };
        if old.is_none_or(|old| lists(old).is_empty()) {
            problems.extend(lists(tree.root()));
        }
        if schema.has_validations && (is_blocked || problems.iter().any(|problem| blocks_rules(problem.reason))) {
            problems
                .push(Problem { text: UNCHECKED_RULES.to_owned(), ..Problem::nowhere(&Path::ROOT.field("kind"), "") });
        } else if schema.has_validations {
            problems.extend(validation_rules::check(self.definition.rules(), schema, tree.root(), old));
        }
        problems
    }

    fn finding(&self, problem: Problem) -> Finding {
        let message = format!("{}: {}", problem.field, problem.text);
        let mend = problem.meant.and_then(|meant| Mend::of(self.object, &problem.place, &meant));
        let finding = Finding::in_object(&CUSTOM_RESOURCE, message, self.object, problem.place).with_mend(mend);
        let finding = Finding { reason: Some(problem.reason), field: problem.field, ..finding };
        match problem.defined {
            Some((schema, keyword)) => finding.with_label(self.definition.span(schema, keyword), "defined here"),
            None => finding,
        }
    }
}

/// Whether an error of this kind keeps the server from asking rules in CEL (`hasBlockingErr`).
const fn blocks_rules(reason: Reason) -> bool {
    use Reason::{NotSupported, Required, TooLong, TooMany, TypeInvalid};
    matches!(reason, NotSupported | Required | TooLong | TooMany | TypeInvalid)
}

/// What the server says instead of checking rules.
const UNCHECKED_RULES: &str = "Invalid value: null: some validation rules were not checked because the object was \
                               invalid; correct the existing errors to complete validation";

#[cfg(test)]
mod tests {
    use super::super::testing::definition_with;
    use super::*;
    use crate::server_rules::testing::object;
    use serde_json::json;

    fn ships() -> Definition {
        definition_with(&json!({"name": "v1", "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
            "type": "object", "required": ["spec"], "properties": {
                "spec": {"type": "object", "required": ["keel"], "properties": {
                    "keel": {"type": "string"}, "mast": {"type": "integer", "maximum": 3, "default": 1},
                    "flags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}},
                    "x-kubernetes-validations": [{"rule": "self.mast > 0"}]},
                "status": {"type": "object", "properties": {"afloat": {"type": "boolean"}}}}}}}))
    }

    fn ship(spec: &serde_json::Value, status: &serde_json::Value) -> Object {
        let metadata = json!({"name": "ada"});
        object(
            &json!({"apiVersion": "dock.example/v1", "kind": "Ship", "metadata": metadata, "spec": spec, "status": status}),
        )
    }

    fn request<'r>(object: &'r Object, definition: &'r Definition) -> Request<'r> {
        let validation = FieldValidation::Strict;
        Request { object, definition, minor: Minor(36), validation, applied_in: None, last_applied: None }
    }

    fn messages(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn unknown_fields_are_one_answer() {
        let ship = ship(&json!({"keel": "oak", "Mast": 2, "rum": 1}), &json!({"afloat": true, "leaks": 1}));
        let definition = ships();
        let decoded = request(&ship, &definition).decode();
        assert_eq!(
            decoded.server_message.as_deref(),
            Some(
                "Ship in version \"v1\" cannot be handled as a Ship: strict decoding error: unknown field \"spec.Mast\", \
                 unknown field \"spec.rum\", unknown field \"status.leaks\""
            )
        );
        let first = &decoded.findings[0];
        assert_eq!(first.help.as_deref(), Some("did you mean `mast`? Field names are case-sensitive"));
        assert_eq!(first.labels.last().map(|label| &*label.text), Some("defined here"));
        let applied = Request { applied_in: Some("quay"), ..request(&ship, &definition) }.decode().server_message;
        assert!(applied.is_some_and(|message| message.starts_with(
            "failed to create typed patch object (quay/ada; dock.example/v1, Kind=Ship): errors:\n  .spec.Mast: field not"
        )));
        let warned = Request { validation: FieldValidation::Warn, ..request(&ship, &definition) }.decode();
        assert_eq!((warned.findings.len(), warned.server_message), (3, None));
    }

    #[test]
    fn the_status_is_not_set_on_creation() {
        let definition = ships();
        let ship = ship(&json!({"keel": "oak"}), &json!({"afloat": "yes"}));
        assert_eq!(messages(request(&ship, &definition).validate_created()), [""; 0]);
    }

    #[test]
    fn a_null_that_may_not_be_is_refused_where_the_server_merges() {
        let definition = ships();
        let ship = ship(&json!({"keel": "oak", "flags": null, "mast": null}), &json!(null));
        assert_eq!(messages(request(&ship, &definition).validate_created()), [""; 0]);
        let applied = Request { applied_in: Some("quay"), ..request(&ship, &definition) };
        assert_eq!(
            messages(applied.validate_created())[0],
            "spec.flags: Invalid value: \"null\": spec.flags in body must be of type array: \"null\""
        );
    }

    #[test]
    fn rules_wait_until_the_object_has_its_form() {
        let definition = ships();
        let ship = ship(&json!({"mast": 4, "flags": ["a", "a"]}), &json!(null));
        assert_eq!(
            messages(request(&ship, &definition).validate_created()),
            [
                "spec.mast: Invalid value: 4: spec.mast in body should be less than or equal to 3",
                "spec.keel: Required value",
                "spec.flags[1]: Duplicate value: \"a\"",
                "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; \
                 correct the existing errors to complete validation",
            ]
        );
    }

    #[test]
    fn an_update_is_not_blamed_for_what_was_there() {
        let definition = ships();
        let live = ship(&json!({"keel": "oak", "mast": 9, "flags": ["a", "a"]}), &json!(null));
        let new = ship(&json!({"keel": "teak", "mast": 9, "flags": ["b", "b"]}), &json!({"afloat": 1}));
        assert_eq!(messages(request(&new, &definition).validate_updated(&new, &live)), [""; 0]);
        let worse = ship(&json!({"keel": "teak", "mast": 10}), &json!(null));
        assert_eq!(messages(request(&worse, &definition).validate_updated(&worse, &live)).len(), 1);
    }

    #[test]
    fn a_kind_in_another_case_is_all_that_is_told() {
        let definition = ships();
        let mut ship = ship(&json!({"rum": 1}), &json!(null));
        ship.gvk.kind = "ship".to_owned();
        assert_eq!(request(&ship, &definition).decode().server_message, None);
        assert_eq!(
            messages(request(&ship, &definition).validate_created()),
            ["kind: Invalid value: \"ship\": must be Ship"]
        );
    }
}
