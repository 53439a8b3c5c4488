//! The whole way from paths to a report.
//!
//! Apart because it is the only place that knows every room. Each step is one call: read, parse, collect, judge,
//! simulate, report. The command line, the editor server and the tests call the same functions.

mod asked;
mod base;
mod before;
mod catalogue;
mod check;
mod cluster;
mod guard;
mod judge;
mod past;
mod plan;
mod progress;
mod pruned;
mod rendered;
mod scope;
mod set;
mod trace;
mod undecided;
mod verdict;
mod workspace;

pub use asked::{Answer, ApiServer, Around, Named, Question, Refused};
pub use catalogue::{Catalogue, CatalogueError, WrittenCatalogue, write_catalogue};
pub use check::{CheckError, CheckRequest, check, check_unsaved};
pub use cluster::SNAPSHOT_VERSION;
pub use guard::INTERNAL;
pub use past::{Earlier, Known};
pub use plan::{PlanError, PlanRequest, plan};
pub use progress::{Progress, Step};
pub use scope::About;
pub use set::{JudgedSet, SetRequest, judge_set};
pub use undecided::Undecided;
pub use workspace::{Snapshot, SnapshotSet, Workspace};

use crate::advice;
use crate::apply::{DeclaredKind, Written};
use crate::finding::Rule;
use crate::object::view::View;
use crate::object::{GroupVersionKind, Object, Origin};
use crate::policies;
use crate::report::Report;
use crate::source::{FileId, SourceFile, Sources};
use crate::yaml::{self, ByteRange, Content, NodeRef, Stream};
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// Every rule of the room.
pub static RULES: &[&Rule] = &[
    &INTERNAL,
    &catalogue::UNUSABLE,
    &plan::NOTHING,
    &plan::SOURCE,
    &rendered::RENDER,
    &verdict::REFUSED,
    &verdict::WARNED,
];

/// Every file's documents, by file. A copy shares them.
#[derive(Clone, Debug, Default)]
pub struct Streams(Vec<FileStream>);

/// A file's documents, and the kinds that CRDs among them serve: every set asks for those of the same files.
#[derive(Clone, Debug)]
struct FileStream {
    stream: Arc<Stream>,
    declared: Arc<OnceLock<Vec<DeclaredKind>>>,
    written: Arc<OnceLock<Vec<Object>>>,
    policies: Arc<OnceLock<policies::Compiled>>,
}

impl FileStream {
    fn of(stream: Arc<Stream>) -> Self {
        Self { stream, declared: Arc::default(), written: Arc::default(), policies: Arc::default() }
    }

    fn read(file: &SourceFile, options: yaml::Options) -> Self {
        Self::of(Arc::new(yaml::read(&file.text, &options)))
    }
}

impl Streams {
    /// Reads every file as kubectl does, in parallel.
    pub fn read(sources: &Sources, options: &yaml::Options) -> Self {
        let mut streams = Self::default();
        streams.read_further(sources, options);
        streams
    }

    /// Reads the files that were taken in since.
    pub fn read_further(&mut self, sources: &Sources, options: &yaml::Options) {
        self.read_further_unless(sources, *options, |_| None);
    }

    /// Reads the files that were taken in since, but for those of which somebody has the documents.
    fn read_further_unless(
        &mut self,
        sources: &Sources,
        options: yaml::Options,
        known: impl Fn(&SourceFile) -> Option<Arc<Stream>> + Sync,
    ) {
        let files: Vec<_> = sources.iter().skip(self.0.len()).map(|(_, file)| file).collect();
        let read = |file: &&SourceFile| known(file).map_or_else(|| FileStream::read(file, options), FileStream::of);
        self.0.par_extend(files.par_iter().map(read));
    }

    /// Reads a file whose text is another one now.
    pub fn replace(&mut self, id: FileId, file: &SourceFile, options: &yaml::Options) {
        self.0[id.0 as usize] = FileStream::read(file, *options);
    }

    /// Empties the documents of a file whose root is such, and tells where they stand. Those behind keep their place.
    pub fn leave_out(&mut self, file: FileId, is_such: fn(NodeRef<'_>) -> bool) -> Vec<ByteRange> {
        let mut left_out = Vec::new();
        let file = &mut self.0[file.0 as usize];
        (file.declared, file.written, file.policies) = (Arc::default(), Arc::default(), Arc::default());
        for document in &mut Arc::make_mut(&mut file.stream).documents {
            if matches!(&document.content, Content::Value(tree) if is_such(tree.root())) {
                document.content = Content::Empty;
                left_out.push(document.range);
            }
        }
        left_out
    }

    /// The documents of a file.
    pub fn of(&self, file: FileId) -> &Stream {
        &self.0[file.0 as usize].stream
    }

    /// The kinds that the CRDs of a file serve.
    pub fn declared_in(&self, file: FileId) -> &[DeclaredKind] {
        let known = &self.0[file.0 as usize];
        known.declared.get_or_init(|| cluster::declared_in(file, &known.stream))
    }

    /// Every object of a file as it stands there.
    pub fn written_in(&self, file: FileId) -> &[Object] {
        let known = &self.0[file.0 as usize];
        known.written.get_or_init(|| objects_as_written(file, &known.stream))
    }

    /// The admission policies and bindings of a file, compiled.
    pub fn policies_in(&self, file: FileId) -> &policies::Compiled {
        let known = &self.0[file.0 as usize];
        known.policies.get_or_init(|| policies::Compiled::of(self.written_in(file)))
    }

    /// The policies of files, each with where it is from, and what they may take for a parameter.
    pub fn library(&self, sources: &Sources, files: &[(policies::Source, &[FileId])]) -> policies::Library {
        let mut library = policies::Library::default();
        let all = || files.iter().flat_map(|(source, files)| files.iter().map(|file| (*source, *file)));
        // Few files have any, and only those are looked through.
        let may_have = |file: FileId| sources.get(file).text.text.contains("AdmissionPolicy");
        all()
            .filter(|(_, file)| may_have(*file))
            .for_each(|(source, file)| library.add(source, self.policies_in(file)));
        if library.takes_parameters() {
            all().for_each(|(source, file)| library.add_parameters(source, self.written_in(file)));
        }
        library
    }
}

/// Every object of a file as it stands there, those of Lists too; what has no name is none.
fn objects_as_written(file: FileId, stream: &Stream) -> Vec<Object> {
    let mut objects = Vec::new();
    for (number, document) in stream.documents.iter().enumerate() {
        let Content::Value(tree) = &document.content else { continue };
        let root = tree.root();
        let items = root.get("items").into_iter().flat_map(NodeRef::elements).enumerate();
        let nodes = items.map(|(item, node)| (Some(item as u32), node));
        for (item, node) in std::iter::once((None, root)).chain(nodes) {
            let origin = Origin { file, document: number as u32, item };
            let written = Written::of(node);
            let gvk = GroupVersionKind::parse(&written.api_version, &written.kind);
            let Some(gvk) = gvk.filter(|_| !written.name.is_empty()) else { continue };
            let namespace = node.get("metadata").text("namespace").to_owned();
            let (name, node, tree) = (written.name, node.index(), Arc::clone(tree));
            objects.push(Object { origin, gvk, namespace, name, tree, node });
        }
    }
    objects
}

/// Tells the report what of every text may never be shown.
fn conceal(report: &mut Report, streams: &Streams) {
    let shown = report.findings.iter().filter(|finding| advice::shows_a_secret(finding));
    report.sensitive.extend(shown.flat_map(|finding| &finding.labels).map(|label| label.span));
    for (index, stream) in streams.0.iter().enumerate() {
        let file = FileId(index as u32);
        for (number, document) in stream.stream.documents.iter().enumerate() {
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
