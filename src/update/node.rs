//! Node: the ranges of addresses that its pods get.
//!
//! Apart because a node's ranges may be told in two fields. Source: `ValidateNodeUpdate` of
//! `pkg/apis/core/validation/validation.go` (1.36).

use super::Transition;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::NodeRef;

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let path = Path::ROOT.field("spec");
    let live = Ranges::live(old);
    if !live.list.is_empty() && live.list != live.updated(old, new).list {
        let words = "node updates may not change podCIDR except from \"\" to valid";
        transition.errors.forbidden(&path.field("podCIDRs"), words);
    }
    if old.text("externalID") != new.text("externalID") {
        transition.errors.forbidden(&path.field("externalID"), "may not be updated");
    }
}

/// The two fields that tell a node's ranges: the first of the list also stands alone.
#[derive(Clone, Debug, Default)]
struct Ranges<'t> {
    single: &'t str,
    list: Vec<&'t str>,
}

impl<'t> Ranges<'t> {
    fn written(spec: Option<NodeRef<'t>>) -> Self {
        let list = spec.list("podCIDRs").into_iter().filter_map(NodeRef::as_str).collect();
        Self { single: spec.text("podCIDR"), list }
    }

    /// Each of the two fields is made from the other, and the single one wins (`Convert_v1_NodeSpec_To_core_NodeSpec`).
    fn completed(mut self) -> Self {
        if !self.single.is_empty() && self.list.first() != Some(&self.single) {
            self.list = vec![self.single];
        }
        self.single = self.list.first().copied().unwrap_or_default();
        self
    }

    fn live(spec: Option<NodeRef<'t>>) -> Self {
        Self::written(spec).completed()
    }

    /// What the live ranges become: what was never applied stays, and lists are merged as sets.
    fn updated(&self, applied: Option<NodeRef<'t>>, new: Option<NodeRef<'t>>) -> Self {
        if new.is_none() {
            return Self::default();
        }
        let (before, after) = (Self::written(applied), Self::written(new));
        let single = match after.single {
            "" if before.single.is_empty() => self.single,
            single => single,
        };
        let kept = self.list.iter().filter(|range| !before.list.contains(range) && !after.list.contains(range));
        let list = after.list.iter().chain(kept).copied().collect();
        Self { single, list }.completed()
    }
}
