//! Building trees that nobody wrote: merged objects, items of lists, tests.
//!
//! Apart from the parser because what is computed has places only where it was copied from a text.

use super::tree::{ByteRange, Entry, Kind, Node, NodeIndex, NodeRef, Style, Tree, Value};
use std::sync::Arc;

/// Builds a [`Tree`] node by node; children first.
#[derive(Debug)]
pub struct TreeBuilder {
    tree: Tree,
}

impl TreeBuilder {
    /// An empty builder whose nodes may point into `text`.
    pub fn new(text: Arc<str>) -> Self {
        let tree = Tree {
            text,
            decoded: String::new(),
            nodes: Vec::new(),
            elements: Vec::new(),
            entries: Vec::new(),
            comments: Vec::new(),
            root: NodeIndex(0),
        };
        Self { tree }
    }

    fn push(&mut self, kind: Kind, style: Style, range: ByteRange, a: u32, b: u32, decoded: bool) -> NodeIndex {
        let index = NodeIndex(self.tree.nodes.len() as u32);
        self.tree.nodes.push(Node { range, a, b, kind, style, decoded });
        index
    }

    /// A scalar. Strings are copied.
    pub fn scalar(&mut self, value: Value<'_>, range: ByteRange) -> NodeIndex {
        let bits = |b: u64| (b as u32, (b >> 32) as u32);
        match value {
            Value::Null | Value::Sequence | Value::Mapping => self.push(Kind::Null, Style::Absent, range, 0, 0, false),
            Value::Bool(v) => self.push(Kind::Bool, Style::Plain, range, u32::from(v), 0, false),
            Value::Int(v) => {
                let (a, b) = bits(v.cast_unsigned());
                self.push(Kind::Int, Style::Plain, range, a, b, false)
            }
            Value::Float(v) => {
                let (a, b) = bits(v.to_bits());
                self.push(Kind::Float, Style::Plain, range, a, b, false)
            }
            Value::String(v) => {
                let start = self.tree.decoded.len() as u32;
                self.tree.decoded.push_str(v);
                self.push(Kind::String, Style::Plain, range, start, v.len() as u32, true)
            }
        }
    }

    /// A list of nodes already built.
    pub fn sequence(&mut self, elements: &[NodeIndex], range: ByteRange) -> NodeIndex {
        let start = self.tree.elements.len() as u32;
        self.tree.elements.extend_from_slice(elements);
        self.push(Kind::Sequence, Style::Block, range, start, elements.len() as u32, false)
    }

    /// A map of nodes already built; sorted by key here. A key that is given twice keeps its last value.
    pub fn mapping(&mut self, mut entries: Vec<Entry>, range: ByteRange) -> NodeIndex {
        let tree = &self.tree;
        let name = |entry: &Entry| tree.node(entry.key).as_str().unwrap_or_default();
        entries.sort_by(|x, y| name(x).as_bytes().cmp(name(y).as_bytes()));
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match kept.last_mut() {
                Some(last) if name(last) == name(&entry) => *last = entry,
                _ => kept.push(entry),
            }
        }
        let start = self.tree.entries.len() as u32;
        let count = kept.len() as u32;
        self.tree.entries.extend(kept);
        self.push(Kind::Mapping, Style::Block, range, start, count, false)
    }

    /// A copy of a node of any tree, places included.
    pub fn copy(&mut self, node: NodeRef<'_>) -> NodeIndex {
        let range = node.written_range();
        match node.value() {
            Value::Sequence => {
                let elements: Vec<_> = node.elements().map(|element| self.copy(element)).collect();
                self.sequence(&elements, range)
            }
            Value::Mapping => {
                let entries = node
                    .entries()
                    .map(|entry| Entry { key: self.copy(entry.key), value: self.copy(entry.value) })
                    .collect();
                self.mapping(entries, range)
            }
            scalar => self.scalar(scalar, range),
        }
    }

    /// A node from a JSON value, without places.
    pub fn json(&mut self, value: &serde_json::Value) -> NodeIndex {
        let nowhere = ByteRange::default();
        match value {
            serde_json::Value::Null => self.scalar(Value::Null, nowhere),
            serde_json::Value::Bool(b) => self.scalar(Value::Bool(*b), nowhere),
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(i) => self.scalar(Value::Int(i), nowhere),
                None => self.scalar(Value::Float(n.as_f64().unwrap_or_default()), nowhere),
            },
            serde_json::Value::String(s) => self.scalar(Value::String(s), nowhere),
            serde_json::Value::Array(items) => {
                let elements: Vec<_> = items.iter().map(|item| self.json(item)).collect();
                self.sequence(&elements, nowhere)
            }
            serde_json::Value::Object(map) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| Entry {
                        key: self.scalar(Value::String(key), nowhere),
                        value: self.json(value),
                    })
                    .collect();
                self.mapping(entries, nowhere)
            }
        }
    }

    /// The finished tree.
    pub fn finish(mut self, root: NodeIndex) -> Tree {
        self.tree.root = root;
        self.tree
    }
}
