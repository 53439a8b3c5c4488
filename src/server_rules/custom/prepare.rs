//! The object as the server goes on with it: unknown fields dropped, nulls that mean nothing dropped, defaults filled in.
//!
//! Apart because everything behind it judges the object that comes of this. The three walks of the server are one here:
//! what the first drops the others do not see, and what the last adds the others have seen in the definition.
//!
//! Source: apiextensions `pkg/apiserver/schema/pruning/algorithm.go`, `defaulting/prunenulls.go`,
//! `defaulting/algorithm.go` (1.36).

use super::definition::Definition;
use super::schema::JsonSchema;
use super::unknown_fields::UnknownField;
use crate::object::{Object, Path};
use crate::yaml::{ByteRange, Entry, Kind, NodeIndex, NodeRef, Tree, TreeBuilder, Value};
use std::sync::Arc;

/// An object made ready for validation.
#[derive(Debug)]
pub(super) struct Prepared {
    pub tree: Tree,
    /// What was dropped for being unknown, in the server's order.
    pub unknown: Vec<UnknownField>,
}

/// What becomes of the status.
#[derive(Clone, Copy)]
pub(super) enum Status<'s> {
    /// It is a field like any other.
    Kept,
    /// Creating an object does not set it, and updating one leaves it as it is.
    Live(Option<NodeRef<'s>>),
}

/// What becomes of a null that a field may not be and that no default replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    /// It is dropped, as of all that is decoded.
    Dropped,
    /// It stays: what server-side apply merges is not decoded again (`Apply` in apimachinery
    /// `pkg/util/managedfields/internal/structuredmerge.go`, which asks for defaults alone).
    Kept,
}

/// Prepares an object of the definition's kind.
pub(super) fn prepare(
    root: NodeRef<'_>,
    definition: &Definition,
    schema: &JsonSchema,
    status: Status<'_>,
    nulls: Nulls,
) -> Prepared {
    let mut preparation = Preparation {
        definition: definition.tree(),
        nulls,
        builder: TreeBuilder::new("".into()),
        unknown: Vec::new(),
        depth: 0,
    };
    let pruning = if definition.preserves_unknown_fields() { Pruning::Off } else { Pruning::On };
    let place = Place { path: &Path::ROOT, around: None, status: Some(status) };
    let node = preparation.value(root, Some(schema), pruning, place);
    let mut unknown = preparation.unknown;
    unknown.sort_by_cached_key(UnknownField::path);
    Prepared { tree: preparation.builder.finish(node), unknown }
}

/// What the server keeps of a custom resource that a manifest tells: with its defaults, and without what is unknown.
pub fn stored(object: &Object, definition: &Definition) -> Object {
    let tree = Arc::new(prepare(object.root(), definition, definition.schema(), Status::Kept, Nulls::Dropped).tree);
    Object { node: tree.root().index(), tree, ..object.clone() }
}

/// Whether a value has fields that its schema, one of a definition, does not know. It is no object of its own unless the
/// schema says so.
pub(super) fn has_unknown_fields(value: NodeRef<'_>, schema: &JsonSchema, definition: &Tree) -> bool {
    let builder = TreeBuilder::new("".into());
    let mut preparation = Preparation { definition, nulls: Nulls::Dropped, builder, unknown: Vec::new(), depth: 0 };
    let place = Place { path: &Path::ROOT, around: None, status: None };
    preparation.value(value, Some(schema), Pruning::On, place);
    !preparation.unknown.is_empty()
}

/// What is done with a field that the schema does not name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pruning {
    /// It is dropped.
    On,
    /// It is kept, though what the schema does name is pruned.
    Skipped,
    /// It is kept, and so is everything below.
    Off,
}

/// Fields that every object has.
const META_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Steps below the object beyond which values are taken as they are.
const MOST_STEPS: u32 = 200;

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p Path<'p>,
    /// The schema of what it stands in.
    around: Option<&'p JsonSchema>,
    /// What becomes of the status, in the object itself.
    status: Option<Status<'p>>,
}

struct Preparation<'p> {
    definition: &'p Tree,
    nulls: Nulls,
    builder: TreeBuilder,
    unknown: Vec<UnknownField>,
    depth: u32,
}

impl<'p> Preparation<'p> {
    fn value(
        &mut self,
        node: NodeRef<'_>,
        schema: Option<&JsonSchema>,
        pruning: Pruning,
        place: Place<'_>,
    ) -> NodeIndex {
        let pruning = match pruning {
            Pruning::On if schema.is_some_and(|schema| schema.preserve_unknown_fields) => Pruning::Skipped,
            other => other,
        };
        let is_left_alone = schema.is_none() && pruning != Pruning::On;
        if is_left_alone || self.depth == MOST_STEPS {
            return self.builder.copy(node);
        }
        self.depth += 1;
        let prepared = match node.kind() {
            Kind::Mapping => self.object(node, schema, pruning, place),
            Kind::Sequence => self.list(node, schema, pruning, place),
            _ => self.builder.copy(node),
        };
        self.depth -= 1;
        prepared
    }

    fn list(
        &mut self,
        node: NodeRef<'_>,
        schema: Option<&JsonSchema>,
        pruning: Pruning,
        place: Place<'_>,
    ) -> NodeIndex {
        let items = schema.and_then(|schema| schema.items.as_deref());
        let mut elements = Vec::with_capacity(node.len());
        for (index, element) in node.elements().enumerate() {
            let path = place.path.index(index);
            let place = Place { path: &path, around: schema, status: None };
            elements.push(match self.replacement(element, items) {
                Some(default) => self.value(default, items, Pruning::Off, place),
                None => self.value(element, items, pruning, place),
            });
        }
        self.builder.sequence(&elements, node.written_range())
    }

    fn object(
        &mut self,
        node: NodeRef<'_>,
        schema: Option<&JsonSchema>,
        pruning: Pruning,
        place: Place<'_>,
    ) -> NodeIndex {
        let is_resource = place.status.is_some() || schema.is_some_and(|schema| schema.embedded_resource);
        let mut entries = Vec::with_capacity(node.len());
        for entry in node.entries() {
            let key = entry.name();
            let named = |schema: &JsonSchema| schema.property(key).is_some() || schema.additional_properties.is_some();
            let below = schema.and_then(|schema| schema.of_key(key));
            let pruning = match pruning {
                _ if is_resource && META_FIELDS.contains(&key) => Pruning::Off,
                Pruning::On | Pruning::Skipped if schema.is_some_and(named) => Pruning::On,
                Pruning::On => {
                    self.unknown.push(UnknownField::new(key, place.path, schema, place.around));
                    continue;
                }
                Pruning::Skipped | Pruning::Off => Pruning::Off,
            };
            let path = place.path.field(key);
            let inner = Place { path: &path, around: schema, status: None };
            let is_nothing =
                self.nulls == Nulls::Dropped && entry.value.is_null() && below.is_some_and(|below| !below.nullable);
            let value = match self.replacement(entry.value, below) {
                Some(default) => self.value(default, below, Pruning::Off, inner),
                None if is_nothing => continue,
                None => self.value(entry.value, below, pruning, inner),
            };
            if !(key == "status" && matches!(place.status, Some(Status::Live(_)))) {
                entries.push(Entry { key: self.builder.copy(entry.key), value });
            }
        }
        let live = match place.status {
            Some(Status::Live(live)) => Some(live),
            _ => None,
        };
        if let Some(status) = live.flatten() {
            let key = self.builder.scalar(Value::String("status"), ByteRange::default());
            entries.push(Entry { key, value: self.builder.copy(status) });
        }
        for (name, property) in schema.into_iter().flat_map(|schema| &schema.properties) {
            let is_left_out = node.entry(name).is_some() || (live.is_some() && &**name == "status");
            if let Some(default) = property.default.filter(|_| !is_left_out) {
                let path = place.path.field(name);
                let inner = Place { path: &path, around: schema, status: None };
                let default = self.definition.node(default);
                let key = self.builder.scalar(Value::String(name), ByteRange::default());
                entries.push(Entry { key, value: self.value(default, Some(property), Pruning::Off, inner) });
            }
        }
        self.builder.mapping(entries, node.written_range())
    }

    /// The default that takes the place of a null that may not be.
    fn replacement(&self, node: NodeRef<'_>, schema: Option<&JsonSchema>) -> Option<NodeRef<'p>> {
        let default = schema.filter(|schema| node.is_null() && !schema.nullable)?.default?;
        Some(self.definition.node(default))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{definition, tree};
    use super::*;
    use crate::yaml::{Escape, write_json};
    use serde_json::json;

    fn prepared(schema: &serde_json::Value, spec: &serde_json::Value) -> (String, Vec<String>) {
        let definition = definition(&json!({"type": "object", "properties": {"spec": schema}}));
        let object = tree(&json!({"apiVersion": "dock.example/v1", "kind": "Ship", "spec": spec}));
        let schema = definition.schema();
        let prepared = prepare(object.root(), &definition, schema, Status::Kept, Nulls::Dropped);
        let spec = prepared.tree.root().get("spec").map(|spec| write_json(spec, Escape::Minimal));
        (spec.unwrap_or_default(), prepared.unknown.iter().map(UnknownField::message).collect())
    }

    #[test]
    fn unknown_fields_are_dropped_and_told() {
        let schema = json!({"type": "object", "properties": {"crew": {"type": "array", "items": {
            "type": "object", "properties": {"name": {"type": "string"}}}}, "stores": {"additionalProperties": true}}});
        let (left, unknown) = prepared(
            &schema,
            &json!({"crew": [{"name": "ada", "rank": 1}], "Crew": 1, "stores": {"rum": 1, "tar": {"kegs": 2}}}),
        );
        assert_eq!(left, r#"{"crew":[{"name":"ada"}],"stores":{"rum":1,"tar":{}}}"#);
        assert_eq!(
            unknown,
            [
                "unknown field \"spec.Crew\"",
                "unknown field \"spec.crew[0].rank\"",
                "unknown field \"spec.stores.tar.kegs\""
            ]
        );
    }

    #[test]
    fn unknown_fields_are_kept_where_the_schema_says_so() {
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
            "known": {"type": "object", "properties": {"a": {"type": "string"}}},
            "list": {"type": "array", "x-kubernetes-preserve-unknown-fields": true, "items": {"type": "object"}}}});
        let (left, unknown) =
            prepared(&schema, &json!({"any": {"thing": 1}, "known": {"a": "x", "b": 1}, "list": [{"c": 1}]}));
        assert_eq!(left, r#"{"any":{"thing":1},"known":{"a":"x"},"list":[{"c":1}]}"#);
        assert_eq!(unknown, ["unknown field \"spec.known.b\""]);
    }

    #[test]
    fn nulls_that_mean_nothing_are_dropped_and_defaults_filled_in() {
        let schema = json!({"type": "object", "properties": {
            "keel": {"type": "string", "default": "oak"}, "sail": {"type": "string", "default": "jib"},
            "log": {"type": "string"}, "flag": {"type": "string", "nullable": true, "default": "x"},
            "mast": {"type": "object", "default": {}, "properties": {"height": {"type": "integer", "default": 9}}},
            "hull": {"type": "object", "properties": {"tarred": {"type": "boolean", "default": true}}},
            "holds": {"type": "array", "items": {"type": "string", "default": "empty"}}}});
        let (left, unknown) =
            prepared(&schema, &json!({"keel": null, "log": null, "flag": null, "holds": [null, "full"]}));
        assert_eq!(left, r#"{"flag":null,"holds":["empty","full"],"keel":"oak","mast":{"height":9},"sail":"jib"}"#);
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn lists_in_lists_without_end_are_not_followed() {
        let mut value = json!(1);
        for _ in 0..900 {
            value = json!([value]);
        }
        let (left, unknown) = prepared(&json!({"additionalProperties": true}), &json!({"a": value}));
        assert!(left.starts_with(r#"{"a":[["#) && unknown.is_empty());
    }
}
