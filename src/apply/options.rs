//! What an apply was asked to do.
//!
//! Apart because every step reads it and none may change it.

use super::Method;
use crate::decode::FieldValidation;
use crate::schema::Minor;
use crate::source::FileId;
use std::collections::HashMap;

/// Which files are known to be applied in one run.
#[derive(Clone, Debug, Default)]
pub enum Together {
    /// All: somebody said so, or a tool renders them as one.
    #[default]
    All,
    /// Those that lie in one directory; nobody said what is applied together. The directory of each file.
    ByDirectory(HashMap<FileId, String>),
}

impl Together {
    /// Whether two files are known to be applied in one run. What one of them brings too late can only then be held
    /// against the other.
    pub fn knows(&self, one: FileId, other: FileId) -> bool {
        match self {
            Together::All => true,
            Together::ByDirectory(directories) => match (directories.get(&one), directories.get(&other)) {
                (Some(one), Some(other)) => one == other,
                // What lies outside of the set is there whatever is applied.
                _ => true,
            },
        }
    }

    /// Whether that files are applied together, and how, is no more than a guess.
    pub const fn is_guess(&self) -> bool {
        matches!(self, Together::ByDirectory(_))
    }
}

/// One apply.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How the set is applied.
    pub method: Method,
    /// `--namespace`: enforced on every object, and the default for those without one.
    pub namespace: Option<String>,
    /// The namespace of the context: that of objects without one, and nothing more.
    pub context_namespace: Option<String>,
    /// `--validate`
    pub validation: FieldValidation,
    /// The API server's minor.
    pub minor: Minor,
    /// kubectl's minor.
    pub kubectl_minor: Minor,
    /// Which of the set's files are known to be applied in one run.
    pub together: Together,
    /// Whether what is found neither in the set nor in the cluster is missing (`--cluster`), or may exist.
    pub closed_world: bool,
    /// `--field-manager`: who owns the fields that are applied server-side, where that is not the tool's own name.
    pub field_manager: Option<String>,
    /// `--force-conflicts`: fields that others have set are taken over.
    pub force_conflicts: bool,
}

impl ApplyOptions {
    /// The namespace of a namespaced object that names none.
    pub fn default_namespace(&self) -> &str {
        self.namespace.as_deref().or(self.context_namespace.as_deref()).unwrap_or("default")
    }
}
