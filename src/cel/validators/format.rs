//! What `format` is given, held against what its text asks for.
//!
//! Apart because the text has a grammar of its own. Source: `ext/formatting.go` of cel-go v0.26.

use super::super::ast::{Expression, ExpressionKind as Kind};
use super::super::checker::Checked;
use super::super::types::Type;

/// What is wrong, and where unless with the whole call.
type Wrong<'e> = (Option<&'e Expression>, String);

/// What is wrong with a call of `format`.
pub(super) fn validate<'e>(checked: &Checked, text: &str, arguments: &'e [Expression]) -> Option<Wrong<'e>> {
    let mut asked = 0;
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            rest = behind;
            continue;
        }
        if rest.is_empty() {
            return Some((None, "unexpected end of string".to_owned()));
        }
        let Some(argument) = arguments.get(asked) else {
            return Some((None, format!("index {asked} out of range")));
        };
        asked += 1;
        match clause(rest) {
            Err(text) => return Some((None, format!("could not parse formatting clause: {text}"))),
            Ok((clause, behind)) => {
                rest = behind;
                if let Some((at, text)) = unfit(checked, clause, argument) {
                    return Some((Some(at), format!("error during formatting: {text}")));
                }
            }
        }
    }
    let given = arguments.len();
    (given > asked)
        .then(|| (None, format!("too many arguments supplied to string.format (expected {asked}, got {given})")))
}

/// The letter of the clause that the text begins with, and what follows it.
fn clause(text: &str) -> Result<(char, &str), String> {
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix('.') {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == behind.len() {
            return Err("error while parsing precision: could not find end of precision specifier".to_owned());
        }
        let number = &behind[..digits];
        if number.parse::<i64>().is_err() {
            let why = if number.is_empty() { "invalid syntax" } else { "value out of range" };
            return Err(format!(
                "error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \
                 \"{number}\": {why}"
            ));
        }
        rest = &behind[digits..];
    }
    let letter = rest.chars().next().unwrap_or_default();
    if matches!(letter, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
        return Ok((letter, &rest[1..]));
    }
    // The compiler takes a byte for a character.
    let shown = char::from(rest.as_bytes().first().copied().unwrap_or_default());
    Err(format!("unrecognized formatting clause \"{shown}\""))
}

/// What of an argument a clause cannot format.
fn unfit<'e>(checked: &Checked, clause: char, argument: &'e Expression) -> Option<(&'e Expression, String)> {
    if clause == 's' {
        let at = unfit_for_string(checked, argument)?;
        let name = runtime_name(checked.type_of(at));
        let text = format!(
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and \
             timestamps, was given {name}"
        );
        return Some((at, text));
    }
    let of = plain(checked.type_of(argument));
    let (fits, text) = match clause {
        'd' => (matches!(of, Type::Int | Type::Uint), "decimal clause can only be used on integers"),
        'f' => (matches!(of, Type::Double | Type::String), "fixed-point clause can only be used on doubles"),
        'e' => (matches!(of, Type::Double | Type::String), "scientific clause can only be used on doubles"),
        'b' => {
            (matches!(of, Type::Int | Type::Uint | Type::Bool), "only integers and bools can be formatted as binary")
        }
        'o' => (matches!(of, Type::Int | Type::Uint), "octal clause can only be used on integers"),
        _ => (
            matches!(of, Type::Int | Type::Uint | Type::String | Type::Bytes),
            "only integers, byte buffers, and strings can be formatted as hex",
        ),
    };
    (!fits && *of != Type::Dyn).then(|| (argument, format!("{text}, was given {}", runtime_name(of))))
}

/// The part of an expression that is no string and cannot become one.
fn unfit_for_string<'e>(checked: &Checked, expression: &'e Expression) -> Option<&'e Expression> {
    let of = plain(checked.type_of(expression));
    if matches!(of, Type::Object(_) | Type::Opaque(_) | Type::Optional(_) | Type::Any) {
        return Some(expression);
    }
    match &expression.kind {
        Kind::List { elements, .. } => elements.iter().find_map(|element| unfit_for_string(checked, element)),
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            unfit_for_string(checked, &entry.key).or_else(|| unfit_for_string(checked, &entry.value))
        }),
        _ => None,
    }
}

fn plain(of: &Type) -> &Type {
    match of {
        Type::Wrapper(of) => of,
        of => of,
    }
}

/// The name of a type without its parameters (`TypeName`).
fn runtime_name(of: &Type) -> String {
    plain(of).declared().split('(').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::cel::{Environment, compile};

    #[test]
    fn formats_are_held_against_what_they_are_given() {
        for (text, issue) in [
            ("'%s %d %.2f %%'.format(['a', 1, 1.0])", ""),
            (
                "'%d'.format(['a'])",
                "14: error during formatting: decimal clause can only be used on integers, was given string",
            ),
            ("'%s'.format([])", "12: index 0 out of range"),
            ("'%s'.format([1, 2])", "12: too many arguments supplied to string.format (expected 1, got 2)"),
            ("'%'.format([1])", "11: unexpected end of string"),
            ("'%q'.format([1])", "12: could not parse formatting clause: unrecognized formatting clause \"q\""),
            (
                "'%.f'.format([1.0])",
                "13: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \"\": invalid syntax",
            ),
            (
                "'%s'.format([[quantity('1')]])",
                "23: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given kubernetes.Quantity",
            ),
        ] {
            let issues = compile(&Environment::compatible(35), text).err().unwrap_or_default();
            let first = issues.lines().next().unwrap_or_default();
            assert_eq!(first.trim_start_matches("ERROR: <input>:1:"), issue, "{text}");
        }
    }
}
