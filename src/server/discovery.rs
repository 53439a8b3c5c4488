//! What a cluster serves, and what is live in it: asked once each.
//!
//! Apart because kubectl maps kinds to paths by discovery before it sends anything, and the same answers serve the dry
//! run, the offline rules and the snapshot.

use super::wire::{NoReply, Path, Reply, Wire};
use crate::object::GroupVersionKind;
use crate::pipeline::Named;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A resource of a group and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub plural: String,
    pub kind: String,
    pub namespaced: bool,
    pub verbs: Vec<String>,
}

/// A cluster, and what it has told so far.
#[derive(Debug)]
pub(super) struct Cluster {
    pub wire: Wire,
    groups: Mutex<HashMap<String, Arc<Vec<Resource>>>>,
    live: Mutex<HashMap<Path, Arc<Reply>>>,
}

/// How many objects a page of a list has.
const PAGE: &str = "500";

impl Cluster {
    pub fn new(wire: Wire) -> Self {
        Self { wire, groups: Mutex::default(), live: Mutex::default() }
    }

    /// The resources of an `apiVersion`; none if it is not served.
    pub async fn resources(&self, api_version: &str) -> Result<Arc<Vec<Resource>>, NoReply> {
        // Held while asking: many objects of one group ask at once, and one answer does for all.
        let mut groups = self.groups.lock().await;
        if let Some(known) = groups.get(api_version) {
            return Ok(Arc::clone(known));
        }
        let reply = self.wire.read(&group_path(api_version), &[]).await?;
        let listed = reply.body["resources"].as_array().into_iter().flatten();
        let resources: Vec<Resource> = listed.filter_map(resource).collect();
        let resources = Arc::new(resources);
        groups.insert(api_version.to_owned(), Arc::clone(&resources));
        Ok(resources)
    }

    /// The resource of a kind, as written or all in lower case. Source: `restmapper/discovery.go` of client-go 1.36.
    pub async fn resource(&self, gvk: &GroupVersionKind) -> Result<Option<Resource>, NoReply> {
        let resources = self.resources(&gvk.api_version()).await?;
        let is_it = |one: &&Resource| one.kind == gvk.kind || one.kind.to_lowercase() == gvk.kind;
        Ok(resources.iter().find(is_it).cloned())
    }

    /// The live object.
    pub async fn live(&self, path: &Path) -> Result<Arc<Reply>, NoReply> {
        if let Some(known) = self.live.lock().await.get(path) {
            return Ok(Arc::clone(known));
        }
        let reply = Arc::new(self.wire.read(path, &[]).await?);
        self.live.lock().await.insert(path.clone(), Arc::clone(&reply));
        Ok(reply)
    }

    /// Every item of a list, page by page; or the answer, if it is a refusal.
    pub async fn list(&self, path: &Path) -> Result<Result<Vec<Value>, Reply>, NoReply> {
        let mut items = Vec::new();
        let mut more = String::new();
        loop {
            let mut query = vec![("limit", PAGE)];
            if !more.is_empty() {
                query.push(("continue", &more));
            }
            let mut reply = self.wire.read(path, &query).await?;
            if !reply.is_success() {
                return Ok(Err(reply));
            }
            if let Some(page) = reply.body["items"].as_array_mut() {
                items.append(page);
            }
            reply.body["metadata"]["continue"].as_str().unwrap_or_default().clone_into(&mut more);
            if more.is_empty() {
                return Ok(Ok(items));
            }
        }
    }
}

/// Where the resources of an `apiVersion` are.
pub(super) fn group_path(api_version: &str) -> Path {
    match api_version.split_once('/') {
        Some((group, version)) => Path::of(&["apis", group, version]),
        None => Path::of(&["api", api_version]),
    }
}

/// Where the objects of a resource are; `namespace` is the empty string for all namespaces.
pub(super) fn collection_path(api_version: &str, resource: &Resource, namespace: &str) -> Path {
    let group = group_path(api_version);
    if resource.namespaced && !namespace.is_empty() {
        return group.below("namespaces").below(namespace).below(&resource.plural);
    }
    group.below(&resource.plural)
}

/// Where an object is.
pub(super) fn object_path(object: &Named, resource: &Resource) -> Path {
    collection_path(&object.gvk.api_version(), resource, &object.namespace).below(&object.name)
}

fn resource(listed: &Value) -> Option<Resource> {
    let plural = listed["name"].as_str()?;
    // Subresources are no kinds of their own.
    if plural.contains('/') {
        return None;
    }
    let verbs = listed["verbs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some(Resource {
        plural: plural.to_owned(),
        kind: listed["kind"].as_str()?.to_owned(),
        namespaced: listed["namespaced"].as_bool().unwrap_or_default(),
        verbs: verbs.map(str::to_owned).collect(),
    })
}
