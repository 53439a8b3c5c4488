//! `ConfigMap` and Secret with `immutable: true`.
//!
//! Apart because the field that freezes the others is frozen itself. Source: `ValidateConfigMapUpdate` and
//! `ValidateSecretUpdate` of `pkg/apis/core/validation/validation.go` (1.36).

use super::Transition;
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::{EntryRef, NodeRef};
use std::collections::BTreeMap;

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
        let is_same =
            if *field == "data" { entries(old) == entries(new) } else { same_entries(old.get(field), new.get(field)) };
        // A map that is empty is another than none, and none is what the live object has for either.
        let is_emptied = new.get(field).is_some_and(NodeRef::is_empty);
        if !is_same || is_emptied {
            transition.errors.forbidden(&Path::ROOT.field(field), WORDS);
        }
    }
}

fn same_entries(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>) -> bool {
    let text = |side: Option<NodeRef<'_>>| side.filter(|map| !map.is_empty()).map(NodeRef::to_json);
    text(old) == text(new)
}

/// The data, with that of `stringData`, which the server puts into it encoded.
fn entries(object: NodeRef<'_>) -> BTreeMap<&str, String> {
    let of = |field: &str| object.get(field).into_iter().flat_map(NodeRef::entries);
    let text = |entry: EntryRef<'_>| entry.value.as_str().unwrap_or_default().to_owned();
    let encoded = |entry: EntryRef<'_>| data_encoding::BASE64.encode(text(entry).as_bytes());
    let data = of("data").map(|entry| (entry.name(), text(entry)));
    data.chain(of("stringData").map(|entry| (entry.name(), encoded(entry)))).collect()
}
