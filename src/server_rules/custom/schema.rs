//! The schema of a custom resource, as a CustomResourceDefinition's `openAPIV3Schema` writes it.
//!
//! Apart because everything about custom resources walks it: pruning, defaulting, validation, CEL. It is read once for
//! each version that is asked for, and only what is looked at for every object is taken out of the tree; the rest is
//! remembered by its node. Every part knows the node it was read from, so that a finding can show where it is defined.
//!
//! Source: `JSONSchemaProps` of apiextensions `v1/types_jsonschema.go`, `pkg/apiserver/schema/structural.go` (1.36).

use super::limits::Limits;
use crate::object::view::View;
use crate::yaml::{Kind, NodeIndex, NodeRef};

/// Levels of a schema that are read. What lies deeper is taken for a value of any form: walks over a schema recurse, and
/// the stack is not endless.
const DEEPEST: u32 = 150;

/// `type` of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaType {
    /// `array`
    Array,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `object`
    Object,
    /// `string`
    String,
}

impl SchemaType {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            SchemaType::Array => "array",
            SchemaType::Boolean => "boolean",
            SchemaType::Integer => "integer",
            SchemaType::Number => "number",
            SchemaType::Object => "object",
            SchemaType::String => "string",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Array, Self::Boolean, Self::Integer, Self::Number, Self::Object, Self::String]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// `x-kubernetes-list-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListType {
    /// One value.
    Atomic,
    /// No element twice.
    Set,
    /// No two elements with the same keys.
    Map,
}

/// `additionalProperties`.
#[derive(Debug)]
pub enum AdditionalProperties {
    /// Whether there may be any.
    Allowed(bool),
    /// What they look like.
    Schema(Box<JsonSchema>),
}

/// One schema. What is not written is absent, empty or false.
#[allow(clippy::struct_excessive_bools, reason = "each is a keyword that is true or false")]
#[derive(Debug)]
pub struct JsonSchema {
    /// Where it stands in the tree of its CustomResourceDefinition.
    pub node: NodeIndex,
    /// `type`
    pub kind: Option<SchemaType>,
    /// `nullable`
    pub nullable: bool,
    /// `x-kubernetes-int-or-string`
    pub int_or_string: bool,
    /// `x-kubernetes-preserve-unknown-fields`
    pub preserve_unknown_fields: bool,
    /// `x-kubernetes-embedded-resource`
    pub embedded_resource: bool,
    /// `x-kubernetes-map-type: atomic`
    pub atomic_map: bool,
    /// `x-kubernetes-list-type`
    pub list_type: Option<ListType>,
    /// `x-kubernetes-list-map-keys`
    pub list_map_keys: Vec<Box<str>>,
    /// `properties`, sorted by name.
    pub properties: Vec<(Box<str>, JsonSchema)>,
    /// `additionalProperties`
    pub additional_properties: Option<AdditionalProperties>,
    /// `items`
    pub items: Option<Box<JsonSchema>>,
    /// `required`
    pub required: Vec<Box<str>>,
    /// `default`, in the same tree; `default: null` is none.
    pub default: Option<NodeIndex>,
    /// `enum`, a list in the same tree.
    pub allowed: Option<NodeIndex>,
    /// `x-kubernetes-validations`, a list in the same tree.
    pub validations: Option<NodeIndex>,
    /// What a number, a text, a list or an object is held to besides.
    pub limits: Option<Box<Limits>>,
    /// `allOf`
    pub all_of: Vec<JsonSchema>,
    /// `anyOf`
    pub any_of: Vec<JsonSchema>,
    /// `oneOf`
    pub one_of: Vec<JsonSchema>,
    /// `not`
    pub not: Option<Box<JsonSchema>>,
    /// Whether a default stands in it or below it, quantifiers left out.
    pub has_defaults: bool,
    /// Whether it or a part of it has a list that is a set or a map.
    pub has_unique_lists: bool,
    /// Whether it or a part of it is an embedded resource.
    pub has_embedded_resources: bool,
    /// Whether it or a part of it has rules in CEL.
    pub has_validations: bool,
}

impl JsonSchema {
    /// Reads a schema.
    pub fn read(node: NodeRef<'_>) -> Self {
        Self::read_at(node, false, 0)
    }

    /// Reads a schema as the server does for the defaults in it: that something is an integer or a string says nothing
    /// there, and its `type`, if it has one, holds (`Structural.ToKubeOpenAPI`).
    pub fn read_for_defaults(node: NodeRef<'_>) -> Self {
        Self::read_at(node, true, 0)
    }

    /// What holds of any value.
    fn anything(node: NodeRef<'_>) -> Self {
        Self {
            node: node.index(),
            kind: None,
            nullable: false,
            int_or_string: false,
            preserve_unknown_fields: false,
            embedded_resource: false,
            atomic_map: false,
            list_type: None,
            list_map_keys: Vec::new(),
            properties: Vec::new(),
            additional_properties: None,
            items: None,
            required: Vec::new(),
            default: None,
            allowed: None,
            validations: None,
            limits: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            not: None,
            has_defaults: false,
            has_unique_lists: false,
            has_embedded_resources: false,
            has_validations: false,
        }
    }

    fn read_at(node: NodeRef<'_>, for_defaults: bool, depth: u32) -> Self {
        let mut schema = Self::anything(node);
        if depth == DEEPEST {
            schema.preserve_unknown_fields = true;
            schema.nullable = true;
            return schema;
        }
        let list = |node: NodeRef<'_>| {
            node.elements().map(|element| Self::read_at(element, for_defaults, depth + 1)).collect()
        };
        for entry in node.entries().filter(|entry| !entry.value.is_null()) {
            let value = entry.value;
            match entry.name() {
                "type" => schema.kind = value.as_str().and_then(SchemaType::of),
                "nullable" => schema.nullable = value.as_bool() == Some(true),
                "x-kubernetes-int-or-string" => {
                    schema.int_or_string = !for_defaults && value.as_bool() == Some(true);
                }
                "x-kubernetes-preserve-unknown-fields" => {
                    schema.preserve_unknown_fields = value.as_bool() == Some(true);
                }
                "x-kubernetes-embedded-resource" => schema.embedded_resource = value.as_bool() == Some(true),
                "x-kubernetes-map-type" => schema.atomic_map = value.as_str() == Some("atomic"),
                "x-kubernetes-list-type" => {
                    schema.list_type = match value.as_str() {
                        Some("atomic") => Some(ListType::Atomic),
                        Some("set") => Some(ListType::Set),
                        Some("map") => Some(ListType::Map),
                        _ => None,
                    };
                }
                "x-kubernetes-list-map-keys" => schema.list_map_keys = words(value),
                "x-kubernetes-validations" => schema.validations = Some(value.index()),
                "properties" => {
                    let read = |value| Self::read_at(value, for_defaults, depth + 1);
                    // A property that is null is not there.
                    let named = value.entries().filter(|entry| !entry.value.is_null());
                    schema.properties = named.map(|entry| (entry.name().into(), read(entry.value))).collect();
                }
                "additionalProperties" => {
                    schema.additional_properties = match value.kind() {
                        Kind::Bool => Some(AdditionalProperties::Allowed(value.as_bool() == Some(true))),
                        _ => {
                            Some(AdditionalProperties::Schema(Box::new(Self::read_at(value, for_defaults, depth + 1))))
                        }
                    };
                }
                "items" if value.kind() == Kind::Mapping => {
                    schema.items = Some(Box::new(Self::read_at(value, for_defaults, depth + 1)));
                }
                "required" => schema.required = words(value),
                "default" => schema.default = Some(value.index()),
                "enum" => schema.allowed = Some(value.index()),
                "allOf" => schema.all_of = list(value),
                "anyOf" => schema.any_of = list(value),
                "oneOf" => schema.one_of = list(value),
                "not" => schema.not = Some(Box::new(Self::read_at(value, for_defaults, depth + 1))),
                _ => {}
            }
        }
        schema.limits = Limits::read(node, schema.kind, schema.int_or_string).map(Box::new);
        let below = |has: fn(&Self) -> bool| schema.parts().any(has);
        let has_defaults = schema.default.is_some() || below(|part| part.has_defaults);
        let is_unique = matches!(schema.list_type, Some(ListType::Set | ListType::Map));
        let has_unique_lists = is_unique || below(|part| part.has_unique_lists);
        let has_embedded_resources = schema.embedded_resource || below(|part| part.has_embedded_resources);
        let has_validations = schema.validations.is_some() || below(|part| part.has_validations);
        Self { has_defaults, has_unique_lists, has_embedded_resources, has_validations, ..schema }
    }

    /// The schemas of its parts: properties, additional properties, items.
    pub fn parts(&self) -> impl Iterator<Item = &JsonSchema> {
        let properties = self.properties.iter().map(|(_, schema)| schema);
        properties.chain(self.additional()).chain(self.items.as_deref())
    }

    /// The schema of a property by name.
    pub fn property(&self, name: &str) -> Option<&JsonSchema> {
        let found = self.properties.binary_search_by(|(known, _)| known.as_bytes().cmp(name.as_bytes())).ok()?;
        Some(&self.properties[found].1)
    }

    /// The schema of properties that are not named.
    pub fn additional(&self) -> Option<&JsonSchema> {
        match &self.additional_properties {
            Some(AdditionalProperties::Schema(schema)) => Some(&**schema),
            _ => None,
        }
    }

    /// The schema that a key of an object has.
    pub fn of_key(&self, name: &str) -> Option<&JsonSchema> {
        self.property(name).or_else(|| self.additional())
    }

    /// The types that a value may have, as the server joins them in its errors; empty for any.
    pub fn types(&self) -> &'static [SchemaType] {
        if self.int_or_string {
            return &[SchemaType::Integer, SchemaType::String];
        }
        match self.kind {
            None => &[],
            Some(SchemaType::Array) => &[SchemaType::Array],
            Some(SchemaType::Boolean) => &[SchemaType::Boolean],
            Some(SchemaType::Integer) => &[SchemaType::Integer],
            Some(SchemaType::Number) => &[SchemaType::Number],
            Some(SchemaType::Object) => &[SchemaType::Object],
            Some(SchemaType::String) => &[SchemaType::String],
        }
    }
}

fn words(node: NodeRef<'_>) -> Vec<Box<str>> {
    node.elements().filter_map(NodeRef::as_str).map(Into::into).collect()
}

/// The schema of a version of a CustomResourceDefinition: the node of `openAPIV3Schema`.
pub fn of_version(version: NodeRef<'_>) -> Option<NodeRef<'_>> {
    version.at(&["schema", "openAPIV3Schema"]).filter(|schema| !schema.is_empty() || schema.has("type"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Tree, TreeBuilder};
    use serde_json::json;

    fn tree(value: &serde_json::Value) -> Tree {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        builder.finish(root)
    }

    #[test]
    fn reads_what_is_written() {
        let tree = tree(&json!({"type": "object", "required": ["keel"], "properties": {
            "keel": {"type": "integer", "default": 3, "nullable": true},
            "crew": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {"type": "object", "additionalProperties": {"type": "string"}}},
            "port": {"x-kubernetes-int-or-string": true, "not": {"enum": [80]}},
            "log": {"additionalProperties": false, "default": null},
        }}));
        let schema = JsonSchema::read(tree.root());
        assert_eq!((schema.types(), schema.required.len()), ([SchemaType::Object].as_slice(), 1));
        let names: Vec<&str> = schema.properties.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["crew", "keel", "log", "port"]);
        let keel = schema.property("keel").unwrap();
        assert_eq!((keel.nullable, keel.default.map(|node| tree.node(node).as_i64())), (true, Some(Some(3))));
        let crew = schema.property("crew").unwrap();
        assert_eq!((crew.list_type, crew.list_map_keys.len()), (Some(ListType::Map), 1));
        let key = crew.items.as_deref().and_then(|items| items.of_key("any")).unwrap();
        assert_eq!(key.kind, Some(SchemaType::String));
        assert_eq!(schema.property("port").unwrap().types(), [SchemaType::Integer, SchemaType::String]);
        assert!(schema.property("log").unwrap().default.is_none());
        assert!(schema.has_defaults && schema.has_unique_lists && !schema.has_embedded_resources);
    }

    #[test]
    fn does_not_follow_a_schema_without_end() {
        let mut value = json!({"type": "string"});
        for _ in 0..5000 {
            let mut properties = serde_json::Map::new();
            properties.insert("a".to_owned(), value);
            let mut schema = serde_json::Map::new();
            schema.insert("properties".to_owned(), properties.into());
            value = schema.into();
        }
        let tree = tree(&value);
        // Dropping such a value would itself recurse.
        std::mem::forget(value);
        let mut schema = &JsonSchema::read(tree.root());
        let mut depth = 0;
        while let Some((_, below)) = schema.properties.first() {
            (schema, depth) = (below, depth + 1);
        }
        assert_eq!(depth, DEEPEST);
    }
}
