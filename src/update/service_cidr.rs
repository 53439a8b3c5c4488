//! `ServiceCIDR`: ranges stay, and a second may be added.
//!
//! Apart as every kind. Source: `ValidateServiceCIDRUpdate` of `pkg/apis/networking/validation/validation.go` (1.36).

use super::Transition;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::NodeRef;

const IMMUTABLE: &str = "field is immutable";

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let ranges = |spec: Option<NodeRef<'_>>| -> Vec<String> {
        spec.list("cidrs").into_iter().map(|range| range.as_str().unwrap_or_default().to_owned()).collect()
    };
    let (before, after) = (ranges(old), ranges(new));
    let path = Path::ROOT.field("spec");
    let path = path.field("cidrs");
    if before.len() == after.len() || (before.len() == 1 && after.len() == 2) {
        for (index, (old, new)) in before.iter().zip(&after).enumerate() {
            if old != new {
                transition.errors.invalid(&path.index(index), new, IMMUTABLE);
            }
        }
    } else {
        let shown = serde_json::Value::from(after).to_string();
        transition.errors.invalid(&path, &crate::finding::Verbatim(&shown), IMMUTABLE);
    }
}
