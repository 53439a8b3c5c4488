//! The shapes that the tables are decoded into.
//!
//! Apart from the tables so that whoever reads a definition need not know how it is packed.

use std::fmt;

/// A Kubernetes minor version, `1.N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub u8);

impl Minor {
    /// The oldest bundled minor.
    pub const OLDEST: Minor = Minor(25);
    /// The newest bundled minor; the default.
    pub const LATEST: Minor = Minor(37);
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// A kind that a release serves.
#[derive(Clone, Debug)]
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
}

/// One type of the API, as it is in one or more minors.
#[derive(Debug)]
pub struct Definition {
    /// The OpenAPI name (`io.k8s.api.core.v1.ServicePort`).
    pub name: &'static str,
    /// The fields, sorted by name.
    pub fields: Vec<Field>,
}

impl Definition {
    /// The field of this name; names are case-sensitive.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }

    /// The Go type as error messages print it (`v1.ServicePort`).
    pub fn go_type(&self) -> String {
        let mut parts = self.name.rsplit('.');
        let kind = parts.next().unwrap_or_default();
        let version = parts.next().unwrap_or_default();
        format!("{version}.{kind}")
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
    /// What the schema does not say and a running server does.
    pub facts: Facts,
}

/// Facts that only a running server publishes or enforces, kept by hand with the versions they hold in.
#[derive(Debug, Default)]
pub struct Facts {
    /// The server refuses an object without it (`Required value`).
    pub required: bool,
    /// The only values accepted; empty for any.
    pub allowed: Vec<&'static str>,
    /// The value the server puts in when there is none, as JSON text.
    pub default: Option<&'static str>,
    /// Smallest integer accepted.
    pub minimum: Option<i64>,
    /// Largest integer accepted.
    pub maximum: Option<i64>,
    /// The name of the text rule a string must keep (`dns-1123-label`, …).
    pub format: Option<&'static str>,
    /// It cannot be changed once the object exists.
    pub immutable: bool,
    /// The Go type a message names where it is not the plain one (`v1.ServiceType`).
    pub go_type: Option<&'static str>,
}

/// How a list's elements are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// As one value.
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
