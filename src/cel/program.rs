//! Making a program of a good expression: what the compiler finds out only then.
//!
//! Apart because checking is done before. Conversions of constants are done ahead, and patterns that are constants are
//! compiled; where that fails there is no program. Sources: `interpreter/decorators.go` of cel-go v0.26 with the
//! options of apiserver `pkg/cel/environment/base.go`, and `pkg/cel/library/regex.go` (1.36).

use super::ast::{Expression, ExpressionKind as Kind, Literal};
use super::checker::Checked;
use super::library;
use super::stack::with_room;
use super::value::Value;
use crate::go_pattern;

/// Conversions that are done ahead (`IsTypeConversionFunction`).
const CONVERSIONS: [&str; 10] =
    ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"];

/// Makes a program of what was compiled from a text.
///
/// # Errors
///
/// Why there can be none, as the compiler says it.
pub fn instantiate(checked: &Checked, text: &str) -> Result<(), String> {
    with_room(text, || value(&checked.tree.root).map(drop)).unwrap_or(Ok(()))
}

/// The value of a constant.
fn value(expression: &Expression) -> Result<Option<Value>, String> {
    match &expression.kind {
        Kind::Literal(literal) => Ok(Some(match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Int(value) => Value::Int(*value),
            Literal::Uint(value) => Value::Uint(*value),
            Literal::Double(value) => Value::Double(*value),
            Literal::String(value) => Value::String(value.clone()),
            Literal::Bytes(value) => Value::Bytes(value.clone()),
        })),
        Kind::Identifier(_) => Ok(None),
        Kind::Select { operand, .. } => value(operand).map(|_| None),
        Kind::Call { target, function, arguments } => call(target.as_deref(), function, arguments),
        Kind::List { elements, .. } => each(elements.iter()),
        Kind::Map(entries) => each(entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
        Kind::Struct { fields, .. } => each(fields.iter().map(|field| &field.value)),
        Kind::Comprehension(fold) => {
            each([&fold.range, &fold.start, &fold.condition, &fold.step, &fold.result].into_iter())
        }
    }
}

fn each<'e>(parts: impl Iterator<Item = &'e Expression>) -> Result<Option<Value>, String> {
    for part in parts {
        value(part)?;
    }
    Ok(None)
}

fn call(target: Option<&Expression>, function: &str, arguments: &[Expression]) -> Result<Option<Value>, String> {
    let mut values = Vec::new();
    for part in target.into_iter().chain(arguments) {
        values.push(value(part)?);
    }
    match (function, &values[..]) {
        (_, [Some(of)]) if target.is_none() && CONVERSIONS.contains(&function) => {
            match library::call(function, std::slice::from_ref(of)) {
                Ok(value) => Ok(Some(value)),
                Err(error) if is_certain(error.words()) => Err(error.words().to_owned()),
                Err(_) => Ok(None),
            }
        }
        ("matches" | "find" | "findAll", [_, Some(Value::String(pattern)), ..]) => {
            go_pattern::error_of(pattern).map_or(Ok(None), Err)
        }
        _ => Ok(None),
    }
}

/// Whether a conversion fails in the compiler too, and not only in the library here.
fn is_certain(words: &str) -> bool {
    words.starts_with("type conversion error from ") || words.ends_with("integer overflow")
}

#[cfg(test)]
mod tests {
    use super::instantiate;
    use crate::cel::{Environment, Type, compile};

    #[test]
    fn constants_are_converted_ahead() {
        let environment = Environment::compatible(35).with_variable("s", Type::String);
        for (text, error) in [
            ("int('12') == 12 && bool('true') && string(1) == '1' && double('1.5') > 1.0", None),
            ("int(s) == 1 && s.matches('^[a-z]+$') && type(s) == string", None),
            ("int('x') == 1", Some("type conversion error from 'string' to 'int'")),
            ("true || 1 in [int(int('x'))]", Some("type conversion error from 'string' to 'int'")),
            ("int(1e99) == 1", Some("integer overflow")),
            ("matches(s, '[')", Some("error parsing regexp: missing closing ]: `[`")),
            ("s.find('[') == ''", Some("error parsing regexp: missing closing ]: `[`")),
        ] {
            let checked = compile(&environment, text).expect("a good expression");
            assert_eq!(instantiate(&checked, text).err().as_deref(), error, "{text}");
        }
    }
}
