//! A policy and a binding, read once: expressions compiled, and what they match.
//!
//! Apart because a policy is asked for every object of a run. Sources: `compilePolicy` of apiserver
//! `pkg/admission/plugin/policy/validating/plugin.go`, `pkg/admission/plugin/cel/{compile,composition}.go` (1.37).

use crate::cel::ast::{Expression as Node, ExpressionKind, Tree};
use crate::cel::program::instantiate;
use crate::cel::{Environment, Type, compile};
use crate::object::view::View;
use crate::object::{GroupVersionKind, Object};
use crate::schema::Minor;
use crate::server_rules::admission_registration::expression::{declared, stored_environment};
use crate::yaml::NodeRef;
use std::sync::Arc;

/// The group of policies, bindings and webhooks.
pub const GROUP: &str = "admissionregistration.k8s.io";

/// An expression that compiles.
#[derive(Debug)]
pub(super) struct Expression {
    /// As it is written.
    pub text: Box<str>,
    pub tree: Tree,
}

/// What is asked of a request, and what is said if it does not hold.
#[derive(Debug)]
pub(super) struct Validation {
    pub expression: Expression,
    pub message: Box<str>,
    pub message_expression: Option<Expression>,
    /// The reason of the refusal (`Invalid` where none is written).
    pub reason: Box<str>,
}

/// The parts of a policy that are compiled.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// Variables, in the order in which they may use each other.
    pub variables: Vec<(Arc<str>, Expression)>,
    pub conditions: Vec<Expression>,
    pub validations: Vec<Validation>,
    pub annotations: Vec<Expression>,
}

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug)]
pub struct Policy {
    /// The object.
    pub object: Object,
    /// Whether an error of evaluation refuses the request (`failurePolicy: Fail`).
    pub(super) fails: bool,
    /// The kind of its parameters.
    pub(super) param_kind: Option<GroupVersionKind>,
    /// What is compiled, or why it cannot be.
    pub(super) program: Result<Program, String>,
}

/// A `ValidatingAdmissionPolicyBinding`.
#[derive(Debug)]
pub struct Binding {
    /// The object.
    pub object: Object,
    /// What is done where a validation does not hold: `Deny`, `Warn`, `Audit`.
    pub(super) actions: Vec<Box<str>>,
}

/// Whether an object is a policy (`ValidatingAdmissionPolicy`).
pub fn is_policy(object: &Object) -> bool {
    object.gvk.group == GROUP && object.gvk.kind == "ValidatingAdmissionPolicy"
}

/// Whether an object binds a policy (`ValidatingAdmissionPolicyBinding`).
pub fn is_binding(object: &Object) -> bool {
    object.gvk.group == GROUP && object.gvk.kind == "ValidatingAdmissionPolicyBinding"
}

/// Whether a server of a minor version has such policies: `v1` since 1.30, `v1beta1` where somebody switched it on.
pub(super) fn is_served(object: &Object, minor: Minor) -> bool {
    match object.gvk.version.as_str() {
        "v1" => minor >= Minor(30),
        "v1beta1" => (Minor(28)..=Minor(33)).contains(&minor),
        _ => false,
    }
}

impl Policy {
    /// Reads a policy and compiles its expressions.
    pub fn of(object: &Object) -> Self {
        let spec = object.root().get("spec");
        let param_kind = spec.and_then(|spec| spec.get("paramKind")).filter(|kind| !kind.is_null());
        Self {
            object: object.clone(),
            fails: spec.text_or("failurePolicy", "Fail") == "Fail",
            param_kind: param_kind.and_then(|kind| GroupVersionKind::parse(kind.text("apiVersion"), kind.text("kind"))),
            program: program(spec, param_kind.is_some()),
        }
    }

    /// What it is bound to beforehand, `spec.matchConstraints`.
    pub(super) fn constraints(&self) -> Option<NodeRef<'_>> {
        self.object.root().at(&["spec", "matchConstraints"])
    }
}

impl Binding {
    /// Reads a binding.
    pub fn of(object: &Object) -> Self {
        let actions = object.root().get("spec").list("validationActions");
        let actions = actions.into_iter().filter_map(NodeRef::as_str).map(Into::into).collect();
        Self { object: object.clone(), actions }
    }

    /// The name of the policy it binds.
    pub fn policy(&self) -> &str {
        self.object.root().get("spec").text("policyName")
    }

    /// `spec.matchResources`
    pub(super) fn resources(&self) -> Option<NodeRef<'_>> {
        self.object.root().at(&["spec", "matchResources"])
    }

    /// `spec.paramRef`
    pub(super) fn param_ref(&self) -> Option<NodeRef<'_>> {
        self.object.root().at(&["spec", "paramRef"]).filter(|reference| !reference.is_null())
    }
}

fn program(spec: Option<NodeRef<'_>>, has_parameters: bool) -> Result<Program, String> {
    let mut program = Program::default();
    let mut types: Vec<(Arc<str>, Type)> = Vec::new();
    for variable in spec.list("variables") {
        let environment = stored_environment(has_parameters, true, &types);
        let (expression, of) = compiled(&environment, variable.text("expression"))?;
        let name: Arc<str> = variable.text("name").into();
        types.push((Arc::clone(&name), declared(&of)));
        program.variables.push((name, expression));
    }
    let environment = stored_environment(has_parameters, true, &types);
    let of_messages = stored_environment(has_parameters, false, &types);
    let one = |environment: &Environment, text: &str| compiled(environment, text).map(|(expression, _)| expression);
    for condition in spec.list("matchConditions") {
        program.conditions.push(one(&environment, condition.text("expression").trim())?);
    }
    for validation in spec.list("validations") {
        let message = validation.text("messageExpression");
        program.validations.push(Validation {
            expression: one(&environment, validation.text("expression"))?,
            message: validation.text("message").trim().into(),
            message_expression: if message.is_empty() { None } else { Some(one(&of_messages, message)?) },
            reason: validation.text_or("reason", "Invalid").into(),
        });
    }
    for annotation in spec.list("auditAnnotations") {
        program.annotations.push(one(&environment, annotation.text("valueExpression").trim())?);
    }
    Ok(program)
}

fn compiled(environment: &Environment, text: &str) -> Result<(Expression, Type), String> {
    let checked = compile(environment, text)?;
    instantiate(&checked, text)?;
    let of = checked.result().clone();
    Ok((Expression { text: text.into(), tree: checked.tree }, of))
}

/// The parts of an expression.
pub(super) fn parts(node: &Node) -> Vec<&Node> {
    match &node.kind {
        ExpressionKind::Literal(_) | ExpressionKind::Identifier(_) => Vec::new(),
        ExpressionKind::Select { operand, .. } => vec![operand],
        ExpressionKind::Call { target, arguments, .. } => target.as_deref().into_iter().chain(arguments).collect(),
        ExpressionKind::List { elements, .. } => elements.iter().collect(),
        ExpressionKind::Map(entries) => entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect(),
        ExpressionKind::Struct { fields, .. } => fields.iter().map(|field| &field.value).collect(),
        ExpressionKind::Comprehension(fold) => {
            vec![&fold.range, &fold.start, &fold.condition, &fold.step, &fold.result]
        }
    }
}

/// Whether an expression names something.
pub(super) fn names(expression: &Expression, name: &str) -> bool {
    let mut waiting = vec![&expression.tree.root];
    while let Some(node) = waiting.pop() {
        if matches!(&node.kind, ExpressionKind::Identifier(found) if found.trim_start_matches('.') == name) {
            return true;
        }
        waiting.extend(parts(node));
    }
    false
}
