//! Defaults in schemas.
//!
//! Apart because a default is an object that has to be valid itself.

use crate::finding::FieldErrors;
use crate::object::Path;
use crate::yaml::NodeRef;

pub(super) fn validate(_schema: NodeRef<'_>, _path: &Path<'_>, _errors: &mut FieldErrors) {}
