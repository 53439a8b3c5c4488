//! Two rules of Ingresses for one host and path that lead to different places.
//!
//! Apart because a host belongs to the whole cluster: namespaces do not divide it.

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::{EntryRef, NodeRef};
use std::collections::HashMap;

/// A host and path with two backends.
pub static RULE: Rule = Rule {
    id: "cross/ingress-path-twice",
    level: Level::Warning,
    summary: "two Ingress rules are for the same host and path",
    why: "a request goes to one backend: the controller takes one of the two rules (most take the older Ingress) and the other never gets a request; the admission webhook of ingress-nginx refuses the second",
    docs: include_str!("ingress-path-twice.md"),
};

/// Classes whose controllers make a load balancer with an address of its own for each Ingress.
const ONE_ADDRESS_EACH: [&str; 4] = ["gce", "gce-internal", "alb", "webapprouting.kubernetes.azure.com"];

/// Parts of annotations by which controllers tell rules for one host and path apart, or order them on purpose.
const TELL_APART: [&str; 10] =
    ["canary", "condition", "method", "header", "priority", "order", "match", "mergeable", "weight", "snippet"];

/// One path of an Ingress.
struct Route<'s> {
    ingress: &'s Member<'s>,
    rule: usize,
    path: usize,
    backend: NodeRef<'s>,
}

impl Route<'_> {
    fn field(&self) -> FieldPath {
        FieldPath::of(&["spec", "rules"]).index(self.rule).field("http").field("paths").index(self.path)
    }
}

/// Looks at every path of every rule.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut before: HashMap<(String, String, String, String), Vec<Route<'_>>> = HashMap::new();
    let all = || scene.set.of_kind("networking.k8s.io", "Ingress");
    let ordered = all().filter(|one| !one.is_of_the_set).chain(all().filter(|one| one.is_of_the_set));
    let mut found = Vec::new();
    for ingress in ordered.filter(|ingress| is_plain(ingress)) {
        for (rule_at, rule) in ingress.spec().list("rules").into_iter().enumerate() {
            for (path_at, path) in rule.get("http").list("paths").into_iter().enumerate() {
                let Some(backend) = path.get("backend") else { continue };
                let kind = path.text("pathType");
                let written = path.text_or("path", "/");
                let prefix = written.trim_end_matches('/');
                let written = if kind == "Prefix" && !prefix.is_empty() { prefix } else { written };
                let host = rule.text("host").to_ascii_lowercase();
                let key = (class(ingress).to_owned(), host, written.to_owned(), kind.to_owned());
                let route = Route { ingress, rule: rule_at, path: path_at, backend };
                let same = before.entry(key).or_default();
                let other = same
                    .iter()
                    .find(|other| std::ptr::eq(other.ingress, ingress) || scene.are_rivals(other.ingress, ingress));
                match other {
                    Some(other) if ingress.is_of_the_set && !leads_to_the_same(other, &route) => {
                        found.push(tell(other, &route, rule.text("host"), path.text_or("path", "/")));
                    }
                    Some(_) => {}
                    None => same.push(route),
                }
            }
        }
    }
    found
}

/// The class, by field or by annotation; empty for the default.
fn class<'s>(ingress: &Member<'s>) -> &'s str {
    let annotation = ingress.object.root().at(&["metadata", "annotations"]).text("kubernetes.io/ingress.class");
    if annotation.is_empty() { ingress.spec().text("ingressClassName") } else { annotation }
}

/// Whether nothing but host and path tells its rules from others.
fn is_plain(ingress: &Member<'_>) -> bool {
    let annotations = ingress.object.root().at(&["metadata", "annotations"]);
    let mut keys = annotations.into_iter().flat_map(NodeRef::entries).map(EntryRef::name);
    !ONE_ADDRESS_EACH.contains(&class(ingress)) && !keys.any(|key| TELL_APART.iter().any(|part| key.contains(part)))
}

fn leads_to_the_same(one: &Route<'_>, other: &Route<'_>) -> bool {
    // The AWS controller looks up in an annotation what such a backend means.
    let is_an_action = |route: &Route<'_>| {
        route.backend.get("service").and_then(|service| service.get("port")).text("name") == "use-annotation"
    };
    let is_one_namespace = one.ingress.namespace == other.ingress.namespace;
    is_an_action(one) || is_an_action(other) || (is_one_namespace && one.backend.to_json() == other.backend.to_json())
}

fn tell(other: &Route<'_>, route: &Route<'_>, host: &str, path: &str) -> Finding {
    let host = if host.is_empty() { "every host" } else { host };
    let of = if std::ptr::eq(other.ingress, route.ingress) {
        "another rule of this Ingress".to_owned()
    } else {
        other.ingress.title()
    };
    let message = format!("{of} leads requests for {host}{} elsewhere already", shown(path));
    Finding::in_object(&RULE, message, route.ingress.object, route.field().field("path"))
        .with_label(other.ingress.place(&other.field().field("path")), format!("{of} has the same host and path"))
        .with_help("keep one of the two, or give one another host or path")
}

fn shown(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!(" {path}") }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/ingress-path-twice";

    fn ingress(name: &str, metadata: &str, host: &str, path: &str, service: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}{metadata}}}\nspec:\n  rules:\n  - host: {host}\n    http:\n      paths:\n      - path: {path}\n        pathType: Prefix\n        backend: {{service: {{name: {service}, port: {{number: 80}}}}}}\n---\n"
        )
    }

    #[test]
    fn a_host_and_path_lead_to_one_place() {
        let first = ingress("one", "", "shop.example.com", "/buns", "bakery");
        let said = |second: &str| findings(RULE, &(first.clone() + second));
        let found = ["spec.rules[0].http.paths[0].path: Ingress default/one leads requests for \
                      shop.example.com/buns elsewhere already"];
        assert_eq!(said(&ingress("two", "", "shop.example.com", "/buns", "kiosk")), found);
        let slash = ["spec.rules[0].http.paths[0].path: Ingress default/one leads requests for \
                      shop.example.com/buns/ elsewhere already"];
        assert_eq!(said(&ingress("two", "", "shop.example.com", "/buns/", "kiosk")), slash);
        let annex = ingress("one", ", namespace: annex", "shop.example.com", "/buns", "bakery");
        assert_eq!(said(&annex), found, "a host belongs to the whole cluster");
    }

    #[test]
    fn other_places_and_the_same_backend_are_quiet() {
        let first = ingress("one", "", "shop.example.com", "/buns", "bakery");
        let is_quiet = |second: &str| findings(RULE, &(first.clone() + second)).is_empty();
        assert!(is_quiet(&ingress("two", "", "shop.example.com", "/bread", "kiosk")));
        assert!(is_quiet(&ingress("two", "", "annex.example.com", "/buns", "kiosk")));
        assert!(is_quiet(&ingress("two", "", "shop.example.com", "/buns", "bakery")), "leads to the same");
        let second = ingress("two", "", "shop.example.com", "/buns", "kiosk");
        assert!(is_quiet(&second.replace("pathType: Prefix", "pathType: Exact")));
        assert!(is_quiet(&second.replace("spec:\n", "spec:\n  ingressClassName: inner\n")));
        let canary = ", annotations: {nginx.ingress.kubernetes.io/canary: \"true\"}";
        assert!(is_quiet(&ingress("two", canary, "shop.example.com", "/buns", "kiosk")));
    }

    #[test]
    fn one_ingress_can_contradict_itself() {
        let twice = ingress("one", "", "shop.example.com", "/buns", "bakery").replace(
            "---\n",
            "      - path: /buns\n        pathType: Prefix\n        backend: {service: {name: kiosk, port: {number: 80}}}\n",
        );
        assert_eq!(
            findings(RULE, &twice),
            ["spec.rules[0].http.paths[1].path: another rule of this Ingress leads requests for \
              shop.example.com/buns elsewhere already"]
        );
    }
}
