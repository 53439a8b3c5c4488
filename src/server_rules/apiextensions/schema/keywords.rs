//! The keywords of one schema, read in one pass over its entries.
//!
//! Apart because each walk over a schema asks for most of them at every node: looking each one up would cost more than
//! all rules together. What is `null` is not set. Source: `JSONSchemaProps` of apiextensions-apiserver
//! `pkg/apis/apiextensions/v1/types_jsonschema.go`, `marshal.go` (1.36).

use crate::object::view::View as _;
use crate::yaml::{Kind, NodeRef};

/// Levels of a schema that are judged: the walks recurse, and the stack is not endless.
pub(super) const DEEPEST: u32 = 120;

/// One schema.
#[allow(clippy::struct_excessive_bools, reason = "one for each keyword that is one")]
#[derive(Clone, Copy, Default)]
pub(super) struct Keywords<'t> {
    /// `type`; empty for none.
    pub kind: &'t str,
    pub default: Option<NodeRef<'t>>,
    pub nullable: bool,
    pub unique_items: bool,
    pub pattern: &'t str,
    pub properties: Option<NodeRef<'t>>,
    pub additional_properties: Option<NodeRef<'t>>,
    pub pattern_properties: Option<NodeRef<'t>>,
    pub additional_items: Option<NodeRef<'t>>,
    pub definitions: Option<NodeRef<'t>>,
    pub dependencies: Option<NodeRef<'t>>,
    pub items: Option<NodeRef<'t>>,
    pub all_of: Option<NodeRef<'t>>,
    pub any_of: Option<NodeRef<'t>>,
    pub one_of: Option<NodeRef<'t>>,
    pub not: Option<NodeRef<'t>>,
    pub required: Option<NodeRef<'t>>,
    pub id: &'t str,
    pub dialect: &'t str,
    pub reference: Option<&'t str>,
    pub title: &'t str,
    pub description: &'t str,
    pub preserve_unknown_fields: Option<bool>,
    pub embedded_resource: bool,
    pub int_or_string: bool,
    pub list_map_keys: Option<NodeRef<'t>>,
    pub list_type: Option<&'t str>,
    pub map_type: Option<&'t str>,
    pub validations: Option<NodeRef<'t>>,
}

impl<'t> Keywords<'t> {
    /// Reads a schema; what is no mapping is one without keywords.
    pub fn read(node: NodeRef<'t>) -> Self {
        let mut read = Self::default();
        for entry in node.entries() {
            let value = entry.value;
            if value.is_null() {
                continue;
            }
            let text = || value.as_str().unwrap_or_default();
            let flag = || value.as_bool() == Some(true);
            match entry.name() {
                "type" => read.kind = text(),
                "default" => read.default = Some(value),
                "nullable" => read.nullable = flag(),
                "uniqueItems" => read.unique_items = flag(),
                "pattern" => read.pattern = text(),
                "properties" => read.properties = Some(value),
                "additionalProperties" => read.additional_properties = Some(value),
                "patternProperties" => read.pattern_properties = Some(value),
                "additionalItems" => read.additional_items = Some(value),
                "definitions" => read.definitions = Some(value),
                "dependencies" => read.dependencies = Some(value),
                "items" => read.items = Some(value),
                "allOf" => read.all_of = Some(value),
                "anyOf" => read.any_of = Some(value),
                "oneOf" => read.one_of = Some(value),
                "not" => read.not = Some(value),
                "required" => read.required = Some(value),
                "id" => read.id = text(),
                "$schema" => read.dialect = text(),
                "$ref" => read.reference = value.as_str(),
                "title" => read.title = text(),
                "description" => read.description = text(),
                "x-kubernetes-preserve-unknown-fields" => read.preserve_unknown_fields = value.as_bool(),
                "x-kubernetes-embedded-resource" => read.embedded_resource = flag(),
                "x-kubernetes-int-or-string" => read.int_or_string = flag(),
                "x-kubernetes-list-map-keys" => read.list_map_keys = Some(value),
                "x-kubernetes-list-type" => read.list_type = value.as_str(),
                "x-kubernetes-map-type" => read.map_type = value.as_str(),
                "x-kubernetes-validations" => read.validations = Some(value),
                _ => {}
            }
        }
        read
    }

    /// The one schema of all items; none for a list of schemas.
    pub fn item(&self) -> Option<NodeRef<'t>> {
        self.items.filter(|items| items.kind() == Kind::Mapping)
    }

    /// The schema of properties that are not named, where there is one.
    pub fn additional_schema(&self) -> Option<NodeRef<'t>> {
        self.additional_properties.filter(|schema| schema.kind() == Kind::Mapping)
    }

    /// Whether properties that are not named are allowed: by `true`, or by a schema.
    pub fn allows_additional(&self) -> bool {
        self.additional_properties.is_some_and(|value| value.as_bool() != Some(false))
    }
}

/// The name of each property with its schema; one that is `null` is not there.
pub(super) fn named(properties: Option<NodeRef<'_>>) -> impl Iterator<Item = (&str, NodeRef<'_>)> {
    properties.into_iter().flat_map(|properties| {
        let entries = properties.entries().filter(|entry| !entry.value.is_null());
        entries.map(|entry| (entry.name(), entry.value))
    })
}

/// The elements of a list, with their indexes.
pub(super) fn listed(list: Option<NodeRef<'_>>) -> impl Iterator<Item = (usize, NodeRef<'_>)> {
    list.into_iter().flat_map(NodeRef::elements).enumerate()
}

/// Whether a list or map has anything in it.
pub(super) fn is_filled(node: Option<NodeRef<'_>>) -> bool {
    node.is_some_and(|node| !node.is_empty())
}

/// Calls `see` with a schema and all schemas in it, as far as it returns true, in no particular order (`SchemaHas`).
/// Nothing is recursed: any depth is walked.
pub(in super::super) fn each_schema<'t>(root: NodeRef<'t>, see: &mut impl FnMut(NodeRef<'t>) -> bool) {
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        if !see(node) {
            return;
        }
        for entry in node.entries() {
            let value = entry.value;
            match entry.name() {
                "items" | "allOf" | "anyOf" | "oneOf" if value.kind() == Kind::Sequence => {
                    stack.extend(value.elements());
                }
                "items" | "not" | "additionalProperties" | "additionalItems" => stack.push(value),
                "properties" | "patternProperties" | "definitions" | "dependencies" => {
                    stack.extend(value.entries().map(|entry| entry.value));
                }
                _ => {}
            }
        }
    }
}

/// Whether a schema, or one in it, has a default.
pub(in super::super) fn has_default(root: NodeRef<'_>) -> bool {
    let mut found = false;
    each_schema(root, &mut |schema| {
        found |= schema.has("default");
        !found
    });
    found
}
