//! Compiling a rule: what is wrong with its expressions, and what they cost at most.
//!
//! Apart because it is done when a definition is written, not when objects are: what objects need of a rule is read
//! without types (`rule`). Source: `compileRule` of apiextensions `pkg/apiserver/schema/cel/compilation.go` (1.36).

use super::declared::Declared;
use crate::cel::checker::Reference;
use crate::cel::cost::estimate;
use crate::cel::program::instantiate;
use crate::cel::{Checked, Environment, Type, compile};
use crate::object::view::View;
use crate::yaml::NodeRef;

/// What compiling a rule comes to.
#[derive(Debug, Default)]
pub struct Compiled {
    /// What is wrong with the rule.
    pub error: Option<String>,
    /// Whether it asks what the value was.
    pub uses_old_self: bool,
    /// What it costs at most, asked once.
    pub cost: u64,
    /// What is wrong with its `messageExpression`, or what that costs at most; nothing where there is none, or where
    /// the rule is wrong itself.
    pub message: Option<Result<u64, String>>,
}

/// The compiler of the rules of one schema.
#[derive(Debug)]
pub struct Compiler<'d> {
    declared: &'d Declared,
    of: Type,
    /// Where expressions are new.
    new: Environment,
}

impl<'d> Compiler<'d> {
    /// A compiler for values of this form, and for expressions that may use what `new` has, but for those that were
    /// stored before.
    pub fn new(declared: &'d Declared, new: Environment) -> Self {
        // The server adds a number that nobody can rely on.
        Self { declared, of: declared.as_type("selfType"), new }
    }

    /// Compiles a rule; `is_stored` tells which expressions were there before.
    pub fn compile(&self, rule: NodeRef<'_>, is_stored: impl Fn(&'static str, &str) -> bool) -> Compiled {
        let mut compiled = Compiled::default();
        let text = rule.text("rule");
        if text.trim().is_empty() {
            return compiled;
        }
        let is_optional = rule.flag("optionalOldSelf");
        let environment = self.environment(is_stored("rule", text), is_optional);
        let checked = match Self::expression(&environment, text, &Type::Bool) {
            Ok(checked) => checked,
            Err(Wrong::Text(issues)) => {
                compiled.error = Some(format!("compilation failed: {issues}"));
                return compiled;
            }
            Err(Wrong::Type) => {
                compiled.error = Some("cel expression must evaluate to a bool".to_owned());
                return compiled;
            }
            Err(Wrong::Program(uses_old_self, text)) => {
                compiled.uses_old_self = uses_old_self;
                compiled.error = Some(format!("program instantiation failed: {text}"));
                return compiled;
            }
        };
        compiled.uses_old_self = names_old_self(&checked);
        compiled.cost = estimate(&checked, self.declared).max;
        let text = rule.text("messageExpression");
        if !text.is_empty() {
            let environment = self.environment(is_stored("messageExpression", text), is_optional);
            let message = Self::expression(&environment, text, &Type::String);
            compiled.message = Some(match message {
                Ok(checked) => Ok(estimate(&checked, self.declared).max),
                Err(Wrong::Text(issues)) => Err(format!("messageExpression compilation failed: {issues}")),
                Err(Wrong::Type) => Err("messageExpression must evaluate to a string".to_owned()),
                Err(Wrong::Program(_, text)) => Err(format!("messageExpression instantiation failed: {text}")),
            });
        }
        compiled
    }

    fn environment(&self, is_stored: bool, is_optional: bool) -> Environment {
        let of = if is_optional { Type::Optional(self.of.clone().into()) } else { self.of.clone() };
        let environment = if is_stored { Environment::stored() } else { self.new.clone() };
        environment.with_variable("self", self.of.clone()).with_variable("oldSelf", of)
    }

    fn expression(environment: &Environment, text: &str, wanted: &Type) -> Result<Checked, Wrong> {
        let checked = compile(environment, text).map_err(Wrong::Text)?;
        if checked.result() != wanted {
            return Err(Wrong::Type);
        }
        instantiate(&checked, text).map_err(|text| Wrong::Program(names_old_self(&checked), text))?;
        Ok(checked)
    }
}

/// Why an expression is not good.
enum Wrong {
    Text(String),
    Type,
    /// There can be no program; and whether the expression asks what the value was.
    Program(bool, String),
}

fn names_old_self(checked: &Checked) -> bool {
    checked.references.values().any(|of| matches!(of, Reference::Name(name) if &**name == "oldSelf"))
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::JsonSchema;
    use super::super::super::testing::tree;
    use super::*;
    use serde_json::{Value, json};

    fn compiled(rule: &Value) -> Compiled {
        let schema = tree(&json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 10},
            "masts": {"type": "integer"}}}));
        let declared = Declared::of(&schema, &JsonSchema::read(schema.root()), false).expect("an object");
        let rule = tree(rule);
        Compiler::new(&declared, Environment::of_server(36)).compile(rule.root(), |_, text| text.contains("stored"))
    }

    #[test]
    fn rules_give_truth_and_messages_text() {
        let error = |rule: &str| compiled(&json!({"rule": rule})).error.unwrap_or_default();
        assert_eq!(error("self.masts > 1"), "");
        assert_eq!(error("self.masts"), "cel expression must evaluate to a bool");
        assert!(error("self.oars > 1").starts_with("compilation failed: ERROR: <input>:1:5: undefined field 'oars'"));
        assert_eq!(
            error("self.masts == int('one')"),
            "program instantiation failed: type conversion error from 'string' to 'int'"
        );
        let message = |text: &str| compiled(&json!({"rule": "true", "messageExpression": text})).message;
        assert_eq!(message("self.masts"), Some(Err("messageExpression must evaluate to a string".to_owned())));
        assert!(matches!(message("'only ' + self.name"), Some(Ok(cost)) if cost > 0));
        assert!(matches!(message("self.nam"), Some(Err(text)) if text.starts_with("messageExpression compilation")));
    }

    #[test]
    fn old_values_are_optional_where_that_is_said() {
        let rule = "!oldSelf.hasValue() || oldSelf.value().masts == self.masts";
        let optional = compiled(&json!({"rule": rule, "optionalOldSelf": true}));
        assert!(optional.error.is_none() && optional.uses_old_self);
        assert!(compiled(&json!({"rule": rule})).error.is_some());
        assert!(!compiled(&json!({"rule": "self.masts > 0"})).uses_old_self);
    }
}
