//! What a cluster holds around the objects of a set: enough for the offline rules to judge what a dry run cannot see.
//!
//! Apart from the snapshot, which keeps what any set may need: here only the namespaces, kinds and objects that the set
//! speaks of are looked at, with the rights that an apply needs. What may not be seen is told, and left open.

use super::discovery::{Cluster, collection_path, object_path};
use super::wire::{NoReply, Path};
use crate::pipeline::{Around, Named};
use crate::schema::{Minor, Schema};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Looks around the objects.
pub(super) async fn look(cluster: Arc<Cluster>, objects: Vec<Named>) -> Around {
    let mut seen = Seen::default();
    let objects: BTreeSet<Named> = objects.into_iter().collect();
    if let Err(no_reply) = seen.look(&cluster, &objects).await {
        seen.unseen.push(("what the cluster holds".to_owned(), no_reply.to_string()));
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": seen.items});
    Around { list: format!("{list:#}\n"), unseen: seen.unseen }
}

#[derive(Default)]
struct Seen {
    items: Vec<Value>,
    unseen: Vec<(String, String)>,
}

impl Seen {
    async fn look(&mut self, cluster: &Arc<Cluster>, objects: &BTreeSet<Named>) -> Result<(), NoReply> {
        let mut paths = BTreeSet::new();
        let mut namespaces = BTreeSet::new();
        let mut crds = BTreeSet::new();
        for object in objects {
            let Some(resource) = cluster.resource(&object.gvk).await? else { continue };
            let mut object = object.clone();
            if resource.namespaced {
                namespaces.insert(object.namespace.clone());
            } else {
                object.namespace.clear();
            }
            if !object.name.is_empty() {
                paths.insert((object_path(&object, &resource), object.gvk.kind.clone()));
            }
            if !Schema::of(Minor::LATEST).group_exists(&object.gvk.group) {
                crds.insert(format!("{}.{}", resource.plural, object.gvk.group));
            }
        }
        let core = Path::of(&["api", "v1"]);
        for namespace in &namespaces {
            paths.insert((core.below("namespaces").below(namespace), "Namespace".to_owned()));
        }
        let definitions = Path::of(&["apis", "apiextensions.k8s.io", "v1", "customresourcedefinitions"]);
        for name in &crds {
            paths.insert((definitions.below(name), "CustomResourceDefinition".to_owned()));
        }
        self.read_all(cluster, paths).await?;
        for (kind, plural) in [("ResourceQuota", "resourcequotas"), ("LimitRange", "limitranges")] {
            for namespace in &namespaces {
                let path = core.below("namespaces").below(namespace).below(plural);
                self.list(cluster, &path, kind, "v1").await?;
            }
        }
        if objects.iter().any(|object| object.gvk.group.is_empty() && object.gvk.kind == "Service") {
            self.list(cluster, &core.below("services"), "Service", "v1").await?;
            let networking = "networking.k8s.io/v1";
            let served = cluster.resources(networking).await?;
            if let Some(ranges) = served.iter().find(|resource| resource.kind == "ServiceCIDR") {
                let path = collection_path(networking, ranges, "");
                self.list(cluster, &path, "ServiceCIDR", networking).await?;
            }
        }
        Ok(())
    }

    /// Reads objects; what is not there is no part of the cluster.
    async fn read_all(&mut self, cluster: &Arc<Cluster>, paths: BTreeSet<(Path, String)>) -> Result<(), NoReply> {
        let turns = Arc::new(Semaphore::new(super::AT_ONCE));
        let tasks: Vec<_> = paths
            .into_iter()
            .map(|(path, kind)| {
                let (cluster, turns) = (Arc::clone(cluster), Arc::clone(&turns));
                tokio::spawn(async move {
                    let _turn = turns.acquire().await;
                    (cluster.live(&path).await, path, kind)
                })
            })
            .collect();
        for task in tasks {
            let Ok((read, path, kind)) = task.await else { continue };
            let reply = read?;
            if reply.is_success() {
                self.keep(reply.body.clone());
            } else if reply.status != 404 {
                let name = path.as_str().rsplit('/').next().unwrap_or_default();
                self.unseen.push((format!("{kind} {name}"), reply.message()));
            }
        }
        Ok(())
    }

    async fn list(&mut self, cluster: &Cluster, path: &Path, kind: &str, api_version: &str) -> Result<(), NoReply> {
        match cluster.list(path).await? {
            Ok(items) => {
                for mut item in items {
                    // The items of a list do not say what they are.
                    item["apiVersion"] = json!(api_version);
                    item["kind"] = json!(kind);
                    self.keep(item);
                }
            }
            // The namespace may still be to come.
            Err(reply) if reply.status == 404 => {}
            Err(reply) => self.unseen.push((format!("every {kind}"), reply.message())),
        }
        Ok(())
    }

    fn keep(&mut self, object: Value) {
        let identity = |object: &Value| {
            let metadata = &object["metadata"];
            (object["kind"].clone(), metadata["namespace"].clone(), metadata["name"].clone())
        };
        if !self.items.iter().any(|other| identity(other) == identity(&object)) {
            self.items.push(object);
        }
    }
}
