//! The policies of a run, and which of them a set is held to.
//!
//! Apart because a policy is compiled once, and every set stands to it in its own way: it is in effect, the set itself
//! brings it, or another part of the repository does.

use super::policy::{Binding, GROUP, Policy, is_binding, is_policy, is_served};
use crate::object::view::View;
use crate::object::{GroupVersionKind, Object};
use crate::schema::Minor;
use crate::source::FileId;
use crate::yaml::NodeRef;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// The policies and bindings among objects, compiled.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// Policies.
    pub policies: Vec<Arc<Policy>>,
    /// Bindings.
    pub bindings: Vec<Arc<Binding>>,
    /// Policies that change objects, as far as something binds them here or elsewhere; they are not compiled.
    pub mutating: Vec<Arc<Object>>,
    /// The names of policies that bindings of such bind.
    pub bound: Vec<String>,
}

impl Compiled {
    /// Compiles what is among objects.
    pub fn of(objects: &[Object]) -> Self {
        let of = |kind: &'static str| {
            objects.iter().filter(move |object| object.gvk.kind == kind && object.gvk.group == GROUP)
        };
        Self {
            policies: objects.iter().filter(|object| is_policy(object)).map(|one| Arc::new(Policy::of(one))).collect(),
            bindings: objects
                .iter()
                .filter(|object| is_binding(object))
                .map(|one| Arc::new(Binding::of(one)))
                .collect(),
            mutating: of("MutatingAdmissionPolicy").map(|object| Arc::new(object.clone())).collect(),
            bound: of("MutatingAdmissionPolicyBinding")
                .map(|object| object.root().get("spec").text("policyName").to_owned())
                .collect(),
        }
    }
}

/// Where a policy, a binding or a parameter is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The cluster, or what was applied before.
    Live,
    /// `--policies`
    Given,
    /// The repository, or the set itself.
    Written,
}

/// Everything that policies are made of, from everywhere.
#[derive(Clone, Debug, Default)]
pub struct Library {
    policies: Vec<(Source, Arc<Policy>)>,
    bindings: Vec<(Source, Arc<Binding>)>,
    mutating: Vec<Arc<Object>>,
    bound: HashSet<String>,
    /// What policies may take for a parameter.
    pub(super) parameters: Vec<(Source, Object)>,
}

impl Library {
    /// Takes in the policies and bindings of a file.
    pub fn add(&mut self, source: Source, compiled: &Compiled) {
        self.policies.extend(compiled.policies.iter().map(|policy| (source, Arc::clone(policy))));
        self.bindings.extend(compiled.bindings.iter().map(|binding| (source, Arc::clone(binding))));
        if source != Source::Written {
            self.mutating.extend(compiled.mutating.iter().cloned());
            self.bound.extend(compiled.bound.iter().cloned());
        }
    }

    /// The policies in effect that change objects.
    pub fn mutating(&self) -> Vec<Arc<Object>> {
        self.mutating.iter().filter(|policy| self.bound.contains(&policy.name)).cloned().collect()
    }

    /// Whether any policy takes parameters.
    pub fn takes_parameters(&self) -> bool {
        self.policies.iter().any(|(_, policy)| policy.param_kind.is_some())
    }

    /// Takes in those of the objects that policies may take for a parameter.
    pub fn add_parameters(&mut self, source: Source, objects: &[Object]) {
        let kinds: HashSet<(&str, &str)> = self.policies.iter().filter_map(|(_, policy)| kind(policy)).collect();
        let found: Vec<_> = objects
            .iter()
            .filter(|object| kinds.contains(&(object.gvk.group.as_str(), object.gvk.kind.as_str())))
            .map(|object| (source, object.clone()))
            .collect();
        self.parameters.extend(found);
    }

    /// The policies that a set is held to on a server of a minor version; `own` are the files of the set.
    pub fn held(&self, own: &HashSet<FileId>, minor: Minor) -> Vec<Hook> {
        let mut hooks = Vec::new();
        let names: BTreeSet<&str> = self.policies.iter().map(|(_, policy)| policy.object.name.as_str()).collect();
        for name in names {
            let policies: Vec<&(Source, Arc<Policy>)> = self
                .policies
                .iter()
                .filter(|(_, policy)| policy.object.name == name && is_served(&policy.object, minor))
                .collect();
            let bindings: Vec<&(Source, Arc<Binding>)> = self
                .bindings
                .iter()
                .filter(|(_, binding)| binding.policy() == name && is_served(&binding.object, minor))
                .collect();
            hooks.extend(in_effect(&policies, &bindings));
            hooks.extend(to_come(&policies, &bindings, own));
        }
        hooks
    }
}

fn kind(policy: &Policy) -> Option<(&str, &str)> {
    policy.param_kind.as_ref().map(|GroupVersionKind { group, kind, .. }| (group.as_str(), kind.as_str()))
}

/// How a set stands to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in effect when the set is applied.
    InEffect,
    /// The set itself brings it: it takes effect at some time after it was applied.
    OfTheSet,
    /// Another part of the repository brings it.
    OfTheRepository,
}

/// A policy with what binds it.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The bindings; none stands for one that denies everywhere.
    pub bindings: Vec<Option<Arc<Binding>>>,
    /// How the set stands to it.
    pub standing: Standing,
}

/// What is there before the set: of what is both live and given, what is given.
fn in_effect(policies: &[&(Source, Arc<Policy>)], bindings: &[&(Source, Arc<Binding>)]) -> Option<Hook> {
    let (source, policy) = policies.iter().filter(|(source, _)| *source != Source::Written).max_by_key(|one| one.0)?;
    let mut by_name: BTreeMap<&str, &(Source, Arc<Binding>)> = BTreeMap::new();
    for binding in bindings.iter().filter(|(source, _)| *source != Source::Written) {
        let known = by_name.entry(&binding.1.object.name).or_insert(binding);
        if known.0 < binding.0 {
            *known = binding;
        }
    }
    let mut bound: Vec<Option<Arc<Binding>>> =
        by_name.into_values().map(|(_, binding)| Some(Arc::clone(binding))).collect();
    if bound.is_empty() {
        if *source != Source::Given {
            return None;
        }
        bound.push(None);
    }
    Some(Hook { policy: Arc::clone(policy), bindings: bound, standing: Standing::InEffect })
}

/// What the set or the repository brings.
fn to_come(
    policies: &[&(Source, Arc<Policy>)],
    bindings: &[&(Source, Arc<Binding>)],
    own: &HashSet<FileId>,
) -> Vec<Hook> {
    let is_own = |object: &Object| own.contains(&object.origin.file);
    let live_policy = policies.iter().filter(|(source, _)| *source != Source::Written).max_by_key(|one| one.0);
    let written = written(policies.iter().map(|(source, policy)| (*source, policy)), |policy| &policy.object, own);
    let Some(policy) = written.or(live_policy.map(|one| &one.1)) else { return Vec::new() };
    let is_new_policy = live_policy.is_none_or(|(_, live)| !is_same(&live.object, &policy.object));
    let names: BTreeSet<&str> = bindings.iter().map(|(_, binding)| binding.object.name.as_str()).collect();
    let (mut of_set, mut of_repository) = (Vec::new(), Vec::new());
    for name in names {
        let of_name = || bindings.iter().filter(|(_, binding)| binding.object.name == name);
        let live = of_name().filter(|(source, _)| *source != Source::Written).max_by_key(|one| one.0);
        let found = self::written(of_name().map(|(source, one)| (*source, one)), |binding| &binding.object, own);
        let Some(binding) = found.or(live.map(|one| &one.1)) else { continue };
        let is_new = is_new_policy || live.is_none_or(|(_, live)| !is_same(&live.object, &binding.object));
        if !is_new {
            continue;
        }
        let bound = Some(Arc::clone(binding));
        if is_own(&policy.object) || is_own(&binding.object) {
            of_set.push(bound);
        } else {
            of_repository.push(bound);
        }
    }
    [(of_set, Standing::OfTheSet), (of_repository, Standing::OfTheRepository)]
        .into_iter()
        .filter(|(bindings, _)| !bindings.is_empty())
        .map(|(bindings, standing)| Hook { policy: Arc::clone(policy), bindings, standing })
        .collect()
}

/// The one that the set brings, or else the one that the repository has; none where it has several that differ, as
/// overlays do: which of them is applied nobody says.
fn written<'l, T>(
    all: impl Iterator<Item = (Source, &'l Arc<T>)>,
    object: impl Fn(&T) -> &Object,
    own: &HashSet<FileId>,
) -> Option<&'l Arc<T>> {
    let written: Vec<&Arc<T>> = all.filter(|(source, _)| *source == Source::Written).map(|(_, one)| one).collect();
    if let Some(own) = written.iter().rfind(|one| own.contains(&object(one).origin.file)) {
        return Some(own);
    }
    let (first, rest) = written.split_first()?;
    rest.iter().all(|other| is_same(object(first), object(other))).then_some(*first)
}

fn is_same(one: &Object, other: &Object) -> bool {
    let spec = |object: &Object| object.root().get("spec").map(NodeRef::to_json);
    spec(one) == spec(other)
}
