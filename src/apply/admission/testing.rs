//! Small worlds for the tests of the plugins.
//!
//! Apart because every plugin's tests put objects into a cluster first.

use super::Surroundings;
use crate::apply::world::Identity;
use crate::apply::{Together, World};
use crate::object::{GroupVersionKind, Object, Origin};
use crate::source::FileId;
use crate::yaml::TreeBuilder;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// An object with this content in the namespace of the tests.
pub fn object(api_version: &str, kind: &str, name: &str, value: &Value) -> Object {
    let mut builder = TreeBuilder::new("".into());
    let root = builder.json(value);
    let tree = Arc::new(builder.finish(root));
    Object {
        origin: Origin { file: FileId(0), document: 0, item: None },
        gvk: GroupVersionKind::parse(api_version, kind).expect("a kind"),
        namespace: "quay".to_owned(),
        name: name.to_owned(),
        node: tree.root().index(),
        tree,
    }
}

/// A cluster, and an apply that brings nothing.
pub struct Scene {
    pub world: World,
    set: HashMap<Identity, Arc<Object>>,
    together: Together,
}

impl Scene {
    /// A cluster in which nothing is that is not put there.
    pub fn closed() -> Self {
        Self { world: World::new(true), set: HashMap::new(), together: Together::All }
    }

    /// Puts an object into the cluster.
    pub fn put(&mut self, api_version: &str, kind: &str, namespace: &str, name: &str, value: &Value) {
        let object = object(api_version, kind, name, value);
        let identity = Identity {
            group: object.gvk.group.clone(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        self.world.put(identity, Arc::new(object));
    }

    /// What an object meets.
    pub fn around(&self) -> Surroundings<'_> {
        Surroundings { world: &self.world, set: &self.set, together: &self.together }
    }
}
