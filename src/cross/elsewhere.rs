//! What else a repository holds, beside the set that is judged.
//!
//! Apart because most sets never ask: where every name leads somewhere in the set, no index of all the others is made.

use super::index::{Index, Member};
use crate::object::Object;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

/// Whoever knows what a repository holds, as written.
pub trait Elsewhere: fmt::Debug + Sync {
    /// The index of it.
    fn index(&self) -> &Index<'_>;
}

/// What the files of a repository hold, each by itself.
type Written<'r> = Vec<&'r [Object]>;

/// An index that is made when somebody asks for it, and so are the objects.
#[derive(Debug)]
pub struct Repository<'r> {
    written: LazyLock<Written<'r>, Box<dyn FnOnce() -> Written<'r> + Send + 'r>>,
    index: OnceLock<Index<'r>>,
}

impl<'r> Repository<'r> {
    /// A repository of which this tells what its files hold.
    pub fn new(written: impl FnOnce() -> Written<'r> + Send + 'r) -> Self {
        Self { written: LazyLock::new(Box::new(written)), index: OnceLock::new() }
    }

    /// Every object, without an index.
    pub fn objects(&self) -> impl Iterator<Item = &'r Object> {
        self.written.iter().copied().flatten()
    }
}

impl Default for Repository<'_> {
    fn default() -> Self {
        Self::new(Vec::new)
    }
}

impl Elsewhere for Repository<'_> {
    fn index(&self) -> &Index<'_> {
        self.index.get_or_init(|| Index::new(self.objects().map(Member::as_written)))
    }
}
