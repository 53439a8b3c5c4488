//! What the rules across objects look at: the set, what is known around it, and whether what is not known may exist.
//!
//! Apart because "is it there?" has one answer for all rules, and most false alarms come from answering it twice.

use super::elsewhere::Elsewhere;
use super::index::{Index, Member};
use super::named::{Named, names_in};
use crate::apply::{Identity, SYSTEM_NAMESPACES, SYSTEM_PRIORITY_CLASSES, Together};
use crate::finding::Level;
use crate::object::{External, Object};
use crate::schema::Minor;
use rayon::prelude::*;
use std::collections::HashSet;

/// A set and its surroundings.
#[derive(Debug)]
pub struct Scene<'s> {
    /// The objects of the set, in the order in which they are sent, and those of the cluster where it is shown.
    pub set: Index<'s>,
    /// Everything else that the repository holds, as written.
    repository: &'s dyn Elsewhere,
    /// Whether what is found neither in the set nor in the cluster is missing.
    pub closed: bool,
    /// Which files are known to be applied in one run.
    pub together: &'s Together,
    /// The API server's minor.
    pub minor: Minor,
    /// Objects that are there though no file says so.
    pub externals: &'s [External],
    /// What was live, and is deleted when the set is applied.
    pub gone: Option<&'s HashSet<Identity>>,
    /// Every field of the set's objects that names another object.
    pub names: Vec<Named<'s>>,
}

/// Whether another object is there.
#[derive(Clone, Copy, Debug)]
pub enum Presence<'s> {
    /// The set brings it, or the cluster has it.
    There(&'s Member<'s>),
    /// Something of the set or the repository makes it.
    Made(&'s Member<'s>),
    /// Another part of the repository has it; whether that is applied nobody says.
    Elsewhere(&'s Member<'s>),
    /// Every cluster has it, or somebody says that this one does.
    System,
    /// It was there, and the apply of the set deletes it.
    Deleted,
    /// The cluster was shown, and it is neither there nor in the set.
    Missing,
    /// It is nowhere in the repository; the cluster may have it.
    NotFound,
}

impl Presence<'_> {
    /// Whether it is known not to be there, or known nowhere.
    pub const fn is_absent(self) -> bool {
        matches!(self, Presence::Deleted | Presence::Missing | Presence::NotFound)
    }
}

impl<'s> Scene<'s> {
    /// A scene.
    pub fn new(
        set: Index<'s>,
        repository: &'s dyn Elsewhere,
        closed: bool,
        together: &'s Together,
        minor: Minor,
    ) -> Self {
        let own = set.members().par_iter().filter(|member| member.is_of_the_set);
        let names = own.flat_map_iter(names_in).collect();
        Self { set, repository, closed, together, minor, externals: &[], gone: None, names }
    }

    /// Everything else that the repository holds, as written. The first who asks pays for it: ask the set first.
    pub fn repository(&self) -> &'s Index<'s> {
        self.repository.index()
    }

    /// Whether an object is there; `namespace` is none where nobody says which.
    pub fn presence(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Presence<'_> {
        if let Some(member) = self.set.find(group, kind, namespace, name) {
            return Presence::There(member);
        }
        let maker = self.set.maker(group, kind, namespace, name);
        if let Some(maker) = maker.or_else(|| self.repository().maker(group, kind, namespace, name)) {
            return Presence::Made(maker);
        }
        let is_external = self.externals.iter().any(|external| external.is(group, kind, namespace, name));
        if is_external || is_everywhere(group, kind, namespace.unwrap_or_default(), name) {
            return Presence::System;
        }
        let is_deleted = |gone: &HashSet<Identity>| {
            !gone.is_empty()
                && gone.contains(&Identity {
                    group: group.to_owned(),
                    kind: kind.to_owned(),
                    namespace: namespace.unwrap_or_default().to_owned(),
                    name: name.to_owned(),
                })
        };
        if self.gone.is_some_and(is_deleted) {
            return Presence::Deleted;
        }
        match self.repository().find(group, kind, namespace, name) {
            _ if self.closed => Presence::Missing,
            Some(member) => Presence::Elsewhere(member),
            None => Presence::NotFound,
        }
    }

    /// Whether what a field names is there.
    pub fn presence_of(&self, named: &Named<'_>) -> Presence<'_> {
        self.presence(named.group, named.kind, named.namespace, named.name)
    }

    /// Whether two objects may be held against each other: one run surely applies both, or the cluster has one of them.
    ///
    /// Where nobody said what is applied together, only what stands in one file is. That two files beside each other want
    /// one place is a sign that they are there to choose from (`hpa.yaml`, `hpa-gpu.yaml`).
    pub fn are_surely_together(&self, one: &Member<'_>, other: &Member<'_>) -> bool {
        let (first, second) = (one.object.origin.file, other.object.origin.file);
        !self.together.is_guess() || first == second || !one.is_of_the_set || !other.is_of_the_set
    }

    /// Whether two objects may be rivals: [`Scene::are_surely_together`], and not the same object, written down twice.
    pub fn are_rivals(&self, one: &Member<'_>, other: &Member<'_>) -> bool {
        self.are_surely_together(one, other) && !one.is_same_as(other)
    }

    /// Whether one object may be held against another that it names or selects: both are known to be applied in one run.
    pub fn are_known_together(&self, one: &Member<'_>, other: &Member<'_>) -> bool {
        self.together.knows(one.object.origin.file, other.object.origin.file)
    }

    /// The level of what one object says of another: a warning where they are known to be applied together.
    pub fn level_between(&self, one: &Object, other: &Object) -> Level {
        if self.together.knows(one.origin.file, other.origin.file) { Level::Warning } else { Level::Advice }
    }

    /// Whether the set itself makes the namespace: then nothing is in it but what is applied.
    pub fn makes_namespace(&self, namespace: &str) -> bool {
        self.set.find("", "Namespace", None, namespace).is_some_and(|member| member.is_of_the_set)
    }

    /// Whether the set makes the namespace, and nothing that is applied is known to make further objects in it.
    pub fn shows_whole_namespace(&self, namespace: &str) -> bool {
        !SYSTEM_NAMESPACES.contains(&namespace)
            && self.makes_namespace(namespace)
            && [&self.set, self.repository()]
                .iter()
                .all(|known| !known.makes_anything() && !known.has_unknown_makers(namespace))
    }
}

/// Whether every cluster has an object. Sources: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`,
/// `pkg/controller/certificates/rootcacertpublisher`, `pkg/controller/serviceaccount`, `pkg/apis/scheduling/v1/helpers.go`,
/// `pkg/apis/flowcontrol/bootstrap`, `pkg/controlplane`, `cmd/kube-controller-manager/names` (1.36); `AppProject`:
/// `util/settings` of Argo CD.
fn is_everywhere(group: &str, kind: &str, namespace: &str, name: &str) -> bool {
    match (group, kind) {
        ("", "Namespace") => SYSTEM_NAMESPACES.contains(&name),
        ("", "ConfigMap") => {
            // Istio puts the second into every namespace, as the controller manager does the first.
            matches!(name, "kube-root-ca.crt" | "istio-ca-root-cert")
                || (namespace == "kube-system"
                    && matches!(
                        name,
                        "extension-apiserver-authentication" | "kube-apiserver-legacy-service-account-token-tracking"
                    ))
                || (namespace == "kube-public" && name == "cluster-info")
        }
        ("", "ServiceAccount") => name == "default" || (namespace == "kube-system" && is_of_a_controller(name)),
        ("", "Service") => matches!((namespace, name), ("default", "kubernetes") | ("kube-system", "kube-dns")),
        ("scheduling.k8s.io", "PriorityClass") => SYSTEM_PRIORITY_CLASSES.contains(&name),
        ("rbac.authorization.k8s.io", "ClusterRole") => {
            matches!(name, "cluster-admin" | "admin" | "edit" | "view")
                || name.starts_with("system:")
                || name.starts_with("kubeadm:")
        }
        ("rbac.authorization.k8s.io", "Role") => {
            name.starts_with("system:")
                || name.starts_with("kubeadm:")
                || (namespace == "kube-system" && name == "extension-apiserver-authentication-reader")
        }
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => matches!(
            name,
            "exempt"
                | "catch-all"
                | "system"
                | "node-high"
                | "leader-election"
                | "workload-high"
                | "workload-low"
                | "global-default"
        ),
        ("argoproj.io", "AppProject") => name == "default",
        _ => false,
    }
}

/// Accounts of the controllers, which the controller manager makes for itself.
fn is_of_a_controller(name: &str) -> bool {
    name.ends_with("-controller")
        || matches!(
            name,
            "bootstrap-signer"
                | "token-cleaner"
                | "generic-garbage-collector"
                | "pod-garbage-collector"
                | "persistent-volume-binder"
                | "horizontal-pod-autoscaler"
                | "root-ca-cert-publisher"
                | "legacy-service-account-token-cleaner"
        )
}
