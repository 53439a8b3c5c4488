//! Tests of what holds for every update: the merge, metadata, and the facts.

use super::Patch::ClientSide;
use super::live::LAST_APPLIED;
use super::testing::{SERVER_SIDE, apply, errors_with, merged, merged_into, with};
use serde_json::{Value, json};

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "labels": {"tier": "front"}},
        "spec": {
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [
                    {"name": "till", "image": "till:1", "env": [{"name": "A", "value": "1"}]},
                    {"name": "log", "image": "log:1"},
                ]},
            },
        },
    })
}

/// The object as a cluster gives it out: with what the server and others added.
fn live(applied: &Value) -> Value {
    let mut live = applied.clone();
    live["metadata"]["uid"] = json!("7d5d");
    live["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    live["metadata"]["annotations"] = json!({LAST_APPLIED: applied.to_string(), "by": "someone"});
    live["spec"]["replicas"] = json!(3);
    live["spec"]["template"]["spec"]["containers"][1]["terminationMessagePath"] = json!("/dev/termination-log");
    live["spec"]["template"]["spec"]["containers"].as_array_mut().expect("a list").push(json!({"name": "mesh"}));
    live
}

#[test]
fn the_same_again_changes_nothing() {
    assert_eq!(merged(&deployment(), &deployment(), ClientSide), None);
    assert_eq!(merged(&live(&deployment()), &deployment(), ClientSide), None);
}

/// The object as a cluster gives it out that kubectl made: it writes the namespace and annotations down.
fn made_by_kubectl(applied: &Value) -> Value {
    let mut written = applied.clone();
    written["metadata"]["namespace"] = json!("default");
    if written["metadata"]["annotations"].is_null() {
        written["metadata"]["annotations"] = json!({});
    }
    let mut live = live(&written);
    live["metadata"]["annotations"] = written["metadata"]["annotations"].clone();
    live["metadata"]["annotations"][LAST_APPLIED] = json!(written.to_string());
    live
}

#[test]
fn what_kubectl_fills_in_is_no_change() {
    let live = made_by_kubectl(&deployment());
    assert_eq!(merged(&live, &deployment(), ClientSide), None);
    // Another field changes, and namespace and annotations stay.
    let new = with(&deployment(), "/metadata/labels/tier", Some(json!("back")));
    let changed = merged(&live, &new, ClientSide).expect("a change");
    assert_eq!(changed["metadata"]["namespace"], "default");
    assert!(changed["metadata"]["annotations"][LAST_APPLIED].is_string(), "{changed:#}");
}

#[test]
fn annotations_that_were_applied_go_with_the_map_of_them() {
    let annotated = with(&deployment(), "/metadata/annotations", Some(json!({"team": "shop"})));
    let mut live = made_by_kubectl(&annotated);
    assert_eq!(merged(&live, &annotated, ClientSide), None);
    live["metadata"]["annotations"]["by"] = json!("someone");
    let changed = merged(&live, &deployment(), ClientSide).expect("a change");
    let annotations = changed["metadata"]["annotations"].as_object().expect("annotations");
    assert!(annotations.contains_key("by") && !annotations.contains_key("team"), "{changed:#}");
}

#[test]
fn what_others_added_stays_and_what_was_applied_goes() {
    let new = with(&deployment(), "/metadata/labels", Some(json!({"zone": "east"})));
    let merged = merged(&live(&deployment()), &new, ClientSide).expect("a change");
    assert_eq!(merged["metadata"]["labels"], json!({"zone": "east"}));
    assert_eq!(merged["metadata"]["annotations"]["by"], "someone");
    assert_eq!(merged["spec"]["replicas"], 3);
}

#[test]
fn list_elements_are_matched_by_their_key() {
    let mut new = deployment();
    new["spec"]["template"]["spec"]["containers"] = json!([{"name": "log", "image": "log:2"}]);
    let merged = merged(&live(&deployment()), &new, ClientSide).expect("a change");
    let containers = &merged["spec"]["template"]["spec"]["containers"];
    let expected = json!([
        {"name": "log", "image": "log:2", "terminationMessagePath": "/dev/termination-log"},
        {"name": "mesh"},
    ]);
    assert_eq!(*containers, expected);
}

#[test]
fn elements_of_one_key_become_one() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"},
        "spec": {"ports": [{"name": "tcp", "port": 53, "protocol": "TCP"}]},
    });
    let mut new = service.clone();
    new["spec"]["ports"].as_array_mut().expect("a list").push(json!({"name": "udp", "port": 53, "protocol": "UDP"}));
    let ports = |patch| merged(&service, &new, patch).expect("a change")["spec"]["ports"].as_array().map(Vec::len);
    assert_eq!(ports(ClientSide), Some(1));
    assert_eq!(ports(SERVER_SIDE), Some(2));
}

#[test]
fn an_element_without_its_key_cannot_be_matched() {
    let mut new = deployment();
    new["spec"]["template"]["spec"]["containers"][1] = json!({"image": "log:2"});
    let findings = apply(&deployment(), &new, ClientSide).findings;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].message.ends_with("does not contain declared merge key: name"), "{}", findings[0].message);
}

#[test]
fn a_custom_resource_is_merged_by_json_alone() {
    let garden = json!({
        "apiVersion": "example.com/v1", "kind": "Garden", "metadata": {"name": "east"},
        "spec": {"beds": [{"name": "a"}, {"name": "b"}], "size": 3},
    });
    let new = with(&garden, "/spec", Some(json!({"beds": [{"name": "b", "wet": true}], "size": null})));
    let merged = merged(&garden, &new, ClientSide).expect("a change");
    assert_eq!(merged["spec"], json!({"beds": [{"name": "b", "wet": true}]}));
}

#[test]
fn metadata_that_the_server_owns_cannot_be_set() {
    assert_eq!(
        errors_with(&deployment(), "/metadata/uid", Some(json!("1"))),
        ["metadata.uid: Invalid value: \"1\": field is immutable"]
    );
    let errors = errors_with(&deployment(), "/metadata/resourceVersion", Some(json!("7")));
    assert!(errors[0].contains("the object has been modified"), "{errors:?}");
}

#[test]
fn a_fact_is_reported_with_its_words() {
    let errors = errors_with(&deployment(), "/spec/selector", Some(json!({"matchLabels": {"app": "stall"}})));
    assert_eq!(errors, ["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"stall\"}}: field is immutable"]);

    let class = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 10,
    });
    assert_eq!(errors_with(&class, "/value", Some(json!(11))), ["value: Forbidden: may not be changed in an update."]);
    assert_eq!(errors_with(&class, "/preemptionPolicy", Some(json!("PreemptLowerPriority"))), [""; 0]);

    let set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "ledger"},
        "spec": {"serviceName": "ledger", "selector": {"matchLabels": {"app": "ledger"}}, "replicas": 1},
    });
    assert_eq!(errors_with(&set, "/spec/replicas", Some(json!(2))), [""; 0]);
    let errors = errors_with(&set, "/spec/serviceName", Some(json!("books")));
    assert!(errors[0].starts_with("spec: Forbidden: updates to statefulset spec for fields other than 'replicas',"));
}

#[test]
fn a_default_written_out_is_no_change() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "data": {}});
    assert_eq!(errors_with(&secret, "/type", Some(json!("Opaque"))), [""; 0]);
    assert_eq!(
        errors_with(&secret, "/type", Some(json!("kubernetes.io/tls"))),
        ["type: Invalid value: \"kubernetes.io/tls\": field is immutable"]
    );
}

#[test]
fn what_is_frozen_stays() {
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "menu"}, "immutable": true, "data": {"a": "1"},
    });
    assert_eq!(
        errors_with(&config, "/data", Some(json!({"a": "2"}))),
        ["data: Forbidden: field is immutable when `immutable` is set"]
    );
    assert_eq!(
        errors_with(&config, "/immutable", None),
        ["immutable: Forbidden: field is immutable when `immutable` is set"]
    );
}

#[test]
fn a_stored_version_stays_in_the_definition() {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gardens.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Garden", "plural": "gardens"},
            "versions": [{"name": "v1", "served": true, "storage": true}]},
    });
    let errors =
        errors_with(&definition, "/spec/versions", Some(json!([{"name": "v2", "served": true, "storage": true}])));
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].starts_with("status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was")
    );
}

#[test]
fn a_live_pod_hardly_changes() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "till"},
        "spec": {"containers": [{"name": "till", "image": "till:1"}], "tolerations": [{"key": "a", "operator": "Exists"}]},
    });
    let container = |fields: Value| errors_with(&pod, "/spec/containers", Some(json!([fields])));
    assert_eq!(container(json!({"name": "till", "image": "till:2"})), [""; 0]);
    assert_eq!(container(json!({"name": "till", "image": "till:1", "imagePullPolicy": "IfNotPresent"})), [""; 0]);
    let errors = container(json!({"name": "till", "image": "till:1", "args": ["x"]}));
    assert!(errors[0].starts_with("spec: Forbidden: pod updates may not change fields other than"), "{errors:?}");
    assert_eq!(
        errors_with(&pod, "/spec/tolerations", Some(json!([]))),
        ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"]
    );
    assert_eq!(
        errors_with(&pod, "/spec/initContainers", Some(json!([{"name": "init", "image": "init:1"}]))),
        ["spec.initContainers: Forbidden: pod updates may not add or remove containers"]
    );
    assert_eq!(errors_with(&pod, "/spec/restartPolicy", Some(json!("Always"))), [""; 0]);
}

#[test]
fn a_service_keeps_its_address() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"},
        "spec": {"clusterIP": "10.0.0.9", "ports": [{"port": 80}]},
    });
    assert_eq!(
        errors_with(&service, "/spec/clusterIP", Some(json!("10.0.0.8"))),
        ["spec.clusterIPs[0]: Invalid value: [\"10.0.0.8\"]: may not change once set"]
    );
    assert_eq!(errors_with(&service, "/spec/clusterIP", None), [""; 0]);
    let allocated = with(&service, "/spec/clusterIP", None);
    assert_eq!(
        errors_with(&allocated, "/spec/clusterIP", Some(json!("None"))),
        ["spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set"]
    );
}

#[test]
fn a_claim_is_bound_to_its_spec() {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "books"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    assert_eq!(errors_with(&claim, "/spec/volumeName", Some(json!("disk"))), [""; 0]);
    assert_eq!(errors_with(&claim, "/spec/storageClassName", Some(json!("fast"))), [""; 0]);
    assert_eq!(errors_with(&claim, "/spec/resources/requests/storage", Some(json!("1024Mi"))), [""; 0]);
    let errors = errors_with(&claim, "/spec/resources/requests/storage", Some(json!("2Gi")));
    assert!(errors[0].starts_with("spec: Forbidden: spec is immutable after creation except resources.requests"));
    let mut bound = claim.clone();
    bound["status"] = json!({"phase": "Bound"});
    assert_eq!(errors_with(&bound, "/spec/resources/requests/storage", Some(json!("2Gi"))), [""; 0]);
}

#[test]
fn a_volume_keeps_its_source() {
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "disk"},
        "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}},
    });
    assert_eq!(errors_with(&volume, "/spec/capacity/storage", Some(json!("2Gi"))), [""; 0]);
    assert_eq!(
        errors_with(&volume, "/spec/hostPath/path", Some(json!("/b"))),
        ["spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"]
    );
}

#[test]
fn a_job_keeps_its_template_unless_suspended() {
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "tally"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}},
    });
    let errors = errors_with(&job, "/spec/template/spec/nodeSelector", Some(json!({"disk": "ssd"})));
    assert!(errors[0].ends_with("field is immutable") && errors[0].starts_with("spec.template: Invalid value:"));
    let suspended = with(&job, "/spec/suspend", Some(json!(true)));
    assert_eq!(errors_with(&suspended, "/spec/template/spec/nodeSelector", Some(json!({"disk": "ssd"}))), [""; 0]);
    assert_eq!(errors_with(&job, "/spec/parallelism", Some(json!(4))), [""; 0]);
    assert_eq!(
        errors_with(&job, "/spec/completions", Some(json!(4))),
        ["spec.completions: Invalid value: 4: field is immutable"]
    );
}

#[test]
fn ranges_of_a_node_stay() {
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "10.1.0.0/24"},
    });
    assert_eq!(errors_with(&node, "/spec/podCIDR", None), [""; 0]);
    assert_eq!(
        errors_with(&node, "/spec/podCIDR", Some(json!("10.2.0.0/24"))),
        ["spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid"]
    );
}

#[test]
fn a_second_range_may_be_added_to_a_service_cidr() {
    let ranges = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"},
        "spec": {"cidrs": ["10.1.0.0/24"]},
    });
    assert_eq!(errors_with(&ranges, "/spec/cidrs", Some(json!(["10.1.0.0/24", "fd00::/64"]))), [""; 0]);
    assert_eq!(
        errors_with(&ranges, "/spec/cidrs", Some(json!(["10.2.0.0/24"]))),
        ["spec.cidrs[0]: Invalid value: \"10.2.0.0/24\": field is immutable"]
    );
}

#[test]
fn what_the_server_filled_in_from_another_field_stays() {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "copy"},
        "spec": {"accessModes": ["ReadWriteOnce"], "dataSource": {"kind": "PersistentVolumeClaim", "name": "books"}},
    });
    assert_eq!(errors_with(&claim, "/spec/dataSource", None), [""; 0]);
    assert_eq!(errors_with(&claim, "/spec/dataSource/name", Some(json!("maps"))).len(), 1);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "till"},
        "spec": {"serviceAccountName": "clerk", "containers": [{"name": "till", "image": "till:1"}]},
    });
    assert_eq!(errors_with(&pod, "/spec/serviceAccountName", None), [""; 0]);
    assert_eq!(errors_with(&pod, "/spec/serviceAccount", Some(json!("cook"))), [""; 0]);
    assert_eq!(errors_with(&pod, "/spec/serviceAccountName", Some(json!("cook"))).len(), 1);
}

#[test]
fn a_pointer_to_nothing_is_something() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "till"},
        "spec": {"containers": [{"name": "till", "image": "till:1"}]},
    });
    assert_eq!(errors_with(&pod, "/spec/affinity", Some(json!({}))).len(), 1);
    assert_eq!(errors_with(&pod, "/spec/hostNetwork", Some(json!(false))), [""; 0]);
    assert_eq!(errors_with(&pod, "/spec/volumes", Some(json!([]))), [""; 0]);
}

#[test]
fn a_service_loses_what_its_type_has_no_use_for() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"},
        "spec": {"type": "NodePort", "externalTrafficPolicy": "Local", "clusterIP": "10.0.0.9",
            "ports": [{"port": 80, "nodePort": 30080}]},
    });
    let new = with(&with(&service, "/spec/type", None), "/spec/clusterIP", None);
    let merged = merged(&service, &new, ClientSide).expect("a change");
    assert_eq!(merged["spec"], json!({"clusterIP": "10.0.0.9", "ports": [{"port": 80}]}));
}

#[test]
fn string_data_has_become_data() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "immutable": true, "stringData": {"a": "x"},
    });
    let new = with(&secret, "/stringData", None);
    let merged = merged(&secret, &new, ClientSide).expect("a change");
    assert_eq!(merged["data"], json!({"a": "eA=="}));
    assert_eq!(errors_with(&secret, "/stringData", None), [""; 0]);
    assert_eq!(errors_with(&secret, "/stringData", Some(json!({"a": "y"}))).len(), 1);
}

#[test]
fn a_patch_brings_in_the_low_bits_of_an_integer() {
    let new = with(&deployment(), "/spec/replicas", Some(json!(2_147_483_648_i64)));
    let merged = merged(&deployment(), &new, ClientSide).expect("a change");
    assert_eq!(merged["spec"]["replicas"], -2_147_483_648_i64);
}

#[test]
fn a_request_for_a_certificate_is_never_changed() {
    let request = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "me"},
        "spec": {"signerName": "example.com/signer", "request": "eA==", "usages": ["any"]},
    });
    let new = with(&request, "/spec/signerName", Some(json!("nobody")));
    let merged = merged(&request, &new, ClientSide).expect("a change");
    assert_eq!(merged["spec"], request["spec"]);
}

#[test]
fn what_the_server_stores_in_other_words_is_sent_again() {
    let again = |object: &Value| merged(object, object, ClientSide).is_some();
    let budget = |spec: Value| json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "shop"}, "spec": spec});
    assert!(!again(&budget(json!({"maxUnavailable": 0}))));
    assert!(again(&budget(json!({"maxUnavailable": 0, "selector": {"matchLabels": {"app": "shop"}}}))));
    let pod = |spec: Value| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "till"}, "spec": spec});
        pod["spec"]["containers"] = json!([{"name": "till", "image": "till:1", "ports": [{"containerPort": 80}]}]);
        pod
    };
    assert!(!again(&pod(json!({}))));
    assert!(again(&pod(json!({"hostNetwork": false}))));
    assert!(!again(&pod(json!({"automountServiceAccountToken": false}))));
    assert!(again(&pod(json!({"tolerations": []}))));
    assert!(!again(&pod(json!({"overhead": {"cpu": "1"}}))));
    assert!(again(&pod(json!({"overhead": {"cpu": "1000m"}}))));
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "shop"},
        "addressType": "IPv4", "endpoints": [{"addresses": ["192.0.2.10"]}],
    });
    assert!(again(&slice));
}

#[test]
fn server_side_apply_leaves_defaults_behind() {
    let new = with(&deployment(), "/spec/strategy", Some(json!({"type": "Recreate"})));
    let strategy = |patch| merged(&deployment(), &new, patch).expect("a change")["spec"]["strategy"].clone();
    assert_eq!(strategy(ClientSide), json!({"type": "Recreate"}));
    let left = json!({"maxSurge": "25%", "maxUnavailable": "25%"});
    assert_eq!(strategy(SERVER_SIDE), json!({"type": "Recreate", "rollingUpdate": left}));
}

#[test]
fn changed_integers_of_custom_resources_pass_through_floats() {
    let ship = |berth: i64, log: Value| {
        json!({"apiVersion": "dock.example/v1", "kind": "Ship", "metadata": {"name": "argo"},
            "spec": {"berth": berth, "log": log}})
    };
    let large = 9_007_199_254_740_993_i64;
    let live = ship(large, json!([1]));
    let new = ship(large, json!([large, {"mark": i64::MAX}]));
    let changed = merged(&live, &new, ClientSide).expect("a change");
    assert_eq!(changed["spec"]["berth"], json!(large));
    assert_eq!(changed["spec"]["log"], json!([large - 1, {"mark": 9_223_372_036_854_775_808.0}]));
    let applied = merged(&live, &new, SERVER_SIDE).expect("a change");
    assert_eq!(applied["spec"]["log"], new["spec"]["log"]);
}

#[test]
fn defaults_of_a_custom_resource_are_merged_with_but_were_not_applied() {
    let ship = |spec: Value| json!({"apiVersion": "dock.example/v1", "kind": "Ship", "metadata": {"name": "argo"}, "spec": spec});
    let (manifest, live) = (ship(json!({"mast": 1})), ship(json!({"mast": 1, "keel": {"wood": "oak", "tar": true}})));
    let changed = merged_into(&live, &manifest, &ship(json!({"keel": {"tar": false}}))).expect("a change");
    assert_eq!(changed["spec"], json!({"keel": {"wood": "oak", "tar": false}}));
    assert_eq!(merged_into(&live, &manifest, &manifest), None);
}
