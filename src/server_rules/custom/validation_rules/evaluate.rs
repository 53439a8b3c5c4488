//! Evaluating the rules of one value, and what the server says where one does not hold.
//!
//! Apart because it is all words: the walk decides whom to ask, this what to answer. Source: `validateExpressions` of
//! apiextensions `pkg/apiserver/schema/cel/validation.go` (1.36).

use super::super::outcome::Problem;
use super::convert;
use super::rule::Rule;
use super::{Place, Walk};
use crate::cel::ast::Tree;
use crate::cel::cost_tracking::{Budget, PER_CALL};
use crate::cel::error::EvaluationError;
use crate::cel::interpreter::{Activation, evaluate};
use crate::cel::library::conversions::double_text;
use crate::cel::stack;
use crate::cel::value::Value;
use crate::finding::Reason;
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::yaml::Value as Yaml;

/// The longest text that `messageExpression` may give, in bytes.
const LONGEST_MESSAGE: usize = 5 * 1024;

const SPENT: &str = "validation failed due to running out of cost budget, no further validation rules will be run";

/// `self` and `oldSelf`.
struct Variables<'v> {
    value: &'v Value,
    old: Option<&'v Value>,
}

impl Activation for Variables<'_> {
    fn has_dotted(&self, _: &str) -> bool {
        false
    }

    fn variable(&self, name: &str) -> Option<Result<Value, EvaluationError>> {
        match name {
            "self" => Some(self.value.checked()),
            "oldSelf" => self.old.map(Value::checked),
            _ => None,
        }
    }
}

/// What a message comes to.
enum Message {
    Text(String),
    /// There is none, and the rule's own text stands for it.
    None,
    /// It cost too much: nothing else is evaluated.
    TooCostly(String),
}

/// Asks all rules of a value.
pub(super) fn rules(walk: &mut Walk<'_>, rules: &[Rule], place: &Place<'_>, value: &Value, path: &Path<'_>) {
    let kind = match place.root {
        convert::Root::Resource => "object",
        _ => place.schema.kind.map_or("", super::super::schema::SchemaType::word),
    };
    let shown = go_quote(kind);
    let asks = rules.iter().any(|rule| rule.uses_old_self);
    let old = place.old.filter(|_| asks).map(|old| convert::value(old, place.schema, place.root));
    let optional = old.as_ref().map_or(Value::Optional(None), |old| Value::some(old.clone()));
    let invalid = |detail: &str| Problem::invalid(path, &shown, detail).by(place.rules, "x-kubernetes-validations");
    for rule in rules {
        let Some(remaining) = walk.budget else { return };
        if remaining == 0 {
            walk.problems.push(invalid(SPENT));
            walk.budget = None;
            return;
        }
        if let Some(fault) = &rule.fault {
            walk.problems.push(invalid(&format!("rule compile error: {fault}")));
            continue;
        }
        if rule.uses_old_self && old.is_none() && !rule.optional_old_self {
            continue;
        }
        let plain = Variables { value, old: old.as_ref() };
        let variables = if rule.optional_old_self { Variables { value, old: Some(&optional) } } else { plain };
        let (result, cost) = run(&rule.text, &rule.expression, &variables);
        if cost > remaining {
            walk.problems.push(invalid(SPENT));
            walk.budget = None;
            return;
        }
        walk.budget = Some(remaining - cost);
        match result {
            Ok(Value::Bool(true)) | Err(EvaluationError::Undecided) => {}
            Err(EvaluationError::CostLimit) => {
                let error = EvaluationError::CostLimit;
                walk.problems.push(invalid(&format!(
                    "'{}': no further validation rules will be run due to call cost exceeds limit for rule: {}",
                    error.words(),
                    rule.shown()
                )));
                walk.budget = None;
                return;
            }
            Err(EvaluationError::Failed(words)) if words.starts_with("no such overload") => {
                walk.problems.push(invalid(&format!(
                    "'{words}': call arguments did not match a supported operator, function or macro signature for rule: {}",
                    rule.shown()
                )));
            }
            Err(EvaluationError::Failed(words)) => {
                walk.problems.push(invalid(&format!("{words} evaluating rule: {}", rule.shown())));
            }
            Ok(_) => broken(walk, rule, place, &Variables { value, old: old.as_ref() }, path, &shown),
        }
    }
}

/// A rule that does not hold.
fn broken(
    walk: &mut Walk<'_>,
    rule: &Rule,
    place: &Place<'_>,
    variables: &Variables<'_>,
    path: &Path<'_>,
    shown: &str,
) {
    let lets_pass = !rule.uses_old_self && place.correlation.lets_pass(place.node);
    let tell = |walk: &mut Walk<'_>, problem: Problem| {
        let mut problem = problem.by(place.rules, "x-kubernetes-validations");
        if let Some(below) = &rule.field_path {
            problem.field.0.extend(below.0.iter().cloned());
            problem.place = problem.field.clone();
        }
        if !lets_pass {
            walk.problems.push(problem);
        }
    };
    let detail = match message(walk, rule, variables) {
        Message::Text(text) => text,
        Message::None if rule.message.is_empty() => format!("failed rule: {}", rule.text),
        Message::None => rule.message.to_string(),
        Message::TooCostly(words) => {
            tell(walk, Problem::invalid(path, shown, &words));
            walk.budget = None;
            return;
        }
    };
    // Objects and lists are not repeated.
    let repeated = match place.node.value() {
        Yaml::Mapping | Yaml::Sequence | Yaml::Null => None,
        Yaml::Bool(value) => Some(value.to_string()),
        Yaml::Int(value) => Some(value.to_string()),
        Yaml::Float(value) => Some(double_text(value)),
        Yaml::String(text) => Some(go_quote(text)),
    };
    let after = |word: &str, text: Option<&str>| text.map_or_else(|| word.to_owned(), |text| format!("{word}: {text}"));
    let text = match rule.reason {
        Reason::Forbidden => after("Forbidden", Some(&detail)),
        Reason::Required => after("Required value", Some(&detail)),
        Reason::Duplicate => after("Duplicate value", repeated.as_deref()),
        _ => format!("{}: {detail}", after("Invalid value", repeated.as_deref())),
    };
    tell(walk, Problem::of(rule.reason, path, text));
}

/// Evaluates an expression; what it cost besides.
fn run(text: &str, expression: &Tree, variables: &Variables<'_>) -> (Result<Value, EvaluationError>, u64) {
    let mut budget = Budget::new(PER_CALL);
    let result = stack::with_room(text, || evaluate(expression, variables, &mut budget));
    (result.unwrap_or(Err(EvaluationError::Undecided)), budget.spent())
}

/// What `messageExpression` says.
fn message(walk: &mut Walk<'_>, rule: &Rule, variables: &Variables<'_>) -> Message {
    let (Some(expression), Some(remaining)) = (&rule.message_expression, walk.budget) else { return Message::None };
    let (result, cost) = run(&rule.message_text, expression, variables);
    if cost > remaining {
        let words = "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run";
        return Message::TooCostly(words.to_owned());
    }
    let text = match result {
        Ok(Value::String(text)) => text,
        Err(EvaluationError::CostLimit) => {
            return Message::TooCostly(format!(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: {}",
                go_quote(&rule.message_text)
            ));
        }
        _ => {
            walk.budget = Some(remaining - cost);
            return Message::None;
        }
    };
    walk.budget = Some(remaining - cost);
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_MESSAGE || text.contains('\n') {
        return Message::None;
    }
    Message::Text(text.to_owned())
}
