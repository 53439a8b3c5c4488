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
            anchors: Vec::new(),
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

    /// A copy of a node of any tree, places included. Nesting costs no stack.
    pub fn copy(&mut self, node: NodeRef<'_>) -> NodeIndex {
        enum Step<'t> {
            Copy(NodeRef<'t>),
            Sequence(usize, ByteRange),
            Mapping(usize, ByteRange),
        }
        let mut steps = vec![Step::Copy(node)];
        let mut done: Vec<NodeIndex> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Copy(node) => match node.value() {
                    Value::Sequence => {
                        steps.push(Step::Sequence(node.len(), node.written_range()));
                        steps.extend(node.elements().rev().map(Step::Copy));
                    }
                    Value::Mapping => {
                        steps.push(Step::Mapping(node.len(), node.written_range()));
                        for entry in node.entries().rev() {
                            steps.push(Step::Copy(entry.value));
                            steps.push(Step::Copy(entry.key));
                        }
                    }
                    scalar => {
                        let index = self.scalar(scalar, node.written_range());
                        done.push(index);
                    }
                },
                Step::Sequence(count, range) => {
                    let elements = done.split_off(done.len() - count);
                    done.push(self.sequence(&elements, range));
                }
                Step::Mapping(count, range) => {
                    let parts = done.split_off(done.len() - 2 * count);
                    let entries =
                        parts.as_chunks::<2>().0.iter().map(|pair| Entry { key: pair[0], value: pair[1] }).collect();
                    done.push(self.mapping(entries, range));
                }
            }
        }
        done.pop().unwrap_or(NodeIndex(0))
    }

    /// A node from a JSON value, without places. Nesting costs no stack.
    pub fn json(&mut self, value: &serde_json::Value) -> NodeIndex {
        enum Step<'v> {
            Value(&'v serde_json::Value),
            Key(&'v str),
            Sequence(usize),
            Mapping(usize),
        }
        let nowhere = ByteRange::default();
        let mut steps = vec![Step::Value(value)];
        let mut done: Vec<NodeIndex> = Vec::new();
        while let Some(step) = steps.pop() {
            let index = match step {
                Step::Key(key) => self.scalar(Value::String(key), nowhere),
                Step::Value(serde_json::Value::Null) => self.scalar(Value::Null, nowhere),
                Step::Value(serde_json::Value::Bool(b)) => self.scalar(Value::Bool(*b), nowhere),
                Step::Value(serde_json::Value::Number(n)) => match n.as_i64() {
                    Some(i) => self.scalar(Value::Int(i), nowhere),
                    None => self.scalar(Value::Float(n.as_f64().unwrap_or_default()), nowhere),
                },
                Step::Value(serde_json::Value::String(s)) => self.scalar(Value::String(s), nowhere),
                Step::Value(serde_json::Value::Array(items)) => {
                    steps.push(Step::Sequence(items.len()));
                    steps.extend(items.iter().rev().map(Step::Value));
                    continue;
                }
                Step::Value(serde_json::Value::Object(map)) => {
                    steps.push(Step::Mapping(map.len()));
                    for (key, value) in map {
                        steps.push(Step::Value(value));
                        steps.push(Step::Key(key));
                    }
                    continue;
                }
                Step::Sequence(count) => {
                    let elements = done.split_off(done.len() - count);
                    self.sequence(&elements, nowhere)
                }
                Step::Mapping(count) => {
                    let parts = done.split_off(done.len() - 2 * count);
                    let entries =
                        parts.as_chunks::<2>().0.iter().map(|pair| Entry { key: pair[0], value: pair[1] }).collect();
                    self.mapping(entries, nowhere)
                }
            };
            done.push(index);
        }
        done.pop().unwrap_or(NodeIndex(0))
    }

    /// The finished tree.
    pub fn finish(mut self, root: NodeIndex) -> Tree {
        self.tree.root = root;
        self.tree
    }
}
