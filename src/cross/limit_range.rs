//! Workloads whose pods a LimitRange of their namespace refuses.
//!
//! Apart from `apply/limit-range`, which speaks of Pods and claims that are applied: a controller is accepted, and its
//! pods are refused one by one afterwards.

use super::index::Workload;
use super::{Member, Scene};
use crate::apply::admission::limit_ranger::{Violation, violation_of_claim, violation_of_pod};
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use std::collections::HashMap;

/// Pods or claims of a controller outside of what a LimitRange allows.
pub static RULE: Rule = Rule {
    id: "cross/limit-range",
    level: Level::Warning,
    summary: "the pods of a workload are outside of what a LimitRange allows",
    why: "the workload is accepted; every pod that its controller makes is refused by the LimitRanger admission plugin, and it stays at 0 pods",
    docs: include_str!("limit-range.md"),
};

/// Looks at the workloads of every namespace with limit ranges.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut ranges: HashMap<&str, Vec<&Member<'_>>> = HashMap::new();
    for range in scene.set.of_kind("", "LimitRange") {
        ranges.entry(range.namespace.unwrap_or_default()).or_default().push(range);
    }
    let own = scene.set.workloads().iter().filter(|workload| workload.member.is_of_the_set);
    let mut found = Vec::new();
    for workload in own.filter(|workload| makes_plain_pods(workload)) {
        let Some(of_namespace) = ranges.get(workload.member.namespace.unwrap_or_default()) else { continue };
        let of_namespace: Vec<&Object> = known(of_namespace, &workload.member, scene);
        let pods = workload.pod_spec().and_then(|spec| violation_of_pod(spec, &of_namespace));
        let fields = FieldPath::of(workload.path);
        found.extend(pods.map(|violation| tell(&workload.member, fields, "pods", violation)));
        let templates = workload.member.spec().list("volumeClaimTemplates").into_iter().enumerate();
        for (index, template) in templates.filter(|_| workload.member.kind == "StatefulSet") {
            let claims = template.get("spec").and_then(|spec| violation_of_claim(spec, &of_namespace));
            let fields = FieldPath::of(&["spec", "volumeClaimTemplates"]).index(index);
            found.extend(claims.map(|violation| tell(&workload.member, fields, "claims", violation)));
        }
    }
    found
}

/// The objects that are surely there for a member, without their surroundings.
pub(super) fn known<'s>(all: &[&'s Member<'_>], member: &Member<'_>, scene: &Scene<'_>) -> Vec<&'s Object> {
    let knows = |other: &&&Member<'_>| scene.are_known_together(member, other);
    all.iter().filter(knows).map(|other| other.object).collect()
}

/// Whether a controller makes pods just as they are written. A Pod is judged when it is applied.
pub(super) fn makes_plain_pods(workload: &Workload<'_>) -> bool {
    let member = &workload.member;
    member.kind != "Pod" && (workload.is_replicated() || matches!(member.group, "apps" | "batch"))
}

fn tell(member: &Member<'_>, mut fields: FieldPath, what: &str, violation: Violation<'_>) -> Finding {
    let (place, text) = violation.label();
    let message = format!("the {what} of {} are forbidden: {}", member.title(), violation.why);
    fields.0.extend(violation.field.0);
    Finding::in_object(&RULE, message, member.object, fields)
        .with_label(place, text)
        .with_help("set amounts within these bounds, or change the LimitRange")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/limit-range";

    fn range(limits: &str) -> String {
        format!(
            "apiVersion: v1\nkind: LimitRange\nmetadata: {{name: bounds, namespace: bakery}}\nspec: {{limits: [{limits}]}}\n---\n"
        )
    }

    fn oven(resources: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven, namespace: bakery}}\nspec: {{template: {{spec: {{containers: [{{name: c, resources: {resources}}}]}}}}}}\n---\n"
        )
    }

    const BOUNDS: &str = "{type: Container, max: {memory: 1Gi}, default: {memory: 512Mi}}";

    #[test]
    fn pods_that_a_controller_cannot_make() {
        let pods = oven("{limits: {memory: 2Gi}}");
        let said =
            ["spec.template.spec.containers[0].resources.limits[memory]: the pods of Deployment bakery/oven are \
             forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi"];
        assert_eq!(findings(RULE, &(range(BOUNDS) + &pods)), said);
        assert_eq!(findings(RULE, &(pods.clone() + &range(BOUNDS))), said, "whenever the LimitRange comes");
        assert_eq!(findings_in(&range(BOUNDS), RULE, &pods), said);
    }

    #[test]
    fn claims_that_a_controller_cannot_make() {
        let bounds = "{type: PersistentVolumeClaim, max: {storage: 1Gi}}";
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: oven, namespace: bakery}\nspec: {template: {}, volumeClaimTemplates: [{spec: {resources: {requests: {storage: 2Gi}}}}]}\n";
        assert_eq!(
            findings(RULE, &(range(bounds) + set)),
            [
                "spec.volumeClaimTemplates[0].spec.resources.requests[storage]: the claims of StatefulSet bakery/oven are \
              forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
            ]
        );
    }

    #[test]
    fn pods_within_bounds_and_elsewhere() {
        assert!(findings(RULE, &(range(BOUNDS) + &oven("{limits: {memory: 1Gi}}"))).is_empty());
        assert!(findings(RULE, &(range(BOUNDS) + &oven("{}"))).is_empty(), "the default is given");
        let elsewhere = oven("{limits: {memory: 2Gi}}").replace("namespace: bakery", "namespace: annex");
        assert!(findings(RULE, &(range(BOUNDS) + &elsewhere)).is_empty());
    }
}
