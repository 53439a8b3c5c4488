//! Custom resources: a thousand routes against one definition, and a hundred and thirty definitions read as far as they
//! are asked for.
//!
//! The budgets: 1,000 routes in under 0.1 s, and in under 0.15 s where their definition has rules in CEL; 130 definitions (25 MB) with one version each asked for in under 0.3 s,
//! parsing of their text left out.

use divan::Bencher;
use seaworthy::decode::FieldValidation;
use seaworthy::object::{GroupVersionKind, Object, Origin};
use seaworthy::schema::Minor;
use seaworthy::server_rules::custom::{Definition, Request};
use seaworthy::source::FileId;
use seaworthy::yaml::{self, Content, Tree};
use std::fmt::Write as _;
use std::sync::Arc;

fn main() {
    divan::main();
}

fn tree(text: &str) -> Arc<Tree> {
    let stream = yaml::read(&yaml::decode_bytes(text.as_bytes().to_vec()), &yaml::Options::default());
    match stream.documents.into_iter().next().map(|document| document.content) {
        Some(Content::Value(tree)) => tree,
        other => panic!("{other:?}"),
    }
}

fn definition_of(crd: &Arc<Tree>) -> Definition {
    let root = crd.root();
    let version = root.at(&["spec", "versions"]).and_then(|versions| versions.elements().next()).expect("a version");
    Definition::of(crd, FileId(0), root, version).expect("a schema")
}

const ROUTES: &str = r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.dock.example}
spec:
  group: dock.example
  scope: Namespaced
  names: {kind: Route, plural: routes}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            properties:
              parentRefs:
                type: array
                maxItems: 32
                items:
                  type: object
                  required: [name]
                  properties:
                    group: {type: string, default: dock.example, maxLength: 253}
                    kind: {type: string, default: Quay, minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$'}
                    name: {type: string, minLength: 1, maxLength: 253}
              hostnames:
                type: array
                maxItems: 16
                items: {type: string, minLength: 1, maxLength: 253, pattern: '^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'}
              rules:
                type: array
                items:
                  type: object
                  properties:
                    matches:
                      type: array
                      default: [{path: {type: PathPrefix, value: /}}]
                      items:
                        type: object
                        properties:
                          path:
                            type: object
                            default: {type: PathPrefix, value: /}
                            properties:
                              type: {type: string, default: PathPrefix, enum: [Exact, PathPrefix, RegularExpression]}
                              value: {type: string, default: /, maxLength: 1024}
                          headers:
                            type: array
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [name]
                            items: {type: object, required: [name, value], properties: {name: {type: string}, value: {type: string}}}
                    backendRefs:
                      type: array
                      items:
                        type: object
                        required: [name]
                        properties:
                          name: {type: string, maxLength: 253}
                          port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                          weight: {type: integer, format: int32, default: 1, minimum: 0, maximum: 1000000}
";

fn route(number: usize) -> Object {
    let mut text = format!(
        "apiVersion: dock.example/v1\nkind: Route\nmetadata: {{name: route-{number}, namespace: quay}}\nspec:\n  \
         parentRefs: [{{name: north}}, {{name: south}}]\n  hostnames: [a{number}.dock.example, '*.dock.example']\n  rules:\n"
    );
    for rule in 0..4 {
        let _ = writeln!(
            text,
            "  - matches: [{{path: {{value: /r{rule}}}, headers: [{{name: a, value: b}}, {{name: c, value: d}}]}}]\n    \
             backendRefs: [{{name: shop-{rule}, port: 8080, weight: 9}}, {{name: till-{rule}, port: 8081}}]"
        );
    }
    let tree = tree(&text);
    let gvk = GroupVersionKind::parse("dock.example/v1", "Route").expect("a kind");
    let node = tree.root().index();
    let origin = Origin { file: FileId(0), document: 0, item: None };
    Object { origin, gvk, namespace: "quay".to_owned(), name: format!("route-{number}"), tree, node }
}

/// What the parts of a route are held to in CEL: a keyword that the rules stand in front of, and the rules.
const RULES: [(&str, &str); 5] = [
    (
        "maxItems: 32\n",
        "x-kubernetes-validations:
                - {message: parents differ, rule: 'self.all(a, self.exists_one(b, a.name == b.name && a.kind == b.kind))'}
                ",
    ),
    (
        "maxItems: 16\n",
        "x-kubernetes-validations:
                - {message: hosts differ, rule: 'self.all(a, self.exists_one(b, a == b))'}
                ",
    ),
    (
        "properties:\n                    matches:",
        "x-kubernetes-validations:
                  - {message: few, rule: '!has(self.matches) || self.matches.size() * self.backendRefs.size() <= 128'}
                  - {message: weights, rule: 'self.backendRefs.exists(b, b.weight > 0)'}
                  ",
    ),
    (
        "properties:\n                              type: {type: string, default: PathPrefix",
        "x-kubernetes-validations:
                            - {message: a, rule: \"self.type in ['Exact', 'PathPrefix'] ? self.value.startsWith('/') : true\"}
                            - {message: b, rule: \"self.type in ['Exact', 'PathPrefix'] ? !self.value.contains('//') : true\"}
                            - {message: c, rule: \"self.type in ['Exact', 'PathPrefix'] ? !self.value.contains('/../') : true\"}
                            - {message: d, rule: \"self.type in ['Exact', 'PathPrefix'] ? !self.value.endsWith('/.') : true\"}
                            - {message: e, rule: \"self.type != 'PathPrefix' || self.value.matches('^[-A-Za-z0-9/._~%]+$')\"}
                            ",
    ),
    (
        "required: [name]\n                        properties:\n                          name: {type: string, maxLength: 253}\n                          port",
        "x-kubernetes-validations:
                        - {message: port, rule: '!has(self.port) || self.port != 22'}
                        - {message: name, rule: \"!self.name.startsWith('kube-')\"}
                        ",
    ),
];

#[divan::bench]
fn a_thousand_routes(bencher: Bencher<'_, '_>) {
    routes(bencher, &definition_of(&tree(ROUTES)));
}

#[divan::bench]
fn a_thousand_routes_with_rules(bencher: Bencher<'_, '_>) {
    let mut text = ROUTES.to_owned();
    for (keyword, rules) in RULES {
        assert!(text.contains(keyword), "{keyword}");
        text = text.replacen(keyword, &format!("{rules}{keyword}"), 1);
    }
    routes(bencher, &definition_of(&tree(&text)));
}

fn routes(bencher: Bencher<'_, '_>, definition: &Definition) {
    let routes: Vec<Object> = (0..1000).map(route).collect();
    bencher.bench(|| {
        let mut found = 0;
        for object in &routes {
            let request = Request {
                object,
                definition,
                minor: Minor::LATEST,
                validation: FieldValidation::Strict,
                applied_in: None,
                last_applied: None,
            };
            found += request.decode().findings.len() + request.validate_created().len();
        }
        assert_eq!(found, 0);
    });
}

/// A definition of some 190 kB.
fn large_definition(number: usize) -> Arc<Tree> {
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: k{number}s.dock.example}}\n\
         spec:\n  group: dock.example\n  scope: Namespaced\n  names: {{kind: K{number}, plural: k{number}s}}\n  versions:\n"
    );
    for version in ["v1alpha1", "v1"] {
        let _ = writeln!(
            text,
            "  - name: {version}\n    served: true\n    storage: {}\n    schema:\n      openAPIV3Schema:\n        type: object\n        \
             properties:",
            version == "v1"
        );
        for part in 0..60 {
            let _ = writeln!(text, "          part{part}:\n            type: object\n            properties:");
            for field in 0..12 {
                let _ = writeln!(
                    text,
                    "              field{field}:\n                description: What field {field} of part {part} is for, told at length.\n                \
                     type: string\n                maxLength: 63"
                );
            }
        }
    }
    tree(&text)
}

#[divan::bench(sample_count = 10)]
fn the_schemas_of_a_hundred_and_thirty_definitions(bencher: Bencher<'_, '_>) {
    let crds: Vec<Arc<Tree>> = (0..130).map(large_definition).collect();
    bencher.bench(|| crds.iter().map(|crd| definition_of(crd).schema().properties.len()).sum::<usize>());
}
