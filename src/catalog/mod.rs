//! Catalogues: JSON Schemas of kinds that no CustomResourceDefinition at hand declares, and how they are made of CRDs.
//!
//! Apart because a catalogue's verdict is JSON Schema's, not the API server's: where the CRD itself is known, the
//! server's own rules judge and no catalogue is asked.

mod convert;
mod judge;
mod location;

pub use convert::{CatalogFile, of_crd};
pub use judge::{CATALOG, KindSchema, SchemaError};
pub use location::{Location, LocationError};

use crate::finding::Rule;

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&CATALOG];
