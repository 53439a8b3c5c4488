//! The types of all expressions of a tree, and what is wrong with them.
//!
//! Apart because it only reads the tree. Source: `checker/checker.go` of cel-go v0.26, by whose words issues go.

mod unify;

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Comprehension, Expression, ExpressionKind as Kind, Literal, MapEntry, StructField, Tree};
use super::environment::{Environment, NoField, Overload, message_name};
use super::issue::Issue;
use super::types::Type;
use unify::{Known, most_general};

/// Overloads that compare numbers of different types (`crossTypeNumericComparisonOverloads`).
const MIXED_NUMBERS: [(&str, &str); 6] = [
    ("double", "int64"),
    ("double", "uint64"),
    ("int64", "double"),
    ("int64", "uint64"),
    ("uint64", "double"),
    ("uint64", "int64"),
];

/// A tree whose types are known.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The tree.
    pub tree: Tree,
    /// The types, by the numbers of the expressions.
    pub types: Vec<Type>,
    /// What names stand for, by the numbers of the expressions.
    pub references: HashMap<u32, Reference>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// A variable or a type by this name.
    Name(Arc<str>),
    /// A function that is called with one of these overloads.
    Overloads {
        /// The name of the function; where it has a dot, what stands before the call is a part of it.
        function: &'static str,
        /// The overloads that may be meant.
        ids: Vec<&'static str>,
    },
}

impl Checked {
    /// The type of what the whole gives.
    pub fn result(&self) -> &Type {
        self.type_of(&self.tree.root)
    }

    /// The type of an expression.
    pub fn type_of(&self, expression: &Expression) -> &Type {
        self.types.get(expression.id as usize).unwrap_or(&Type::Dyn)
    }

    /// The overloads that a call may mean.
    pub fn overloads(&self, call: &Expression) -> &[&'static str] {
        match self.references.get(&call.id) {
            Some(Reference::Overloads { ids, .. }) => ids,
            _ => &[],
        }
    }
}

/// Finds the types of a tree.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(environment: &Environment, tree: Tree) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker {
        environment,
        mixed_numbers: environment.mixed_numbers(),
        scopes: Vec::new(),
        known: Known::default(),
        types: vec![Type::Dyn; tree.count as usize],
        references: HashMap::new(),
        issues: Vec::new(),
    };
    checker.check(&tree.root);
    if !checker.issues.is_empty() {
        return Err(checker.issues);
    }
    let types = checker.types.iter().map(|of| checker.known.put_in(of, true)).collect();
    Ok(Checked { tree, types, references: checker.references })
}

struct Checker<'c> {
    environment: &'c Environment,
    mixed_numbers: bool,
    /// Names that macros around bind, the innermost last.
    scopes: Vec<(Arc<str>, Type)>,
    known: Known,
    types: Vec<Type>,
    references: HashMap<u32, Reference>,
    issues: Vec<Issue>,
}

impl Checker<'_> {
    fn issue(&mut self, at: u32, text: String) {
        self.issues.push(Issue::at(at as usize, text));
    }

    fn undeclared(&mut self, at: u32, name: &str) -> Type {
        self.issue(at, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn mismatch(&mut self, at: u32, expected: &Type, found: &Type) {
        self.issue(at, format!("expected type '{expected}' but found '{found}'"));
    }

    fn set(&mut self, expression: &Expression, of: Type) -> Type {
        if let Some(place) = self.types.get_mut(expression.id as usize) {
            *place = of.clone();
        }
        of
    }

    /// Finds the type of an expression and of all in it.
    fn check(&mut self, expression: &Expression) -> Type {
        let of = match &expression.kind {
            Kind::Literal(literal) => match literal {
                Literal::Null => Type::Null,
                Literal::Bool(_) => Type::Bool,
                Literal::Int(_) => Type::Int,
                Literal::Uint(_) => Type::Uint,
                Literal::Double(_) => Type::Double,
                Literal::String(_) => Type::String,
                Literal::Bytes(_) => Type::Bytes,
            },
            Kind::Identifier(name) => {
                self.named(expression, name).unwrap_or_else(|| self.undeclared(expression.at, name))
            }
            Kind::Select { operand, field, test_only } => self.select(expression, operand, field, *test_only),
            Kind::Call { target, function, arguments } => self.call(expression, target.as_deref(), function, arguments),
            Kind::List { elements, optional } => self.list(elements, optional),
            Kind::Map(entries) => self.map(entries),
            Kind::Struct { name, fields } => self.message(expression, name, fields),
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
        };
        self.set(expression, of)
    }

    /// The type of a name that is declared.
    fn named(&mut self, expression: &Expression, name: &str) -> Option<Type> {
        let name = name.trim_start_matches('.');
        let local = self.scopes.iter().rev().find(|(bound, _)| **bound == *name).map(|(_, of)| of.clone());
        let of = local.or_else(|| self.environment.identifier(name))?;
        self.references.insert(expression.id, Reference::Name(name.into()));
        Some(of)
    }

    fn select(&mut self, expression: &Expression, operand: &Expression, field: &str, test_only: bool) -> Type {
        if !test_only
            && let Some(prefix) = qualified_name(operand)
            && let Some(of) = self.named(expression, &format!("{prefix}.{field}"))
        {
            return of;
        }
        let of = self.field(expression.at, operand, field, false);
        if test_only { Type::Bool } else { self.known.put_in(&of, false) }
    }

    /// The type of a field of an operand (`checkSelectField`).
    fn field(&mut self, at: u32, operand: &Expression, field: &str, optional: bool) -> Type {
        let of = self.check(operand);
        let of = self.known.put_in(&of, false);
        let (of, is_optional) = unwrapped(of);
        let field = match &of {
            Type::Map(_, value) => (**value).clone(),
            Type::Object(object) => self.object_field(at, &object.name, field),
            Type::Free(_) => {
                self.known.assignable(&Type::Dyn, &of);
                Type::Dyn
            }
            Type::Dyn | Type::Any | Type::Error => Type::Dyn,
            other => {
                self.issue(at, format!("type '{other}' does not support field selection"));
                Type::Dyn
            }
        };
        if optional || is_optional { Type::Optional(Arc::new(field)) } else { field }
    }

    fn object_field(&mut self, at: u32, object: &str, field: &str) -> Type {
        match self.environment.field(object, field) {
            Ok(of) => return of,
            Err(NoField::Undefined) => self.issue(at, format!("undefined field '{field}'")),
            Err(NoField::UnknownType) => self.issue(at, format!("unexpected failed resolution of '{object}'")),
        }
        Type::Error
    }

    fn call(
        &mut self,
        expression: &Expression,
        target: Option<&Expression>,
        function: &str,
        arguments: &[Expression],
    ) -> Type {
        if function == "_?._" {
            return self.optional_select(expression, arguments);
        }
        let mut types: Vec<Type> = arguments.iter().map(|argument| self.check(argument)).collect();
        let environment = self.environment;
        let Some(target) = target else {
            return match environment.function(function) {
                Some(found) => self.resolve(expression, found, false, &types),
                None => self.undeclared(expression.at, function),
            };
        };
        if let Some(prefix) = qualified_name(target)
            && let Some(found) = environment.function(&format!("{prefix}.{function}"))
        {
            return self.resolve(expression, found, false, &types);
        }
        types.insert(0, self.check(target));
        match environment.function(function) {
            Some(found) => self.resolve(expression, found, true, &types),
            None => self.undeclared(expression.at, function),
        }
    }

    /// `operand.?field`
    fn optional_select(&mut self, expression: &Expression, arguments: &[Expression]) -> Type {
        let [operand, Expression { kind: Kind::Literal(Literal::String(field)), .. }] = arguments else {
            return Type::Error;
        };
        let of = self.field(expression.at, operand, field, true);
        let reference = Reference::Overloads { function: "_?._", ids: vec!["select_optional_field"] };
        self.references.insert(expression.id, reference);
        self.known.put_in(&of, false)
    }

    /// What a function gives for arguments of these types, of which the first is the target of a member
    /// (`resolveOverload`).
    fn resolve(
        &mut self,
        expression: &Expression,
        (function, overloads): (&'static str, &[Overload]),
        member: bool,
        types: &[Type],
    ) -> Type {
        let (mut result, mut ids): (Option<Type>, Vec<&'static str>) = (None, Vec::new());
        for overload in overloads.iter().filter(|overload| overload.member == member) {
            if !self.mixed_numbers && compares_mixed_numbers(overload.id) {
                continue;
            }
            let fresh: Vec<Type> = overload.type_parameters.iter().map(|_| self.known.free()).collect();
            let instance = |of: &Type| instantiated(of, &overload.type_parameters, &fresh);
            let expected: Vec<Type> = overload.parameters.iter().map(instance).collect();
            if !self.known.all_assignable(types, &expected) {
                continue;
            }
            ids.push(overload.id);
            let of = self.known.put_in(&instance(&overload.result), false);
            result = Some(match result {
                None => of,
                Some(before) if before.is_dyn() || before == of => before,
                Some(_) => Type::Dyn,
            });
        }
        if let Some(of) = result {
            self.references.insert(expression.id, Reference::Overloads { function, ids });
            return of;
        }
        let shown: Vec<String> = types.iter().map(|of| self.known.put_in(of, true).to_string()).collect();
        let applied = match shown.split_first() {
            Some((target, rest)) if member => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", shown.join(", ")),
        };
        self.issue(expression.at, format!("found no matching overload for '{function}' applied to '{applied}'"));
        Type::Error
    }

    /// Takes an optional for what is in it, as is asked where `?` stands.
    fn marked(&mut self, at: u32, of: Type, optional: bool) -> Type {
        if !optional {
            return of;
        }
        let (of, is_optional) = unwrapped(of);
        if !is_optional && !of.is_dyn() {
            self.mismatch(at, &Type::Optional(Arc::new(of.clone())), &of);
        }
        of
    }

    /// The type of what was of one type so far and has one more (`joinTypes`).
    fn join(&mut self, before: Option<Type>, of: Type) -> Type {
        match before {
            None => of,
            Some(before) if self.known.assignable(&before, &of) => most_general(&before, &of).clone(),
            Some(_) => Type::Dyn,
        }
    }

    fn list(&mut self, elements: &[Expression], optional: &[u32]) -> Type {
        let mut joined = None;
        for (place, element) in elements.iter().enumerate() {
            let of = self.check(element);
            let of = self.marked(element.at, of, optional.contains(&(place as u32)));
            joined = Some(self.join(joined, of));
        }
        Type::list(joined.unwrap_or_else(|| self.known.free()))
    }

    fn map(&mut self, entries: &[MapEntry]) -> Type {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let of = self.check(&entry.key);
            keys = Some(self.join(keys, of));
            let of = self.check(&entry.value);
            let of = self.marked(entry.value.at, of, entry.optional);
            values = Some(self.join(values, of));
        }
        match (keys, values) {
            (Some(keys), Some(values)) => Type::map(keys, values),
            _ => Type::map(self.known.free(), self.known.free()),
        }
    }

    fn message(&mut self, expression: &Expression, name: &str, fields: &[StructField]) -> Type {
        let Some(named) = self.named(expression, name) else { return self.undeclared(expression.at, name) };
        let mut object: Arc<str> = name.trim_start_matches('.').into();
        let of = match &named {
            Type::TypeOf(of) => {
                let of = of.as_deref().cloned().unwrap_or(Type::TypeOf(None));
                if let Some(message) = message_name(&of) {
                    object = message.into();
                    of
                } else if let Type::Object(named) = &of {
                    object = named.name.clone();
                    of
                } else {
                    self.issue(expression.at, format!("'{}' is not a message type", plain_name(&of)));
                    Type::Error
                }
            }
            other => {
                self.issue(expression.at, format!("'{}' is not a type", plain_name(other)));
                Type::Error
            }
        };
        for field in fields {
            let given = self.check(&field.value);
            let expected = self.object_field(field.at, &object, &field.name);
            let given = self.marked(field.value.at, given, field.optional);
            if !self.known.assignable(&expected, &given) {
                let name = &field.name;
                let text = format!("expected type of field '{name}' is '{expected}' but provided type is '{given}'");
                self.issue(field.at, text);
            }
        }
        of
    }

    fn comprehension(&mut self, fold: &Comprehension) -> Type {
        let range = self.check(&fold.range);
        let gathered = self.check(&fold.start);
        let range = self.known.put_in(&range, false);
        // Scopes within scopes know of no filters: numbers of all types compare from here on.
        self.mixed_numbers = true;
        let outside = self.scopes.len();
        self.scopes.push((fold.accumulator.clone(), gathered.clone()));
        let two = fold.second_variable.is_some();
        let (first, second) = match &range {
            Type::List(of) if two => (Type::Int, (**of).clone()),
            Type::List(of) => ((**of).clone(), Type::Error),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Any | Type::Error | Type::Free(_) => {
                self.known.assignable(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let text = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.issue(fold.range.at, text);
                (Type::Error, Type::Error)
            }
        };
        let inside = self.scopes.len();
        self.scopes.push((fold.variable.clone(), first));
        if let Some(variable) = &fold.second_variable {
            self.scopes.push((variable.clone(), second));
        }
        for (part, expected) in [(&fold.condition, &Type::Bool), (&fold.step, &gathered)] {
            let of = self.check(part);
            if !self.known.assignable(expected, &of) {
                self.mismatch(part.at, expected, &of);
            }
        }
        self.scopes.truncate(inside);
        let of = self.check(&fold.result);
        self.scopes.truncate(outside);
        self.known.put_in(&of, false)
    }
}

/// A type without the optional around it, and whether there was one.
fn unwrapped(of: Type) -> (Type, bool) {
    match of {
        Type::Optional(of) => ((*of).clone(), true),
        of => (of, false),
    }
}

/// The name of a type without its parameters (`DeclaredTypeName`).
fn plain_name(of: &Type) -> String {
    let name = of.declared();
    match of {
        Type::Wrapper(_) => name,
        _ => name.split('(').next().unwrap_or_default().to_owned(),
    }
}

/// `a.b.c` as a name (`ToQualifiedName`).
fn qualified_name(expression: &Expression) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = expression;
    loop {
        match &rest.kind {
            Kind::Identifier(name) => {
                parts.push(&**name);
                parts.reverse();
                return Some(parts.join("."));
            }
            Kind::Select { operand, field, test_only: false } => {
                parts.push(field);
                rest = operand;
            }
            _ => return None,
        }
    }
}

/// A type of a declaration with fresh types for its parameters.
fn instantiated(of: &Type, parameters: &[Arc<str>], fresh: &[Type]) -> Type {
    let inner = |of: &Arc<Type>| Arc::new(instantiated(of, parameters, fresh));
    match of {
        _ if parameters.is_empty() => of.clone(),
        Type::TypeParameter(name) => {
            let place = parameters.iter().position(|parameter| parameter == name);
            place.and_then(|place| fresh.get(place)).cloned().unwrap_or(Type::Dyn)
        }
        Type::List(of) => Type::List(inner(of)),
        Type::Optional(of) => Type::Optional(inner(of)),
        Type::Map(key, value) => Type::Map(inner(key), inner(value)),
        Type::TypeOf(Some(of)) => Type::TypeOf(Some(inner(of))),
        _ => of.clone(),
    }
}

fn compares_mixed_numbers(id: &str) -> bool {
    let Some(types) = id.strip_prefix("less_").or_else(|| id.strip_prefix("greater_")) else { return false };
    let types = types.strip_prefix("equals_").unwrap_or(types);
    types.split_once('_').is_some_and(|types| MIXED_NUMBERS.contains(&types))
}
