//! Asking one policy about one request.
//!
//! Apart because here are the server's decisions and its words: conditions, validations, messages, annotations, what
//! an error counts for, and what all of it may cost. Sources: `Validate` of apiserver
//! `pkg/admission/plugin/policy/validating/validator.go`, `Match` of
//! `pkg/admission/plugin/webhook/matchconditions/matcher.go`, `Evaluate` of `pkg/admission/plugin/cel/activation.go`,
//! `Callback` of `composition.go` (1.37).

use super::policy::{Expression, Policy, Program, names};
use crate::cel::cost_tracking::{Budget, PER_CALL, PER_OBJECT};
use crate::cel::error::EvaluationError;
use crate::cel::interpreter::{Activation, evaluate};
use crate::cel::stack;
use crate::cel::value::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What all match conditions of a policy may cost together (`RuntimeCELCostBudgetMatchConditions`).
const CONDITIONS: u64 = PER_OBJECT / 4;

/// The longest text that `messageExpression` may give, in bytes.
const LONGEST_MESSAGE: usize = 5 * 1024;

const SPENT: &str = "validation failed due to running out of cost budget, no further validation rules will be run";

/// What expressions may name, but for variables.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub object: Value,
    pub old_object: Value,
    pub request: Value,
    pub namespace: Value,
    pub params: Value,
}

/// A decision against the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    pub message: String,
    /// The reason of the status.
    pub reason: Box<str>,
    /// The validation, by its place in `spec.validations`; none where something else was wrong.
    pub validation: Option<usize>,
    /// What is said instead where the words may hold a value of a Secret: they were made of values.
    pub plain: Option<String>,
    /// Whether it refuses the request whatever the binding says is to be done.
    pub whatever_is_bound: bool,
}

/// What one policy has to say of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub denials: Vec<Denial>,
    /// Why something could not be decided.
    pub undecided: Option<String>,
}

/// The names of one run of expressions; variables are evaluated when they are first named.
pub(super) struct Scope<'s> {
    program: &'s Program,
    names: &'s Names,
    /// Whether there is a `namespaceObject`.
    has_namespace: bool,
    variables: Vec<OnceLock<Result<Value, EvaluationError>>>,
    /// Those that are being evaluated: one that names itself has no value.
    running: Vec<AtomicBool>,
    cost: AtomicU64,
}

impl<'s> Scope<'s> {
    pub(super) fn new(program: &'s Program, names: &'s Names, has_namespace: bool) -> Self {
        let variables = program.variables.iter().map(|_| OnceLock::new()).collect();
        let running = program.variables.iter().map(|_| AtomicBool::new(false)).collect();
        Self { program, names, has_namespace, variables, running, cost: AtomicU64::new(0) }
    }

    fn composed(&self, name: &str) -> Option<Result<Value, EvaluationError>> {
        // The last of several of one name counts.
        let at = self.program.variables.iter().rposition(|(known, _)| **known == *name)?;
        if self.variables[at].get().is_none() && self.running[at].swap(true, Ordering::Relaxed) {
            return Some(Err(EvaluationError::Undecided));
        }
        let value = self.variables[at].get_or_init(|| {
            let (result, cost) = run(&self.program.variables[at].1, self);
            self.cost.fetch_add(cost, Ordering::Relaxed);
            result.map_err(|error| match error {
                EvaluationError::Undecided => EvaluationError::Undecided,
                error => EvaluationError::failed(format!(
                    "composited variable \"{name}\" fails to evaluate: {}",
                    error.words()
                )),
            })
        });
        Some(value.clone())
    }
}

impl Activation for Scope<'_> {
    fn has_dotted(&self, name: &str) -> bool {
        matches!(name, "variables" | "authorizer")
    }

    fn variable(&self, name: &str) -> Option<Result<Value, EvaluationError>> {
        Some(match name {
            "object" => Ok(self.names.object.clone()),
            "oldObject" => Ok(self.names.old_object.clone()),
            "request" => Ok(self.names.request.clone()),
            "namespaceObject" if self.has_namespace => Ok(self.names.namespace.clone()),
            "namespaceObject" => Ok(Value::Null),
            "params" => Ok(self.names.params.clone()),
            // Who may do what only the server's authorizer knows; variables are found by their whole name.
            "authorizer" | "variables" => Err(EvaluationError::Undecided),
            _ => return self.composed(name.strip_prefix("variables.")?),
        })
    }
}

/// Evaluates an expression; what it cost besides.
pub(super) fn run(expression: &Expression, scope: &dyn Activation) -> (Result<Value, EvaluationError>, u64) {
    let mut budget = Budget::new(PER_CALL);
    let result = stack::with_room(&expression.text, || evaluate(&expression.tree, scope, &mut budget));
    (result.unwrap_or(Err(EvaluationError::Undecided)), budget.spent())
}

/// One expression after the other, as long as the budget lasts.
struct Meter {
    remaining: u64,
}

impl Meter {
    /// The value; the words of what failed, or none where the budget is spent.
    fn run(&mut self, expression: &Expression, scope: &Scope<'_>) -> Option<Result<Value, Option<String>>> {
        let (result, cost) = run(expression, scope);
        let cost = cost.saturating_add(scope.cost.swap(0, Ordering::Relaxed));
        if matches!(result, Err(EvaluationError::Undecided)) {
            return Some(Err(None));
        }
        self.remaining = self.remaining.checked_sub(cost)?;
        Some(
            result.map_err(|error| {
                Some(format!("expression '{}' resulted in error: {}", expression.text, error.words()))
            }),
        )
    }
}

/// Asks a policy.
pub(super) fn ask(policy: &Policy, program: &Program, names: &Names) -> Answer {
    match conditions(program, names) {
        Conditions::Hold => validations(policy, program, names),
        Conditions::Fail => Answer::default(),
        Conditions::Undecided(why) => Answer { denials: Vec::new(), undecided: Some(why) },
        Conditions::Error(message) => {
            Answer { denials: error(policy, message, None).into_iter().collect(), undecided: None }
        }
    }
}

/// The decision that an error is.
fn error(policy: &Policy, message: String, validation: Option<usize>) -> Option<Denial> {
    let plain = Some("an expression resulted in an error".to_owned());
    policy.fails.then(|| Denial { message, reason: "Invalid".into(), validation, plain, whatever_is_bound: false })
}

enum Conditions {
    Hold,
    Fail,
    Error(String),
    Undecided(String),
}

fn conditions(program: &Program, names: &Names) -> Conditions {
    let scope = Scope::new(program, names, false);
    let mut meter = Meter { remaining: CONDITIONS };
    let mut errors = Vec::new();
    let mut undecided = None;
    for condition in &program.conditions {
        match meter.run(condition, &scope) {
            None => return Conditions::Error(SPENT.to_owned()),
            Some(Ok(Value::Bool(false))) => return Conditions::Fail,
            Some(Ok(_)) => {}
            Some(Err(Some(words))) => errors.push(words),
            Some(Err(None)) => {
                undecided.get_or_insert_with(|| unknown_of(condition, program));
            }
        }
    }
    match (undecided, errors.as_slice()) {
        (Some(why), _) => Conditions::Undecided(why),
        (None, []) => Conditions::Hold,
        (None, [one]) => Conditions::Error(one.clone()),
        (None, many) => Conditions::Error(format!("[{}]", many.join(", "))),
    }
}

fn validations(policy: &Policy, program: &Program, names: &Names) -> Answer {
    let mut answer = Answer::default();
    let scope = Scope::new(program, names, true);
    let mut meter = Meter { remaining: PER_OBJECT };
    let mut broken = Vec::new();
    for (index, validation) in program.validations.iter().enumerate() {
        match meter.run(&validation.expression, &scope) {
            None => {
                let denials = error(policy, SPENT.to_owned(), None).into_iter().collect();
                return Answer { denials, undecided: None };
            }
            Some(Ok(Value::Bool(true))) => {}
            Some(Ok(_)) => broken.push((index, None)),
            Some(Err(Some(words))) => broken.push((index, Some(words))),
            Some(Err(None)) => {
                answer.undecided.get_or_insert_with(|| unknown_of(&validation.expression, program));
            }
        }
    }
    for (index, words) in broken {
        let denial = match words {
            Some(words) => error(policy, words, Some(index)),
            None => match message(&mut meter, program, index, &scope) {
                Ok(message) => {
                    let reason = program.validations[index].reason.clone();
                    let written = written(program, index);
                    let plain = Some(written).filter(|written| *written != message);
                    Some(Denial { message, reason, validation: Some(index), plain, whatever_is_bound: false })
                }
                Err(words) => error(policy, words, Some(index)),
            },
        };
        answer.denials.extend(denial);
    }
    let scope = Scope::new(program, names, true);
    let mut meter = Meter { remaining: PER_OBJECT };
    for annotation in &program.annotations {
        match meter.run(annotation, &scope) {
            None => {
                let denials = error(policy, SPENT.to_owned(), None).into_iter().collect();
                return Answer { denials, undecided: None };
            }
            Some(Err(Some(words))) => {
                answer
                    .denials
                    .extend(error(policy, words, None).map(|denial| Denial { whatever_is_bound: true, ..denial }));
            }
            // What goes into the audit log refuses nothing.
            Some(_) => {}
        }
    }
    answer
}

/// What is said where a validation does not hold.
fn message(meter: &mut Meter, program: &Program, index: usize, scope: &Scope<'_>) -> Result<String, String> {
    let validation = &program.validations[index];
    let given = match &validation.message_expression {
        None => None,
        Some(expression) => match meter.run(expression, scope) {
            None => return Err(format!("failed messageExpression: {SPENT}")),
            Some(Ok(Value::String(text))) => {
                let text = text.trim();
                Some(text.to_owned()).filter(|text| text.len() <= LONGEST_MESSAGE && !text.contains('\n'))
            }
            Some(Err(None)) => Some(format!("(what `{}` comes to is not known here)", expression.text.trim())),
            Some(_) => None,
        },
    };
    Ok(given.filter(|text| !text.is_empty()).unwrap_or_else(|| written(program, index)))
}

/// What is said where nothing is evaluated for it.
fn written(program: &Program, index: usize) -> String {
    let validation = &program.validations[index];
    if validation.message.is_empty() {
        return format!("failed expression: {}", validation.expression.text.trim());
    }
    validation.message.to_string()
}

/// What an expression asks that is not known here.
fn unknown_of(expression: &Expression, program: &Program) -> String {
    let mut texts = vec![expression];
    texts.extend(program.variables.iter().map(|(_, expression)| expression));
    if texts.iter().any(|expression| names(expression, "authorizer")) {
        return "it asks `authorizer` who may do what".to_owned();
    }
    if texts.iter().any(|expression| expression.text.contains("request.userInfo")) {
        return "it asks who sends the request".to_owned();
    }
    if names(expression, "namespaceObject") {
        return "it asks for more of the namespace than is known".to_owned();
    }
    "it asks for what only the server fills in or converts".to_owned()
}
