//! `allOf`, `anyOf`, `oneOf` and `not`.
//!
//! Apart because they hold a value against several schemas, and tell of the one that it fits best.
//! Source: `schemaPropsValidator` of kube-openapi `pkg/validation/validate/schema_props.go` (1.36).

use super::correlation::Correlation;
use super::outcome::{Outcome, Problem, dotted};
use super::schema::JsonSchema;
use super::validate::Validator;
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::yaml::NodeRef;

/// Holds a value against the schemas inside a schema.
pub(super) fn check(
    validator: Validator<'_>,
    schema: &JsonSchema,
    node: NodeRef<'_>,
    old: Correlation<'_>,
    path: &Path<'_>,
) -> Outcome {
    let mut outcome = Outcome { matches: 1, ..Outcome::default() };
    let say = |detail: &str, keyword| {
        Problem::nowhere(path, &format!("{} {detail}", go_quote(&dotted(path)))).by(schema, keyword)
    };
    let hold = |schema: &JsonSchema| validator.against(schema, node, old, path);
    if !schema.any_of.is_empty() {
        let mut tried = Tried::default();
        for one in &schema.any_of {
            tried.add(hold(one));
            if tried.valid > 0 {
                break;
            }
        }
        if tried.valid == 0 {
            outcome.problems.push(say("must validate at least one schema (anyOf)", "anyOf"));
        }
        outcome.merge(tried.told());
    }
    if !schema.one_of.is_empty() {
        let mut tried = Tried::default();
        schema.one_of.iter().for_each(|one| tried.add(hold(one)));
        match tried.valid {
            1 => outcome.merge(tried.told()),
            0 => {
                let detail = "must validate one and only one schema (oneOf). Found none valid";
                outcome.problems.push(say(detail, "oneOf"));
                outcome.merge(tried.told());
            }
            several => {
                let detail =
                    format!("must validate one and only one schema (oneOf). Found {several} valid alternatives");
                outcome.problems.push(say(&detail, "oneOf"));
            }
        }
    }
    if !schema.all_of.is_empty() {
        let mut valid = 0;
        for one in &schema.all_of {
            let result = hold(one);
            valid += usize::from(result.is_valid());
            outcome.merge(result);
        }
        if valid != schema.all_of.len() {
            let more = if valid == 0 { ". None validated" } else { "" };
            outcome.problems.push(say(&format!("must validate all the schemas (allOf){more}"), "allOf"));
        }
    }
    if schema.not.as_deref().is_some_and(|not| hold(not).is_valid()) {
        outcome.problems.push(say("must not validate the schema (not)", "not"));
    }
    outcome
}

/// Alternatives that were tried.
#[derive(Default)]
struct Tried {
    valid: usize,
    first_valid: Option<Outcome>,
    best_failure: Option<Outcome>,
}

impl Tried {
    fn add(&mut self, result: Outcome) {
        if result.is_valid() {
            self.valid += 1;
            self.best_failure = None;
            self.first_valid.get_or_insert(result);
        } else if self.valid == 0 && self.best_failure.as_ref().is_none_or(|best| result.matches > best.matches) {
            self.best_failure = Some(result);
        }
    }

    /// What of them is told: the first that holds, or the one that nearly does.
    fn told(self) -> Outcome {
        self.best_failure.or(self.first_valid).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::problems;
    use serde_json::json;

    #[test]
    fn one_of_any_is_enough() {
        let port = json!({"x-kubernetes-int-or-string": true, "anyOf": [{"maximum": 9}, {"pattern": "^a"}]});
        assert_eq!(problems(&port, &json!(7)), [""; 0]);
        let both = json!({"anyOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"c": {"enum": [1]}}}]});
        assert_eq!(
            problems(&both, &json!({"c": 1})),
            [
                "<nil>: Invalid value: \"\": \"spec\" must validate at least one schema (anyOf)",
                "spec.b: Required value"
            ]
        );
    }

    #[test]
    fn exactly_one_may_hold() {
        let either = json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
        assert_eq!(problems(&either, &json!({"a": 1})), [""; 0]);
        assert_eq!(
            problems(&either, &json!({})),
            [
                "<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). Found none valid",
                "spec.a: Required value",
            ]
        );
        assert_eq!(
            problems(&either, &json!({"a": 1, "b": 2})),
            ["<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). Found 2 valid \
              alternatives"]
        );
    }

    #[test]
    fn all_must_hold_and_none_that_is_not_meant() {
        let all = json!({"type": "string", "allOf": [{"minLength": 2}, {"pattern": "^k"}], "not": {"enum": ["kk"]}});
        assert_eq!(problems(&all, &json!("keel")), [""; 0]);
        assert_eq!(
            problems(&all, &json!("oak")),
            [
                "spec: Invalid value: \"oak\": spec in body should match '^k'",
                "<nil>: Invalid value: \"\": \"spec\" must validate all the schemas (allOf)",
            ]
        );
        assert_eq!(
            problems(&all, &json!("kk")),
            ["<nil>: Invalid value: \"\": \"spec\" must not validate the schema (not)"]
        );
        assert!(problems(&all, &json!("x"))[2].ends_with("(allOf). None validated"));
    }
}
