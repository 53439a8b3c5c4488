//! What differs between two states of an object, field by field.
//!
//! Apart because every output shows it, and here values that nobody may see are left out once for all.

use super::{FieldPath, Segment};
use crate::yaml::{Kind, NodeRef};
use serde_json::Value;

/// What stands for the value of a Secret.
pub const CONCEALED: &str = "•••";
/// The annotation in which `kubectl apply` keeps the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Fields that only the server writes: no manifest changes them.
const OF_THE_SERVER: [&str; 6] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"];
/// Deeper values are compared whole.
const MAX_DEPTH: usize = 64;

/// A field that becomes another.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// The field; elements of lists are counted as they will be, those that go as they were.
    pub field: FieldPath,
    /// Its value before; none if it is new.
    pub before: Option<Value>,
    /// Its value afterwards; none if it goes.
    pub after: Option<Value>,
    /// Whether the server refuses the whole update for it.
    pub refused: bool,
}

/// What differs between an object that is live and what becomes of it. The values of Secrets are concealed; that they
/// differ is told.
pub fn differences(kind: &str, live: NodeRef<'_>, becomes: NodeRef<'_>) -> Vec<FieldChange> {
    let mut search = Search { is_secret: kind.eq_ignore_ascii_case("Secret"), changes: Vec::new() };
    search.value(&FieldPath::default(), Some(live), Some(becomes));
    search.changes
}

struct Search {
    is_secret: bool,
    changes: Vec<FieldChange>,
}

impl Search {
    fn value(&mut self, path: &FieldPath, live: Option<NodeRef<'_>>, becomes: Option<NodeRef<'_>>) {
        if Self::is_left_out(path) {
            return;
        }
        let (live, becomes) = (live.filter(|node| !node.is_null()), becomes.filter(|node| !node.is_null()));
        match (live, becomes) {
            (Some(live), Some(becomes)) if path.0.len() < MAX_DEPTH => match (live.kind(), becomes.kind()) {
                (Kind::Mapping, Kind::Mapping) => self.mapping(path, live, becomes),
                (Kind::Sequence, Kind::Sequence) => self.sequence(path, live, becomes),
                _ => self.told(path, Some(live), Some(becomes)),
            },
            _ => self.told(path, live, becomes),
        }
    }

    fn mapping(&mut self, path: &FieldPath, live: NodeRef<'_>, becomes: NodeRef<'_>) {
        for entry in live.entries() {
            self.value(&below(path, entry.name()), Some(entry.value), becomes.get(entry.name()));
        }
        for entry in becomes.entries().filter(|entry| live.entry(entry.name()).is_none()) {
            self.value(&below(path, entry.name()), None, Some(entry.value));
        }
    }

    /// Elements that have names are the same under the same name; others under the same index.
    fn sequence(&mut self, path: &FieldPath, live: NodeRef<'_>, becomes: NodeRef<'_>) {
        let name = |node: NodeRef<'_>| node.get("name").and_then(NodeRef::as_str).map(str::to_owned);
        let names = |list: NodeRef<'_>| -> Option<Vec<String>> { list.elements().map(name).collect() };
        let are_different = |names: &Vec<String>| {
            let mut sorted = names.clone();
            sorted.sort_unstable();
            sorted.windows(2).all(|pair| pair[0] != pair[1])
        };
        if let (Some(before), Some(after)) = (names(live).filter(are_different), names(becomes).filter(are_different)) {
            for (index, element) in becomes.elements().enumerate() {
                let old = before.iter().position(|name| *name == after[index]);
                let old = old.and_then(|old| live.elements().nth(old));
                self.value(&path.clone().index(index), old, Some(element));
            }
            for (index, element) in live.elements().enumerate().filter(|(index, _)| !after.contains(&before[*index])) {
                self.value(&path.clone().index(index), Some(element), None);
            }
            return;
        }
        for index in 0..live.len().max(becomes.len()) {
            self.value(&path.clone().index(index), live.elements().nth(index), becomes.elements().nth(index));
        }
    }

    fn told(&mut self, path: &FieldPath, live: Option<NodeRef<'_>>, becomes: Option<NodeRef<'_>>) {
        let (before, after) = (live.map(NodeRef::to_json), becomes.map(NodeRef::to_json));
        if before == after {
            return;
        }
        let is_concealed = self.is_concealed(path);
        let shown = |value: Option<Value>| value.map(|value| if is_concealed { CONCEALED.into() } else { value });
        self.changes.push(FieldChange {
            field: path.clone(),
            before: shown(before),
            after: shown(after),
            refused: false,
        });
    }

    /// Of a Secret all is concealed that is not known to be harmless.
    fn is_concealed(&self, path: &FieldPath) -> bool {
        let field = |at: usize| match path.0.get(at) {
            Some(Segment::Field(name) | Segment::Key(name)) => name.as_str(),
            _ => "",
        };
        let is_harmless = matches!(field(0), "apiVersion" | "kind" | "type" | "immutable")
            || (field(0) == "metadata" && !matches!(field(1), "" | "labels" | "annotations"));
        self.is_secret && !is_harmless
    }

    fn is_left_out(path: &FieldPath) -> bool {
        let is = |at: usize, name: &str| match path.0.get(at) {
            Some(Segment::Field(field) | Segment::Key(field)) => field == name,
            _ => false,
        };
        is(0, "status")
            || (is(0, "metadata")
                && (OF_THE_SERVER.iter().any(|name| is(1, name)) || (is(1, "annotations") && is(2, LAST_APPLIED))))
    }
}

/// Below labels, annotations, data and selectors stand keys, which may hold dots.
fn below(path: &FieldPath, name: &str) -> FieldPath {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if is_plain { path.clone().field(name) } else { path.clone().key(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Content, Text};

    fn told(kind: &str, live: &str, becomes: &str) -> Vec<String> {
        let tree = |text: &str| {
            let text = Text { text: text.into(), replaced: Vec::new() };
            let mut stream = yaml::read(&text, &yaml::Options::default());
            match stream.documents.remove(0).content {
                Content::Value(tree) => tree,
                other => panic!("{other:?}"),
            }
        };
        let (live, becomes) = (tree(live), tree(becomes));
        let shown = |value: Option<Value>| value.map_or("none".to_owned(), |value| value.to_string());
        let changes = differences(kind, live.root(), becomes.root()).into_iter();
        changes.map(|one| format!("{}: {} -> {}", one.field, shown(one.before), shown(one.after))).collect()
    }

    #[test]
    fn elements_are_known_by_their_names() {
        assert_eq!(
            told(
                "Pod",
                "spec: {containers: [{name: a, image: a:1}, {name: b, image: b:1}]}",
                "spec: {containers: [{name: b, image: b:2}], hostname: x}"
            ),
            [
                "spec.containers[0].image: \"b:1\" -> \"b:2\"",
                "spec.containers[0]: {\"image\":\"a:1\",\"name\":\"a\"} -> none",
                "spec.hostname: none -> \"x\"",
            ]
        );
    }

    #[test]
    fn nobody_sees_what_a_secret_holds() {
        let changes = told(
            "Secret",
            "metadata: {annotations: {note: abc}}\ndata: {key: YQ==}\nodd: {deep: first}\ntype: Opaque",
            "metadata: {annotations: {note: abd}}\ndata: {key: Yg==, more: Yw==}\nodd: {deep: second}\ntype: Other",
        );
        assert_eq!(
            changes,
            [
                "data.key: \"•••\" -> \"•••\"",
                "data.more: none -> \"•••\"",
                "metadata.annotations.note: \"•••\" -> \"•••\"",
                "odd.deep: \"•••\" -> \"•••\"",
                "type: \"Opaque\" -> \"Other\"",
            ]
        );
    }

    #[test]
    fn what_the_server_writes_is_no_change() {
        assert_eq!(
            told(
                "ConfigMap",
                "metadata: {uid: a, labels: {app.example/x: '1'}}\nstatus: {a: 1}\ndata: null",
                "metadata: {labels: {app.example/x: '2'}}"
            ),
            ["metadata.labels[app.example/x]: \"1\" -> \"2\""]
        );
    }
}
