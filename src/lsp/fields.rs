//! What is known of a field: from the tables of the built-in kinds, or from the schema of a CRD.
//!
//! Apart because hover and completion ask the same, and must not care where the answer comes from.

use super::cursor::Cursor;
use crate::object::{FieldPath, GroupVersionKind, Segment};
use crate::pipeline::Snapshot;
use crate::schema::{self, Definition, Field, KindInfo, Minor, Reference, Schema, Step, Type};
use crate::server_rules::custom;
use crate::server_rules::custom::schema::{JsonSchema, SchemaType};
use crate::yaml::{Escape, NodeIndex, NodeRef, Tree, write_json};
use std::fmt::Write as _;
use std::sync::Arc;

/// `metadata` of every object, also of those whose schema does not describe it.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The kind of an object, as far as it is known.
#[derive(Clone, Debug)]
pub enum KnownKind {
    /// A built-in one.
    BuiltIn(KindInfo),
    /// One that a CRD declares.
    Custom(Arc<custom::Definition>),
}

impl KnownKind {
    /// Looks a kind up in a minor and among the CRDs at hand.
    pub fn of(gvk: &GroupVersionKind, snapshot: &Snapshot, minor: Minor) -> Option<Self> {
        if let Some(kind) = Schema::of(minor).kind(&gvk.group, &gvk.version, &gvk.kind) {
            return Some(KnownKind::BuiltIn(kind));
        }
        let declared = snapshot.declared().find(|(known, kind)| known == gvk && !kind.definitions.is_empty());
        declared
            .and_then(|(_, kind)| kind.definitions.last())
            .map(|definition| KnownKind::Custom(Arc::clone(definition)))
    }

    /// What its objects look like.
    pub fn shape(&self, minor: Minor) -> Option<Shape<'_>> {
        match self {
            KnownKind::BuiltIn(kind) => Schema::of(minor).definition(kind.definition).map(Shape::Struct),
            KnownKind::Custom(definition) => Some(Shape::Json(definition.tree(), definition.schema())),
        }
    }
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'k> {
    /// A struct of the built-in types.
    Struct(&'static Definition),
    /// Any other built-in type.
    Type(&'static Type),
    /// What a CRD says.
    Json(&'k Tree, &'k JsonSchema),
}

/// A field that was looked up.
#[derive(Clone, Copy, Debug)]
pub struct KnownField<'k> {
    /// What its value looks like.
    pub shape: Shape<'k>,
    /// The built-in field it is or is an element of, with the struct that has it.
    pub built_in: Option<(&'static Definition, &'static Field)>,
    /// Whether an object without it is refused.
    pub required: bool,
}

/// How a field's value is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// On the same line.
    Scalar,
    /// With fields or keys on the next line.
    Mapping,
    /// With a dash on the next line.
    List,
}

/// Follows a path from an object to a field.
pub fn look_up<'k>(kind: &'k KnownKind, path: &[Segment], minor: Minor) -> Option<KnownField<'k>> {
    let mut known = KnownField { shape: kind.shape(minor)?, built_in: None, required: false };
    for (depth, segment) in path.iter().enumerate() {
        known = match segment {
            Segment::Field(name) | Segment::Key(name) => {
                let is_meta = depth == 0 && name == "metadata" && matches!(known.shape, Shape::Json(..));
                match Schema::of(minor).definition(OBJECT_META).filter(|_| is_meta) {
                    Some(meta) => KnownField { shape: Shape::Struct(meta), built_in: None, required: true },
                    None => known.field(name, minor)?,
                }
            }
            Segment::Index(_) => known.element(minor)?,
        };
    }
    Some(known)
}

impl<'k> KnownField<'k> {
    fn field(self, name: &str, minor: Minor) -> Option<KnownField<'k>> {
        match self.shape {
            Shape::Struct(definition) => {
                let field = definition.field(name)?;
                let shape = simplified(&field.ty, minor);
                Some(KnownField { shape, built_in: Some((definition, field)), required: field.facts.required })
            }
            Shape::Type(Type::Map(value)) => {
                Some(KnownField { shape: simplified(value, minor), built_in: None, required: false })
            }
            Shape::Type(_) => None,
            Shape::Json(tree, schema) => {
                let required = schema.required.iter().any(|required| **required == *name);
                schema.of_key(name).map(|below| KnownField {
                    shape: Shape::Json(tree, below),
                    built_in: None,
                    required,
                })
            }
        }
    }

    fn element(self, minor: Minor) -> Option<KnownField<'k>> {
        match self.shape {
            Shape::Type(Type::List(element)) => Some(KnownField { shape: simplified(element, minor), ..self }),
            Shape::Json(tree, schema) => {
                let shape = Shape::Json(tree, schema.items.as_deref()?);
                Some(KnownField { shape, built_in: None, required: false })
            }
            _ => None,
        }
    }

    /// The fields below, by name.
    pub fn fields(self, minor: Minor) -> Vec<(&'k str, KnownField<'k>)> {
        match self.shape {
            Shape::Struct(definition) => {
                let names = definition.fields.iter().map(|field| field.name);
                names.filter_map(|name| Some((name, self.field(name, minor)?))).collect()
            }
            Shape::Json(_, schema) => {
                let names = schema.properties.iter().map(|(name, _)| &**name);
                names.filter_map(|name| Some((name, self.field(name, minor)?))).collect()
            }
            Shape::Type(_) => Vec::new(),
        }
    }

    /// How its value is begun.
    pub fn form(self) -> Form {
        match self.shape {
            Shape::Struct(_) | Shape::Type(Type::Map(_)) => Form::Mapping,
            Shape::Type(Type::List(_)) => Form::List,
            Shape::Type(_) => Form::Scalar,
            Shape::Json(_, schema) => match schema.kind {
                Some(SchemaType::Object) => Form::Mapping,
                Some(SchemaType::Array) => Form::List,
                _ if !schema.properties.is_empty() => Form::Mapping,
                _ => Form::Scalar,
            },
        }
    }

    /// The values it can have, where they are few, as they are written in YAML.
    pub fn allowed(self) -> Vec<String> {
        let facts = self.built_in.map(|(_, field)| field.facts.allowed.as_slice()).unwrap_or_default();
        if !facts.is_empty() && self.form() == Form::Scalar {
            return facts.iter().map(|value| (*value).to_owned()).collect();
        }
        match self.shape {
            Shape::Type(Type::Bool) => vec!["true".to_owned(), "false".to_owned()],
            Shape::Json(tree, schema) => match schema.allowed {
                Some(allowed) => tree.node(allowed).elements().map(written).collect(),
                None if schema.kind == Some(SchemaType::Boolean) => vec!["true".to_owned(), "false".to_owned()],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The name of its type.
    pub fn type_name(self) -> String {
        match (self.shape, self.built_in) {
            (shape, Some((_, field))) if field_is(shape, field) => field.go_type(),
            (Shape::Struct(definition), _) => definition.go_type(),
            (Shape::Type(of), _) => of.go_type(),
            (Shape::Json(_, schema), _) => json_type(schema),
        }
    }

    /// The value that the server puts in, as JSON.
    pub fn default(self) -> Option<String> {
        match self.shape {
            Shape::Json(tree, schema) => schema.default.map(|default| json(tree, default)),
            shape => {
                let (_, field) = self.built_in.filter(|(_, field)| field_is(shape, field))?;
                field.facts.default.map(str::to_owned)
            }
        }
    }

    /// What is known of it, in Markdown: what stands below its name.
    pub fn told(self) -> String {
        let mut told = String::new();
        let mut facts: Vec<String> = Vec::new();
        if self.required {
            facts.push("required".to_owned());
        }
        if let Some(default) = self.default() {
            facts.push(format!("default `{default}`"));
        }
        let allowed = self.allowed();
        if !allowed.is_empty() && !matches!(self.shape, Shape::Type(Type::Bool)) {
            facts.push(format!("one of `{}`", allowed.join("`, `")));
        }
        if let Some((_, field)) = self.built_in {
            let known = &field.facts;
            match (known.minimum, known.maximum) {
                (Some(least), Some(most)) => facts.push(format!("{least} to {most}")),
                (Some(least), None) => facts.push(format!("at least {least}")),
                (None, Some(most)) => facts.push(format!("at most {most}")),
                (None, None) => {}
            }
            facts.extend(known.format.map(|format| format!("has to be a `{format}`")));
            if known.immutable {
                facts.push("cannot be changed".to_owned());
            }
        }
        if !facts.is_empty() {
            let _ = write!(told, "{}\n\n", facts.join(" · "));
        }
        if let Some((definition, field)) = self.built_in {
            let minors = schema::field_in(definition.name, field.name);
            if minors.iter().count() < Minor::all().count() {
                let _ = write!(told, "In Kubernetes {minors}.\n\n");
            }
        }
        if let Shape::Json(tree, schema) = self.shape {
            let description = tree.node(schema.node).get("description").and_then(NodeRef::as_str);
            told.push_str(description.unwrap_or_default());
        }
        told.trim_end().to_owned()
    }
}

/// Whether a shape is that of the whole field, not of its elements.
fn field_is(shape: Shape<'_>, field: &Field) -> bool {
    match shape {
        Shape::Struct(definition) => field.ty == Type::Object(definition.name),
        Shape::Type(of) => *of == field.ty,
        Shape::Json(..) => false,
    }
}

fn simplified(of: &'static Type, minor: Minor) -> Shape<'static> {
    match of {
        Type::Object(name) => Schema::of(minor).definition(name).map_or(Shape::Type(of), Shape::Struct),
        _ => Shape::Type(of),
    }
}

fn json(tree: &Tree, node: NodeIndex) -> String {
    write_json(tree.node(node), Escape::Minimal)
}

/// A value of an enumeration as it is written in YAML.
fn written(node: NodeRef<'_>) -> String {
    node.as_str().map_or_else(|| write_json(node, Escape::Minimal), str::to_owned)
}

fn json_type(schema: &JsonSchema) -> String {
    let element = schema.items.as_deref();
    match (schema.types(), element) {
        ([SchemaType::Array], Some(element)) => format!("[]{}", json_type(element)),
        ([], _) => "any".to_owned(),
        (types, _) => types.iter().map(|known| known.word()).collect::<Vec<_>>().join(" or "),
    }
}

/// An object that a field names: its group (none for any), kind and namespace (none for that of the object that names).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The API group; none for any.
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// The namespace, where the reference says which.
    pub namespace: Option<String>,
}

/// What the field at a cursor names, if it names an object.
pub fn targets(cursor: &Cursor) -> Vec<Target> {
    if FieldPath(cursor.path.clone()).to_string() == "metadata.namespace" {
        return vec![Target {
            group: Some(String::new()),
            kind: "Namespace".to_owned(),
            namespace: Some(String::new()),
        }];
    }
    let step = step_of(cursor, &cursor.path);
    let references = step.map(|step| step.references.as_slice()).unwrap_or_default();
    references.iter().filter_map(|reference| target(cursor, reference)).collect()
}

/// The kinds whose data has the key that the field at a cursor names, and the fields that name the object.
pub fn keyed_by(cursor: &Cursor) -> Vec<(&'static str, &'static str)> {
    let Some((Segment::Field(own), around)) = cursor.path.split_last() else { return Vec::new() };
    let beside = step_of(cursor, around).map(|step| step.below.as_slice()).unwrap_or_default();
    let named =
        beside.iter().flat_map(|(name, _, step)| step.references.iter().map(move |reference| (*name, reference)));
    named
        .filter(|(_, reference)| reference.beside.key == Some(own))
        .map(|(name, reference)| (name, reference.kind))
        .collect()
}

fn step_of(cursor: &Cursor, path: &[Segment]) -> Option<&'static Step> {
    let links = schema::links(&cursor.gvk.group, &cursor.gvk.kind)?;
    let mut step = &links.references;
    let mut path = path.iter();
    while let Some(segment) = path.next() {
        let Segment::Field(name) = segment else { return None };
        let (_, is_list, below) = step.below.iter().find(|(field, ..)| field == name)?;
        if *is_list {
            path.next().filter(|next| matches!(next, Segment::Index(_)))?;
        }
        step = below;
    }
    Some(step)
}

fn target(cursor: &Cursor, reference: &Reference) -> Option<Target> {
    let beside =
        |field: Option<&str>| field.map(|field| cursor.beside(field).to_owned()).filter(|text| !text.is_empty());
    let namespace = if reference.cluster { Some(String::new()) } else { beside(reference.beside.namespace) };
    let Some(kind) = beside(reference.beside.kind) else {
        let group = Some(reference.group.to_owned());
        let kind = reference.kind.to_owned();
        return (!kind.is_empty()).then_some(Target { group, kind, namespace });
    };
    if reference.only.is_some_and(|only| only != kind) {
        return None;
    }
    let of_version = |version: String| version.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    let group = beside(reference.beside.group).or_else(|| beside(reference.beside.api_version).map(of_version));
    let is_same = kind == reference.kind;
    Some(Target { group: group.or_else(|| is_same.then(|| reference.group.to_owned())), kind, namespace })
}
