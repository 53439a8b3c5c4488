//! Affinity to nodes and to other pods (`validateAffinity`).
//!
//! Apart because both kinds of terms are used twice: required and preferred, affinity and anti-affinity.

use super::context::Context;
use super::{check, items};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::{EntryRef, NodeRef};

/// Where a pod may run: affinity, spread, tolerations, node selector.
pub static SCHEDULING: Rule = Rule {
    id: "api/pod-scheduling",
    level: Level::Error,
    summary: "the API server refuses where a pod is to run",
    why: "selectors, terms, spread constraints and tolerations must be well formed to mean anything to the scheduler",
    docs: include_str!("pod-scheduling.md"),
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// `affinity` of a pod.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(affinity) = pod.spec.get("affinity") else { return };
    if let Some(node_affinity) = affinity.get("nodeAffinity") {
        let any_value = !pod.gates.node_affinity_values_are_judged();
        validate_node_affinity(node_affinity, any_value, &path.field("nodeAffinity"), errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        if let Some(terms) = affinity.get(kind) {
            validate_pod_affinity(terms, &path.field(kind), pod, errors);
        }
    }
}

fn validate_node_affinity(affinity: NodeRef<'_>, any_value: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(selector) = affinity.get(REQUIRED) {
        validate_terms(selector, any_value, &path.field(REQUIRED), errors);
    }
    let preferred_path = path.field(PREFERRED);
    for (index, term) in items(affinity, PREFERRED) {
        let path = preferred_path.index(index);
        weight(term, &path, errors);
        // The server lets any value pass here: a preference that selects nothing does no harm.
        validate_term(term.get("preference"), true, &path.field("preference"), errors);
    }
}

fn weight(term: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let weight = term.int("weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(&path.field("weight"), &weight, "must be in the range 1-100");
    }
}

/// A selector of nodes (`ValidateNodeSelector`), values included.
pub(in crate::server_rules) fn validate_node_selector(
    selector: NodeRef<'_>,
    any_value: bool,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    validate_terms(selector, any_value, path, errors);
}

fn validate_terms(selector: NodeRef<'_>, any_value: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let terms_path = path.field("nodeSelectorTerms");
    if !super::any(selector, "nodeSelectorTerms") {
        errors.required(&terms_path, "must have at least one node selector term");
    }
    for (index, term) in items(selector, "nodeSelectorTerms") {
        validate_term(Some(term), any_value, &terms_path.index(index), errors);
    }
}

fn validate_term(term: Option<NodeRef<'_>>, any_value: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(term) = term else { return };
    let expressions_path = path.field("matchExpressions");
    for (index, requirement) in items(term, "matchExpressions") {
        validate_expression(requirement, any_value, &expressions_path.index(index), errors);
    }
    let fields_path = path.field("matchFields");
    for (index, requirement) in items(term, "matchFields") {
        validate_field(requirement, &fields_path.index(index), errors);
    }
}

fn validate_expression(requirement: NodeRef<'_>, any_value: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let values = requirement.get("values").map_or(0, NodeRef::len);
    let values_path = path.field("values");
    match requirement.text("operator") {
        "In" | "NotIn" => {
            if values == 0 {
                errors.required(&values_path, "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        "Exists" | "DoesNotExist" => {
            if values > 0 {
                errors.forbidden(&values_path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
        }
        "Gt" | "Lt" => {
            if values != 1 {
                errors.required(&values_path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
        }
        other => errors.invalid(&path.field("operator"), other, "not a valid selector operator"),
    }
    check::qualified_name(requirement.text("key"), &path.field("key"), errors);
    if any_value {
        return;
    }
    for (index, value) in items(requirement, "values") {
        let value = value.as_str().unwrap_or_default();
        for complaint in names::label_value(value) {
            errors.invalid(&values_path.index(index), value, &complaint);
        }
    }
}

fn validate_field(requirement: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let values_path = path.field("values");
    match requirement.text("operator") {
        "In" | "NotIn" => {
            if requirement.get("values").map_or(0, NodeRef::len) != 1 {
                let text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                errors.required(&values_path, text);
            }
        }
        other => errors.invalid(&path.field("operator"), other, "not a valid selector operator"),
    }
    let key = requirement.text("key");
    if key != "metadata.name" {
        errors.invalid(&path.field("key"), key, "not a valid field selector key");
        return;
    }
    for (index, value) in items(requirement, "values") {
        check::dns_subdomain(value.as_str().unwrap_or_default(), &values_path.index(index), errors);
    }
}

fn validate_pod_affinity(affinity: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let required_path = path.field(REQUIRED);
    for (index, term) in items(affinity, REQUIRED) {
        validate_pod_term(Some(term), &required_path.index(index), pod, errors);
    }
    let preferred_path = path.field(PREFERRED);
    for (index, term) in items(affinity, PREFERRED) {
        let path = preferred_path.index(index);
        weight(term, &path, errors);
        validate_pod_term(term.get("podAffinityTerm"), &path.field("podAffinityTerm"), pod, errors);
    }
}

fn validate_pod_term(term: Option<NodeRef<'_>>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let selector = term.and_then(|term| term.get("labelSelector"));
    let with_values = pod.gates.selector_values_are_judged();
    check::label_selector(selector, with_values, &path.field("labelSelector"), errors);
    if let Some(term) = term.filter(|_| pod.gates.affinity_match_label_keys()) {
        validate_merged_values(term, &path.field("labelSelector"), pod, errors);
    }
    let namespaces = term.and_then(|term| term.get("namespaceSelector"));
    check::label_selector(namespaces, with_values, &path.field("namespaceSelector"), errors);
    for (_, namespace) in term.into_iter().flat_map(|term| items(term, "namespaces")) {
        check::dns_label(namespace.as_str().unwrap_or_default(), &path.field("namespace"), errors);
    }
    if let Some(term) = term.filter(|_| pod.gates.affinity_match_label_keys()) {
        validate_label_keys(term, path, pod, errors);
    }
    let topology_key = term.text("topologyKey");
    if topology_key.is_empty() {
        errors.required(&path.field("topologyKey"), "can not be empty");
    }
    check::qualified_name(topology_key, &path.field("topologyKey"), errors);
}

/// `matchLabelKeys` and `mismatchLabelKeys` beside a selector (`ValidateMatchLabelKeysAndMismatchLabelKeys`). In a Pod
/// the server appends the pod's own labels of these keys to the selector before it validates
/// (`applyLabelKeysToLabelSelector` of `pkg/registry/core/pod/strategy.go`).
///
/// The values appended are judged with the selector's own by [`validate_merged_values`], which the server does before
/// for terms and after for spread constraints.
pub(super) fn validate_label_keys(term: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let selector = term.get("labelSelector");
    for list in ["matchLabelKeys", "mismatchLabelKeys"] {
        let list_path = path.field(list);
        if super::any(term, list) && selector.is_none() {
            errors.forbidden(&list_path, "must not be specified when labelSelector is not set");
            continue;
        }
        for (index, key) in items(term, list) {
            check::qualified_name(key.as_str().unwrap_or_default(), &list_path.index(index), errors);
        }
    }
    let keys = |list: &str| items(term, list).map(|(_, key)| key.as_str().unwrap_or_default()).collect::<Vec<_>>();
    let (matching, mismatching) = (keys("matchLabelKeys"), keys("mismatchLabelKeys"));
    if let Some(selector) = selector.filter(|_| !matching.is_empty()) {
        let mut seen: Vec<&str> =
            selector.get("matchLabels").into_iter().flat_map(NodeRef::entries).map(EntryRef::name).collect();
        let mut expressions: Vec<&str> =
            items(selector, "matchExpressions").map(|(_, expression)| expression.text("key")).collect();
        if pod.options.is_pod {
            let labels = pod.metadata.and_then(|metadata| metadata.get("labels"));
            let has_label = |key: &&&str| labels.is_some_and(|labels| labels.has(key));
            expressions.extend(matching.iter().filter(has_label));
            expressions.extend(mismatching.iter().filter(has_label));
        }
        for key in expressions {
            let index = matching.iter().rposition(|match_key| *match_key == key);
            if let Some(index) = index.filter(|_| seen.contains(&key)) {
                // The server leaves the name of the list out of this path.
                errors.invalid(&path.index(index), key, "exists in both matchLabelKeys and labelSelector");
            }
            seen.push(key);
        }
    }
    let matching_path = path.field("matchLabelKeys");
    for (index, key) in matching.iter().enumerate().filter(|(_, key)| mismatching.contains(key)) {
        errors.invalid(&matching_path.index(index), *key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

/// The labels of a Pod that the server has appended to a selector; `path` is the selector's.
pub(super) fn validate_merged_values(term: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let labels = pod.metadata.and_then(|metadata| metadata.get("labels")).filter(|_| pod.options.is_pod);
    let (Some(labels), Some(selector)) = (labels, term.get("labelSelector")) else { return };
    let expressions_path = path.field("matchExpressions");
    let mut index = selector.get("matchExpressions").map_or(0, NodeRef::len);
    for (_, key) in items(term, "matchLabelKeys").chain(items(term, "mismatchLabelKeys")) {
        let Some(label) = labels.get(key.as_str().unwrap_or_default()) else { continue };
        let value = label.as_str().unwrap_or_default();
        for complaint in names::label_value(value) {
            errors.invalid(&expressions_path.index(index).field("values").index(0), value, &complaint);
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::{Value, json};

    fn node_errors(term: &Value) -> Vec<String> {
        let affinity = json!({"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
        }});
        let start = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].";
        let errors = spec_errors(json!({"affinity": affinity}));
        errors.iter().map(|error| error.strip_prefix(start).unwrap_or(error).to_owned()).collect()
    }

    #[test]
    fn operators_say_how_many_values_they_take() {
        assert_eq!(
            node_errors(&json!({"matchExpressions": [
                {"key": "a", "operator": "Gt", "values": ["1", "2"]},
                {"key": "a", "operator": "Exists", "values": ["x"]},
                {"key": "a", "operator": "Near"},
            ]})),
            [
                "matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' \
                 or 'Gt'",
                "matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or \
                 'DoesNotExist'",
                "matchExpressions[2].operator: Invalid value: \"Near\": not a valid selector operator",
            ]
        );
    }

    #[test]
    fn the_only_field_of_a_node_is_its_name() {
        assert_eq!(
            node_errors(&json!({"matchFields": [
                {"key": "metadata.uid", "operator": "In", "values": ["a"]},
                {"key": "metadata.name", "operator": "Exists", "values": []},
            ]})),
            [
                "matchFields[0].key: Invalid value: \"metadata.uid\": not a valid field selector key",
                "matchFields[1].operator: Invalid value: \"Exists\": not a valid selector operator",
            ]
        );
    }

    #[test]
    fn preferences_have_a_weight_and_any_value() {
        let preferred = json!([{"weight": 0, "preference": {"matchExpressions": [
            {"key": "a", "operator": "In", "values": ["not a label value"]},
        ]}}]);
        let affinity = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}});
        assert_eq!(
            spec_errors(json!({"affinity": affinity})),
            [
                "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: \
              must be in the range 1-100"
            ]
        );
    }

    #[test]
    fn a_term_about_pods_has_a_topology_key_and_a_selector_for_its_label_keys() {
        let terms = json!([
            {"labelSelector": {"matchLabels": {"app": "web"}}, "namespaces": ["Town"], "topologyKey": "zone"},
            {"matchLabelKeys": ["app"], "topologyKey": ""},
        ]);
        let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
        let errors = spec_errors(json!({"affinity": affinity}));
        let start = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution";
        assert!(errors[0].starts_with(&format!("{start}[0].namespace: Invalid value: \"Town\": ")));
        assert_eq!(
            errors[1..3],
            [
                format!("{start}[1].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"),
                format!("{start}[1].topologyKey: Required value: can not be empty"),
            ]
        );
    }

    #[test]
    fn a_label_key_is_not_selected_as_well() {
        let terms = json!([{
            "labelSelector": {"matchExpressions": [
                {"key": "app", "operator": "Exists"},
                {"key": "app", "operator": "Exists"},
            ]},
            "matchLabelKeys": ["app"],
            "mismatchLabelKeys": ["app"],
            "topologyKey": "zone",
        }]);
        let affinity = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
        let start = "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]";
        assert_eq!(
            spec_errors(json!({"affinity": affinity})),
            [
                format!("{start}[0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector"),
                format!(
                    "{start}.matchLabelKeys[0]: Invalid value: \"app\": exists in both matchLabelKeys and \
                     mismatchLabelKeys"
                ),
            ]
        );
    }
}
