//! What an unknown field was meant to be.
//!
//! Apart because it is a guess for people, and nothing the API server says.

use crate::schema::{Definition, Schema, Type, nearest};

/// A sentence about a field that `definition` does not have; `above` are the structs around it, the nearest first.
pub(super) fn suggestion<'a>(
    name: &str,
    definition: &Definition,
    mut above: impl Iterator<Item = &'a Definition>,
    schema: Schema,
) -> Option<String> {
    let kind = short(definition.name);
    if let Some(same) = definition.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean `{}`? Field names are case-sensitive", same.name));
    }
    if let Some(above) = above.find(|above| above.field(name).is_some()) {
        let around = short(above.name);
        return Some(format!("`{name}` is a field of {around}, not of {kind}: is it indented too deep?"));
    }
    let below = definition.fields.iter().find_map(|field| {
        let Type::Object(inner) = &field.ty else { return None };
        schema.definition(inner)?.field(name).map(|_| field.name)
    });
    if let Some(below) = below {
        return Some(format!("did you mean `{below}.{name}`? `{name}` is a field of `{below}`"));
    }
    nearest(name, definition.fields.iter().map(|field| field.name))
        .map(|near| format!("did you mean `{near}`?"))
        .or_else(|| names(definition))
}

/// The fields there are, where they are few enough to be read.
fn names(definition: &Definition) -> Option<String> {
    if definition.fields.is_empty() || definition.fields.len() > 12 {
        return None;
    }
    let names: Vec<_> = definition.fields.iter().map(|field| format!("`{}`", field.name)).collect();
    Some(format!("{} has the fields {}", short(definition.name), names.join(", ")))
}

fn short(definition: &str) -> &str {
    definition.rsplit('.').next().unwrap_or_default()
}
