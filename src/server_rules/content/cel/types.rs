//! Types of expressions, as far as they are told apart.

/// A type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Nothing is known of it, or it may be anything.
    Dyn,
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
    /// A list of elements of a type.
    List(&'static Type),
    /// A map of strings to values of a type.
    Map(&'static Type),
    /// A type with fields.
    Object(&'static ObjectType),
    /// Any other type that has a name.
    Named(&'static str),
}

/// A type with fields.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name.
    pub name: &'static str,
    /// Its fields and their types.
    pub fields: &'static [(&'static str, Type)],
}

impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Type {
    /// Whether it is one of the plain types, between which operators are known.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Type::Bool | Type::Int | Type::Uint | Type::Double | Type::String | Type::Bytes)
    }

    /// Whether it is a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Uint | Type::Double)
    }

    /// A plain type for ever.
    pub(super) fn kept(self) -> &'static Type {
        match self {
            Type::Bool => &Type::Bool,
            Type::Int => &Type::Int,
            Type::Uint => &Type::Uint,
            Type::Double => &Type::Double,
            Type::String => &Type::String,
            Type::Bytes => &Type::Bytes,
            _ => &Type::Dyn,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Dyn => f.write_str("dyn"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Uint => f.write_str("uint"),
            Type::Double => f.write_str("double"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Null => f.write_str("null"),
            Type::List(of) => write!(f, "list({of})"),
            Type::Map(of) => write!(f, "map(string, {of})"),
            Type::Object(of) => f.write_str(of.name),
            Type::Named(name) => f.write_str(name),
        }
    }
}
