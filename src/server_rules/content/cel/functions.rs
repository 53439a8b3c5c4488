//! Functions and macros that Kubernetes' CEL environment declares, up to 1.37.
//!
//! Those of one place only (the authorizer, JSON patches) are taken to be everywhere: a name too many lets an
//! expression pass, one too few would refuse a good one.

use super::types::Type;

/// Words before the dot of a function's name: `sets.contains`.
pub(super) const NAMESPACES: [&str; 14] = [
    "sets",
    "math",
    "lists",
    "strings",
    "optional",
    "format",
    "ip",
    "cidr",
    "cel",
    "base64",
    "jsonpatch",
    "semver",
    "regex",
    "json",
];

/// Names that stand for types, or begin the name of one.
pub(super) const TYPES: [&str; 18] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
    "google",
    "kubernetes",
    "net",
    "dyn",
    "any",
    "timestamp",
    "duration",
];

/// Words that are no identifiers.
pub(super) const RESERVED: [&str; 15] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
];

/// Macros of a target that bind names: the first arguments are names, and what follows is asked of each element.
pub(super) fn is_binding_macro(name: &str) -> bool {
    matches!(
        name,
        "all"
            | "exists"
            | "exists_one"
            | "existsOne"
            | "map"
            | "filter"
            | "transformList"
            | "transformMap"
            | "transformMapEntry"
            | "optMap"
            | "optFlatMap"
            | "sortBy"
    )
}

/// What a macro gives.
pub(super) fn macro_result(name: &str) -> Type {
    match name {
        "all" | "exists" | "exists_one" | "existsOne" => Type::Bool,
        _ => Type::Dyn,
    }
}

/// What a function without a target gives; none if there is no such function.
pub(super) fn global(name: &str) -> Option<Type> {
    Some(match name {
        "size" | "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "bool" | "matches" | "has" | "isQuantity" | "isURL" | "isIP" | "isCIDR" | "isSemver" => Type::Bool,
        "quantity" => Type::Named("kubernetes.Quantity"),
        "url" => Type::Named("kubernetes.URL"),
        "semver" => Type::Named("kubernetes.Semver"),
        "ip" => Type::Named("net.IP"),
        "cidr" => Type::Named("net.CIDR"),
        "duration" => Type::Named("google.protobuf.Duration"),
        "timestamp" => Type::Named("google.protobuf.Timestamp"),
        "dyn" | "type" | "includes" => Type::Dyn,
        _ => return None,
    })
}

/// What a function of a target gives; none if there is no such function.
pub(super) fn member(name: &str) -> Option<Type> {
    Some(match name {
        "size" | "compareTo" | "indexOf" | "lastIndexOf" | "sign" | "asInteger" | "prefixLength" | "family"
        | "major" | "minor" | "patch" | "getFullYear" | "getMonth" | "getDate" | "getDayOfMonth" | "getDayOfWeek"
        | "getDayOfYear" | "getHours" | "getMinutes" | "getSeconds" | "getMilliseconds" => Type::Int,
        "startsWith"
        | "endsWith"
        | "contains"
        | "matches"
        | "isGreaterThan"
        | "isLessThan"
        | "isInteger"
        | "hasValue"
        | "isSorted"
        | "isUnspecified"
        | "isLoopback"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "isGlobalUnicast"
        | "containsIP"
        | "containsCIDR"
        | "allowed"
        | "errored"
        | "includes" => Type::Bool,
        "lowerAscii" | "upperAscii" | "trim" | "replace" | "substring" | "charAt" | "join" | "format" | "find"
        | "getScheme" | "getHost" | "getHostname" | "getPort" | "getEscapedPath" | "reason" | "error" => Type::String,
        "asApproximateFloat" => Type::Double,
        "split" | "findAll" => Type::List(&Type::String),
        "add" | "sub" | "min" | "max" | "sum" | "reverse" | "sort" | "sortBy" | "slice" | "flatten" | "distinct"
        | "first" | "last" | "or" | "orValue" | "value" | "validate" | "ip" | "masked" | "getQuery" | "path"
        | "group" | "serviceAccount" | "resource" | "subresource" | "namespace" | "name" | "check"
        | "fieldSelector" | "labelSelector" | "quote" | "string" => Type::Dyn,
        _ => return None,
    })
}
