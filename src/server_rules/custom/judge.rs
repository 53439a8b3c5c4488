//! One custom resource, from what was sent to what the server says of it.
//!
//! Apart because it is the order in which the server asks everything else here: decoding, metadata, the schema, scale,
//! embedded resources, lists. Source: apiextensions `pkg/registry/customresource/strategy.go`, `validator.go` and
//! `pkg/apiserver/customresource_handler.go` (1.36).

use super::correlation::Correlation;
use super::definition::Definition;
use super::outcome::Problem;
use super::prepare::{Prepared, Status, prepare};
use super::schema::JsonSchema;
use super::unknown_fields::UnknownField;
use super::validate::Validator;
use super::{embedded, list_type, scale};
use crate::decode::{self, Decoded, FieldValidation};
use crate::finding::{Finding, Level, Reason, Rule};
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
    /// The length in bytes of the last-applied annotation's value, where client-side apply adds it.
    pub last_applied: Option<usize>,
}

impl Request<'_> {
    /// The server's answer to an object that it cannot decode, and everything that decoding finds.
    pub fn decode(&self) -> Decoded {
        let object = self.object;
        let types = Schema::of(self.minor);
        let path = FieldPath::of(&["metadata"]);
        let metadata = object.root().get("metadata");
        let mut decoded = metadata
            .map(|metadata| decode::decode_object_meta(object, metadata, &path, types, self.validation))
            .unwrap_or_default();
        if let Some(schema) = self.schema() {
            let unknown = prepare(object.root(), self.definition, schema, Status::Kept).unknown;
            decoded.unknown.extend(unknown.iter().map(UnknownField::message));
            decoded
                .findings
                .extend(unknown.into_iter().filter_map(|unknown| unknown.into_finding(object, self.validation)));
            let inside = embedded::decode(object, schema, types, self.validation);
            decoded.findings.extend(inside.findings);
            decoded.unknown.extend(inside.unknown);
            decoded.type_error = decoded.type_error.or(inside.type_error);
        }
        let inner = decoded.type_error.or_else(|| decode::custom_strict_message(&decoded.unknown, self.validation));
        Decoded { server_message: inner.map(|inner| decode::custom_answer(object, &inner)), findings: decoded.findings }
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
            return vec![self.finding(problem)];
        }
        let mut findings = metadata();
        let Some(schema) = self.schema() else { return findings };
        let mut problems = self.problems(schema, object.root(), live.map(Object::root));
        let blocks = |reason: Option<Reason>| {
            use Reason::{NotSupported, Required, TooLong, TooMany, TypeInvalid};
            matches!(reason, Some(NotSupported | Required | TooLong | TooMany | TypeInvalid))
        };
        let is_blocked = problems.iter().any(|problem| blocks(Some(problem.reason)))
            || findings.iter().any(|finding| blocks(finding.reason));
        if schema.has_validations && is_blocked {
            problems
                .push(Problem { text: UNCHECKED_RULES.to_owned(), ..Problem::nowhere(&Path::ROOT.field("kind"), "") });
        }
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert((problem.field.clone(), problem.text.clone())));
        findings.extend(problems.into_iter().map(|problem| self.finding(problem)));
        findings
    }

    /// What is wrong with an object, but for its metadata.
    fn problems(&self, schema: &JsonSchema, root: NodeRef<'_>, live: Option<NodeRef<'_>>) -> Vec<Problem> {
        let has_status = self.definition.has_status_subresource();
        let old = live.map(|live| prepare(live, self.definition, schema, Status::Kept).tree);
        let status = match old.as_ref().map(crate::yaml::Tree::root) {
            _ if !has_status => Status::Kept,
            None => Status::Live(None),
            Some(old) => Status::Live(old.entry("status").map(|entry| entry.value)),
        };
        let Prepared { tree, .. } = prepare(root, self.definition, schema, status);
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
        problems
    }

    fn finding(&self, problem: Problem) -> Finding {
        let message = format!("{}: {}", problem.field, problem.text);
        let finding = Finding::in_object(&CUSTOM_RESOURCE, message, self.object, problem.place);
        let finding = Finding { reason: Some(problem.reason), field: problem.field, ..finding };
        match problem.defined {
            Some((schema, keyword)) => finding.with_label(self.definition.span(schema, keyword), "defined here"),
            None => finding,
        }
    }
}

/// What the server says instead of checking rules.
const UNCHECKED_RULES: &str = "Invalid value: null: some validation rules were not checked because the object was \
                               invalid; correct the existing errors to complete validation";
