//! The whole way from paths to a report.
//!
//! Apart because it is the only place that knows every room. Each step is one call: read, parse, collect, judge,
//! simulate, report. The command line, the editor server and the tests call the same functions.

mod check;
mod cluster;
mod judge;
mod plan;
mod rendered;
mod set;

pub use check::{CheckError, CheckRequest, check};
pub use plan::{PlanError, PlanRequest, plan};
pub use set::{JudgedSet, SetRequest, judge_set};

use crate::apply::Written;
use crate::object::{GroupVersionKind, Object, Origin};
use crate::report::Report;
use crate::source::{FileId, Sources};
use crate::yaml::{self, Content, NodeRef, Stream};
use rayon::prelude::*;
use std::sync::Arc;

/// Every file's documents, by file.
#[derive(Debug, Default)]
pub struct Streams(Vec<Stream>);

impl Streams {
    /// Reads every file as kubectl does, in parallel.
    pub fn read(sources: &Sources, options: &yaml::Options) -> Self {
        let files: Vec<_> = sources.iter().map(|(_, file)| file).collect();
        Self(files.par_iter().map(|file| yaml::read(&file.text, options)).collect())
    }

    /// Reads the files that were taken in since.
    pub fn read_further(&mut self, sources: &Sources, options: &yaml::Options) {
        let files: Vec<_> = sources.iter().skip(self.0.len()).map(|(_, file)| file).collect();
        self.0.par_extend(files.par_iter().map(|file| yaml::read(&file.text, options)));
    }

    /// The documents of a file.
    pub fn of(&self, file: FileId) -> &Stream {
        &self.0[file.0 as usize]
    }
}

/// Tells the report what of every text may never be shown.
fn conceal(report: &mut Report, streams: &Streams) {
    for (index, stream) in streams.0.iter().enumerate() {
        let file = FileId(index as u32);
        for (number, document) in stream.documents.iter().enumerate() {
            let origin = Origin { file, document: number as u32, item: None };
            match &document.content {
                Content::Empty => {}
                Content::Error(_) => report.conceal_unread(file, document.range.start),
                Content::Value(tree) => {
                    let root = tree.root();
                    let items = root.get("items").into_iter().flat_map(NodeRef::elements);
                    for node in std::iter::once(root).chain(items) {
                        let written = Written::of(node);
                        let object = Object {
                            origin,
                            gvk: GroupVersionKind { group: String::new(), version: String::new(), kind: written.kind },
                            namespace: String::new(),
                            name: String::new(),
                            tree: Arc::clone(tree),
                            node: node.index(),
                        };
                        report.conceal(&object);
                    }
                }
            }
        }
    }
}
