//! A `HorizontalPodAutoscaler` or `ScaledObject` whose target requests nothing of the resource it is scaled by.

use super::index::{Member, Workload};
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Segment};
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// An autoscaler measures use against a request that is not there.
pub static RULE: Rule = Rule {
    id: "cross/metric-without-request",
    level: Level::Warning,
    summary: "an autoscaler measures use against a request that is not there",
    why: "use is a percentage of what the containers request: without a request of each of them the autoscaler reports FailedGetResourceMetric and scales nothing",
    docs: include_str!("metric-without-request.md"),
};

/// Looks at every autoscaler whose target is in the set.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let of_vertical = scene.names.iter().filter(|named| named.from.kind == "VerticalPodAutoscaler");
    let sized: HashSet<Target<'_>> = of_vertical.map(target).collect();
    let targets =
        scene.names.iter().filter(|named| named.has_field("scaleTargetRef") && !sized.contains(&target(named)));
    targets.flat_map(|named| judge(named, scene)).collect()
}

/// Kind, name and namespace of what an autoscaler acts on.
type Target<'s> = (&'s str, &'s str, Option<&'s str>);

fn target<'s>(named: &Named<'s>) -> Target<'s> {
    (named.kind, named.name, named.namespace)
}

/// A resource whose use is measured in percent of what is requested.
struct Metric<'s> {
    resource: &'s str,
    /// The one container that counts; none for all.
    container: Option<&'s str>,
    path: FieldPath,
}

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Vec<Finding> {
    let Named { group, kind, namespace, name, from, .. } = *named;
    let Some(workload) = scene.set.workload(group, kind, namespace, name) else { return Vec::new() };
    let is_one = scene.set.find_all(group, kind, namespace, name).len() == 1;
    if !is_one {
        return Vec::new();
    }
    let metrics = match from.kind {
        "HorizontalPodAutoscaler" => of_autoscaler(&from),
        "ScaledObject" => of_scaled_object(&from),
        _ => Vec::new(),
    };
    let undefaulted = metrics.into_iter().filter(|metric| !has_default(metric.resource, namespace, scene));
    undefaulted.filter_map(|metric| told(&from, &metric, &workload)).collect()
}

/// Sources: `pkg/apis/autoscaling/v2/defaults.go` (without metrics, 80 % of the CPU), `pkg/controller/podautoscaler` (1.36).
fn of_autoscaler<'s>(autoscaler: &Member<'s>) -> Vec<Metric<'s>> {
    let spec = autoscaler.spec();
    let annotations = autoscaler.object.root().at(&["metadata", "annotations"]);
    if annotations.has("autoscaling.alpha.kubernetes.io/metrics") {
        return Vec::new();
    }
    let all = spec.list("metrics");
    if all.is_empty() {
        return vec![Metric { resource: "cpu", container: None, path: FieldPath::of(&["spec", "scaleTargetRef"]) }];
    }
    let metrics = all.into_iter().enumerate().filter_map(|(at, metric)| {
        let (field, source) = match metric.text("type") {
            "Resource" => ("resource", metric.get("resource")?),
            "ContainerResource" => ("containerResource", metric.get("containerResource")?),
            _ => return None,
        };
        let target = source.get("target");
        // Before v2 the number stood beside the name.
        let is_percentage = target.text("type") == "Utilization" || source.has("targetAverageUtilization");
        let path = [field, "name"].map(|field| Segment::Field(field.to_owned()));
        let path = [FieldPath::of(&["spec", "metrics"]).0, vec![Segment::Index(at)], path.to_vec()].concat();
        is_percentage.then(|| Metric {
            resource: source.text("name"),
            container: source.text_pointer("container"),
            path: FieldPath(path),
        })
    });
    metrics.collect()
}

/// Source: `pkg/scalers/cpu_memory_scaler.go` of KEDA 2.17.
fn of_scaled_object<'s>(scaled: &Member<'s>) -> Vec<Metric<'s>> {
    let triggers = scaled.spec().list("triggers").into_iter().enumerate().filter_map(|(at, trigger)| {
        let resource = trigger.text("type");
        let metadata = trigger.get("metadata");
        let kind = trigger.text_or("metricType", metadata.text("type"));
        let path =
            [FieldPath::of(&["spec", "triggers"]).0, vec![Segment::Index(at)], FieldPath::of(&["type"]).0].concat();
        (matches!(resource, "cpu" | "memory") && kind == "Utilization").then(|| Metric {
            resource,
            container: metadata.text_pointer("containerName"),
            path: FieldPath(path),
        })
    });
    triggers.collect()
}

/// Whether a LimitRange of the namespace gives containers a request.
fn has_default(resource: &str, namespace: Option<&str>, scene: &Scene<'_>) -> bool {
    let gives =
        |limits: &Member<'_>| {
            limits.may_be_in(namespace)
                && limits.spec().list("limits").into_iter().any(|limit| {
                    ["default", "defaultRequest", "max"].iter().any(|field| limit.get(field).has(resource))
                })
        };
    scene.set.of_kind("", "LimitRange").any(gives) || scene.repository().of_kind("", "LimitRange").any(gives)
}

/// A limit counts, as the API server takes it for the request that is missing.
fn requests(holder: Option<NodeRef<'_>>, resource: &str) -> bool {
    ["requests", "limits"].iter().any(|of| holder.and_then(|holder| holder.at(&["resources", of])).has(resource))
}

fn told(autoscaler: &Member<'_>, metric: &Metric<'_>, workload: &Workload<'_>) -> Option<Finding> {
    let Metric { resource, container, .. } = metric;
    let is_for_all = container.is_none() && requests(workload.pod_spec(), resource);
    let mut counted = workload.containers().filter(|(.., one)| container.is_none_or(|name| one.text("name") == name));
    let (list, at, without) = counted.find(|(.., one)| !is_for_all && !requests(Some(*one), resource))?;
    let of = workload.member.object;
    let mut path = workload.in_pod_spec(&[list]);
    path.0.extend([Segment::Index(at), Segment::Field("resources".to_owned())]);
    let exact = of.locate(&path);
    let place = if exact.exact {
        exact.key.unwrap_or(exact.range())
    } else {
        *path.0.last_mut()? = Segment::Field("name".to_owned());
        of.locate(&path).range()
    };
    let name = without.text("name");
    let message = format!(
        "container \"{name}\" of {} requests no {resource}, which this autoscaler measures",
        workload.member.title()
    );
    Some(
        Finding::in_object(&RULE, message, autoscaler.object, metric.path.clone())
            .with_label(of.span(place), format!("no request of {resource}"))
            .with_help(format!(
                "Give each container a request of {resource} (`resources.requests`), or measure an absolute value."
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/metric-without-request";

    fn set(metrics: &str, container: &str) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: oven}}\nspec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: oven}}{metrics}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{template: {{spec: {{containers: [{{name: a, resources: {{requests: {{cpu: 1, memory: 1Gi}}}}}}, {{name: b{container}}}]}}}}}}\n---\n"
        )
    }

    const PERCENT: &str =
        ", metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]";

    #[test]
    fn each_container_needs_a_request() {
        let found = [
            "spec.metrics[0].resource.name: container \"b\" of Deployment default/oven requests no cpu, which this autoscaler measures",
        ];
        assert_eq!(findings(RULE, &set(PERCENT, "")), found);
        assert!(findings(RULE, &set(PERCENT, ", resources: {requests: {cpu: 1}}")).is_empty());
        assert!(findings(RULE, &set(PERCENT, ", resources: {limits: {cpu: 1}}")).is_empty());
        assert!(
            findings(RULE, &set(&PERCENT.replace("Utilization, averageUtilization", "AverageValue, averageValue"), ""))
                .is_empty()
        );
    }

    #[test]
    fn the_cpu_is_measured_where_nothing_else_is() {
        assert_eq!(findings(RULE, &set("", "")).len(), 1);
    }

    #[test]
    fn one_container_may_count_alone() {
        let one = |name: &str| {
            format!(
                ", metrics: [{{type: ContainerResource, containerResource: {{name: memory, container: {name}, target: {{type: Utilization, averageUtilization: 50}}}}}}]"
            )
        };
        assert!(findings(RULE, &set(&one("a"), "")).is_empty());
        assert_eq!(findings(RULE, &set(&one("b"), "")).len(), 1);
    }

    #[test]
    fn a_limit_range_gives_requests() {
        let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: r}\nspec: {limits: [{type: Container, defaultRequest: {cpu: 1}}]}\n";
        assert!(findings(RULE, &format!("{}{range}", set(PERCENT, ""))).is_empty());
    }

    #[test]
    fn keda_measures_the_same_way() {
        let scaled = |kind: &str| {
            let autoscaler = set("", "");
            let deployment = autoscaler.split_once("---").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
            format!(
                "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: oven}}\nspec: {{scaleTargetRef: {{name: oven}}, triggers: [{{type: cpu, metricType: {kind}}}]}}\n---{deployment}"
            )
        };
        assert_eq!(findings(RULE, &scaled("Utilization")).len(), 1);
        assert!(findings(RULE, &scaled("AverageValue")).is_empty());
    }
}
