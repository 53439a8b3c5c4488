//! Declarations of functions: from the tables of the libraries to what the checker resolves calls with.
//!
//! Apart because the tables are text: one line for each overload, `id name (parameters) result`, with a dot before the
//! parenthesis where the first parameter stands before the dot of the call. A capital letter is a type parameter.

use std::sync::Arc;

use super::super::types::Type;

/// One way to call a function.
#[derive(Clone, Debug)]
pub struct Overload {
    /// Its name among all overloads.
    pub id: &'static str,
    /// Whether the first parameter stands before the dot.
    pub member: bool,
    /// The types of its parameters.
    pub parameters: Vec<Type>,
    /// The type of what it gives.
    pub result: Type,
    /// The type parameters in the others.
    pub type_parameters: Vec<Arc<str>>,
}

/// The overloads of a table, each with the name of its function.
pub(super) fn overloads(table: &'static str) -> impl Iterator<Item = (&'static str, Overload)> {
    table.lines().filter_map(overload)
}

fn overload(line: &'static str) -> Option<(&'static str, Overload)> {
    let (id, rest) = line.trim().split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    let member = rest.starts_with('.');
    let (parameters, rest) = rest.trim_start_matches('.').strip_prefix('(').and_then(listed)?;
    let (result, _) = read(rest.trim_start())?;
    let mut type_parameters = Vec::new();
    parameters.iter().chain([&result]).for_each(|of| gather(of, &mut type_parameters));
    Some((name, Overload { id, member, parameters, result, type_parameters }))
}

/// The types up to a closing parenthesis, and what follows it.
fn listed(mut text: &'static str) -> Option<(Vec<Type>, &'static str)> {
    let mut types = Vec::new();
    loop {
        if let Some(rest) = text.strip_prefix(')') {
            return Some((types, rest));
        }
        let (of, rest) = read(text.trim_start_matches(", "))?;
        types.push(of);
        text = rest;
    }
}

/// The type that a text begins with, and what follows it.
fn read(text: &'static str) -> Option<(Type, &'static str)> {
    let length = text.find(['(', ')', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    let (mut of, rest) = match rest.strip_prefix('(') {
        Some(rest) => listed(rest)?,
        None => (Vec::new(), rest),
    };
    let mut of = of.drain(..).map(Arc::new);
    let read = match name {
        "list" => Type::List(of.next()?),
        "map" => Type::Map(of.next()?, of.next()?),
        "optional_type" => Type::Optional(of.next()?),
        "type" => Type::TypeOf(of.next()),
        "dyn" => Type::Dyn,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "null" => Type::Null,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "net.IP" | "net.CIDR" => Type::Opaque(name.into()),
        _ if name.len() == 1 => Type::TypeParameter(name.into()),
        _ => Type::named(name),
    };
    Some((read, rest))
}

fn gather(of: &Type, parameters: &mut Vec<Arc<str>>) {
    match of {
        Type::TypeParameter(name) if !parameters.contains(name) => parameters.push(name.clone()),
        Type::List(of) | Type::Optional(of) | Type::TypeOf(Some(of)) => gather(of, parameters),
        Type::Map(key, value) => {
            gather(key, parameters);
            gather(value, parameters);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_overload() {
        let table = "index_map _[_] (map(A, B), A) B\nlist_join join .(list(string), string) string\nnone f () int";
        let read: Vec<_> = overloads(table).collect();
        assert_eq!((read[0].0, read[0].1.id, read[0].1.member), ("_[_]", "index_map", false));
        assert_eq!(read[0].1.type_parameters.len(), 2);
        let (key, value) = (Type::TypeParameter("A".into()), Type::TypeParameter("B".into()));
        assert_eq!(read[0].1.parameters, [Type::map(key.clone(), value), key]);
        assert!(read[1].1.member);
        assert_eq!(read[1].1.parameters, [Type::list(Type::String), Type::String]);
        assert_eq!((read[2].1.parameters.len(), &read[2].1.result), (0, &Type::Int));
    }
}
