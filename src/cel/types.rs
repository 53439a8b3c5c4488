//! Types of expressions.
//!
//! Apart because declarations, checker and interpreter speak of the same types. Source: `common/types/types.go` and
//! `checker/format.go` of cel-go v0.26.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Anything; what it is shows when the expression runs.
    Dyn,
    /// What an expression has that is wrong; it goes with everything, so that one mistake is reported once.
    Error,
    /// `google.protobuf.Any`
    Any,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `null_type`
    Null,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `google.protobuf.Duration`
    Duration,
    /// A list of elements of a type.
    List(Arc<Type>),
    /// A map of keys of a type to values of a type.
    Map(Arc<Type>, Arc<Type>),
    /// A type with fields.
    Object(Arc<ObjectType>),
    /// A value of a type, or none.
    Optional(Arc<Type>),
    /// A type as a value; without a parameter, the type of types.
    TypeOf(Option<Arc<Type>>),
    /// A type that has a name and nothing else.
    Opaque(Arc<str>),
    /// A plain type, or null.
    Wrapper(Arc<Type>),
    /// What stands for any type in the declaration of a function.
    TypeParameter(Arc<str>),
    /// What stands for a type that is not known yet.
    Free(u32),
}

/// A type with fields.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name: types are the same if their names are.
    pub name: Arc<str>,
    /// Its fields.
    pub fields: Fields,
}

/// The fields of a type.
#[derive(Debug)]
pub enum Fields {
    /// The compiler knows that there is such a type, and nothing of its fields.
    Unknown,
    /// These and no others.
    Declared(BTreeMap<Arc<str>, Type>),
    /// Whatever an expression names; each may be anything.
    Dynamic,
}

impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl ObjectType {
    /// A type with these fields.
    pub fn new(name: &str, fields: impl IntoIterator<Item = (Arc<str>, Type)>) -> Self {
        Self { name: name.into(), fields: Fields::Declared(fields.into_iter().collect()) }
    }
}

impl Type {
    /// A list of elements of a type.
    pub fn list(of: Self) -> Self {
        Self::List(Arc::new(of))
    }

    /// A map.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// An object with these fields.
    pub fn object<'f>(name: &str, fields: impl IntoIterator<Item = (&'f str, Type)>) -> Self {
        let fields = fields.into_iter().map(|(name, of)| (name.into(), of));
        Self::Object(Arc::new(ObjectType::new(name, fields)))
    }

    /// A type by name whose fields nothing is known of.
    pub fn named(name: &str) -> Self {
        Self::Object(Arc::new(ObjectType { name: name.into(), fields: Fields::Unknown }))
    }

    /// Whether it may be anything (`isDyn`).
    pub(super) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }

    /// Its name as it is declared (`Type.String`), which differs from what issues say for some types.
    pub fn declared(&self) -> String {
        let with = |name: &str, of: &[&Self]| {
            let of: Vec<String> = of.iter().map(|of| of.declared()).collect();
            format!("{name}({})", of.join(", "))
        };
        match self {
            Self::Any => "google.protobuf.Any".to_owned(),
            Self::Null => "null_type".to_owned(),
            Self::Timestamp => "google.protobuf.Timestamp".to_owned(),
            Self::Duration => "google.protobuf.Duration".to_owned(),
            Self::List(of) => with("list", &[of]),
            Self::Map(key, value) => with("map", &[key, value]),
            Self::Optional(of) => with("optional_type", &[of]),
            Self::TypeOf(Some(of)) => with("type", &[of]),
            Self::TypeParameter(name) => format!("<{name}>"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Type {
    /// As issues write it (`FormatCELType`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Error => f.write_str("!error!"),
            Self::Any => f.write_str("any"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Null => f.write_str("null"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(of) => write!(f, "list({of})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Object(of) => f.write_str(&of.name),
            Self::Optional(of) => write!(f, "optional_type({of})"),
            Self::TypeOf(None) => f.write_str("type"),
            Self::TypeOf(Some(of)) => write!(f, "type({of})"),
            Self::Opaque(name) | Self::TypeParameter(name) => f.write_str(name),
            Self::Wrapper(of) => write!(f, "wrapper({of})"),
            Self::Free(number) => write!(f, "_var{number}"),
        }
    }
}
