//! What an expression evaluates to, and when two of these are equal or ordered.
//!
//! Apart because the interpreter, every library and those who hand values in share it. Values are cheap to clone.
//! Source: cel-go v0.26 `common/types`, apiserver `pkg/cel` (1.36).

use super::error::{EvaluationError, no_such_overload};
use super::library::format::NamedFormat;
use super::library::semver::Semver;
use super::library::url::Url;
use super::list::{List, ListKind};
use super::map::Map;
use super::time::{Duration, Timestamp};
use crate::quantity::Quantity;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint`
    Uint(u64),
    /// `double`
    Double(f64),
    /// `string`
    String(Arc<str>),
    /// `bytes`
    Bytes(Arc<[u8]>),
    /// `list`
    List(Arc<List>),
    /// `map`, and objects of Kubernetes
    Map(Arc<Map>),
    /// `google.protobuf.Timestamp`
    Timestamp(Timestamp),
    /// `google.protobuf.Duration`
    Duration(Duration),
    /// A type, by its name.
    Type(Arc<str>),
    /// `optional_type`
    Optional(Option<Arc<Value>>),
    /// `kubernetes.Quantity`
    Quantity(Arc<Quantity>),
    /// `kubernetes.URL`
    Url(Arc<Url>),
    /// `net.IP`
    Ip(IpAddr),
    /// `net.CIDR`: an address and the length of its prefix.
    Cidr(IpAddr, u8),
    /// `kubernetes.Semver`
    Semver(Arc<Semver>),
    /// `kubernetes.NamedFormat`
    Format(NamedFormat),
    /// What a schema keeps without knowing it; it is only equal or not.
    Unknown(Arc<Value>),
    /// What should not be where it is: to look at it fails with these words.
    Invalid(Arc<str>),
    /// What is not known here: whatever comes of it is not decided.
    Undecided,
}

impl Value {
    /// A text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list as expressions make it.
    pub fn list(elements: Vec<Value>) -> Self {
        Self::List(Arc::new(List::new(elements, ListKind::Plain)))
    }

    /// A list of texts.
    pub fn strings<T: Into<Arc<str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::list(texts.into_iter().map(Self::string).collect())
    }

    /// An optional that has a value.
    pub fn some(value: Value) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Url(_) => "kubernetes.URL",
            Value::Ip(_) => "net.IP",
            Value::Cidr(..) => "net.CIDR",
            Value::Semver(_) => "kubernetes.Semver",
            Value::Format(_) => "kubernetes.NamedFormat",
            Value::Unknown(_) => "unknown",
            Value::Invalid(_) | Value::Undecided => "error",
        }
    }

    /// The value, or the error that stands in its place.
    ///
    /// # Errors
    ///
    /// The words of [`Value::Invalid`], or that it is not known.
    pub fn checked(&self) -> Result<Value, EvaluationError> {
        match self {
            Value::Undecided => Err(EvaluationError::Undecided),
            Value::Invalid(words) => Err(EvaluationError::failed(&**words)),
            value => Ok(value.clone()),
        }
    }

    /// Whether it, or a part of it, is not known.
    pub fn is_in_part_undecided(&self) -> bool {
        match self {
            Value::Undecided => true,
            Value::List(list) => list.elements.iter().any(Value::is_in_part_undecided),
            Value::Map(map) => map.entries().iter().any(|(_, value)| value.is_in_part_undecided()),
            Value::Optional(Some(value)) | Value::Unknown(value) => value.is_in_part_undecided(),
            _ => false,
        }
    }

    /// Whether two values are equal (`types.Equal`): numbers of any type by what they are, values of other types never.
    ///
    /// # Errors
    ///
    /// Values of Kubernetes know no equality with values of other types.
    #[expect(clippy::match_same_arms, reason = "one line for each type")]
    pub fn equals(&self, other: &Value) -> Result<bool, EvaluationError> {
        match (self, other) {
            (Value::Undecided, _) | (_, Value::Undecided) => Err(EvaluationError::Undecided),
            (Value::Invalid(words), _) | (_, Value::Invalid(words)) => Err(EvaluationError::failed(&**words)),
            (Value::Null, Value::Null) => Ok(true),
            (Value::Null, _) | (_, Value::Null) => Ok(false),
            (Value::Bool(one), Value::Bool(two)) => Ok(one == two),
            (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
                Ok(numbers(self, other) == Some(Ordering::Equal))
            }
            (Value::String(one), Value::String(two)) => Ok(one == two),
            (Value::Bytes(one), Value::Bytes(two)) => Ok(one == two),
            (Value::List(one), Value::List(two)) => one.equals(two),
            (Value::Map(one), Value::Map(two)) => one.equals(two),
            (Value::Timestamp(one), Value::Timestamp(two)) => Ok(one == two),
            (Value::Duration(one), Value::Duration(two)) => Ok(one == two),
            (Value::Type(one), Value::Type(two)) => Ok(one == two),
            (Value::Optional(None), Value::Optional(None)) => Ok(true),
            (Value::Optional(Some(one)), Value::Optional(Some(two))) => one.equals(two),
            (Value::Quantity(one), Value::Quantity(two)) => Ok(one == two),
            (Value::Url(one), Value::Url(two)) => Ok(one == two),
            (Value::Ip(one), Value::Ip(two)) => Ok(one == two),
            (Value::Cidr(one, length), Value::Cidr(two, other)) => Ok(one == two && length == other),
            (Value::Semver(one), Value::Semver(two)) => Ok(one.compare(two) == Ordering::Equal),
            (Value::Format(one), Value::Format(two)) => Ok(one == two),
            (Value::Unknown(one), Value::Unknown(two)) => one.equals(two),
            (Value::Unknown(one), two) | (two, Value::Unknown(one)) => one.equals(two),
            (Value::List(list), _) if list.kind != ListKind::Plain => Err(no_such_overload()),
            (Value::Map(map), _) if map.is_of_kubernetes() => Err(no_such_overload()),
            (
                Value::Quantity(_)
                | Value::Url(_)
                | Value::Ip(_)
                | Value::Cidr(..)
                | Value::Semver(_)
                | Value::Format(_),
                _,
            ) => Err(no_such_overload()),
            _ => Ok(false),
        }
    }

    /// How two values are ordered.
    ///
    /// # Errors
    ///
    /// `no such overload` for values that have no order, and for numbers that have none.
    pub fn compare(&self, other: &Value) -> Result<Ordering, EvaluationError> {
        match (self, other) {
            (Value::Bool(one), Value::Bool(two)) => Ok(one.cmp(two)),
            (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
                numbers(self, other).ok_or_else(|| EvaluationError::failed("NaN values cannot be ordered"))
            }
            (Value::String(one), Value::String(two)) => Ok(one.as_bytes().cmp(two.as_bytes())),
            (Value::Bytes(one), Value::Bytes(two)) => Ok(one.cmp(two)),
            (Value::Timestamp(one), Value::Timestamp(two)) => Ok(one.cmp(two)),
            (Value::Duration(one), Value::Duration(two)) => Ok(one.cmp(two)),
            (Value::Undecided, _) | (_, Value::Undecided) => Err(EvaluationError::Undecided),
            (Value::Invalid(words), _) | (_, Value::Invalid(words)) => Err(EvaluationError::failed(&**words)),
            _ => Err(no_such_overload()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// Numbers of any type, by what they are; none where one is not a number.
fn numbers(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => Some(one.cmp(two)),
        (Value::Uint(one), Value::Uint(two)) => Some(one.cmp(two)),
        (Value::Int(one), Value::Uint(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
        (Value::Uint(one), Value::Int(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
        (Value::Double(one), Value::Double(two)) => one.partial_cmp(two),
        (Value::Double(one), two) => whole(two).and_then(|two| with_double(two, *one)).map(Ordering::reverse),
        (one, Value::Double(two)) => whole(one).and_then(|one| with_double(one, *two)),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Beyond the range of the integers the double decides alone, within it both are compared as doubles.
#[expect(clippy::cast_precision_loss, reason = "as cel-go compares them")]
fn with_double(one: i128, two: f64) -> Option<Ordering> {
    if two.is_nan() {
        return None;
    }
    (one as f64).partial_cmp(&two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_across_types() {
        assert!(Value::Int(1).equals(&Value::Double(1.0)).unwrap());
        assert!(Value::Uint(1).equals(&Value::Int(1)).unwrap());
        assert!(!Value::Double(f64::NAN).equals(&Value::Double(f64::NAN)).unwrap());
        assert!(!Value::Int(1).equals(&Value::string("1")).unwrap());
        assert_eq!(Value::Int(-1).compare(&Value::Uint(1)), Ok(Ordering::Less));
        assert_eq!(Value::Double(1.5).compare(&Value::Int(1)), Ok(Ordering::Greater));
        assert!(Value::Int(1).compare(&Value::string("1")).is_err());
    }
}
