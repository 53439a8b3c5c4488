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
        // Of an image volume.
        "pullPolicy" => {
            let policy = |side: Side<'_>| match side.text("pullPolicy") {
                "" => pull_policy(side.text("reference")).to_owned(),
                policy => policy.to_owned(),
            };
            Some(policy(old) == policy(new))
        }
        // In the network of the host it is the port of the container.
        "hostPort" => {
            let port = |side: Side<'_>| side.int("hostPort").filter(|port| *port != 0).or(side.int("containerPort"));
            let written = |side: Side<'_>| side.int("hostPort").unwrap_or(0);
            let is_same =
                written(old) == written(new) || ((written(old) == 0 || written(new) == 0) && port(old) == port(new));
            Some(is_same)
        }
        // Two are dropped while their gates are off; the third is the old name of serviceAccountName, which tells.
        "schedulingGroup" | "podCertificate" | "serviceAccount" => Some(true),
        "serviceAccountName" => Some(is_same_account(old, new)),
        _ => None,
    }
}

/// Whether pods run as the same account. Each of two fields is filled in from the other, and what was filled in stays
/// when the other is taken away.
fn is_same_account(old: Side<'_>, new: Side<'_>) -> bool {
    let of = |side: Side<'_>| [side.text("serviceAccountName").to_owned(), side.text("serviceAccount").to_owned()];
    let ([old_name, old_alias], [new_name, new_alias]) = (of(old), of(new));
    let live = [&old_name, &old_alias].into_iter().find(|name| !name.is_empty()).map_or("default", String::as_str);
    let becomes = if !new_name.is_empty() {
        &new_name
    } else if old_name.is_empty() || (new_alias.is_empty() && old_alias.is_empty()) {
        live
    } else {
        &new_alias
    };
    becomes == live
}

/// The policy of an image without one (`SetDefaults_Container` of `pkg/apis/core/v1/defaults.go`, 1.36).
pub fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
    let is_latest = !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    if is_latest { "Always" } else { "IfNotPresent" }
}

fn fields(schema: Schema, field: &'static Field, old: Side<'_>, new: Side<'_>, depth: usize) -> bool {
    match (given(field, old), given(field, new)) {
        (None, None) => true,
        (Some(old), Some(new)) => values(schema, &field.ty, old, new, depth),
        (Some(only), None) | (None, Some(only)) => match field.facts.default {
            Some(default) => is_json(default, only),
            None => is_none(schema, field, only, depth),
        },
    }
}

/// The value of a field, if it counts as given: where it is no pointer, the default takes the place of zero.
fn given<'t>(field: &Field, side: Side<'t>) -> Side<'t> {
    let has_default = field.facts.default.is_some() && !field.facts.pointer;
    let is_zero = |value: NodeRef<'_>| match value.value() {
        Value::String(text) => text.is_empty(),
        Value::Int(number) => number == 0,
        Value::Sequence => value.is_empty(),
        _ => false,
    };
    side.filter(|value| !(has_default && is_zero(*value)))
}

fn is_json(text: &str, value: NodeRef<'_>) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json == value.to_json())
}

/// Whether a value counts as none: an empty list or map, and what is no pointer and zero; a struct that is no pointer and
/// in which every field is none or its default.
fn is_none(schema: Schema, field: &'static Field, value: NodeRef<'_>, depth: usize) -> bool {
    let is_pointer = field.facts.pointer;
    match value.value() {
        Value::Null => true,
        Value::Bool(value) => !is_pointer && !value,
        Value::Int(value) => !is_pointer && value == 0,
        Value::Float(value) => !is_pointer && value == 0.0,
        Value::String(value) => !is_pointer && value.is_empty(),
        Value::Sequence => value.is_empty(),
        Value::Mapping => match &field.ty {
            Type::Object(name) if depth < MAX_DEPTH => {
                let of_struct = |definition| !is_pointer && structs(schema, definition, &[], Some(value), None, depth);
                schema.definition(name).is_some_and(of_struct)
            }
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
