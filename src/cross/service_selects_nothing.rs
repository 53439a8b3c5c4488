//! A Service whose selector selects no pods.

use super::selects_nothing::{nearest, pairs, show};
use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

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
        || !scene.repository().with_labels(service.namespace, selector).is_empty()
    {
        return None;
    }
    let nearest = nearest(service, selector, service.namespace, scene);
    // Pods may come from an operator or from another repository; where the set has pods that nearly match, they are meant.
    if !scene.closed && nearest.is_none() {
        return None;
    }
    let namespace = service.namespace.unwrap_or("default");
    let message = format!("no pods in namespace {namespace} have the labels {}", pairs(selector));
    let finding = Finding::in_object(&RULE, message, service.object, FieldPath::of(&["spec", "selector"]));
    let Some(nearest) = nearest else {
        return Some(finding.with_help("write the labels of the pods that are meant, or bring those pods"));
    };
    let help = "a Service selects the pods that have every label of its selector: make the two the same";
    Some(show(finding, &nearest).with_help(help))
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
