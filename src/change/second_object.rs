//! An object with a new name: a second one is made, and the first keeps running.
//!
//! Apart from what is left behind because who renames something does not mean to have two of it.

use super::syncer::Fate;
use super::{Gone, Now, Past, Scene, title};
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object};
use serde_json::Value;

/// Two where one was meant.
pub static RULE: Rule = Rule {
    id: "update/second-object",
    level: Level::Warning,
    summary: "an object gets another name: a second one is made, and the first keeps running",
    why: "the API server knows an object by its name, so there is no renaming: an apply makes a new object and leaves the old",
    docs: include_str!("second-object.md"),
};

pub(super) fn finding(gone: &Gone<'_>, new: &Now<'_>, fate: &Fate) -> Finding {
    let message = format!(
        "{} is a second one beside {}, which it seems to replace and which stays live: {}",
        title(&new.identity),
        title(&gone.identity),
        fate.words
    );
    let old = gone.object.span(gone.object.locate(&FieldPath::of(&["metadata", "name"])).range());
    let resource = gone.identity.kind.to_lowercase();
    let namespace =
        if gone.identity.namespace.is_empty() { String::new() } else { format!(" -n {}", gone.identity.namespace) };
    Finding::in_object(&RULE, message, new.object, FieldPath::of(&["metadata", "name"]))
        .with_label(old, "its name when it was last applied")
        .with_help(format!(
            "Delete the old one once the new one is there: kubectl delete {resource} {}{namespace}",
            gone.identity.name
        ))
}

/// The objects that are gone, each with the new one that is the same but for its name.
pub(super) fn renamed<'s>(scene: &Scene<'s>) -> Vec<(&'s Gone<'s>, &'s Now<'s>)> {
    let mut renamed: Vec<(&Gone<'_>, &Now<'_>)> = Vec::new();
    for gone in scene.gone {
        let Some(old) = body(gone.object, &gone.identity.name) else { continue };
        let is_it = |now: &&Now<'_>| {
            matches!(now.past, Past::New)
                && now.identity.group == gone.identity.group
                && now.identity.kind == gone.identity.kind
                && now.identity.namespace == gone.identity.namespace
                && !renamed.iter().any(|(_, taken)| std::ptr::eq(*taken, *now))
                && body(now.object, &now.identity.name).is_some_and(|new| new == old)
        };
        if let Some(now) = scene.now.iter().find(is_it) {
            renamed.push((gone, now));
        }
    }
    renamed
}

/// What an object is but for its metadata, with its own name taken out of every text; none if there is nothing else.
fn body(object: &Object, name: &str) -> Option<Value> {
    fn nameless(value: &mut Value, name: &str) {
        match value {
            Value::String(text) => *text = text.replace(name, "\u{0}"),
            Value::Array(values) => values.iter_mut().for_each(|value| nameless(value, name)),
            Value::Object(members) => members.values_mut().for_each(|value| nameless(value, name)),
            _ => {}
        }
    }
    let mut value = object.root().to_json();
    let members = value.as_object_mut()?;
    for key in ["apiVersion", "kind", "metadata"] {
        members.remove(key);
    }
    if members.is_empty() {
        return None;
    }
    nameless(&mut value, name);
    Some(value)
}
