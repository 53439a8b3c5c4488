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
    docs: include_str!("unknown-field.md"),
};

/// A value of the wrong type.
pub static WRONG_TYPE: Rule = Rule {
    id: "decode/wrong-type",
    level: Level::Error,
    summary: "a value that its field's type cannot hold",
    why: "the API server decodes an object into its Go type before anything else, and refuses it at the first value that \
          does not fit, whatever the validation mode.",
    docs: include_str!("wrong-type.md"),
};

/// `kind` is written in another case than the kind's.
pub static KIND_CASE: Rule = Rule {
    id: "decode/kind-case",
    level: Level::Error,
    summary: "a kind written in lower case",
    why: "kubectl finds the resource of a kind written in lower case, but the API server knows kinds only as they are \
          spelled and refuses the object.",
    docs: include_str!("kind-case.md"),
};

/// A field of a nested schema that the server drops.
pub static DROPPED_FIELD: Rule = Rule {
    id: "decode/dropped-field",
    level: Level::Warning,
    summary: "an unknown field that the API server drops without a word",
    why: "schemas below `items`, `additionalProperties` and `dependencies` of a CustomResourceDefinition are decoded by \
          their own Go types, which the server's strict field validation does not reach: an unknown keyword there is \
          accepted and has no effect.",
    docs: include_str!("dropped-field.md"),
};

/// Nesting that is not followed.
pub static TOO_DEEP: Rule = Rule {
    id: "decode/too-deep",
    level: Level::Warning,
    summary: "nesting too deep to be judged",
    why: "schemas can be nested without end; what lies more than 500 steps deep is not checked.",
    docs: include_str!("too-deep.md"),
};

/// A field that server-side apply does not know.
pub static UNDECLARED_FIELD: Rule = Rule {
    id: "decode/undeclared-field",
    level: Level::Error,
    summary: "a field that server-side apply finds in no schema",
    why: "server-side apply keeps the owner of each field by the kind's schema, and refuses an object with a field that \
          the schema does not declare, whatever --validate says.",
    docs: include_str!("undeclared-field.md"),
};

/// Elements of a merged list that cannot be told apart.
pub static LIST_KEY: Rule = Rule {
    id: "decode/list-key",
    level: Level::Error,
    summary: "a list element that server-side apply cannot tell from the others",
    why: "server-side apply merges some lists element by element, by their keys or by value; it refuses an element that \
          has no key, and a key or value that is there twice.",
    docs: include_str!("list-key.md"),
};

/// What server-side apply refuses before it looks at fields.
pub static SERVER_SIDE_APPLY: Rule = Rule {
    id: "decode/server-side-apply",
    level: Level::Error,
    summary: "an object that server-side apply refuses as it stands",
    why: "server-side apply takes an object of exactly the kind that is served, and without managedFields, which it \
          keeps itself.",
    docs: include_str!("server-side-apply.md"),
};

/// Every rule of the room.
pub static RULES: &[&Rule] = &[
    &UNKNOWN_FIELD,
    &WRONG_TYPE,
    &KIND_CASE,
    &DROPPED_FIELD,
    &UNDECLARED_FIELD,
    &LIST_KEY,
    &SERVER_SIDE_APPLY,
    &TOO_DEEP,
];
