//! What server-side apply takes out of an object: what the same manager applied before, applies no more, and nobody else
//! has set.
//!
//! Apart from the merge, which only lays one object over another: this asks who owns what.
//!
//! Source: `prune`, `addBackOwnedItems` and `addBackDanglingItems` in `merge/update.go` of structured-merge-diff (v6).

use super::field_set::{FieldSet, Member, PathElement, element_at};
use super::shape::Shape;
use crate::object::Object;
use crate::schema::Schema;
use crate::yaml::{Entry, Kind, NodeIndex, NodeRef, Tree, TreeBuilder};
use std::sync::Arc;

/// Deeper values are taken as they are: no schema has such, and recursion must end.
const MAX_DEPTH: usize = 256;

/// The merged object without what was in the set last applied and is in no set now.
pub(super) fn pruned(schema: Schema, shape: Shape<'_>, merged: NodeRef<'_>, last: &FieldSet, kept: &FieldSet) -> Tree {
    let mut builder = TreeBuilder::new(merged.tree().text().clone());
    let root = Prune { schema, builder: &mut builder }.without(shape, merged, last, kept, 0);
    builder.finish(root)
}

/// A live object with nothing but the fields of a set.
pub(super) fn restricted(schema: Schema, shape: Shape<'_>, live: &Object, set: &FieldSet) -> Object {
    let mut builder = TreeBuilder::new(live.tree.text().clone());
    let root = Prune { schema, builder: &mut builder }.only(shape, live.root(), set, 0);
    let tree = Arc::new(builder.finish(root));
    Object { node: tree.root().index(), tree, ..live.clone() }
}

struct Prune<'b> {
    schema: Schema,
    builder: &'b mut TreeBuilder,
}

impl Prune<'_> {
    fn without(
        &mut self,
        shape: Shape<'_>,
        node: NodeRef<'_>,
        last: &FieldSet,
        kept: &FieldSet,
        depth: usize,
    ) -> NodeIndex {
        match node.kind() {
            _ if depth > MAX_DEPTH || last.is_empty() => self.builder.copy(node),
            Kind::Mapping => {
                let mut entries = Vec::with_capacity(node.len());
                for entry in node.entries() {
                    let shape = shape.under(self.schema, entry.name());
                    let (last, kept) = (last.field(entry.name()), kept.field(entry.name()));
                    // What holds a field of somebody is kept with it.
                    if last.is_some() && kept.is_none() {
                        continue;
                    }
                    let value = self.part_without(shape, entry.value, last, kept, depth);
                    entries.push(Entry { key: self.builder.copy(entry.key), value });
                }
                self.builder.mapping(entries, node.written_range())
            }
            Kind::Sequence => {
                let of_elements = |set: &FieldSet| -> Vec<(usize, PathElement)> {
                    let place =
                        |element: &PathElement| Some(element_at(self.schema, shape.element(), node, element)?.0);
                    set.iter().filter_map(|(element, _)| Some((place(element)?, element.clone()))).collect()
                };
                let (was, is) = (of_elements(last), of_elements(kept));
                let find = |list: &[(usize, PathElement)], set: &FieldSet, at: usize| {
                    let element = list.iter().find(|(place, _)| *place == at).map(|(_, element)| element);
                    element.and_then(|element| set.get(element)).cloned()
                };
                let mut elements = Vec::with_capacity(node.len());
                for (at, element) in node.elements().enumerate() {
                    let (last, kept) = (find(&was, last, at), find(&is, kept, at));
                    // A field of an element keeps no element: who sets one in an apply sets its keys as well.
                    let is_kept = kept.as_ref().is_some_and(|kept| kept.itself);
                    if last.as_ref().is_some_and(|last| last.itself) && !is_kept {
                        continue;
                    }
                    elements.push(self.part_without(shape.element(), element, last.as_ref(), kept.as_ref(), depth));
                }
                self.builder.sequence(&elements, node.written_range())
            }
            _ => self.builder.copy(node),
        }
    }

    fn part_without(
        &mut self,
        shape: Shape<'_>,
        node: NodeRef<'_>,
        last: Option<&Member>,
        kept: Option<&Member>,
        depth: usize,
    ) -> NodeIndex {
        let nothing = FieldSet::default();
        match last {
            Some(last) => {
                let kept = kept.map_or(&nothing, |kept| &kept.below);
                self.without(shape, node, &last.below, kept, depth + 1)
            }
            None => self.builder.copy(node),
        }
    }

    fn only(&mut self, shape: Shape<'_>, node: NodeRef<'_>, set: &FieldSet, depth: usize) -> NodeIndex {
        let part = |this: &mut Self, shape: Shape<'_>, node: NodeRef<'_>, member: &Member| {
            if member.below.is_empty() || depth > MAX_DEPTH {
                this.builder.copy(node)
            } else {
                this.only(shape, node, &member.below, depth + 1)
            }
        };
        match node.kind() {
            Kind::Mapping => {
                let mut entries = Vec::new();
                for entry in node.entries() {
                    let Some(member) = set.field(entry.name()) else { continue };
                    let value = part(self, shape.under(self.schema, entry.name()), entry.value, member);
                    entries.push(Entry { key: self.builder.copy(entry.key), value });
                }
                self.builder.mapping(entries, node.written_range())
            }
            Kind::Sequence => {
                let mut elements = Vec::new();
                for (element, member) in set.iter() {
                    let found = element_at(self.schema, shape.element(), node, element);
                    elements.extend(found.map(|(_, node)| part(self, shape.element(), node, member)));
                }
                self.builder.sequence(&elements, node.written_range())
            }
            _ => self.builder.copy(node),
        }
    }
}
