//! The functions that expressions may call: those of the language and those that Kubernetes adds.
//!
//! Apart by library, each in a file named after it; a function is found by its name and the types of what it is given,
//! as cel-go does where no type is known before. Source: cel-go v0.26 `common/stdlib`, `ext`; apiserver
//! `pkg/cel/library` (1.36).

pub mod conversions;
pub mod format;
pub mod formatting;
pub mod ip;
pub mod lists;
pub mod operators;
pub mod optional;
pub mod quantity;
pub mod regular_expressions;
pub mod semver;
pub mod sets;
pub mod strings;
pub mod times;
pub mod url;

use super::error::{EvaluationError, no_such_overload};
use super::value::Value;

/// What a call comes to; none if a library has no such function for such values.
pub type Answer = Option<Result<Value, EvaluationError>>;

/// One library.
type Library = fn(&str, &[Value]) -> Answer;

/// The libraries, those that are asked most first.
const LIBRARIES: [Library; 14] = [
    operators::call,
    strings::call,
    lists::call,
    conversions::call,
    optional::call,
    regular_expressions::call,
    sets::call,
    times::call,
    quantity::call,
    url::call,
    ip::call,
    semver::call,
    format::call,
    formatting::call,
];

/// The functions that are known, whatever they are given; sorted.
const KNOWN: [&str; 104] = [
    "add",
    "asApproximateFloat",
    "asInteger",
    "bool",
    "bytes",
    "cel.@mapInsert",
    "charAt",
    "cidr",
    "compareTo",
    "contains",
    "containsCIDR",
    "containsIP",
    "distinct",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "family",
    "find",
    "findAll",
    "flatten",
    "format",
    "format.named",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getEscapedPath",
    "getFullYear",
    "getHost",
    "getHostname",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getPort",
    "getQuery",
    "getScheme",
    "getSeconds",
    "hasValue",
    "indexOf",
    "int",
    "ip",
    "ip.isCanonical",
    "isCIDR",
    "isGlobalUnicast",
    "isGreaterThan",
    "isIP",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isQuantity",
    "isSemver",
    "isSorted",
    "isURL",
    "isUnspecified",
    "join",
    "jsonpatch.escapeKey",
    "lastIndexOf",
    "lists.range",
    "lowerAscii",
    "major",
    "masked",
    "matches",
    "max",
    "min",
    "minor",
    "optional.none",
    "optional.of",
    "optional.ofNonZeroValue",
    "optional.unwrap",
    "or",
    "orValue",
    "patch",
    "prefixLength",
    "quantity",
    "replace",
    "reverse",
    "semver",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "sign",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "strings.quote",
    "sub",
    "substring",
    "sum",
    "timestamp",
    "trim",
    "type",
    "uint",
    "unwrapOpt",
    "upperAscii",
    "url",
    "validate",
    "value",
];

/// Calls a function; the target of a member stands before its arguments.
///
/// # Errors
///
/// Those of the function, and `no such overload` where there is none for such values.
pub fn call(function: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
    let answer = LIBRARIES.iter().find_map(|library| library(function, arguments));
    answer.unwrap_or_else(|| {
        if function.starts_with(['_', '@', '!', '-']) {
            return Err(no_such_overload());
        }
        // One that is not known here may still be one for the server.
        if KNOWN.binary_search(&function).is_err() {
            return Err(EvaluationError::Undecided);
        }
        let types: Vec<&str> = arguments.iter().map(Value::type_name).collect();
        Err(EvaluationError::failed(format!("no such overload: {function}({})", types.join(", "))))
    })
}

/// A failure in these words.
pub(super) fn failed(words: impl Into<Box<str>>) -> Result<Value, EvaluationError> {
    Err(EvaluationError::failed(words))
}
