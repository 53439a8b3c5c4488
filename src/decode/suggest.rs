//! What an unknown field was meant to be.
//!
//! Apart because it is a guess for people, and nothing the API server says.

use super::fault::{Fault, FaultKind};
use super::frame::Frame;
use super::walk::Walk;
use crate::finding::{Applicability, Mend, Scalar};
use crate::schema::{Definition, Minor, Schema, Type, nearest, nearest_alone, same_letters};
use crate::yaml::{EntryRef, NodeRef};

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

/// The renaming of a field that `definition` does not have.
///
/// Safe if exactly one field has the same letters, is not there yet, and its type holds the value as it is or safely
/// mended. Unsafe if one field is nearer than every other. None if the name is a field of a struct around or inside (it is misplaced, not misspelt), or
/// one of this struct in another release (it is not misspelt at all).
pub(super) fn mend(
    mapping: NodeRef<'_>,
    entry: EntryRef<'_>,
    definition: &Definition,
    frame: &Frame<'_>,
    schema: Schema,
) -> Option<Mend> {
    let name = entry.name();
    let mut in_other_releases = Minor::all().filter_map(|minor| Schema::of(minor).definition(definition.name));
    let inside = |ty: &Type| match ty {
        Type::Object(inner) => schema.definition(inner).is_some_and(|inner| inner.field(name).is_some()),
        _ => false,
    };
    let names = || definition.fields.iter().map(|field| field.name);
    let (meant, sure) = match same_letters(name, names()) {
        Some(same) => (same, Applicability::Safe),
        None if frame.structs_above().any(|above| above.field(name).is_some())
            || definition.fields.iter().any(|field| inside(&field.ty)) =>
        {
            return None;
        }
        None => (nearest_alone(name, names().collect::<Vec<_>>())?, Applicability::Unsafe),
    };
    if in_other_releases.any(|other| other.field(name).is_some()) {
        return None;
    }
    let field = definition.field(meant)?;
    let mut walk = Walk::new(schema);
    walk.value(entry.value, &field.ty, &frame.field(definition, field));
    let mend = Mend::rename(mapping, entry, meant, sure)?;
    let is_mended = |fault: &Fault| fault.mend.as_ref().is_some_and(|mend| mend.applicability == Applicability::Safe);
    if walk.faults.iter().filter(|fault| fault.kind == FaultKind::Type).all(is_mended) {
        return Some(mend);
    }
    (sure == Applicability::Safe).then(|| mend.at_most(Applicability::Unsafe))
}

/// The value of another type that was meant by one of the wrong type.
pub(super) fn retype(node: NodeRef<'_>, ty: &Type) -> Option<Mend> {
    match ty {
        Type::Bool => Mend::retype(node, Scalar::Boolean),
        Type::String => Mend::retype(node, Scalar::String),
        Type::Float64 => Mend::retype(node, Scalar::Number),
        Type::Int64 => Mend::retype(node, Scalar::Integer),
        Type::Int32 => {
            node.as_str()?.parse::<i32>().ok()?;
            Mend::retype(node, Scalar::Integer)
        }
        _ => None,
    }
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
