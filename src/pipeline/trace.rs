//! From what was rendered back to where it is written.
//!
//! Apart because a finding in rendered text stands in a file that nobody has: whoever is to mend it needs the base, the
//! patch or the template. What is not certain is not claimed; then the rendered text alone is shown.
//!
//! kustomize: an object of the resources of the same group and kind is the one it was made from, if its name is the
//! rendered one, or the only one that it contains (`namePrefix`, `nameSuffix`). The field is shown there if it has the
//! rendered value, else in a patch of that object that has it, else the object's name is shown.
//! Helm: it writes above each document which template it came from.
//!
//! A fix of what was rendered becomes one of what is written only where the field stands in the same bytes in both, and
//! nothing else of the kustomization sets it; else there is none.

use super::Streams;
use super::rendered::RenderedSet;
use crate::finding::{Applicability, Edit, Finding, Fix, Label};
use crate::object::{FieldPath, Origin};
use crate::sets::{Built, Part, PlannedSet};
use crate::source::{FileId, Sources, Span, go_path};
use crate::yaml::{ByteRange, Content, NodeRef};

/// Puts the place where it is written before the place where it was rendered, for every finding of a set.
pub fn trace(findings: &mut [Finding], planned: &PlannedSet, set: &RenderedSet, sources: &Sources, streams: &Streams) {
    if set.rendered.is_empty() {
        return;
    }
    for finding in findings {
        let Some(label) = finding.labels.first() else { continue };
        if !set.rendered.contains(&label.span.file) {
            continue;
        }
        let fix = finding.fix.take();
        let Some(origin) = finding.object else { continue };
        let Some(Written { span: written, said, root }) = written(origin, &finding.field, planned, sources, streams)
        else {
            continue;
        };
        let rendered = object_at(origin, streams);
        if let (Some(fix), Some(rendered), Some(source)) = (fix, rendered, root) {
            finding.fix = carried(fix, &finding.field, rendered, source, written.file);
        }
        if let Some(rendered) = finding.labels.first_mut().filter(|label| label.text.is_empty()) {
            "as rendered".clone_into(&mut rendered.text);
        }
        finding.labels.insert(0, Label { span: written, text: said.to_owned() });
    }
}

/// Puts the finding of a failed build on the entry of the kustomization that the tool's words quote, if they quote one.
pub fn point_at_entry(finding: &mut Finding, streams: &Streams) {
    let Some(label) = finding.labels.first_mut() else { return };
    let roots = streams.of(label.span.file).documents.iter().filter_map(|document| match &document.content {
        Content::Value(tree) => Some(tree.root()),
        _ => None,
    });
    let mut strings = Vec::new();
    roots.for_each(|root| collect_strings(root, &mut strings));
    let quoted = strings
        .into_iter()
        .filter(|node| node.as_str().is_some_and(|text| finding.message.contains(&format!("'{text}'"))))
        .max_by_key(|node| node.as_str().map(str::len));
    if let Some(entry) = quoted {
        label.span.range = entry.range();
    }
}

fn collect_strings<'t>(node: NodeRef<'t>, strings: &mut Vec<NodeRef<'t>>) {
    if node.as_str().is_some_and(|text| !text.is_empty()) {
        strings.push(node);
    }
    node.elements().chain(node.entries().map(|entry| entry.value)).for_each(|below| collect_strings(below, strings));
}

/// A place where something that was rendered is written.
struct Written<'s> {
    span: Span,
    said: &'static str,
    /// The object there, where it is what sets the field.
    root: Option<NodeRef<'s>>,
}

/// The fix of a rendered field in the object that the field is written in.
fn carried(fix: Fix, field: &FieldPath, rendered: NodeRef<'_>, source: NodeRef<'_>, file: FileId) -> Option<Fix> {
    let text = |root: NodeRef<'_>, range: ByteRange| -> Option<String> {
        root.tree().text().get(range.start as usize..range.end as usize).map(str::to_owned)
    };
    let (from, to) = (field.locate(rendered), field.locate(source));
    if field.0.is_empty() || !from.exact || !to.exact {
        return None;
    }
    let mut edits = Vec::with_capacity(fix.edits.len());
    let mut is_shared = false;
    for Edit { span, text: new } in fix.edits {
        let places = [from.key.zip(to.key), Some((from.value, to.value))];
        let (from, to) = places.into_iter().flatten().find(|(from, to)| {
            from.start <= span.range.start
                && span.range.end <= from.end
                && text(rendered, *from).is_some_and(|written| Some(written) == text(source, *to))
        })?;
        // The lines of what was rendered may be indented in another way.
        if new.contains('\n') {
            return None;
        }
        let moved = |at: u32| at - from.start + to.start;
        let range = ByteRange::new(moved(span.range.start), moved(span.range.end));
        is_shared |= source.tree().is_shared(range);
        edits.push(Edit { span: Span { file, range }, text: new });
    }
    let applicability = if is_shared { Applicability::Unsafe } else { fix.applicability };
    Some(Fix { applicability, edits, ..fix })
}

fn written<'s>(
    origin: Origin,
    field: &FieldPath,
    planned: &'s PlannedSet,
    sources: &Sources,
    streams: &'s Streams,
) -> Option<Written<'s>> {
    let rendered = object_at(origin, streams)?;
    planned.parts.iter().find_map(|part| match part {
        Part::File(_) => None,
        Part::Kustomization(built) => in_kustomization(rendered, field, built, streams),
        Part::Chart(built) => in_chart(origin, built, sources, streams),
    })
}

fn object_at(origin: Origin, streams: &Streams) -> Option<NodeRef<'_>> {
    let document = streams.of(origin.file).documents.get(origin.document as usize)?;
    let Content::Value(tree) = &document.content else { return None };
    match origin.item {
        None => Some(tree.root()),
        Some(item) => tree.root().get("items")?.elements().nth(item as usize),
    }
}

/// Every object of these files, those of Lists included.
fn objects<'s>(files: &'s [FileId], streams: &'s Streams) -> impl Iterator<Item = (FileId, NodeRef<'s>)> {
    files.iter().flat_map(|file| {
        streams
            .of(*file)
            .documents
            .iter()
            .filter_map(|document| match &document.content {
                Content::Value(tree) => Some(tree.root()),
                _ => None,
            })
            .flat_map(|root| std::iter::once(root).chain(root.get("items").into_iter().flat_map(NodeRef::elements)))
            .map(|root| (*file, root))
    })
}

fn text<'t>(root: NodeRef<'t>, path: &[&str]) -> &'t str {
    root.at(path).and_then(NodeRef::as_str).unwrap_or_default()
}

fn group_and_kind(root: NodeRef<'_>) -> (&str, &str) {
    let api_version = text(root, &["apiVersion"]);
    (api_version.rsplit_once('/').map_or("", |(group, _)| group), text(root, &["kind"]))
}

fn in_kustomization<'s>(
    rendered: NodeRef<'_>,
    field: &FieldPath,
    built: &'s Built,
    streams: &'s Streams,
) -> Option<Written<'s>> {
    let name = text(rendered, &["metadata", "name"]);
    let same_kind: Vec<(FileId, NodeRef<'s>, &str)> = objects(&built.from, streams)
        .filter(|(_, root)| group_and_kind(*root) == group_and_kind(rendered))
        .map(|(file, root)| (file, root, text(root, &["metadata", "name"])))
        .filter(|(.., written)| !written.is_empty() && name.contains(written))
        .collect();
    let exact = same_kind.iter().filter(|(.., written)| *written == name);
    let (file, source, written) = match (exact.count(), same_kind.as_slice()) {
        (1, _) => *same_kind.iter().find(|(.., written)| *written == name)?,
        (0, [only]) => *only,
        _ => return None,
    };
    let value = |root: NodeRef<'_>| value_at(root, field).map(NodeRef::to_json);
    let at = |file: FileId, root: NodeRef<'_>| Span { file, range: field.locate(root).range() };
    let rendered_value = value(rendered);
    if value(source) == rendered_value && (rendered_value.is_some() || parents_agree(source, rendered, field)) {
        let is_patch = |(other, root): (FileId, NodeRef<'_>)| {
            (other, root.range()) != (file, source.range())
                && group_and_kind(root) == group_and_kind(rendered)
                && text(root, &["metadata", "name"]) == written
                && value_at(root, field).is_some()
        };
        let is_set_again = objects(&built.inputs, streams).any(is_patch);
        return Some(Written { span: at(file, source), said: "", root: (!is_set_again).then_some(source) });
    }
    let mut patches = objects(&built.inputs, streams).filter(|(_, root)| {
        group_and_kind(*root) == group_and_kind(rendered)
            && text(*root, &["metadata", "name"]) == written
            && rendered_value.is_some()
            && value(*root) == rendered_value
    });
    if let Some((file, root)) = patches.next() {
        let is_only = patches.next().is_none();
        return Some(Written { span: at(file, root), said: "the patch sets it", root: is_only.then_some(root) });
    }
    let range = source.at(&["metadata", "name"]).map_or_else(ByteRange::default, NodeRef::range);
    Some(Written { span: Span { file, range }, said: "the object it was made from", root: None })
}

fn value_at<'t>(root: NodeRef<'t>, field: &FieldPath) -> Option<NodeRef<'t>> {
    field.find(root).filter(|node| !node.is_null())
}

/// For a field that is missing in both: whether what it is missing from, at whatever depth, is there in both.
fn parents_agree(source: NodeRef<'_>, rendered: NodeRef<'_>, field: &FieldPath) -> bool {
    let mut parent = field.clone();
    while parent.0.pop().is_some() {
        match (value_at(source, &parent), value_at(rendered, &parent)) {
            (None, None) => {}
            (written, rendered) => return written.is_some() && rendered.is_some(),
        }
    }
    false
}

/// The template Helm names in the comment above a document: `# Source: CHART/templates/x.yaml`.
fn in_chart<'s>(origin: Origin, built: &Built, sources: &Sources, streams: &'s Streams) -> Option<Written<'s>> {
    let range = streams.of(origin.file).documents.get(origin.document as usize)?.range;
    let rendered = sources.get(origin.file).text.text.get(range.start as usize..range.end as usize)?;
    let named = rendered.lines().find_map(|line| line.strip_prefix("# Source: "))?;
    let (_chart, path) = named.trim().split_once('/')?;
    let name = go_path::join(&built.directory, path);
    let file = built.inputs.iter().find(|file| go_path::clean(&sources.get(**file).name) == name)?;
    let span = Span { file: *file, range: ByteRange::default() };
    Some(Written { span, said: "rendered from this template", root: None })
}
