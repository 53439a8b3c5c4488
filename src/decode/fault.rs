//! One fault of a value, before it is a finding.
//!
//! Apart because decoding, conversion and the checks of server-side apply find the same kinds of fault, each in words
//! of its own.

use super::{FieldValidation, rules};
use crate::finding::{Finding, Level, Mend};
use crate::object::{FieldPath, Object};
use crate::yaml::ByteRange;

/// One thing that is wrong, in the server's words.
pub(super) struct Fault {
    pub kind: FaultKind,
    pub message: String,
    pub path: FieldPath,
    pub range: ByteRange,
    pub help: Option<String>,
    pub mend: Option<Mend>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A value of the wrong type.
    Type,
    /// A field that is not known, where strict validation looks.
    Unknown,
    /// A field that is not known, where nothing looks.
    Dropped,
    /// A field that server-side apply's schema does not declare.
    Undeclared,
    /// An element that server-side apply cannot tell from another.
    ListKey,
    /// Something server-side apply refuses as it stands.
    Refused,
    /// Not judged.
    TooDeep,
}

impl Fault {
    /// The finding it is; none if it is not to be told.
    pub fn into_finding(self, object: &Object, validation: FieldValidation) -> Option<Finding> {
        let (rule, level) = match (self.kind, validation) {
            (FaultKind::Type, _) => (&rules::WRONG_TYPE, Level::Error),
            (FaultKind::Unknown, FieldValidation::Strict) => (&rules::UNKNOWN_FIELD, Level::Error),
            (FaultKind::Unknown, FieldValidation::Warn) => (&rules::UNKNOWN_FIELD, Level::Warning),
            (FaultKind::Unknown | FaultKind::Dropped, FieldValidation::Ignore) => return None,
            (FaultKind::Dropped, _) => (&rules::DROPPED_FIELD, Level::Warning),
            (FaultKind::Undeclared, _) => (&rules::UNDECLARED_FIELD, Level::Error),
            (FaultKind::ListKey, _) => (&rules::LIST_KEY, Level::Error),
            (FaultKind::Refused, _) => (&rules::SERVER_SIDE_APPLY, Level::Error),
            (FaultKind::TooDeep, _) => (&rules::TOO_DEEP, Level::Warning),
        };
        let finding = Finding::at(rule, self.message, object.span(self.range)).with_mend(self.mend);
        Some(Finding { level, field: self.path, object: Some(object.origin), help: self.help, ..finding })
    }
}
