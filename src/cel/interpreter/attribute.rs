//! Names, and what is selected from them.
//!
//! Apart because a chain of names may be one name, and because what is absent is no failure once a `?` stands in front
//! of it. Source: cel-go v0.26 `interpreter/attributes.go`.

use super::{Expression, Interpreter, Kind, Outcome};
use crate::cel::error::{EvaluationError, no_such_overload};
use crate::cel::library::operators;
use crate::cel::value::Value;

/// The types that expressions can name.
const TYPES: [&str; 20] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.Any",
    "kubernetes.Quantity",
    "kubernetes.URL",
    "kubernetes.Semver",
    "kubernetes.NamedFormat",
    "net.IP",
    "net.CIDR",
];

/// The functions whose names have dots.
const NAMESPACED: [&str; 25] = [
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "lists.range",
    "strings.quote",
    "optional.of",
    "optional.ofNonZeroValue",
    "optional.none",
    "optional.unwrap",
    "ip.isCanonical",
    "jsonpatch.escapeKey",
    "format.named",
    "format.dns1123Label",
    "format.dns1123Subdomain",
    "format.dns1035Label",
    "format.qualifiedName",
    "format.dns1123LabelPrefix",
    "format.dns1123SubdomainPrefix",
    "format.dns1035LabelPrefix",
    "format.labelValue",
    "format.uri",
    "format.uuid",
    "format.byte",
    "format.date",
    "format.datetime",
];

/// What a qualifier finds.
enum Found {
    Value(Value),
    Absent,
}

impl Interpreter<'_> {
    /// The value of a name or of something selected.
    pub(super) fn attribute(&mut self, expression: &Expression) -> Outcome {
        match &expression.kind {
            Kind::Identifier(name) => {
                self.budget.spend(1)?;
                self.named(name.strip_prefix('.').unwrap_or(name), name.starts_with('.'))
            }
            Kind::Select { operand, field, test_only } => {
                if let Some(value) = self.qualified_name(expression) {
                    return value;
                }
                let value = self.operand(operand)?;
                let key = Value::String(field.clone());
                if *test_only {
                    return Self::presence(&value, &key);
                }
                self.select(&value, &key)
            }
            Kind::Call { function, arguments, .. } => {
                let [operand, index] = arguments.as_slice() else { return Err(no_such_overload()) };
                let value = self.operand(operand)?;
                let index = self.evaluate(index)?;
                if &**function == "_[_]" {
                    return self.select(&value, &index);
                }
                self.budget.spend(1)?;
                Self::optionally(&value, &index)
            }
            _ => self.evaluate(expression),
        }
    }

    fn operand(&mut self, operand: &Expression) -> Outcome {
        self.evaluate(operand)
    }

    /// A variable of a comprehension, of the activation, or a type.
    fn named(&mut self, name: &str, rooted: bool) -> Outcome {
        if !rooted && let Some((_, value)) = self.scopes.iter().rev().find(|(known, _)| **known == *name) {
            return value.checked();
        }
        if let Some(value) = self.activation.variable(name) {
            return value.and_then(|value| value.checked());
        }
        if TYPES.contains(&name) {
            return Ok(Value::Type(name.into()));
        }
        // The compiler lets no other name pass.
        Err(EvaluationError::Undecided)
    }

    /// The value of a variable that has dots in its name, or, where the first name is no variable, of
    /// `google.protobuf.Timestamp` and its like.
    fn qualified_name(&mut self, expression: &Expression) -> Option<Outcome> {
        let first = first(expression)?;
        if !self.activation.has_dotted(first) && self.activation.variable(first).is_some() {
            return None;
        }
        let name = dotted(expression)?;
        let first = name.split('.').next()?;
        if self.scopes.iter().any(|(known, _)| **known == *first) {
            return None;
        }
        if let Some(value) = self.activation.variable(&name) {
            return Some(self.budget.spend(1).and(value).and_then(|value| value.checked()));
        }
        if self.activation.variable(first).is_some() {
            return None;
        }
        TYPES.contains(&name.as_str()).then(|| Ok(Value::Type(name.into())))
    }

    fn select(&mut self, value: &Value, key: &Value) -> Outcome {
        self.budget.spend(1)?;
        match value {
            // Once something is optional, what is selected from it is.
            Value::Optional(_) => Self::optionally(value, key),
            _ => operators::index_of(value, key),
        }
    }

    fn optionally(value: &Value, key: &Value) -> Outcome {
        let value = match value {
            Value::Optional(Some(value)) => value.checked()?,
            Value::Optional(None) => return Ok(Value::Optional(None)),
            value => value.clone(),
        };
        Ok(match find(&value, key)? {
            Found::Value(Value::Optional(inner)) => Value::some(Value::Optional(inner)),
            Found::Value(value) => Value::some(value),
            Found::Absent => Value::Optional(None),
        })
    }

    fn presence(value: &Value, key: &Value) -> Outcome {
        let value = match value {
            Value::Optional(Some(value)) => value.checked()?,
            Value::Optional(None) => return Ok(Value::Bool(false)),
            value => value.clone(),
        };
        match find(&value, key)? {
            Found::Value(_) => Ok(Value::Bool(true)),
            Found::Absent => Ok(Value::Bool(false)),
        }
    }
}

/// What is under a key, if anything can be.
fn find(value: &Value, key: &Value) -> Result<Found, EvaluationError> {
    match value {
        Value::Map(map) => match map.find(key)? {
            Some(value) => value.checked().map(Found::Value),
            None => Ok(Found::Absent),
        },
        Value::List(_) => Ok(match operators::index_of(value, key) {
            Ok(value) => Found::Value(value),
            Err(_) => Found::Absent,
        }),
        Value::Undecided => Err(EvaluationError::Undecided),
        // What has no parts has none: cel-go fails there only if it is told to.
        _ => Ok(Found::Absent),
    }
}

/// The whole name of a function whose target is a namespace.
pub(super) fn namespaced(target: &Expression, function: &str) -> Option<String> {
    let name = format!("{}.{function}", dotted(target)?);
    NAMESPACED.contains(&name.as_str()).then_some(name)
}

/// The name that a chain of names begins with.
fn first(mut expression: &Expression) -> Option<&str> {
    loop {
        match &expression.kind {
            Kind::Identifier(name) => return Some(name.strip_prefix('.').unwrap_or(name)),
            Kind::Select { operand, test_only: false, .. } => expression = operand,
            _ => return None,
        }
    }
}

/// `a.b.c`
fn dotted(expression: &Expression) -> Option<String> {
    match &expression.kind {
        Kind::Identifier(name) => Some(name.strip_prefix('.').unwrap_or(name).to_owned()),
        Kind::Select { operand, field, test_only: false } => Some(format!("{}.{field}", dotted(operand)?)),
        _ => None,
    }
}
