//! Rules that a minor brought: what is refused from then on, and passed before.
//!
//! Apart because each of them is a line in another rule's file, and what matters is the minor.

use super::testing::findings_of;
use crate::finding::Level;
use crate::schema::Minor;
use serde_json::{Value, json};

fn refused(object: &Value, minor: u8) -> bool {
    findings_of(object, Minor(minor)).iter().any(|finding| finding.level == Level::Error)
}

fn assert_since(minor: u8, object: &Value) {
    assert!(!refused(object, minor - 1), "1.{} passes {object}", minor - 1);
    assert!(refused(object, minor), "1.{minor} refuses {object}");
}

fn stateful_set(change: impl Fn(&mut Value)) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "ledger"},
        "spec": {
            "serviceName": "ledger",
            "selector": {"matchLabels": {"app": "ledger"}},
            "template": {
                "metadata": {"labels": {"app": "ledger"}},
                "spec": {"containers": [{"name": "ledger", "image": "ledger:1"}]},
            },
        },
    });
    change(&mut object["spec"]);
    object
}

#[test]
fn pods_and_claims_of_stateful_sets() {
    assert_since(34, &stateful_set(|spec| spec["template"]["spec"]["containers"][0]["name"] = "Ledger".into()));
    assert_since(34, &stateful_set(|spec| spec["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}}])));
    assert_since(33, &stateful_set(|spec| spec["serviceName"] = "the ledger".into()));
    // Labels of the template always were.
    assert!(refused(&stateful_set(|spec| spec["template"]["metadata"]["labels"]["shelf"] = "two words".into()), 25));
}

#[test]
fn jobs() {
    let job = |field: &str, value: Value| {
        json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "tally"},
            "spec": {
                field: value,
                "template": {
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "tally", "image": "tally:1"}]},
                },
            },
        })
    };
    assert_since(32, &job("managedBy", "nobody".into()));
    assert_since(31, &job("successPolicy", json!({"rules": []})));
}

#[test]
fn revisions_services_and_slices() {
    assert_since(
        31,
        &json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"}, "revision": 1, "data": "text"}),
    );
    assert_since(
        31,
        &json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "pier"},
            "spec": {"ports": [{"port": 80}], "trafficDistribution": "PreferFar"},
        }),
    );
    assert_since(
        33,
        &json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "pier"},
            "addressType": "IPv6", "endpoints": [{"addresses": ["2001:DB8::1"]}],
        }),
    );
}

#[test]
fn volumes_and_claims() {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "hold"},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
            "volumeAttributesClassName": "Fast!",
        },
    });
    assert_since(34, &claim);
    let terms = json!([{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["the west"]}]}]);
    assert_since(
        33,
        &json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "hold"},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/hold"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
            },
        }),
    );
}
