//! What `kubectl apply --prune` deletes of what is live, once a set is applied.
//!
//! Apart from the past of a set because nothing is compared here: what is live and not in the set is deleted or left, and
//! it is the flags that decide.

use super::past::identified;
use super::set::SetRequest;
use crate::apply::{self, ApplyOptions, Attempt, Collected, Identity, Method, Prune, State, World, Written};
use crate::change::{self, Applied, Gone, Known, Membership, Pruning};
use crate::finding::Finding;
use crate::object::{Object, Origin};
use crate::schema::Schema;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is live before the apply.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// What the cluster shows whole: a snapshot lacks annotations, and most labels.
    shown: HashMap<Identity, Arc<Object>>,
    /// What was last applied, each object once, in that order; what was refused is not among it.
    base: Vec<(Identity, Arc<Object>)>,
    /// Everything that is known to be live.
    all: HashSet<Identity>,
}

/// What is deleted.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// What is said of it, and of what was applied before and is left.
    pub(super) findings: Vec<Finding>,
    /// The objects that kubectl deletes, in its order.
    pub(super) objects: Vec<apply::Pruned>,
    /// All objects that are gone then, those of deleted namespaces too.
    pub(super) gone: HashSet<Identity>,
}

impl Live {
    /// What the cluster holds, and nothing else yet.
    pub(super) fn shown(world: &World, is_whole: impl Fn(&Object) -> bool) -> Self {
        let shown = world.objects().filter(|(_, object)| is_whole(object));
        Self {
            shown: shown.map(|(identity, object)| (identity.clone(), Arc::clone(object))).collect(),
            ..Self::default()
        }
    }

    /// Takes in what was last applied, now that it is live.
    pub(super) fn with_base(mut self, base: &[Collected], world: &World) -> Self {
        self.all = world.objects().map(|(identity, _)| identity.clone()).collect();
        let mut places = HashMap::new();
        for (object, identity) in base.iter().filter_map(identified) {
            if !self.all.contains(&identity) {
                continue;
            }
            let known = places.get(&identity).and_then(|place: &usize| self.base.get_mut(*place));
            if let Some(known) = known {
                known.1 = Arc::clone(object);
            } else {
                places.insert(identity.clone(), self.base.len());
                self.base.push((identity, Arc::clone(object)));
            }
        }
        self
    }

    /// The parent of an `ApplySet`, where it is shown.
    pub(super) fn parent(&self, prune: &Prune) -> Option<&Object> {
        match prune {
            Prune::Members(parent) => self.shown.get(&parent.identity()?).map(AsRef::as_ref),
            Prune::Applied { .. } => None,
        }
    }

    /// Keeps the label of an `ApplySet` in its members, where that is all that would change.
    pub(super) fn keep_labels(&self, own: &[Collected], attempts: &mut [Attempt]) {
        let is_member = |entry: &Collected| {
            let (_, identity) = identified(entry)?;
            self.shown.get(&identity).filter(|live| apply::was_applied_as_member(live)).map(|_| entry.origin)
        };
        let members: HashSet<Origin> = own.iter().filter_map(is_member).collect();
        attempts.iter_mut().filter(|attempt| members.contains(&attempt.origin)).for_each(apply::keep_label);
    }

    fn membership(&self, prune: &Prune, options: &ApplyOptions) -> Membership {
        let Prune::Members(parent) = prune else { return Membership::Assumed };
        match (self.parent(prune), parent.identity()) {
            (Some(live), _) => Membership::Told(parent.members(live)),
            (None, Some(identity)) if options.closed_world && !self.all.contains(&identity) => Membership::None,
            _ => Membership::Assumed,
        }
    }

    /// What the apply of a set deletes. `held` are all objects of its files, those too that a label selector leaves out.
    pub(super) fn prune(
        &self,
        prune: &Prune,
        own: &[Collected],
        held: &HashSet<Identity>,
        is_whole: bool,
        request: &SetRequest<'_>,
        options: &ApplyOptions,
    ) -> Pruned {
        let objects: Vec<change::Now<'_>> = own
            .iter()
            .filter_map(|entry| {
                let (object, identity) = identified(entry)?;
                let past = if self.all.contains(&identity) { change::Past::Untouched } else { change::Past::New };
                Some(change::Now { object, identity, past })
            })
            .collect();
        let still_there: HashSet<&Identity> = objects.iter().map(|now| &now.identity).collect();
        let visited = objects.iter().map(|now| now.identity.namespace.clone()).chain(options.namespace.clone());
        let unusable: Vec<&Collected> =
            own.iter().filter(|entry| !matches!(entry.state, State::Ready { .. })).collect();
        let may_be_held =
            |identity: &Identity| request.unread || unusable.iter().any(|entry| may_be(&entry.written, identity));
        let mut gone = self.gone(&still_there, held);
        gone.retain(|gone| !may_be_held(&gone.identity));
        let applied = Applied {
            prune,
            membership: self.membership(prune, options),
            visited: visited.collect(),
            is_whole,
            is_client_side: options.method != Method::KubectlServerSide,
        };
        let pruning = Pruning::new(applied, &gone);
        let mut deleted: Vec<&Gone<'_>> = gone.iter().filter(|gone| pruning.deletes(gone)).collect();
        deleted.sort_by_cached_key(|gone| pruning.place(&gone.identity));
        let scene = change::Scene {
            now: &objects,
            gone: &gone,
            method: options.method,
            syncers: &[],
            pruning: Some(&pruning),
            schema: Schema::of(options.minor),
        };
        let mut findings = change::departed(&scene);
        findings.retain(|finding| request.advice.lets_pass(finding.rule, finding.level));
        let with_namespaces = self.all.iter().filter(|identity| pruning.takes(identity));
        let gone = deleted.iter().map(|gone| &gone.identity).chain(with_namespaces).cloned().collect();
        let objects = deleted.into_iter().map(|gone| apply::Pruned {
            api_version: gone.object.gvk.api_version(),
            kind: gone.identity.kind.clone(),
            namespace: Some(gone.identity.namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: gone.identity.name.clone(),
        });
        Pruned { findings, objects: objects.collect(), gone }
    }

    /// What is live and not in the set.
    fn gone(&self, still_there: &HashSet<&Identity>, held: &HashSet<Identity>) -> Vec<Gone<'_>> {
        let is_gone = |identity: &Identity| !still_there.contains(identity);
        let before: HashSet<&Identity> = self.base.iter().map(|(identity, _)| identity).collect();
        let of_base = self.base.iter().filter(|(identity, _)| is_gone(identity)).map(|(identity, object)| Gone {
            object,
            identity: identity.clone(),
            path: "",
            live: self.shown.get(identity).map(AsRef::as_ref),
            known: if held.contains(identity) { Known::LeftOut } else { Known::Before },
        });
        let others = self.shown.iter().filter(|(identity, _)| is_gone(identity) && !before.contains(identity));
        let others = others.map(|(identity, object)| Gone {
            object,
            identity: identity.clone(),
            path: "",
            live: Some(object),
            known: if held.contains(identity) { Known::LeftOut } else { Known::Live },
        });
        of_base.chain(others).collect()
    }
}

/// Whether what kubectl makes no object of may be that one all the same, as far as it can be read.
fn may_be(written: &Written, identity: &Identity) -> bool {
    let Written { kind, name, .. } = written;
    (kind.is_empty() || kind.eq_ignore_ascii_case(&identity.kind)) && (name.is_empty() || *name == identity.name)
}
