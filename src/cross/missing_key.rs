//! A key of a ConfigMap or Secret that is there, without the key.

use super::alike::is_slip;
use super::missing::of_a_pod;
use super::named::Named;
use super::scene::{Presence, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object, Segment};
use crate::yaml::NodeRef;

/// A key that is named is not in the ConfigMap or Secret.
pub static RULE: Rule = Rule {
    id: "cross/missing-key",
    level: Level::Warning,
    summary: "a key that is named is not in the ConfigMap or Secret",
    why: "a container with an environment from it stays in CreateContainerConfigError, and a Pod with a volume of it in ContainerCreating (FailedMount)",
    docs: include_str!("missing-key.md"),
};

/// Looks at every key that a field names.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let keyed = scene.names.iter().filter(|named| !named.is_optional && named.group.is_empty());
    keyed.filter(|named| matches!(named.kind, "ConfigMap" | "Secret")).flat_map(|named| judge(named, scene)).collect()
}

/// Where the keys stand.
const DATA: [&str; 3] = ["data", "stringData", "binaryData"];

/// How many keys are named where none comes near.
const SHOWN: usize = 5;

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Vec<Finding> {
    let keys = named.keys();
    if keys.is_empty() || !matches!(scene.presence_of(named), Presence::There(_)) {
        return Vec::new();
    }
    let Named { group, kind, namespace, name, .. } = *named;
    let of_the_name = scene.set.find_all(group, kind, namespace, name);
    let holders: Vec<NodeRef<'_>> = of_the_name.iter().map(|holder| holder.object.root()).collect();
    let keys_of = |holder: NodeRef<'_>| DATA.map(|data| holder.get(data).map_or(0, NodeRef::len)).iter().sum::<usize>();
    // One without any is filled by somebody else, and so is a token.
    let is_filled = |holder: &NodeRef<'_>| {
        keys_of(*holder) == 0
            || holder.get("type").and_then(NodeRef::as_str) == Some("kubernetes.io/service-account-token")
    };
    let is_made =
        [&scene.set, scene.repository()].iter().any(|known| known.maker(group, kind, namespace, name).is_some());
    if is_made || holders.iter().any(is_filled) {
        return Vec::new();
    }
    let has = |key: &str| holders.iter().any(|holder| DATA.iter().any(|data| holder.at(&[data, key]).is_some()));
    keys.into_iter()
        .filter(|(key, _)| !has(key))
        .map(|(key, path)| Finding {
            level: scene.level_between(named.from.object, of_the_name[0].object),
            ..told(named, key, path, of_the_name[0].object)
        })
        .collect()
}

fn told(named: &Named<'_>, key: &str, path: FieldPath, holder: &Object) -> Finding {
    let Named { kind, name, .. } = *named;
    let known = || {
        DATA.iter().flat_map(|data| {
            let entries = holder.root().get(data).into_iter().flat_map(NodeRef::entries);
            entries.map(|entry| (*data, entry.name()))
        })
    };
    let finding = Finding::in_object(&RULE, format!("{kind} \"{name}\" has no key \"{key}\""), named.from.object, path)
        .saying(of_a_pod(named));
    if let Some((data, near)) = known().find(|(_, known)| is_slip(key, known)) {
        let place = holder.locate(&FieldPath(vec![Segment::Field(data.to_owned()), Segment::Key(near.to_owned())]));
        return finding
            .with_label(holder.span(place.key.unwrap_or(place.range())), "this comes nearest")
            .with_help(format!("Write \"{near}\", or give both the same key."));
    }
    let keys: Vec<&str> = known().map(|(_, known)| known).take(SHOWN).collect();
    let and_more = if known().count() > SHOWN { ", …" } else { "" };
    let place = holder.locate(&FieldPath::of(&["metadata", "name"]));
    finding
        .with_label(holder.span(place.range()), format!("its keys are {}{and_more}", keys.join(", ")))
        .with_help(format!("Add the key to the {kind}, or name one that it has."))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-key";

    fn pod(more: &str) -> String {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec:\n{more}---\n")
    }

    const SETTINGS: &str =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {heat: a, time: b}\n---\n";

    #[test]
    fn a_key_must_be_there() {
        let env = |key: &str, optional: bool| {
            pod(&format!(
                "  containers:\n  - name: oven\n    env: [{{name: A, valueFrom: {{configMapKeyRef: {{name: settings, key: {key}, optional: {optional}}}}}}}]\n"
            ))
        };
        assert!(findings(RULE, &format!("{}{SETTINGS}", env("heat", false))).is_empty());
        assert!(findings(RULE, &format!("{}{SETTINGS}", env("haet", true))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{SETTINGS}", env("haet", false))),
            ["spec.containers[0].env[0].valueFrom.configMapKeyRef.key: ConfigMap \"settings\" has no key \"haet\""]
        );
    }

    #[test]
    fn items_of_volumes_name_keys_too() {
        let set = pod(
            "  containers: []\n  volumes: [{name: v, projected: {sources: [{configMap: {name: settings, items: [{key: heat, path: h}, {key: fan, path: f}]}}]}}]\n",
        );
        assert_eq!(
            findings(RULE, &format!("{set}{SETTINGS}")),
            ["spec.volumes[0].projected.sources[0].configMap.items[1].key: ConfigMap \"settings\" has no key \"fan\""]
        );
    }

    #[test]
    fn what_others_fill_may_have_any() {
        let set = pod(
            "  containers: []\n  volumes: [{name: v, secret: {secretName: token, items: [{key: token, path: t}]}}]\n",
        );
        let empty = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\n";
        let token = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\ntype: kubernetes.io/service-account-token\ndata: {extra: YQ==}\n";
        let full = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {extra: a}\n";
        assert!(findings(RULE, &format!("{set}{empty}")).is_empty());
        assert!(findings(RULE, &format!("{set}{token}")).is_empty());
        assert_eq!(findings(RULE, &format!("{set}{full}")).len(), 1);
    }
}
