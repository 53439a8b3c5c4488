//! What cannot change in the metadata of any object.
//!
//! Apart because it holds for every kind, custom resources included. Source: `ValidateObjectMetaAccessorUpdate` of
//! apimachinery `pkg/api/validation/objectmeta.go`, `BeforeUpdate` of apiserver `pkg/registry/rest/update.go` (1.36).

use super::Transition;
use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::object::view::View;

/// A `resourceVersion` that the live object does not have.
pub static CONFLICT: Rule = Rule {
    id: "update/resource-version",
    level: Level::Error,
    summary: "metadata.resourceVersion asks for a version of the live object that it is not",
    why: "the API server takes it as a condition, and answers 409 Conflict where the live object has another; leave it out",
    docs: include_str!("resource-version.md"),
};

const IMMUTABLE: &str = "field is immutable";

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["metadata"]);
    let errors = &mut transition.errors;
    let path = Path::ROOT.field("metadata");
    let version = new.text("resourceVersion");
    if !version.is_empty() && version != old.text("resourceVersion") {
        errors.under(&CONFLICT, |errors| {
            let detail = "the object has been modified; please apply your changes to the latest version and try again";
            errors.invalid(&path.field("resourceVersion"), version, detail);
        });
    }
    // What the new object leaves out, the server takes from the old one.
    let uid = new.text("uid");
    if !uid.is_empty() && uid != old.text("uid") {
        errors.invalid(&path.field("uid"), uid, IMMUTABLE);
    }
    let deletion = new.text("deletionTimestamp");
    if !deletion.is_empty() && old.text("deletionTimestamp").is_empty() {
        errors.invalid(&path.field("deletionTimestamp"), deletion, IMMUTABLE);
    }
    let (before, seconds) = (old.int("deletionGracePeriodSeconds"), new.int("deletionGracePeriodSeconds"));
    if let Some(seconds) = seconds.filter(|_| seconds != before) {
        errors.invalid(&path.field("deletionGracePeriodSeconds"), &seconds, IMMUTABLE);
    }
}
