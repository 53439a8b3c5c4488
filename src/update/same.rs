//! Whether two values are the same to the server: with its defaults filled in, and as its Go types hold them.
//!
//! Apart because what may not change is compared so by every rule (`apiequality.Semantic.DeepEqual` after
//! `SetDefaults`).

use crate::decode::quantity::Quantity;
use crate::object::view::View;
use crate::schema::{Definition, Field, Schema, Type};
use crate::yaml::{NodeRef, Value};

/// Deeper values are compared no further; no built-in type is so deep.
const MAX_DEPTH: usize = 64;

/// A value that may be absent; `null` is absent.
type Side<'t> = Option<NodeRef<'t>>;

/// Whether the field at `path` is the same below two roots of a definition; without definition, whether the JSON is.
pub fn at(schema: Schema, definition: Option<&str>, path: &[&str], old: NodeRef<'_>, new: NodeRef<'_>) -> bool {
    let (old, new) = (old.at(path), new.at(path));
    match field_at(schema, definition, path) {
        Some(field) => fields(schema, field, old, new, 0),
        None => old.map(NodeRef::to_json) == new.map(NodeRef::to_json),
    }
}

fn field_at(schema: Schema, definition: Option<&str>, path: &[&str]) -> Option<&'static Field> {
    let mut current = definition.and_then(|name| schema.definition(name));
    let mut field = None;
    for name in path {
        field = current.and_then(|definition| definition.field(name));
        current = field.and_then(|field: &Field| match &field.ty {
            Type::Object(name) => schema.definition(name),
            _ => None,
        });
    }
    field
}

/// The name of the definition at `path` below another; none if there is no struct.
pub fn definition_at(schema: Schema, definition: &str, path: &[&str]) -> Option<&'static str> {
    if path.is_empty() {
        return schema.definition(definition).map(|definition| definition.name);
    }
    match &field_at(schema, Some(definition), path)?.ty {
        Type::Object(name) => Some(name),
        _ => None,
    }
}

/// Whether two structs of a definition are the same, but for the fields named.
pub fn structs_except(schema: Schema, definition: &str, except: &[&str], old: Side<'_>, new: Side<'_>) -> bool {
    schema.definition(definition).is_none_or(|definition| structs(schema, definition, except, old, new, 0))
}

fn structs(
    schema: Schema,
    definition: &'static Definition,
    except: &[&str],
    old: Side<'_>,
    new: Side<'_>,
    depth: usize,
) -> bool {
    let known = definition.fields.iter().filter(|field| !except.contains(&field.name));
    known.into_iter().all(|field| {
        if let Some(is_same) = told_by_others(field.name, old, new) {
            return is_same;
        }
        let of = |side: Side<'_>| -> bool { side.is_some_and(|node| node.get(field.name).is_some()) };
        if !of(old) && !of(new) {
            return true;
        }
        let (old, new) = (old.and_then(|node| node.get(field.name)), new.and_then(|node| node.get(field.name)));
        fields(schema, field, old, new, depth + 1)
    })
}

/// Fields whose default other fields tell: none for any other.
fn told_by_others(field: &str, old: Side<'_>, new: Side<'_>) -> Option<bool> {
    match field {
        "imagePullPolicy" => {
            let policy = |side: Side<'_>| match side.text("imagePullPolicy") {
                "" => pull_policy(side.text("image")).to_owned(),
                policy => policy.to_owned(),
            };
            Some(policy(old) == policy(new))
        }
        // The old name of serviceAccountName, which is asked for first.
        "serviceAccount" => Some(true),
        "serviceAccountName" => {
            let name = |side: Side<'_>| match side.text("serviceAccountName") {
                "" => side.text("serviceAccount").to_owned(),
                name => name.to_owned(),
            };
            Some(name(old) == name(new))
        }
        _ => None,
    }
}

/// The policy of an image without one (`SetDefaults_Container` of `pkg/apis/core/v1/defaults.go`, 1.36).
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
    let is_latest = !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    if is_latest { "Always" } else { "IfNotPresent" }
}

fn fields(schema: Schema, field: &'static Field, old: Side<'_>, new: Side<'_>, depth: usize) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => values(schema, &field.ty, old, new, depth),
        (Some(only), None) | (None, Some(only)) => is_default(field, only) || is_zero(schema, &field.ty, only, depth),
    }
}

/// Whether a value is what the server fills in where there is none.
fn is_default(field: &Field, value: NodeRef<'_>) -> bool {
    let default = field.facts.default.and_then(|default| serde_json::from_str::<serde_json::Value>(default).ok());
    default.is_some_and(|default| default == value.to_json())
}

/// Whether a value counts as none: Go's zero value, or a struct in which every field is none or its default.
fn is_zero(schema: Schema, ty: &'static Type, value: NodeRef<'_>, depth: usize) -> bool {
    match value.value() {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => value == 0,
        Value::Float(value) => value == 0.0,
        Value::String(value) => value.is_empty(),
        Value::Sequence => value.is_empty(),
        Value::Mapping => match ty {
            Type::Object(name) if depth < MAX_DEPTH => schema
                .definition(name)
                .is_some_and(|definition| structs(schema, definition, &[], Some(value), None, depth)),
            _ => value.is_empty(),
        },
    }
}

fn values(schema: Schema, ty: &'static Type, old: NodeRef<'_>, new: NodeRef<'_>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    match ty {
        Type::Object(name) => match schema.definition(name) {
            Some(definition) => structs(schema, definition, &[], Some(old), Some(new), depth),
            None => old.to_json() == new.to_json(),
        },
        Type::List(element) => {
            old.len() == new.len()
                && old.elements().zip(new.elements()).all(|(old, new)| values(schema, element, old, new, depth + 1))
        }
        Type::Map(element) => {
            let one_way = |from: NodeRef<'_>, to: NodeRef<'_>| {
                from.entries().all(|entry| {
                    to.entry(entry.name())
                        .is_some_and(|other| values(schema, element, entry.value, other.value, depth + 1))
                })
            };
            old.len() == new.len() && one_way(old, new)
        }
        Type::Quantity => match (Quantity::of(old), Quantity::of(new)) {
            (Some(Ok(old)), Some(Ok(new))) => old == new,
            _ => old.to_json() == new.to_json(),
        },
        _ => old.to_json() == new.to_json(),
    }
}
