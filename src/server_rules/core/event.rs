//! `Event`, of the core group and of `events.k8s.io`.
//!
//! Source: `pkg/apis/core/validation/events.go` (1.36). Both are one kind inside the server; errors name the fields of
//! its internal form.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, report};
use crate::yaml::NodeRef;

/// An `Event`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/event",
    level: Level::Error,
    summary: "an Event does not say what happened, who saw it and when",
    why: "events of the new form are found by action, reason and reporter, so the API server needs them all",
    docs: include_str!("event.md"),
};

const LENGTH_LIMIT: usize = 128;
const NOTE_LIMIT: usize = 1024;

/// Judges an `Event` on creation (`ValidateEventCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let is_core = judge.gvk.group.is_empty();
    let errors = &mut judge.errors;
    let namespace = root.get("metadata").text_pointer("namespace");
    if let Some(namespace) = namespace {
        validate_namespace(root, is_core, namespace, errors);
    }
    if root.has("eventTime") {
        validate_new_form(root, is_core, errors);
    }
    if let Some(namespace) = namespace {
        report(names::dns_1123_subdomain(namespace), &Path::ROOT.field("namespace"), namespace, errors);
    }
    if !is_core && judge.gvk.version == "v1" {
        validate_strictly(root, errors);
    }
}

fn validate_namespace(root: NodeRef<'_>, is_core: bool, namespace: &str, errors: &mut FieldErrors) {
    let involved = root.get(if is_core { "involvedObject" } else { "regarding" }).text("namespace");
    let agrees = match (root.has("eventTime"), involved) {
        (false, "") => matches!(namespace, "" | "default"),
        (false, involved) => namespace == involved,
        (true, "") => matches!(namespace, "default" | "kube-system"),
        (true, _) => true,
    };
    if !agrees {
        let path = Path::ROOT.field("involvedObject");
        errors.invalid(&path.field("namespace"), involved, "does not match event.namespace");
    }
}

fn validate_new_form(root: NodeRef<'_>, is_core: bool, errors: &mut FieldErrors) {
    let field = if is_core { "reportingComponent" } else { "reportingController" };
    let controller = root.text(field);
    if controller.is_empty() {
        errors.required(&Path::ROOT.field(field), "");
    }
    report(names::qualified_name(controller), &Path::ROOT.field(field), controller, errors);
    for field in ["reportingInstance", "action", "reason"] {
        let text = root.text(field);
        if text.is_empty() {
            errors.required(&Path::ROOT.field(field), "");
        }
        limit(text, LENGTH_LIMIT, &Path::ROOT.field(field), errors);
    }
    let note = root.text(if is_core { "message" } else { "note" });
    limit(note, NOTE_LIMIT, &Path::ROOT.field("message"), errors);
}

fn limit(text: &str, limit: usize, path: &Path<'_>, errors: &mut FieldErrors) {
    if text.len() > limit {
        errors.invalid(path, "", &format!("can have at most {limit} characters"));
    }
}

/// What only `events.k8s.io/v1` asks.
fn validate_strictly(root: NodeRef<'_>, errors: &mut FieldErrors) {
    if let Some(series) = root.get("series") {
        if series.int("count").unwrap_or(0) < 2 {
            errors.invalid(&Path::ROOT.field("series.count"), "", "should be at least 2");
        }
        if !series.has("lastObservedTime") {
            errors.required(&Path::ROOT.field("series.lastObservedTime"), "");
        }
    }
    if !root.has("eventTime") {
        errors.required(&Path::ROOT.field("eventTime"), "");
    }
    let kind = root.text("type");
    if !matches!(kind, "Normal" | "Warning") {
        errors.invalid(&Path::ROOT.field("type"), "", &format!("has invalid value: {kind}"));
    }
    let source = root.get("deprecatedSource");
    let unset = [
        ("firstTimestamp", !root.has("deprecatedFirstTimestamp")),
        ("lastTimestamp", !root.has("deprecatedLastTimestamp")),
        ("count", root.int("deprecatedCount").unwrap_or(0) == 0),
        ("source", source.text("component").is_empty() && source.text("host").is_empty()),
    ];
    for (field, is_unset) in unset {
        if !is_unset {
            errors.invalid(&Path::ROOT.field(field), "", "needs to be unset");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn old_events_agree_with_their_namespace() {
        assert_eq!(
            errors_of(&json!({
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": "tide.1", "namespace": "quay"},
                "involvedObject": {"namespace": "pier"},
            })),
            ["involvedObject.namespace: Invalid value: \"pier\": does not match event.namespace"]
        );
    }

    #[test]
    fn new_events_say_everything() {
        let event = json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "tide.1", "namespace": "default"},
            "eventTime": "2024-03-01T10:00:00.000000Z", "reportingController": "tides.example/watch", "type": "Normal",
            "reportingInstance": "watch-1", "deprecatedCount": 2,
        });
        assert_eq!(
            errors_of(&event),
            ["action: Required value", "reason: Required value", "count: Invalid value: \"\": needs to be unset",]
        );
    }
}
