//! The merged object: kubectl's three-way merge, and the server's merge of `--server-side`.
//!
//! Apart because it is structure alone: which keys stay, which go, which list elements belong together. A built-in
//! kind's lists are merged by key where the schema says so (strategic merge patch: `x-kubernetes-patch-merge-key`;
//! server side: `x-kubernetes-list-map-keys`); everything else, and all of a custom resource, by JSON merge patch.
//! The patch itself is not made: what it leads to is built directly.
//!
//! Source: apimachinery `pkg/util/strategicpatch/patch.go` and `pkg/util/jsonmergepatch`, structured-merge-diff (1.36).

use super::field_set::FieldSet;
use super::live::{LAST_APPLIED, Live};
use super::managers::Managers;
use super::shape::{Elements, Shape, key_of};
use super::{Context, Patch, prune, settled};
use crate::finding::{Level, Rule};
use crate::object::Object;
use crate::object::view::View as _;
use crate::schema::{KindInfo, Schema};
use crate::yaml::{ByteRange, Entry, EntryRef, Kind, NodeIndex, NodeRef, TreeBuilder, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Objects of which no patch can be made.
pub static PATCH: Rule = Rule {
    id: "update/patch",
    level: Level::Error,
    summary: "no patch can be made from the live and the new object",
    why: "kubectl and the server match list elements by their key, and stop at one that has none or the key of another",
    docs: include_str!("patch.md"),
};

/// List elements that kubectl's merge loses.
pub static MERGED_BY_KEY: Rule = Rule {
    id: "update/merged-by-key",
    level: Level::Warning,
    summary: "a list element has the key of another one and is lost in the merge",
    why: "kubectl apply tells the elements of such a list apart by one field alone, reports success, and keeps one of them",
    docs: include_str!("merged-by-key.md"),
};

/// Deeper values are taken from the new object as they are: no schema has such, and recursion must end.
const MAX_DEPTH: usize = 256;

/// A merged object.
#[derive(Debug)]
pub struct Merged {
    /// What the live object becomes.
    pub object: Object,
    /// List elements of the new object that are in it no more, each with the key that another one has too.
    pub lost: Vec<(NodeIndex, String)>,
}

/// Merges `new` into the live object. None if nothing changes.
///
/// # Errors
/// Why no patch can be made.
pub fn merge(
    new: &Object,
    live: &Live<'_>,
    context: Context<'_>,
    kind: Option<KindInfo>,
    managers: Option<&Managers>,
) -> Result<Option<Merged>, String> {
    let Context { schema, patch, .. } = context;
    let shape = context.shape(kind);
    let modified = new.root();
    // Who applies what a list of managers tells of takes out by that list, and not by what some annotation says.
    let original = if managers.is_some() { None } else { live.last_applied() };
    let sets = managers.map(|managers| {
        let applied = FieldSet::of_applied(schema, shape, modified, patch);
        (managers.last(patch), managers.kept(patch, applied.clone()), applied)
    });
    let mut merge = Merge {
        schema,
        patch,
        rounds: patch == Patch::ClientSide && kind.is_none(),
        builder: TreeBuilder::new(new.tree.text().clone()),
        metadata: modified.get("metadata").map(NodeRef::index),
        changed: match &sets {
            // To own other fields than before is a change.
            Some((last, _, applied)) => last != applied,
            None => original.is_none_or(|original| !is_as_applied(original, modified)),
        },
        lost: Vec::new(),
    };
    let root = merge.map(shape, Sides { original, modified, current: Some(live.node()) }, false, 0)?;
    // A manifest stands for the live object; what a cluster gave out has been compared above.
    let is_settled = live.is_from_cluster()
        || patch != Patch::ClientSide
        || kind.is_none_or(|kind| settled::is_settled(schema, kind.definition, modified));
    if !merge.changed && is_settled {
        return Ok(None);
    }
    let mut tree = merge.builder.finish(root);
    if let Some((last, kept, _)) = &sets {
        tree = prune::pruned(schema, shape, tree.root(), last, kept);
    }
    let tree = Arc::new(tree);
    let node = tree.root().index();
    Ok(Some(Merged { object: Object { tree, node, ..new.clone() }, lost: merge.lost }))
}

/// Whether an object is what was last applied: kubectl writes that down with the namespace and with annotations, if only an
/// empty map of them. Source: `GetModifiedConfiguration` of kubectl `pkg/util/apply.go` (1.36).
fn is_as_applied(original: NodeRef<'_>, modified: NodeRef<'_>) -> bool {
    let is_same = |was: Option<NodeRef<'_>>, is: Option<NodeRef<'_>>| match (was, is) {
        (Some(was), Some(is)) => is_same_json(was, is),
        (was, is) => was.is_none() && is.is_none(),
    };
    is_same_but(original, modified, &["metadata"])
        && match (original.get("metadata"), modified.get("metadata")) {
            (Some(was), Some(is)) => {
                is_same_but(was, is, &["annotations", "namespace"])
                    && is_same(annotations(was), annotations(is))
                    && (!is.has("namespace") || is_same(was.get("namespace"), is.get("namespace")))
            }
            (was, is) => was.is_none() && is.is_none(),
        }
}

/// The annotations in metadata, if there are others than kubectl's own.
fn annotations(metadata: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let is_of_others = |entry: EntryRef<'_>| entry.name() != LAST_APPLIED;
    metadata.get("annotations").filter(|all| all.kind() != Kind::Mapping || all.entries().any(is_of_others))
}

/// Whether two maps have the same members but for some.
fn is_same_but(a: NodeRef<'_>, b: NodeRef<'_>, but: &[&str]) -> bool {
    let members = |node: NodeRef<'_>| node.entries().filter(|entry| !but.contains(&entry.name())).count();
    members(a) == members(b)
        && a.entries()
            .filter(|entry| !but.contains(&entry.name()))
            .all(|entry| b.entry(entry.name()).is_some_and(|other| is_same_json(entry.value, other.value)))
}

/// Whether two values are the same JSON. The last-applied annotation tells of itself and does not count.
pub fn is_same_json(a: NodeRef<'_>, b: NodeRef<'_>) -> bool {
    is_same_json_below(a, b, 0)
}

fn is_same_json_below(a: NodeRef<'_>, b: NodeRef<'_>, depth: usize) -> bool {
    match (a.value(), b.value()) {
        _ if depth > MAX_DEPTH => false,
        (Value::Mapping, Value::Mapping) => {
            let keys = |node: NodeRef<'_>| node.entries().filter(|entry| entry.name() != LAST_APPLIED).count();
            let is_same = |entry: EntryRef<'_>| {
                let other = b.entry(entry.name());
                other.is_some_and(|other| is_same_json_below(entry.value, other.value, depth + 1))
            };
            keys(a) == keys(b) && a.entries().filter(|entry| entry.name() != LAST_APPLIED).all(is_same)
        }
        (Value::Sequence, Value::Sequence) => {
            let is_same = |(a, b)| is_same_json_below(a, b, depth + 1);
            a.len() == b.len() && a.elements().zip(b.elements()).all(is_same)
        }
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

/// One value in the three objects.
#[derive(Clone, Copy, Debug)]
struct Sides<'t> {
    original: Option<NodeRef<'t>>,
    modified: NodeRef<'t>,
    current: Option<NodeRef<'t>>,
}

struct Merge<'p> {
    schema: Schema,
    patch: Patch<'p>,
    /// Whether kubectl makes the patch with all numbers as floats: it does so for custom resources.
    rounds: bool,
    /// The new object's metadata.
    metadata: Option<NodeIndex>,
    builder: TreeBuilder,
    changed: bool,
    lost: Vec<(NodeIndex, String)>,
}

impl Merge<'_> {
    /// Merges maps. `retain` drops what the new one does not have, as the patch strategy `retainKeys` does.
    fn map(&mut self, shape: Shape<'_>, sides: Sides<'_>, retain: bool, depth: usize) -> Result<NodeIndex, String> {
        let Sides { original, modified, current } = sides;
        let mut entries = Vec::with_capacity(modified.len());
        for entry in modified.entries() {
            let (key, value) = (entry.name(), entry.value);
            let before = current.and_then(|current| current.entry(key)).map(|entry| entry.value);
            if value.is_null() && self.patch == Patch::ClientSide && self.is_filled_in(modified, key) {
                continue;
            }
            if value.is_null() && (depth > 0 || self.patch != Patch::ClientSide) {
                entries.extend(self.null(shape.under(self.schema, key), entry, before));
                continue;
            }
            let sides = Sides {
                original: original.and_then(|original| original.get(key)),
                modified: value,
                current: before.filter(|before| !before.is_null()),
            };
            if let (Patch::ClientSide, true, Some(current)) = (self.patch, shape.is_map_of_lists(), sides.current) {
                // kubectl asks the schema how to merge the list, and a map has no fields to tell.
                if current.kind() == Kind::Sequence && !is_same_json(current, value) {
                    return Err(format!(
                        "unable to find api field for the list {key:?} in a map, so no patch can be made"
                    ));
                }
            }
            let value = self.value(shape.under(self.schema, key), sides, depth + 1)?;
            entries.push(Entry { key: self.builder.copy(entry.key), value });
        }
        for entry in current.into_iter().flat_map(NodeRef::entries) {
            let key = entry.name();
            if modified.get(key).is_some() {
                continue;
            }
            if self.is_filled_in(modified, key) {
                let applied = original.and_then(|original| original.get(key));
                if let Some(value) = self.without_applied(entry.value, applied) {
                    let key = self.builder.scalar(Value::String(key), ByteRange::default());
                    entries.push(Entry { key, value });
                }
                continue;
            }
            let was_applied = original.is_some_and(|original| original.entry(key).is_some());
            if was_applied || retain || modified.entry(key).is_some() {
                self.changed |= !entry.value.is_null();
                continue;
            }
            let key = self.builder.scalar(Value::String(key), ByteRange::default());
            entries.push(Entry { key, value: self.copy_of_live(entry.value) });
        }
        Ok(self.builder.mapping(entries, modified.written_range()))
    }

    /// What becomes of a value that is set to null. In a patch that takes it away; in a server-side apply it is a value,
    /// but for maps and lists that are owned in parts, of which it sets none.
    fn null(&mut self, shape: Shape<'_>, entry: EntryRef<'_>, before: Option<NodeRef<'_>>) -> Option<Entry> {
        let has_parts = |node: &NodeRef<'_>| match node.kind() {
            Kind::Mapping => !shape.is_atomic_map(self.schema, self.patch),
            Kind::Sequence => !matches!(shape.elements(self.patch), Elements::Atomic),
            _ => false,
        };
        let value = match (self.patch, before.filter(has_parts)) {
            (Patch::ClientSide, _) => {
                self.changed |= before.is_some();
                return None;
            }
            (Patch::ServerSide(_), Some(before)) => self.copy_of_live(before),
            (Patch::ServerSide(_), None) => {
                self.changed |= before.is_some_and(|before| !before.is_null());
                self.builder.copy(entry.value)
            }
        };
        Some(Entry { key: self.builder.copy(entry.key), value })
    }

    /// Whether it is a field of the metadata that kubectl sends though it is not written: the namespace, and annotations, of
    /// which it adds one of its own. Source: `GetModifiedConfiguration` of kubectl `pkg/util/apply.go` (1.36).
    fn is_filled_in(&self, modified: NodeRef<'_>, key: &str) -> bool {
        let is_so = key == "namespace" || (key == "annotations" && self.patch == Patch::ClientSide);
        is_so && self.metadata == Some(modified.index())
    }

    /// What is live of such a field, without what was applied in it and is no more; none if nothing is left of a map.
    fn without_applied(&mut self, live: NodeRef<'_>, applied: Option<NodeRef<'_>>) -> Option<NodeIndex> {
        if live.kind() != Kind::Mapping {
            return Some(self.copy_of_live(live));
        }
        let mut kept = Vec::with_capacity(live.len());
        for entry in live.entries() {
            if applied.is_some_and(|applied| applied.entry(entry.name()).is_some()) {
                self.changed = true;
                continue;
            }
            let key = self.builder.scalar(Value::String(entry.name()), ByteRange::default());
            kept.push(Entry { key, value: self.copy_of_live(entry.value) });
        }
        (!kept.is_empty()).then(|| self.builder.mapping(kept, ByteRange::default()))
    }

    /// A copy of a value that the new object's text does not hold.
    fn copy_of_live(&mut self, node: NodeRef<'_>) -> NodeIndex {
        self.builder.json(&node.to_json())
    }

    fn value(&mut self, shape: Shape<'_>, sides: Sides<'_>, depth: usize) -> Result<NodeIndex, String> {
        let Sides { original, modified, current } = sides;
        let kinds = (modified.kind(), current.map(NodeRef::kind));
        if depth < MAX_DEPTH {
            match kinds {
                (Kind::Mapping, Some(Kind::Mapping)) if !shape.is_atomic_map(self.schema, self.patch) => {
                    return self.map(shape, sides, shape.retains_keys(self.patch), depth);
                }
                (Kind::Sequence, Some(Kind::Sequence)) => {
                    let current = current.unwrap_or(modified);
                    let original = original.filter(|original| original.kind() == Kind::Sequence);
                    match shape.elements(self.patch) {
                        Elements::Keys(keys) => {
                            let retain = shape.retains_keys(self.patch);
                            let list = KeyedList { schema: self.schema, keys: &keys, shape: shape.element(), retain };
                            return self.keyed_list(&list, original, modified, current, depth);
                        }
                        Elements::Set => return Ok(self.set(original, modified, current)),
                        Elements::Atomic => {}
                    }
                }
                _ => {}
            }
        }
        let is_changed = current.is_none_or(|current| !is_same_json(current, modified));
        self.changed |= is_changed;
        Ok(if self.rounds && is_changed { self.rounded(modified, depth) } else { self.builder.copy(modified) })
    }

    /// A copy with all integers as they are once they were floats: beyond 2⁵³ they are others, and beyond 2⁶³ none.
    fn rounded(&mut self, node: NodeRef<'_>, depth: usize) -> NodeIndex {
        match node.value() {
            _ if depth > MAX_DEPTH => self.builder.copy(node),
            Value::Int(number) => {
                #[expect(clippy::cast_precision_loss, reason = "as kubectl rounds")]
                let float = number as f64;
                #[expect(clippy::cast_possible_truncation, reason = "what is too large is none")]
                let integer = float as i64;
                // 2⁶³ is a float, and no integer of 64 bits.
                let value = if float < 9_223_372_036_854_775_808.0 { Value::Int(integer) } else { Value::Float(float) };
                match value {
                    Value::Int(rounded) if rounded == number => self.builder.copy(node),
                    value => self.builder.scalar(value, node.written_range()),
                }
            }
            Value::Sequence => {
                let elements: Vec<NodeIndex> =
                    node.elements().map(|element| self.rounded(element, depth + 1)).collect();
                self.builder.sequence(&elements, node.written_range())
            }
            Value::Mapping => {
                let mut entries = Vec::with_capacity(node.len());
                for entry in node.entries() {
                    let value = self.rounded(entry.value, depth + 1);
                    entries.push(Entry { key: self.builder.copy(entry.key), value });
                }
                self.builder.mapping(entries, node.written_range())
            }
            _ => self.builder.copy(node),
        }
    }

    /// Merges lists whose elements are told apart by value.
    fn set(&mut self, original: Option<NodeRef<'_>>, modified: NodeRef<'_>, current: NodeRef<'_>) -> NodeIndex {
        let holds = |list: NodeRef<'_>, value: NodeRef<'_>| list.elements().any(|element| is_same_json(element, value));
        self.changed |= modified.elements().any(|element| !holds(current, element));
        let mut elements: Vec<NodeIndex> = modified.elements().map(|element| self.builder.copy(element)).collect();
        for element in current.elements().filter(|element| !holds(modified, *element)) {
            if original.is_some_and(|original| holds(original, element)) {
                self.changed = true;
            } else {
                elements.push(self.copy_of_live(element));
            }
        }
        self.builder.sequence(&elements, modified.written_range())
    }

    /// Merges lists whose elements are told apart by keys. The order is that of the new list; what only the live one
    /// has follows.
    fn keyed_list(
        &mut self,
        list: &KeyedList<'_>,
        original: Option<NodeRef<'_>>,
        modified: NodeRef<'_>,
        current: NodeRef<'_>,
        depth: usize,
    ) -> Result<NodeIndex, String> {
        let (live, new) = (list.index(current), list.index(modified));
        let applied = original.map(|original| list.index(original)).unwrap_or_default();
        let mut elements = Vec::with_capacity(modified.len());
        for (index, element) in modified.elements().enumerate() {
            self.check_element(list, &new, index, element)?;
            let key = new.key_at(index);
            let occurrence = new.of_key(key).iter().take_while(|(position, _)| *position != index).count();
            let before = live.of_key(key).get(occurrence).map(|(_, before)| *before);
            if before.is_none() && occurrence > 0 {
                // kubectl adds what the live list has no element for, and the server finds the first of the same key:
                // the two become one.
                if self.patch == Patch::ClientSide {
                    self.lost.push((element.index(), list.keys[0].to_owned()));
                }
                continue;
            }
            let folded = if occurrence == 0 && self.patch == Patch::ClientSide {
                let extra = &new.of_key(key)[live.of_key(key).len().max(1).min(new.of_key(key).len())..];
                fold(element, extra.iter().map(|(_, extra)| *extra))
            } else {
                None
            };
            let merged = match (before, &folded) {
                (_, Some(folded)) => {
                    self.changed |= before.is_none_or(|before| before.to_json() != *folded);
                    self.builder.json(folded)
                }
                (Some(before), None)
                    if before.kind() == Kind::Mapping
                        && element.kind() == Kind::Mapping
                        && !list.shape.is_atomic_map(self.schema, self.patch) =>
                {
                    let original = applied.of_key(key).first().map(|(_, applied)| *applied);
                    let sides = Sides { original, modified: element, current: Some(before) };
                    self.map(list.shape, sides, list.retain, depth + 1)?
                }
                (before, None) => {
                    self.changed |= before.is_none_or(|before| !is_same_json(before, element));
                    self.builder.copy(element)
                }
            };
            elements.push(merged);
        }
        for (index, element) in current.elements().enumerate() {
            let key = live.key_at(index);
            if !new.of_key(key).is_empty() {
                continue;
            }
            if applied.of_key(key).is_empty() {
                elements.push(self.copy_of_live(element));
            } else {
                self.changed = true;
            }
        }
        Ok(self.builder.sequence(&elements, modified.written_range()))
    }

    /// kubectl cannot match an element without the merge key; the server side has defaults for keys, but no place for
    /// two elements of one key.
    fn check_element(
        &self,
        list: &KeyedList<'_>,
        new: &ByKey<'_>,
        index: usize,
        element: NodeRef<'_>,
    ) -> Result<(), String> {
        match self.patch {
            Patch::ClientSide if element.kind() != Kind::Mapping => {
                Err(format!("expected a map in a list whose elements are merged by {}, got {element:?}", list.keys[0]))
            }
            Patch::ClientSide if element.entry(list.keys[0]).is_none() => {
                Err(format!("map: {element:?} does not contain declared merge key: {}", list.keys[0]))
            }
            Patch::ServerSide(_) if new.of_key(new.key_at(index)).first().is_some_and(|(first, _)| *first != index) => {
                let keys: Vec<String> = list
                    .keys
                    .iter()
                    .map(|key| {
                        format!(
                            "{key}={}",
                            element.get(key).map_or_else(String::new, |value| value.to_json().to_string())
                        )
                    })
                    .collect();
                Err(format!("duplicate entries for key [{}]", keys.join(",")))
            }
            _ => Ok(()),
        }
    }
}

/// A list whose elements are told apart by keys.
struct KeyedList<'k> {
    schema: Schema,
    keys: &'k [&'k str],
    /// What the elements are.
    shape: Shape<'k>,
    retain: bool,
}

impl KeyedList<'_> {
    /// The elements of a list by their keys.
    fn index<'t>(&self, list: NodeRef<'t>) -> ByKey<'t> {
        let mut index = ByKey::default();
        for (position, element) in list.elements().enumerate() {
            let key: Vec<String> = self
                .keys
                .iter()
                .map(|key| {
                    key_of(self.schema, self.shape, element, key).map_or_else(String::new, |value| value.to_string())
                })
                .collect();
            let key = key.join(",");
            index.positions.entry(key.clone()).or_default().push((position, element));
            index.keys.push(key);
        }
        index
    }
}

/// The elements of a list by their keys, each with its position.
#[derive(Default)]
struct ByKey<'t> {
    keys: Vec<String>,
    positions: HashMap<String, Vec<(usize, NodeRef<'t>)>>,
}

impl<'t> ByKey<'t> {
    fn key_at(&self, position: usize) -> &str {
        self.keys.get(position).map_or("", String::as_str)
    }

    /// The elements of one key, in order.
    fn of_key(&self, key: &str) -> &[(usize, NodeRef<'t>)] {
        self.positions.get(key).map_or(&[], Vec::as_slice)
    }
}

/// The first element of a key with others laid over it; none if there are no others.
fn fold<'t>(first: NodeRef<'_>, others: impl Iterator<Item = NodeRef<'t>>) -> Option<serde_json::Value> {
    let mut folded = None;
    for other in others {
        lay_over(folded.get_or_insert_with(|| first.to_json()), other.to_json());
    }
    folded
}

/// Lays one JSON value over another: maps are merged, anything else replaced.
fn lay_over(below: &mut serde_json::Value, above: serde_json::Value) {
    match (below, above) {
        (serde_json::Value::Object(below), serde_json::Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
