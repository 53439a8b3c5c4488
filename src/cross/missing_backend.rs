//! A Service that an Ingress, a route or a rollout names and that is not there.

use super::missing;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};

/// A Service that requests are sent to does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-backend",
    level: Level::Warning,
    summary: "a Service that requests are sent to does not exist",
    why: "the Ingress or the route is accepted, and answers 503 (or 500) for what it should send there",
    docs: include_str!("missing-backend.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, |_| "requests are answered with an error", is_an_action)
}

/// A backend of the AWS load balancer controller whose port is this word is described by an annotation.
fn is_an_action(named: &Named<'_>, _: &Scene<'_>) -> bool {
    let port = named.value_beside(named.reference.beside.port_name);
    port.is_some_and(|(port, _)| port.as_str() == Some("use-annotation"))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-backend";

    fn ingress(service: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: door}}\nspec: {{defaultBackend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}\n---\n"
        )
    }

    #[test]
    fn a_service_must_be_there() {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: counter}\nspec: {ports: [{port: 80}]}\n---\n";
        assert!(findings(RULE, &format!("{}{service}", ingress("counter"))).is_empty());
        assert_eq!(
            findings(RULE, &format!("{}{service}", ingress("countr"))),
            ["spec.defaultBackend.service.name: Service \"countr\" is not found in these manifests"]
        );
    }

    #[test]
    fn a_route_names_backends_of_any_kind() {
        let route = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: door}
spec:
  rules:
  - backendRefs: [{name: counters, port: 80}, {name: counters, kind: Bucket, group: storage.example.com}]
---
apiVersion: v1
kind: Service
metadata: {name: counter}
";
        assert_eq!(
            findings(RULE, route),
            ["spec.rules[0].backendRefs[0].name: Service \"counters\" is not found in these manifests"]
        );
    }
}
