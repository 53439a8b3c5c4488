//! The `sectionName` of a parent Gateway that has no listener of that name.

use super::missing::slip;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;

/// A route names a listener that its Gateway does not have.
pub static RULE: Rule = Rule {
    id: "cross/missing-listener",
    level: Level::Warning,
    summary: "a route names a listener that its Gateway does not have",
    why: "the route is accepted and not attached: the Gateway reports NoMatchingParent",
    docs: include_str!("missing-listener.md"),
};

/// Looks at every `sectionName` beside a Gateway of the set.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene.names.iter().filter(|named| named.kind == "Gateway").filter_map(|named| judge(named, scene)).collect()
}

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let (section, path) = named.value_beside(named.reference.beside.section)?;
    let section = section.as_str()?;
    let gateways = scene.set.find_all(named.group, named.kind, named.namespace, named.name);
    let listeners: Vec<&str> = gateways
        .iter()
        .flat_map(|gateway| gateway.spec().list("listeners"))
        .map(|listener| listener.text("name"))
        .collect();
    if listeners.is_empty() || listeners.contains(&section) {
        return None;
    }
    let gateway = gateways[0].object;
    let place = gateway.locate(&FieldPath::of(&["spec", "listeners"]));
    let help = match slip(section, listeners.iter().copied()) {
        Some(near) => format!("Write \"{near}\", or give both the same name."),
        None => "Name a listener of the Gateway, or leave `sectionName` out to attach to all that allow it.".to_owned(),
    };
    let message = format!("Gateway \"{}\" has no listener \"{section}\"", named.name);
    let mut finding = Finding::in_object(&RULE, message, named.from.object, path)
        .with_label(
            gateway.span(place.key.unwrap_or(place.range())),
            format!("its listeners are {}", listeners.join(", ")),
        )
        .with_help(help);
    finding.level = scene.level_between(named.from.object, gateway);
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    #[test]
    fn a_listener_must_be_there() {
        let set = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: door}
spec: {parentRefs: [{name: front, sectionName: htpps}, {name: back, sectionName: x}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {listeners: [{name: http}, {name: https}]}
";
        let rule = "cross/missing-listener";
        assert_eq!(
            findings(rule, set),
            ["spec.parentRefs[0].sectionName: Gateway \"front\" has no listener \"htpps\""]
        );
        assert!(findings(rule, &set.replace("htpps", "https")).is_empty());
    }
}
