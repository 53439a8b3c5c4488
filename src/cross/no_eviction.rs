//! A disruption budget that never lets a pod go.
//!
//! Apart because it takes the sizes of all that the budget selects.
//! Source: `getExpectedPodCount` and `updatePdbStatus` in `pkg/controller/disruption/disruption.go` (1.36).

use super::index::Workload;
use super::two_autoscalers::is_autoscaler;
use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::server_rules::content::int_or_percent::IntOrPercent;
use std::collections::HashMap;

/// A budget that allows no eviction, however healthy the pods are.
pub static RULE: Rule = Rule {
    id: "cross/no-eviction",
    level: Level::Warning,
    summary: "the PodDisruptionBudget never allows an eviction",
    why: "with all pods healthy it allows no disruption: every eviction is refused, `kubectl drain` of their nodes does not end, and neither does an upgrade of the nodes",
    docs: include_str!("no-eviction.md"),
};

/// Looks at every budget with the workloads of the set that it selects.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut most = HashMap::new();
    for named in scene.names.iter().filter(|named| is_autoscaler(named)) {
        let limit = match named.from.kind {
            "ScaledObject" => Some(named.from.spec().int("maxReplicaCount").unwrap_or(100)),
            _ => named.from.spec().int("maxReplicas"),
        };
        most.insert((named.kind, named.group, named.namespace, named.name), limit.unwrap_or(i64::MAX));
    }
    let size = |workload: &Workload<'_>| {
        let member = &workload.member;
        let most = most.get(&(member.kind, member.group, member.namespace, member.object.name.as_str()));
        most.copied().unwrap_or(workload.replicas.unwrap_or(1))
    };
    let budgets = scene.set.of_the_set("policy", "PodDisruptionBudget");
    budgets.filter_map(|budget| judge(budget, &size, scene)).collect()
}

fn judge(budget: &Member<'_>, size: &dyn Fn(&Workload<'_>) -> i64, scene: &Scene<'_>) -> Option<Finding> {
    let spec = budget.spec()?;
    let (key, limit) = ["maxUnavailable", "minAvailable"].into_iter().find_map(|key| Some((key, spec.get(key)?)))?;
    let selected = scene.set.surely_selected(budget.namespace, spec.get("selector")?)?;
    let is_counted = |workload: &&&Workload<'_>| {
        let is_together = || scene.are_known_together(&workload.member, budget);
        // Nobody drains by evicting the pods of a DaemonSet, and those of a Job end.
        workload.is_replicated() && is_together() && size(workload) > 0
    };
    let workloads: Vec<&&Workload<'_>> = selected.iter().filter(is_counted).collect();
    let first = workloads.first()?;
    if selected.iter().any(|workload| !workload.is_replicated() && workload.member.kind != "DaemonSet") {
        return None;
    }
    let pods = workloads.iter().try_fold(0_i64, |sum, workload| sum.checked_add(size(workload)))?;
    let amount = IntOrPercent::of(limit);
    let scaled = match amount {
        IntOrPercent::Int(count) => count,
        IntOrPercent::Text(_) => pods.checked_mul(amount.number())?.checked_add(99)? / 100,
    };
    let never = if key == "maxUnavailable" { scaled == 0 } else { scaled >= pods };
    if !never {
        return None;
    }
    let written = match amount {
        IntOrPercent::Int(count) => count.to_string(),
        IntOrPercent::Text(text) => text.to_owned(),
    };
    let others = workloads.len() - 1;
    let of = if others == 0 { first.member.title() } else { format!("{} and {others} more", first.member.title()) };
    let noun = if pods == 1 { "pod" } else { "pods" };
    let message = if key == "maxUnavailable" {
        format!("no pod of {of} can ever be evicted: {written} of them may be unavailable")
    } else {
        format!("no pod of {of} can ever be evicted: {written} must be available, and there are {pods} {noun} at most")
    };
    let field = FieldPath::of(&["spec", key]);
    let size_field = if first.member.spec().has("replicas") { ["spec", "replicas"] } else { ["metadata", "name"] };
    let place = first.member.place(&FieldPath::of(&size_field));
    let label =
        format!("{} has {} {}", first.member.title(), size(first), if size(first) == 1 { "pod" } else { "pods" });
    let help = match (key, pods) {
        ("maxUnavailable", _) => "write `maxUnavailable: 1`",
        (_, 1) => "run two pods or more, or write `maxUnavailable: 1`: what has one pod goes down when its node does",
        _ => "write `maxUnavailable: 1` instead, which is right for every number of pods",
    };
    Some(Finding::in_object(&RULE, message, budget.object, field).with_label(place, label).with_help(help))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/no-eviction";

    fn set(replicas: &str, budget: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{{replicas}template: {{metadata: {{labels: {{app: oven}}}}}}}}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: oven}}\nspec: {{{budget}, selector: {{matchLabels: {{app: oven}}}}}}\n---\n"
        )
    }

    #[test]
    fn budgets_that_allow_nothing() {
        for (replicas, budget) in [
            ("replicas: 3, ", "maxUnavailable: 0"),
            ("replicas: 3, ", "maxUnavailable: 0%"),
            ("replicas: 3, ", "minAvailable: 3"),
            ("replicas: 3, ", "minAvailable: 100%"),
            ("replicas: 3, ", "minAvailable: 67%"),
            ("", "minAvailable: 1"),
            ("replicas: 1, ", "minAvailable: 50%"),
        ] {
            assert_eq!(findings(RULE, &set(replicas, budget)).len(), 1, "{replicas} {budget}");
        }
        assert_eq!(
            findings(RULE, &set("", "minAvailable: 1")),
            [
                "spec.minAvailable: no pod of Deployment default/oven can ever be evicted: 1 must be available, and there \
              are 1 pod at most"
            ]
        );
    }

    #[test]
    fn budgets_that_allow_something() {
        for (replicas, budget) in [
            ("replicas: 3, ", "maxUnavailable: 1"),
            ("replicas: 1, ", "maxUnavailable: 1%"),
            ("replicas: 3, ", "minAvailable: 2"),
            ("replicas: 3, ", "minAvailable: 66%"),
            ("replicas: 0, ", "minAvailable: 1"),
        ] {
            assert!(findings(RULE, &set(replicas, budget)).is_empty(), "{replicas} {budget}");
        }
    }

    #[test]
    fn pods_that_an_autoscaler_adds_count() {
        let autoscaler = |most: i64| {
            format!(
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: heat}}\nspec: {{maxReplicas: {most}, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: oven}}}}\n"
            )
        };
        assert!(findings(RULE, &(set("", "minAvailable: 1") + &autoscaler(3))).is_empty());
        assert_eq!(findings(RULE, &(set("", "minAvailable: 3") + &autoscaler(3))).len(), 1);
    }

    #[test]
    fn what_is_not_in_the_set_is_not_counted() {
        let alone = set("", "minAvailable: 1").replace("app: oven}}}}", "app: stove}}}}");
        assert!(findings(RULE, &alone).is_empty());
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: hand, labels: {app: oven}}\nspec: {containers: []}\n";
        assert!(findings(RULE, &(set("", "minAvailable: 1") + pod)).is_empty(), "a Pod of its own is one more");
    }
}
