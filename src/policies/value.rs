//! Objects as policies see them: as the server's Go types hold them, with defaults, and as `ToUnstructured` shows those.
//!
//! Apart because this is the one place where an object is filled in: rules read objects as they are written, with
//! defaults in mind, and an expression cannot. What only a running server knows is [`Value::Undecided`].
//! Source: `ToUnstructured` of apimachinery `pkg/runtime/converter.go`, `FillObjectMetaSystemFields` of apiserver
//! `pkg/registry/rest/meta.go` (1.37).

use super::defaults;
use crate::cel::map::Map;
use crate::cel::value::Value;
use crate::decode::quantity::Quantity;
use crate::object::Object;
use crate::object::view::View;
use crate::schema::{Definition, Field, KindInfo, Minor, Schema, Type};
use crate::server_rules::custom::validation_rules::convert::plain;
use crate::server_rules::custom::{self, Definition as CustomDefinition};
use crate::server_rules::metadata::LAST_APPLIED;
use crate::yaml::{NodeRef, Value as Yaml};
use std::sync::Arc;

/// Deeper values are not looked at; no built-in type is so deep.
const MAX_DEPTH: usize = 64;

/// The first minor in which `creationTimestamp` is left out where there is none.
const OMITS_ZERO_TIME: Minor = Minor(34);

/// Fields by name, as they become a map.
pub(super) type Fields = Vec<(Value, Value)>;

/// How an object comes to be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'s> {
    /// The server's minor.
    pub minor: Minor,
    /// The namespace it goes to; none for a cluster-scoped kind.
    pub namespace: Option<&'s str>,
    /// Whether it is made by this request: then its status is not what the manifest says.
    pub is_new: bool,
    /// Whether kubectl adds its annotation.
    pub last_applied: bool,
}

/// A built-in object.
pub(super) fn built_in(object: &Object, kind: &KindInfo, seen: Seen<'_>) -> Value {
    let schema = Schema::of(seen.minor);
    let Some(definition) = schema.definition(kind.definition) else { return Value::Undecided };
    let mut conversion = Conversion { schema, minor: seen.minor, kind: kind.kind, host_network: false, depth: 0 };
    let root = object.root();
    let mut fields: Fields = Vec::with_capacity(definition.fields.len());
    for field in &definition.fields {
        let node = root.get(field.name).filter(|_| !(seen.is_new && field.name == "status"));
        let value = match field.name {
            "apiVersion" => Some(Value::string(kind.api_version())),
            "kind" => Some(Value::string(kind.kind)),
            "metadata" => Some(metadata(&mut conversion, node, seen)),
            _ => conversion.field(definition, field, Some(root), node),
        };
        fields.extend(value.map(|value| (Value::string(field.name), value)));
    }
    // What a manifest tells of a live object lacks all that the server gave it when it was made.
    let is_of_a_manifest = !root.get("metadata").has("uid");
    defaults::of_object(object, kind, Seen { is_new: seen.is_new || is_of_a_manifest, ..seen }, &mut fields);
    if !seen.is_new && is_of_a_manifest && definition.field("status").is_some() {
        put(&mut fields, "status", Value::Undecided);
    }
    map(fields)
}

/// A custom resource, as its definition has the server fill it in; none where no definition is known.
pub(super) fn custom(object: &Object, definition: Option<&CustomDefinition>, seen: Seen<'_>) -> Value {
    let stored = definition.map(|definition| custom::stored(object, definition));
    let root = stored.as_ref().unwrap_or(object).root();
    let schema = Schema::of(seen.minor);
    let mut conversion = Conversion { schema, minor: seen.minor, kind: "", host_network: false, depth: 0 };
    let drops_status = seen.is_new && definition.is_some_and(CustomDefinition::has_status_subresource);
    let entries = root.entries().filter(|entry| !(drops_status && entry.name() == "status"));
    let mut fields: Fields = entries
        .filter(|entry| entry.name() != "metadata")
        .map(|entry| (Value::string(entry.name()), plain(entry.value)))
        .collect();
    fields.push((Value::string("metadata"), metadata(&mut conversion, root.get("metadata"), seen)));
    map(fields)
}

/// The metadata of an object, with what the server puts in.
fn metadata(conversion: &mut Conversion, node: Option<NodeRef<'_>>, seen: Seen<'_>) -> Value {
    const SET_BY_SERVER: [&str; 4] = ["uid", "creationTimestamp", "generation", "managedFields"];
    let Some(definition) = conversion.schema.definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta") else {
        return Value::Undecided;
    };
    let mut fields = conversion.fields(definition, node);
    let mut put = |name: &str, value: Value| put(&mut fields, name, value);
    for name in SET_BY_SERVER {
        // Of an object that is made nobody but the server says these.
        if seen.is_new || !node.has(name) {
            put(name, Value::Undecided);
        }
    }
    if !seen.is_new && !node.has("resourceVersion") {
        put("resourceVersion", Value::Undecided);
    }
    if let Some(namespace) = seen.namespace {
        put("namespace", Value::string(namespace));
    }
    if node.text("name").is_empty() {
        put("name", Value::Undecided);
    }
    if seen.last_applied {
        let mut annotations: Fields = match fields.iter().find(|(key, _)| is_named(key, "annotations")) {
            Some((_, Value::Map(map))) => map.entries().to_vec(),
            _ => Vec::new(),
        };
        self::put(&mut annotations, LAST_APPLIED, Value::Undecided);
        self::put(&mut fields, "annotations", map(annotations));
    }
    if seen.is_new {
        fields
            .retain(|(key, _)| !["resourceVersion", "selfLink", "deletionTimestamp"].iter().any(|n| is_named(key, n)));
    }
    map(fields)
}

/// A map of fields.
pub(super) fn map(fields: Fields) -> Value {
    Value::Map(Arc::new(Map::new(fields)))
}

/// Whether a key is this name.
pub(super) fn is_named(key: &Value, name: &str) -> bool {
    matches!(key, Value::String(key) if **key == *name)
}

/// Sets a field.
pub(super) fn put(fields: &mut Fields, name: &str, value: Value) {
    match fields.iter_mut().find(|(key, _)| is_named(key, name)) {
        Some((_, known)) => *known = value,
        None => fields.push((Value::string(name), value)),
    }
}

/// Goes through an object by its types.
pub(super) struct Conversion {
    pub schema: Schema,
    pub minor: Minor,
    /// The built-in kind; empty for a custom one.
    pub kind: &'static str,
    /// Whether the pods looked at are in the network of the host.
    pub host_network: bool,
    depth: usize,
}

impl Conversion {
    /// A struct; one that is absent is filled in too.
    fn fields(&mut self, definition: &'static Definition, node: Option<NodeRef<'_>>) -> Fields {
        if self.depth == MAX_DEPTH {
            return Vec::new();
        }
        self.depth += 1;
        if definition.name == "io.k8s.api.core.v1.PodSpec" {
            self.host_network = node.is_some_and(|node| node.flag("hostNetwork"));
        }
        let mut fields: Fields = Vec::new();
        for field in &definition.fields {
            let given = node.and_then(|node| node.get(field.name));
            if let Some(value) = self.field(definition, field, node, given) {
                fields.push((Value::string(field.name), value));
            }
        }
        self.depth -= 1;
        fields
    }

    /// A field of a struct; none where it is left out.
    fn field(
        &mut self,
        definition: &'static Definition,
        field: &'static Field,
        around: Option<NodeRef<'_>>,
        given: Option<NodeRef<'_>>,
    ) -> Option<Value> {
        if let Some(given) = given.filter(|given| !given.is_null() && (field.facts.pointer || !is_zero(*given))) {
            return Some(self.value(&field.ty, given));
        }
        if let Some(default) = defaults::of_field(self, definition, field, around) {
            return Some(default);
        }
        if let Some(default) = field.facts.default.filter(|_| defaults::holds(self, definition, field)) {
            return Some(self.default(&field.ty, default));
        }
        if field.facts.pointer {
            return None;
        }
        match &field.ty {
            Type::Object(name) => self.schema.definition(name).map(|definition| map(self.fields(definition, given))),
            Type::Quantity => Some(Value::string("0")),
            Type::IntOrString => Some(Value::Int(0)),
            Type::Time if field.name == "creationTimestamp" && self.minor >= OMITS_ZERO_TIME => None,
            Type::Any | Type::Time | Type::MicroTime => Some(Value::Null),
            _ if !field.listed_required => None,
            Type::Bool => Some(Value::Bool(false)),
            Type::Int32 | Type::Int64 => Some(Value::Int(0)),
            Type::Float64 => Some(Value::Double(0.0)),
            Type::String => Some(Value::string("")),
            _ => Some(given.map_or(Value::Null, |given| self.value(&field.ty, given))),
        }
    }

    /// A struct that is absent.
    pub(super) fn absent(&mut self, definition: &'static Definition) -> Fields {
        self.fields(definition, None)
    }

    /// A default of the tables.
    fn default(&mut self, ty: &'static Type, json: &str) -> Value {
        let text = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('\\'));
        match (json, text) {
            (_, Some(text)) => Value::string(text),
            ("true", _) => Value::Bool(true),
            ("false", _) => Value::Bool(false),
            ("{}", _) => match ty {
                Type::Object(name) => {
                    self.schema.definition(name).map_or(Value::Undecided, |of| map(self.fields(of, None)))
                }
                _ => map(Vec::new()),
            },
            _ => json.parse().map_or(Value::Undecided, Value::Int),
        }
    }

    /// A value by its type.
    pub(super) fn value(&mut self, ty: &'static Type, node: NodeRef<'_>) -> Value {
        match (ty, node.value()) {
            (Type::Object(name), Yaml::Mapping) => {
                self.schema.definition(name).map_or_else(|| plain(node), |of| map(self.fields(of, Some(node))))
            }
            (Type::List(element), Yaml::Sequence) => {
                Value::list(node.elements().map(|node| self.value(element, node)).collect())
            }
            (Type::Map(element), Yaml::Mapping) => {
                let entries = node.entries().map(|entry| {
                    let value = match (&**element, entry.value.is_null()) {
                        (Type::String, true) => Value::string(""),
                        _ => self.value(element, entry.value),
                    };
                    (Value::string(entry.name()), value)
                });
                map(entries.collect())
            }
            (Type::Quantity, _) => match Quantity::of(node) {
                Some(Ok(quantity)) => Value::string(quantity.text()),
                _ => plain(node),
            },
            (Type::Float64, Yaml::Int(_)) => match plain(node) {
                #[expect(clippy::cast_precision_loss, reason = "as the server converts")]
                Value::Int(number) => Value::Double(number as f64),
                other => other,
            },
            (Type::Float64, Yaml::Float(number)) => Value::Double(number),
            (Type::Bytes, Yaml::Sequence) => Value::Undecided,
            _ => plain(node),
        }
    }
}

/// Whether Go holds a value as if it were absent, where the field is no pointer.
fn is_zero(node: NodeRef<'_>) -> bool {
    match node.value() {
        Yaml::Null => true,
        Yaml::Bool(value) => !value,
        Yaml::Int(value) => value == 0,
        Yaml::Float(value) => value == 0.0,
        Yaml::String(text) => text.is_empty(),
        Yaml::Sequence | Yaml::Mapping => node.is_empty(),
    }
}
