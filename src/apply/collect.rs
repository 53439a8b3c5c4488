//! What kubectl makes of documents before it writes anything: which stop their file, which are lost alone, which
//! objects are left, in order.
//!
//! Apart from the simulation because all of it happens before the first write. Source: `pkg/resource/visitor.go`,
//! `mapper.go` and `metadata_decoder.go` of cli-runtime, `pkg/validation/schema.go` of kubectl (1.36).

use super::kinds::{Kinds, Mapping, declared_kinds};
use super::options::ApplyOptions;
use super::written::Written;
use super::{Method, losses, unknown_kind};
use crate::decode::{self, FieldValidation, client_side};
use crate::finding::{Finding, Level, Mend, Rule};
use crate::object::{FieldPath, GroupVersionKind, Object, Origin};
use crate::schema::Schema;
use crate::source::{FileId, SourceFile, Span};
use crate::yaml::{ByteRange, Content, Document, Kind, NodeRef, Stream, Tree};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// kubectl cannot read the text as YAML or JSON.
pub static PARSE: Rule = Rule {
    id: "kubectl/parse",
    level: Level::Error,
    summary: "kubectl cannot read the document",
    why: "kubectl stops reading the file here: documents before this one are still applied, none behind it is",
    docs: include_str!("parse.md"),
};

/// A document is no object: no mapping, or without `apiVersion` or `kind`.
pub static NOT_AN_OBJECT: Rule = Rule {
    id: "kubectl/not-an-object",
    level: Level::Error,
    summary: "the document is no Kubernetes object",
    why: "kubectl validates each document before it goes on, and stops reading the file at one without apiVersion and kind",
    docs: include_str!("not-an-object.md"),
};

/// `metadata` cannot be decoded.
pub static METADATA: Rule = Rule {
    id: "kubectl/metadata-type",
    level: Level::Error,
    summary: "metadata has a value of the wrong type",
    why: "kubectl decodes metadata itself before it sends anything; this document is lost, the rest of the file goes on",
    docs: include_str!("metadata-type.md"),
};

/// kubectl's own validation refuses a list.
pub static CLIENT_SIDE: Rule = Rule {
    id: "kubectl/client-side-validation",
    level: Level::Error,
    summary: "kubectl's own validation refuses the document",
    why: "kubectl validates lists itself, against the published schema; one bad item costs the whole list and the rest of the file",
    docs: include_str!("client-side-validation.md"),
};

/// `items` is no list of objects.
pub static LIST: Rule = Rule {
    id: "kubectl/list",
    level: Level::Error,
    summary: "kubectl cannot take the list apart",
    why: "any document with a top-level `items` is read as a list of objects",
    docs: include_str!("list.md"),
};

/// `--namespace` and `metadata.namespace` differ.
pub static NAMESPACE_FLAG: Rule = Rule {
    id: "kubectl/namespace-mismatch",
    level: Level::Error,
    summary: "metadata.namespace is not the namespace the apply was given",
    why: "kubectl enforces --namespace on every object and refuses one that names another namespace",
    docs: include_str!("namespace-mismatch.md"),
};

/// A document or an item, and what kubectl makes of it before it writes.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Where it stands.
    pub origin: Origin,
    /// What it says it is, as far as it can be told.
    pub written: Written,
    /// What becomes of it.
    pub state: State,
}

/// What becomes of a document before anything is written.
#[derive(Clone, Debug)]
pub enum State {
    /// It is an object that will be tried.
    Ready {
        /// The object.
        object: Arc<Object>,
        /// What its kind maps to.
        mapping: Mapping,
        /// The namespace it goes to; none for a cluster-scoped kind, or where the scope is not known and none is given.
        namespace: Option<String>,
    },
    /// It is refused before anything is written; kubectl's words.
    Failed(String),
    /// It is never looked at; why.
    Skipped(String),
}

/// A file to apply, as read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i> {
    /// Its number.
    pub file: FileId,
    /// Its name and text.
    pub source: &'i SourceFile,
    /// Its documents.
    pub stream: &'i Stream,
}

/// Reads all files as kubectl does before it writes, in order.
pub fn collect(inputs: &[Input<'_>], kinds: &Kinds, options: &ApplyOptions) -> (Vec<Collected>, Vec<Finding>) {
    let read = inputs.par_iter().map(|input| {
        let mut collector = Collector { options, schema: kinds.schema, entries: Vec::new(), findings: Vec::new() };
        collector.read_file(*input);
        collector
    });
    let read: Vec<Collector<'_>> = read.collect();
    // Exactly as many: of tens of thousands, what a vector sets aside as it grows is megabytes.
    let entries = Vec::with_capacity(read.iter().map(|file| file.entries.len()).sum());
    let mut all = Collector { options, schema: kinds.schema, entries, findings: Vec::new() };
    for file in read {
        all.entries.extend(file.entries);
        all.findings.extend(file.findings);
    }
    all.map_all(inputs, kinds);
    (all.entries, all.findings)
}

struct Collector<'c> {
    options: &'c ApplyOptions,
    schema: Schema,
    entries: Vec<Collected>,
    findings: Vec<Finding>,
}

impl Collector<'_> {
    fn read_file(&mut self, input: Input<'_>) {
        for (index, document) in input.stream.documents.iter().enumerate() {
            let origin = Origin { file: input.file, document: index as u32, item: None };
            losses::report(document, origin, input.source, &mut self.findings);
            match &document.content {
                Content::Empty => {}
                Content::Error(error) => {
                    let span = Span { file: input.file, range: error.at };
                    let text = input.source.text.text.get(document.range.start as usize..).unwrap_or_default();
                    let (own, behind) = Written::guess(text, document.range.len() as usize);
                    // kubectl quotes the text it fails on; of what may be a Secret nothing is repeated.
                    let may_be_secret = own.kind.is_empty() || own.kind.eq_ignore_ascii_case("Secret");
                    let words = if may_be_secret { error.message_without_values() } else { error.message.clone() };
                    let message = format!("error parsing {}: {words}", input.source.name);
                    self.findings.push(Finding { object: Some(origin), ..Finding::at(&PARSE, &message, span) });
                    self.entries.push(Collected { origin, written: own, state: State::Failed(message) });
                    for (further, written) in behind.into_iter().enumerate() {
                        let origin = Origin { document: origin.document + 1 + further as u32, ..origin };
                        self.entries.push(Collected { origin, written, state: behind_stop() });
                    }
                }
                Content::Value(tree) => {
                    if !self.read_document(input, document, tree, origin) {
                        self.skip_rest(input, index + 1);
                        return;
                    }
                }
            }
        }
    }

    /// Takes one document in; false if kubectl stops reading the file here.
    fn read_document(&mut self, input: Input<'_>, document: &Document, tree: &Arc<Tree>, origin: Origin) -> bool {
        let root = tree.root();
        let file = &input.source.name;
        let span = Span { file: input.file, range: head(root, document.range) };
        let mut fail = |rule, message: String, span: Span, mend: Option<Mend>| {
            let finding = Finding::at(rule, &message, span).with_mend(mend);
            self.findings.push(Finding { object: Some(origin), ..finding });
            self.entries.push(Collected { origin, written: Written::of(root), state: State::Failed(message) });
        };
        if self.options.validation != FieldValidation::Ignore
            && let Err(problems) = client_side::object_kind(root)
        {
            let problems: Vec<&str> = problems.iter().map(String::as_str).collect();
            let problem = client_side::aggregate(&problems);
            let message = format!("error validating \"{file}\": error validating data: {problem}; {TURN_OFF}");
            fail(&NOT_AN_OBJECT, message, span, None);
            return false;
        }
        let written = Written::of(root);
        if written.kind.is_empty() || root.kind() != Kind::Mapping {
            fail(&NOT_AN_OBJECT, format!("unable to decode \"{file}\": Object 'Kind' is missing"), span, None);
            return true;
        }
        if self.options.validation == FieldValidation::Strict
            && let Some(invalid) = client_side::validate(root, self.schema)
        {
            let message =
                format!("error validating \"{file}\": error validating data: {}; {TURN_OFF}", invalid.message);
            for error in invalid.errors {
                let place = Span { file: input.file, range: error.range };
                let finding = Finding::at(&CLIENT_SIDE, error.message, place).with_mend(error.mend);
                self.findings.push(Finding { object: Some(origin), field: error.field, ..finding });
            }
            self.push_items_failed(root, origin, &message);
            return false;
        }
        let Some(items) = root.entry("items") else {
            if let Some(error) = decode::object_meta_error(root) {
                let place = Span { file: input.file, range: error.field.locate(root).range() };
                fail(&METADATA, format!("unable to decode \"{file}\": {}", error.message), place, error.mend);
                return true;
            }
            self.push_object(tree, root, written, origin);
            return true;
        };
        self.read_list(input, tree, &written, items.value, origin, span);
        true
    }

    fn read_list(
        &mut self,
        input: Input<'_>,
        tree: &Arc<Tree>,
        list: &Written,
        items: NodeRef<'_>,
        origin: Origin,
        span: Span,
    ) {
        let file = &input.source.name;
        if !matches!(items.kind(), Kind::Sequence | Kind::Null) {
            let found = json_type(items.kind());
            let message = format!(
                "unable to decode \"{file}\": json: cannot unmarshal {found} into Go struct field decodeList.items of type []json.RawMessage"
            );
            self.findings.push(Finding { object: Some(origin), ..Finding::at(&LIST, &message, span) });
            self.entries.push(Collected { origin, written: list.clone(), state: State::Failed(message) });
            return;
        }
        if let Some(inner) = items.elements().find(|item| item.entry("items").is_some()) {
            let message = "error: *unstructured.Unstructured is not a list: no Items field in this object".to_owned();
            let place = Span { file: input.file, range: inner.written_range() };
            self.findings.push(Finding { object: Some(origin), ..Finding::at(&LIST, &message, place) });
            self.push_items_failed(tree.root(), origin, &message);
            return;
        }
        for (index, item) in items.elements().enumerate() {
            let origin = Origin { item: Some(index as u32), ..origin };
            let mut written = Written::of(item);
            if written.kind.is_empty() && written.api_version.is_empty() {
                written.api_version.clone_from(&list.api_version);
                list.kind.strip_suffix("List").unwrap_or(&list.kind).clone_into(&mut written.kind);
            }
            let place = Span { file: input.file, range: item.written_range() };
            let mut mend = None;
            let (rule, problem): (&'static Rule, _) = if written.kind.is_empty() || item.kind() != Kind::Mapping {
                (&NOT_AN_OBJECT, Some("Object 'Kind' is missing".to_owned()))
            } else {
                let error = decode::object_meta_error(item);
                mend = error.as_ref().and_then(|error| error.mend.clone());
                (&METADATA, error.map(|error| error.message))
            };
            if let Some(problem) = problem {
                let message = format!("unable to decode \"{file}\": {problem}");
                let finding = Finding::at(rule, &message, place).with_mend(mend);
                self.findings.push(Finding { object: Some(origin), ..finding });
                self.entries.push(Collected { origin, written, state: State::Failed(message) });
            } else {
                self.push_object(tree, item, written, origin);
            }
        }
    }

    fn push_object(&mut self, tree: &Arc<Tree>, node: NodeRef<'_>, written: Written, origin: Origin) {
        let gvk = GroupVersionKind::parse(&written.api_version, &written.kind).unwrap_or_else(|| GroupVersionKind {
            group: written.api_version.clone(),
            version: String::new(),
            kind: written.kind.clone(),
        });
        let object = Object {
            origin,
            gvk,
            namespace: written.namespace.clone(),
            name: written.name.clone(),
            tree: Arc::clone(tree),
            node: node.index(),
        };
        let state = State::Ready { object: Arc::new(object), mapping: Mapping::Unknown, namespace: None };
        self.entries.push(Collected { origin, written, state });
    }

    fn push_items_failed(&mut self, root: NodeRef<'_>, origin: Origin, message: &str) {
        let items: Vec<_> = root.get("items").map(|items| items.elements().collect()).unwrap_or_default();
        if items.is_empty() {
            let state = State::Failed(message.to_owned());
            self.entries.push(Collected { origin, written: Written::of(root), state });
        }
        for (index, item) in items.into_iter().enumerate() {
            let origin = Origin { item: Some(index as u32), ..origin };
            let state = State::Failed(message.to_owned());
            self.entries.push(Collected { origin, written: Written::of(item), state });
        }
    }

    fn skip_rest(&mut self, input: Input<'_>, from: usize) {
        for (index, document) in input.stream.documents.iter().enumerate().skip(from) {
            let origin = Origin { file: input.file, document: index as u32, item: None };
            let written = match &document.content {
                Content::Value(tree) => Written::of(tree.root()),
                Content::Error(_) => {
                    let range = document.range.start as usize..document.range.end as usize;
                    Written::guess(input.source.text.text.get(range).unwrap_or_default(), usize::MAX).0
                }
                Content::Empty => continue,
            };
            self.entries.push(Collected { origin, written, state: behind_stop() });
        }
    }

    /// Maps every object to its resource and namespace. Happens when all files have been read, before any write.
    fn map_all(&mut self, inputs: &[Input<'_>], kinds: &Kinds) {
        let mut of_set = Kinds::new(kinds.schema, kinds.closed_world);
        let mut declared_in: HashMap<GroupVersionKind, Vec<FileId>> = HashMap::new();
        for entry in &self.entries {
            if let State::Ready { object, .. } = &entry.state
                && object.gvk.kind == "CustomResourceDefinition"
            {
                let declared = declared_kinds(&object.tree, entry.origin.file, object.root());
                of_set.add(&declared);
                for (gvk, _) in declared {
                    declared_in.entry(gvk).or_default().push(entry.origin.file);
                }
            }
        }
        let options = self.options;
        let map_one = |entry: &mut Collected| -> Option<Finding> {
            let State::Ready { object, mapping, namespace } = &mut entry.state else { return None };
            *mapping = kinds.map(&object.gvk);
            let in_set = of_set.map(&object.gvk);
            if matches!(mapping, Mapping::Unknown | Mapping::Missing) && matches!(in_set, Mapping::Custom(_)) {
                let files = declared_in.get(&object.gvk).map(Vec::as_slice).unwrap_or_default();
                let beside = files.iter().any(|file| options.together.knows(entry.origin.file, *file));
                *mapping = if options.method.waits_for_crds() || !beside { in_set } else { Mapping::Missing };
            }
            if matches!(mapping, Mapping::Missing | Mapping::List) {
                let crd = of_set.declares(&object.gvk);
                let (message, finding) = unknown_kind::judge(object, kinds.schema, crd, options);
                entry.state = State::Failed(if entry.origin.item.is_some() {
                    format!("unable to recognize {message}")
                } else {
                    let file = inputs.iter().find(|input| input.file == entry.origin.file);
                    format!(
                        "resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{}\": {message}\nensure CRDs are installed first",
                        object.name,
                        object.namespace,
                        file.map_or("", |input| &input.source.name),
                    )
                });
                return Some(finding);
            }
            if mapping.namespaced() != Some(false) {
                let given = (!object.namespace.is_empty()).then(|| object.namespace.clone());
                if let (Some(enforced), Some(own)) = (&options.namespace, &given)
                    && enforced != own
                    && mapping.namespaced() == Some(true)
                {
                    let message = format!(
                        "the namespace from the provided object \"{own}\" does not match the namespace \"{enforced}\". \
                         You must pass '--namespace={own}' to perform this operation."
                    );
                    let field = FieldPath::of(&["metadata", "namespace"]);
                    let finding = Finding::in_object(&NAMESPACE_FLAG, &message, object, field);
                    entry.state = State::Failed(message);
                    return Some(finding);
                }
                *namespace = match (given, mapping.namespaced()) {
                    (Some(own), _) => Some(own),
                    (None, Some(_)) => Some(options.default_namespace().to_owned()),
                    (None, None) => None,
                };
            }
            None
        };
        let found: Vec<Finding> = self.entries.par_iter_mut().filter_map(map_one).collect();
        self.findings.extend(found);
    }
}

const TURN_OFF: &str = "if you choose to ignore these errors, turn validation off with --validate=false";

fn behind_stop() -> State {
    State::Skipped("kubectl stopped reading this file before it".to_owned())
}

/// What to point at for a whole document: its `kind`, else its first line.
fn head(root: NodeRef<'_>, document: ByteRange) -> ByteRange {
    if let Some(kind) = root.entry("kind").or_else(|| root.entry("apiVersion")) {
        return kind.value.written_range();
    }
    let range = root.written_range();
    let text = &root.tree().text()[range.start as usize..range.end.max(range.start) as usize];
    let first = text.lines().next().map_or(0, str::len) as u32;
    if first == 0 {
        ByteRange::new(document.start, document.start)
    } else {
        ByteRange::new(range.start, range.start + first)
    }
}

/// The JSON type as Go's `encoding/json` names it.
const fn json_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int | Kind::Float => "number",
        Kind::String => "string",
        Kind::Sequence => "array",
        Kind::Mapping => "object",
        Kind::Null | Kind::Alias => "null",
    }
}

impl Method {
    /// Whether the tool applies CRDs first and waits until their kinds are served.
    /// Source: helm v4 `action/install.go` (a chart's `crds/`), gitops-engine `sync_context.go`, fluxcd `ApplyAllStaged`.
    pub const fn waits_for_crds(self) -> bool {
        matches!(self, Method::Helm | Method::ArgoCd | Method::Flux)
    }
}
