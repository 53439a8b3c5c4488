//! What decoding can find.
//!
//! Apart so that every rule of the room stands in one place.

use crate::finding::{Level, Rule};

/// A field that the kind does not have.
pub static UNKNOWN_FIELD: Rule = Rule {
    id: "decode/unknown-field",
    level: Level::Error,
    summary: "a field that its kind does not have",
    why: "kubectl asks the API server for strict field validation, and the server then refuses every field it does not \
          know; names are case-sensitive. With --validate=warn it is dropped with a warning, with --validate=ignore \
          without a word.",
};

/// A value of the wrong type.
pub static WRONG_TYPE: Rule = Rule {
    id: "decode/wrong-type",
    level: Level::Error,
    summary: "a value that its field's type cannot hold",
    why: "the API server decodes an object into its Go type before anything else, and refuses it at the first value that \
          does not fit, whatever the validation mode.",
};

/// `kind` is written in another case than the kind's.
pub static KIND_CASE: Rule = Rule {
    id: "decode/kind-case",
    level: Level::Error,
    summary: "a kind written in lower case",
    why: "kubectl finds the resource of a kind written in lower case, but the API server knows kinds only as they are \
          spelled and refuses the object.",
};

/// A field of a nested schema that the server drops.
pub static DROPPED_FIELD: Rule = Rule {
    id: "decode/dropped-field",
    level: Level::Warning,
    summary: "an unknown field that the API server drops without a word",
    why: "schemas below `items`, `additionalProperties` and `dependencies` of a CustomResourceDefinition are decoded by \
          their own Go types, which the server's strict field validation does not reach: an unknown keyword there is \
          accepted and has no effect.",
};

/// Nesting that is not followed.
pub static TOO_DEEP: Rule = Rule {
    id: "decode/too-deep",
    level: Level::Warning,
    summary: "nesting too deep to be judged",
    why: "schemas can be nested without end; what lies more than 500 steps deep is not checked.",
};

/// Every rule of the room.
pub static RULES: [&Rule; 5] = [&UNKNOWN_FIELD, &WRONG_TYPE, &KIND_CASE, &DROPPED_FIELD, &TOO_DEEP];
