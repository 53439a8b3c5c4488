//! What CEL knows of a value before there is one: its type, and how large it can be.
//!
//! Apart because rules are compiled when their definition is written, and all there is then is the schema. Recursion
//! goes down the schema, whose depth is limited. Sources: `SchemaDeclType` of apiserver `pkg/cel/common/schemas.go`,
//! `DeclType` of `pkg/cel/types.go`, `sizeEstimator` of apiextensions `pkg/apiserver/schema/cel/compilation.go` (1.36).

use super::super::schema::{AdditionalProperties, JsonSchema, SchemaType};
use super::convert::has_meta;
use super::escape::escape;
use crate::cel::Type;
use crate::cel::cost::{Estimator, Name, Range};
use crate::yaml::{NodeRef, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest request, in bytes (`MaxRequestSizeBytes`).
const LARGEST_REQUEST: u64 = 3 * 1024 * 1024;

/// The least that values take in JSON, in bytes (`pkg/cel/limits.go`).
const NUMBER: u64 = 1;
const BOOL: u64 = 4;
const STRING: u64 = 2;
const DURATION: u64 = 3;
const DATE: u64 = 12;
const DATE_TIME: u64 = 21;

/// The most that durations and times take (`MaxDurationSizeJSON`, `MaxDatetimeSizeJSON`).
const TIME_LIMIT: u64 = 32;

/// A type, with sizes.
#[derive(Debug)]
pub struct Declared {
    shape: Shape,
    /// The most characters, elements or entries.
    most: u64,
    /// The least bytes of it in JSON.
    least_bytes: u64,
}

#[derive(Debug)]
enum Shape {
    Plain(Type),
    List(Arc<Declared>),
    Map(Arc<Declared>),
    /// By names as CEL writes them.
    Object(BTreeMap<Arc<str>, Arc<Declared>>),
}

impl Declared {
    /// What a schema declares; none where CEL sees no such value. `is_root` is for whole resources, which have a kind
    /// and names whatever their schema says.
    pub fn of(definition: &Tree, schema: &JsonSchema, is_root: bool) -> Option<Arc<Self>> {
        Reader { definition }.read(schema, is_root).map(Arc::new)
    }

    /// What the elements of a list or the values of a map are.
    pub fn element(&self) -> Option<&Arc<Self>> {
        match &self.shape {
            Shape::List(of) | Shape::Map(of) => Some(of),
            _ => None,
        }
    }

    /// What a field is, by its name in the schema.
    pub fn field(&self, name: &str) -> Option<&Arc<Self>> {
        match &self.shape {
            Shape::Object(fields) => fields.get(&*escape(name)?),
            _ => None,
        }
    }

    /// The type; objects are called by where they stand below a name (`MaybeAssignTypeName`).
    pub fn as_type(&self, name: &str) -> Type {
        match &self.shape {
            Shape::Plain(of) => of.clone(),
            Shape::List(of) => Type::list(of.as_type(&format!("{name}.@idx"))),
            Shape::Map(of) => Type::map(Type::String, of.as_type(&format!("{name}.@elem"))),
            Shape::Object(fields) => {
                let fields: Vec<(&str, Type)> =
                    fields.iter().map(|(field, of)| (&**field, of.as_type(&format!("{name}.{field}")))).collect();
                Type::object(name, fields)
            }
        }
    }

    /// How often such a value can stand in one request at most (`maxCardinality`).
    pub fn most_in_request(&self) -> u64 {
        LARGEST_REQUEST / self.least_bytes.saturating_add(1)
    }
}

impl Estimator for Declared {
    fn size(&self, path: &[Name], _: &Type) -> Option<Range> {
        // The first is the variable.
        let (_, path) = path.split_first()?;
        let mut of = self;
        for part in path {
            let below = match (&of.shape, &**part) {
                (Shape::List(of) | Shape::Map(of), "@items" | "@values") => of,
                (Shape::Map(_), "@keys") => return Some(Range::exactly(0)),
                (Shape::Object(fields), name) => fields.get(name)?,
                _ => return None,
            };
            of = below;
        }
        Some(Range { min: 0, max: of.most })
    }
}

#[derive(Clone, Copy)]
struct Reader<'d> {
    definition: &'d Tree,
}

impl Reader<'_> {
    fn read(self, schema: &JsonSchema, is_root: bool) -> Option<Declared> {
        let limits = schema.limits.as_deref();
        let limit = |limit: Option<i64>| limit.map(|limit| u64::try_from(limit).unwrap_or(0));
        let most_text = limit(limits.and_then(|limits| limits.max_length)).map(|count| count.saturating_mul(4));
        let plain = |of: Type, most: u64, least_bytes: u64| Declared { shape: Shape::Plain(of), most, least_bytes };
        let any_text = LARGEST_REQUEST - 2;
        if schema.int_or_string {
            return Some(plain(Type::Dyn, most_text.unwrap_or(any_text), 1));
        }
        Some(match schema.kind? {
            SchemaType::Array => {
                let of = self.part(schema.items.as_deref()?)?;
                let most = limit(limits.and_then(|limits| limits.max_items));
                let most = most.unwrap_or((LARGEST_REQUEST - 2) / of.least_bytes.saturating_add(1));
                Declared { shape: Shape::List(of), most, least_bytes: 2 }
            }
            SchemaType::Object => {
                if let Some(AdditionalProperties::Schema(values)) = &schema.additional_properties {
                    let of = self.part(values)?;
                    let most = limit(limits.and_then(|limits| limits.max_properties));
                    let most = most.unwrap_or((LARGEST_REQUEST - 2) / of.least_bytes.saturating_add(6));
                    return Some(Declared { shape: Shape::Map(of), most, least_bytes: 2 });
                }
                self.object(schema, is_root)
            }
            SchemaType::String => {
                let format = limits.and_then(|limits| limits.format.as_ref()).map_or("", |format| &*format.name);
                match format {
                    "byte" => {
                        let most = limit(limits.and_then(|limits| limits.max_length)).unwrap_or(any_text);
                        plain(Type::Bytes, most, STRING)
                    }
                    "duration" => plain(Type::Duration, TIME_LIMIT, DURATION),
                    "date" => plain(Type::Timestamp, DATE, DATE),
                    "date-time" => plain(Type::Timestamp, TIME_LIMIT, DATE_TIME),
                    _ => plain(Type::String, most_text.unwrap_or_else(|| self.longest(schema, any_text)), STRING),
                }
            }
            SchemaType::Boolean => plain(Type::Bool, 0, BOOL),
            SchemaType::Number => plain(Type::Double, 0, NUMBER),
            SchemaType::Integer => plain(Type::Int, 0, NUMBER),
        })
    }

    fn part(self, schema: &JsonSchema) -> Option<Arc<Declared>> {
        self.read(schema, schema.embedded_resource).map(Arc::new)
    }

    fn object(self, schema: &JsonSchema, is_root: bool) -> Declared {
        let mut fields = BTreeMap::new();
        let mut least_bytes: u64 = 2;
        let mut add = |name: &str, of: Arc<Declared>, default: bool| {
            if !default && schema.required.iter().any(|required| **required == *name) {
                least_bytes = least_bytes.saturating_add(name.len() as u64 + 4).saturating_add(of.least_bytes);
            }
            if let Some(name) = escape(name) {
                fields.insert(Arc::from(&*name), of);
            }
        };
        let adds_meta = is_root && !has_meta(schema);
        for (name, property) in &schema.properties {
            if adds_meta && matches!(&**name, "kind" | "apiVersion" | "metadata") {
                continue;
            }
            if let Some(of) = self.part(property) {
                add(name, of, property.default.is_some());
            }
        }
        if adds_meta {
            let text = || {
                let (shape, most) = (Shape::Plain(Type::String), LARGEST_REQUEST - 2);
                Arc::new(Declared { shape, most, least_bytes: STRING })
            };
            add("kind", text(), false);
            add("apiVersion", text(), false);
            let names = ["name", "generateName"].map(|name| (Arc::from(name), text()));
            let shape = Shape::Object(names.into_iter().collect());
            add("metadata", Arc::new(Declared { shape, most: 0, least_bytes: 2 }), false);
        }
        Declared { shape: Shape::Object(fields), most: 0, least_bytes }
    }

    /// The length of the longest text that may be there.
    fn longest(self, schema: &JsonSchema, otherwise: u64) -> u64 {
        let allowed = schema.allowed.map(|list| self.definition.node(list)).filter(|list| !list.is_empty());
        allowed.map_or(otherwise, |list| {
            list.elements().filter_map(NodeRef::as_str).map(|text| text.len() as u64).max().unwrap_or(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::tree;
    use super::*;
    use serde_json::{Value, json};

    fn declared(schema: &Value, is_root: bool) -> Option<Arc<Declared>> {
        let tree = tree(schema);
        Declared::of(&tree, &JsonSchema::read(tree.root()), is_root)
    }

    #[test]
    fn formats_make_types() {
        for (schema, of) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": "string", "format": "byte"}), "bytes"),
            (json!({"type": "string", "format": "duration"}), "duration"),
            (json!({"type": "string", "format": "date"}), "timestamp"),
            (json!({"type": "string", "format": "date-time"}), "timestamp"),
            (json!({"type": "string", "format": "datetime"}), "string"),
            (json!({"type": "integer", "format": "int32"}), "int"),
            (json!({"type": "number"}), "double"),
            (json!({"x-kubernetes-int-or-string": true}), "dyn"),
            (json!({"type": "array", "items": {"type": "boolean"}}), "list(bool)"),
            (json!({"type": "object", "additionalProperties": {"type": "string"}}), "map(string, string)"),
            (json!({"type": "array", "items": {"type": "object"}}), "list(hull.@idx)"),
        ] {
            assert_eq!(declared(&schema, false).map(|it| it.as_type("hull").to_string()).as_deref(), Some(of));
        }
        let unknown = json!({"x-kubernetes-preserve-unknown-fields": true});
        assert!(declared(&unknown, false).is_none());
        assert!(declared(&json!({"type": "array", "items": unknown}), false).is_none());
    }

    #[test]
    fn sizes_follow_from_limits() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string", "maxLength": 5}, "flag": {"type": "string", "enum": ["no", "yes"]},
            "log": {"type": "string"}, "crew": {"type": "array", "maxItems": 7, "items": {"type": "string"}},
            "marks": {"type": "array", "items": {"type": "object", "required": ["at"], "properties": {
                "at": {"type": "integer"}}}}}});
        let of = declared(&schema, false).expect("an object");
        let size = |path: &[&str]| {
            let path: Vec<Name> = ["self"].iter().chain(path).map(|part| Arc::from(*part)).collect();
            of.size(&path, &Type::Dyn).map(|range| range.max)
        };
        assert_eq!((size(&["name"]), size(&["flag"]), size(&["log"])), (Some(20), Some(3), Some(3_145_726)));
        assert_eq!((size(&["crew"]), size(&["crew", "@items"])), (Some(7), Some(3_145_726)));
        // {"at":0} and a comma.
        assert_eq!((size(&["marks"]), size(&["mast"])), (Some(3_145_726 / 10), None));
    }

    #[test]
    fn resources_have_a_kind_and_names() {
        let schema = json!({"type": "object", "properties": {"metadata": {"type": "object"}}});
        assert!(declared(&schema, false).is_some_and(|of| of.field("kind").is_none()));
        let of = declared(&schema, true).expect("an object");
        assert!(of.field("kind").is_some());
        assert!(of.field("metadata").is_some_and(|metadata| metadata.field("name").is_some()));
    }
}
