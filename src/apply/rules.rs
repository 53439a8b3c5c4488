//! Every rule of the room.
//!
//! Apart so that the registry of all rules need not know this room's files.

use super::{allocation, collect, last_applied, losses, members, names, unknown_kind};
use crate::finding::Rule;

/// Every rule of the room, the plugins of admission apart: `admission::RULES` has those.
pub static RULES: &[&Rule] = &[
    &allocation::TAKEN,
    &allocation::UNUSUAL_NODE_PORT,
    &collect::CLIENT_SIDE,
    &collect::LIST,
    &collect::METADATA,
    &collect::NAMESPACE_FLAG,
    &collect::NOT_AN_OBJECT,
    &collect::PARSE,
    &last_applied::SERVER_SIDE_ONLY,
    &losses::AFTER_DOCUMENT_END,
    &losses::AFTER_ROOT,
    &losses::COLLIDING_KEY,
    &losses::DUPLICATE_KEY,
    &losses::LAST_LINE,
    &losses::MERGE_OVERWRITES,
    &losses::MISSING_SEPARATOR,
    &losses::PRECISION,
    &losses::REPLACED,
    &members::REFUSED,
    &names::GENERATE_NAME,
    &names::NO_NAME,
    &unknown_kind::CRD_IN_SAME_APPLY,
    &unknown_kind::REMOVED_API,
    &unknown_kind::UNKNOWN_KIND,
];
