//! Sets of fields, as the server keeps them in `managedFields` of an object for everyone who has set one.
//!
//! Apart because it is a notation: what is in a set, and what an object's own set is. Who conflicts with whom is another
//! question (`managers`).
//!
//! Source: `fieldpath` (`set.go`, `serialize-pe.go`) and `typed/tofieldset.go` of structured-merge-diff (v6).

use super::Patch;
use super::shape::{Elements, Shape, key_of};
use crate::go_quote::go_quote;
use crate::schema::Schema;
use crate::yaml::{Kind, NodeRef};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Deeper fields are in no set: no schema has such, and recursion must end.
const MAX_DEPTH: usize = 256;

/// One step of a path. The order is the server's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PathElement {
    /// A field, or a key of a map.
    Field(String),
    /// The element of a list that has these keys, each with its value as JSON text.
    Key(Vec<(String, String)>),
    /// The element of a list that is this value, as JSON text.
    Value(String),
    /// The element of a list at this place.
    Index(usize),
}

impl PathElement {
    /// Reads the key of an entry of `fieldsV1`.
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let json = || serde_json::from_str::<Value>(rest).ok();
        Some(match kind {
            "f" => PathElement::Field(rest.to_owned()),
            "k" => {
                let Some(Value::Object(keys)) = json() else { return None };
                let mut keys: Vec<_> = keys.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
                keys.sort();
                PathElement::Key(keys)
            }
            "v" => PathElement::Value(json()?.to_string()),
            "i" => PathElement::Index(rest.parse().ok()?),
            _ => return None,
        })
    }

    /// The element of a list whose elements are told apart in that way.
    fn of(schema: Schema, elements: &Elements<'_>, shape: Shape<'_>, element: NodeRef<'_>) -> Self {
        match elements {
            Elements::Keys(keys) => {
                let value = |key: &&str| Some(((*key).to_owned(), key_of(schema, shape, element, key)?.to_string()));
                let mut keys: Vec<_> = keys.iter().filter_map(value).collect();
                keys.sort();
                PathElement::Key(keys)
            }
            _ => PathElement::Value(element.to_json().to_string()),
        }
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathElement::Field(name) => write!(f, ".{name}"),
            PathElement::Key(keys) => {
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
                write!(f, "[{}]", keys.join(","))
            }
            PathElement::Value(value) => write!(f, "[={}]", shown(value)),
            PathElement::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A value as Go prints it.
fn shown(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => go_quote(&text),
        _ => json.to_owned(),
    }
}

/// A set of fields: a tree of path elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet(BTreeMap<PathElement, Member>);

/// What a set holds of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// Whether it holds the path itself.
    pub(super) itself: bool,
    /// What it holds below.
    pub(super) below: FieldSet,
}

impl FieldSet {
    /// Reads `fieldsV1`. What is no path is left out, as the server leaves out entries that it cannot read.
    pub(super) fn parse(fields: NodeRef<'_>) -> Self {
        Self::parse_below(fields, 0)
    }

    fn parse_below(fields: NodeRef<'_>, depth: usize) -> Self {
        let mut set = FieldSet::default();
        if depth > MAX_DEPTH {
            return set;
        }
        for entry in fields.entries() {
            let Some(element) = PathElement::parse(entry.name()) else { continue };
            // A path with nothing below is written as an empty map, one with something below has a dot there.
            let itself = entry.value.is_empty() || entry.value.entry(".").is_some();
            let below = Self::parse_below(entry.value, depth + 1);
            set.0.insert(element, Member { itself, below });
        }
        set
    }

    /// The fields that an object sets when it is applied. What makes an object known is nobody's.
    pub(super) fn of_applied(schema: Schema, shape: Shape<'_>, root: NodeRef<'_>, patch: Patch<'_>) -> Self {
        let mut set = Self::of_map(schema, shape, root, patch, 0);
        set.0.retain(
            |element, _| !matches!(element, PathElement::Field(name) if name == "apiVersion" || name == "kind"),
        );
        if let Some(metadata) = set.0.get_mut(&PathElement::Field("metadata".to_owned())) {
            let of_nobody = |name: &str| {
                matches!(
                    name,
                    "name"
                        | "namespace"
                        | "creationTimestamp"
                        | "selfLink"
                        | "uid"
                        | "clusterName"
                        | "generation"
                        | "managedFields"
                        | "resourceVersion"
                )
            };
            metadata.below.0.retain(|element, _| !matches!(element, PathElement::Field(name) if of_nobody(name)));
            metadata.itself = false;
        }
        set.0.retain(|_, member| member.itself || !member.below.is_empty());
        set
    }

    fn of_map(schema: Schema, shape: Shape<'_>, map: NodeRef<'_>, patch: Patch<'_>, depth: usize) -> Self {
        let mut set = FieldSet::default();
        for entry in map.entries() {
            let below = shape.under(schema, entry.name());
            let mut member = Self::of_value(schema, below, entry.value, patch, depth + 1);
            let is_empty_map = entry.value.kind() == Kind::Mapping && entry.value.is_empty();
            member.itself |= entry.value.is_null() || is_empty_map || !shape.names(schema, entry.name());
            if member.itself || !member.below.is_empty() {
                set.0.insert(PathElement::Field(entry.name().to_owned()), member);
            }
        }
        set
    }

    fn of_value(schema: Schema, shape: Shape<'_>, value: NodeRef<'_>, patch: Patch<'_>, depth: usize) -> Member {
        let itself = || Member { itself: true, below: FieldSet::default() };
        match value.kind() {
            _ if depth > MAX_DEPTH => itself(),
            Kind::Mapping if shape.is_atomic_map(schema, patch) => itself(),
            Kind::Mapping => Member { itself: false, below: Self::of_map(schema, shape, value, patch, depth) },
            Kind::Sequence => {
                let elements = shape.elements(patch);
                if matches!(elements, Elements::Atomic) {
                    return itself();
                }
                let mut below = FieldSet::default();
                for element in value.elements() {
                    let identity = PathElement::of(schema, &elements, shape.element(), element);
                    let member = Self::of_value(schema, shape.element(), element, patch, depth + 1);
                    below.0.insert(identity, Member { itself: true, ..member });
                }
                Member { itself: false, below }
            }
            _ => itself(),
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it holds, in the server's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PathElement, &Member)> {
        self.0.iter()
    }

    /// What it holds of a path element.
    pub(super) fn get(&self, element: &PathElement) -> Option<&Member> {
        self.0.get(element)
    }

    /// What it holds under the name of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Member> {
        self.0.get(&PathElement::Field(name.to_owned()))
    }

    /// Adds all that another holds.
    pub(super) fn add(&mut self, other: &FieldSet) {
        for (element, member) in &other.0 {
            let own = self.0.entry(element.clone()).or_default();
            own.itself |= member.itself;
            own.below.add(&member.below);
        }
    }
}

/// The element of a list that a path element means, with its place; the first where there are several.
pub(super) fn element_at<'t>(
    schema: Schema,
    shape: Shape<'_>,
    list: NodeRef<'t>,
    element: &PathElement,
) -> Option<(usize, NodeRef<'t>)> {
    let is_same = |own: &Value, json: &String| serde_json::from_str::<Value>(json).is_ok_and(|value| value == *own);
    let is_it = |node: &NodeRef<'_>| match element {
        PathElement::Key(keys) => {
            keys.iter().all(|(name, value)| key_of(schema, shape, *node, name).is_some_and(|own| is_same(&own, value)))
        }
        PathElement::Value(value) => is_same(&node.to_json(), value),
        PathElement::Field(_) | PathElement::Index(_) => false,
    };
    list.elements().enumerate().find(|(_, node)| is_it(node))
}
