//! What an apply was asked to do.
//!
//! Apart because every step reads it and none may change it.

use super::Method;
use crate::decode::FieldValidation;
use crate::schema::Minor;

/// One apply.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How the set is applied.
    pub method: Method,
    /// `--namespace`: enforced on every object, and the default for those without one.
    pub namespace: Option<String>,
    /// `--validate`
    pub validation: FieldValidation,
    /// The API server's minor.
    pub minor: Minor,
    /// kubectl's minor.
    pub kubectl_minor: Minor,
    /// Whether what is found neither in the set nor in the cluster is missing (`--cluster`), or may exist.
    pub closed_world: bool,
}

impl ApplyOptions {
    /// The namespace of a namespaced object that names none.
    pub fn default_namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }
}
