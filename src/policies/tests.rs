//! Policies asked about one request each.

use super::{Around, Compiled, Kind, Library, Namespace, Policies, Request, Source, Verdict};
use crate::object::{GroupVersionKind, Object};
use crate::schema::{Minor, Schema};
use crate::server_rules::custom::Definition;
use crate::server_rules::testing::object;
use crate::source::FileId;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;

#[derive(Debug)]
struct Nothing;

impl Around for Nothing {
    fn definition(&self, _: &GroupVersionKind) -> Option<Arc<Definition>> {
        None
    }

    fn namespaced(&self, _: &GroupVersionKind) -> Option<bool> {
        None
    }

    fn are_together(&self, _: FileId, _: FileId) -> bool {
        true
    }
}

/// A policy of a few kinds with these fields in its `spec`.
fn policy(spec: &Value) -> Value {
    let mut policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "depth"},
        "spec": {"matchConstraints": {"resourceRules": [{
            "operations": ["*"], "apiGroups": ["", "apps"], "apiVersions": ["v1"],
            "resources": ["deployments", "configmaps", "secrets", "namespaces"],
        }]}},
    });
    for (key, value) in spec.as_object().expect("fields") {
        policy["spec"][key] = value.clone();
    }
    policy
}

fn binding(spec: &Value) -> Value {
    let mut binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "everywhere"}, "spec": {"policyName": "depth", "validationActions": ["Deny"]},
    });
    for (key, value) in spec.as_object().expect("fields") {
        binding["spec"][key] = value.clone();
    }
    binding
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "pump", "namespace": "quay"},
        "spec": {
            "selector": {"matchLabels": {"app": "pump"}},
            "template": {
                "metadata": {"labels": {"app": "pump"}},
                "spec": {"containers": [{"name": "pump", "image": "pump:1", "resources": {"limits": {"cpu": 0.5}}}]},
            },
        },
    })
}

/// What is asked, and of whom.
struct Scene {
    known: Vec<(Source, Object)>,
    namespace: Option<Object>,
    live: Option<Object>,
    closed: bool,
    minor: Minor,
}

impl Scene {
    fn of(given: &[Value]) -> Self {
        Self {
            known: given.iter().map(|value| (Source::Live, object(value))).collect(),
            namespace: None,
            live: None,
            closed: true,
            minor: Minor(37),
        }
    }

    fn judge(&self, value: &Value) -> Verdict {
        let object = object(value);
        let mut library = Library::default();
        for (source, one) in &self.known {
            library.add(*source, &Compiled::of(std::slice::from_ref(one)));
        }
        for (source, one) in &self.known {
            library.add_parameters(*source, std::slice::from_ref(one));
        }
        let own = HashSet::from([FileId(9)]);
        let policies = Policies {
            hooks: library.held(&own, self.minor),
            mutating: library.mutating(),
            library: &library,
            around: &Nothing,
            closed: self.closed,
        };
        let gvk = &object.gvk;
        let kind = Schema::of(self.minor).kind(&gvk.group, &gvk.version, &gvk.kind);
        policies.judge(&Request {
            object: &object,
            live: self.live.as_ref(),
            kind: kind.as_ref().map_or(Kind::Unknown, Kind::BuiltIn),
            namespace: kind.filter(|kind| kind.namespaced).map(|_| "quay"),
            of_namespace: self.namespace.as_ref().map_or(Namespace::Unknown, Namespace::Known),
            minor: self.minor,
            last_applied: true,
        })
    }
}

/// What a policy with these fields in its `spec`, bound everywhere, says of an object; behind `?` what it cannot decide.
fn said_of(spec: &Value, value: &Value) -> Vec<String> {
    said(&Scene::of(&[policy(spec), binding(&json!({}))]).judge(value))
}

fn said(verdict: &Verdict) -> Vec<String> {
    let prefix = "ValidatingAdmissionPolicy 'depth' with binding 'everywhere' denied request: ";
    let findings = verdict.findings.iter().map(|finding| finding.message.replace(prefix, ""));
    findings.chain(verdict.undecided.iter().map(|one| format!("? {}", one.why))).collect()
}

/// Whether an expression holds for a Deployment.
fn decided(expression: &str) -> Vec<String> {
    said_of(&json!({"validations": [{"expression": expression}]}), &deployment())
}

#[test]
fn objects_are_seen_with_their_defaults() {
    for expression in [
        "object.spec.replicas == 1 && object.spec.revisionHistoryLimit == 10",
        "object.spec.strategy.type == 'RollingUpdate' && object.spec.strategy.rollingUpdate.maxSurge == '25%'",
        "object.spec.template.spec.containers.all(c, c.imagePullPolicy == 'IfNotPresent' && c.resources.limits.cpu == '500m')",
        "has(object.spec.template.spec.securityContext) && !has(object.spec.template.spec.hostNetwork)",
        "has(object.metadata.annotations) && object.metadata.annotations.size() == 1 && has(object.status)",
        "object.metadata.namespace == 'quay' && object.kind == 'Deployment' && object.apiVersion == 'apps/v1'",
        "!has(object.metadata.resourceVersion) && !has(object.spec.template.spec.enableServiceLinks)",
        "oldObject == null && request.operation == 'CREATE' && request.resource.resource == 'deployments' && !request.dryRun",
    ] {
        assert_eq!(decided(expression), Vec::<String>::new(), "{expression}");
    }
    assert_eq!(decided("object.spec.replicas > 1"), ["failed expression: object.spec.replicas > 1"]);
}

#[test]
fn what_only_a_server_knows_is_not_guessed() {
    for (expression, why) in [
        ("authorizer.group('').resource('pods').check('get').allowed()", "? it asks `authorizer` who may do what"),
        ("request.userInfo.username == 'ada'", "? it asks who sends the request"),
        ("object.metadata.uid != ''", "? it asks for what only the server fills in or converts"),
        ("namespaceObject.metadata.labels.env == 'prod'", "? it asks for more of the namespace than is known"),
        ("[object.metadata.uid].exists(u, u == 'a')", "? it asks for what only the server fills in or converts"),
        ("'%s'.format([object.metadata.uid]) == ''", "? it asks for what only the server fills in or converts"),
    ] {
        assert_eq!(decided(expression), [why], "{expression}");
    }
    assert!(decided("true || request.userInfo.username == 'ada'").is_empty());
    assert_eq!(decided("namespaceObject.metadata.name != 'quay'").len(), 1);
    assert_eq!(decided("false && authorizer.path('/').check('get').allowed()").len(), 1, "one term decides");
}

#[test]
fn variables_are_evaluated_once_they_are_named() {
    let spec = json!({
        "variables": [
            {"name": "containers", "expression": "object.spec.template.spec.containers"},
            {"name": "images", "expression": "variables.containers.map(c, c.image)"},
            {"name": "broken", "expression": "object.spec.nothing"},
        ],
        "validations": [
            {"expression": "variables.images.all(i, i.startsWith('registry/'))", "messageExpression": "'not ' + variables.images.join(',')"},
            {"expression": "variables.broken == 1 || false"},
        ],
    });
    assert_eq!(
        said_of(&spec, &deployment()),
        [
            "not pump:1",
            "expression 'variables.broken == 1 || false' resulted in error: composited variable \"broken\" fails to evaluate: \
             no such key: nothing",
        ]
    );
}

#[test]
fn a_variable_that_names_itself_is_not_followed() {
    let spec = json!({
        "variables": [{"name": "a", "expression": "1"}, {"name": "a", "expression": "variables.a + 1"}],
        "validations": [{"expression": "variables.a == 2"}],
    });
    assert_eq!(said_of(&spec, &deployment()).len(), 1);
}

#[test]
fn errors_count_for_what_the_failure_policy_says() {
    let with = |policy: &str| json!({"failurePolicy": policy, "validations": [{"expression": "object.spec.x == 1"}]});
    assert_eq!(
        said_of(&with("Fail"), &deployment()),
        ["expression 'object.spec.x == 1' resulted in error: no such key: x"]
    );
    assert!(said_of(&with("Ignore"), &deployment()).is_empty());
    let conditions = json!({
        "matchConditions": [
            {"name": "a", "expression": "object.spec.x == 1"}, {"name": "b", "expression": "object.spec.replicas == 7"},
        ],
        "validations": [{"expression": "false"}],
    });
    assert!(said_of(&conditions, &deployment()).is_empty(), "one that is false decides");
}

#[test]
fn messages_are_those_of_the_policy() {
    let with = |validation: Value| said_of(&json!({"validations": [validation]}), &deployment());
    assert_eq!(with(json!({"expression": " false "})), ["failed expression: false"]);
    assert_eq!(with(json!({"expression": "false", "message": "no"})), ["no"]);
    assert_eq!(
        with(json!({"expression": "false", "message": "no", "messageExpression": "'no ' + object.metadata.name"})),
        ["no pump"]
    );
    for broken in ["''", "'a\\nb'", "string(object.spec.nothing)"] {
        let validation = json!({"expression": "false", "message": "no", "messageExpression": broken});
        assert_eq!(with(validation), ["no"], "{broken}");
    }
}

#[test]
fn no_value_of_a_secret_is_said() {
    let spec = json!({"validations": [
        {"expression": "object.data.a == 'x'", "messageExpression": "'it is ' + object.data.a"},
        {"expression": "quantity(object.data.a).isInteger()"},
    ]});
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"a": "hush"}});
    let said = said_of(&spec, &secret);
    assert_eq!(said, ["failed expression: object.data.a == 'x'", "an expression resulted in an error"]);
}

#[test]
fn constraints_select() {
    let with = |constraints: Value, value: &Value| {
        let mut spec = json!({"validations": [{"expression": "false", "message": "asked"}]});
        spec["matchConstraints"] = constraints;
        said_of(&spec, value)
    };
    let rule = |operations: &str, groups: &str, versions: &str, resources: &str| json!({"operations": [operations], "apiGroups": [groups], "apiVersions": [versions], "resources": [resources]});
    let asked = |rule: Value| !with(json!({"resourceRules": [rule]}), &deployment()).is_empty();
    assert!(asked(rule("CREATE", "apps", "v1", "deployments")));
    assert!(asked(rule("*", "*", "*", "*")) && asked(rule("*", "*", "*", "*/*")));
    assert!(asked(rule("*", "*", "*", "deployments/*")));
    assert!(!asked(rule("UPDATE", "apps", "v1", "deployments")));
    assert!(!asked(rule("CREATE", "", "v1", "deployments")) && !asked(rule("CREATE", "apps", "v1", "pods")));
    assert!(!asked(rule("*", "*", "*", "deployments/scale")) && !asked(rule("*", "*", "*", "*/scale")));
    let all = rule("*", "*", "*", "*");
    let mut scoped = all.clone();
    scoped["scope"] = json!("Cluster");
    assert!(!asked(scoped.clone()));
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay", "labels": {"a": "b"}}});
    assert_eq!(with(json!({"resourceRules": [scoped]}), &namespace), ["asked"]);
    let mut named = all.clone();
    named["resourceNames"] = json!(["crane"]);
    assert!(!asked(named));
    let excluded = json!({"resourceRules": [all], "excludeResourceRules": [rule("*", "apps", "*", "*")]});
    assert!(with(excluded, &deployment()).is_empty());
    let selected = |selector: Value| json!({"resourceRules": [rule("*", "*", "*", "*")], "objectSelector": selector});
    assert!(with(selected(json!({"matchLabels": {"a": "b"}})), &deployment()).is_empty());
    assert_eq!(with(selected(json!({"matchLabels": {"a": "b"}})), &namespace), ["asked"]);
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "x"}});
    assert!(with(json!({"resourceRules": [rule("*", "*", "*", "*")]}), &webhook).is_empty(), "nobody is asked");
}

#[test]
fn a_resource_in_another_version_is_the_same_resource() {
    let autoscaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "pump", "namespace": "quay"}, "spec": {"maxReplicas": 3}});
    let with = |policy: &str, expression: &str| {
        let rule = json!({"operations": ["*"], "apiGroups": ["autoscaling"], "apiVersions": ["v1"],
            "resources": ["horizontalpodautoscalers"]});
        let constraints = json!({"matchPolicy": policy, "resourceRules": [rule]});
        said_of(&json!({"matchConstraints": constraints, "validations": [{"expression": expression}]}), &autoscaler)
    };
    assert!(with("Exact", "false").is_empty());
    assert_eq!(with("Equivalent", "false"), ["failed expression: false"]);
    let as_v1 =
        "object.apiVersion == 'autoscaling/v1' && request.kind.version == 'v1' && request.requestKind.version == 'v2'";
    assert!(with("Equivalent", as_v1).is_empty());
    assert_eq!(
        with("Equivalent", "object.spec.maxReplicas > 5"),
        ["? it asks for what only the server fills in or converts"]
    );
}

#[test]
fn namespaces_are_selected_by_labels_that_are_known() {
    let selector = json!({"matchLabels": {"env": "prod"}});
    let spec = json!({"validations": [{"expression": "false", "message": "asked"}]});
    let mut policy = policy(&spec);
    policy["spec"]["matchConstraints"]["namespaceSelector"] = selector;
    let mut scene = Scene::of(&[policy.clone(), binding(&json!({}))]);
    assert_eq!(said(&scene.judge(&deployment())), ["? the labels of namespace quay are not known"]);
    let namespace = |env: &str| {
        Some(object(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay", "labels": {"env": env}}}),
        ))
    };
    scene.namespace = namespace("prod");
    assert_eq!(said(&scene.judge(&deployment())), ["asked"]);
    scene.namespace = namespace("dev");
    assert!(said(&scene.judge(&deployment())).is_empty());
    policy["spec"]["matchConstraints"]["namespaceSelector"] =
        json!({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["quay"]}]});
    let scene = Scene::of(&[policy, binding(&json!({}))]);
    assert_eq!(said(&scene.judge(&deployment())), ["asked"], "every namespace has its name for a label");
}

#[test]
fn parameters_are_found_or_missed() {
    let with = |reference: Value, more: &[Value], closed: bool| {
        let spec = json!({
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "validations": [{"expression": "object.spec.replicas <= int(params.data.most)",
                "messageExpression": "'at most ' + params.data.most"}],
        });
        let mut known = vec![policy(&spec), binding(&json!({"paramRef": reference}))];
        known.extend_from_slice(more);
        let mut scene = Scene::of(&known);
        scene.closed = closed;
        said(&scene.judge(&deployment()))
    };
    let map = |name: &str, most: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"most": most},
            "metadata": {"name": name, "namespace": "quay", "labels": {"limit": "yes"}}})
    };
    let named = |action: &str| json!({"name": "limits", "parameterNotFoundAction": action});
    assert_eq!(with(named("Deny"), &[map("limits", "0")], true), ["at most 0"]);
    assert!(with(named("Deny"), &[map("limits", "3")], true).is_empty());
    assert_eq!(
        with(named("Deny"), &[], true),
        ["failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"]
    );
    assert!(with(named("Allow"), &[], true).is_empty());
    assert_eq!(
        with(named("Allow"), &[], false),
        ["? its parameter, ConfigMap limits in namespace quay, is not known"],
        "the cluster may have it"
    );
    let selected = json!({"selector": {"matchLabels": {"limit": "yes"}}, "parameterNotFoundAction": "Deny"});
    assert_eq!(with(selected, &[map("a", "0"), map("b", "5")], true), ["at most 0"], "each is asked for");
    let elsewhere = json!({"name": "limits", "namespace": "sea", "parameterNotFoundAction": "Allow"});
    assert!(with(elsewhere, &[map("limits", "0")], true).is_empty());
}

#[test]
fn bindings_say_what_is_done() {
    let spec = json!({"validations": [{"expression": "false", "message": "no"}]});
    let with = |actions: Value| {
        let verdict = Scene::of(&[policy(&spec), binding(&json!({"validationActions": actions}))]).judge(&deployment());
        let rules: Vec<&str> = verdict.findings.iter().map(|finding| finding.rule.id).collect();
        (rules, verdict.refusal)
    };
    let refusal = "deployments \"pump\" is invalid: : ValidatingAdmissionPolicy 'depth' with binding 'everywhere' denied \
                   request: no";
    assert_eq!(with(json!(["Deny", "Audit"])), (vec!["admission/policy"], Some(refusal.to_owned())));
    assert_eq!(with(json!(["Warn"])), (vec!["admission/policy-warning"], None));
    assert_eq!(with(json!(["Audit"])), (vec![], None));
    let forbidden = json!({"validations": [{"expression": "false", "message": "no", "reason": "Forbidden"}]});
    let verdict = Scene::of(&[policy(&forbidden), binding(&json!({}))]).judge(&deployment());
    assert!(
        verdict.refusal.is_some_and(|refusal| refusal.starts_with("deployments.apps \"pump\" is forbidden: Valid"))
    );
    let unbound = Scene::of(&[policy(&spec)]).judge(&deployment());
    assert!(unbound.findings.is_empty(), "nothing binds it");
}

#[test]
fn what_is_given_needs_no_binding_and_what_is_written_is_to_come() {
    let spec = json!({"validations": [{"expression": "false", "message": "no"}]});
    let rules = |known: Vec<(Source, u32, Value)>| {
        let mut scene = Scene::of(&[]);
        scene.known = known
            .into_iter()
            .map(|(source, file, value)| {
                let mut object = object(&value);
                object.origin.file = FileId(file);
                (source, object)
            })
            .collect();
        let verdict = scene.judge(&deployment());
        verdict.findings.iter().map(|finding| (finding.rule.id, finding.message.clone())).collect::<Vec<_>>()
    };
    let (policy, binding) = (policy(&spec), binding(&json!({})));
    assert_eq!(
        rules(vec![(Source::Given, 1, policy.clone())]),
        [("admission/policy", "ValidatingAdmissionPolicy 'depth' denied request: no".to_owned())]
    );
    let own = rules(vec![(Source::Written, 9, policy.clone()), (Source::Written, 9, binding.clone())]);
    assert!(matches!(&own[..], [("admission/policy-to-come", text)] if text.contains("which the same set brings")));
    let other = rules(vec![(Source::Written, 1, policy.clone()), (Source::Written, 1, binding.clone())]);
    assert!(matches!(&other[..], [("admission/policy-to-come", text)] if text.contains("which this repository has")));
    let both = vec![
        (Source::Live, 1, policy.clone()),
        (Source::Live, 1, binding.clone()),
        (Source::Written, 9, policy.clone()),
        (Source::Written, 9, binding.clone()),
    ];
    assert_eq!(rules(both).len(), 1, "what is live already is not to come");
    let mut overlay = policy.clone();
    overlay["spec"]["validations"][0]["message"] = json!("never");
    let overlays = vec![(Source::Written, 1, policy), (Source::Written, 2, overlay), (Source::Written, 1, binding)];
    assert!(rules(overlays).is_empty(), "which of them is applied nobody says");
}

#[test]
fn of_kinds_that_nobody_declares_only_metadata_is_known() {
    let tug = json!({"apiVersion": "port.example/v1", "kind": "Tug", "metadata": {"name": "anna"}, "spec": {}});
    let with = |expression: &str| {
        let rule = json!({"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]});
        said_of(
            &json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression}]}),
            &tug,
        )
    };
    assert_eq!(with("object.spec.power > 3"), ["? no CRD of the kind is known, so its defaults are not"]);
    assert_eq!(with("has(object.metadata.labels)"), ["failed expression: has(object.metadata.labels)"]);
    assert_eq!(with("object.metadata.namespace == 'x'").len(), 1);
    let spec = json!({"matchConstraints": {"resourceRules": [{"operations": ["*"], "apiGroups": ["*"],
        "apiVersions": ["*"], "resources": ["tugs"]}]}, "validations": [{"expression": "true"}]});
    assert_eq!(said_of(&spec, &tug), ["? the resource of the kind is not known, for want of its CRD"]);
}

#[test]
fn what_a_manifest_tells_of_a_live_object_lacks_what_the_server_gave_it() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "anna", "namespace": "quay"},
        "spec": {"containers": [{"name": "a", "image": "a"}]}});
    let rule = json!({"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]});
    let expression =
        "oldObject.spec.tolerations.size() == 2 && object.spec.volumes.size() == 1 && object.status.phase == 'x'";
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression}]});
    let mut scene = Scene::of(&[policy(&spec), binding(&json!({}))]);
    scene.live = Some(object(&pod));
    assert_eq!(said(&scene.judge(&pod)), ["? it asks for what only the server fills in or converts"]);
}

#[test]
fn older_servers_have_no_policies() {
    let spec = json!({"validations": [{"expression": "false"}]});
    let mut scene = Scene::of(&[policy(&spec), binding(&json!({}))]);
    scene.minor = Minor(29);
    assert!(scene.judge(&deployment()).findings.is_empty());
    scene.minor = Minor(30);
    assert_eq!(scene.judge(&deployment()).findings.len(), 1);
}

#[test]
fn a_live_object_is_the_old_one() {
    let spec = json!({"validations": [{"expression": "object.spec.replicas >= oldObject.spec.replicas && request.operation == 'UPDATE'"}]});
    let mut scene = Scene::of(&[policy(&spec), binding(&json!({}))]);
    let mut live = deployment();
    live["spec"]["replicas"] = json!(3);
    scene.live = Some(object(&live));
    assert_eq!(scene.judge(&deployment()).findings.len(), 1);
    assert!(scene.judge(&live).findings.is_empty());
}

#[test]
fn the_field_that_is_to_blame_is_found() {
    let field = |expression: &str| {
        let spec = json!({
            "variables": [{"name": "pods", "expression": "object.spec.template.spec"}],
            "validations": [{"expression": expression}],
        });
        let verdict = Scene::of(&[policy(&spec), binding(&json!({}))]).judge(&deployment());
        verdict.findings.iter().map(|finding| finding.field.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        field("object.spec.replicas == 1 && object.spec.template.metadata.labels.app == 'x'"),
        "spec.template.metadata.labels.app"
    );
    assert_eq!(
        field("object.spec.template.spec.containers.all(c, c.name == 'pump' && c.image == 'x')"),
        "spec.template.spec.containers[0].image"
    );
    assert_eq!(field("variables.pods.containers.size() > 1"), "spec.template.spec.containers");
    assert_eq!(field("variables.pods.containers.all(c, c.image == 'x')"), "spec.template.spec.containers[0].image");
    assert_eq!(field("object.metadata.labels['team'] == 'a'"), "metadata.labels[team]");
    assert_eq!(field("request.operation == 'x'"), "metadata.name");
}

#[test]
fn policies_that_change_objects_are_named() {
    let mutating = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": "paint"},
        "spec": {"matchConstraints": {"resourceRules": [{"operations": ["*"], "apiGroups": ["apps"],
            "apiVersions": ["*"], "resources": ["*"]}]}},
    });
    let bound = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": "paint"}, "spec": {"policyName": "paint"},
    });
    assert!(Scene::of(std::slice::from_ref(&mutating)).judge(&deployment()).undecided.is_empty());
    let verdict = Scene::of(&[mutating, bound]).judge(&deployment());
    assert_eq!(said(&verdict), ["? what it changes is not worked out here"]);
}
