use super::super::testing::{Scene, object};
use super::*;
use crate::apply::Mapping;
use crate::object::GroupVersionKind;
use crate::schema::{Minor, Schema};
use serde_json::{Value, json};

/// One quota of this name, limits and use in the cluster.
fn quota(spec: &Value, hard: &Value, used: &Value) -> Scene {
    let mut scene = Scene::closed();
    let quota = json!({"spec": spec, "status": {"hard": hard, "used": used}});
    scene.put("v1", "ResourceQuota", "quay", "share", &quota);
    scene
}

fn ask(scene: &mut Scene, kind: &str, live: Option<&Value>, spec: &Value) -> Option<String> {
    let kinds = crate::apply::Kinds::new(Schema::of(Minor(36)), true);
    let mapping = kinds.map(&GroupVersionKind::parse("v1", kind).expect("a kind"));
    assert!(matches!(mapping, Mapping::BuiltIn(_)));
    let asked = object("v1", kind, "tug", &json!({"spec": spec}));
    let live = live.map(|live| object("v1", kind, "tug", &json!({"spec": live})));
    let request = Request { object: &asked, live: live.as_ref(), mapping: &mapping, namespace: Some("quay") };
    match judge(request, scene.around()) {
        Ok(charges) => {
            scene.world.charge("quay", charges);
            None
        }
        Err(refusal) => Some(refusal.0),
    }
}

fn hull(resources: &Value) -> Value {
    json!({"containers": [{"name": "hull", "resources": resources}]})
}

#[test]
fn use_grows_along_the_apply() {
    let hard = json!({"pods": "5", "requests.cpu": "2"});
    let mut scene = quota(&json!({}), &hard, &json!({"pods": "1", "requests.cpu": "500m"}));
    let pod = hull(&json!({"requests": {"cpu": "750m"}}));
    assert_eq!(ask(&mut scene, "Pod", None, &pod), None);
    assert_eq!(ask(&mut scene, "Pod", None, &pod), None);
    assert_eq!(
        ask(&mut scene, "Pod", None, &pod).as_deref(),
        Some(
            "pods \"tug\" is forbidden: exceeded quota: share, requested: requests.cpu=750m, used: requests.cpu=2, \
             limited: requests.cpu=2"
        )
    );
}

#[test]
fn objects_are_counted() {
    let hard = json!({"secrets": "1", "count/configmaps": "0", "services.nodeports": "1"});
    let mut scene =
        quota(&json!({}), &hard, &json!({"secrets": "1", "count/configmaps": "0", "services.nodeports": "0"}));
    let mut said = |kind: &str, spec: &Value| ask(&mut scene, kind, None, spec).unwrap_or_default();
    assert_eq!(
        said("Secret", &json!({})),
        "secrets \"tug\" is forbidden: exceeded quota: share, requested: secrets=1, used: secrets=1, limited: secrets=1"
    );
    assert_eq!(
        said("ConfigMap", &json!({})),
        "configmaps \"tug\" is forbidden: exceeded quota: share, requested: count/configmaps=1, used: \
         count/configmaps=0, limited: count/configmaps=0"
    );
    let ports = json!({"type": "NodePort", "ports": [{"port": 1}, {"port": 2}]});
    assert_eq!(
        said("Service", &ports),
        "services \"tug\" is forbidden: exceeded quota: share, requested: services.nodeports=2, used: \
         services.nodeports=0, limited: services.nodeports=1"
    );
    assert_eq!(said("Service", &json!({"ports": [{"port": 1}]})), "");
    assert_eq!(said("ServiceAccount", &json!({})), "");
}

#[test]
fn a_claim_that_grows_takes_the_difference() {
    let hard = json!({"gold.storageclass.storage.k8s.io/requests.storage": "10Gi"});
    let used = json!({"gold.storageclass.storage.k8s.io/requests.storage": "8Gi"});
    let mut scene = quota(&json!({}), &hard, &used);
    let claim = |size: &str| json!({"storageClassName": "gold", "resources": {"requests": {"storage": size}}});
    assert_eq!(ask(&mut scene, "PersistentVolumeClaim", Some(&claim("8Gi")), &claim("9Gi")), None);
    assert_eq!(
        ask(&mut scene, "PersistentVolumeClaim", None, &claim("2Gi")).as_deref(),
        Some(
            "persistentvolumeclaims \"tug\" is forbidden: exceeded quota: share, requested: \
             gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: \
             gold.storageclass.storage.k8s.io/requests.storage=9Gi, limited: \
             gold.storageclass.storage.k8s.io/requests.storage=10Gi"
        )
    );
}

#[test]
fn scopes_choose_what_is_counted() {
    let none = json!({"pods": "0"});
    let said = |spec: Value, pod: &Value| ask(&mut quota(&spec, &none, &none), "Pod", None, pod);
    let refusal = "pods \"tug\" is forbidden: exceeded quota: share, requested: pods=1, used: pods=0, limited: pods=0";
    let resting = hull(&json!({}));
    assert_eq!(said(json!({"scopes": ["BestEffort"]}), &resting).as_deref(), Some(refusal));
    assert_eq!(said(json!({"scopes": ["NotBestEffort"]}), &resting), None);
    assert_eq!(said(json!({"scopes": ["Terminating"]}), &resting), None);
    let of_class = |operator: &str| {
        json!({"scopeSelector": {"matchExpressions": [
            {"scopeName": "PriorityClass", "operator": operator, "values": ["high"]},
        ]}})
    };
    let high = json!({"priorityClassName": "high", "containers": [{"name": "hull"}]});
    assert_eq!(said(of_class("In"), &high).as_deref(), Some(refusal));
    assert_eq!(said(of_class("In"), &resting), None);
    assert_eq!(said(of_class("NotIn"), &resting).as_deref(), Some(refusal));
}

#[test]
fn what_is_counted_must_be_given() {
    let spec = json!({
        "containers": [{"name": "hull", "resources": {"limits": {"cpu": "1"}}}, {"name": "radio"}],
        "initContainers": [{"name": "load"}],
    });
    let hard = json!({"limits.cpu": "30", "memory": "1Gi"});
    let used = json!({"limits.cpu": "0", "memory": "0"});
    assert_eq!(
        ask(&mut quota(&json!({}), &hard, &used), "Pod", None, &spec).as_deref(),
        Some(
            "pods \"tug\" is forbidden: failed quota: share: must specify limits.cpu for: load,radio; memory for: \
             hull,load,radio"
        )
    );
    let mut scene = quota(&json!({}), &json!({"limits.cpu": "30"}), &json!({"limits.cpu": "0"}));
    let range = json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}});
    scene.put("v1", "LimitRange", "quay", "bounds", &range);
    assert_eq!(ask(&mut scene, "Pod", None, &spec), None);
    let whole = json!({"containers": [{"name": "hull"}], "resources": {"requests": {"cpu": "1"}}});
    assert_eq!(ask(&mut quota(&json!({}), &json!({"cpu": "1"}), &json!({"cpu": "0"})), "Pod", None, &whole), None);
}

#[test]
fn a_quota_counts_by_its_status() {
    let mut scene = Scene::closed();
    scene.put("v1", "ResourceQuota", "quay", "share", &json!({"spec": {"hard": {"pods": "0"}}}));
    assert_eq!(ask(&mut scene, "Pod", None, &hull(&json!({}))), None);
    assert_eq!(
        ask(&mut quota(&json!({}), &json!({"pods": "1"}), &json!({})), "Pod", None, &hull(&json!({}))).as_deref(),
        Some("pods \"tug\" is forbidden: status unknown for quota: share, resources: pods")
    );
}
