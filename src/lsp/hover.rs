//! What is said of the thing under the cursor: a field, a kind, what is wrong there.
//!
//! Apart because it only tells. No value of the text is ever repeated: it may be a secret.

use super::cursor::{Cursor, Part};
use super::fields::{self, KnownKind};
use crate::finding::Finding;
use crate::object::{FieldPath, Segment};
use crate::pipeline::Snapshot;
use crate::schema::{self, Minor};
use std::fmt::Write as _;

/// What is known of the field or kind at a cursor, in Markdown; empty if nothing is.
pub fn about(cursor: &Cursor, snapshot: &Snapshot) -> String {
    let minor = snapshot.minor.unwrap_or(Minor::LATEST);
    if let [Segment::Field(field)] = cursor.path.as_slice()
        && matches!(field.as_str(), "kind" | "apiVersion")
    {
        return about_kind(cursor, snapshot, minor);
    }
    let Some(kind) = KnownKind::of(&cursor.gvk, snapshot, minor) else { return String::new() };
    let Some(field) = fields::look_up(&kind, &cursor.path, minor) else { return String::new() };
    let path = FieldPath(cursor.path.clone());
    let mut told = format!("**{path}** `{}`", field.type_name());
    let kinds: Vec<String> =
        fields::targets(cursor).into_iter().map(|target| format!("names a {}", target.kind)).collect();
    let more = [kinds.join(" · "), field.told()];
    let more: Vec<&str> = more.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let more = more.join("\n\n");
    if !more.is_empty() {
        let _ = write!(told, "\n\n{more}");
    }
    // A value needs no words about its type where nothing is held against it.
    let is_plain = cursor.part == Part::Value && more.is_empty();
    if is_plain { String::new() } else { told }
}

fn about_kind(cursor: &Cursor, snapshot: &Snapshot, minor: Minor) -> String {
    let gvk = &cursor.gvk;
    let mut told = format!("**{}** `{}`", gvk.kind, gvk.api_version());
    let served = schema::served_in(&gvk.group, &gvk.version, &gvk.kind);
    if let Some(removal) = schema::removal(&gvk.group, &gvk.version, &gvk.kind) {
        let _ = write!(told, "\n\n{removal}");
    }
    match KnownKind::of(gvk, snapshot, minor) {
        Some(KnownKind::BuiltIn(kind)) => {
            let scope = if kind.namespaced { "in a namespace" } else { "of the whole cluster" };
            let _ = write!(told, "\n\n`{}`, {scope}", kind.plural);
            if !kind.short_names.is_empty() {
                let _ = write!(told, ", short `{}`", kind.short_names.replace(' ', "`, `"));
            }
            if served.iter().count() < Minor::all().count() {
                let _ = write!(told, "\n\nServed by Kubernetes {served}.");
            }
        }
        Some(KnownKind::Custom(definition)) => {
            let description = definition.tree().node(definition.schema().node).get("description");
            let description = description.and_then(crate::yaml::NodeRef::as_str).unwrap_or_default();
            let _ = write!(told, "\n\nA CRD of this repository declares it.\n\n{description}");
        }
        None if !served.is_empty() => {
            let _ = write!(told, "\n\nServed by Kubernetes {served}.");
        }
        None => return String::new(),
    }
    told.trim_end().to_owned()
}

/// Why something is wrong, in Markdown.
pub fn about_finding(finding: &Finding) -> String {
    let rule = finding.rule;
    let mut told = format!("**{}[{}]** {}", finding.level.word(), rule.id, rule.summary);
    // The examples are for the page of the rule; here the own text is the example.
    let docs = rule.docs.split("```").step_by(2).map(str::trim).filter(|text| !text.is_empty());
    for more in [rule.why].into_iter().chain(docs) {
        let _ = write!(told, "\n\n{more}");
    }
    if let Some(versions) = &finding.versions {
        let _ = write!(told, "\n\nIn Kubernetes {versions}.");
    }
    told
}
