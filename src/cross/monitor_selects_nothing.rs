//! A `ServiceMonitor` whose selector selects no Services, or a `PodMonitor` whose selector selects no pods.

use super::index::Member;
use super::scene::Scene;
use super::selects_nothing::{Selecting, pairs};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::server_rules::content::label_selector::is_empty;

/// A `ServiceMonitor` or `PodMonitor` selects nothing.
pub static RULE: Rule = Rule {
    id: "cross/monitor-selects-nothing",
    level: Level::Warning,
    summary: "a ServiceMonitor or PodMonitor selects nothing",
    why: "the monitor is accepted and Prometheus has no target for it: no metric is collected",
    docs: include_str!("monitor-selects-nothing.md"),
};

/// Looks at every `ServiceMonitor` and `PodMonitor`.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let of_services = scene.set.of_the_set(GROUP, "ServiceMonitor").filter_map(|monitor| judge(monitor, scene));
    let of_pods = scene.set.of_the_set(GROUP, "PodMonitor").filter_map(|owner| {
        let selector = owner.spec()?.get("selector")?;
        let namespace = match In::of(owner) {
            In::Any => None,
            In::One(namespace) => namespace,
            In::Several => return None,
        };
        Some(Selecting { owner, selector, path: FieldPath::of(&PATH), namespace })
    });
    of_services.chain(of_pods.filter_map(|selecting| selecting.judge(scene, &RULE))).collect()
}

const GROUP: &str = "monitoring.coreos.com";
const PATH: [&str; 2] = ["spec", "selector"];

/// Where a monitor looks.
enum In<'s> {
    Any,
    One(Option<&'s str>),
    Several,
}

impl<'s> In<'s> {
    fn of(monitor: &Member<'s>) -> Self {
        let selector = monitor.spec().and_then(|spec| spec.get("namespaceSelector"));
        match selector.list("matchNames").as_slice() {
            _ if selector.flag("any") => In::Any,
            [] => In::One(monitor.namespace),
            [one] => In::One(one.as_str()),
            _ => In::Several,
        }
    }
}

fn judge(monitor: &Member<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let selector = monitor.spec()?.get("selector").filter(|selector| !is_empty(*selector))?;
    let namespace = match In::of(monitor) {
        In::Any => None,
        In::One(namespace) => namespace,
        In::Several => return None,
    };
    let is_there = !scene.set.selected_services(namespace, selector)?.is_empty()
        || !scene.repository().selected_services(namespace, selector)?.is_empty();
    let elsewhere = scene.set.selected_services(None, selector)?;
    let is_assumed = monitor.object.namespace.is_empty();
    let may_be_there = elsewhere.iter().any(|service| is_assumed || service.object.namespace.is_empty());
    if is_there || (!scene.closed && may_be_there) {
        return None;
    }
    let labels = selector.get("matchLabels");
    let alike = labels.and_then(|labels| scene.set.service_alike(namespace, labels));
    let namesake = || scene.set.find("", "Service", namespace, &monitor.object.name);
    let near = alike.or_else(namesake).filter(|service| {
        service.is_of_the_set && scene.together.knows(monitor.object.origin.file, service.object.origin.file)
    });
    let wanted =
        labels.map_or_else(|| "what the selector asks".to_owned(), |labels| format!("the labels {}", pairs(labels)));
    let message = format!(
        "no Service{} has {wanted}",
        namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default()
    );
    let mut finding = Finding::in_object(&RULE, message, monitor.object, FieldPath::of(&PATH));
    let help = "A ServiceMonitor selects Services by the labels of the Services themselves, not by their selectors.";
    if let Some(service) = near {
        let labels = service.object.locate(&FieldPath::of(&["metadata", "labels"]));
        return Some(
            finding
                .with_label(service.object.span(labels.range()), format!("the nearest: {}", service.title()))
                .with_help(help),
        );
    }
    let is_whole = namespace.is_some_and(|namespace| scene.shows_whole_namespace(namespace));
    let is_known = scene.closed && !scene.set.makes_anything();
    finding.level = if is_whole || is_known { Level::Warning } else { Level::Advice };
    Some(finding.with_help(help))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{advice, findings};

    const RULE: &str = "cross/monitor-selects-nothing";

    fn monitor(kind: &str, spec: &str) -> String {
        format!("apiVersion: monitoring.coreos.com/v1\nkind: {kind}\nmetadata: {{name: watch}}\nspec: {spec}\n---\n")
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: oven, labels: {app: oven}}\nspec: {selector: {app: oven}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: oven, labels: {app: oven}}\n";

    #[test]
    fn services_are_selected_by_their_own_labels() {
        let set = |labels: &str| {
            format!("{}{SERVICE}", monitor("ServiceMonitor", &format!("{{selector: {{matchLabels: {labels}}}}}")))
        };
        assert!(advice(RULE, &set("{app: oven}")).is_empty());
        assert!(advice(RULE, &set("{}")).is_empty());
        assert_eq!(
            findings(RULE, &set("{app: ovens}")),
            ["spec.selector: no Service in namespace default has the labels app=ovens"]
        );
        assert!(findings(RULE, &set("{app: fridge}")).is_empty());
        let namesake = set("{app: fridge}").replace("watch", "oven");
        assert_eq!(findings(RULE, &namesake).len(), 1);
    }

    #[test]
    fn pods_are_selected_in_the_namespaces_named() {
        let set = |more: &str| {
            format!(
                "{}{SERVICE}",
                monitor("PodMonitor", &format!("{{selector: {{matchLabels: {{app: ovens}}}}{more}}}"))
            )
        };
        assert_eq!(findings(RULE, &set("")).len(), 1);
        assert_eq!(findings(RULE, &set(", namespaceSelector: {any: true}")).len(), 1);
        assert!(findings(RULE, &set(", namespaceSelector: {matchNames: [cellar]}")).is_empty());
    }
}
