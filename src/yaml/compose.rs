//! The composer: nodes as the parser meets them, and the finished tree.
//!
//! Apart from the parser because JSON streams build the same trees, and because go-yaml too first reads a whole
//! document and then decodes it: what is refused while decoding is refused only if all of it could be parsed.

use super::convert;
use super::decode;
use super::resolve::{self, Resolved, Tag};
use super::scanner::{Failure, Scan, Token};
use super::tree::{Anchor, ByteRange, Comment, Entry, Kind, Node, NodeIndex, Style, Tree};
use super::{Loss, LossKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Anchor and tag of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Properties {
    /// The anchor with its `&`.
    pub anchor: Option<ByteRange>,
    pub tag: Tag,
}

/// What an anchor's name stands for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Node(NodeIndex),
    /// The collection that was the n-th to be opened, still open.
    Open(usize),
}

/// A collection not closed yet.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    style: Style,
    start: u32,
    /// First of its children in [`Composer::pending`].
    children: usize,
    anchor: Option<ByteRange>,
    number: usize,
}

/// An alias that stands inside its own anchor points here.
pub(super) const SELF_REFERENCE: u32 = u32::MAX;

/// The nodes of one document, as written: keys are not converted yet, nothing is merged, sorted or dropped.
#[derive(Clone, Default)]
pub(super) struct Raw {
    pub nodes: Vec<Node>,
    pub elements: Vec<NodeIndex>,
    pub entries: Vec<Entry>,
    pub anchors: Vec<Anchor>,
    pub root: Option<NodeIndex>,
    /// Keys that are `<<`, ascending.
    pub merges: Vec<NodeIndex>,
    /// Scalars that go-yaml refuses while decoding, with its words, ascending.
    pub refused: Vec<(NodeIndex, String)>,
    /// Integers beyond `i64` that fit `u64`, ascending.
    pub unsigned: Vec<(NodeIndex, u64)>,
    /// Floats, which become integers where JSON makes them so; ascending.
    pub floats: Vec<NodeIndex>,
    /// Keys that were made strings, with what they were; ascending.
    pub converted: Vec<(NodeIndex, Kind)>,
    /// Keys that no string is made of, with type and value in Go's words; ascending.
    pub odd: Vec<(NodeIndex, String)>,
    /// How many aliases there are.
    pub aliases: usize,
    /// Whether a key is a list or a map.
    pub collection_key: bool,
    /// Whether a key may be one that no JSON key can be made of: null, or an integer beyond `i64`.
    pub odd_key: bool,
    /// Whether there is an infinity or what is not a number.
    pub not_finite: bool,
    /// Depth of the deepest node.
    pub depth: usize,
}

/// Builds one document after another.
pub(super) struct Composer<'t> {
    text: &'t str,
    shared: Arc<str>,
    pub raw: Raw,
    pub losses: Vec<Loss>,
    /// Text that stands nowhere in the document: what `!!binary` holds.
    pub binary: Vec<(NodeIndex, String)>,
    pending: Vec<NodeIndex>,
    frames: Vec<Frame>,
    opened: usize,
    anchors: HashMap<&'t str, Target>,
}

impl<'t> Composer<'t> {
    /// A composer for pieces of `shared`, which is also `text`.
    pub fn new(text: &'t str, shared: &Arc<str>) -> Self {
        Self {
            text,
            shared: Arc::clone(shared),
            raw: Raw::default(),
            losses: Vec::new(),
            binary: Vec::new(),
            pending: Vec::new(),
            frames: Vec::new(),
            opened: 0,
            anchors: HashMap::new(),
        }
    }

    #[inline]
    fn push(&mut self, node: Node) -> NodeIndex {
        let index = NodeIndex(self.raw.nodes.len() as u32);
        self.raw.nodes.push(node);
        index
    }

    #[inline]
    fn add(&mut self, node: NodeIndex) {
        if self.frames.is_empty() {
            self.raw.root = Some(node);
        } else {
            self.pending.push(node);
        }
    }

    /// Whether the next node is a key.
    #[inline]
    fn at_key(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.kind == Kind::Mapping && (self.pending.len() - frame.children).is_multiple_of(2))
    }

    fn name(&self, written: ByteRange) -> &'t str {
        &self.text[written.start as usize + 1..written.end as usize]
    }

    #[inline]
    fn set_anchor(&mut self, anchor: Option<ByteRange>, node: NodeIndex) {
        if let Some(range) = anchor {
            self.anchors.insert(self.name(range), Target::Node(node));
            self.raw.anchors.push(Anchor { range, node });
        }
    }

    /// A scalar token; `decoded` is the scanner's buffer.
    #[inline]
    pub fn scalar(&mut self, decoded: &str, token: &Token, properties: &Properties) {
        let from = if token.decoded { decoded } else { self.text };
        let text = &from[token.a as usize..(token.a + token.b) as usize];
        let plain = token.style == Style::Plain;
        let resolved = match properties.tag {
            Tag::None if plain => resolve::plain(text),
            Tag::None => Resolved::Text,
            tag => self.tagged(tag, text),
        };
        let range = ByteRange::new(token.start, token.end);
        let mut node = Node { range, a: 0, b: 0, kind: Kind::Null, style: token.style, decoded: false };
        match resolved {
            Resolved::Text => {
                node.kind = Kind::String;
                node.a = token.a;
                node.b = token.b;
                node.decoded = token.decoded;
                if text == "<<" && self.at_key() && is_merge(plain, properties.tag) {
                    self.raw.merges.push(NodeIndex(self.raw.nodes.len() as u32));
                }
            }
            other => self.resolved(&mut node, other, text),
        }
        let index = self.push(node);
        self.set_anchor(properties.anchor, index);
        self.add(index);
    }

    fn resolved(&mut self, node: &mut Node, resolved: Resolved, text: &str) {
        let index = NodeIndex(self.raw.nodes.len() as u32);
        match resolved {
            Resolved::Null | Resolved::Text => {}
            Resolved::Bool(value) => node.set_bool(value),
            Resolved::Int(value) => node.set_int(value),
            Resolved::Uint(value) => {
                let float = resolve::nearest_float(value);
                node.set_float(float);
                self.raw.unsigned.push((index, value));
                if format!("{float:.0}") != value.to_string() {
                    self.lose_precision(node.range);
                }
            }
            Resolved::Float(value) => {
                self.raw.not_finite |= !value.is_finite();
                node.set_float(value);
                self.raw.floats.push(index);
                if !self.at_key() && is_rounded_integer(text, value) {
                    self.lose_precision(node.range);
                }
            }
        }
    }

    pub(super) fn lose_precision(&mut self, lost: ByteRange) {
        self.losses.push(Loss { kind: LossKind::Precision, lost, kept: None });
    }

    #[cold]
    fn tagged(&mut self, tag: Tag, text: &str) -> Resolved {
        let index = NodeIndex(self.raw.nodes.len() as u32);
        if tag == Tag::Binary {
            if let Some(text) = resolve::decode_binary(text) {
                self.binary.push((index, text));
            } else {
                let words = "yaml: !!binary value contains invalid base64 data".to_owned();
                self.raw.refused.push((index, words));
            }
            return Resolved::Text;
        }
        resolve::tagged(tag, text).unwrap_or_else(|words| {
            self.raw.refused.push((index, words));
            Resolved::Null
        })
    }

    /// A scalar whose value is known.
    pub fn json_scalar(&mut self, node: Node) {
        let index = self.push(node);
        self.add(index);
    }

    /// A node that is not written, at `at`.
    #[inline]
    pub fn absent(&mut self, at: u32) {
        let range = ByteRange::new(at, at);
        let index = self.push(Node { range, a: 0, b: 0, kind: Kind::Null, style: Style::Absent, decoded: false });
        self.add(index);
    }

    /// A node of which only anchor or tag is written.
    pub fn empty(&mut self, at: u32, properties: &Properties) {
        let resolved = match properties.tag {
            Tag::None => Resolved::Null,
            tag => self.tagged(tag, ""),
        };
        let kind = if resolved == Resolved::Null { Kind::Null } else { Kind::String };
        let index =
            self.push(Node { range: ByteRange::new(at, at), a: 0, b: 0, kind, style: Style::Absent, decoded: false });
        self.set_anchor(properties.anchor, index);
        self.add(index);
    }

    /// An alias, written with its `*`.
    pub fn alias(&mut self, range: ByteRange) -> Scan<()> {
        let name = self.name(range);
        let target = match self.anchors.get(name) {
            Some(Target::Node(node)) => node.0,
            Some(Target::Open(_)) => SELF_REFERENCE,
            None => {
                let message = format!("yaml: unknown anchor '{name}' referenced");
                return Err(Box::new(Failure { message, at: range }));
            }
        };
        self.raw.aliases += 1;
        let index = self.push(Node { range, a: target, b: 0, kind: Kind::Alias, style: Style::Plain, decoded: false });
        self.add(index);
        Ok(())
    }

    /// Opens a list or a map.
    pub fn start_collection(&mut self, kind: Kind, style: Style, start: u32, properties: &Properties) {
        self.opened += 1;
        if let Some(range) = properties.anchor {
            self.anchors.insert(self.name(range), Target::Open(self.opened));
        }
        self.frames.push(Frame {
            kind,
            style,
            start,
            children: self.pending.len(),
            anchor: properties.anchor,
            number: self.opened,
        });
        self.raw.depth = self.raw.depth.max(self.frames.len());
    }

    /// Closes the list or map opened last.
    pub fn end_collection(&mut self, end: u32) {
        let Some(frame) = self.frames.pop() else { return };
        let children = &self.pending[frame.children..];
        let (a, b) = if frame.kind == Kind::Sequence {
            let first = self.raw.elements.len();
            self.raw.elements.extend_from_slice(children);
            (first, children.len())
        } else {
            let first = self.raw.entries.len();
            for pair in children.as_chunks::<2>().0 {
                let kind = self.raw.nodes[pair[0].0 as usize].kind;
                self.raw.collection_key |= matches!(kind, Kind::Sequence | Kind::Mapping);
                self.raw.odd_key |= matches!(kind, Kind::Null | Kind::Float | Kind::Alias);
                self.raw.entries.push(Entry { key: pair[0], value: pair[1] });
            }
            (first, children.len() / 2)
        };
        self.pending.truncate(frame.children);
        let index = self.push(Node {
            range: ByteRange::new(frame.start, end.max(frame.start)),
            a: a as u32,
            b: b as u32,
            kind: frame.kind,
            style: frame.style,
            decoded: false,
        });
        if let Some(range) = frame.anchor {
            self.raw.anchors.push(Anchor { range, node: index });
            let name = self.name(range);
            if self.anchors.get(name) == Some(&Target::Open(frame.number)) {
                self.anchors.insert(name, Target::Node(index));
            }
        }
        self.add(index);
    }

    /// Forgets what was read so far, to start the next document.
    pub fn clear(&mut self) {
        let raw = &mut self.raw;
        raw.nodes.clear();
        raw.elements.clear();
        raw.entries.clear();
        raw.anchors.clear();
        raw.root = None;
        raw.merges.clear();
        raw.refused.clear();
        raw.unsigned.clear();
        raw.floats.clear();
        raw.converted.clear();
        raw.odd.clear();
        raw.aliases = 0;
        raw.collection_key = false;
        raw.odd_key = false;
        raw.not_finite = false;
        raw.depth = 0;
        self.losses.clear();
        self.binary.clear();
        self.pending.clear();
        self.frames.clear();
        self.anchors.clear();
    }

    /// The document as kubectl understands it, and how deep it is; or what is refused about it.
    pub fn finish(&mut self, mut decoded: String, comments: Vec<Comment>) -> Result<(Tree, usize), Failure> {
        for (index, text) in self.binary.drain(..) {
            let node = &mut self.raw.nodes[index.0 as usize];
            (node.a, node.b, node.decoded) = (decoded.len() as u32, text.len() as u32, true);
            decoded.push_str(&text);
        }
        if u32::try_from(decoded.len()).is_err() {
            let at = ByteRange::default();
            return Err(Failure { message: "the document holds 4 GiB of text or more".to_owned(), at });
        }
        let mut tree = Tree {
            text: Arc::clone(&self.shared),
            decoded,
            nodes: Vec::new(),
            elements: Vec::new(),
            entries: Vec::new(),
            comments,
            anchors: Vec::new(),
            root: self.raw.root.unwrap_or(NodeIndex(0)),
        };
        let mut depth = self.raw.depth;
        if self.raw.aliases > 0
            || self.raw.collection_key
            || !self.raw.merges.is_empty()
            || !self.raw.refused.is_empty()
        {
            depth = decode::check(&self.raw, self.text, &tree.decoded)?;
        }
        convert::finish(&mut self.raw, &mut tree, &mut self.losses)?;
        tree.nodes = take(&mut self.raw.nodes);
        tree.elements = take(&mut self.raw.elements);
        tree.entries = take(&mut self.raw.entries);
        tree.anchors = take(&mut self.raw.anchors);
        if self.raw.not_finite {
            convert::check_finite(&tree)?;
        }
        Ok((tree, depth))
    }
}

/// Go's `isMerge` of `decode.go`, for a text that is `<<`.
fn is_merge(plain: bool, tag: Tag) -> bool {
    (plain && tag == Tag::None) || matches!(tag, Tag::NonSpecific | Tag::Merge)
}

/// Whether an integer was written and another one is read.
fn is_rounded_integer(text: &str, value: f64) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).replace('_', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    format!("{:.0}", value.abs()) != digits.trim_start_matches('0') && value != 0.0
}

/// Takes the content and leaves the buffer, unless it is so big that a copy would cost more than a new buffer.
fn take<T: Copy>(buffer: &mut Vec<T>) -> Vec<T> {
    const BIG: usize = 1 << 16;
    if buffer.len() < BIG {
        let exact = buffer.as_slice().to_vec();
        buffer.clear();
        exact
    } else {
        let mut taken = std::mem::take(buffer);
        taken.shrink_to_fit();
        taken
    }
}
