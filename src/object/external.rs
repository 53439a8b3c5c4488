//! Objects that are there though no file says so: made by hand, by an operator, by another repository.
//!
//! Apart because they have no text: nothing is known of them but what they are called.

use globset::{Glob, GlobMatcher};
use std::fmt;

/// A pattern of names, as in a shell: `*`, `?`, `[a-z]`, `{a,b}`.
#[derive(Clone)]
pub struct NamePattern(GlobMatcher);

impl NamePattern {
    /// The pattern that a text is.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, String> {
        Glob::new(text).map(|glob| Self(glob.compile_matcher())).map_err(|error| error.kind().to_string())
    }

    fn is_match(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.glob().glob(), f)
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.glob() == other.0.glob()
    }
}

/// Objects of a kind that are there.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// The API group; none for any.
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// Their namespaces; empty for any.
    pub namespaces: Vec<NamePattern>,
    /// Their names.
    pub names: Vec<NamePattern>,
}

impl External {
    /// Whether an object is one of them; `namespace` is none where nobody says which.
    pub fn is(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        let is_one = |patterns: &[NamePattern], text: &str| patterns.iter().any(|pattern| pattern.is_match(text));
        self.kind == kind
            && self.group.as_deref().is_none_or(|own| own == group)
            && is_one(&self.names, name)
            && (self.namespaces.is_empty() || namespace.is_none_or(|namespace| is_one(&self.namespaces, namespace)))
    }
}

#[cfg(test)]
mod tests {
    use super::{External, NamePattern};

    #[test]
    fn an_object_is_external_by_group_kind_namespace_and_name() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| NamePattern::new(text).unwrap()).collect();
        let any =
            External { group: None, kind: "Secret".to_owned(), namespaces: Vec::new(), names: patterns(&["tls-*"]) };
        assert!(any.is("", "Secret", Some("shop"), "tls-web"));
        assert!(any.is("", "Secret", None, "tls-web"));
        assert!(!any.is("", "ConfigMap", Some("shop"), "tls-web"));
        assert!(!any.is("", "Secret", Some("shop"), "web"));
        let one = External { group: Some(String::new()), namespaces: patterns(&["shop", "store?"]), ..any };
        assert!(one.is("", "Secret", Some("store1"), "tls-web"));
        assert!(!one.is("", "Secret", Some("stores-1"), "tls-web"));
        assert!(!one.is("example.com", "Secret", Some("shop"), "tls-web"));
    }
}
