//! What every workload kind has: a selector that must match the labels of its pod template.
//!
//! Apart because Deployment, `ReplicaSet`, `DaemonSet`, `StatefulSet` and Job say it in the same words.

use crate::finding::{FieldErrors, Level, Meant, Rule};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::content::label_selector::{self, Lenience, Selector, ShownSelector};
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// The selector of a workload, and the labels of its template.
pub static SELECTOR: Rule = Rule {
    id: "api/workload-selector",
    level: Level::Error,
    summary: "a workload's selector is malformed, missing, or does not select the pods of its own template",
    why: "a controller whose selector did not match its template would make pods without end, so the API server refuses it",
    docs: include_str!("workload-selector.md"),
};

/// The pod template of a workload, beyond what holds for every pod.
pub static TEMPLATE: Rule = Rule {
    id: "api/workload-template",
    level: Level::Error,
    summary: "a pod template asks for what its controller cannot give",
    why: "the API server refuses a restart policy or a deadline that the controller would work against",
    docs: include_str!("workload-template.md"),
};

/// Judges a selector that is required and must not be empty, and says what it selects; none where that is unclear.
/// `kind` is the word in the message about an empty one.
pub(super) fn validate_required_selector<'t>(
    selector: Option<NodeRef<'t>>,
    template: Option<NodeRef<'_>>,
    kind: &str,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) -> Option<Selector<'t>> {
    match selector {
        None => {
            errors.required(path, "");
            // What older versions of the API took for a selector that is not there.
            let labels = template_labels(template).into_iter().flat_map(NodeRef::entries);
            let labels: Option<Vec<_>> =
                labels.map(|label| Some((label.name().to_owned(), label.value.as_str()?.to_owned()))).collect();
            if let Some(labels) = labels.filter(|labels| !labels.is_empty()) {
                errors.mean_at(&path.field("matchLabels"), Meant::Labels(labels));
            }
        }
        Some(node) => {
            label_selector::validate(selector, Lenience::default(), path, errors);
            validate_not_empty(node, kind, path, errors);
        }
    }
    Selector::of(selector)
}

/// An empty selector would select every pod of the namespace.
pub(super) fn validate_not_empty(selector: NodeRef<'_>, kind: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if label_selector::is_empty(selector) {
        errors.invalid(path, &ShownSelector(selector), &format!("empty selector is invalid for {kind}"));
    }
}

/// The labels of a pod template: a map, or none.
pub fn template_labels(template: Option<NodeRef<'_>>) -> Option<NodeRef<'_>> {
    template.and_then(|template| template.at(&["metadata", "labels"]))
}

/// Reports a template whose labels the selector does not select; `path` is the template's.
pub fn validate_selects_template(
    selector: &Selector<'_>,
    template: Option<NodeRef<'_>>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let labels = template_labels(template);
    if !selector.matches_labels(labels) {
        let path = path.field("metadata");
        let path = path.field("labels");
        let detail = "`selector` does not match template `labels`";
        match labels {
            Some(labels) => errors.invalid(&path, &labels, detail),
            None => errors.invalid(&path, &crate::finding::Verbatim("null"), detail),
        }
        if let Some(wanted) = selector.labels_to_match(labels) {
            errors.mean(Meant::Labels(wanted));
        }
    }
}

/// Judges what a controller that keeps pods running for ever cannot have in its template; `path` is the template's.
pub(super) fn validate_runs_forever(
    template: Option<NodeRef<'_>>,
    kind: &str,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let spec = template.and_then(|template| template.get("spec"));
    let path = path.field("spec");
    let restart_policy = spec.text_or("restartPolicy", "Always");
    if restart_policy != "Always" {
        errors.not_supported(&path.field("restartPolicy"), restart_policy, &["Always"]);
    }
    if spec.has("activeDeadlineSeconds") {
        errors.forbidden(
            &path.field("activeDeadlineSeconds"),
            &format!("activeDeadlineSeconds in {kind} is not Supported"),
        );
    }
}

/// Warns of a name that cannot be part of the pods' hostnames.
pub fn warn_of_name(judge: &mut Judge<'_>) {
    let name = judge.root.get("metadata").text("name");
    let complaints = names::dns_1123_label(name);
    if !name.is_empty() && !complaints.is_empty() {
        let text = format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS \
             label is recommended: [{}]",
            complaints.join(" ")
        );
        let metadata = Path::ROOT.field("metadata");
        judge.warn(&metadata.field("name"), text);
    }
}
