//! A Service whose selector selects no pods.

use super::{Member, Scene, Workload};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A Service that selects nothing.
pub static RULE: Rule = Rule {
    id: "cross/service-selects-nothing",
    level: Level::Warning,
    summary: "a Service selects no pods",
    why: "the Service is accepted and gets no endpoints: every connection to it is refused",
    docs: include_str!("service-selects-nothing.md"),
};

/// Looks at every Service with a selector.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene.set.of_the_set("", "Service").filter_map(|service| judge(service, scene)).collect()
}

fn judge(service: &Member<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let selector = service.spec()?.get("selector").filter(|selector| !selector.is_empty())?;
    if service.spec().text("type") == "ExternalName"
        || !scene.set.with_labels(service.namespace, selector).is_empty()
        || !scene.repository.with_labels(service.namespace, selector).is_empty()
    {
        return None;
    }
    let nearest = nearest(service, selector, scene);
    // Pods may come from an operator or from another repository; where the set has pods that nearly match, they are meant.
    if !scene.closed && nearest.is_none() {
        return None;
    }
    let namespace = service.namespace.unwrap_or("default");
    let message = format!("no pods in namespace {namespace} have the labels {}", written(selector));
    let finding = Finding::in_object(&RULE, message, service.object, FieldPath::of(&["spec", "selector"]));
    let Some(nearest) = nearest else {
        return Some(finding.with_help("write the labels of the pods that are meant, or bring those pods"));
    };
    let of = nearest.member;
    let path: Vec<&str> = nearest.path.iter().copied().chain(["metadata", "labels"]).collect();
    let place = of.object.locate(&FieldPath::of(&path));
    let text = format!("the nearest: the pods of {}", of.title());
    Some(
        finding
            .with_label(of.object.span(place.range()), text)
            .with_help("a Service selects the pods that have every label of its selector: make the two the same"),
    )
}

/// The pods of the set, in the Service's namespace, that have a label of the selector, or are called as the Service is.
fn nearest<'s>(service: &Member<'_>, selector: NodeRef<'_>, scene: &'s Scene<'_>) -> Option<&'s Workload<'s>> {
    let common = |workload: &Workload<'_>| {
        let has = |key: &str, value: NodeRef<'_>| {
            workload.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str) == value.as_str()
        };
        let equal = selector.entries().filter(|pair| has(pair.name(), pair.value)).count();
        equal * 2 + usize::from(workload.member.object.name == service.object.name)
    };
    let all = scene.set.workloads().iter();
    let mut best: Option<(usize, &Workload<'_>)> = None;
    for workload in all.filter(|workload| workload.member.is_of_the_set && workload.member.may_be_in(service.namespace))
    {
        let common = common(workload);
        if common > best.map_or(0, |(most, _)| most) {
            best = Some((common, workload));
        }
    }
    best.map(|(_, workload)| workload)
}

fn written(labels: NodeRef<'_>) -> String {
    let pairs = labels.entries().map(|pair| format!("{}={}", pair.name(), pair.value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const SERVICE: &str =
        "apiVersion: v1\nkind: Service\nmetadata: {name: oven}\nspec: {ports: [{port: 80}], selector: {app: oven}}\n";

    fn deployment(labels: &str) -> String {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec:\n  template:\n    metadata: {{labels: {labels}}}\n"
        )
    }

    #[test]
    fn the_nearest_pods_are_shown() {
        let found = findings("cross/service-selects-nothing", &format!("{SERVICE}{}", deployment("{app: stove}")));
        assert_eq!(found, ["spec.selector: no pods in namespace default have the labels app=oven"]);
    }

    #[test]
    fn pods_with_more_labels_are_selected() {
        let set = format!("{SERVICE}{}", deployment("{app: oven, tier: kitchen}"));
        assert!(findings("cross/service-selects-nothing", &set).is_empty());
    }

    #[test]
    fn in_an_open_world_pods_may_come_from_elsewhere() {
        assert!(findings("cross/service-selects-nothing", SERVICE).is_empty());
        let nothing = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: oven, namespace: default, labels: {app: oven}}\n";
        assert_eq!(findings_in(nothing, "cross/service-selects-nothing", SERVICE).len(), 1);
        assert!(findings_in(pod, "cross/service-selects-nothing", SERVICE).is_empty());
    }
}
