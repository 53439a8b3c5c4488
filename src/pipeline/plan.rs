//! `seaworthy plan`: one apply, as `kubectl apply` would run it.
//!
//! Apart from `check` because the files, their order and the namespace are given, not found.

use super::asked::ApiServer;
use super::catalogue::Catalogue;
use super::cluster::{is_snapshot, version_of};
use super::rendered::RENDER;
use super::{SetRequest, Streams, judge_set, verdict};
use crate::advice::Groups;
use crate::apply::{ApplyOptions, Kinds, LabelSelector, Method, Prune};
use crate::classify::NAMES_OF_KUSTOMIZATIONS;
use crate::cross::Repository;
use crate::finding::{Finding, Level, Rule};
use crate::policies::Source;
use crate::report::{Report, Unchecked};
use crate::schema::{Minor, Schema, VersionRange};
use crate::source::kubectl_files::{self, CollectError};
use crate::source::render::Tools;
use crate::source::{FileId, SourceFile, Sources, Span, git};
use crate::yaml::{self, ByteRange, Text};
use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// kubectl cannot read one of its sources.
pub static SOURCE: Rule = Rule {
    id: "kubectl/source",
    level: Level::Error,
    summary: "kubectl cannot read one of the files",
    why: "kubectl goes on with the other files and ends with an error",
    docs: include_str!("source.md"),
};

/// There is nothing to apply.
pub static NOTHING: Rule = Rule {
    id: "kubectl/nothing-to-apply",
    level: Level::Error,
    summary: "there is nothing to apply",
    why: "kubectl apply ends with an error when the files hold no object",
    docs: include_str!("nothing-to-apply.md"),
};

/// What `plan` was asked.
#[derive(Debug)]
pub struct PlanRequest {
    /// The values of `-f`.
    pub filenames: Vec<String>,
    /// `-k`: a kustomization to build, instead of files
    pub kustomize: Option<String>,
    /// The programs that build it.
    pub tools: Tools,
    /// `-R`
    pub recursive: bool,
    /// How and where it is applied.
    pub options: ApplyOptions,
    /// The API server's minors; none for that of the server asked or of a snapshot, else the newest.
    pub versions: Option<VersionRange>,
    /// `-l`
    pub selector: Option<LabelSelector>,
    /// `--cluster`
    pub cluster: Vec<String>,
    /// `--policies`: admission policies to hold the set to, as if they were live.
    pub policies: Vec<String>,
    /// `--crds`
    pub crds: Vec<String>,
    /// `--schema-location`: the schemas of kinds without a CRD.
    pub catalogue: Catalogue,
    /// `--base`: paths or git revisions
    pub base: Vec<String>,
    /// `--prune`: what is deleted once all is applied.
    pub prune: Option<Prune>,
    /// Which advice to give too.
    pub advice: Groups,
    /// An API server that is asked about every object.
    pub server: Option<Arc<dyn ApiServer>>,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The paths of `-f`.
    Files(CollectError),
    /// The paths of `--cluster`, `--policies`, `--crds` or `--base`: the flag, and what is wrong.
    Context(&'static str, String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Files(error) => error.fmt(f),
            PlanError::Context(flag, why) => write!(f, "{flag}: {why}"),
        }
    }
}

impl std::error::Error for PlanError {}

/// Plans one apply.
///
/// # Errors
///
/// When kubectl would refuse the paths before it reads anything, or a path of context cannot be read.
pub fn plan(request: &PlanRequest, stdin: &mut dyn Read) -> Result<Report, PlanError> {
    let mut report = Report::default();
    let Some(files) = given_files(request, stdin, &mut report)? else { return Ok(report) };
    let unread = report.findings.iter().any(|finding| finding.level == Level::Error);
    let crds = context("--crds", &request.crds, &mut report.sources)?;
    let mut cluster = context("--cluster", &request.cluster, &mut report.sources)?;
    let base = base_files(request, &mut report.sources)?;
    let policies = context("--policies", &request.policies, &mut report.sources)?;
    let yaml_options = yaml::Options { kubectl_minor: request.options.kubectl_minor.0.into() };
    let mut streams = Streams::read(&report.sources, &yaml_options);
    if let Some(prune) = &request.prune {
        look_up(prune, request, [&crds, &cluster, &base], &streams)?;
        report.unchecked.extend(unknown(prune, !base.is_empty(), &cluster, &streams));
    }
    if let Some(server) = &request.server {
        let namespace = request.options.namespace.as_deref().unwrap_or_default();
        let named = verdict::named(&files, namespace, &streams);
        let (around, unseen) = verdict::look_around(&**server, &named, &mut report.sources);
        streams.read_further(&report.sources, &yaml_options);
        cluster.push(around);
        report.unchecked.extend(unseen);
        report.server = Some(server.name().to_owned());
    }
    let library = streams.library(
        &report.sources,
        &[(Source::Live, &cluster), (Source::Live, &base), (Source::Given, &policies), (Source::Written, &files)],
    );
    let set = SetRequest {
        policies: &library,
        name: request.kustomize.clone().unwrap_or_else(|| request.filenames.join(", ")),
        files: &files,
        options: request.options.clone(),
        versions: request.versions.unwrap_or_else(|| known_version(request.server.as_deref(), &cluster, &streams)),
        crds: &crds,
        cluster: &cluster,
        catalogue: &request.catalogue,
        base: &base,
        prune: request.prune.as_ref(),
        unread,
        advice: &request.advice,
        server: request.server.as_deref(),
        selector: request.selector.as_ref(),
        repository: &Repository::default(),
        externals: &[],
        kept: None,
        earlier: None,
    };
    let judged = judge_set(&set, &report.sources, &streams);
    report.findings.extend(judged.findings);
    let fixable = if request.kustomize.is_some() { HashSet::new() } else { files.iter().copied().collect() };
    report.keep_fixes_in(&fixable);
    if judged.set.attempts.is_empty() && report.findings.iter().all(|finding| finding.level != Level::Error) {
        let verb = if request.options.method == Method::KubectlCreate { "create" } else { "apply" };
        let message = format!("no objects passed to {verb}");
        let finding = nothing(&mut report.sources, &request.filenames, message);
        report.findings.push(finding);
    }
    report.unchecked.extend(judged.undecided.told());
    report.sets.push(judged.set);
    verdict::tell_differences(&mut report);
    super::conceal(&mut report, &streams);
    report.sort();
    Ok(report)
}

/// Looks up what `--prune-allowlist` names, before anything else, as kubectl does.
fn look_up(prune: &Prune, request: &PlanRequest, known: [&[FileId]; 3], streams: &Streams) -> Result<(), PlanError> {
    for minor in
        request.versions.unwrap_or_else(|| known_version(request.server.as_deref(), known[1], streams)).minors()
    {
        let mut kinds = Kinds::new(Schema::of(minor), request.options.closed_world);
        known.into_iter().flatten().for_each(|file| kinds.add(streams.declared_in(*file)));
        prune.look_up(&kinds).map_err(|why| PlanError::Context("--prune-allowlist", why))?;
    }
    Ok(())
}

/// What kubectl may delete beside what is known to be live.
fn unknown(prune: &Prune, has_base: bool, cluster: &[FileId], streams: &Streams) -> Option<Unchecked> {
    if cluster.iter().any(|file| !is_snapshot(streams.of(*file))) {
        return None;
    }
    let why = match (prune, has_base) {
        // Its members are what was applied with it.
        (Prune::Members(_), true) => return None,
        (Prune::Applied { .. }, true) => {
            "whatever else was applied with kubectl is deleted too where kind, namespace and labels fit; what is live, \
             --cluster tells (a snapshot does not tell what was applied)"
        }
        (_, false) => {
            "what is live and not in the set is deleted; --base tells what was applied last, and --cluster what is live (a \
             snapshot does not tell what was applied)"
        }
    };
    Some(Unchecked { what: "kubectl apply --prune".to_owned(), class: "prune", why: why.to_owned(), span: None })
}

/// The minor that is judged for where nobody names one: that of the server asked, that of which a snapshot was taken, or
/// the newest.
pub(super) fn known_version(server: Option<&dyn ApiServer>, cluster: &[FileId], streams: &Streams) -> VersionRange {
    let bundled = |minor: &Minor| (Minor::OLDEST..=Minor::LATEST).contains(minor);
    let of_server = server.map(ApiServer::minor).filter(bundled);
    let of_snapshot = || cluster.iter().find_map(|file| version_of(streams.of(*file)));
    of_server.or_else(of_snapshot).unwrap_or(Minor::LATEST).into()
}

/// What `-f` or `-k` names; none if that alone already decides: the finding says why.
fn given_files(
    request: &PlanRequest,
    stdin: &mut dyn Read,
    report: &mut Report,
) -> Result<Option<Vec<FileId>>, PlanError> {
    if let Some(directory) = &request.kustomize {
        return match request.tools.kustomize(directory) {
            Ok(built) => {
                let name = format!("{directory} ({})", built.by);
                Ok(Some(vec![report.sources.add(SourceFile::new(name, yaml::decode_bytes(built.output)))]))
            }
            Err(failure) if failure.is_of_the_input() => {
                let nowhere = nowhere(&mut report.sources, directory.clone());
                report.findings.push(Finding::at(&RENDER, failure.to_string(), nowhere));
                Ok(None)
            }
            Err(failure) => Err(PlanError::Context("-k", failure.to_string())),
        };
    }
    let given = match kubectl_files::collect(&request.filenames, request.recursive, stdin, &mut report.sources) {
        Err(CollectError::NoFiles(message)) => {
            let finding = nothing(&mut report.sources, &request.filenames, message);
            report.findings.push(finding);
            return Ok(None);
        }
        given => given.map_err(PlanError::Files)?,
    };
    let mut files = Vec::new();
    for source in given {
        match source.text {
            Ok(file) => files.push(file),
            Err(message) => {
                let nowhere = nowhere(&mut report.sources, source.name);
                report.findings.push(Finding::at(&SOURCE, message, nowhere));
            }
        }
    }
    Ok(Some(files))
}

fn nothing(sources: &mut Sources, filenames: &[String], message: String) -> Finding {
    Finding::at(&NOTHING, message, nowhere(sources, filenames.join(", ")))
}

/// A place in a text that could not be read: its start.
fn nowhere(sources: &mut Sources, name: String) -> Span {
    let text = Text { text: "".into(), replaced: Vec::new() };
    Span { file: sources.add(SourceFile::new(name, text)), range: ByteRange::default() }
}

/// `--base`: paths, or a git revision in which the paths of `-f` are read, or the kustomization of `-k` is built.
fn base_files(request: &PlanRequest, sources: &mut Sources) -> Result<Vec<FileId>, PlanError> {
    let mut files = Vec::new();
    for base in &request.base {
        let unusable = |why| PlanError::Context("--base", why);
        match &request.kustomize {
            Some(directory) if !Path::new(base).exists() => {
                let export = git::export(base).map_err(unusable)?;
                let before = export.path_of(directory);
                let before = before.ok_or_else(|| unusable(format!("{directory} lies outside of this repository")))?;
                // What was not there then has nothing live.
                if Path::new(&before).exists() {
                    files.push(built(request, &before, &format!("{base}:{directory}"), sources)?);
                }
            }
            Some(_) if NAMES_OF_KUSTOMIZATIONS.iter().any(|name| Path::new(base).join(name).is_file()) => {
                files.push(built(request, base, base, sources)?);
            }
            _ if Path::new(base).exists() => files.extend(context("--base", std::slice::from_ref(base), sources)?),
            _ => {
                let at_revision = git::files_at(base, &request.filenames, request.recursive).map_err(unusable)?;
                files.extend(at_revision.into_iter().map(|file| sources.add(file)));
            }
        }
    }
    Ok(files)
}

/// What a kustomization directory of the base makes.
fn built(request: &PlanRequest, directory: &str, name: &str, sources: &mut Sources) -> Result<FileId, PlanError> {
    let built = request.tools.kustomize(directory);
    let built = built.map_err(|failure| PlanError::Context("--base", format!("{name}: {failure}")))?;
    let name = format!("{name} ({})", built.by);
    Ok(sources.add(SourceFile::new(name, yaml::decode_bytes(built.output))))
}

/// Reads files that are not applied: every manifest below the paths.
pub(super) fn context(flag: &'static str, paths: &[String], sources: &mut Sources) -> Result<Vec<FileId>, PlanError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let collected = kubectl_files::collect(paths, true, &mut std::io::empty(), sources);
    let collected = collected.map_err(|error| PlanError::Context(flag, error.to_string()))?;
    let files = collected.into_iter().map(|source| source.text.map_err(|why| PlanError::Context(flag, why)));
    files.collect()
}
