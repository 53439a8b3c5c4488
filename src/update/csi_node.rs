//! `CSINode`: drivers come and go, and stay what they are but for what they can allocate.
//!
//! Apart as every kind. Source: `ValidateCSINodeUpdate` of `pkg/apis/storage/validation/validation.go` (1.36).

use super::{Transition, same};
use crate::object::Path;
use crate::object::view::View;
use crate::schema::Minor;

const DRIVER: &str = "io.k8s.api.storage.v1.CSINodeDriver";

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    // The gate MutableCSINodeAllocatableCount is on since 1.35.
    let except: &[&str] = if transition.minor >= Minor(35) { &["allocatable"] } else { &[] };
    let path = Path::ROOT.field("spec");
    for before in old.list("drivers") {
        for after in new.list("drivers") {
            let is_same_driver = before.text("name") == after.text("name");
            if is_same_driver && !same::structs_except(transition.schema, DRIVER, except, Some(before), Some(after)) {
                transition.errors.invalid(&path.field("drivers"), &after, "field is immutable");
            }
        }
    }
}
