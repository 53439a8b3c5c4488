//! The apply itself, object by object.
//!
//! Apart because here and nowhere else the order of things matters. Source: `pkg/cmd/apply/apply.go` of kubectl 1.36,
//! and for the other tools the files named in `order`.

use super::admission::{self, Refusal, Request, Surroundings, resource_quota};
use super::collect::{Collected, State};
use super::kinds::Mapping;
use super::options::ApplyOptions;
use super::order::{self, Sorted, flux_stage};
use super::world::{Identity, World};
use super::{Attempt, Method, Outcome, allocation, names};
use crate::finding::Finding;
use crate::object::view::View;
use crate::object::{FieldChange, Object};
use crate::source::FileId;
use std::collections::HashMap;
use std::sync::Arc;

/// What the rules say of one object on its own.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// The server cannot decode it; its answer.
    pub undecodable: Option<String>,
    /// The server's validation refuses it; its answer.
    pub invalid: Option<String>,
    /// All that is wrong with it.
    pub findings: Vec<Finding>,
    /// Whether a catalogue's schema judged its fields, where no CRD is known.
    pub by_catalog: bool,
}

/// What the rules say of a change to a live object.
#[derive(Clone, Debug, Default)]
pub struct UpdateJudgement {
    /// What the server holds afterwards; none if nothing would be sent.
    pub merged: Option<Object>,
    /// The refusal and its findings.
    pub judgement: Judgement,
    /// What changes in the live object.
    pub changes: Vec<FieldChange>,
}

/// The rules, as the simulation asks them.
pub trait Judges {
    /// Judges an object that is created in this namespace.
    fn create(&self, entry: usize) -> &Judgement;
    /// Judges an object that is sent while another of its identity is live.
    fn update(&self, entry: usize, object: &Object, live: &Object) -> UpdateJudgement;
    /// Whether the object is as it was when it was last applied, so that nothing is sent.
    fn is_untouched(&self, _entry: usize) -> bool {
        false
    }
    /// Judges what depends on the labels of the namespace: the server's answer where it refuses the object for it, and
    /// what was found.
    fn in_namespace(&self, object: &Object, namespace: &Object) -> (Option<String>, Vec<Finding>);
    /// Asks the admission policies about an object that is created or changed: the server's answer where one refuses it,
    /// and what was found.
    fn policies(&self, entry: usize, request: Request<'_>, world: &World) -> (Option<String>, Vec<Finding>);
}

/// Applies what was collected to the world. Gives every entry's outcome, and what was found on the way.
pub fn simulate(
    collected: &[Collected],
    world: &mut World,
    judges: &dyn Judges,
    options: &ApplyOptions,
) -> (Vec<Attempt>, Vec<Finding>) {
    let mut run = Run {
        collected,
        world,
        judges,
        options,
        set: needed_first(collected),
        made_here: HashMap::new(),
        findings: Vec::new(),
    };
    let attempts = run.attempts();
    (attempts, run.findings)
}

/// The objects that admission looks for: what others need before they are sent.
fn needed_first(collected: &[Collected]) -> HashMap<Identity, Arc<Object>> {
    let identified = collected.iter().filter_map(|entry| match &entry.state {
        State::Ready { object, mapping, namespace } if admission::is_looked_for(&object.gvk.kind) => {
            Some((Identity::of(object, mapping, namespace.as_deref()), Arc::clone(object)))
        }
        _ => None,
    });
    identified.collect()
}

struct Run<'r> {
    collected: &'r [Collected],
    world: &'r mut World,
    judges: &'r dyn Judges,
    options: &'r ApplyOptions,
    set: HashMap<Identity, Arc<Object>>,
    /// In a set that is a guess, the file that each object was made from.
    made_here: HashMap<Identity, FileId>,
    findings: Vec<Finding>,
}

impl Run<'_> {
    fn attempts(&mut self) -> Vec<Attempt> {
        let order = self.sequence();
        if let Some(reason) = self.nothing_is_sent() {
            let attempt = |index: usize| self.not_tried(index, &reason);
            return order.into_iter().map(attempt).collect();
        }
        let mut attempts = Vec::with_capacity(order.len());
        let mut stopped: Option<String> = None;
        let mut stage = None;
        for index in order {
            if self.options.method == Method::Flux && stopped.is_none() {
                let own = flux_stage(&self.collected[index].written.kind);
                if stage != Some(own) {
                    stage = Some(own);
                    stopped = self.flux_stage_fails(own);
                }
            }
            if let Some(reason) = &stopped {
                attempts.push(self.not_tried(index, reason));
                continue;
            }
            let attempt = self.try_one(index);
            if attempt.outcome == Outcome::Failed && self.options.method == Method::ArgoCd {
                stopped = Some(format!("the sync stopped at {} {}", attempt.kind, attempt.name));
            }
            attempts.push(attempt);
        }
        attempts
    }

    /// The order of sending; entries that are not objects stay where they were read.
    fn sequence(&self) -> Vec<usize> {
        let ready: Vec<usize> = (0..self.collected.len())
            .filter(|index| matches!(self.collected[*index].state, State::Ready { .. }))
            .collect();
        let mut sorted = ready.clone();
        sorted.sort_by_cached_key(|index| self.sort_key(*index));
        let mut order: Vec<usize> = (0..self.collected.len()).collect();
        for (slot, index) in ready.into_iter().zip(sorted) {
            order[slot] = index;
        }
        order
    }

    fn sort_key(&self, index: usize) -> Option<order::Key> {
        let State::Ready { object, namespace, .. } = &self.collected[index].state else { return None };
        let annotations = object.root().at(&["metadata", "annotations"]);
        let wave = annotations.map(|all| all.text("argocd.argoproj.io/sync-wave")).unwrap_or_default();
        let sorted = Sorted {
            group: &object.gvk.group,
            version: &object.gvk.version,
            kind: &object.gvk.kind,
            namespace: namespace.as_deref().unwrap_or_default(),
            name: &object.name,
            wave: wave.parse().unwrap_or(0),
        };
        order::key(self.options.method, sorted)
    }

    /// Helm builds, and Argo CD dry-runs, the whole set before the first write: one unknown kind, and nothing is sent.
    fn nothing_is_sent(&self) -> Option<String> {
        let tool = match self.options.method {
            Method::Helm => "Helm maps every object before it installs the first",
            Method::ArgoCd => "Argo CD dry-runs every object before it syncs the first",
            _ => return None,
        };
        let failed = self.collected.iter().find(|entry| matches!(entry.state, State::Failed(_)))?;
        Some(format!("{tool}, and {} {} fails", failed.written.kind, failed.written.name))
    }

    /// Flux dry-runs all objects of a stage against the server before it applies the first of them.
    fn flux_stage_fails(&self, stage: u8) -> Option<String> {
        let failing = self.collected.iter().enumerate().find(|(index, entry)| match &entry.state {
            State::Ready { object, .. } if flux_stage(&object.gvk.kind) == stage => {
                let judgement = self.judges.create(*index);
                judgement.undecodable.is_some() || judgement.invalid.is_some()
            }
            State::Failed(_) => flux_stage(&entry.written.kind) == stage,
            _ => false,
        })?;
        let written = &failing.1.written;
        Some(format!("Flux dry-runs a whole stage before it applies it, and {} {} fails", written.kind, written.name))
    }

    fn not_tried(&self, index: usize, reason: &str) -> Attempt {
        let mut attempt = self.blank(index);
        if let State::Failed(own) = &self.collected[index].state {
            attempt.outcome = Outcome::Failed;
            attempt.reason = Some(own.clone());
        } else {
            attempt.reason = Some(reason.to_owned());
        }
        attempt
    }

    fn blank(&self, index: usize) -> Attempt {
        let entry = &self.collected[index];
        let namespace = match &entry.state {
            State::Ready { namespace, .. } => namespace.clone(),
            _ => None,
        };
        Attempt {
            origin: entry.origin,
            api_version: entry.written.api_version.clone(),
            kind: entry.written.kind.clone(),
            namespace,
            name: entry.written.name.clone(),
            outcome: Outcome::Skipped,
            reason: None,
            unchecked: None,
            verdict: None,
            changes: Vec::new(),
        }
    }

    fn try_one(&mut self, index: usize) -> Attempt {
        let mut attempt = self.blank(index);
        let (object, mapping, namespace) = match &self.collected[index].state {
            State::Failed(reason) => {
                attempt.outcome = Outcome::Failed;
                attempt.reason = Some(reason.clone());
                return attempt;
            }
            State::Skipped(reason) => {
                attempt.reason = Some(reason.clone());
                return attempt;
            }
            State::Ready { object, mapping, namespace } => (object, mapping, namespace.as_deref()),
        };
        if self.judges.is_untouched(index) {
            let identity = Identity::of(object, mapping, namespace);
            if self.world.get(&identity).is_none() {
                self.world.put(identity, Arc::clone(object));
            }
            attempt.outcome = Outcome::Unchanged;
            return attempt;
        }
        attempt.unchecked = unchecked(object, mapping).filter(|_| !self.judges.create(index).by_catalog);
        let refused = names::refuse(object, self.options.method);
        if refused.is_some() && self.options.together.is_guess() && names::is_generated(object) {
            attempt.unchecked =
                Some("kubectl apply refuses generateName; it may be meant for kubectl create".to_owned());
        } else if let Some((reason, finding)) = refused {
            self.findings.push(finding);
            attempt.outcome = Outcome::Failed;
            attempt.reason = Some(reason);
            return attempt;
        }
        let identity = Identity::of(object, mapping, namespace);
        let mut live = self.world.get(&identity).cloned();
        if self.options.together.is_guess()
            && self.made_here.get(&identity).is_some_and(|file| *file != object.origin.file)
        {
            // One of several files to choose from, as far as anybody knows: each is judged as if it were alone.
            attempt.unchecked =
                Some("another file has the same object; which of them is applied is not known".to_owned());
            live = None;
        }
        let (outcome, reason) = match live {
            Some(_) if self.options.method == Method::KubectlCreate => {
                let plural = match mapping {
                    Mapping::BuiltIn(kind) => kind.plural,
                    Mapping::Custom(kind) => kind.plural.as_str(),
                    _ => "objects",
                };
                (Outcome::Failed, Some(format!("{plural} \"{}\" already exists", object.name)))
            }
            Some(live) => {
                let (outcome, reason, changes) = self.update(index, object, mapping, &live, identity);
                attempt.changes = changes;
                (outcome, reason)
            }
            None => self.create(index, object, mapping, namespace, identity),
        };
        if outcome.is_live() && self.options.together.is_guess() {
            self.made_here.entry(Identity::of(object, mapping, namespace)).or_insert(object.origin.file);
        }
        attempt.outcome = outcome;
        attempt.reason = reason;
        attempt
    }

    /// Asks the policies; the refusal.
    fn ask_policies(&mut self, index: usize, request: Request<'_>) -> Option<String> {
        let (refusal, findings) = self.judges.policies(index, request, self.world);
        self.findings.extend(findings);
        refusal
    }

    fn create(
        &mut self,
        index: usize,
        object: &Arc<Object>,
        mapping: &Mapping,
        namespace: Option<&str>,
        identity: Identity,
    ) -> (Outcome, Option<String>) {
        let judgement = self.judges.create(index);
        self.findings.extend(judgement.findings.iter().cloned());
        let around = Surroundings { world: self.world, set: &self.set, together: &self.options.together };
        let mut refusals: Vec<String> = judgement.undecodable.iter().cloned().collect();
        let mut add = |refusal: Refusal| {
            refusals.push(refusal.0);
            self.findings.push(refusal.1);
        };
        let namespace = namespace.filter(|_| mapping.namespaced() == Some(true));
        let request = Request { object, live: None, mapping, namespace };
        admission::judge(request, around).into_iter().for_each(&mut add);
        allocation::service(object, &identity, around).into_iter().for_each(&mut add);
        self.findings.extend(allocation::unusual_node_port(object, &identity));
        refusals.extend(judgement.invalid.iter().cloned());
        if let Some(of) = namespace.and_then(|namespace| self.world.namespace(namespace)) {
            let (refusal, found) = self.judges.in_namespace(object, of);
            refusals.extend(refusal);
            self.findings.extend(found);
        }
        if judgement.undecodable.is_none() {
            refusals.extend(self.ask_policies(index, request));
        }
        if let Some(reason) = refusals.into_iter().next().or_else(|| self.over_quota(request)) {
            return (Outcome::Failed, Some(reason));
        }
        self.world.apply(identity, Arc::clone(object));
        (Outcome::Created, None)
    }

    fn update(
        &mut self,
        index: usize,
        object: &Object,
        mapping: &Mapping,
        live: &Object,
        identity: Identity,
    ) -> (Outcome, Option<String>, Vec<FieldChange>) {
        let UpdateJudgement { merged, judgement, changes } = self.judges.update(index, object, live);
        self.findings.extend(judgement.findings);
        let around = Surroundings { world: self.world, set: &self.set, together: &self.options.together };
        let namespace = Some(identity.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let request = merged.as_ref().map(|object| Request { object, live: Some(live), mapping, namespace });
        let refused = request.map(|request| admission::judge(request, around));
        let refused: Vec<Refusal> = refused.unwrap_or_default();
        let admission = refused.first().map(|refusal| refusal.0.clone());
        self.findings.extend(refused.into_iter().map(|refusal| refusal.1));
        let of_policies = match request {
            Some(request) if judgement.undecodable.is_none() => self.ask_policies(index, request),
            _ => None,
        };
        let refusal = judgement.undecodable.or(judgement.invalid).or(admission).or(of_policies);
        let refusal = refusal.or_else(|| self.over_quota(request?));
        match (refusal, merged) {
            (Some(reason), _) => (Outcome::Failed, Some(reason), changes),
            (None, None) => (Outcome::Unchanged, None, changes),
            (None, Some(merged)) => {
                self.world.apply(identity, Arc::new(merged));
                (Outcome::Configured, None, changes)
            }
        }
    }

    /// Asks the quotas, which are asked last, and counts the object where they let it in; the refusal otherwise.
    fn over_quota(&mut self, request: Request<'_>) -> Option<String> {
        let around = Surroundings { world: self.world, set: &self.set, together: &self.options.together };
        match resource_quota::judge(request, around) {
            Ok(charges) => {
                self.world.charge(request.namespace.unwrap_or_default(), charges);
                None
            }
            Err(refusal) => {
                self.findings.push(refusal.1);
                Some(refusal.0)
            }
        }
    }
}

/// Why an object was not judged in full: in the same words for all objects of a kind, so that a report can name it once.
fn unchecked(object: &Object, mapping: &Mapping) -> Option<String> {
    match mapping {
        Mapping::Unknown => Some(format!("no CRD of {} is known, so its fields were not judged", kind_name(object))),
        Mapping::Custom(kind) if kind.definitions.is_empty() => {
            Some(format!("the CRD of {} has no schema that an API server serves", kind_name(object)))
        }
        _ => None,
    }
}

fn kind_name(object: &Object) -> String {
    format!("{} {}", object.gvk.api_version(), object.gvk.kind)
}
