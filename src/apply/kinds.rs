//! Which kinds the API server knows while a set is applied: the built-in ones of its minor and those of CRDs.
//!
//! Apart because kubectl maps kinds to resources before it writes anything, so what is known changes in steps and not
//! with every object.

use crate::object::GroupVersionKind;
use crate::object::view::View;
use crate::schema::{self, KindInfo, Schema};
use crate::server_rules::custom::Definition;
use crate::source::FileId;
use crate::yaml::{NodeRef, Tree};
use std::collections::HashMap;
use std::sync::Arc;

/// A kind that a CustomResourceDefinition declares.
#[derive(Clone, Debug)]
pub struct CustomKind {
    /// The resource name.
    pub plural: String,
    /// Whether objects of it live in a namespace.
    pub namespaced: bool,
    /// What its objects are judged by, the definition taken in last at the end. Where several CRDs declare the kind,
    /// nobody knows which of them is there when an object is sent.
    pub definitions: Vec<Arc<Definition>>,
}

/// A kind and what is known of it.
pub type DeclaredKind = (GroupVersionKind, CustomKind);

/// What kubectl's REST mapping finds for a kind.
#[derive(Clone, Debug)]
pub enum Mapping {
    /// A built-in kind.
    BuiltIn(KindInfo),
    /// A kind of a CRD.
    Custom(CustomKind),
    /// A list of any kind: `List` or `<Kind>List` of a served group and version.
    List,
    /// A kind of a group that Kubernetes itself does not own, and no CRD of it is known: it may exist in the cluster.
    Unknown,
    /// No such kind.
    Missing,
}

impl Mapping {
    /// Whether objects are judged by this as by another: by the same kind, or by the very same definitions.
    pub fn is_same(&self, other: &Mapping) -> bool {
        match (self, other) {
            (Mapping::BuiltIn(one), Mapping::BuiltIn(other)) => one == other,
            (Mapping::Custom(one), Mapping::Custom(other)) => {
                one.namespaced == other.namespaced
                    && one.definitions.len() == other.definitions.len()
                    && one.definitions.iter().zip(&other.definitions).all(|(one, other)| Arc::ptr_eq(one, other))
            }
            (Mapping::List, Mapping::List)
            | (Mapping::Unknown, Mapping::Unknown)
            | (Mapping::Missing, Mapping::Missing) => true,
            _ => false,
        }
    }

    /// Whether objects of the kind live in a namespace; none where that is not known.
    pub fn namespaced(&self) -> Option<bool> {
        match self {
            Mapping::BuiltIn(kind) => Some(kind.namespaced),
            Mapping::Custom(kind) => Some(kind.namespaced),
            Mapping::List | Mapping::Unknown | Mapping::Missing => None,
        }
    }
}

/// The kinds known at one moment.
#[derive(Clone, Debug)]
pub struct Kinds {
    /// The built-in kinds.
    pub schema: Schema,
    /// Whether a kind of an unknown group is missing.
    pub closed_world: bool,
    custom: HashMap<GroupVersionKind, CustomKind>,
}

impl Kinds {
    /// The built-in kinds alone.
    pub fn new(schema: Schema, closed_world: bool) -> Self {
        Self { schema, closed_world, custom: HashMap::new() }
    }

    /// Takes in what a CustomResourceDefinition serves. Source: `apiextensions.k8s.io/v1`, `spec.versions[].served`.
    pub fn add(&mut self, declared: &[DeclaredKind]) {
        for (gvk, kind) in declared {
            let mut kind = kind.clone();
            if let Some(known) = self.custom.remove(gvk) {
                kind.definitions.splice(0..0, known.definitions);
            }
            self.custom.insert(gvk.clone(), kind);
        }
    }

    /// Maps a kind as kubectl does: the kind as written, or all in lower case.
    /// Source: `restmapper/discovery.go` of client-go 1.36.
    pub fn map(&self, gvk: &GroupVersionKind) -> Mapping {
        if let Some(custom) = self.custom_kind(gvk) {
            return Mapping::Custom(custom.clone());
        }
        if let Some(kind) = self.schema.kind_any_case(&gvk.group, &gvk.version, &gvk.kind) {
            return Mapping::BuiltIn(kind);
        }
        if let Some(item_kind) = gvk.kind.strip_suffix("List") {
            let item = GroupVersionKind { kind: item_kind.to_owned(), ..gvk.clone() };
            if (item_kind.is_empty() && self.serves(&gvk.group, &gvk.version))
                || self.custom.contains_key(&item)
                || self.schema.kind(&gvk.group, &gvk.version, item_kind).is_some()
            {
                return Mapping::List;
            }
        }
        let was_built_in = schema::removal(&gvk.group, &gvk.version, &gvk.kind).is_some();
        if self.closed_world || was_built_in || self.schema.group_exists(&gvk.group) {
            Mapping::Missing
        } else {
            Mapping::Unknown
        }
    }

    /// A kind of a CRD, named exactly so.
    pub fn custom(&self, gvk: &GroupVersionKind) -> Option<&CustomKind> {
        self.custom.get(gvk)
    }

    /// Whether one of the CRDs taken in serves the kind.
    pub fn declares(&self, gvk: &GroupVersionKind) -> bool {
        self.custom.contains_key(gvk)
    }

    fn custom_kind(&self, gvk: &GroupVersionKind) -> Option<&CustomKind> {
        self.custom.get(gvk).or_else(|| {
            let lower = |other: &GroupVersionKind| {
                other.group == gvk.group && other.version == gvk.version && other.kind.to_lowercase() == gvk.kind
            };
            self.custom.iter().find(|(other, _)| lower(other)).map(|(_, kind)| kind)
        })
    }

    fn serves(&self, group: &str, version: &str) -> bool {
        self.custom.keys().any(|gvk| gvk.group == group && gvk.version == version)
            || self.schema.kinds().any(|kind| kind.group == group && kind.version == version)
    }
}

/// The kinds that a CustomResourceDefinition, a node of the file's tree, serves; nothing if it is not decodable as one.
pub fn declared_kinds(tree: &Arc<Tree>, file: FileId, crd: NodeRef<'_>) -> Vec<DeclaredKind> {
    let Some(spec) = crd.get("spec") else { return Vec::new() };
    let Some(names) = spec.get("names") else { return Vec::new() };
    spec.list("versions")
        .into_iter()
        .filter(|version| version.flag("served"))
        .map(|version| {
            let gvk = GroupVersionKind {
                group: spec.text("group").to_owned(),
                version: version.text("name").to_owned(),
                kind: names.text("kind").to_owned(),
            };
            let definition = Definition::of(tree, file, crd, version).map(Arc::new);
            let kind = CustomKind {
                plural: names.text("plural").to_owned(),
                namespaced: spec.text("scope") != "Cluster",
                definitions: definition.into_iter().collect(),
            };
            (gvk, kind)
        })
        .collect()
}
