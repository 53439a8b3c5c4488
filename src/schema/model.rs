//! The shapes that the tables are decoded into.
//!
//! Apart from the tables so that whoever reads a definition need not know how it is packed.

use super::Minor;
use std::fmt;

/// A kind that a release defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version in the group.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The resource name in URLs and messages (`deployments`).
    pub plural: &'static str,
    /// Whether objects of it live in a namespace.
    pub namespaced: bool,
    /// The name of its definition (`io.k8s.api.apps.v1.Deployment`).
    pub definition: &'static str,
    /// Whether a server with default settings serves it: alpha versions, and beta versions made since 1.24, are off
    /// until switched on, and kubectl then finds `no matches for kind`.
    pub served_by_default: bool,
    /// What the server lets one do with it.
    pub verbs: Verbs,
    /// The short names, with a blank between (`crd crds`); often empty.
    pub short_names: &'static str,
}

impl KindInfo {
    /// `group/version`, or just the version in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// What a resource can be asked to do, as discovery lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verbs(pub(super) u8);

impl Verbs {
    const NAMES: [&'static str; 8] =
        ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// Whether a verb of discovery (`create`, `get`, `patch`, …) is among them.
    pub fn contains(self, verb: &str) -> bool {
        Self::NAMES.iter().position(|name| *name == verb).is_some_and(|bit| self.0 & (1 << bit) != 0)
    }
}

/// A kind that releases no longer have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The first release without it. May be older than every bundled one.
    pub removed_in: Minor,
    /// The `apiVersion` to use now; empty if nothing replaces it.
    pub replacement_api_version: &'static str,
    /// The kind to use now; empty if nothing replaces it.
    pub replacement_kind: &'static str,
    /// Whether an object that the new version accepts means in it what it meant in the old: no field was renamed and no
    /// default changed.
    pub means_the_same: bool,
}

/// `removed in 1.22; use networking.k8s.io/v1 Ingress`
impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "removed in {}; ", self.removed_in)?;
        if self.replacement_kind.is_empty() {
            return f.write_str("nothing replaces it");
        }
        write!(f, "use {} {}", self.replacement_api_version, self.replacement_kind)
    }
}

/// One type of the API, as it is in one or more minors.
#[derive(Debug)]
pub struct Definition {
    /// The OpenAPI name (`io.k8s.api.core.v1.ServicePort`).
    pub name: &'static str,
    /// `x-kubernetes-map-type: atomic`: server-side apply owns it as one value.
    pub atomic: bool,
    /// The fields, sorted by name.
    pub fields: Vec<Field>,
}

impl Definition {
    /// The field of this name; names are case-sensitive.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }

    /// The fields of these names, which are sorted; none where there is no such field. Both sides are sorted: what lies
    /// before the last match is not searched again.
    pub fn fields_of<'n>(&self, names: impl Iterator<Item = &'n str>) -> impl Iterator<Item = Option<&Field>> {
        let mut from = 0;
        names.map(move |name| match self.fields[from..].binary_search_by(|field| field.name.cmp(name)) {
            Ok(at) => {
                from += at + 1;
                self.fields.get(from - 1)
            }
            Err(at) => {
                from += at;
                None
            }
        })
    }

    /// The Go type as error messages print it (`v1.ServicePort`).
    pub fn go_type(&self) -> String {
        go_name(self.name)
    }
}

/// A field of a definition.
#[derive(Debug)]
pub struct Field {
    /// The JSON name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether the published schema lists it as required. The server enforces that only where its validation does:
    /// see [`Facts::required`].
    pub listed_required: bool,
    /// For lists, how elements are told apart.
    pub list_type: ListType,
    /// For lists of [`ListType::Map`], the keys.
    pub list_map_keys: Vec<&'static str>,
    /// `x-kubernetes-patch-merge-key`: the key that client-side apply merges a list by.
    pub patch_merge_key: Option<&'static str>,
    /// `x-kubernetes-patch-strategy` (`merge`, `retainKeys`, or both).
    pub patch_strategy: Option<&'static str>,
    /// `x-kubernetes-map-type: atomic` on the field: server-side apply owns it as one value.
    pub atomic: bool,
    /// What the schema does not say and a running server does.
    pub facts: Facts,
}

impl Field {
    /// The Go type as error messages print it (`v1.ServiceType`, `[]v1.ServicePort`, `map[string]string`).
    pub fn go_type(&self) -> String {
        self.facts.go_type.map_or_else(|| self.ty.go_type(), str::to_owned)
    }
}

/// Facts that only a running server publishes or enforces, kept by hand with the versions they hold in.
#[derive(Debug, Default)]
pub struct Facts {
    /// The server refuses an object without it, wherever the definition is used.
    pub required: bool,
    /// The only values accepted, of the elements where the field is a list; empty for any. An empty string counts as
    /// absent unless [`Facts::pointer`].
    pub allowed: Vec<&'static str>,
    /// The value the server puts in when there is none, as JSON text.
    pub default: Option<&'static str>,
    /// Smallest integer accepted; 0 counts as absent unless [`Facts::pointer`].
    pub minimum: Option<i64>,
    /// Largest integer accepted.
    pub maximum: Option<i64>,
    /// The name of the text rule a string must keep (`dns-1123-label`, …).
    pub format: Option<&'static str>,
    /// It cannot be changed once the object exists (in a ConfigMap or Secret, `immutable` adds to these).
    pub immutable: bool,
    /// The Go type a message names where it is not the plain one (`v1.ServiceType`).
    pub go_type: Option<&'static str>,
    /// The embedded Go structs that the field is promoted through, with dots between (`RuleWithOperations.Rule`): the
    /// decoder's messages show them in the path. `TypeMeta` is left out.
    pub embedded: Option<&'static str>,
    /// The Go field is a pointer: its zero value (`""`, `0`, `false`, `{}`) is a value. Where it is none, the server
    /// cannot tell a zero value from a field that is not there.
    pub pointer: bool,
}

/// How a list's elements are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// As one value; also where nothing is said.
    #[default]
    Atomic,
    /// By value.
    Set,
    /// By their keys.
    Map,
}

/// The type of a field as the server's Go types have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float64`
    Float64,
    /// `string`, or a named string type.
    String,
    /// `[]byte`: base64 text.
    Bytes,
    /// `intstr.IntOrString`
    IntOrString,
    /// `resource.Quantity`
    Quantity,
    /// `metav1.Time`
    Time,
    /// `metav1.MicroTime`
    MicroTime,
    /// `metav1.Duration`
    Duration,
    /// Any JSON: `runtime.RawExtension`, `apiextensions.JSON`, `metav1.FieldsV1`.
    Any,
    /// `apiextensions.JSONSchemaPropsOrBool`
    SchemaOrBool,
    /// `apiextensions.JSONSchemaPropsOrArray`
    SchemaOrArray,
    /// `apiextensions.JSONSchemaPropsOrStringArray`
    SchemaOrStringArray,
    /// A struct, by the name of its definition.
    Object(&'static str),
    /// A list.
    List(Box<Type>),
    /// A map with string keys.
    Map(Box<Type>),
}

impl Type {
    /// The Go type as error messages print it, where no name hides it (see [`Facts::go_type`]).
    pub fn go_type(&self) -> String {
        match self {
            Type::Bool => "bool".to_owned(),
            Type::Int32 => "int32".to_owned(),
            Type::Int64 => "int64".to_owned(),
            Type::Float64 => "float64".to_owned(),
            Type::String => "string".to_owned(),
            Type::Bytes => "[]uint8".to_owned(),
            Type::IntOrString => "intstr.IntOrString".to_owned(),
            Type::Quantity => "resource.Quantity".to_owned(),
            Type::Time => "v1.Time".to_owned(),
            Type::MicroTime => "v1.MicroTime".to_owned(),
            Type::Duration => "v1.Duration".to_owned(),
            Type::Any => "runtime.RawExtension".to_owned(),
            Type::SchemaOrBool => "v1.JSONSchemaPropsOrBool".to_owned(),
            Type::SchemaOrArray => "v1.JSONSchemaPropsOrArray".to_owned(),
            Type::SchemaOrStringArray => "v1.JSONSchemaPropsOrStringArray".to_owned(),
            Type::Object(name) => go_name(name),
            Type::List(element) => format!("[]{}", element.go_type()),
            Type::Map(value) => format!("map[string]{}", value.go_type()),
        }
    }
}

/// The last two parts of an OpenAPI name, which are the Go package's and the type's.
fn go_name(name: &str) -> String {
    let mut parts = name.rsplit('.');
    let kind = parts.next().unwrap_or_default();
    let package = parts.next().unwrap_or_default();
    format!("{package}.{kind}")
}
