//! A port that an Ingress, a route, a webhook or an `APIService` names and that the Service does not have.

use super::missing::slip;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;

/// A port that requests are sent to is not one of the Service.
pub static RULE: Rule = Rule {
    id: "cross/missing-port",
    level: Level::Warning,
    summary: "a port that requests are sent to is not one of the Service",
    why: "the Service takes no connections at this port: the Ingress or the route answers with an error, and the API server cannot call its webhook",
    docs: include_str!("missing-port.md"),
};

/// Looks at every port that is named beside a Service of the set.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let services = scene.names.iter().filter(|named| named.group.is_empty() && named.kind == "Service");
    services.filter_map(|named| judge(named, scene)).collect()
}

/// The port that the API server calls where none is written. Source: `pkg/apis/admissionregistration/v1/defaults.go` (1.36).
const HTTPS: i64 = 443;

fn judge(named: &Named<'_>, scene: &Scene<'_>) -> Option<Finding> {
    let beside = &named.reference.beside;
    let numbered = named.value_beside(beside.port_number).and_then(|(port, path)| Some((port.as_i64()?, path)));
    let called = named.value_beside(beside.port_name).and_then(|(port, path)| Some((port.as_str()?, path)));
    let (number, name, path) = match (numbered, called) {
        (Some((number, path)), _) => (Some(number), "", path),
        (None, Some((name, path))) if name != "use-annotation" => (None, name, path),
        (None, None) if beside.port_number.is_some() && is_called_by_the_server(named) => {
            (Some(HTTPS), "", named.path.clone())
        }
        _ => return None,
    };
    let services = scene.set.find_all("", "Service", named.namespace, named.name);
    let ports: Vec<NodeRef<'_>> = services.iter().flat_map(|service| service.spec().list("ports")).collect();
    let has = ports.iter().any(|port| match number {
        Some(number) => port.int("port") == Some(number),
        None => port.text("name") == name,
    });
    let is_open = |service: &str| service == "ExternalName";
    if has || ports.is_empty() || services.iter().any(|service| is_open(service.spec().text("type"))) {
        return None;
    }
    let service = services[0].object;
    let wanted = number.map_or_else(|| format!("named \"{name}\""), |number| number.to_string());
    let message = format!("Service \"{}\" has no port {wanted}", named.name);
    let known: Vec<String> = ports.iter().map(|port| shown(*port)).collect();
    let near = slip(name, ports.iter().map(|port| port.text("name")));
    let same_target = ports.iter().find(|port| number.is_some() && port.int("targetPort") == number);
    let help = match (near, same_target) {
        (Some(near), _) => format!("Write \"{near}\", or give both the same name."),
        (None, Some(port)) => {
            format!("{wanted} is a port of the containers; the Service takes connections at {}.", shown(*port))
        }
        _ => "Name a port of the Service: `port`, not `targetPort`.".to_owned(),
    };
    let place = service.locate(&FieldPath::of(&["spec", "ports"]));
    let place = place.key.unwrap_or(place.range());
    let mut finding = Finding::in_object(&RULE, message, named.from.object, path)
        .with_label(service.span(place), format!("its ports are {}", known.join(", ")))
        .with_help(help);
    finding.level = scene.level_between(named.from.object, service);
    Some(finding)
}

fn is_called_by_the_server(named: &Named<'_>) -> bool {
    let kind = named.from.kind;
    kind.ends_with("WebhookConfiguration") || matches!(kind, "APIService" | "CustomResourceDefinition")
}

fn shown(port: NodeRef<'_>) -> String {
    let number = port.int("port").unwrap_or_default();
    match port.text("name") {
        "" => number.to_string(),
        name => format!("{number} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/missing-port";
    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: counter}\nspec: {ports: [{name: http, port: 80, targetPort: 8080}]}\n---\n";

    fn ingress(port: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: door}}\nspec: {{defaultBackend: {{service: {{name: counter, port: {{{port}}}}}}}}}\n---\n"
        )
    }

    #[test]
    fn a_port_must_be_one_of_the_service() {
        for quiet in ["number: 80", "name: http", "name: use-annotation"] {
            assert!(findings(RULE, &format!("{SERVICE}{}", ingress(quiet))).is_empty(), "{quiet}");
        }
        assert_eq!(
            findings(RULE, &format!("{SERVICE}{}", ingress("number: 8080"))),
            ["spec.defaultBackend.service.port.number: Service \"counter\" has no port 8080"]
        );
        assert_eq!(
            findings(RULE, &format!("{SERVICE}{}", ingress("name: web"))),
            ["spec.defaultBackend.service.port.name: Service \"counter\" has no port named \"web\""]
        );
    }

    #[test]
    fn one_elsewhere_may_have_any() {
        assert!(findings(RULE, &ingress("number: 8080")).is_empty());
        let outside = SERVICE.replace("ports:", "type: ExternalName, externalName: example.com, ports:");
        assert!(findings(RULE, &format!("{outside}{}", ingress("number: 8080"))).is_empty());
    }

    #[test]
    fn the_server_calls_port_443() {
        let hook = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: x}\nwebhooks: [{name: x.example.com, clientConfig: {service: {name: counter, namespace: default}}}]\n";
        assert_eq!(
            findings(RULE, &format!("{SERVICE}{hook}")),
            ["webhooks[0].clientConfig.service.name: Service \"counter\" has no port 443"]
        );
        assert!(findings(RULE, &format!("{}{hook}", SERVICE.replace("80,", "443,"))).is_empty());
    }
}
