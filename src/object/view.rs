//! Reading fields the way the server's Go structs hold them.
//!
//! Apart because everything that reads objects reads this way: absent, `null` and the zero value are one thing for a
//! field held by value.

use crate::yaml::NodeRef;

/// Fields of a decoded object.
pub trait View<'t> {
    /// A string held by value: empty if not set.
    fn text(self, key: &str) -> &'t str;
    /// A string with the default the server puts in for the empty one.
    fn text_or(self, key: &str, default: &'t str) -> &'t str;
    /// A string held by pointer: none if not set, possibly empty.
    fn text_pointer(self, key: &str) -> Option<&'t str>;
    /// An integer held by pointer: none if not set.
    fn int(self, key: &str) -> Option<i64>;
    /// A boolean held by value: false if not set.
    fn flag(self, key: &str) -> bool;
    /// The elements of a list: none if not set.
    fn list(self, key: &str) -> Vec<NodeRef<'t>>;
    /// Whether the field is set (not absent, not `null`).
    fn has(self, key: &str) -> bool;
}

impl<'t> View<'t> for NodeRef<'t> {
    fn text(self, key: &str) -> &'t str {
        self.text_or(key, "")
    }

    fn text_or(self, key: &str, default: &'t str) -> &'t str {
        self.text_pointer(key).filter(|text| !text.is_empty()).unwrap_or(default)
    }

    fn text_pointer(self, key: &str) -> Option<&'t str> {
        self.get(key).and_then(NodeRef::as_str)
    }

    fn int(self, key: &str) -> Option<i64> {
        self.get(key).and_then(NodeRef::as_i64)
    }

    fn flag(self, key: &str) -> bool {
        self.get(key).and_then(NodeRef::as_bool).unwrap_or(false)
    }

    fn list(self, key: &str) -> Vec<NodeRef<'t>> {
        self.get(key).map(|list| list.elements().collect()).unwrap_or_default()
    }

    fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// A struct held by value that is absent reads as its zero value; one held by pointer, as nothing.
impl<'t> View<'t> for Option<NodeRef<'t>> {
    fn text(self, key: &str) -> &'t str {
        self.map_or("", |node| node.text(key))
    }

    fn text_or(self, key: &str, default: &'t str) -> &'t str {
        self.map_or(default, |node| node.text_or(key, default))
    }

    fn text_pointer(self, key: &str) -> Option<&'t str> {
        self.and_then(|node| node.text_pointer(key))
    }

    fn int(self, key: &str) -> Option<i64> {
        self.and_then(|node| node.int(key))
    }

    fn flag(self, key: &str) -> bool {
        self.is_some_and(|node| node.flag(key))
    }

    fn list(self, key: &str) -> Vec<NodeRef<'t>> {
        self.map(|node| node.list(key)).unwrap_or_default()
    }

    fn has(self, key: &str) -> bool {
        self.is_some_and(|node| node.has(key))
    }
}
