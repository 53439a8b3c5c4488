//! What a set was when it was last applied, held against what it is now.
//!
//! Apart from judging because here it is decided what is judged at all: an object that is as it was is never sent, so
//! nothing is said of it, and a document that kubectl could not use before either is not this change's fault.

use super::judge::{Before, SetJudges};
use super::set::{Around, SetRequest, hold_together};
use crate::apply::{self, ApplyOptions, Collected, Identity, Input, Judges, Kinds, State, World};
use crate::change;
use crate::cross::Elsewhere;
use crate::finding::Finding;
use crate::object::{FieldPath, Object, Origin};
use crate::schema::Schema;
use crate::source::FileId;
use crate::update;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A set as it was last applied.
#[derive(Debug)]
pub struct Earlier<'s> {
    /// Its files.
    pub files: Vec<FileId>,
    /// Objects that came into this set from others.
    pub arrived: &'s HashSet<Origin>,
    /// Objects that are in other sets now.
    pub departed: &'s HashSet<Origin>,
    /// What else the repository held, as written.
    pub repository: &'s dyn Elsewhere,
    /// The tools that the repository tells to apply its directories.
    pub syncers: &'s [change::Syncer],
    /// Absolute paths of files, those before included.
    pub paths: &'s HashMap<FileId, String>,
}

/// What was there before a change already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Findings.
    pub findings: usize,
    /// Documents and objects that kubectl could not use, and are as they were.
    pub objects: usize,
}

/// A set as it was, collected.
pub(super) struct Past<'s> {
    earlier: &'s Earlier<'s>,
    collected: Vec<Collected>,
    by_identity: HashMap<Identity, Vec<usize>>,
    files: HashSet<FileId>,
}

impl<'s> Past<'s> {
    pub(super) fn collect(
        earlier: &'s Earlier<'s>,
        inputs: &dyn Fn(&[FileId]) -> Vec<Input<'s>>,
        kinds: &Kinds,
        options: &ApplyOptions,
    ) -> Self {
        let files: HashSet<FileId> = earlier.files.iter().copied().collect();
        let (mut collected, _) = apply::collect(&inputs(&earlier.files), kinds, options);
        let mut from: Vec<FileId> =
            earlier.arrived.iter().map(|origin| origin.file).filter(|file| !files.contains(file)).collect();
        from.sort_unstable();
        from.dedup();
        let (arrived, _) = apply::collect(&inputs(&from), kinds, options);
        collected.extend(arrived.into_iter().filter(|entry| earlier.arrived.contains(&entry.origin)));
        let mut by_identity: HashMap<Identity, Vec<usize>> = HashMap::new();
        for (at, entry) in collected.iter().enumerate() {
            if let Some((_, identity)) = identified(entry) {
                by_identity.entry(identity).or_default().push(at);
            }
        }
        Self { earlier, collected, by_identity, files }
    }

    /// Tells of each object of the set as it is now what it was, and takes out what could not be used before either: those
    /// entries, and what was found in documents that are as they were.
    pub(super) fn compare(
        &self,
        now: &mut Vec<Collected>,
        findings: &mut Vec<Finding>,
        known: &mut Known,
    ) -> Vec<Before> {
        let mut before = Vec::with_capacity(now.len());
        // Of each document, whether all in it is as it was.
        let mut is_settled: HashMap<(FileId, u32), bool> = HashMap::new();
        now.retain(|entry| {
            let state = match identified(entry) {
                Some((object, identity)) => Some(self.was(object, &identity)),
                None if self.was_unusable(entry) => None,
                None => Some(Before::Unknown),
            };
            let is_same = matches!(state, None | Some(Before::Untouched));
            let settled = is_settled.entry((entry.origin.file, entry.origin.document)).or_insert(true);
            *settled &= is_same;
            known.objects += usize::from(state.is_none());
            let is_kept = state.is_some();
            before.extend(state);
            is_kept
        });
        findings.retain(|finding| {
            let place = finding.object.map(|origin| (origin.file, origin.document));
            let file = finding.labels.first().map(|label| label.span.file);
            let is_known = place
                .and_then(|place| is_settled.get(&place).copied())
                .unwrap_or_else(|| file.is_some_and(|file| self.files.contains(&file)));
            known.findings += usize::from(is_known);
            !is_known
        });
        before
    }

    fn was(&self, object: &Object, identity: &Identity) -> Before {
        let Some(places) = self.by_identity.get(identity) else { return Before::Unknown };
        let olds = || places.iter().filter_map(|at| ready(&self.collected[*at]));
        let is_same = |old: &&Arc<Object>| {
            old.origin == object.origin || (old.gvk == object.gvk && update::is_same_json(old.root(), object.root()))
        };
        if olds().any(|old| is_same(&old)) {
            return Before::Untouched;
        }
        olds().next_back().map_or(Before::Unknown, |old| Before::Was(Arc::clone(old)))
    }

    fn was_unusable(&self, entry: &Collected) -> bool {
        let reason = |entry: &Collected| match &entry.state {
            State::Failed(reason) | State::Skipped(reason) => Some(reason.clone()),
            State::Ready { .. } => None,
        };
        let is_it = |old: &Collected| {
            reason(old).is_some()
                && (old.origin == entry.origin || (old.written == entry.written && reason(old) == reason(entry)))
        };
        self.collected.iter().any(is_it)
    }

    /// Makes live what was applied before, where the cluster does not tell what is. What was refused did not go live: where
    /// that stood.
    pub(super) fn make_live(
        &self,
        now: &[Collected],
        before: &[Before],
        world: &mut World,
        request: &SetRequest<'_>,
        options: &ApplyOptions,
    ) -> HashSet<Origin> {
        let untouched: HashSet<Identity> = now
            .iter()
            .zip(before)
            .filter(|(_, before)| matches!(before, Before::Untouched))
            .filter_map(|(entry, _)| Some(identified(entry)?.1))
            .collect();
        let mut to_judge = Vec::new();
        for entry in &self.collected {
            let Some((object, identity)) = identified(entry) else { continue };
            if world.get(&identity).is_some() {
                continue;
            }
            if untouched.contains(&identity) {
                world.put(identity, Arc::clone(object));
            } else {
                to_judge.push(entry.clone());
            }
        }
        let schema = Schema::of(options.minor);
        let judges = SetJudges::new(&to_judge, schema, options, request.catalogue, None, &[]);
        let mut refused = HashSet::new();
        for (at, entry) in to_judge.iter().enumerate() {
            let judgement = judges.create(at);
            let Some((object, identity)) = identified(entry) else { continue };
            if judgement.undecodable.is_none() && judgement.invalid.is_none() {
                world.put(identity, Arc::clone(object));
            } else {
                refused.insert(entry.origin);
            }
        }
        refused
    }

    /// Leaves out what was found before when the objects of the set were held against each other.
    pub(super) fn leave_out_known(
        &self,
        now: &[Collected],
        findings: &mut Vec<Finding>,
        around: Around<'_>,
        request: &SetRequest<'_>,
        options: &ApplyOptions,
        known: &mut Known,
    ) {
        if findings.is_empty() {
            return;
        }
        // The order in which they were sent, and nothing judged of them.
        let own: Vec<Collected> =
            self.collected.iter().filter(|entry| self.files.contains(&entry.origin.file)).cloned().collect();
        let untouched = vec![Before::Untouched; own.len()];
        let judges = SetJudges::new(&own, Schema::of(options.minor), options, request.catalogue, None, &untouched);
        let (attempts, _) = apply::simulate(&own, &mut World::new(options.closed_world), &judges, options);
        let found = hold_together(&own, &attempts, around, self.earlier.repository, request, options);
        let before: HashSet<Key> = keys(&own, &found).collect();
        let mut was = keys(now, findings).map(|key| before.contains(&key)).collect::<Vec<_>>().into_iter();
        findings.retain(|_| {
            let was = was.next().unwrap_or_default();
            known.findings += usize::from(was);
            !was
        });
    }

    /// What the change does without being refused.
    pub(super) fn silent(
        &self,
        now: &[Collected],
        before: &[Before],
        never_live: &HashSet<Origin>,
        request: &SetRequest<'_>,
        options: &ApplyOptions,
    ) -> Vec<Finding> {
        let objects: Vec<change::Now<'_>> = now
            .iter()
            .zip(before)
            .filter_map(|(entry, before)| {
                let (object, identity) = identified(entry)?;
                let state = match before {
                    Before::Unknown => change::Past::New,
                    Before::Untouched => change::Past::Untouched,
                    Before::Was(old) => change::Past::Was(old),
                };
                Some(change::Now { object, identity, past: state })
            })
            .collect();
        let still_there: HashSet<&Identity> = objects.iter().map(|now| &now.identity).collect();
        let gone: Vec<change::Gone<'_>> = self
            .collected
            .iter()
            .filter(|entry| !self.earlier.departed.contains(&entry.origin) && !never_live.contains(&entry.origin))
            .filter_map(|entry| {
                let (object, identity) = identified(entry)?;
                let path = self.earlier.paths.get(&object.origin.file).map_or("", String::as_str);
                let (live, known) = (None, change::Known::Before);
                (!still_there.contains(&identity)).then_some(change::Gone { object, identity, path, live, known })
            })
            .collect();
        let scene = change::Scene {
            now: &objects,
            gone: &gone,
            method: options.method,
            syncers: self.earlier.syncers,
            pruning: None,
            schema: Schema::of(options.minor),
        };
        let mut findings = change::judge(&scene);
        findings.retain(|finding| request.advice.lets_pass(finding.rule, finding.level));
        findings
    }
}

fn ready(entry: &Collected) -> Option<&Arc<Object>> {
    match &entry.state {
        State::Ready { object, .. } => Some(object),
        _ => None,
    }
}

pub(super) fn identified(entry: &Collected) -> Option<(&Arc<Object>, Identity)> {
    match &entry.state {
        State::Ready { object, mapping, namespace } => {
            Some((object, Identity::of(object, mapping, namespace.as_deref())))
        }
        _ => None,
    }
}

/// What a finding is known again by: its rule, its object or else its words, and its field.
type Key = (&'static str, Option<Identity>, String, FieldPath);

fn keys<'f>(collected: &'f [Collected], findings: &'f [Finding]) -> impl Iterator<Item = Key> + 'f {
    let by_origin: HashMap<Origin, Identity> =
        collected.iter().filter_map(|entry| Some((entry.origin, identified(entry)?.1))).collect();
    findings.iter().map(move |finding| {
        let identity = finding.object.and_then(|origin| by_origin.get(&origin).cloned());
        let words = if identity.is_some() { String::new() } else { finding.message.clone() };
        (finding.rule.id, identity, words, finding.field.clone())
    })
}
