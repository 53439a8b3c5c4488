//! From what was written to what kubectl sends: keys become strings, merges are carried out, repeated keys dropped.
//!
//! Apart from the composer because it is the part of sigs.k8s.io/yaml v1.6.0 (`convertToJSONableObject`) and of Go's
//! `encoding/json`, not of the YAML reader.

use super::compose::Raw;
use super::go_float;
use super::go_syntax;
use super::resolve;
use super::scanner::Failure;
use super::tree::{ByteRange, Entry, Kind, Node, NodeIndex, Style, Tree};
use super::{Loss, LossKind};
use std::ops::Range;

/// JSON nested deeper than this is refused by Go's `encoding/json` (`maxNestingDepth` of `scanner.go`).
pub(super) const MAX_JSON_DEPTH: usize = 10_000;

/// Converts every mapping of `raw` in place. Inner mappings come first, and so do those that an alias stands for.
pub(super) fn finish(raw: &mut Raw, tree: &mut Tree, losses: &mut Vec<Loss>) -> Result<(), Failure> {
    // A message shows the value as it was, so that is kept while there may be something to refuse.
    let written =
        (raw.odd_key && raw.entries.iter().any(|entry| odd_key(raw, entry.key).is_some())).then(|| raw.clone());
    let count = raw.nodes.len();
    let mut merged = Vec::new();
    for index in 0..count {
        let node = raw.nodes[index];
        if node.kind != Kind::Mapping || node.b == 0 {
            continue;
        }
        let mut range = node.a as usize..node.a as usize + node.b as usize;
        let all_strings =
            raw.entries[range.clone()].iter().all(|entry| raw.nodes[entry.key.0 as usize].kind == Kind::String);
        if !all_strings {
            for at in range.clone() {
                convert_key(raw, tree, at);
            }
            range = unite_zeros(raw, tree, range, losses);
            raw.nodes[index].b = range.len() as u32;
        }
        if has_merge(raw, range.clone()) {
            merged.clear();
            merge(raw, tree, range, &mut merged, losses);
            raw.nodes[index].a = raw.entries.len() as u32;
            raw.nodes[index].b = merged.len() as u32;
            raw.entries.extend_from_slice(&merged);
        } else {
            let kept = sort(raw, tree, range, losses);
            raw.nodes[index].b = kept as u32;
        }
    }
    for index in std::mem::take(&mut raw.floats) {
        let node = &mut raw.nodes[index.0 as usize];
        let bits = u64::from(node.a) | (u64::from(node.b) << 32);
        if let Ok(value) = resolve::json_number(f64::from_bits(bits)) {
            node.set_int(value);
        }
    }
    match written {
        Some(written) => refuse_odd_keys(raw, &written, tree),
        None => Ok(()),
    }
}

fn key_text<'a>(raw: &Raw, tree: &'a Tree, key: NodeIndex) -> &'a str {
    let mut node = &raw.nodes[key.0 as usize];
    if node.kind == Kind::Alias {
        node = &raw.nodes[node.a as usize];
    }
    let from = if node.decoded { tree.decoded.as_str() } else { &tree.text };
    &from[node.a as usize..node.a as usize + node.b as usize]
}

/// Makes a string of the key of the entry at `at`. What it was is kept in the style of the new node: two keys that
/// were not of one type are different keys to go-yaml.
fn convert_key(raw: &mut Raw, tree: &mut Tree, at: usize) {
    let entry = raw.entries[at];
    let written = raw.nodes[entry.key.0 as usize];
    let node = if written.kind == Kind::Alias { raw.nodes[written.a as usize] } else { written };
    let bits = u64::from(node.a) | (u64::from(node.b) << 32);
    let odd = odd_key(raw, entry.key);
    let text = match node.kind {
        // It is refused later, and till then it may collide with no other.
        _ if odd.is_some() => format!("\0{}", odd.as_deref().unwrap_or_default()),
        Kind::Bool => if node.a != 0 { "true" } else { "false" }.to_owned(),
        Kind::Int => bits.cast_signed().to_string(),
        Kind::Float => go_float::key(f64::from_bits(bits)),
        Kind::String | Kind::Null | Kind::Sequence | Kind::Mapping | Kind::Alias => return,
    };
    let range = written.range;
    let verbatim = tree.text.get(range.start as usize..range.end as usize) == Some(text.as_str());
    let new = Node {
        range,
        a: if verbatim { range.start } else { tree.decoded.len() as u32 },
        b: text.len() as u32,
        kind: Kind::String,
        style: written.style,
        decoded: !verbatim,
    };
    if !verbatim {
        tree.decoded.push_str(&text);
    }
    raw.entries[at].key = NodeIndex(raw.nodes.len() as u32);
    raw.nodes.push(new);
    raw.converted.push((raw.entries[at].key, node.kind));
    raw.odd.extend(odd.map(|odd| (raw.entries[at].key, odd)));
}

/// Refuses keys that no string is made of, unless what holds them is lost to a key given again.
fn refuse_odd_keys(raw: &Raw, written: &Raw, tree: &Tree) -> Result<(), Failure> {
    let behind = |index: NodeIndex| match raw.nodes[index.0 as usize] {
        Node { kind: Kind::Alias, a, .. } => NodeIndex(a),
        _ => index,
    };
    let mut stack: Vec<NodeIndex> = raw.root.into_iter().collect();
    while let Some(index) = stack.pop() {
        let index = behind(index);
        let node = &raw.nodes[index.0 as usize];
        let children = node.a as usize..(node.a as usize).saturating_add(node.b as usize);
        match node.kind {
            Kind::Sequence => stack.extend(raw.elements[children].iter().rev()),
            Kind::Mapping => {
                for entry in raw.entries[children].iter().rev() {
                    let key = behind(entry.key);
                    if let Ok(found) = raw.odd.binary_search_by_key(&key, |(odd, _)| *odd) {
                        let value = go_syntax::value(written, &tree.text, &tree.decoded, behind(entry.value));
                        let value = if value == "interface {}(nil)" { "<nil>" } else { &value };
                        let message = format!("unsupported map key of type: {}, value: {value}", raw.odd[found].1);
                        return Err(Failure { message, at: raw.nodes[key.0 as usize].range });
                    }
                    stack.push(entry.value);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Type and value of a key that no string is made of.
fn odd_key(raw: &Raw, mut key: NodeIndex) -> Option<String> {
    let mut node = &raw.nodes[key.0 as usize];
    if node.kind == Kind::Alias {
        key = NodeIndex(node.a);
        node = &raw.nodes[key.0 as usize];
    }
    match node.kind {
        Kind::Null => Some("%!s(<nil>), key: <nil>".to_owned()),
        Kind::Float => {
            let found = raw.unsigned.binary_search_by_key(&key, |(unsigned, _)| *unsigned).ok()?;
            Some(format!("uint64, key: 0x{:x}", raw.unsigned[found].1))
        }
        _ => None,
    }
}

/// Drops the earlier of the keys `0.0` and `-0.0`: they are one key to Go, which keeps the text of the later one.
fn unite_zeros(raw: &mut Raw, tree: &Tree, range: Range<usize>, losses: &mut Vec<Loss>) -> Range<usize> {
    let mut kept: Option<usize> = None;
    let mut end = range.start;
    for at in range.clone() {
        let entry = raw.entries[at];
        let is_zero = matches!(key_text(raw, tree, entry.key), "0" | "-0")
            && raw
                .converted
                .binary_search_by_key(&entry.key, |(key, _)| *key)
                .is_ok_and(|found| raw.converted[found].1 == Kind::Float);
        if let Some(earlier) = kept.filter(|_| is_zero) {
            let lost = raw.entries[earlier];
            losses.push(Loss { kind: LossKind::DuplicateKey, lost: whole(raw, lost), kept: Some(whole(raw, entry)) });
            raw.entries[earlier] = entry;
            continue;
        }
        if is_zero {
            kept = Some(end);
        }
        raw.entries[end] = entry;
        end += 1;
    }
    range.start..end
}

/// Whether a converted key and another key are two keys to go-yaml.
fn are_different(raw: &Raw, one: NodeIndex, other: NodeIndex) -> bool {
    let kind = |key: NodeIndex| match raw.converted.binary_search_by_key(&key, |(converted, _)| *converted) {
        Ok(found) => raw.converted[found].1,
        Err(_) => Kind::String,
    };
    // Two floats with one text differ, or they were no numbers, which differ always.
    kind(one) != kind(other) || kind(one) == Kind::Float
}

fn whole(raw: &Raw, entry: Entry) -> ByteRange {
    let key = raw.nodes[entry.key.0 as usize].range;
    let value = raw.nodes[entry.value.0 as usize].range;
    ByteRange::new(key.start, key.end.max(value.end))
}

/// Sorts the entries in `range` by key and keeps the last one of each key, all in place; how many are left.
fn sort(raw: &mut Raw, tree: &Tree, range: Range<usize>, losses: &mut Vec<Loss>) -> usize {
    let mut entries = std::mem::take(&mut raw.entries);
    let slice = &mut entries[range];
    let mut repeated = false;
    if slice.len() <= 24 {
        for at in 1..slice.len() {
            let entry = slice[at];
            let text = key_text(raw, tree, entry.key).as_bytes();
            let mut to = at;
            while to > 0 {
                let order = key_text(raw, tree, slice[to - 1].key).as_bytes().cmp(text);
                repeated |= order.is_eq();
                if order.is_le() {
                    break;
                }
                slice[to] = slice[to - 1];
                to -= 1;
            }
            slice[to] = entry;
        }
    } else {
        slice.sort_by(|one, other| {
            key_text(raw, tree, one.key).as_bytes().cmp(key_text(raw, tree, other.key).as_bytes())
        });
        repeated = slice.windows(2).any(|pair| key_text(raw, tree, pair[0].key) == key_text(raw, tree, pair[1].key));
    }
    let mut kept = slice.len();
    if repeated {
        kept = 0;
        for at in 0..slice.len() {
            let entry = slice[at];
            if kept > 0 && key_text(raw, tree, slice[kept - 1].key) == key_text(raw, tree, entry.key) {
                let lost = slice[kept - 1];
                let kind = if are_different(raw, lost.key, entry.key) {
                    LossKind::CollidingKey
                } else {
                    LossKind::DuplicateKey
                };
                losses.push(Loss { kind, lost: whole(raw, lost), kept: Some(whole(raw, entry)) });
                slice[kept - 1] = entry;
            } else {
                slice[kept] = entry;
                kept += 1;
            }
        }
    }
    raw.entries = entries;
    kept
}

fn has_merge(raw: &Raw, range: Range<usize>) -> bool {
    !raw.merges.is_empty() && raw.entries[range].iter().any(|entry| raw.merges.binary_search(&entry.key).is_ok())
}

/// Carries out the merges of one mapping as go-yaml does, in the order written: a `<<` overwrites what stands before
/// it, and is overwritten by what stands behind it; in a list the first map wins.
fn merge(raw: &mut Raw, tree: &Tree, range: Range<usize>, merged: &mut Vec<Entry>, losses: &mut Vec<Loss>) {
    let mut slots: std::collections::BTreeMap<Vec<u8>, (Entry, bool)> = std::collections::BTreeMap::new();
    for at in range {
        let entry = raw.entries[at];
        if raw.merges.binary_search(&entry.key).is_err() {
            let text = key_text(raw, tree, entry.key).as_bytes().to_vec();
            if let Some((lost, false)) = slots.insert(text, (entry, false)) {
                let kind = if are_different(raw, lost.key, entry.key) {
                    LossKind::CollidingKey
                } else {
                    LossKind::DuplicateKey
                };
                losses.push(Loss { kind, lost: whole(raw, lost), kept: Some(whole(raw, entry)) });
            }
            continue;
        }
        let value = raw.nodes[entry.value.0 as usize];
        let sources: Vec<NodeIndex> = if value.kind == Kind::Sequence {
            raw.elements[value.a as usize..value.a as usize + value.b as usize].iter().rev().copied().collect()
        } else {
            vec![entry.value]
        };
        for source in sources {
            let written = raw.nodes[source.0 as usize];
            let map = if written.kind == Kind::Alias { raw.nodes[written.a as usize] } else { written };
            for from in map.a as usize..map.a as usize + map.b as usize {
                let mut taken = raw.entries[from];
                let text = key_text(raw, tree, taken.key).as_bytes().to_vec();
                if written.kind == Kind::Alias {
                    taken =
                        Entry { key: alias_of(raw, taken.key, written), value: alias_of(raw, taken.value, written) };
                }
                if let Some((lost, false)) = slots.insert(text, (taken, true)) {
                    let kept = Some(raw.nodes[source.0 as usize].range);
                    losses.push(Loss { kind: LossKind::MergeOverwrites, lost: whole(raw, lost), kept });
                }
            }
        }
    }
    merged.extend(slots.into_values().map(|(entry, _)| entry));
}

/// An alias, written where `written` is, for a node that a merge brings in.
fn alias_of(raw: &mut Raw, target: NodeIndex, written: Node) -> NodeIndex {
    let node = raw.nodes[target.0 as usize];
    let target = if node.kind == Kind::Alias { node.a } else { target.0 };
    let index = NodeIndex(raw.nodes.len() as u32);
    raw.nodes.push(Node {
        range: written.range,
        a: target,
        b: 0,
        kind: Kind::Alias,
        style: Style::Plain,
        decoded: false,
    });
    index
}

/// Refuses infinities and what is not a number, as Go's `encoding/json` does.
pub(super) fn check_finite(tree: &Tree) -> Result<(), Failure> {
    let Some(at) = first_not_finite(tree) else { return Ok(()) };
    let node = tree.nodes[at.0 as usize];
    let bits = u64::from(node.a) | (u64::from(node.b) << 32);
    let shown = go_float::verbose(f64::from_bits(bits));
    Err(Failure { message: format!("json: unsupported value: {shown}"), at: node.range })
}

fn first_not_finite(tree: &Tree) -> Option<NodeIndex> {
    let mut stack = vec![tree.root];
    while let Some(index) = stack.pop() {
        let node = &tree.nodes[index.0 as usize];
        let children = node.a as usize..(node.a as usize).saturating_add(node.b as usize);
        match node.kind {
            Kind::Alias => stack.push(NodeIndex(node.a)),
            Kind::Sequence => stack.extend(tree.elements[children].iter().rev()),
            Kind::Mapping => stack.extend(tree.entries[children].iter().rev().map(|entry| entry.value)),
            Kind::Float => {
                let bits = u64::from(node.a) | (u64::from(node.b) << 32);
                if !f64::from_bits(bits).is_finite() {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}
