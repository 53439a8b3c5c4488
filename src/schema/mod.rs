//! What Kubernetes publishes about its types, for every bundled minor: kinds, fields, types, list keys, and the
//! facts a running server adds to them.
//!
//! Apart because it is data: it knows no YAML and judges nothing.

mod model;

pub use model::{Definition, Facts, Field, KindInfo, ListType, Minor, Type};
