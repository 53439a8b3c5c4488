//! Servers that every update takes down.

use super::ground::{Ground, Pod};
use super::single_replica::is_a_server;
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::server_rules::content::int_or_percent::IntOrPercent;

/// An update that stops all pods before it starts one.
pub(super) static RULE: Rule = Rule {
    id: "reliability/rolling-update",
    level: Level::Advice,
    summary: "an update takes all pods of a Service down at once",
    why: "the old pods are stopped before a new one is ready: the Service has no endpoints for as long as the new image takes to pull and to start, and for good if it does not start",
    docs: include_str!("rolling-update.md"),
};

/// Looks at the Deployments that Services of the set lead to.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in ground.pods.iter().filter(|pod| is_a_server(pod) && pod.workload.replicas != Some(0)) {
        let Some(service) = ground.services(pod).first() else { continue };
        let field = if is_recreated(pod) {
            ["spec", "strategy", "type"].as_slice()
        } else if may_all_be_down(ground, pod) {
            ["spec", "strategy", "rollingUpdate", "maxUnavailable"].as_slice()
        } else {
            continue;
        };
        if cannot_run_twice(ground, pod) {
            continue;
        }
        let message = format!("an update of {} leaves {} without pods", pod.member().title(), service.title());
        found.push(
            pod.advise(&RULE, message, FieldPath::of(field))
                .with_label(service.place(&FieldPath::of(&["spec", "selector"])), "requests come through it")
                .with_help("leave `strategy` out: by default an update stops a pod when another one is ready"),
        );
    }
    found
}

/// Whether all pods are stopped before new ones are made.
pub(super) fn is_recreated(pod: &Pod<'_>) -> bool {
    pod.member().spec().and_then(|spec| spec.get("strategy")).text("type") == "Recreate"
}

/// Whether a rolling update may stop all pods at once.
fn may_all_be_down(ground: &Ground<'_>, pod: &Pod<'_>) -> bool {
    let strategy = pod.member().spec().and_then(|spec| spec.at(&["strategy", "rollingUpdate"]));
    let pods = ground.least_pods(pod).unwrap_or(1);
    strategy.and_then(|strategy| strategy.get("maxUnavailable")).is_some_and(|most| match IntOrPercent::of(most) {
        IntOrPercent::Int(count) => count >= pods,
        text @ IntOrPercent::Text(_) => text.number() >= 100,
    })
}

/// Whether something keeps two of the pods from running beside each other: a disk, a port of the node, its network.
pub(super) fn cannot_run_twice(ground: &Ground<'_>, pod: &Pod<'_>) -> bool {
    let set = &ground.scene.set;
    let is_for_one = |claim: &str| {
        let found = set.find("", "PersistentVolumeClaim", pod.member().namespace, claim);
        // A claim that nobody shows is most often a disk.
        found.is_none_or(|claim| {
            !claim.spec().list("accessModes").iter().any(|mode| mode.as_str() == Some("ReadWriteMany"))
        })
    };
    let has_disk = pod.volumes().any(|(_, volume)| {
        volume.get("persistentVolumeClaim").text_pointer("claimName").is_some_and(is_for_one)
            || [
                "hostPath",
                "gcePersistentDisk",
                "awsElasticBlockStore",
                "azureDisk",
                "cinder",
                "iscsi",
                "rbd",
                "fc",
                "ephemeral",
            ]
            .iter()
            .any(|source| volume.has(source))
    });
    let takes_port = || {
        let mut ports = pod.lasting_containers().flat_map(|container| container.node.list("ports"));
        ports.any(|port| port.int("hostPort").is_some_and(|port| port != 0))
    };
    has_disk || pod.spec.flag("hostNetwork") || takes_port() || has_state(pod)
}

/// Programs that keep data: two of them are two stores, unless somebody makes them one.
const STORES: [&str; 34] = [
    "arangodb",
    "cassandra",
    "clickhouse",
    "cockroach",
    "consul",
    "couchbase",
    "couchdb",
    "elasticsearch",
    "etcd",
    "grafana",
    "influxdb",
    "jenkins",
    "kafka",
    "loki",
    "mariadb",
    "memcached",
    "minio",
    "mongo",
    "mssql",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "percona",
    "postgis",
    "postgres",
    "prometheus",
    "rabbitmq",
    "redis",
    "rethinkdb",
    "seaweedfs",
    "valkey",
    "vault",
    "zookeeper",
];

/// Whether the image of a container is that of a program that keeps data.
fn has_state(pod: &Pod<'_>) -> bool {
    pod.lasting_containers().any(|container| {
        let image = container.node.text("image");
        let name = image.rsplit('/').next().unwrap_or_default();
        let name = name.split([':', '@']).next().unwrap_or_default();
        let mut words = name.split(['-', '_', '.']);
        let is_store = words.clone().any(|word| STORES.iter().any(|store| word.starts_with(store)));
        // An exporter of numbers about a store is none; `orders-db` is one.
        (is_store && !name.contains("exporter")) || name == "registry" || words.next_back() == Some("db")
    })
}
