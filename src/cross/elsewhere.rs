//! What else a repository holds, beside the set that is judged.
//!
//! Apart because most sets never ask: where every name leads somewhere in the set, no index of all the others is made.

use super::index::{Index, Member};
use crate::object::Object;
use std::fmt;
use std::sync::OnceLock;

/// Whoever knows what a repository holds, as written.
pub trait Elsewhere: fmt::Debug + Sync {
    /// The index of it.
    fn index(&self) -> &Index<'_>;
}

/// An index that is made when somebody asks for it.
#[derive(Debug, Default)]
pub struct Repository<'r> {
    /// What each file holds.
    written: Vec<&'r [Object]>,
    index: OnceLock<Index<'r>>,
}

impl<'r> Repository<'r> {
    /// A repository whose files hold these objects.
    pub fn new(written: Vec<&'r [Object]>) -> Self {
        Self { written, index: OnceLock::new() }
    }

    /// Every object, without an index.
    pub fn objects(&self) -> impl Iterator<Item = &'r Object> {
        self.written.iter().copied().flatten()
    }
}

impl Elsewhere for Repository<'_> {
    fn index(&self) -> &Index<'_> {
        self.index.get_or_init(|| Index::new(self.objects().map(Member::as_written)))
    }
}
