//! The rules of a definition, read once.
//!
//! Apart because a definition is asked for every object of its kind. A rule that cannot be read is left out: what is
//! wrong with it is the definition's matter, which the server would not have taken.
//! Source: apiextensions `pkg/apiserver/schema/cel/compilation.go`, `ValidationRule` of `pkg/apis/apiextensions`
//! (1.36).

use super::super::schema::JsonSchema;
use super::compile::Compiler;
use super::declared::Declared;
use super::escape::escape;
use super::field_path;
use crate::cel::ast::{Expression, ExpressionKind, Tree as Expressions};
use crate::cel::{Environment, parser, stack};
use crate::finding::Reason;
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::{NodeIndex, NodeRef, Tree};
use std::collections::HashMap;
use std::sync::Arc;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Where it stands in the tree of its definition.
    pub node: NodeIndex,
    /// As it is written.
    pub text: Box<str>,
    pub expression: Expressions,
    /// Why it does not compile, where that was asked.
    pub fault: Option<Box<str>>,
    /// Whether it asks what the value was.
    pub uses_old_self: bool,
    /// Whether it copes with there being no such value.
    pub optional_old_self: bool,
    pub message: Box<str>,
    pub message_text: Box<str>,
    pub message_expression: Option<Expressions>,
    pub reason: Reason,
    /// Which part of the value it is about.
    pub field_path: Option<FieldPath>,
}

/// The rules of one version of a definition, by the schemas they stand in.
#[derive(Debug, Default)]
pub struct Rules {
    by_schema: HashMap<NodeIndex, Vec<Rule>>,
}

impl Rules {
    /// Reads all rules of a schema, whose nodes are of `tree`.
    pub fn read(tree: &Tree, schema: &JsonSchema) -> Self {
        let mut rules = Self::default();
        rules.read_below(tree, schema, schema);
        rules
    }

    /// Gathers the rules of a schema and of its parts; whether there are any. `shape` says what the value is where
    /// `schema` is one of `allOf`.
    fn read_below(&mut self, tree: &Tree, schema: &JsonSchema, shape: &JsonSchema) -> bool {
        let environment = Environment::stored();
        let own = schema.validations.map(|list| tree.node(list).elements().collect::<Vec<_>>()).unwrap_or_default();
        let own: Vec<Rule> = own.into_iter().filter_map(|node| Rule::read(node, shape, &environment)).collect();
        let mut has_any = !own.is_empty();
        for (name, part) in &schema.properties {
            has_any |= self.read_below(tree, part, shape.property(name).unwrap_or(part));
        }
        if let Some(part) = schema.additional() {
            has_any |= self.read_below(tree, part, shape.additional().unwrap_or(part));
        }
        if let Some(part) = &schema.items {
            has_any |= self.read_below(tree, part, shape.items.as_ref().unwrap_or(part));
        }
        for alternative in &schema.all_of {
            has_any |= self.read_below(tree, alternative, shape);
        }
        if has_any {
            self.by_schema.insert(schema.node, own);
        }
        has_any
    }

    /// Compiles the rules of a schema that is judged itself, and remembers what is wrong with them
    /// (`cel.NewValidator`).
    pub fn compile(&mut self, tree: &Tree, schema: &JsonSchema, is_root: bool) {
        self.compile_below(tree, schema, schema, Declared::of(tree, schema, is_root).as_ref());
    }

    fn compile_below(
        &mut self,
        tree: &Tree,
        schema: &JsonSchema,
        shape: &JsonSchema,
        declared: Option<&Arc<Declared>>,
    ) {
        let Some(declared) = declared.filter(|_| self.has_any(schema)) else { return };
        let rules = self.by_schema.get_mut(&schema.node).map(Vec::as_mut_slice).unwrap_or_default();
        if !rules.is_empty() {
            let expressions = Compiler::new(declared, Environment::stored());
            for rule in rules {
                let compiled = expressions.compile(tree.node(rule.node), |_, _| true);
                rule.fault = compiled.error.map(Into::into);
            }
        }
        for (name, part) in &schema.properties {
            let Some(shape) = shape.property(name) else { continue };
            if escape(name).is_some() {
                self.compile_below(tree, part, shape, declared.field(name));
            } else {
                let declared = Declared::of(tree, shape, shape.embedded_resource);
                self.compile_below(tree, part, shape, declared.as_ref());
            }
        }
        for (part, shape) in
            [(schema.additional(), shape.additional()), (schema.items.as_deref(), shape.items.as_deref())]
        {
            if let Some((part, shape)) = part.zip(shape) {
                self.compile_below(tree, part, shape, declared.element());
            }
        }
        for alternative in &schema.all_of {
            self.compile_below(tree, alternative, shape, Some(declared));
        }
    }

    /// Whether a schema or a part of it has rules.
    pub fn has_any(&self, schema: &JsonSchema) -> bool {
        self.by_schema.contains_key(&schema.node)
    }

    /// The rules of a schema itself.
    pub fn of(&self, schema: &JsonSchema) -> &[Rule] {
        self.by_schema.get(&schema.node).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Rule {
    fn read(node: NodeRef<'_>, shape: &JsonSchema, environment: &Environment) -> Option<Self> {
        let parse = |text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            stack::with_room(text, || parser::parse(text, &environment.parser).ok()).flatten()
        };
        let text = node.text("rule");
        let expression = parse(text)?;
        Some(Self {
            node: node.index(),
            fault: None,
            text: text.trim().into(),
            uses_old_self: names_old_self(&expression.root),
            expression,
            optional_old_self: node.flag("optionalOldSelf"),
            message: node.text("message").trim().into(),
            message_text: node.text("messageExpression").into(),
            message_expression: parse(node.text("messageExpression")),
            reason: match node.text("reason") {
                "FieldValueForbidden" => Reason::Forbidden,
                "FieldValueRequired" => Reason::Required,
                "FieldValueDuplicate" => Reason::Duplicate,
                _ => Reason::Invalid,
            },
            field_path: Some(node.text("fieldPath"))
                .filter(|path| !path.is_empty())
                .and_then(|path| field_path::parse(path, shape)),
        })
    }

    /// What is said of a rule in errors (`ruleErrorString`).
    pub fn shown(&self) -> &str {
        if self.message.is_empty() { &self.text } else { &self.message }
    }
}

/// Whether an expression names `oldSelf`. Trees are as deep as the parser allows; what waits is kept in a list.
fn names_old_self(root: &Expression) -> bool {
    let mut waiting = vec![root];
    while let Some(expression) = waiting.pop() {
        match &expression.kind {
            ExpressionKind::Literal(_) => {}
            ExpressionKind::Identifier(name) => {
                if name.trim_start_matches('.') == "oldSelf" {
                    return true;
                }
            }
            ExpressionKind::Select { operand, .. } => waiting.push(operand),
            ExpressionKind::Call { target, arguments, .. } => {
                waiting.extend(target.as_deref());
                waiting.extend(arguments);
            }
            ExpressionKind::List { elements, .. } => waiting.extend(elements),
            ExpressionKind::Map(entries) => waiting.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
            ExpressionKind::Struct { fields, .. } => waiting.extend(fields.iter().map(|field| &field.value)),
            ExpressionKind::Comprehension(fold) => {
                waiting.extend([&fold.range, &fold.start, &fold.condition, &fold.step, &fold.result]);
            }
        }
    }
    false
}
