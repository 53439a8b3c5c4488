//! Catalogues on disk: their schemas, read when a kind first asks for one, and new ones written from CRDs.
//!
//! Apart because every set shares them, and a schema is compiled once however many objects it judges.

use super::Streams;
use crate::catalog::{KindSchema, Location, LocationError, of_crd};
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object};
use crate::schema::Minor;
use crate::source::{Sources, small_files};
use crate::yaml::{self, Content, NodeRef};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

/// A schema of a catalogue cannot be used.
pub static UNUSABLE: Rule = Rule {
    id: "schema/unusable",
    level: Level::Warning,
    summary: "the catalogue's schema of a kind cannot be used",
    why: "objects of the kind are not judged by it",
    docs: include_str!("unusable.md"),
};

type Compiled = Result<KindSchema, String>;

/// By path; none where there is no such file.
type Schemas = HashMap<String, Arc<OnceLock<Option<Compiled>>>>;

/// The schemas of kinds that no CRD at hand declares. A copy shares what was read.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    locations: Vec<Location>,
    /// As they were given.
    places: Vec<String>,
    schemas: Arc<RwLock<Schemas>>,
}

impl Catalogue {
    /// The values of `--schema-location`, asked in this order.
    ///
    /// # Errors
    ///
    /// [`LocationError`]
    pub fn new(locations: &[String]) -> Result<Self, LocationError> {
        let places = locations.to_vec();
        let locations = locations.iter().map(|text| Location::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { locations, places, schemas: Arc::default() })
    }

    /// The locations as they were given.
    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// What is wrong with an object; none if no schema of its kind is there.
    pub fn judge(&self, object: &Object, minor: Minor) -> Option<Vec<Finding>> {
        self.locations.iter().find_map(|location| {
            let path = location.path(&object.gvk, minor);
            let cell = self.cell(&path);
            match cell.get_or_init(|| read(&path)).as_ref()? {
                Ok(schema) => Some(schema.judge(object)),
                Err(why) => {
                    let message = format!("{path} {why}");
                    Some(vec![Finding::in_object(&UNUSABLE, message, object, FieldPath::of(&["kind"]))])
                }
            }
        })
    }

    fn cell(&self, path: &str) -> Arc<OnceLock<Option<Compiled>>> {
        // A lock is poisoned only by a panic within these few lines, which leaves the map whole.
        let known = self.schemas.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(path).cloned();
        known.unwrap_or_else(|| {
            let mut schemas = self.schemas.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(schemas.entry(path.to_owned()).or_default())
        })
    }
}

fn read(path: &str) -> Option<Compiled> {
    match small_files::read_if_there(Path::new(path)) {
        Ok(None) => None,
        Ok(Some(text)) => Some(KindSchema::compile(&text).map_err(|error| error.0)),
        Err(error) => Some(Err(format!("cannot be read: {error}"))),
    }
}

/// What was written into a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenCatalogue {
    /// Paths below the catalogue, sorted.
    pub files: Vec<String>,
    /// How many of them were there with the same content.
    pub unchanged: usize,
}

/// Why a catalogue was not written.
#[derive(Debug)]
pub enum CatalogueError {
    /// The CRDs cannot be read.
    Read(super::PlanError),
    /// A document of them cannot be read: where, and why.
    Document(String),
    /// There is no CRD with a schema in what was given.
    NoCrd,
    /// Two CRDs give the same version of a kind different schemas.
    Twice(String),
    /// A file cannot be written.
    Write(String, std::io::Error),
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogueError::Read(error) => error.fmt(f),
            CatalogueError::Document(text) => f.write_str(text),
            CatalogueError::NoCrd => f.write_str("there is no CustomResourceDefinition with a schema in these files"),
            CatalogueError::Twice(path) => write!(f, "two CustomResourceDefinitions differ in what {path} would be"),
            CatalogueError::Write(path, error) => write!(f, "cannot write {path}: {error}"),
        }
    }
}

impl std::error::Error for CatalogueError {}

/// Writes the schemas of the CRDs in files, directories or lists of `kubectl get crd -o yaml` into a catalogue. Nothing is
/// written unless everything can be read.
///
/// # Errors
///
/// [`CatalogueError`]
pub fn write_catalogue(paths: &[String], directory: &Path) -> Result<WrittenCatalogue, CatalogueError> {
    let mut sources = Sources::default();
    let files = super::plan::context("catalog add", paths, &mut sources).map_err(CatalogueError::Read)?;
    let streams = Streams::read(&sources, &yaml::Options::default());
    let mut schemas = BTreeMap::new();
    for file in files {
        for (number, document) in streams.of(file).documents.iter().enumerate() {
            let tree = match &document.content {
                Content::Value(tree) => tree,
                Content::Empty => continue,
                Content::Error(error) => {
                    let name = &sources.get(file).name;
                    return Err(CatalogueError::Document(format!(
                        "{name}, document {}: {}",
                        number + 1,
                        error.message
                    )));
                }
            };
            let root = tree.root();
            let items = root.get("items").into_iter().flat_map(NodeRef::elements);
            for node in std::iter::once(root).chain(items) {
                if node.get("kind").and_then(NodeRef::as_str) != Some("CustomResourceDefinition") {
                    continue;
                }
                for schema in of_crd(node) {
                    match schemas.get(&schema.path) {
                        Some(other) if *other != schema.schema => return Err(CatalogueError::Twice(schema.path)),
                        _ => drop(schemas.insert(schema.path, schema.schema)),
                    }
                }
            }
        }
    }
    if schemas.is_empty() {
        return Err(CatalogueError::NoCrd);
    }
    let mut written = WrittenCatalogue::default();
    for (path, schema) in schemas {
        let text = format!("{schema:#}\n");
        let wrote = small_files::write_whole(&directory.join(&path), &text)
            .map_err(|error| CatalogueError::Write(path.clone(), error))?;
        written.unchanged += usize::from(!wrote);
        written.files.push(path);
    }
    Ok(written)
}
