//! Pods that choose others by keys of their own labels: what the server makes of them when it creates the Pod.
//!
//! Apart because it is done once, on creation: `matchLabelKeys` and `mismatchLabelKeys` become expressions of the label
//! selector beside them, which no manifest shows. kubectl then finds a live list that differs from the manifest's, sends
//! the manifest's, and the server refuses the change as any other to a Pod. Source: `mutatePodAffinity` and
//! `mutateTopologySpreadConstraints` of `pkg/registry/core/pod/strategy.go`; the gates in `pkg/features/kube_features.go`
//! (1.29 to 1.37).

use super::prepare::{Edit, edited};
use crate::object::Object;
use crate::object::view::View;
use crate::schema::Minor;
use crate::yaml::NodeRef;
use serde_json::json;

/// `MatchLabelKeysInPodAffinity` is on since this minor.
const IN_AFFINITY: Minor = Minor(31);
/// `MatchLabelKeysInPodTopologySpreadSelectorMerge` came with this minor, and is on.
const IN_SPREADING: Minor = Minor(34);

/// A manifest of a Pod as the server stores it; none where that is the same.
pub(super) fn as_created(manifest: &Object, minor: Minor) -> Option<Object> {
    if !manifest.gvk.group.is_empty() || manifest.gvk.kind != "Pod" {
        return None;
    }
    let root = manifest.root();
    let labels = root.at(&["metadata", "labels"]);
    let spec = root.get("spec")?;
    let mut edits = Vec::new();
    if minor >= IN_AFFINITY {
        for kind in ["podAffinity", "podAntiAffinity"] {
            for (list, below) in [
                ("preferredDuringSchedulingIgnoredDuringExecution", Some("podAffinityTerm")),
                ("requiredDuringSchedulingIgnoredDuringExecution", None),
            ] {
                for (index, term) in spec.at(&["affinity", kind]).list(list).into_iter().enumerate() {
                    let index = index.to_string();
                    let path = ["spec", "affinity", kind, list, index.as_str()];
                    let path: Vec<&str> = path.into_iter().chain(below).collect();
                    let term = below.map_or(Some(term), |below| term.get(below));
                    edits.extend(merged(term, labels, &["matchLabelKeys", "mismatchLabelKeys"], &path));
                }
            }
        }
    }
    if minor >= IN_SPREADING {
        let constraints = spec.list("topologySpreadConstraints");
        for (index, constraint) in constraints.into_iter().enumerate() {
            let path = ["spec", "topologySpreadConstraints", &index.to_string()];
            edits.extend(merged(Some(constraint), labels, &["matchLabelKeys"], &path));
        }
    }
    (!edits.is_empty()).then(|| edited(manifest.clone(), &edits))
}

/// The expressions of a selector with those that label keys add; none where nothing is added. Without a selector, nothing
/// is: it matches no Pod.
fn merged(term: Option<NodeRef<'_>>, labels: Option<NodeRef<'_>>, lists: &[&str], path: &[&str]) -> Option<Edit> {
    let selector = term.and_then(|term| term.get("labelSelector"))?;
    let mut expressions: Vec<serde_json::Value> =
        selector.list("matchExpressions").into_iter().map(NodeRef::to_json).collect();
    let before = expressions.len();
    for list in lists {
        let operator = if *list == "matchLabelKeys" { "In" } else { "NotIn" };
        for key in term.list(list).into_iter().filter_map(NodeRef::as_str) {
            if let Some(value) = labels.and_then(|labels| labels.get(key)).and_then(NodeRef::as_str) {
                expressions.push(json!({"key": key, "operator": operator, "values": [value]}));
            }
        }
    }
    let path = path.iter().chain(&["labelSelector", "matchExpressions"]).map(|key| (*key).to_owned());
    (expressions.len() > before).then(|| (path.collect(), Some(expressions.into())))
}

#[cfg(test)]
mod tests {
    use crate::schema::{Minor, Schema};
    use crate::update::testing::{context, object};
    use crate::update::{Context, Patch, judge};
    use serde_json::{Value, json};

    fn pod(spec: &Value) -> Value {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "till", "labels": {"app": "till", "release": "7"}},
            "spec": spec,
        });
        pod["spec"]["containers"] = json!([{"name": "till", "image": "till:1"}]);
        pod
    }

    /// What is said when only the image of the Pod changes.
    fn errors(spec: &Value, minor: u8) -> Vec<String> {
        let (live, mut new) = (pod(spec), pod(spec));
        new["spec"]["containers"][0]["image"] = json!("till:2");
        let minor = Minor(minor);
        let update = judge(
            &object(&new),
            &object(&live),
            Context { schema: Schema::of(minor), minor, ..context(Patch::ClientSide) },
        );
        update.findings.into_iter().map(|finding| finding.message).collect()
    }

    fn affinity(term: &Value) -> Value {
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
    }

    #[test]
    fn what_the_server_added_to_an_affinity_cannot_be_taken_back() {
        let term = json!({"topologyKey": "zone", "matchLabelKeys": ["release"], "labelSelector": {"matchLabels": {"app": "till"}}});
        assert_eq!(errors(&affinity(&term), 30), [""; 0]);
        let since = errors(&affinity(&term), 31);
        assert!(since[0].starts_with("spec: Forbidden: pod updates may not change fields other than"), "{since:?}");
    }

    #[test]
    fn nothing_is_added_without_a_selector_or_without_the_label() {
        let term = json!({"topologyKey": "zone", "mismatchLabelKeys": ["release"]});
        assert_eq!(errors(&affinity(&term), 36), [""; 0]);
        let term = json!({"topologyKey": "zone", "matchLabelKeys": ["shift"], "labelSelector": {}});
        assert_eq!(errors(&affinity(&term), 36), [""; 0]);
    }

    #[test]
    fn spread_constraints_are_merged_by_key_so_only_a_list_of_expressions_collides() {
        let spread = |selector: Value| {
            json!({"topologySpreadConstraints": [{
                "topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
                "matchLabelKeys": ["release"], "labelSelector": selector,
            }]})
        };
        let by_label = spread(json!({"matchLabels": {"app": "till"}}));
        assert_eq!(errors(&by_label, 36), [""; 0]);
        let by_expression = spread(json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}));
        assert_eq!(errors(&by_expression, 33), [""; 0]);
        assert_eq!(errors(&by_expression, 34).len(), 1);
    }
}
