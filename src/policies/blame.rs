//! Which field of an object a validation is about.
//!
//! Apart because the server does not say: it is found from what the expression names, the part that does not hold first.

use super::evaluate::{Scope, run};
use super::policy::{Expression, Program, parts};
use crate::cel::ast::{Comprehension, Expression as Node, ExpressionKind, Literal, Tree};
use crate::cel::error::EvaluationError;
use crate::cel::interpreter::Activation;
use crate::cel::value::Value;
use crate::object::{FieldPath, Object};
use std::sync::Arc;

/// The field that a validation which does not hold is about; empty where nothing tells.
pub(super) fn field(validation: &Expression, program: &Program, scope: &Scope<'_>, object: &Object) -> FieldPath {
    let bound = Bound { scope, names: Vec::new(), before: program.variables.len() };
    let mut search = Search { program, text: &validation.text, paths: Vec::new() };
    search.failing(&validation.tree.root, &bound, 0);
    let exists = |path: &&FieldPath| path.find(object.root()).is_some();
    let found = search.paths.iter().find(exists).or(search.paths.first());
    found.cloned().unwrap_or_default()
}

/// Names that stand for an element of the object, each with where it is.
struct Bound<'s> {
    scope: &'s dyn Activation,
    names: Vec<(Arc<str>, Value, Option<FieldPath>)>,
    /// How many of the policy's variables may be named.
    before: usize,
}

impl Activation for Bound<'_> {
    fn variable(&self, name: &str) -> Option<Result<Value, EvaluationError>> {
        let known = self.names.iter().rev().find(|(known, ..)| **known == *name);
        known.map(|(_, value, _)| Ok(value.clone())).or_else(|| self.scope.variable(name))
    }
}

const DEEPEST: usize = 20;

struct Search<'s> {
    program: &'s Program,
    /// The text of the validation.
    text: &'s str,
    paths: Vec<FieldPath>,
}

impl<'s> Search<'s> {
    /// Goes to the term of an `&&`, or the element of an `all`, that does not hold.
    fn failing(&mut self, node: &Node, bound: &Bound<'_>, depth: usize) {
        if depth == DEEPEST {
            return;
        }
        match &node.kind {
            ExpressionKind::Call { function, arguments, .. } if &**function == "_&&_" => {
                let holds = |term: &&Node| matches!(self.evaluated(term, bound), Ok(Value::Bool(true)));
                match arguments.iter().find(|term| !holds(term)) {
                    Some(broken) => self.failing(broken, bound, depth + 1),
                    None => self.gather(node, bound, depth),
                }
            }
            ExpressionKind::Comprehension(fold) => {
                if !self.element(fold, bound, depth) {
                    self.gather(node, bound, depth);
                }
            }
            _ => self.gather(node, bound, depth),
        }
    }

    /// The first element for which an `all` does not hold.
    fn element(&mut self, fold: &Comprehension, bound: &Bound<'_>, depth: usize) -> bool {
        let ExpressionKind::Literal(Literal::Bool(true)) = fold.start.kind else { return false };
        let ExpressionKind::Call { arguments, .. } = &fold.step.kind else { return false };
        let ([_, predicate], None) = (arguments.as_slice(), &fold.second_variable) else { return false };
        let (Some(path), Ok(Value::List(list))) = (self.path(&fold.range, bound), self.evaluated(&fold.range, bound))
        else {
            return false;
        };
        for (index, element) in list.elements.iter().enumerate() {
            let at = path.clone().index(index);
            let mut names = bound.names.clone();
            names.push((Arc::clone(&fold.variable), element.clone(), Some(at.clone())));
            let inner = Bound { names, ..*bound };
            if !matches!(self.evaluated(predicate, &inner), Ok(Value::Bool(true))) {
                self.failing(predicate, &inner, depth + 1);
                self.paths.push(at);
                return true;
            }
        }
        false
    }

    /// Every field that an expression names, the longest path of each.
    fn gather(&mut self, node: &Node, bound: &Bound<'_>, depth: usize) {
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            if let Some(path) = self.path(node, bound) {
                if !path.0.is_empty() {
                    self.paths.push(path);
                }
                continue;
            }
            if let (ExpressionKind::Select { operand, field, .. }, true) = (&node.kind, depth < DEEPEST)
                && matches!(&operand.kind, ExpressionKind::Identifier(name) if &**name == "variables")
            {
                if let Some((expression, inner)) = self.variable(field, bound) {
                    self.gather(&expression.tree.root, &inner, depth + 1);
                }
                continue;
            }
            waiting.extend(parts(node).into_iter().rev());
        }
    }

    /// The path of what an expression selects from the object.
    fn path(&self, node: &Node, bound: &Bound<'_>) -> Option<FieldPath> {
        match &node.kind {
            ExpressionKind::Identifier(name) => match bound.names.iter().rev().find(|(known, ..)| known == name) {
                Some((.., at)) => at.clone(),
                None => (&**name == "object").then(FieldPath::default),
            },
            ExpressionKind::Select { operand, field, .. } => {
                let is_variable = matches!(&operand.kind, ExpressionKind::Identifier(name) if &**name == "variables");
                if let Some((expression, inner)) = is_variable.then(|| self.variable(field, bound)).flatten() {
                    return self.path(&expression.tree.root, &inner);
                }
                Some(self.path(operand, bound)?.field(field))
            }
            ExpressionKind::Call { function, arguments, .. } if matches!(&**function, "_[_]" | "_[?_]" | "_?._") => {
                let [operand, index] = arguments.as_slice() else { return None };
                let path = self.path(operand, bound)?;
                match &index.kind {
                    ExpressionKind::Literal(Literal::String(key)) if &**function == "_?._" => Some(path.field(key)),
                    ExpressionKind::Literal(Literal::String(key)) => Some(path.key(key)),
                    ExpressionKind::Literal(Literal::Int(at)) => Some(path.index(usize::try_from(*at).ok()?)),
                    _ => Some(path),
                }
            }
            ExpressionKind::Call { target: Some(target), function, .. } if &**function == "orValue" => {
                self.path(target, bound)
            }
            _ => None,
        }
    }

    /// The expression of a variable, and what it may name itself.
    fn variable<'b>(&self, name: &str, bound: &Bound<'b>) -> Option<(&'s Expression, Bound<'b>)> {
        let program: &'s Program = self.program;
        let known = &program.variables[..bound.before];
        let at = known.iter().rposition(|(known, _)| **known == *name)?;
        Some((&known[at].1, Bound { scope: bound.scope, names: Vec::new(), before: at }))
    }

    fn evaluated(&self, node: &Node, bound: &Bound<'_>) -> Result<Value, EvaluationError> {
        let tree = Tree { root: node.clone(), count: node.id + 1 };
        run(&Expression { text: self.text.into(), tree }, bound).0
    }
}
