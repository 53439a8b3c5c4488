//! One set, from its files to what becomes of each object.
//!
//! Apart because `plan` has one set and `check` has many, and both judge them alike.

use super::Streams;
use super::asked::ApiServer;
use super::catalogue::Catalogue;
use super::judge::{Kept, SetJudges};
use super::past::{Earlier, Known as KnownBefore, Past, identified};
use super::pruned::{Live, Pruned};
use super::undecided::Undecided;
use super::verdict;
use crate::advice::{self, Groups};
use crate::apply::{
    self, ApplyOptions, ApplySet, Attempt, Collected, Identity, Input, Kinds, Mapping, Prune, State, Together, World,
};
use crate::cross::{self, Elsewhere, Index, Member, Scene};
use crate::finding::Finding;
use crate::object::{External, GroupVersionKind, Object, Origin};
use crate::policies::{self, Policies};
use crate::schema::{Minor, Schema, VersionRange};
use crate::server_rules::custom::Definition;
use crate::source::{FileId, Sources};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A set to judge.
#[derive(Debug)]
pub struct SetRequest<'s> {
    /// Its name in the report.
    pub name: String,
    /// Its files, in the order read.
    pub files: &'s [FileId],
    /// How it is applied; the minor is replaced by each of `versions` in turn.
    pub options: ApplyOptions,
    /// The API server's minors.
    pub versions: VersionRange,
    /// CRDs to know without closing the world.
    pub crds: &'s [FileId],
    /// What the cluster holds.
    pub cluster: &'s [FileId],
    /// The schemas of kinds without a CRD.
    pub catalogue: &'s Catalogue,
    /// The same objects as last applied.
    pub base: &'s [FileId],
    /// Keeps only the objects that this label selector matches.
    pub selector: Option<&'s apply::LabelSelector>,
    /// What kubectl deletes once the set is applied.
    pub prune: Option<&'s Prune>,
    /// Whether kubectl ends with an error whatever becomes of the set: it cannot read one of the files.
    pub unread: bool,
    /// Which advice to give too.
    pub advice: &'s Groups,
    /// The API server that has a word in it.
    pub server: Option<&'s dyn ApiServer>,
    /// What else the repository holds, as written: what is there is not missing.
    pub repository: &'s dyn Elsewhere,
    /// The policies that the set is held to.
    pub policies: &'s policies::Library,
    /// Objects that are there though no file says so.
    pub externals: &'s [External],
    /// What is known of the set's objects from the last time, and what is to be known of them the next time.
    pub kept: Option<&'s Kept>,
    /// What the set was when it was last applied, where a change is judged.
    pub earlier: Option<&'s Earlier<'s>>,
}

/// A judged set.
#[derive(Debug)]
pub struct JudgedSet {
    /// Outcomes, for the newest minor; an object that fails in an older one fails.
    pub set: ApplySet,
    /// What was found; a finding that does not hold in every minor says in which it does.
    pub findings: Vec<Finding>,
    /// What admission policies could not decide, in the newest minor.
    pub undecided: Undecided,
    /// What was there before the change already, and is left out.
    pub known: KnownBefore,
}

/// Judges one set for every minor asked for.
pub fn judge_set(request: &SetRequest<'_>, sources: &Sources, streams: &Streams) -> JudgedSet {
    let minors: Vec<Minor> = request.versions.minors().collect();
    // What objects say of each other and what is advised do not depend on the minor: they are looked at once.
    let mut across = Vec::new();
    let mut judged: Vec<(Minor, JudgedSet)> = Vec::with_capacity(minors.len());
    for minor in &minors {
        let is_whole = !request.unread && judged.iter().all(|(_, older)| older.set.is_whole());
        judged.push((*minor, judge_minor(request, *minor, sources, streams, is_whole, &mut across)));
    }
    let Some((_, mut newest)) = judged.pop() else {
        return JudgedSet {
            set: ApplySet {
                name: request.name.clone(),
                method: request.options.method,
                attempts: Vec::new(),
                pruned: Vec::new(),
            },
            findings: Vec::new(),
            undecided: Undecided::default(),
            known: KnownBefore::default(),
        };
    };
    if judged.is_empty() {
        newest.findings.append(&mut across);
        return newest;
    }
    for (minor, older) in &judged {
        for attempt in &mut newest.set.attempts {
            let same = older.set.attempts.iter().find(|other| other.origin == attempt.origin);
            if let Some(failed) = same.filter(|other| attempt.outcome.is_live() && !other.outcome.is_live()) {
                attempt.outcome = failed.outcome;
                attempt.reason = failed.reason.as_ref().map(|reason| format!("Kubernetes {minor}: {reason}"));
            }
        }
    }
    let newest_minor = minors[minors.len() - 1];
    judged.push((newest_minor, newest));
    let mut merged = merge_versions(judged, minors.len());
    merged.findings.append(&mut across);
    merged
}

/// Joins what several minors found: equal findings become one, with the minors it holds in.
fn merge_versions(judged: Vec<(Minor, JudgedSet)>, all: usize) -> JudgedSet {
    type Key = (&'static str, String, Vec<crate::source::Span>);
    let mut merged: BTreeMap<Key, (Finding, Vec<Minor>)> = BTreeMap::new();
    let mut last = None;
    for (minor, mut one) in judged {
        for finding in one.findings.drain(..) {
            let places = finding.labels.iter().map(|label| label.span).collect();
            let key = (finding.rule.id, finding.message.clone(), places);
            let fix = finding.fix.clone();
            let (first, minors) = merged.entry(key).or_insert_with(|| (finding, Vec::new()));
            if first.fix != fix {
                first.fix = None;
            }
            if minors.last() != Some(&minor) {
                minors.push(minor);
            }
        }
        last = Some(one);
    }
    let findings = merged.into_values().map(|(mut finding, minors)| {
        if minors.len() < all {
            let names: Vec<String> = minors.iter().map(ToString::to_string).collect();
            finding.versions = Some(names.join(", "));
            // What is right in another minor asked for is no slip.
            finding.fix = None;
        }
        finding
    });
    let findings = findings.collect();
    let last = last.unwrap_or_else(|| unreachable!("at least one minor was judged"));
    JudgedSet { findings, ..last }
}

/// Judges a set for one minor. `is_whole` says whether all went well before: in reading, and for older minors.
fn judge_minor(
    request: &SetRequest<'_>,
    minor: Minor,
    sources: &Sources,
    streams: &Streams,
    is_whole: bool,
    across: &mut Vec<Finding>,
) -> JudgedSet {
    let schema = Schema::of(minor);
    let options = ApplyOptions { minor, ..request.options.clone() };
    let inputs = |files: &[FileId]| -> Vec<Input<'_>> {
        files.iter().map(|file| Input { file: *file, source: sources.get(*file), stream: streams.of(*file) }).collect()
    };
    let mut kinds = Kinds::new(schema, options.closed_world);
    let before: &[FileId] = request.earlier.map_or(&[], |earlier| &earlier.files);
    for file in [request.crds, request.cluster, request.base, before].into_iter().flatten() {
        kinds.add(streams.declared_in(*file));
    }
    let mut world = World::new(options.closed_world);
    world.externals = request.externals.into();
    super::cluster::put_all(&inputs(request.cluster), &kinds, &options, &mut world);
    let is_snapshot = |file: FileId| super::cluster::is_snapshot(streams.of(file));
    let shown: HashSet<FileId> = request.cluster.iter().copied().filter(|file| !is_snapshot(*file)).collect();
    let live = request.prune.map(|_| Live::shown(&world, |object| shown.contains(&object.origin.file)));
    let mut base = Vec::new();
    if !request.base.is_empty() {
        (base, _) = apply::collect(&inputs(request.base), &kinds, &options);
        let judges = SetJudges::new(&base, schema, &options, request.catalogue, None, &[]);
        apply::simulate(&base, &mut world, &judges, &options);
    }
    let live = live.map(|live| live.with_base(&base, &world));
    let mut around: Vec<(Identity, Arc<Object>)> =
        world.objects().map(|(identity, object)| (identity.clone(), Arc::clone(object))).collect();
    let (mut collected, mut findings) = apply::collect(&inputs(request.files), &kinds, &options);
    let held = live.as_ref().map(|_| collected.iter().filter_map(|entry| Some(identified(entry)?.1)).collect());
    if let Some(selector) = request.selector {
        collected.retain(|entry| match &entry.state {
            State::Ready { object, .. } => selector.matches(object.root().at(&["metadata", "labels"])),
            _ => true,
        });
    }
    if let (Some(prune), Some(live)) = (request.prune, &live) {
        findings.extend(prune.refuse(&mut collected, live.parent(prune), &world));
    }
    let past = request.earlier.map(|earlier| Past::collect(earlier, &inputs, &kinds, &options));
    let mut known_before = KnownBefore::default();
    let before =
        past.as_ref().map(|past| past.compare(&mut collected, &mut findings, &mut known_before)).unwrap_or_default();
    let never_live = past.as_ref().map(|past| past.make_live(&collected, &before, &mut world, request, &options));
    let mut judges = SetJudges::new(&collected, schema, &options, request.catalogue, request.kept, &before);
    let own = request.files.iter().copied().collect();
    let known = Known { kinds: &kinds, together: &options.together };
    let policies = Policies {
        hooks: request.policies.held(&own, minor),
        mutating: request.policies.mutating(),
        library: request.policies,
        around: &known,
        closed: options.closed_world,
    };
    judges.ask(&policies, &collected, &world);
    let (mut attempts, found) = apply::simulate(&collected, &mut world, &judges, &options);
    findings.extend(found);
    if let (Some(Prune::Members(_)), Some(live)) = (request.prune, &live) {
        live.keep_labels(&collected, &mut attempts);
    }
    let mut pruned = Pruned::default();
    if minor == request.versions.newest {
        if let Some(server) = request.server {
            verdict::ask(server, &collected, &mut attempts, &mut findings, &options);
        }
        if let (Some(prune), Some(live), Some(held)) = (request.prune, &live, &held) {
            // An apply of nothing is an error to kubectl.
            let is_whole = is_whole && !attempts.is_empty() && attempts.iter().all(|attempt| attempt.outcome.is_live());
            pruned = live.prune(prune, &collected, held, is_whole, request, &options);
            across.append(&mut pruned.findings);
            around.retain(|(identity, _)| !pruned.gone.contains(identity));
        }
        let known = Around { objects: &around, gone: &pruned.gone };
        let mut together = hold_together(&collected, &attempts, known, request.repository, request, &options);
        if let Some(past) = &past {
            past.leave_out_known(&collected, &mut together, known, request, &options, &mut known_before);
            let never_live = never_live.unwrap_or_default();
            across.extend(past.silent(&collected, &before, &never_live, request, &options));
        }
        across.extend(together);
    }
    let set = ApplySet { name: request.name.clone(), method: options.method, attempts, pruned: pruned.objects };
    JudgedSet { set, findings, undecided: judges.into_undecided(), known: known_before }
}

/// What is known around a set, for those who ask policies.
#[derive(Debug)]
struct Known<'k> {
    kinds: &'k Kinds,
    together: &'k Together,
}

impl policies::Around for Known<'_> {
    fn definition(&self, gvk: &GroupVersionKind) -> Option<Arc<Definition>> {
        self.kinds.custom(gvk)?.definitions.last().cloned()
    }

    fn namespaced(&self, gvk: &GroupVersionKind) -> Option<bool> {
        self.kinds.custom(gvk).map(|kind| kind.namespaced)
    }

    fn are_together(&self, one: FileId, other: FileId) -> bool {
        self.together.knows(one, other)
    }
}

/// What is around a set when it is applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// What is live.
    pub(super) objects: &'a [(Identity, Arc<Object>)],
    /// What was, and is deleted.
    pub(super) gone: &'a HashSet<Identity>,
}

/// Holds the objects of the set against each other, in the order in which they are sent, and against what is around
/// them.
pub(super) fn hold_together(
    collected: &[Collected],
    attempts: &[Attempt],
    around: Around<'_>,
    repository: &dyn Elsewhere,
    request: &SetRequest<'_>,
    options: &ApplyOptions,
) -> Vec<Finding> {
    let order: HashMap<Origin, usize> =
        attempts.iter().enumerate().map(|(position, attempt)| (attempt.origin, position)).collect();
    let own = collected.iter().filter_map(|entry| match &entry.state {
        State::Ready { object, mapping, namespace } => {
            let scope = match mapping.namespaced() {
                Some(false) => "",
                _ => namespace.as_deref().unwrap_or(options.default_namespace()),
            };
            let kind = match mapping {
                Mapping::BuiltIn(kind) => kind.kind,
                _ => &object.gvk.kind,
            };
            let group = &object.gvk.group;
            Some(Member { object: object.as_ref(), group, kind, namespace: Some(scope), is_of_the_set: true })
        }
        _ => None,
    });
    let mut own: Vec<Member<'_>> = own.collect();
    own.sort_by_key(|member| order.get(&member.object.origin));
    let others = around.objects.iter().map(|(identity, object)| Member {
        object: object.as_ref(),
        group: &identity.group,
        kind: &identity.kind,
        namespace: Some(&identity.namespace),
        is_of_the_set: false,
    });
    let set = Index::new(own.into_iter().chain(others));
    let mut scene = Scene::new(set, repository, options.closed_world, &options.together, options.minor);
    scene.externals = request.externals;
    scene.gone = Some(around.gone);
    let mut findings = cross::judge(&scene);
    findings.retain(|finding| request.advice.lets_pass(finding.rule, finding.level));
    findings.extend(advice::judge(&scene, request.advice, request.versions.oldest));
    findings
}
