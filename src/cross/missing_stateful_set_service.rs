//! The Service that a StatefulSet names in `serviceName`: missing, or not headless.

use super::Member;
use super::missing;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// The Service that names the Pods of a StatefulSet is missing or not headless.
pub static RULE: Rule = Rule {
    id: "cross/missing-stateful-set-service",
    level: Level::Warning,
    summary: "the Service that names the Pods of a StatefulSet is missing or not headless",
    why: "the Pods run, but they get no names in DNS: that takes a headless Service (`clusterIP: None`) called as `serviceName` says",
    docs: include_str!("missing-stateful-set-service.md"),
};

/// Looks at every StatefulSet with a `serviceName`.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let missing = missing::findings(scene, &RULE, |_| "the Pods get no names in DNS", |_, _| false);
    let sets = scene.set.of_the_set("apps", "StatefulSet");
    missing.into_iter().chain(sets.filter_map(|set| judge(set, scene))).collect()
}

fn judge(set: &Member<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let name = set.spec().text("serviceName");
    let services = scene.set.find_all("", "Service", set.namespace, name);
    if !missing::is_a_name("", name) || services.iter().any(|service| service.spec().text("clusterIP") == "None") {
        return None;
    }
    let service = services.first()?.object;
    let message = format!("Service \"{name}\" is not headless: the Pods of this StatefulSet get no names in DNS");
    let place = service.locate(&FieldPath::of(&["spec", "clusterIP"]));
    Some(
        Finding::in_object(&RULE, message, set.object, FieldPath::of(&["spec", "serviceName"]))
            .with_label(service.span(place.range()), "its `clusterIP` is not `None`")
            .with_help("Add a Service with `clusterIP: None` for the names, and name it here."),
    )
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-stateful-set-service";
    const SET: &str =
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: shelf}\nspec: {serviceName: shelf}\n---\n";

    #[test]
    fn a_service_must_be_headless() {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: shelf}\nspec: {clusterIP: None}\n---\n";
        assert!(findings(RULE, &format!("{SET}{service}")).is_empty());
        let other = service.replace("clusterIP: None", "ports: []");
        assert_eq!(
            findings(RULE, &format!("{SET}{other}")),
            ["spec.serviceName: Service \"shelf\" is not headless: the Pods of this StatefulSet get no names in DNS"]
        );
        let misspelt = service.replace("shelf", "shelv");
        assert_eq!(
            findings(RULE, &format!("{SET}{misspelt}")),
            ["spec.serviceName: Service \"shelf\" is not found in these manifests"]
        );
        assert!(findings(RULE, SET).is_empty());
    }
}
