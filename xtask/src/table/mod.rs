//! The text of `schemas/` in memory: what Kubernetes publishes about its types, and the facts kept by hand.
//!
//! Apart from the task that reads a wheel because the test that holds the packed form to the text uses this alone;
//! it needs nothing but the standard library.

mod kinds;
mod minors;
mod pack;
mod text;

pub use kinds::{Kind, Removal};
pub use minors::Minors;
pub use pack::{Packed, pack};
pub use text::{Broken, Line, write_definitions};

use std::collections::BTreeMap;
use std::path::Path;

/// All of `schemas/`.
#[derive(Debug, Default)]
pub struct Table {
    /// By OpenAPI name.
    pub definitions: BTreeMap<String, Definition>,
    /// The resources, sorted by group, version and kind.
    pub kinds: Vec<Kind>,
    /// Kinds that no longer exist, sorted likewise.
    pub removals: Vec<Removal>,
    /// By definition and field; each with the minors it holds in.
    pub facts: BTreeMap<String, BTreeMap<String, Vec<Fact>>>,
}

/// One type of the API through all minors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Where it exists.
    pub minors: Minors,
    /// `x-kubernetes-map-type: atomic`
    pub atomic: Minors,
    /// The group, version and kind it is the top of, as `apps/v1/Deployment`; empty for a part.
    pub kind: String,
    /// Sorted by name; one that changes stands here once for each form it has had.
    pub fields: Vec<Field>,
}

/// One form of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// The JSON name.
    pub name: String,
    /// The type, in the words of `schemas/README.md`.
    pub ty: String,
    /// Listed in `required`.
    pub required: bool,
    /// `x-kubernetes-list-type`
    pub list_type: String,
    /// `x-kubernetes-list-map-keys`
    pub list_map_keys: Vec<String>,
    /// `x-kubernetes-patch-merge-key`
    pub merge_key: String,
    /// `x-kubernetes-patch-strategy`
    pub strategy: String,
    /// `x-kubernetes-map-type: atomic`
    pub atomic: bool,
    /// Where it has this form.
    pub minors: Minors,
}

/// One thing that the published schema does not say about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub what: What,
    /// Where it holds.
    pub minors: Minors,
}

/// The kinds of facts; the words for them are in `schemas/README.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Refused without it.
    Required,
    /// The only values accepted.
    Enum(Vec<String>),
    /// JSON text.
    Default(String),
    /// Smallest integer.
    Minimum(i64),
    /// Largest integer.
    Maximum(i64),
    /// The name of a text rule.
    Format(String),
    /// Cannot be changed.
    Immutable,
    /// The Go type in messages.
    Go(String),
    /// The embedded structs that the field is promoted through.
    Embedded(String),
    /// The Go field is a pointer.
    Pointer,
}

impl Table {
    /// Reads the directory `schemas/`.
    ///
    /// # Errors
    /// The first file that cannot be read, or line that breaks the rules of `schemas/README.md`.
    pub fn read(schemas: &Path) -> Result<Self, Broken> {
        let mut table = Table::default();
        for (file, lines) in text::read_directory(&schemas.join("definitions"))? {
            text::definitions(&mut table, &lines).map_err(|broken| broken.in_file(&file))?;
        }
        for directory in ["facts/fields", "facts/go"] {
            for (file, lines) in text::read_directory(&schemas.join(directory))? {
                text::facts(&mut table, &lines).map_err(|broken| broken.in_file(&file))?;
            }
        }
        let (file, lines) = text::read_file(&schemas.join("facts/kinds.txt"))?;
        table.kinds = kinds::kinds(&lines).map_err(|broken| broken.in_file(&file))?;
        let (file, lines) = text::read_file(&schemas.join("facts/removed.txt"))?;
        table.removals = kinds::removals(&lines).map_err(|broken| broken.in_file(&file))?;
        table.check()?;
        Ok(table)
    }

    /// What no single line can tell: that facts speak of fields that exist, and kinds of definitions that do.
    fn check(&self) -> Result<(), Broken> {
        for (definition, fields) in &self.facts {
            let Some(known) = self.definitions.get(definition) else {
                return Err(Broken::new(format!("facts speak of {definition}, which no minor defines")));
            };
            for field in fields.keys() {
                if !known.fields.iter().any(|known| known.name == *field) {
                    return Err(Broken::new(format!("facts speak of {definition} {field}, which no minor defines")));
                }
            }
        }
        for (name, definition) in &self.definitions {
            for field in &definition.fields {
                self.resolves(field, definition.minors).map_err(|why| Broken::new(format!("{name}: {why}")))?;
            }
        }
        for kind in &self.kinds {
            if self.definition_of(kind).is_none() {
                return Err(Broken::new(format!("no definition is the top of {}", kind.written())));
            }
        }
        Ok(())
    }

    /// A type that is a definition must be there wherever the field is.
    fn resolves(&self, field: &Field, inside: Minors) -> Result<(), String> {
        let ty = field.ty.trim_start_matches("[]").trim_start_matches("map[string]").trim_start_matches("[]");
        if pack::PLAIN_TYPES.contains(&ty) {
            return Ok(());
        }
        let there = self.definitions.get(ty).map(|definition| definition.minors).unwrap_or_default();
        let here = field.minors.and(inside);
        if here.and(there) == here { Ok(()) } else { Err(format!("{} is {ty}, which is not in {here}", field.name)) }
    }

    /// The name of the definition that a kind's objects have.
    pub fn definition_of(&self, kind: &Kind) -> Option<&str> {
        let written = kind.written();
        self.definitions.iter().find(|(_, definition)| definition.kind == written).map(|(name, _)| name.as_str())
    }
}
