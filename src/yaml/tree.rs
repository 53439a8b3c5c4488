//! The spanned tree: one document's values, with the place of each in the text.
//!
//! Apart from the parser because everything above reads trees and nothing above may see how they were parsed.
//! Nodes are small and copied freely; strings that stand verbatim in the text are offsets into it.

use std::sync::Arc;

/// A half-open range of bytes in the text a tree was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl ByteRange {
    /// The range from `start` up to `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the range covers no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Position of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u32);

/// How a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets or braces.
    Flow,
    /// Not written at all: an absent value, or a value that was computed.
    Absent,
}

/// What a node is once kubectl has read it: the JSON type, integers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number that fits `i64` and was written without fraction.
    Int,
    /// Any other number.
    Float,
    /// A string.
    String,
    /// A list.
    Sequence,
    /// A map with string keys.
    Mapping,
    /// An alias; [`NodeRef`] looks through it.
    Alias,
}

/// One node as stored. Meaning of `a` and `b`: bool `a` is 0 or 1; int and float the 64 bits, low half in `a`;
/// string offset and length, in the text or (with `decoded`) in the tree's own buffer; sequence and mapping first
/// child and count; alias the node it stands for in `a`.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Where the value stands, without anchor and tag.
    pub range: ByteRange,
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) kind: Kind,
    pub(super) style: Style,
    pub(super) decoded: bool,
}

impl Node {
    pub(super) fn set_bool(&mut self, value: bool) {
        (self.kind, self.a) = (Kind::Bool, u32::from(value));
    }

    pub(super) fn set_int(&mut self, value: i64) {
        let bits = value.cast_unsigned();
        (self.kind, self.a, self.b) = (Kind::Int, bits as u32, (bits >> 32) as u32);
    }

    pub(super) fn set_float(&mut self, value: f64) {
        let bits = value.to_bits();
        (self.kind, self.a, self.b) = (Kind::Float, bits as u32, (bits >> 32) as u32);
    }
}

/// One key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The key: always a string node, converted as kubectl does; its range is what was written.
    pub key: NodeIndex,
    /// The value.
    pub value: NodeIndex,
}

/// A comment, from its `#` to the end of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub range: ByteRange,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// An anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Where it stands, its `&` included.
    pub range: ByteRange,
    /// The node it names.
    pub node: NodeIndex,
}

/// One document's values. Entries of a mapping are sorted by key bytes and hold each key once, as the JSON that
/// kubectl sends does; what a repeated key lost is told by the reader.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(super) text: Arc<str>,
    pub(super) decoded: String,
    pub(super) nodes: Vec<Node>,
    pub(super) elements: Vec<NodeIndex>,
    pub(super) entries: Vec<Entry>,
    pub(super) comments: Vec<Comment>,
    pub(super) anchors: Vec<Anchor>,
    pub(super) root: NodeIndex,
}

impl Tree {
    /// The document's root value.
    pub fn root(&self) -> NodeRef<'_> {
        self.node(self.root)
    }

    /// The node at `index`; an alias is looked through.
    pub fn node(&self, index: NodeIndex) -> NodeRef<'_> {
        let mut at = index;
        while self.nodes[at.0 as usize].kind == Kind::Alias {
            at = NodeIndex(self.nodes[at.0 as usize].a);
        }
        NodeRef { tree: self, index: at, written: index }
    }

    /// The whole text of the file the tree was read from.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The comments that stand in the document, in order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The anchors that stand in the document. One that stands before a collection comes behind those inside it.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes that the tree holds besides the text.
    pub fn heap_bytes(&self) -> usize {
        self.decoded.capacity()
            + self.nodes.capacity() * size_of::<Node>()
            + self.elements.capacity() * size_of::<NodeIndex>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.comments.capacity() * size_of::<Comment>()
            + self.anchors.capacity() * size_of::<Anchor>()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// A value, by type.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(&'t str),
    /// A list.
    Sequence,
    /// A map.
    Mapping,
}

/// A node in its tree. Aliases are looked through: [`NodeRef::range`] is where the value itself stands,
/// [`NodeRef::written_range`] where it is used.
#[derive(Clone, Copy)]
pub struct NodeRef<'t> {
    tree: &'t Tree,
    index: NodeIndex,
    written: NodeIndex,
}

impl std::fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::write_json(*self, super::Escape::Minimal))
    }
}

impl<'t> NodeRef<'t> {
    fn stored(self) -> &'t Node {
        &self.tree.nodes[self.index.0 as usize]
    }

    /// The tree it is part of.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// Its position in the tree, behind any alias.
    pub fn index(self) -> NodeIndex {
        self.index
    }

    /// The JSON type.
    pub fn kind(self) -> Kind {
        self.stored().kind
    }

    /// How it was written.
    pub fn style(self) -> Style {
        self.stored().style
    }

    /// Where the value stands (behind an alias: at its anchor).
    pub fn range(self) -> ByteRange {
        self.stored().range
    }

    /// Where the value is used: the alias, if it is one, else the same as [`NodeRef::range`].
    pub fn written_range(self) -> ByteRange {
        self.tree.nodes[self.written.0 as usize].range
    }

    /// Whether it is used through an alias.
    pub fn is_alias(self) -> bool {
        self.index != self.written
    }

    /// The value, by type.
    pub fn value(self) -> Value<'t> {
        let node = self.stored();
        let bits = || u64::from(node.a) | (u64::from(node.b) << 32);
        match node.kind {
            Kind::Null | Kind::Alias => Value::Null,
            Kind::Bool => Value::Bool(node.a != 0),
            Kind::Int => Value::Int(bits().cast_signed()),
            Kind::Float => Value::Float(f64::from_bits(bits())),
            Kind::String => {
                let from = if node.decoded { self.tree.decoded.as_str() } else { &self.tree.text };
                Value::String(&from[node.a as usize..(node.a + node.b) as usize])
            }
            Kind::Sequence => Value::Sequence,
            Kind::Mapping => Value::Mapping,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'t str> {
        if let Value::String(s) = self.value() { Some(s) } else { None }
    }

    /// The integer, if it is one.
    pub fn as_i64(self) -> Option<i64> {
        if let Value::Int(i) = self.value() { Some(i) } else { None }
    }

    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        if let Value::Bool(b) = self.value() { Some(b) } else { None }
    }

    fn entry_slice(self) -> &'t [Entry] {
        let node = self.stored();
        if node.kind == Kind::Mapping { &self.tree.entries[node.a as usize..(node.a + node.b) as usize] } else { &[] }
    }

    /// How many entries or elements it has; 0 for a scalar.
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Mapping | Kind::Sequence => self.stored().b as usize,
            _ => 0,
        }
    }

    /// Whether it has no entries and no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The entries of a mapping, sorted by key bytes; nothing for any other type.
    pub fn entries(self) -> impl ExactSizeIterator<Item = EntryRef<'t>> + DoubleEndedIterator {
        self.entry_slice()
            .iter()
            .map(move |entry| EntryRef { key: self.tree.node(entry.key), value: self.tree.node(entry.value) })
    }

    /// The elements of a sequence; nothing for any other type.
    pub fn elements(self) -> impl ExactSizeIterator<Item = NodeRef<'t>> + DoubleEndedIterator {
        let node = self.stored();
        let slice = if node.kind == Kind::Sequence {
            &self.tree.elements[node.a as usize..(node.a + node.b) as usize]
        } else {
            &[]
        };
        slice.iter().map(move |index| self.tree.node(*index))
    }

    /// The entry with this key, null values included.
    pub fn entry(self, key: &str) -> Option<EntryRef<'t>> {
        let slice = self.entry_slice();
        let key_of = |entry: &Entry| self.tree.node(entry.key).as_str().unwrap_or_default();
        // Most keys differ in length already, and nearly all that rules ask for is absent.
        let may_be = |entry: &Entry| {
            let node = &self.tree.nodes[entry.key.0 as usize];
            node.b as usize == key.len() || node.kind == Kind::Alias
        };
        let found = if slice.len() <= 8 {
            slice.iter().position(|entry| may_be(entry) && key_of(entry) == key)
        } else {
            slice.binary_search_by(|entry| key_of(entry).as_bytes().cmp(key.as_bytes())).ok()
        }?;
        let entry = slice[found];
        Some(EntryRef { key: self.tree.node(entry.key), value: self.tree.node(entry.value) })
    }

    /// The value under this key as the API server sees a field: `null` is the same as not set.
    pub fn get(self, key: &str) -> Option<NodeRef<'t>> {
        self.entry(key).map(|entry| entry.value).filter(|value| !value.is_null())
    }

    /// The value at the end of a path of field names; `null` anywhere is the same as not set.
    pub fn at(self, path: &[&str]) -> Option<NodeRef<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The JSON value, for tests and for what needs a `serde_json` value. To drop or compare such a value costs stack for
    /// each level, so what is nested deeper than 1,000 levels is given as a string that holds its JSON text; for output,
    /// [`write_json`](super::write_json) is the better way, and for a copy [`TreeBuilder::copy`](super::TreeBuilder::copy).
    pub fn to_json(self) -> serde_json::Value {
        const DEEPEST: usize = 1000;
        enum Step<'t> {
            Value(NodeRef<'t>, usize),
            Key(&'t str),
            Sequence(usize),
            Mapping(usize),
        }
        let mut steps = vec![Step::Value(self, 0)];
        let mut values = Vec::new();
        let mut keys: Vec<&str> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Key(key) => keys.push(key),
                Step::Value(node, depth) => match node.value() {
                    Value::Sequence | Value::Mapping if depth == DEEPEST => {
                        values.push(super::write_json(node, super::Escape::Minimal).into());
                    }
                    Value::Null => values.push(serde_json::Value::Null),
                    Value::Bool(b) => values.push(b.into()),
                    Value::Int(i) => values.push(i.into()),
                    Value::Float(f) => values.push(f.into()),
                    Value::String(s) => values.push(s.into()),
                    Value::Sequence => {
                        steps.push(Step::Sequence(node.len()));
                        steps.extend(node.elements().rev().map(|element| Step::Value(element, depth + 1)));
                    }
                    Value::Mapping => {
                        steps.push(Step::Mapping(node.len()));
                        for entry in node.entries().rev() {
                            steps.push(Step::Key(entry.name()));
                            steps.push(Step::Value(entry.value, depth + 1));
                        }
                    }
                },
                Step::Sequence(count) => {
                    let elements = values.split_off(values.len() - count);
                    values.push(serde_json::Value::Array(elements));
                }
                Step::Mapping(count) => {
                    let entries = values.split_off(values.len() - count);
                    let names = keys.split_off(keys.len() - count);
                    let map = names.into_iter().map(str::to_owned).zip(entries).collect();
                    values.push(serde_json::Value::Object(map));
                }
            }
        }
        values.pop().unwrap_or_default()
    }
}

/// A key with its value, in their tree.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'t> {
    /// The key, a string.
    pub key: NodeRef<'t>,
    /// The value.
    pub value: NodeRef<'t>,
}

impl<'t> EntryRef<'t> {
    /// The key's text.
    pub fn name(self) -> &'t str {
        self.key.as_str().unwrap_or_default()
    }
}
