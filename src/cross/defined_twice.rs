//! One object that a set writes down twice.
//!
//! Apart because it is told by comparing two objects field by field, which no other rule does.

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::yaml::{Kind, NodeRef};

/// Two documents of one run that are the same object and say different things.
pub static RULE: Rule = Rule {
    id: "cross/defined-twice",
    level: Level::Warning,
    summary: "an object is defined twice, and the definitions differ",
    why: "kind, namespace and name make an object: the definition that is applied last takes the place of the one before, and every apply goes back and forth between the two",
    docs: include_str!("defined-twice.md"),
};

/// Fields that are named in a message; the others are counted.
const NAMED: usize = 3;

/// Fields that are looked for; nobody counts more.
const MOST: usize = 100;

/// Compares every object with the one of the same identity that is sent before it.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for same in scene.set.repeated() {
        for (number, member) in same.iter().enumerate() {
            let is_beside = |other: &&&Member<'_>| scene.are_surely_together(other, member);
            found.extend(same[..number].iter().rev().find(is_beside).and_then(|first| judge(first, member)));
        }
    }
    found
}

fn judge(first: &Member<'_>, second: &Member<'_>) -> Option<Finding> {
    let fields = differences(first.object.root(), second.object.root());
    if fields.is_empty() {
        return None;
    }
    let named: Vec<String> = fields.iter().take(NAMED).map(ToString::to_string).collect();
    let more = fields.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message =
        format!("{} is defined twice, and this definition overwrites {}{more}", second.title(), named.join(", "));
    let first_difference = first.place(&fields[0]);
    let finding = Finding::in_object(&RULE, message, second.object, FieldPath::of(&["metadata", "name"]));
    Some(
        finding
            .saying("applied last: this one stays")
            .with_label(first.name_place(), "the same object, applied before")
            .with_label(first_difference, format!("{} is lost", named[0]))
            .with_help("keep one of the two, or give one of them another name"),
    )
}

/// Fields whose entries are keys of a map, not fields of a struct.
const MAPS: [&str; 8] =
    ["annotations", "labels", "data", "stringData", "binaryData", "matchLabels", "nodeSelector", "selector"];

/// The fields in which two objects differ. A list differs as a whole unless both are equally long.
fn differences(first: NodeRef<'_>, second: NodeRef<'_>) -> Vec<FieldPath> {
    let mut found = Vec::new();
    let mut left = vec![(FieldPath::default(), first, second, false)];
    while let Some((path, one, other, is_map)) = left.pop() {
        if found.len() == MOST {
            break;
        }
        match (one.kind(), other.kind()) {
            (Kind::Mapping, Kind::Mapping) => {
                let deeper = |name: &str| if is_map { path.clone().key(name) } else { path.clone().field(name) };
                let entries = one.entries().filter(|entry| !entry.value.is_null());
                let mut both = Vec::new();
                for entry in entries {
                    match other.get(entry.name()) {
                        Some(value) => both.push((entry.name(), entry.value, value)),
                        None => found.push(deeper(entry.name())),
                    }
                }
                let added = other.entries().filter(|entry| !entry.value.is_null() && one.get(entry.name()).is_none());
                found.extend(added.map(|entry| deeper(entry.name())));
                let next = both.into_iter().rev().filter(|(name, ..)| !(path.0.is_empty() && *name == "apiVersion"));
                left.extend(next.map(|(name, value, with)| (deeper(name), value, with, MAPS.contains(&name))));
            }
            (Kind::Sequence, Kind::Sequence) if one.len() == other.len() => {
                let pairs: Vec<_> = one.elements().zip(other.elements()).enumerate().collect();
                let deeper = |index| path.clone().index(index);
                left.extend(pairs.into_iter().rev().map(|(index, (one, other))| (deeper(index), one, other, false)));
            }
            (Kind::Sequence | Kind::Mapping, _) | (_, Kind::Sequence | Kind::Mapping) => found.push(path),
            _ if one.to_json() != other.to_json() => found.push(path),
            _ => {}
        }
    }
    // Left out, it is the one that the object goes to anyway.
    found.retain(|path| *path != FieldPath::of(&["metadata", "namespace"]));
    found
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{Kitchen, findings};

    fn config(data: &str) -> String {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: menu}}\ndata: {data}\n---\n")
    }

    const RULE: &str = "cross/defined-twice";

    #[test]
    fn what_is_overwritten_is_named() {
        let set = format!("{}{}", config("{soup: leek, pie: apple}"), config("{soup: onion, bread: rye}"));
        assert_eq!(
            findings(RULE, &set),
            ["metadata.name: ConfigMap default/menu is defined twice, and this definition overwrites data[pie], \
                 data[bread], data[soup]"]
        );
        let third = config("{soup: pea}");
        assert_eq!(findings(RULE, &format!("{set}{third}")).len(), 2, "each is compared with the one before");
    }

    #[test]
    fn the_same_twice_loses_nothing() {
        assert!(findings(RULE, &config("{soup: leek}").repeat(2)).is_empty());
        let null = config("{soup: leek, pie: null}");
        assert!(findings(RULE, &format!("{}{null}", config("{soup: leek}"))).is_empty());
    }

    #[test]
    fn other_namespaces_and_kinds_are_other_objects() {
        let elsewhere = config("{soup: onion}").replace("name: menu", "name: menu, namespace: annex");
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: menu}\nstringData: {soup: onion}\n";
        assert!(findings(RULE, &format!("{}{elsewhere}{secret}", config("{soup: leek}"))).is_empty());
    }

    #[test]
    fn an_object_without_a_namespace_is_in_the_default_one() {
        let set =
            [config("{soup: leek}"), config("{soup: pea}").replace("name: menu", "name: menu, namespace: default")];
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        let found = Kitchen { set: &set, cluster: None }.findings(RULE);
        assert_eq!(
            found,
            ["metadata.name: ConfigMap default/menu is defined twice, and this definition overwrites \
                 data[soup]"]
        );
    }
}
