//! The names of other objects in an object: which field names what.
//!
//! Apart because the table of such fields is data (`schemas/facts/references.txt`) and every rule about what is missing
//! reads it the same way.

use super::index::Member;
use crate::object::view::View;
use crate::object::{FieldPath, Path, Segment};
use crate::schema::{self, Reference, Step};
use crate::yaml::NodeRef;

/// A field that names another object.
#[derive(Clone, Debug)]
pub struct Named<'i> {
    /// The object that names it.
    pub from: Member<'i>,
    /// The row of the table.
    pub reference: &'static Reference,
    /// The mapping that holds the name.
    pub holder: NodeRef<'i>,
    /// The field.
    pub path: FieldPath,
    /// The group of what is named.
    pub group: &'i str,
    /// The kind of what is named.
    pub kind: &'i str,
    /// The namespace of what is named; empty where it has none, none where nobody says.
    pub namespace: Option<&'i str>,
    /// The name.
    pub name: &'i str,
    /// Whether it may be missing.
    pub is_optional: bool,
}

impl<'i> Named<'i> {
    /// The keys that what is named must have, each with its field.
    pub fn keys(&self) -> Vec<(&'i str, FieldPath)> {
        let beside = &self.reference.beside;
        let one = beside.key.and_then(|key| Some((self.holder.text_pointer(key)?, self.beside(&[Part::Field(key)]))));
        let several = beside.keys.into_iter().flat_map(|(list, field)| {
            let elements = self.holder.list(list).into_iter().enumerate();
            elements.filter_map(move |(at, element)| {
                let path = self.beside(&[Part::Field(list), Part::Index(at), Part::Field(field)]);
                Some((element.text_pointer(field)?, path))
            })
        });
        one.into_iter().chain(several).collect()
    }

    /// The value of a field beside the name (`port.number`), with its path.
    pub fn value_beside(&self, field: Option<&str>) -> Option<(NodeRef<'i>, FieldPath)> {
        let fields: Vec<&str> = field?.split('.').collect();
        let value = self.holder.at(&fields)?;
        let parts: Vec<Part<'_>> = fields.into_iter().map(Part::Field).collect();
        Some((value, self.beside(&parts)))
    }

    fn beside(&self, parts: &[Part<'_>]) -> FieldPath {
        let mut segments = self.path.0[..self.path.0.len() - 1].to_vec();
        segments.extend(parts.iter().map(|part| match part {
            Part::Field(name) => Segment::Field((*name).to_owned()),
            Part::Index(index) => Segment::Index(*index),
        }));
        FieldPath(segments)
    }

    /// `Kind "name"`, with the namespace where it is another than the object's own.
    pub fn title(&self) -> String {
        match self.namespace {
            Some(namespace) if !namespace.is_empty() && Some(namespace) != self.from.namespace => {
                format!("{} \"{}\" in namespace \"{namespace}\"", self.kind, self.name)
            }
            _ => format!("{} \"{}\"", self.kind, self.name),
        }
    }
}

enum Part<'p> {
    Field(&'p str),
    Index(usize),
}

/// All that an object names.
pub fn names_in<'i>(member: &Member<'i>) -> Vec<Named<'i>> {
    let mut found = Vec::new();
    if let Some(links) = schema::links(member.group, member.kind) {
        let root = member.object.root();
        descend(&links.references, root, root, &Path::ROOT, &mut |reference, holder, value, path| {
            found.extend(named(*member, reference, holder, value, path));
        });
    }
    found
}

type Found<'f, 'i> = dyn FnMut(&'static Reference, NodeRef<'i>, NodeRef<'i>, &Path<'_>) + 'f;

fn descend<'i>(
    step: &'static Step,
    holder: NodeRef<'i>,
    node: NodeRef<'i>,
    path: &Path<'_>,
    found: &mut Found<'_, 'i>,
) {
    for reference in &step.references {
        found(reference, holder, node, path);
    }
    for (field, is_list, below) in &step.below {
        let Some(value) = node.get(field) else { continue };
        let path = path.field(field);
        if *is_list {
            for (index, element) in value.elements().enumerate() {
                descend(below, element, element, &path.index(index), found);
            }
        } else {
            descend(below, node, value, &path, found);
        }
    }
}

fn named<'i>(
    from: Member<'i>,
    reference: &'static Reference,
    holder: NodeRef<'i>,
    value: NodeRef<'i>,
    path: &Path<'_>,
) -> Option<Named<'i>> {
    let name = value.as_str().filter(|name| !name.is_empty())?;
    let beside = &reference.beside;
    let written = |field: Option<&'static str>| field.and_then(|field| holder.text_pointer(field));
    let kind = written(beside.kind).filter(|kind| !kind.is_empty()).unwrap_or(reference.kind);
    if !kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || kind.is_empty()
        || reference.only.is_some_and(|only| only != kind)
    {
        return None;
    }
    let of_version = written(beside.api_version).map(|version| version.rsplit_once('/').map_or("", |(group, _)| group));
    let group = of_version.or_else(|| written(beside.group)).unwrap_or(reference.group);
    let namespace = match written(beside.namespace) {
        _ if reference.cluster => Some(""),
        // Projects call so what has no namespace, and few write the scope of their kinds anywhere else.
        _ if kind.starts_with("Cluster") && kind != "Cluster" => None,
        Some(namespace) if !namespace.is_empty() => Some(namespace),
        _ => from.namespace,
    };
    let is_optional = beside.optional.is_some_and(|field| holder.flag(field));
    let path = path.to_field_path();
    Some(Named { from, reference, holder, path, group, kind, namespace, name, is_optional })
}
