//! A value that is too large for the environment of a process.
//!
//! Apart because it takes the pods that use a value to see that it is too large: in a volume it is not.
//! Source: `MAX_ARG_STRLEN` in `include/uapi/linux/binfmts.h` of Linux; the names of variables:
//! `IsEnvVarName` in apimachinery `pkg/util/validation/validation.go` (1.36).

use super::{Member, Named, Scene};
use crate::decode::base64::decoded_length;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Segment};
use crate::yaml::NodeRef;
use std::collections::HashMap;

/// A ConfigMap or Secret whose value does not fit into a variable.
pub static RULE: Rule = Rule {
    id: "cross/environment-too-large",
    level: Level::Warning,
    summary: "a value is too large for an environment variable",
    why: "Linux takes no environment variable of more than 131072 bytes, its name included (on nodes with pages of 4 KiB): the container does not start (`argument list too long`)",
    docs: include_str!("environment-too-large.md"),
};

/// The longest `NAME=value`, the zero byte at its end included.
const MOST: usize = 131_072;

/// Looks at every value that pods take into their environment.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let all = ["ConfigMap", "Secret"].into_iter().flat_map(|kind| scene.set.of_kind("", kind));
    let large: HashMap<usize, Vec<(&str, usize)>> = all
        .map(|member| (std::ptr::from_ref(member).addr(), large_values(member)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    if large.is_empty() {
        return Vec::new();
    }
    scene.names.iter().filter_map(|named| judge(named, &large, scene)).collect()
}

/// The keys whose values may be too large, with their lengths in bytes.
fn large_values<'s>(member: &Member<'s>) -> Vec<(&'s str, usize)> {
    let root = member.object.root();
    let is_secret = member.kind == "Secret";
    let mut found = Vec::new();
    for map in ["data", "stringData"] {
        for entry in root.get(map).into_iter().flat_map(NodeRef::entries) {
            let text = entry.value.as_str().unwrap_or_default();
            let length = if is_secret && map == "data" { decoded_length(text).unwrap_or(0) } else { text.len() };
            // No name is longer than this.
            if length + 1024 > MOST {
                found.push((entry.name(), length));
            }
        }
    }
    found
}

fn judge(named: &Named<'_>, large: &HashMap<usize, Vec<(&str, usize)>>, scene: &Scene<'_>) -> Option<Finding> {
    let source = scene.set.find(named.group, named.kind, named.namespace, named.name)?;
    let values = large.get(&std::ptr::from_ref(source).addr())?;
    let is_together = scene.are_known_together(source, &named.from);
    let at = named
        .path
        .0
        .iter()
        .position(|step| matches!(step, Segment::Field(name) if name == "env" || name == "envFrom"))?;
    let element = FieldPath(named.path.0[..=at + 1].to_vec());
    let holder = element.find(named.from.object.root())?;
    let (key, length, name) = if named.path.0[at] == Segment::Field("env".to_owned()) {
        let key = named.holder.text("key");
        let (key, length) = values.iter().find(|(large, _)| *large == key)?;
        (key, length, holder.text("name").to_owned())
    } else {
        let named_by = |key: &str| format!("{}{key}", holder.text("prefix"));
        let (key, length) = values.iter().find(|(key, _)| is_variable(&named_by(key)))?;
        (key, length, named_by(key))
    };
    let whole = name.len() + 1 + length + 1;
    if whole <= MOST || !is_together {
        return None;
    }
    let message = format!(
        "key \"{key}\" of {} \"{}\" makes a variable of {whole} bytes, more than {MOST}: the container cannot start",
        source.kind, source.object.name
    );
    let field = FieldPath::of(&[if source.object.root().get("data").is_some_and(|data| data.has(key)) {
        "data"
    } else {
        "stringData"
    }]);
    Some(
        Finding::in_object(&RULE, message, named.from.object, named.path.clone())
            .with_label(key_place(source, &field, key), "this value")
            .with_help("mount it as a file: as a volume, or with `subPath` as one file of it"),
    )
}

/// The key alone: the value is long, and may be a secret.
fn key_place(source: &Member<'_>, map: &FieldPath, key: &str) -> crate::source::Span {
    let entry = map.find(source.object.root()).and_then(|map| map.entry(key));
    entry.map_or_else(|| source.name_place(), |entry| source.object.span(entry.key.range()))
}

/// Whether a key of `envFrom` becomes a variable.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit()) && name != "." && !name.starts_with("..")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/environment-too-large";

    fn set(length: usize, pod: &str) -> String {
        let value = "x".repeat(length);
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: book}}\ndata: {{RECIPES: {value}, small: y}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec:\n  volumes: [{{name: v, configMap: {{name: book}}}}]\n  containers: [{{name: c, image: i, {pod}}}]\n"
        )
    }

    const FROM: &str = "envFrom: [{configMapRef: {name: book}}]";

    fn one(key: &str) -> String {
        format!("env: [{{name: COOK, valueFrom: {{configMapKeyRef: {{name: book, key: {key}}}}}}}]")
    }

    #[test]
    fn a_value_that_no_variable_holds() {
        assert_eq!(
            findings(RULE, &set(131_072, FROM)),
            [
                "spec.containers[0].envFrom[0].configMapRef.name: key \"RECIPES\" of ConfigMap \"book\" makes a variable \
              of 131081 bytes, more than 131072: the container cannot start"
            ]
        );
        assert_eq!(findings(RULE, &set(131_067, &one("RECIPES"))).len(), 1);
    }

    #[test]
    fn what_fits_or_is_a_file() {
        assert!(findings(RULE, &set(131_066, &one("RECIPES"))).is_empty());
        assert!(findings(RULE, &set(131_072, &one("small"))).is_empty());
        assert!(findings(RULE, &set(131_072, "volumeMounts: [{name: v, mountPath: /book}]")).is_empty());
    }
}
