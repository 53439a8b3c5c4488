//! Which rules a kind has.
//!
//! Apart so that a new kind is one line here and one file beside it.

use super::Judge;

/// Runs the rules of the object's kind.
pub fn validate(judge: &mut Judge<'_>) {
    #[expect(clippy::match_single_binding, reason = "kinds are added line by line")]
    match (judge.gvk.group.as_str(), judge.gvk.kind.as_str()) {
        _ => {}
    }
}
