//! Names and types of a tree.

use super::functions::{self, NAMESPACES, TYPES};
use super::parser::{Expression, What};
use super::types::Type;
use super::{Issue, Variable};

/// The type of an expression, and what is wrong with it.
pub(super) fn check(expression: &Expression<'_>, variables: &[Variable]) -> (Type, Vec<Issue>) {
    let mut checker = Checker { variables, bound: Vec::new(), issues: Vec::new() };
    let of = checker.type_of(expression);
    (of, checker.issues)
}

struct Checker<'c, 't> {
    variables: &'c [Variable],
    /// Names that macros around bind.
    bound: Vec<&'t str>,
    issues: Vec<Issue>,
}

impl<'t> Checker<'_, 't> {
    fn issue(&mut self, at: usize, text: String) -> Type {
        self.issues.push(Issue { at, text });
        Type::Dyn
    }

    fn undeclared(&mut self, at: usize, name: &str) -> Type {
        self.issue(at, format!("undeclared reference to '{name}' (in container '')"))
    }

    fn types_of(&mut self, list: &[Expression<'t>]) -> Vec<Type> {
        list.iter().map(|part| self.type_of(part)).collect()
    }

    fn type_of(&mut self, expression: &Expression<'t>) -> Type {
        match &expression.what {
            What::Literal(of) => *of,
            What::Identifier(name) => self.identifier(expression.at, name),
            What::Select(operand, field) => self.select(expression.at, operand, field),
            What::Index(operand, index) => {
                let of = self.type_of(operand);
                self.type_of(index);
                match of {
                    Type::List(of) | Type::Map(of) => *of,
                    _ => Type::Dyn,
                }
            }
            What::Call { target, function, arguments } => {
                self.call(expression.at, target.as_deref(), function, arguments)
            }
            What::Operator(function, operands) => {
                let types = self.types_of(operands);
                self.operator(expression.at, function, &types)
            }
            What::List(elements) => {
                let types = self.types_of(elements);
                let same = types.first().copied().filter(|first| types.iter().all(|of| of == first));
                Type::List(same.unwrap_or(Type::Dyn).kept())
            }
            What::Entries(parts, is_map) => {
                self.types_of(parts);
                if *is_map { Type::Map(&Type::Dyn) } else { Type::Dyn }
            }
        }
    }

    fn declared(&self, name: &str) -> Option<Type> {
        if self.bound.contains(&name) {
            return Some(Type::Dyn);
        }
        let variable = self.variables.iter().find(|variable| variable.name == name);
        variable.map(|variable| variable.of).or_else(|| TYPES.contains(&name).then_some(Type::Dyn))
    }

    fn identifier(&mut self, at: usize, name: &str) -> Type {
        self.declared(name).unwrap_or_else(|| self.undeclared(at, name))
    }

    fn select(&mut self, at: usize, operand: &Expression<'t>, field: &str) -> Type {
        match self.type_of(operand) {
            Type::Map(of) => *of,
            Type::Object(object) => match object.fields.iter().find(|(name, _)| *name == field) {
                Some((_, of)) => *of,
                None => self.issue(at, format!("undefined field '{field}'")),
            },
            of if of.is_plain() => self.issue(at, format!("type '{of}' does not support field selection")),
            _ => Type::Dyn,
        }
    }

    fn call(
        &mut self,
        at: usize,
        target: Option<&Expression<'t>>,
        function: &'t str,
        arguments: &[Expression<'t>],
    ) -> Type {
        let Some(target) = target else {
            self.types_of(arguments);
            return functions::global(function).unwrap_or_else(|| self.undeclared(at, function));
        };
        let namespace = match &target.what {
            What::Identifier(name) if self.declared(name).is_none() && NAMESPACES.contains(name) => Some(*name),
            _ => None,
        };
        if namespace == Some("cel") && function == "bind" && arguments.len() == 3 {
            return self.bind(arguments);
        }
        if functions::is_binding_macro(function) && arguments.len() >= 2 {
            self.type_of(target);
            let bound = self.bound.len();
            let names = if arguments.len() > 2 { 2 } else { 1 };
            let mut rest = arguments;
            for argument in &arguments[..names] {
                if let What::Identifier(name) = argument.what {
                    self.bound.push(name);
                    rest = &rest[1..];
                } else {
                    break;
                }
            }
            self.types_of(rest);
            self.bound.truncate(bound);
            return functions::macro_result(function);
        }
        self.types_of(arguments);
        if namespace.is_some() {
            return Type::Dyn;
        }
        let of = self.type_of(target);
        match functions::member(function) {
            // A function of this name may be one of an object's own making.
            None if matches!(of, Type::Named(_)) => Type::Dyn,
            None => self.undeclared(at, function),
            Some(result) => result,
        }
    }

    /// `cel.bind(name, value, expression)`
    fn bind(&mut self, arguments: &[Expression<'t>]) -> Type {
        self.type_of(&arguments[1]);
        let bound = self.bound.len();
        if let What::Identifier(name) = arguments[0].what {
            self.bound.push(name);
        }
        let of = self.type_of(&arguments[2]);
        self.bound.truncate(bound);
        of
    }

    fn operator(&mut self, at: usize, function: &'static str, types: &[Type]) -> Type {
        let known = |of: Type| of.is_plain() || matches!(of, Type::Object(_));
        let (good, result) = match (function, types) {
            ("_&&_" | "_||_", _) => (types.iter().all(|of| *of == Type::Bool || !known(*of)), Type::Bool),
            ("!_", [of]) => (*of == Type::Bool || !known(*of), Type::Bool),
            ("-_", [of]) => (matches!(of, Type::Int | Type::Double) || !of.is_plain(), *of),
            ("_?_:_", [condition, then, otherwise]) => {
                let result = if then == otherwise { *then } else { Type::Dyn };
                (*condition == Type::Bool || !known(*condition), result)
            }
            ("@in", _) => (true, Type::Bool),
            ("_==_" | "_!=_", [left, right]) => (left == right || !left.is_plain() || !right.is_plain(), Type::Bool),
            ("_<_" | "_<=_" | "_>_" | "_>=_", [left, right]) => {
                let ordered = left == right || left.is_number() && right.is_number();
                (ordered || !left.is_plain() || !right.is_plain(), Type::Bool)
            }
            (_, [left, right]) if left.is_plain() && right.is_plain() => {
                let good = left == right
                    && match function {
                        "_+_" => *left != Type::Bool,
                        "_%_" => matches!(left, Type::Int | Type::Uint),
                        _ => left.is_number(),
                    };
                (good, *left)
            }
            _ => (true, Type::Dyn),
        };
        if good {
            return result;
        }
        // A chain is a tree of pairs to the compiler: the pair that does not fit is named.
        let pair = if types.len() > 3 || matches!(function, "_&&_" | "_||_") {
            let first = types.iter().position(|of| known(*of) && *of != Type::Bool).unwrap_or(0);
            &types[first.min(types.len() - 2)..][..2]
        } else {
            types
        };
        let shown: Vec<String> = pair.iter().map(Type::to_string).collect();
        self.issue(at, format!("found no matching overload for '{function}' applied to '({})'", shown.join(", ")))
    }
}
