//! A repository that stays at hand: read, told apart, grouped and judged in steps whose results are kept.
//!
//! Apart from `check`, which takes the same steps once, because an editor takes them again with every key: what has not
//! changed since is not read, grouped, rendered or judged again.
//!
//! A file is known by its [`FileId`] as long as the workspace is open; another text takes the place of the old one.
//! What can change otherwise (files that come and go, `seaworthy.toml`) makes it a new workspace
//! ([`Workspace::open_again`]), for which unchanged texts are not parsed again.

use super::before::{self, Before};
use super::check::{self, CheckError, CheckRequest};
use super::judge::Kept;
use super::past::{Earlier, Known};
use super::plan::{context, known_version};
use super::rendered::{self, RenderedSet};
use super::scope::{self, Asked, Files};
use super::trace::{point_at_entry, trace};
use super::undecided::Undecided;
use super::verdict;
use super::{SetRequest, Step, Streams, judge_set};
use crate::advice;
use crate::advice::Groups;
use crate::apply::{ApplyOptions, ApplySet, DeclaredKind};
use crate::change;
use crate::classify::{self, Class, Classified};
use crate::config::Config;
use crate::cross::{self, Elsewhere, Repository};
use crate::decode::FieldValidation;
use crate::finding::{By, Finding, Reason, Rule, SetAside};
use crate::object::Object;
use crate::policies::{Library, Source};
use crate::report::{Report, Scope, Unchecked};
use crate::schema::{Minor, VersionRange};
use crate::sets::{self, Built, Grouped, Identity, Member, Part, PlannedSet};
use crate::source::walk::{self, Found, Problem};
use crate::source::{FileId, SourceFile, Sources, go_path};
use crate::suppress::levels::Levels;
use crate::suppress::{self, Suppressions};
use crate::yaml::{self, Content, Stream, Text};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// A repository at hand.
#[derive(Debug)]
pub struct Workspace {
    request: CheckRequest,
    config: Config,
    yaml_options: yaml::Options,
    kubectl_minor: Minor,
    versions: VersionRange,
    sources: Sources,
    streams: Streams,
    /// The files asked for, then those above them that say what they are part of.
    found: Vec<Found>,
    asked_for: usize,
    problems: Vec<Problem>,
    crds: Vec<FileId>,
    cluster: Vec<FileId>,
    policies: Vec<FileId>,
    /// What each of the files is by itself, and holds.
    own: Vec<(Class, Arc<[Identity]>)>,
    /// The files whose CRDs every set may count on, but for its own.
    declaring: HashSet<FileId>,
    by_path: HashMap<String, usize>,
    /// Files whose text is not on disk.
    unsaved: HashSet<FileId>,
    /// How often each file's text was replaced.
    versions_of: HashMap<FileId, u32>,
    /// How often any text was replaced: any object of the repository may be what another one names.
    changes: u32,
    /// How often something changed that is no file of the workspace, and may be rendered.
    changes_beside: u32,
    /// What lies around the files has to be looked at again.
    is_divided: bool,
    classified: Arc<Classified>,
    grouped: Grouped,
    sets: Vec<KeptSet>,
    /// What could not be seen of the cluster.
    unseen: Vec<Unchecked>,
    /// What is made of findings.
    levels: Levels,
    /// The advice that is given, though perhaps not told: somebody may have suppressed it.
    with_advice: Groups,
    /// Whether only the sets that are wanted are rendered, though no editor asks.
    renders_wanted_only: bool,
    /// What is found of sets that are there no more.
    of_gone_sets: Vec<Finding>,
    /// What could not be compared.
    uncompared: Vec<Unchecked>,
}

/// A set, and what is known of it.
#[derive(Debug)]
struct KeptSet {
    planned: PlannedSet,
    /// What is judged; none where that has to be rendered and nobody has asked for it.
    rendered: Option<RenderedSet>,
    made_from: Stamp,
    /// What was found, and after how many changes of any text.
    judged: Option<(u32, Arc<SnapshotSet>)>,
    kept: Kept,
}

/// Which texts something was made from: files, and how often each was replaced.
type Stamp = Vec<(FileId, u32)>;

/// A judged set.
#[derive(Debug)]
pub struct SnapshotSet {
    /// The files it is made of, rendered ones and those they are made from included.
    pub files: HashSet<FileId>,
    /// The kustomization or `Chart.yaml` that says what is rendered, where something is.
    pub described_in: Option<FileId>,
    /// What becomes of its objects; none if there is nothing to apply.
    pub set: Option<ApplySet>,
    /// What is wrong, each place where it is written.
    pub findings: Vec<Finding>,
    /// What admission policies could not decide.
    pub undecided: Undecided,
    /// What was there before the change already, and is left out.
    pub known: Known,
    /// What is not told of that.
    pub aside: Vec<SetAside>,
}

/// What is told of the judged sets.
struct Told {
    sets: Vec<Arc<SnapshotSet>>,
    /// What belongs to no set.
    beside: Vec<Finding>,
}

/// Of which files everything is known that could be found in them.
#[derive(Default)]
struct Settled {
    files: HashSet<FileId>,
    /// Files of which something is not known, in whatever set.
    open_files: HashSet<FileId>,
    open_documents: HashSet<(FileId, u32)>,
}

impl Settled {
    fn is_all(&self, file: FileId, document: u32) -> bool {
        self.files.contains(&file)
            && !self.open_files.contains(&file)
            && !self.open_documents.contains(&(file, document))
    }
}

/// What is known at one moment. Copied from a workspace, with which it shares what it holds.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Every text.
    pub sources: Sources,
    /// Every text's documents.
    pub streams: Streams,
    /// The files, in the order of their identifiers: identifier, absolute path, class.
    pub files: Arc<Vec<(FileId, String, Class)>>,
    /// The sets judged last.
    pub sets: Vec<Arc<SnapshotSet>>,
    /// What is wrong and belongs to no set: with suppressions.
    pub beside: Vec<Finding>,
    /// The files of CRDs, those of `--crds` and `--cluster` included.
    pub crds: Vec<FileId>,
    /// The newest minor that is judged for.
    pub minor: Option<Minor>,
}

impl Snapshot {
    /// The file of an absolute path.
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.files.iter().find(|(_, known, _)| known == path).map(|(file, ..)| *file)
    }

    /// The absolute path of a file; none for one that was rendered.
    pub fn path(&self, file: FileId) -> Option<&str> {
        let at = self.files.binary_search_by_key(&file, |(known, ..)| *known).ok()?;
        Some(self.files[at].1.as_str())
    }

    /// The kinds that CRDs serve.
    pub fn declared(&self) -> impl Iterator<Item = &DeclaredKind> {
        self.crds.iter().flat_map(|file| self.streams.declared_in(*file))
    }
}

impl Workspace {
    /// Walks and reads what is asked for, and tells it apart.
    ///
    /// # Errors
    ///
    /// As [`check::check`].
    pub fn open(request: &CheckRequest, stdin: &mut dyn Read) -> Result<Self, CheckError> {
        Self::open_knowing(request, stdin, |_| None)
    }

    /// The same walk again, with other unsaved texts. What did not change is not parsed again, and everything is judged
    /// again.
    ///
    /// # Errors
    ///
    /// As [`check::check`].
    pub fn open_again(&self, request: &CheckRequest) -> Result<Self, CheckError> {
        let known: HashMap<&str, (&SourceFile, &Arc<Stream>)> = self
            .found
            .iter()
            .map(|found| {
                let source = self.sources.get(found.file);
                (source.name.as_str(), (source, &self.streams.0[found.file.0 as usize].stream))
            })
            .collect();
        Self::open_knowing(request, &mut std::io::empty(), |file| {
            let (source, stream) = known.get(file.name.as_str())?;
            (source.text.text == file.text.text).then(|| Arc::clone(stream))
        })
    }

    fn open_knowing(
        request: &CheckRequest,
        stdin: &mut dyn Read,
        known: impl Fn(&SourceFile) -> Option<Arc<Stream>> + Sync,
    ) -> Result<Self, CheckError> {
        request.progress.begin(Step::Reading, 0);
        let config = check::configuration(request).map_err(|error| CheckError::Config(Box::new(error)))?;
        let walk_options = walk::Options {
            exclude: config.exclude.clone(),
            exclude_base: config.directory.clone(),
            unsaved: request.instead.clone(),
        };
        let walked = walk::walk(&request.paths, &walk_options, stdin).map_err(CheckError::Walk)?;
        request.progress.begin(Step::Rendering, 0);
        let mut sources = walked.sources;
        let crds = context("--crds", &request.crds, &mut sources).map_err(CheckError::Context)?;
        let cluster = context("--cluster", &request.cluster, &mut sources).map_err(CheckError::Context)?;
        let policies = context("--policies", &request.policies, &mut sources).map_err(CheckError::Context)?;
        let kubectl_minor = request.kubectl_minor.unwrap_or(Minor::LATEST);
        let yaml_options = yaml::Options { kubectl_minor: kubectl_minor.0.into() };
        let mut streams = Streams::default();
        streams.read_further_unless(&sources, yaml_options, known);
        let asked_for = walked.files.len();
        let found: Vec<Found> = walked.files.into_iter().chain(walked.context).collect();
        let own = found.par_iter().map(|found| own(sources.get(found.file), streams.of(found.file))).collect();
        let declares = |file: &FileId| check::declares_crds(streams.of(*file));
        let declaring = found[..asked_for].iter().map(|found| found.file).filter(declares).collect();
        let levels = Levels::new(config.choices.iter().chain(&request.choices).cloned());
        let is_all_given =
            levels.may_advise() || sources.iter().any(|(_, source)| suppress::may_hold_any(&source.text.text));
        let with_advice = if is_all_given { Groups::all() } else { request.advice.clone() };
        let by_path: HashMap<String, usize> =
            found.iter().enumerate().map(|(at, found)| (found.path.clone(), at)).collect();
        let unsaved = walk_options.unsaved.keys().filter_map(|path| Some(found[*by_path.get(path)?].file)).collect();
        Ok(Self {
            versions: request
                .versions
                .or_else(|| check::configured_versions(&config))
                .unwrap_or_else(|| known_version(request.server.as_deref(), &cluster, &streams)),
            request: request.clone(),
            config,
            yaml_options,
            kubectl_minor,
            sources,
            streams,
            found,
            asked_for,
            problems: walked.problems,
            crds,
            cluster,
            policies,
            own,
            declaring,
            by_path,
            unsaved,
            versions_of: HashMap::new(),
            changes: 0,
            changes_beside: 0,
            is_divided: false,
            classified: Arc::default(),
            grouped: Grouped::default(),
            sets: Vec::new(),
            unseen: Vec::new(),
            levels,
            with_advice,
            renders_wanted_only: false,
            of_gone_sets: Vec::new(),
            uncompared: Vec::new(),
        })
    }

    /// The file of an absolute, cleaned path.
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).map(|at| self.found[*at].file)
    }

    /// Puts a text in the place of a file's, and tells whether the file is known; what is not known asks for another walk.
    pub fn change(&mut self, path: &str, text: Text, is_saved: bool) -> bool {
        let Some(at) = self.by_path.get(path).copied() else { return false };
        let file = self.found[at].file;
        if is_saved {
            self.unsaved.remove(&file);
        } else {
            self.unsaved.insert(file);
        }
        if self.sources.get(file).text.text == text.text {
            return true;
        }
        if suppress::may_hold_any(&text.text) {
            self.with_advice = Groups::all();
        }
        self.sources.replace(file, text);
        let source = self.sources.get(file);
        self.streams.replace(file, source, &self.yaml_options);
        *self.versions_of.entry(file).or_default() += 1;
        self.changes += 1;
        self.declaring.remove(&file);
        if at < self.asked_for && check::declares_crds(self.streams.of(file)) {
            self.declaring.insert(file);
        }
        let (class, identities) = own(source, self.streams.of(file));
        let (class_before, identities_before) = &self.own[at];
        let is_broken =
            self.streams.of(file).documents.iter().any(|document| matches!(document.content, Content::Error(_)));
        let is_same = *class_before == class && *identities_before == identities;
        // Who is in the middle of a word has not taken the object out of its set: what cannot be read is still what it was.
        if *class_before == Class::Manifest && (is_same || is_broken) {
            return true;
        }
        self.own[at] = (class, identities);
        self.is_divided = false;
        true
    }

    /// Reads a file from disk again, and tells whether it is known and there.
    pub fn read_again(&mut self, path: &str) -> bool {
        let Some(at) = self.by_path.get(path).copied() else { return false };
        let found = &self.found[at];
        let Some(read) = walk::read_again(found, &self.sources.get(found.file).name) else { return false };
        self.change(path, read.text, true)
    }

    /// Something changed that is no file of the workspace; programs that render may read it.
    pub fn changed_beside(&mut self) {
        self.changes_beside += 1;
        self.is_divided = false;
    }

    /// As [`Workspace::judge`]: the sets that what is asked about concerns; all, where it is everything.
    pub(super) fn judge_about(&mut self, asked: Option<&Asked>) {
        self.divide();
        let files = Files::new(self.found.iter(), &self.sources, &self.streams);
        let wanted = asked.map_or_else(
            || vec![true; self.grouped.sets.len()],
            |asked| scope::concerned(asked, &self.grouped.sets, &files, &self.config, &self.request),
        );
        self.judge_wanted(wanted);
    }

    /// Divides and renders what has changed, then judges the sets that are wanted, by their files, as far as they were
    /// not judged as they are. For an editor, only what is wanted is rendered.
    pub fn judge(&mut self, is_wanted: impl Fn(&HashSet<FileId>) -> bool) {
        self.divide();
        let wanted = self.grouped.sets.iter().map(|set| is_wanted(&files_of(set))).collect();
        self.judge_wanted(wanted);
    }

    fn judge_wanted(&mut self, wanted: Vec<bool>) {
        self.render(&wanted);
        self.look_around(&wanted);
        let crds = self.crd_files();
        let repository = self.repository();
        let library = self.library();
        let progress = &self.request.progress;
        progress.begin(Step::Judging, wanted.iter().filter(|is_wanted| **is_wanted).count());
        let judged: Vec<Option<Arc<SnapshotSet>>> = self
            .sets
            .par_iter()
            .zip(wanted)
            .map(|(set, is_wanted)| match (&set.judged, &set.rendered) {
                (Some((changes, judged)), _) if is_wanted && *changes == self.changes => Some(Arc::clone(judged)),
                (_, Some(rendered)) if is_wanted => {
                    let judged = self.settled(self.judge_one(set, rendered, &crds, (&repository, &library), None));
                    progress.advance();
                    Some(Arc::new(judged))
                }
                _ => None,
            })
            .collect();
        drop(repository);
        for (set, judged) in self.sets.iter_mut().zip(judged) {
            if let Some(judged) = judged {
                set.judged = Some((self.changes, judged));
            }
        }
    }

    /// Asks the server for what it holds around the objects that are judged.
    fn look_around(&mut self, wanted: &[bool]) {
        let Some(server) = self.request.server.clone() else { return };
        let sets = self.sets.iter().zip(wanted).filter(|(_, is_wanted)| **is_wanted);
        let rendered = sets.filter_map(|(set, _)| set.rendered.as_ref());
        let named = rendered.flat_map(|set| {
            let namespace = set.namespace.as_deref().unwrap_or_default();
            verdict::named(&set.files, namespace, &self.streams)
        });
        let around = verdict::look_around(&*server, &named.collect::<Vec<_>>(), &mut self.sources);
        self.streams.read_further(&self.sources, &self.yaml_options);
        self.cluster.push(around.0);
        self.unseen = around.1;
    }

    /// Judges the sets that a change concerns as changes to what they were. What is the same in both states is read, parsed
    /// and rendered once.
    ///
    /// # Errors
    ///
    /// When the state before cannot be read.
    pub(super) fn judge_against(&mut self, state: &Before, asked: &Asked) -> Result<(), CheckError> {
        self.divide();
        self.render(&vec![true; self.grouped.sets.len()]);
        let mut was = self.as_before(state)?;
        was.divide();
        let pairs = before::pairs(&self.made_of(), &was.made_of());
        // A set is judged with what it was, whichever of the two the change concerns.
        let (mut wanted, mut wanted_before) = (before::concerned(asked, self), before::concerned(asked, &was));
        for (at, before) in pairs.iter().enumerate().filter_map(|(at, before)| Some((at, (*before)?))) {
            let either = wanted[at] || wanted_before[before];
            (wanted[at], wanted_before[before]) = (either, either);
        }
        was.render_before(&wanted_before, state, self)?;
        (self.sources, self.streams) = (was.sources.clone(), was.streams.clone());
        let (judged, mut of_gone_sets, uncompared) = self.compare(&was, state, &pairs, &wanted, &wanted_before);
        let judged: Vec<_> = judged.into_iter().map(|set| set.map(|set| self.settled(set))).collect();
        for (set, judged) in self.sets.iter_mut().zip(judged) {
            set.judged = judged.map(|judged| (self.changes, Arc::new(judged)));
        }
        self.settle(&mut of_gone_sets);
        (self.of_gone_sets, self.uncompared) = (of_gone_sets, uncompared);
        let shared: HashSet<FileId> = self.found.iter().map(|found| found.file).collect();
        for file in was.found.iter().map(|found| found.file).filter(|file| !shared.contains(file)) {
            let name = format!("{}@{}", self.sources.get(file).name, state.called);
            self.sources.rename(file, &name);
        }
        Ok(())
    }

    fn compare(
        &self,
        was: &Self,
        state: &Before,
        pairs: &[Option<usize>],
        wanted: &[bool],
        wanted_before: &[bool],
    ) -> (Vec<Option<SnapshotSet>>, Vec<Finding>, Vec<Unchecked>) {
        let (crds, repository, repository_before) = (self.crd_files(), self.repository(), was.repository());
        let library = self.library();
        let written = repository.objects();
        let syncers = change::syncers(written, &state.changes.top);
        let mut paths: HashMap<FileId, String> =
            was.found.iter().map(|found| (found.file, found.path.clone())).collect();
        for set in was.sets.iter().filter_map(|set| set.rendered.as_ref()) {
            for file in &set.rendered {
                let from = was.sources.get(*file).made_from.and_then(|from| paths.get(&from).cloned());
                paths.extend(from.map(|path| (*file, path)));
            }
        }
        let written = |workspace: &Self, wanted: &[bool]| -> Vec<Vec<&Object>> {
            let of = |(set, is_wanted): (&KeptSet, &bool)| {
                let files = set.rendered.as_ref().filter(|_| *is_wanted).map(|set| set.files.as_slice());
                files.unwrap_or_default().iter().flat_map(|file| self.streams.written_in(*file)).collect()
            };
            workspace.sets.iter().zip(wanted).map(of).collect()
        };
        let moves = before::moves(&written(was, wanted_before), &written(self, wanted), pairs);
        let nothing = HashSet::new();
        let earlier = |now: Option<usize>, files: &[FileId]| Earlier {
            files: files.to_vec(),
            arrived: now.and_then(|now| moves.arrived.get(&now)).unwrap_or(&nothing),
            departed: &moves.departed,
            repository: &repository_before,
            syncers: &syncers,
            paths: &paths,
        };
        let is_unknown = |set: &KeptSet| {
            set.rendered.as_ref().is_none_or(|set| !set.findings.is_empty() || !set.unchecked.is_empty())
        };
        let progress = &self.request.progress;
        progress.begin(Step::Judging, wanted.iter().filter(|is_wanted| **is_wanted).count());
        let judged: Vec<Option<SnapshotSet>> = self
            .sets
            .par_iter()
            .enumerate()
            .map(|(at, set)| {
                let rendered = set.rendered.as_ref().filter(|_| wanted[at])?;
                let before = pairs[at].map(|before| &was.sets[before]);
                let files = before.and_then(|set| set.rendered.as_ref()).map(|set| set.files.as_slice());
                let earlier = earlier(Some(at), files.unwrap_or_default());
                // What could not be rendered as it was is judged as if it were new.
                let is_known = before.is_none_or(|before| !is_unknown(before));
                let mut judged =
                    self.judge_one(set, rendered, &crds, (&repository, &library), is_known.then_some(&earlier));
                progress.advance();
                // What could not be built before either is not this change's fault.
                let could_not =
                    before.and_then(|set| set.rendered.as_ref()).is_some_and(|set| !set.findings.is_empty());
                if could_not && !rendered.findings.is_empty() {
                    let found = judged.findings.len();
                    judged.findings.retain(|finding| finding.rule.id != rendered::RENDER.id);
                    judged.known.findings += found - judged.findings.len();
                }
                Some(judged)
            })
            .collect();
        let mut of_gone_sets = Vec::new();
        let mut uncompared = Vec::new();
        for (at, set) in was.sets.iter().enumerate().filter(|(at, _)| wanted_before[*at]) {
            let name = set.planned.name.as_str();
            if is_unknown(set) {
                let failed = set.rendered.as_ref().and_then(|set| {
                    let failed = set.findings.first().map(|finding| finding.message.clone());
                    failed.or_else(|| set.unchecked.first().map(|unchecked| unchecked.why.clone()))
                });
                let why = format!(
                    "as it was in {} it could not be judged, so it is judged as if nothing of it were live: {}",
                    state.called,
                    failed.unwrap_or_default()
                );
                uncompared.push(Unchecked { what: name.to_owned(), class: "base", why, span: None });
            } else if let Some(rendered) = set.rendered.as_ref().filter(|_| !pairs.contains(&Some(at))) {
                let earlier = earlier(None, &rendered.files);
                let empty = RenderedSet { files: Vec::new(), rendered: Vec::new(), ..rendered.clone() };
                of_gone_sets
                    .extend(self.judge_one(set, &empty, &crds, (&repository, &library), Some(&earlier)).findings);
            }
        }
        (judged, of_gone_sets, uncompared)
    }

    /// The name of each set, and the absolute paths of what it is made of.
    fn made_of(&self) -> Vec<(String, HashSet<String>)> {
        let paths: HashMap<FileId, &str> = self.found.iter().map(|found| (found.file, found.path.as_str())).collect();
        let of = |set: &PlannedSet| {
            files_of(set).iter().filter_map(|file| paths.get(file)).map(|path| (*path).to_owned()).collect()
        };
        self.grouped.sets.iter().map(|set| (set.name.clone(), of(set))).collect()
    }

    /// The same files as they were: what is the same keeps its number, and what is known of it.
    fn as_before(&self, state: &Before) -> Result<Self, CheckError> {
        let (mut sources, mut streams) = (self.sources.clone(), self.streams.clone());
        let old = |found: &Found| state.texts.get(&found.path);
        let mut take_in = |name: String, path: &str, text: &Text| Found {
            file: sources.add(SourceFile::new(name, text.clone())),
            path: path.to_owned(),
            named: false,
        };
        let mut found: Vec<(Found, Option<usize>)> = Vec::with_capacity(self.found.len());
        let mut asked_for = 0;
        for (at, known) in self.found.iter().enumerate() {
            match old(known) {
                None => found.push((known.clone(), Some(at))),
                Some(None) => {}
                Some(Some(text)) => {
                    let name = self.sources.get(known.file).name.clone();
                    found.push((take_in(name, &known.path, text), None));
                }
            }
            if at < self.asked_for {
                asked_for = found.len();
            }
        }
        let options = walk::Options {
            exclude: self.config.exclude.clone(),
            exclude_base: self.config.directory.clone(),
            unsaved: walk::Unsaved::new(),
        };
        let roots: Vec<(&String, String)> =
            self.request.paths.iter().map(|path| (path, walk::absolute_path(path))).collect();
        for (path, text) in &state.texts {
            let Some(text) = text else { continue };
            // What is there and was not read is left out by somebody.
            if self.by_path.contains_key(path) || Path::new(path).exists() {
                continue;
            }
            let root = roots.iter().find_map(|(root, absolute)| {
                let below = path.strip_prefix(absolute.as_str())?;
                (below.starts_with('/') || absolute == "/").then_some((root, below.trim_start_matches('/')))
            });
            let Some((root, below)) = root else { continue };
            if walk::leaves_out(&options, path).map_err(CheckError::Walk)? {
                continue;
            }
            let is_behind = |other: &(Found, Option<usize>)| other.0.path.split('/').gt(path.split('/'));
            let place = found[..asked_for].iter().position(is_behind).unwrap_or(asked_for);
            found.insert(place, (take_in(go_path::join(root, below), path, text), None));
            asked_for += 1;
        }
        streams.read_further(&sources, &self.yaml_options);
        let own = found
            .iter()
            .map(|(found, known)| match known {
                Some(at) => self.own[*at].clone(),
                None => own(sources.get(found.file), streams.of(found.file)),
            })
            .collect();
        let declares = |(found, known): &&(Found, Option<usize>)| match known {
            Some(_) => self.declaring.contains(&found.file),
            None => check::declares_crds(streams.of(found.file)),
        };
        let declaring = found[..asked_for].iter().filter(declares).map(|(found, _)| found.file).collect();
        let found: Vec<Found> = found.into_iter().map(|(found, _)| found).collect();
        let by_path = found.iter().enumerate().map(|(at, found)| (found.path.clone(), at)).collect();
        Ok(Self {
            request: self.request.clone(),
            config: self.config.clone(),
            yaml_options: self.yaml_options,
            kubectl_minor: self.kubectl_minor,
            versions: self.versions,
            sources,
            streams,
            found,
            asked_for,
            problems: Vec::new(),
            policies: self.policies.clone(),
            crds: self.crds.clone(),
            cluster: self.cluster.clone(),
            own,
            declaring,
            by_path,
            unsaved: HashSet::new(),
            versions_of: HashMap::new(),
            changes: 0,
            changes_beside: 0,
            is_divided: false,
            classified: Arc::default(),
            grouped: Grouped::default(),
            sets: Vec::new(),
            unseen: Vec::new(),
            levels: self.levels.clone(),
            with_advice: self.with_advice.clone(),
            renders_wanted_only: true,
            of_gone_sets: Vec::new(),
            uncompared: Vec::new(),
        })
    }

    /// Renders the sets that are wanted from the files as they were.
    fn render_before(&mut self, wanted: &[bool], state: &Before, now: &Self) -> Result<(), CheckError> {
        let is_built = |set: &PlannedSet| set.parts.iter().any(|part| !matches!(part, Part::File(_)));
        let any = self.grouped.sets.iter().zip(wanted).any(|(set, wanted)| *wanted && is_built(set));
        if !any {
            self.render(wanted);
            return Ok(());
        }
        let written = state.written().map_err(CheckError::Base)?;
        let root = written.path();
        let there = |path: &str| {
            let absolute = walk::absolute_path(path);
            absolute.strip_prefix(state.changes.top.as_str()).map(|below| go_path::clean(&format!("{root}/{below}")))
        };
        for part in self.grouped.sets.iter_mut().flat_map(|set| &mut set.parts) {
            if let Part::Kustomization(built) | Part::Chart(built) = part {
                built.directory = there(&built.directory).unwrap_or_else(|| built.directory.clone());
                built.values = built.values.iter().map(|path| there(path).unwrap_or_else(|| path.clone())).collect();
            }
        }
        self.render(wanted);
        // Where programs read is nobody's business.
        let below = format!("{root}/");
        for set in self.sets.iter_mut().filter_map(|set| set.rendered.as_mut()) {
            set.findings.iter_mut().for_each(|finding| finding.message = finding.message.replace(&below, ""));
            set.unchecked.iter_mut().for_each(|unchecked| unchecked.why = unchecked.why.replace(&below, ""));
            for file in &mut set.rendered {
                let made_from = self.sources.get(*file).made_from;
                // The same as now is one text.
                let same = now.sets.iter().filter_map(|set| set.rendered.as_ref()).flat_map(|set| &set.rendered);
                let same = same.copied().find(|other| {
                    now.sources.get(*other).text.text == self.sources.get(*file).text.text
                        && now.sources.get(*other).made_from == made_from
                });
                let name = self.sources.get(*file).name.replace(&below, "").replace(&root, ".");
                self.sources.rename_made(*file, &format!("{name}@{}", state.called));
                if let Some(same) = same {
                    set.files.iter_mut().filter(|own| **own == *file).for_each(|own| *own = same);
                    *file = same;
                }
            }
        }
        Ok(())
    }

    /// The files, and what they hold.
    pub(super) fn texts(&self) -> (&[Found], &Sources, &Streams) {
        (&self.found, &self.sources, &self.streams)
    }

    /// The sets, as far as the files are divided.
    pub(super) fn planned(&self) -> &[PlannedSet] {
        &self.grouped.sets
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn request(&self) -> &CheckRequest {
        &self.request
    }

    /// What is known now; the sets are those that [`Workspace::judge`] was asked for at least once.
    pub fn snapshot(&self) -> Snapshot {
        let classes = self.found.iter().zip(&self.classified.classes);
        let told = self.told(true);
        Snapshot {
            sources: self.sources.clone(),
            streams: self.streams.clone(),
            files: Arc::new(classes.map(|(found, class)| (found.file, found.path.clone(), *class)).collect()),
            sets: told.sets,
            beside: told.beside,
            crds: self.crd_files().into_iter().chain(self.cluster.iter().copied()).collect(),
            minor: Some(self.versions.newest),
        }
    }

    /// Gives every finding what was chosen for it.
    fn settled(&self, mut set: SnapshotSet) -> SnapshotSet {
        set.aside = self.settle(&mut set.findings);
        set
    }

    /// The same for findings alone; what is not told of them.
    fn settle(&self, findings: &mut Vec<Finding>) -> Vec<SetAside> {
        let path = |finding: &Finding| {
            let file = finding.labels.first().map(|label| label.span.file);
            let file = file.map(|file| self.sources.get(file).made_from.unwrap_or(file));
            let found = file.and_then(|file| self.found.get(self.found.partition_point(|one| one.file < file)));
            found.filter(|found| Some(found.file) == file).map_or("", |found| found.path.as_str())
        };
        self.levels.settle(findings, path, |finding| self.request.advice.has_rule(finding.rule))
    }

    /// The judged sets without what is suppressed, and what is wrong with suppressions; with `is_everything`, those that are
    /// not needed too.
    fn told(&self, is_everything: bool) -> Told {
        let mut suppressions = Suppressions::default();
        let files: BTreeSet<FileId> = self
            .sets
            .iter()
            .filter(|set| set.judged.is_some())
            .flat_map(|set| {
                let rendered = set.rendered.iter().flat_map(|rendered| rendered.files.iter().copied());
                written_files(&set.planned).into_iter().chain(rendered)
            })
            .collect();
        for file in files {
            suppressions.read(file, self.sources.get(file), self.streams.of(file), self.request.rules);
        }
        if suppressions.is_empty() {
            return Told { sets: self.judged().cloned().collect(), beside: Vec::new() };
        }
        let mut sets = Vec::new();
        for set in self.judged() {
            let mut findings = set.findings.clone();
            let mut aside = suppressions.apply(&mut findings, &set.aside);
            aside.extend(set.aside.iter().cloned());
            let SnapshotSet { files, described_in, set, undecided, known, .. } = &**set;
            sets.push(Arc::new(SnapshotSet {
                files: files.clone(),
                described_in: *described_in,
                set: set.clone(),
                findings,
                undecided: undecided.clone(),
                known: *known,
                aside,
            }));
        }
        let settled = is_everything.then(|| self.settled_documents());
        let is_settled =
            |file: FileId, document: u32| settled.as_ref().is_some_and(|settled| settled.is_all(file, document));
        // These rules hold an object against what is live.
        let knows_live = !self.request.cluster.is_empty() || self.request.base.is_some();
        let may_find = |name: &str| knows_live || name.split('/').next() != Some("update");
        let mut beside = suppressions.findings(is_settled, may_find);
        self.settle(&mut beside);
        Told { sets, beside }
    }

    /// The files and documents of which everything is known that could be found there.
    fn settled_documents(&self) -> Settled {
        let mut settled = Settled::default();
        for set in &self.sets {
            let written = written_files(&set.planned);
            let (Some((_, judged)), Some(rendered)) = (&set.judged, &set.rendered) else {
                settled.open_files.extend(written);
                continue;
            };
            let mut is_rendered_whole =
                rendered.unchecked.is_empty() && rendered.findings.is_empty() && rendered.as_written.is_empty();
            for attempt in judged.set.iter().flat_map(|set| &set.attempts) {
                if attempt.unchecked.is_some() || !attempt.outcome.is_live() {
                    is_rendered_whole &= !rendered.rendered.contains(&attempt.origin.file);
                    settled.open_documents.insert((attempt.origin.file, attempt.origin.document));
                }
            }
            for part in &set.planned.parts {
                match part {
                    Part::File(file) => drop(settled.files.insert(*file)),
                    Part::Kustomization(built) if is_rendered_whole => {
                        settled.files.extend(built.from.iter().chain(&built.inputs));
                    }
                    Part::Kustomization(built) => settled.open_files.extend(built.from.iter().chain(&built.inputs)),
                    Part::Chart(built) => settled.open_files.extend(&built.from),
                }
            }
        }
        settled
    }

    fn judged(&self) -> impl Iterator<Item = &Arc<SnapshotSet>> {
        self.sets.iter().filter_map(|set| set.judged.as_ref().map(|(_, judged)| judged))
    }

    fn divide(&mut self) {
        if self.is_divided {
            return;
        }
        self.is_divided = true;
        let (sources, streams) = (&self.sources, &self.streams);
        let inputs: Vec<classify::Input<'_>> = self
            .found
            .iter()
            .enumerate()
            .map(|(at, found)| {
                let source = sources.get(found.file);
                let (is_context, stream) = (at >= self.asked_for, streams.of(found.file));
                classify::Input { name: &source.name, path: &found.path, is_context, text: &source.text, stream }
            })
            .collect();
        let own = self.own.iter().map(|(class, _)| *class).collect();
        let classified = classify::classify_among(&inputs, own);
        let members: Vec<Member> = self
            .found
            .iter()
            .zip(&self.own)
            .map(|(found, (_, identities))| Member {
                file: found.file,
                name: sources.get(found.file).name.clone(),
                path: found.path.clone(),
                identities: Arc::clone(identities),
            })
            .collect();
        self.grouped = sets::group(&members, &classified, &self.config.sets);
        self.classified = Arc::new(classified);
    }

    /// Makes the planned sets ready; what is made of the same texts as before stays as it is.
    fn render(&mut self, wanted: &[bool]) {
        let mut before: HashMap<String, KeptSet> =
            std::mem::take(&mut self.sets).into_iter().map(|set| (set.planned.name.clone(), set)).collect();
        let describing: Vec<FileId> = self
            .found
            .iter()
            .zip(&self.classified.classes)
            .filter(|(_, class)| matches!(class, Class::Kustomization | Class::Chart))
            .map(|(found, _)| found.file)
            .collect();
        let mut kept: Vec<Option<KeptSet>> = Vec::new();
        let mut stale: Vec<(Kept, Stamp)> = Vec::new();
        let mut gone: Vec<FileId> = Vec::new();
        let mut to_render: Vec<&PlannedSet> = Vec::new();
        for (planned, is_wanted) in self.grouped.sets.iter().zip(wanted) {
            let made_from = self.made_from(planned, &describing);
            let is_put_off = (self.request.editing || self.renders_wanted_only) && !is_wanted && !made_from.is_empty();
            let known = before.remove(&planned.name);
            match known {
                Some(known)
                    if known.planned == *planned
                        && known.made_from == made_from
                        && (known.rendered.is_some() || is_put_off) =>
                {
                    kept.push(Some(known));
                }
                known if is_put_off => {
                    gone.extend(known.and_then(|known| known.rendered).into_iter().flat_map(|set| set.rendered));
                    let (planned, kept_judgements) = (planned.clone(), Kept::default());
                    kept.push(Some(KeptSet {
                        planned,
                        rendered: None,
                        made_from,
                        judged: None,
                        kept: kept_judgements,
                    }));
                }
                known => {
                    kept.push(None);
                    to_render.push(planned);
                    let judgements = known.and_then(|known| {
                        gone.extend(known.rendered.into_iter().flat_map(|set| set.rendered));
                        let (old, new) = (&known.planned, planned);
                        let is_alike =
                            (old.method, &old.namespace, old.is_guess) == (new.method, &new.namespace, new.is_guess);
                        (is_alike && made_from.is_empty()).then_some(known.kept)
                    });
                    stale.push((judgements.unwrap_or_default(), made_from));
                }
            }
        }
        gone.extend(before.into_values().filter_map(|set| set.rendered).flat_map(|set| set.rendered));
        let is_unsaved = |built: &Built| {
            let parts = built.from.iter().chain(&built.inputs).chain(&describing);
            parts.chain([&built.file]).any(|file| self.unsaved.contains(file))
        };
        let editing: Option<rendered::IsUnsaved<'_>> = if self.request.editing { Some(&is_unsaved) } else { None };
        let mut rendered = rendered::render_all(&to_render, &self.request.tools, &mut self.sources, editing);
        // The places of what was rendered before stay taken, by nothing.
        for file in gone {
            self.sources.replace(file, yaml::decode_bytes(Vec::new()));
            self.streams.replace(file, self.sources.get(file), &self.yaml_options);
        }
        self.streams.read_further(&self.sources, &self.yaml_options);
        for set in &mut rendered {
            check::leave_templates_out(set, &mut self.streams, &self.sources);
            set.findings.iter_mut().for_each(|finding| point_at_entry(finding, &self.streams));
        }
        self.changes += u32::from(!rendered.is_empty());
        let mut fresh = rendered.into_iter().zip(stale);
        self.sets = self
            .grouped
            .sets
            .iter()
            .zip(kept)
            .filter_map(|(planned, known)| {
                known.or_else(|| {
                    let (rendered, (kept, made_from)) = fresh.next()?;
                    let rendered = Some(rendered);
                    Some(KeptSet { planned: planned.clone(), rendered, made_from, judged: None, kept })
                })
            })
            .collect();
    }

    /// What a set is rendered from; nothing where nothing is rendered.
    fn made_from(&self, planned: &PlannedSet, describing: &[FileId]) -> Stamp {
        let mut files: Vec<FileId> = Vec::new();
        for part in &planned.parts {
            if let Part::Kustomization(built) | Part::Chart(built) = part {
                files.extend(built.from.iter().chain(&built.inputs).chain(describing));
            }
        }
        if files.is_empty() {
            return Stamp::new();
        }
        let mut stamp = self.stamp(files.iter().copied());
        let unsaved = files.iter().filter(|file| self.unsaved.contains(file)).map(|file| (*file, u32::MAX));
        stamp.extend(unsaved.chain([(FileId(u32::MAX), self.changes_beside)]));
        stamp
    }

    fn stamp(&self, files: impl Iterator<Item = FileId>) -> Stamp {
        let version = |file: FileId| (file, self.versions_of.get(&file).copied().unwrap_or_default());
        let mut stamp: Stamp = files.map(version).collect();
        stamp.sort_unstable();
        stamp
    }

    /// The files whose CRDs every set may count on.
    fn crd_files(&self) -> Vec<FileId> {
        let asked_for = self.found[..self.asked_for].iter().zip(&self.classified.classes);
        let declaring = asked_for.filter(|(found, class)| class.is_manifest() && self.declaring.contains(&found.file));
        self.crds.iter().copied().chain(declaring.map(|(found, _)| found.file)).collect()
    }

    /// Every file of objects, and what was rendered.
    fn manifests(&self) -> impl Iterator<Item = FileId> {
        let asked_for = self.found[..self.asked_for].iter().zip(&self.classified.classes);
        let manifests = asked_for.filter(|(_, class)| class.is_manifest()).map(|(found, _)| found.file);
        let rendered = self.sets.iter().filter_map(|set| set.rendered.as_ref());
        manifests.chain(rendered.flat_map(|set| set.rendered.iter().copied()))
    }

    /// Every object that is written or was rendered.
    fn repository(&self) -> Repository<'_> {
        Repository::new(|| self.manifests().map(|file| self.streams.written_in(file)).collect())
    }

    /// Every admission policy that is known.
    fn library(&self) -> Library {
        let written: Vec<FileId> = self.manifests().collect();
        self.streams.library(
            &self.sources,
            &[(Source::Live, &self.cluster), (Source::Given, &self.policies), (Source::Written, &written)],
        )
    }

    fn judge_one(
        &self,
        set: &KeptSet,
        rendered: &RenderedSet,
        crds: &[FileId],
        (repository, library): (&dyn Elsewhere, &Library),
        earlier: Option<&Earlier<'_>>,
    ) -> SnapshotSet {
        let KeptSet { planned, kept, .. } = set;
        let files = files_of(planned).into_iter().chain(rendered.rendered.iter().copied()).collect();
        let mut findings = rendered.findings.clone();
        let described_in = planned.parts.iter().find_map(|part| match part {
            Part::File(_) => None,
            Part::Kustomization(built) | Part::Chart(built) => Some(built.file),
        });
        if rendered.files.is_empty() && earlier.is_none_or(|earlier| earlier.files.is_empty()) {
            return SnapshotSet {
                files,
                described_in,
                set: None,
                findings,
                undecided: Undecided::default(),
                known: Known::default(),
                aside: Vec::new(),
            };
        }
        // A set's own CRDs are not known before it is applied.
        let own: HashSet<FileId> = rendered.files.iter().chain(&rendered.from).copied().collect();
        let crds: Vec<FileId> = crds.iter().filter(|file| !own.contains(file)).copied().collect();
        let asked = SetRequest {
            policies: library,
            name: rendered.name.clone(),
            files: &rendered.files,
            options: ApplyOptions {
                field_manager: None,
                force_conflicts: false,
                method: rendered.method,
                namespace: rendered.namespace.clone(),
                validation: FieldValidation::Strict,
                minor: Minor::LATEST,
                kubectl_minor: self.kubectl_minor,
                together: check::together(rendered, &self.sources),
                closed_world: !self.request.cluster.is_empty(),
                context_namespace: self.request.server.as_ref().map(|server| server.default_namespace().to_owned()),
            },
            versions: self.versions,
            crds: &crds,
            cluster: &self.cluster,
            catalogue: &self.request.catalogue,
            base: &[],
            prune: None,
            unread: false,
            advice: &self.with_advice,
            externals: &self.config.externals,
            server: self.request.server.as_deref(),
            selector: None,
            repository,
            kept: self.request.editing.then_some(kept),
            earlier,
        };
        let mut judged = judge_set(&asked, &self.sources, &self.streams);
        // What is missing in a text that is still to be patched may be in the patch, and names may become others.
        judged.findings.retain(|finding| {
            let is_as_written = finding.object.is_some_and(|origin| rendered.as_written.contains(&origin.file));
            let is_of =
                |mut rules: Box<dyn Iterator<Item = &'static Rule>>| rules.any(|rule| rule.id == finding.rule.id);
            let is_made_later = || {
                finding.reason == Some(Reason::Required)
                    || is_of(Box::new(cross::rules()))
                    || is_of(Box::new(advice::rules()))
            };
            !(is_as_written && is_made_later())
        });
        trace(&mut judged.findings, planned, rendered, &self.sources, &self.streams);
        findings.append(&mut judged.findings);
        judged.set.attempts.retain(|attempt| !rendered.as_written.contains(&attempt.origin.file));
        let is_claimed = (rendered.as_written.is_empty() && earlier.is_none()) || !judged.set.attempts.is_empty();
        let (undecided, known) = (judged.undecided, judged.known);
        let set = is_claimed.then_some(judged.set);
        SnapshotSet { files, described_in, set, findings, undecided, known, aside: Vec::new() }
    }

    /// Everything that is known of what is asked about, as a report that is not in order yet; and of each finding, which
    /// of the sets it belongs to.
    pub(super) fn into_report(self, asked: Option<&Asked>) -> (Report, Vec<Option<usize>>) {
        let told = self.told(asked.is_none());
        let asked_for = &self.found[..self.asked_for];
        let mut report = Report { sources: self.sources, ..Report::default() };
        let on_disk = asked_for.iter().filter(|found| !found.path.is_empty());
        report.on_disk = on_disk.map(|found| (found.file, found.path.clone())).collect();
        report.unchecked.extend(self.problems.into_iter().map(check::unlooked));
        check::count_files(asked_for, &self.classified, asked, &mut report);
        check::tell_outside(&self.grouped, self.found.iter(), asked, &mut report);
        let sets_untouched = self.sets.iter().filter(|set| set.judged.is_none()).count();
        let mut scope = asked.map(|asked| Scope { about: asked.about.clone(), sets_untouched, ..Scope::default() });
        let mut of_set = Vec::new();
        let mut undecided = Undecided::default();
        if let Some(scope) = &mut scope {
            scope.findings_known += told.sets.iter().map(|set| set.known.findings).sum::<usize>();
            scope.objects_known += told.sets.iter().map(|set| set.known.objects).sum::<usize>();
        }
        let files = Files::new(self.found.iter(), &report.sources, &self.streams);
        let mut keep = |findings: &mut Vec<Finding>| {
            if let (Some(asked), Some(scope)) = (asked, &mut scope) {
                asked.keep(findings, &files, scope);
            }
        };
        let judged_sets = self.sets.into_iter().filter(|set| set.judged.is_some());
        for (KeptSet { rendered, .. }, judged) in judged_sets.zip(&told.sets) {
            undecided.merge(&judged.undecided);
            let mut findings = judged.findings.clone();
            keep(&mut findings);
            let aside = judged.aside.iter().filter(|one| asked.is_none_or(|asked| asked.tells(&one.finding, &files)));
            report.aside.extend(aside.filter(|one| one.by != By::NotAsked).cloned());
            let at = judged.set.as_ref().map(|_| report.sets.len());
            of_set.extend(findings.iter().map(|_| at));
            report.findings.extend(findings);
            report.sets.extend(judged.set.clone());
            report.unchecked.extend(rendered.into_iter().flat_map(|set| set.unchecked));
        }
        report.unchecked.extend(undecided.told());
        let mut beside = told.beside;
        keep(&mut beside);
        beside.extend(self.of_gone_sets);
        of_set.extend(beside.iter().map(|_| None));
        report.findings.extend(beside);
        report.unchecked.extend(self.uncompared);
        report.scope = scope;
        report.unchecked.extend(self.unseen);
        report.server = self.request.server.as_ref().map(|server| server.name().to_owned());
        verdict::tell_differences(&mut report);
        let mended = asked_for.iter().filter(|found| asked.is_none_or(|asked| asked.mends(&found.path)));
        report.keep_fixes_in(&mended.map(|found| found.file).collect());
        super::conceal(&mut report, &self.streams);
        (report, of_set)
    }

    /// What is known of one file, as a report in which the file has this name.
    pub fn into_report_on(mut self, file: FileId, name: &str) -> Report {
        let own_name = self.sources.get(file).name.clone();
        self.problems.clear();
        self.asked_for = self.found.len();
        let at = self.found.iter().position(|found| found.file == file);
        let class = at.map(|at| self.classified.classes[at]);
        let (mut report, _) = self.into_report(None);
        report.sort();
        report.findings.retain(|finding| finding.labels.iter().any(|label| label.span.file == file));
        report.aside.retain(|one| one.finding.labels.iter().any(|label| label.span.file == file));
        report
            .unchecked
            .retain(|unchecked| unchecked.what == own_name || unchecked.span.is_some_and(|span| span.file == file));
        report.files.retain(|count| class.is_some_and(|class| class.word() == count.class));
        report.files.iter_mut().for_each(|count| count.files = 1);
        for set in &mut report.sets {
            set.attempts.retain(|attempt| attempt.origin.file == file);
            name.clone_into(&mut set.name);
        }
        report.sets.retain(|set| !set.attempts.is_empty());
        report.sources.rename(file, name);
        report
    }
}

/// The files of a set in which a suppression may be written: not a chart's templates, which are no YAML before they are
/// rendered, and leave their comments in what is.
fn written_files(planned: &PlannedSet) -> Vec<FileId> {
    let of_part = |part: &Part| match part {
        Part::File(file) => vec![*file],
        Part::Kustomization(built) => built.from.iter().chain(&built.inputs).chain([&built.file]).copied().collect(),
        Part::Chart(built) => built.from.iter().chain([&built.file]).copied().collect(),
    };
    planned.parts.iter().flat_map(of_part).collect()
}

/// Every file that a set is made of.
fn files_of(planned: &PlannedSet) -> HashSet<FileId> {
    let mut files = HashSet::new();
    for part in &planned.parts {
        match part {
            Part::File(file) => drop(files.insert(*file)),
            Part::Kustomization(built) | Part::Chart(built) => {
                files.extend(built.from.iter().chain(&built.inputs).chain([&built.file]));
            }
        }
    }
    files
}

/// What a file is by itself, and the objects it holds.
fn own(source: &SourceFile, stream: &Stream) -> (Class, Arc<[Identity]>) {
    (classify::classify(&source.name, &source.text, stream), sets::identities(stream).into())
}
