//! What is known of the type of a value when two objects are merged: what stands in it, and what is one value.
//!
//! Apart because kubectl and the server ask the same of it, each in its own words (`x-kubernetes-patch-strategy` here,
//! `x-kubernetes-list-type` there), and because a CustomResourceDefinition tells of it as the published schemas do.
//!
//! Source: the published schemas of Kubernetes; `SchemaDeclType` and `typed` of structured-merge-diff (v6).

use super::Patch;
use crate::schema::{self, Field, Schema, Type};
use crate::server_rules::custom::Definition;
use crate::server_rules::custom::schema::{JsonSchema, ListType};
use crate::yaml::NodeRef;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// What is known of a value's type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'s> {
    /// A struct: the root of an object of a built-in kind.
    Struct(&'static schema::Definition),
    /// The value of a field.
    Field(&'static Field),
    /// An element of a list, or a value of a map.
    Element(&'static Type),
    /// The root of a custom resource.
    Resource(&'s Definition),
    /// A part of a custom resource.
    Part(&'s Definition, &'s JsonSchema),
    /// Nothing, or nothing that matters.
    Unknown,
}

/// How a list's elements are told apart.
#[derive(Debug)]
pub(super) enum Elements<'s> {
    /// Not at all: the list is one value.
    Atomic,
    /// By value.
    Set,
    /// By their keys.
    Keys(Vec<&'s str>),
}

impl<'s> Shape<'s> {
    fn ty(self) -> Option<&'static Type> {
        match self {
            Shape::Field(field) => Some(&field.ty),
            Shape::Element(ty) => Some(ty),
            _ => None,
        }
    }

    fn definition(self, schema: Schema) -> Option<&'static schema::Definition> {
        match (self, self.ty()) {
            (Shape::Struct(definition), _) => Some(definition),
            (_, Some(Type::Object(name))) => schema.definition(name),
            _ => None,
        }
    }

    /// What stands under a key.
    pub(super) fn under(self, schema: Schema, key: &str) -> Shape<'s> {
        match (self, self.ty()) {
            (Shape::Resource(_), _) if key == "metadata" => {
                schema.definition(OBJECT_META).map_or(Shape::Unknown, Shape::Struct)
            }
            (Shape::Resource(definition), _) => Shape::Part(definition, definition.schema()).under(schema, key),
            (Shape::Part(definition, part), _) => {
                part.of_key(key).map_or(Shape::Unknown, |part| Shape::Part(definition, part))
            }
            (_, Some(Type::Map(values))) => Shape::Element(values),
            _ => {
                let field = self.definition(schema).and_then(|definition| definition.field(key));
                field.map_or(Shape::Unknown, Shape::Field)
            }
        }
    }

    /// Whether a key is the name of a field, and not one of a map's.
    pub(super) fn names(self, schema: Schema, key: &str) -> bool {
        match self {
            Shape::Resource(_) => true,
            Shape::Part(_, part) => part.property(key).is_some(),
            _ => self.definition(schema).is_some_and(|definition| definition.field(key).is_some()),
        }
    }

    /// Whether an object of it has a status that only its own endpoint changes: the kinds of the server that have one
    /// all do so.
    pub(super) fn has_status(self) -> bool {
        match self {
            Shape::Resource(definition) => definition.has_status_subresource(),
            _ => matches!(self, Shape::Struct(_)),
        }
    }

    /// Whether it is a map of lists.
    pub(super) fn is_map_of_lists(self) -> bool {
        matches!(self.ty(), Some(Type::Map(values)) if matches!(**values, Type::List(_)))
    }

    /// What the elements of a list are.
    pub(super) fn element(self) -> Shape<'s> {
        match (self, self.ty()) {
            (Shape::Part(definition, part), _) => {
                part.items.as_deref().map_or(Shape::Unknown, |items| Shape::Part(definition, items))
            }
            (_, Some(Type::List(element))) => Shape::Element(element),
            _ => Shape::Unknown,
        }
    }

    /// How the elements of a list are told apart.
    pub(super) fn elements(self, patch: Patch<'_>) -> Elements<'s> {
        match (self, patch) {
            (Shape::Field(field), Patch::ClientSide) => match (field.patch_strategy, field.patch_merge_key) {
                (Some(strategy), Some(key)) if strategy.contains("merge") => Elements::Keys(vec![key]),
                (Some(strategy), None) if strategy.contains("merge") => Elements::Set,
                _ => Elements::Atomic,
            },
            (Shape::Field(field), Patch::ServerSide(_)) => match field.list_type {
                schema::ListType::Atomic => Elements::Atomic,
                schema::ListType::Set => Elements::Set,
                schema::ListType::Map => Elements::Keys(field.list_map_keys.clone()),
            },
            // kubectl knows no schema of a custom resource.
            (Shape::Part(_, part), Patch::ServerSide(_)) => match part.list_type {
                None | Some(ListType::Atomic) => Elements::Atomic,
                Some(ListType::Set) => Elements::Set,
                Some(ListType::Map) => Elements::Keys(part.list_map_keys.iter().map(AsRef::as_ref).collect()),
            },
            _ => Elements::Atomic,
        }
    }

    /// Whether a map is owned as one value.
    pub(super) fn is_atomic_map(self, schema: Schema, patch: Patch<'_>) -> bool {
        let Patch::ServerSide(_) = patch else { return false };
        match self {
            Shape::Part(_, part) => part.atomic_map,
            Shape::Field(field) if field.atomic => true,
            _ => self.definition(schema).is_some_and(|definition| definition.atomic),
        }
    }

    /// Whether a map loses what the new one does not have: the patch strategy `retainKeys`.
    pub(super) fn retains_keys(self, patch: Patch<'_>) -> bool {
        let Shape::Field(field) = self else { return false };
        patch == Patch::ClientSide && field.patch_strategy.is_some_and(|strategy| strategy.contains("retainKeys"))
    }

    /// The value that a key of a list's element has where none is written.
    pub(super) fn default_of(self, schema: Schema, key: &str) -> Option<serde_json::Value> {
        if let Shape::Part(definition, part) = self {
            let default = part.property(key)?.default?;
            return Some(definition.tree().node(default).to_json());
        }
        let default = self.definition(schema)?.field(key)?.facts.default?;
        serde_json::from_str(default).ok()
    }
}

/// The value of a key of a list's element as it counts.
pub(super) fn key_of(schema: Schema, shape: Shape<'_>, element: NodeRef<'_>, key: &str) -> Option<serde_json::Value> {
    element.get(key).map(NodeRef::to_json).or_else(|| shape.default_of(schema, key))
}
