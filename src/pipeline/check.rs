//! `seaworthy check`: everything a repository applies, found, grouped and judged.
//!
//! Apart from `plan` because nobody says here what is applied together: that is found out.

use super::base;
use super::catalogue::Catalogue;
use super::plan::context;
use super::rendered::{self, RenderedSet};
use super::scope::{self, About, Asked, Files};
use super::trace::{point_at_entry, trace};
use super::{JudgedSet, Progress, SetRequest, Step, Streams, judge_set};
use crate::apply::{ApplyOptions, ApplySet, Together};
use crate::classify::{self, Class, Classified};
use crate::config::{self, Config, ConfigError};
use crate::cross::{Index, Member as Known};
use crate::decode::FieldValidation;
use crate::finding::Finding;
use crate::object::view::View;
use crate::report::{FileCount, Report, Scope, Unchecked};
use crate::schema::{Minor, VersionRange};
use crate::sets::{self, Grouped, Member, PlannedSet};
use crate::source::git::{self, Changes};
use crate::source::render::Tools;
use crate::source::walk::{self, Found, WalkError};
use crate::source::{FileId, Sources, Span, go_path};
use crate::yaml::{self, Content, NodeRef, Stream, Text};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `check` was asked.
#[derive(Debug, Default)]
pub struct CheckRequest {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<String>,
    /// The API server's minors; none for what `seaworthy.toml` says, else the newest.
    pub versions: Option<VersionRange>,
    /// kubectl's minor; none for the newest.
    pub kubectl_minor: Option<Minor>,
    /// What the cluster holds.
    pub cluster: Vec<String>,
    /// CRDs to know besides those of the repository.
    pub crds: Vec<String>,
    /// `--schema-location`: the schemas of kinds without a CRD.
    pub catalogue: Catalogue,
    /// `seaworthy.toml` by name, instead of the one found upwards.
    pub config: Option<PathBuf>,
    /// The programs that render.
    pub tools: Tools,
    /// Texts to judge instead of what stands on disk, by absolute path; standard input has none.
    pub instead: BTreeMap<String, Arc<str>>,
    /// What of it is asked about.
    pub about: About,
    /// Told how far the run has come.
    pub progress: Arc<Progress>,
    /// Whether to give advice too.
    pub advice: bool,
}

/// Why nothing was checked.
#[derive(Debug)]
pub enum CheckError {
    /// The paths.
    Walk(WalkError),
    /// `seaworthy.toml`.
    Config(Box<ConfigError>),
    /// The paths of `--cluster` or `--crds`.
    Context(super::PlanError),
    /// git, or what it knows: its words, or ours.
    Git(String),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::Walk(error) => error.fmt(f),
            CheckError::Config(error) => error.fmt(f),
            CheckError::Context(error) => error.fmt(f),
            CheckError::Git(why) => write!(f, "--changed-since: {why}"),
        }
    }
}

impl std::error::Error for CheckError {}

/// Checks a repository.
///
/// # Errors
///
/// When a path that was given cannot be looked at, or `seaworthy.toml` cannot be used.
pub fn check(request: &CheckRequest, stdin: &mut dyn Read) -> Result<Report, CheckError> {
    let question = question(request)?;
    request.progress.begin(Step::Reading, 0);
    let config = configuration(request).map_err(|error| CheckError::Config(Box::new(error)))?;
    let walk_options = walk::Options { exclude: config.exclude.clone(), exclude_base: config.directory.clone() };
    let walked = walk::walk(&request.paths, &walk_options, stdin).map_err(CheckError::Walk)?;
    let mut report = Report { sources: walked.sources, ..Report::default() };
    take_instead(request, walked.files.iter().chain(&walked.context), &mut report.sources);
    report.on_disk = walked
        .files
        .iter()
        .filter(|found| !found.path.is_empty())
        .map(|found| (found.file, found.path.clone()))
        .collect();
    report.unchecked.extend(walked.problems.into_iter().map(unlooked));
    let found = || walked.files.iter().chain(&walked.context);
    request.progress.begin(Step::Rendering, 0);
    let mut crds = context("--crds", &request.crds, &mut report.sources).map_err(CheckError::Context)?;
    let cluster = context("--cluster", &request.cluster, &mut report.sources).map_err(CheckError::Context)?;
    let kubectl_minor = request.kubectl_minor.unwrap_or(Minor::LATEST);
    let yaml_options = yaml::Options { kubectl_minor: kubectl_minor.0.into() };
    let mut streams = Streams::read(&report.sources, &yaml_options);

    let (classified, grouped) = divide(&walked.files, &walked.context, &report.sources, &streams, &config);
    let concerned = question.as_ref().map_or_else(
        || vec![true; grouped.sets.len()],
        |question| {
            let files = Files::new(found(), &report.sources, &streams);
            scope::concerned(&question.asked, &grouped.sets, &files, &config, request)
        },
    );
    let asked = question.as_ref().map(|question| &question.asked);
    count_files(&walked.files, &classified, asked, &mut report);
    tell_outside(&grouped, found(), asked, &mut report);
    let rendered = rendered::render_all(&grouped.sets, &request.tools, &mut report.sources);
    streams.read_further(&report.sources, &yaml_options);
    for (set, is_concerned) in rendered.iter().zip(&concerned) {
        let left_out = leave_templates_out(set, &mut streams, &report.sources);
        report.unchecked.extend(left_out.into_iter().filter(|_| *is_concerned));
    }

    let classes = walked.files.iter().zip(&classified.classes);
    let manifests: Vec<FileId> =
        classes.filter(|(_, class)| class.is_manifest()).map(|(found, _)| found.file).collect();
    crds.extend(manifests.iter().filter(|file| declares_crds(streams.of(**file))));
    let everything = manifests.iter().chain(rendered.iter().flat_map(|set| &set.rendered)).copied();
    let written = super::objects_as_written(&streams, everything);
    let repository = Index::new(written.iter().map(Known::as_written));
    let versions = request.versions.or_else(|| configured_versions(&config)).unwrap_or(Minor::LATEST.into());
    let judging = Judging {
        request,
        versions,
        kubectl_minor,
        crds: &crds,
        cluster: &cluster,
        repository: &repository,
        sources: &report.sources,
        streams: &streams,
    };
    let judged = judging.all(&rendered, &concerned);
    let concerns = grouped.sets.iter().zip(rendered).zip(judged).zip(concerned);
    let concerns = concerns.map(|(((planned, rendered), judged), is_concerned)| Concern {
        planned,
        rendered,
        judged,
        is_concerned,
    });
    let known = Files::new(found(), &report.sources, &streams);
    let told = tell(concerns.collect(), asked, &known, &report.sources, &streams);
    report.sets = told.sets;
    report.findings = told.findings;
    report.unchecked.extend(told.unchecked);
    report.scope = told.scope;
    if let Some(changes) = question.as_ref().and_then(|question| question.new_only.as_ref()) {
        leave_out_known(request, changes, &told.of_set, &mut report)?;
    }
    let mended = walked.files.iter().filter(|found| asked.is_none_or(|asked| asked.mends(&found.path)));
    report.keep_fixes_in(&mended.map(|found| found.file).collect());
    super::finish(&mut report, &streams, request.advice);
    Ok(report)
}

/// What every set of a repository is judged with.
struct Judging<'j> {
    request: &'j CheckRequest,
    versions: VersionRange,
    kubectl_minor: Minor,
    crds: &'j [FileId],
    cluster: &'j [FileId],
    repository: &'j Index<'j>,
    sources: &'j Sources,
    streams: &'j Streams,
}

impl Judging<'_> {
    /// Judges the sets that are asked about and have files, in parallel.
    fn all(&self, rendered: &[RenderedSet], concerned: &[bool]) -> Vec<Option<JudgedSet>> {
        let is_due = |(set, is_concerned): &(&RenderedSet, &bool)| !set.files.is_empty() && **is_concerned;
        let progress = &self.request.progress;
        progress.begin(Step::Judging, rendered.iter().zip(concerned).filter(is_due).count());
        let judge = |(set, is_concerned)| {
            is_due(&(set, is_concerned)).then(|| {
                let judged = self.one(set);
                progress.advance();
                judged
            })
        };
        rendered.par_iter().zip(concerned).map(judge).collect()
    }

    fn one(&self, set: &RenderedSet) -> JudgedSet {
        // A set's own CRDs are not known before it is applied.
        let own: HashSet<FileId> = set.files.iter().chain(&set.from).copied().collect();
        let crds: Vec<FileId> = self.crds.iter().filter(|file| !own.contains(file)).copied().collect();
        let options = ApplyOptions {
            method: set.method,
            namespace: set.namespace.clone(),
            validation: FieldValidation::Strict,
            minor: Minor::LATEST,
            kubectl_minor: self.kubectl_minor,
            together: together(set, self.sources),
            closed_world: !self.request.cluster.is_empty(),
        };
        let asked = SetRequest {
            name: set.name.clone(),
            files: &set.files,
            options,
            versions: self.versions,
            crds: &crds,
            cluster: self.cluster,
            catalogue: &self.request.catalogue,
            base: &[],
            selector: None,
            repository: self.repository,
        };
        judge_set(&asked, self.sources, self.streams)
    }
}

/// Puts the texts to judge in the place of those on disk.
fn take_instead<'f>(request: &CheckRequest, found: impl Iterator<Item = &'f Found>, sources: &mut Sources) {
    for found in found {
        if let Some(text) = request.instead.get(&found.path) {
            sources.replace(found.file, Text { text: Arc::clone(text), replaced: Vec::new() });
        }
    }
}

/// What the walk could not look at.
fn unlooked(problem: walk::Problem) -> Unchecked {
    Unchecked { what: problem.path, class: problem.kind.word(), why: problem.why, span: None }
}

/// What is asked about, where that is not everything.
struct Question {
    asked: Asked,
    /// The change of which only what is new is reported.
    new_only: Option<Changes>,
}

fn question(request: &CheckRequest) -> Result<Option<Question>, CheckError> {
    Ok(match &request.about {
        About::Everything => None,
        About::Files(files) => Some(Question { asked: Asked::files(files), new_only: None }),
        About::Change { revision, new_only } => {
            let changes = git::changes_since(revision, &first_directory(request)).map_err(CheckError::Git)?;
            let before = changes.before().map_err(CheckError::Git)?;
            let asked = Asked::change(revision, &changes, &before);
            Some(Question { asked, new_only: new_only.then_some(changes) })
        }
    })
}

/// A set, and whether it has to do with what is asked about; if so and there is anything in it, judged.
struct Concern<'g> {
    planned: &'g PlannedSet,
    rendered: RenderedSet,
    judged: Option<JudgedSet>,
    is_concerned: bool,
}

/// What is to be reported.
struct Told {
    sets: Vec<ApplySet>,
    findings: Vec<Finding>,
    /// For each finding the set it belongs to.
    of_set: Vec<Option<usize>>,
    unchecked: Vec<Unchecked>,
    scope: Option<Scope>,
}

fn tell(
    concerns: Vec<Concern<'_>>,
    asked: Option<&Asked>,
    files: &Files<'_>,
    sources: &Sources,
    streams: &Streams,
) -> Told {
    let sets_untouched = concerns.iter().filter(|set| !set.is_concerned).count();
    let mut scope = asked.map(|asked| Scope { about: asked.about.clone(), sets_untouched, ..Scope::default() });
    let mut told =
        Told { sets: Vec::new(), findings: Vec::new(), of_set: Vec::new(), unchecked: Vec::new(), scope: None };
    for Concern { planned, rendered, judged, .. } in concerns.into_iter().filter(|set| set.is_concerned) {
        let mut findings = rendered.findings.clone();
        for finding in &mut findings {
            point_at_entry(finding, streams);
        }
        let at = judged.as_ref().map(|_| told.sets.len());
        if let Some(mut judged) = judged {
            trace(&mut judged.findings, planned, &rendered, sources, streams);
            findings.extend(judged.findings);
            told.sets.push(judged.set);
        }
        if let (Some(asked), Some(scope)) = (asked, &mut scope) {
            asked.keep(&mut findings, files, scope);
        }
        told.of_set.extend(findings.iter().map(|_| at));
        told.findings.extend(findings);
        told.unchecked.extend(rendered.unchecked);
    }
    told.scope = scope;
    told
}

/// Leaves out of a report what was wrong before the change already. Where nothing is wrong, nothing is looked at.
fn leave_out_known(
    request: &CheckRequest,
    changes: &Changes,
    of_set: &[Option<usize>],
    report: &mut Report,
) -> Result<(), CheckError> {
    if !report.findings.is_empty() || !report.sets.iter().all(ApplySet::is_whole) {
        base::judge(request, changes)?.leave_out(report, of_set, changes);
    }
    Ok(())
}

/// The directory that the first path is, or is in.
fn first_directory(request: &CheckRequest) -> String {
    let first = request.paths.iter().find(|path| *path != "-").map_or(".", String::as_str);
    if Path::new(first).is_dir() { first.to_owned() } else { go_path::parent(&go_path::clean(first)) }
}

fn configuration(request: &CheckRequest) -> Result<Config, ConfigError> {
    if let Some(path) = &request.config {
        return config::read(path);
    }
    Ok(config::discover(Path::new(&first_directory(request)))?.unwrap_or_default())
}

fn together(set: &RenderedSet, sources: &Sources) -> Together {
    if !set.is_guess {
        return Together::All;
    }
    Together::ByDirectory(set.files.iter().map(|file| (*file, go_path::parent(&sources.get(*file).name))).collect())
}

fn configured_versions(config: &Config) -> Option<VersionRange> {
    let oldest = config.kube_versions.iter().min()?;
    let newest = config.kube_versions.iter().max()?;
    Some(VersionRange { oldest: *oldest, newest: *newest })
}

/// Tells the files apart and divides the manifests into sets. What is told of the context comes last.
fn divide(
    files: &[Found],
    context: &[Found],
    sources: &Sources,
    streams: &Streams,
    config: &Config,
) -> (Classified, Grouped) {
    let all = || files.iter().map(|found| (found, false)).chain(context.iter().map(|found| (found, true)));
    let inputs: Vec<classify::Input<'_>> = all()
        .map(|(found, is_context)| {
            let source = sources.get(found.file);
            let stream = streams.of(found.file);
            classify::Input { name: &source.name, path: &found.path, is_context, text: &source.text, stream }
        })
        .collect();
    let classified = classify::classify_all(&inputs);
    let members: Vec<Member> = all()
        .map(|(found, _)| Member {
            file: found.file,
            name: sources.get(found.file).name.clone(),
            path: found.path.clone(),
            identities: sets::identities(streams.of(found.file)),
        })
        .collect();
    let grouped = sets::group(&members, &classified, &config.sets);
    (classified, grouped)
}

/// Counts files by class, and names those that are asked about, may hold what is applied in the end, and were not judged.
fn count_files(files: &[Found], classified: &Classified, asked: Option<&Asked>, report: &mut Report) {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let is_asked = |path: &str| asked.is_none_or(|asked| asked.has(path));
    for (found, class) in files.iter().zip(&classified.classes) {
        *counts.entry(class.word()).or_default() += 1;
        if let Some(why) = class.unchecked().filter(|_| is_asked(&found.path)) {
            report.unchecked.push(Unchecked {
                what: report.sources.get(found.file).name.clone(),
                class: class.word(),
                why: why.to_owned(),
                span: None,
            });
        }
    }
    report.files = counts.into_iter().map(|(class, files)| FileCount { class, files }).collect();
    let read: HashSet<&str> = files.iter().map(|found| found.path.as_str()).collect();
    let unread = asked.into_iter().flat_map(Asked::named).filter(|(_, path)| !read.contains(path.as_str()));
    report.unchecked.extend(unread.filter(|(_, path)| walk::is_wanted(path)).map(|(name, _)| Unchecked {
        what: name.to_owned(),
        class: "left-out",
        why: "a .gitignore or seaworthy.toml leaves it out, or it lies outside of what was read".to_owned(),
        span: None,
    }));
}

fn tell_outside<'f>(
    grouped: &Grouped,
    found: impl Iterator<Item = &'f Found>,
    asked: Option<&Asked>,
    report: &mut Report,
) {
    let is_asked: HashSet<FileId> =
        found.filter(|found| asked.is_none_or(|asked| asked.has(&found.path))).map(|found| found.file).collect();
    for (file, why) in grouped.outside.iter().filter(|(file, _)| is_asked.contains(file)) {
        let what = report.sources.get(*file).name.clone();
        report.unchecked.push(Unchecked { what, class: "manifest", why: (*why).to_owned(), span: None });
    }
    for sets::Unmatched { set, path } in &grouped.unmatched {
        let why = format!("set {set} of seaworthy.toml names it, and no file matches");
        report.unchecked.push(Unchecked { what: path.clone(), class: "set", why, span: None });
    }
}

/// Takes out of what was rendered the documents that still hold placeholders, for whoever fills them in afterwards
/// (Flux's `postBuild`, Argo CD's plugins), and names them.
fn leave_templates_out(set: &RenderedSet, streams: &mut Streams, sources: &Sources) -> Vec<Unchecked> {
    let mut left_out = Vec::new();
    for file in &set.rendered {
        left_out.extend(streams.leave_out(*file, classify::is_template).into_iter().map(|range| Unchecked {
            what: sources.get(*file).name.clone(),
            class: Class::Template.word(),
            why: "what was rendered still holds placeholders".to_owned(),
            span: Some(Span { file: *file, range }),
        }));
    }
    left_out
}

/// Whether a file holds a CustomResourceDefinition.
fn declares_crds(stream: &Stream) -> bool {
    stream.documents.iter().any(|document| match &document.content {
        Content::Value(tree) => {
            let root = tree.root();
            let items = root.get("items").into_iter().flat_map(NodeRef::elements);
            std::iter::once(root).chain(items).any(|node| node.text("kind") == "CustomResourceDefinition")
        }
        _ => false,
    })
}
