//! `ConfigMap` and Secret with `immutable: true`.
//!
//! Apart because the field that freezes the others is frozen itself. Source: `ValidateConfigMapUpdate` and
//! `ValidateSecretUpdate` of `pkg/apis/core/validation/validation.go` (1.36).

use super::Transition;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::NodeRef;

const WORDS: &str = "field is immutable when `immutable` is set";

/// Reports changes of `fields`, and of the flag, if it was set. No value is printed.
pub(super) fn validate(transition: &mut Transition<'_>, fields: &[&str]) {
    let (old, new) = (transition.old, transition.new);
    if !old.flag("immutable") {
        return;
    }
    if !new.flag("immutable") {
        transition.errors.forbidden(&Path::ROOT.field("immutable"), WORDS);
    }
    for field in fields {
        let is_same = same_entries(old.get(field), new.get(field));
        // The server moves stringData into data; there it stays, whatever becomes of stringData.
        let adds = *field == "data" && adds_entries(old.get("stringData"), new.get("stringData"));
        if !is_same || adds {
            transition.errors.forbidden(&Path::ROOT.field(field), WORDS);
        }
    }
}

fn same_entries(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> bool {
    let text = |side: Option<NodeRef<'_>>| side.filter(|map| !map.is_empty()).map(NodeRef::to_json);
    text(old) == text(new)
}

fn adds_entries(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> bool {
    new.into_iter().flat_map(NodeRef::entries).any(|entry| {
        let before = old.and_then(|old| old.get(entry.name()));
        before.and_then(NodeRef::as_str) != entry.value.as_str()
    })
}
