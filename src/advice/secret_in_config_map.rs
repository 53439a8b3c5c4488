//! Passwords and private keys in a `ConfigMap`.

use super::ground::Ground;
use super::secrets::looks_like_one;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::yaml::NodeRef;

/// A key of a `ConfigMap` with a secret as its value.
pub(super) static RULE: Rule = Rule {
    id: "security/secret-in-config-map",
    level: Level::Advice,
    summary: "a ConfigMap holds a password or a private key",
    why: "ConfigMaps are read by far more people and programs than Secrets, are not encrypted at rest where Secrets are, and are shown by every tool",
    docs: include_str!("secret-in-config-map.md"),
};

/// Looks at every `ConfigMap` of the set. What it finds is never told.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for member in ground.scene.set.of_the_set("", "ConfigMap") {
        for entry in member.object.root().get("data").into_iter().flat_map(NodeRef::entries) {
            let Some(why) = entry.value.as_str().and_then(|value| looks_like_one(entry.name(), value)) else {
                continue;
            };
            let field = FieldPath::of(&["data"]).key(entry.name());
            let message = format!("key {} {why}", entry.name());
            let help = "put it into a Secret that no repository holds in the clear; and change it, for it was read";
            found.push(Finding::in_object(&RULE, message, member.object, field).with_help(help));
        }
    }
    found
}
