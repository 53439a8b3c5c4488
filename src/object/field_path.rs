//! Field paths as the API server writes them (`spec.ports[1].name`), and the bytes they mean.
//!
//! Apart because rules speak in paths and only this file knows how a path becomes a place in a text.

use crate::yaml::{ByteRange, NodeIndex, NodeRef};
use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A field: `.name`
    Field(String),
    /// A map key: `[key]`
    Key(String),
    /// A list index: `[0]`
    Index(usize),
}

/// A path that can be kept. Source of the form: `field.Path` of apimachinery `pkg/util/validation/field`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// A path of plain fields.
    pub fn of(fields: &[&str]) -> Self {
        Self(fields.iter().map(|field| Segment::Field((*field).to_owned())).collect())
    }

    /// The path from `root` to a node; none if it is not below, or deeper than any object of Kubernetes.
    pub fn to(root: NodeRef<'_>, node: NodeIndex) -> Option<Self> {
        const DEEPEST: usize = 64;
        let mut waiting = vec![(root, Self::default())];
        while let Some((here, path)) = waiting.pop() {
            if here.index() == node {
                return Some(path);
            }
            if path.0.len() < DEEPEST {
                waiting.extend(here.entries().map(|entry| (entry.value, path.clone().field(entry.name()))));
                waiting.extend(here.elements().enumerate().map(|(at, element)| (element, path.clone().index(at))));
            }
        }
        None
    }

    /// The value at the path's end below `root`; none if any step of it is missing.
    pub fn find<'t>(&self, root: NodeRef<'t>) -> Option<NodeRef<'t>> {
        self.0.iter().try_fold(root, |node, segment| match segment {
            Segment::Field(name) | Segment::Key(name) => node.entry(name).map(|entry| entry.value),
            Segment::Index(index) => node.elements().nth(*index),
        })
    }

    /// One field deeper.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        self.then(Segment::Field(name.to_owned()))
    }

    /// One map key deeper.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.then(Segment::Key(key.to_owned()))
    }

    /// One list index deeper.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    fn then(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }

    /// Whether the other path is this one or lies below it. A field and a key of the same name are one step.
    pub fn covers(&self, other: &Self) -> bool {
        let is_same = |(own, other): (&Segment, &Segment)| match (own, other) {
            (Segment::Field(own) | Segment::Key(own), Segment::Field(other) | Segment::Key(other)) => own == other,
            (Segment::Index(own), Segment::Index(other)) => own == other,
            _ => false,
        };
        self.0.len() <= other.0.len() && self.0.iter().zip(&other.0).all(is_same)
    }

    /// The place of the path's end below `root`; of the deepest part that exists, where the end does not.
    pub fn locate(&self, root: NodeRef<'_>) -> Place {
        let mut node = root;
        let mut place = Place { key: None, value: root.written_range(), exact: true };
        for segment in &self.0 {
            let next = match segment {
                Segment::Field(name) | Segment::Key(name) => {
                    node.entry(name).map(|entry| (Some(entry.key.range()), entry.value))
                }
                Segment::Index(index) => node.elements().nth(*index).map(|element| (None, element)),
            };
            let Some((key, value)) = next else {
                place.exact = false;
                return place;
            };
            place = Place { key, value: value.written_range(), exact: true };
            node = value;
        }
        place
    }
}

/// What a path was resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key, if the last step was a field or a map key.
    pub key: Option<ByteRange>,
    /// The value.
    pub value: ByteRange,
    /// Whether the whole path exists; else this is the deepest part of it that does.
    pub exact: bool,
}

impl Place {
    /// The bytes to point at: the value; the key where the value is a collection or has no text; the key of the
    /// nearest parent where the field does not exist.
    pub fn range(self) -> ByteRange {
        match self.key {
            Some(key) if !self.exact || self.value.is_empty() => key,
            _ => self.value,
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("<nil>");
        }
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) if position == 0 => f.write_str(name)?,
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Key(key) => write!(f, "[{key}]")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A path under way: lives on the stack, costs nothing until it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    Field(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    /// The object itself.
    pub const ROOT: Path<'static> = Path { parent: None, step: Step::Root };

    /// One field deeper.
    pub fn field(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Field(name) }
    }

    /// One map key deeper.
    pub fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    /// One list index deeper.
    pub fn index(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// The path to keep.
    pub fn to_field_path(&self) -> FieldPath {
        let mut segments = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            match path.step {
                Step::Root => {}
                Step::Field(name) => segments.push(Segment::Field(name.to_owned())),
                Step::Key(key) => segments.push(Segment::Key(key.to_owned())),
                Step::Index(index) => segments.push(Segment::Index(index)),
            }
            at = path.parent;
        }
        segments.reverse();
        FieldPath(segments)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_field_path().fmt(f)
    }
}
