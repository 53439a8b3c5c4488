//! Annotations that mean something for a pod (`ValidatePodSpecificAnnotations`).
//!
//! Apart because a few annotations are fields in disguise.

use super::context::Context;
use super::profiles;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/tolerations";

/// Judges the annotations of a pod or template; `path` is theirs.
pub(super) fn validate(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if pod.metadata.and_then(|metadata| metadata.get("annotations")).is_none() {
        return;
    }
    if let Some(value) = pod.annotation(MIRROR).filter(|_| pod.spec.text("nodeName").is_empty()) {
        errors.invalid(&path.key(MIRROR), value, "must set spec.nodeName if mirror pod annotation is set");
    }
    // The tolerations of this annotation are read as JSON and have no effect since 1.13; what is no list at all is
    // refused.
    if let Some(value) = pod.annotation(TOLERATIONS).filter(|value| !value.is_empty()) {
        match serde_json::from_str::<serde_json::Value>(value) {
            Ok(serde_json::Value::Array(_) | serde_json::Value::Null) => {}
            Ok(_) => {
                errors.invalid(path, TOLERATIONS, "json: cannot unmarshal into Go value of type []core.Toleration");
            }
            Err(error) => errors.invalid(path, TOLERATIONS, &error.to_string()),
        }
    }
    if let Some(value) = pod.annotation(DELETION_COST).filter(|value| !is_deletion_cost(value)) {
        errors.invalid(&path.key(DELETION_COST), value, "must be a 32bit integer");
    }
    profiles::validate_seccomp_annotations(pod, path, errors);
    profiles::validate_app_armor_annotations(pod, path, errors);
}

/// An integer of 32 bits without plus sign or zeros in front (`GetDeletionCostFromPodAnnotations`).
fn is_deletion_cost(value: &str) -> bool {
    (value == "0" || value.starts_with(|first: char| matches!(first, '-' | '1'..='9'))) && value.parse::<i32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::annotated_errors;
    use serde_json::json;

    #[test]
    fn a_cost_of_deletion_is_a_canonical_integer() {
        let cost =
            |cost: &str| annotated_errors(json!({"controller.kubernetes.io/pod-deletion-cost": cost}), json!({}));
        assert!(cost("-5").is_empty());
        for bad in ["+5", "05", "2147483648", ""] {
            assert_eq!(
                cost(bad),
                [format!(
                    "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"{bad}\": must \
                     be a 32bit integer"
                )]
            );
        }
    }

    #[test]
    fn a_mirror_runs_on_a_node() {
        assert_eq!(
            annotated_errors(json!({"kubernetes.io/config.mirror": "x"}), json!({})),
            ["metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if \
              mirror pod annotation is set"]
        );
    }
}
