//! What go-yaml refuses while it decodes a document that it could parse.
//!
//! Apart because only documents with aliases, merge keys, refused tags or collections as keys need it: the walk counts
//! what go-yaml counts (`decoder.unmarshal` of `decode.go`, go.yaml.in/yaml/v2 v2.4.4), aliases followed each time.

use super::compose::{Raw, SELF_REFERENCE};
use super::go_syntax;
use super::resolve::nearest_float;
use super::scanner::Failure;
use super::tree::{ByteRange, Entry, Kind, Node, NodeIndex};
use std::collections::HashSet;

enum Step {
    /// Decode this node.
    Node(NodeIndex),
    /// Decode elements of a list.
    Elements(std::ops::Range<usize>),
    /// Decode entries of a map.
    Entries(std::ops::Range<usize>),
    /// A key has been decoded.
    KeyDone(NodeIndex),
    /// Merge elements of a list, the last one first.
    Merges(std::ops::Range<usize>),
    /// An alias has been followed.
    AliasDone(NodeIndex),
    /// A collection has been decoded.
    CollectionDone,
}

struct Walk<'r> {
    raw: &'r Raw,
    text: &'r str,
    decoded: &'r str,
    steps: Vec<Step>,
    followed: HashSet<NodeIndex>,
    decode_count: u64,
    alias_count: u64,
    depth: usize,
    deepest: usize,
}

/// Walks the document as go-yaml's decoder does; the depth of what it would build, or the first thing it refuses.
pub(super) fn check(raw: &Raw, text: &str, decoded: &str) -> Result<usize, Failure> {
    let mut walk = Walk {
        raw,
        text,
        decoded,
        steps: Vec::new(),
        followed: HashSet::new(),
        // The document node itself.
        decode_count: 1,
        alias_count: 0,
        depth: 0,
        deepest: 0,
    };
    walk.steps.extend(raw.root.map(Step::Node));
    while let Some(step) = walk.steps.pop() {
        walk.step(step)?;
    }
    Ok(walk.deepest)
}

fn refuse<T>(message: &str, at: ByteRange) -> Result<T, Failure> {
    Err(Failure { message: message.to_owned(), at })
}

/// The share of decodes that may come from aliases (`allowedAliasRatio` of `decode.go`).
fn allowed_alias_ratio(decode_count: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match decode_count {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * (nearest_float(decode_count - LOW) / nearest_float(HIGH - LOW)),
    }
}

impl<'r> Walk<'r> {
    fn at(&self, index: NodeIndex) -> &'r Node {
        &self.raw.nodes[index.0 as usize]
    }

    fn step(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Node(index) => self.node(index)?,
            Step::Elements(mut rest) => {
                if let Some(next) = rest.next() {
                    self.steps.push(Step::Elements(rest));
                    self.node(self.raw.elements[next])?;
                }
            }
            Step::Entries(mut rest) => {
                if let Some(next) = rest.next() {
                    self.steps.push(Step::Entries(rest));
                    self.entry(self.raw.entries[next])?;
                }
            }
            Step::KeyDone(key) => {
                let target = self.target(key);
                if matches!(self.at(target).kind, Kind::Sequence | Kind::Mapping) {
                    let shown = go_syntax::value(self.raw, self.text, self.decoded, target);
                    return refuse(&format!("yaml: invalid map key: {shown}"), self.at(key).range);
                }
            }
            Step::Merges(mut rest) => {
                if let Some(next) = rest.next_back() {
                    self.steps.push(Step::Merges(rest));
                    let element = self.raw.elements[next];
                    if self.at(self.target(element)).kind != Kind::Mapping {
                        return self.refuse_merge(element);
                    }
                    self.node(element)?;
                }
            }
            Step::AliasDone(alias) => {
                self.followed.remove(&alias);
            }
            Step::CollectionDone => self.depth -= 1,
        }
        Ok(())
    }

    fn target(&self, index: NodeIndex) -> NodeIndex {
        let node = self.at(index);
        if node.kind == Kind::Alias && node.a != SELF_REFERENCE { NodeIndex(node.a) } else { index }
    }

    fn entry(&mut self, entry: Entry) -> Result<(), Failure> {
        if self.raw.merges.binary_search(&entry.key).is_ok() {
            return self.merge(entry.value);
        }
        self.steps.push(Step::Node(entry.value));
        self.steps.push(Step::KeyDone(entry.key));
        self.node(entry.key)
    }

    fn merge(&mut self, value: NodeIndex) -> Result<(), Failure> {
        let node = self.at(value);
        match node.kind {
            Kind::Mapping => self.node(value),
            Kind::Alias if node.a == SELF_REFERENCE || self.at(NodeIndex(node.a)).kind == Kind::Mapping => {
                self.node(value)
            }
            Kind::Sequence => {
                let first = node.a as usize;
                self.steps.push(Step::Merges(first..first + node.b as usize));
                Ok(())
            }
            _ => self.refuse_merge(value),
        }
    }

    fn refuse_merge(&self, value: NodeIndex) -> Result<(), Failure> {
        refuse("yaml: map merge requires map or sequence of maps as the value", self.at(value).range)
    }

    fn node(&mut self, index: NodeIndex) -> Result<(), Failure> {
        self.decode_count += 1;
        if !self.followed.is_empty() {
            self.alias_count += 1;
        }
        let node = self.at(index);
        if self.alias_count > 100
            && self.decode_count > 1000
            && nearest_float(self.alias_count) / nearest_float(self.decode_count)
                > allowed_alias_ratio(self.decode_count)
        {
            return refuse("yaml: document contains excessive aliasing", node.range);
        }
        match node.kind {
            Kind::Alias => {
                if node.a == SELF_REFERENCE || !self.followed.insert(index) {
                    let name = &self.text[node.range.start as usize + 1..node.range.end as usize];
                    return refuse(&format!("yaml: anchor '{name}' value contains itself"), node.range);
                }
                self.steps.push(Step::AliasDone(index));
                self.steps.push(Step::Node(NodeIndex(node.a)));
            }
            Kind::Sequence | Kind::Mapping => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                self.steps.push(Step::CollectionDone);
                let children = node.a as usize..node.a as usize + node.b as usize;
                self.steps.push(if node.kind == Kind::Mapping {
                    Step::Entries(children)
                } else {
                    Step::Elements(children)
                });
            }
            _ => {
                if let Ok(found) = self.raw.refused.binary_search_by_key(&index, |(refused, _)| *refused) {
                    return refuse(&self.raw.refused[found].1, node.range);
                }
            }
        }
        Ok(())
    }
}
