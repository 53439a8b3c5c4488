//! `seaworthy check`: everything a repository applies, found, grouped and judged.
//!
//! Apart from `plan` because nobody says here what is applied together: that is found out.

use super::catalogue::Catalogue;
use super::plan::context;
use super::rendered::{self, RenderedSet};
use super::trace::{point_at_entry, trace};
use super::{Progress, SetRequest, Step, Streams, judge_set};
use crate::apply::{ApplyOptions, Together};
use crate::classify::{self, Class, Classified};
use crate::config::{self, Config, ConfigError};
use crate::cross::{Index, Member as Known};
use crate::decode::FieldValidation;
use crate::object::view::View;
use crate::report::{FileCount, Report, Unchecked};
use crate::schema::{Minor, VersionRange};
use crate::sets::{self, Grouped, Member};
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
    /// Told how far the run has come.
    pub progress: Arc<Progress>,
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
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::Walk(error) => error.fmt(f),
            CheckError::Config(error) => error.fmt(f),
            CheckError::Context(error) => error.fmt(f),
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
    request.progress.begin(Step::Reading, 0);
    let config = configuration(request).map_err(|error| CheckError::Config(Box::new(error)))?;
    let walk_options = walk::Options { exclude: config.exclude.clone(), exclude_base: config.directory.clone() };
    let walked = walk::walk(&request.paths, &walk_options, stdin).map_err(CheckError::Walk)?;
    let mut report = Report { sources: walked.sources, ..Report::default() };
    for found in walked.files.iter().chain(&walked.context) {
        if let Some(text) = request.instead.get(&found.path) {
            report.sources.replace(found.file, Text { text: Arc::clone(text), replaced: Vec::new() });
        }
    }
    let asked = walked.files.iter().filter(|found| !found.path.is_empty());
    report.on_disk = asked.map(|found| (found.file, found.path.clone())).collect();
    report.unchecked.extend(walked.problems.into_iter().map(|problem| Unchecked {
        what: problem.path,
        class: problem.kind.word(),
        why: problem.why,
        span: None,
    }));
    let files: Vec<FileId> = walked.files.iter().map(|found| found.file).collect();
    request.progress.begin(Step::Rendering, 0);
    let mut crds = context("--crds", &request.crds, &mut report.sources).map_err(CheckError::Context)?;
    let cluster = context("--cluster", &request.cluster, &mut report.sources).map_err(CheckError::Context)?;
    let kubectl_minor = request.kubectl_minor.unwrap_or(Minor::LATEST);
    let yaml_options = yaml::Options { kubectl_minor: kubectl_minor.0.into() };
    let mut streams = Streams::read(&report.sources, &yaml_options);

    let (classified, grouped) = divide(&walked.files, &walked.context, &report.sources, &streams, &config);
    count_files(&files, &classified, &mut report);
    tell_outside(&grouped, &mut report);
    let rendered = rendered::render_all(&grouped.sets, &request.tools, &mut report.sources);
    streams.read_further(&report.sources, &yaml_options);
    for set in &rendered {
        leave_templates_out(set, &mut streams, &mut report);
    }

    crds.extend(
        files
            .iter()
            .zip(&classified.classes)
            .filter_map(|(file, class)| (class.is_manifest() && declares_crds(streams.of(*file))).then_some(*file)),
    );
    let written = super::objects_as_written(
        &streams,
        files
            .iter()
            .zip(&classified.classes)
            .filter_map(|(file, class)| class.is_manifest().then_some(*file))
            .chain(rendered.iter().flat_map(|set| set.rendered.iter().copied())),
    );
    let repository = Index::new(written.iter().map(Known::as_written));
    let versions = request.versions.or_else(|| configured_versions(&config)).unwrap_or(Minor::LATEST.into());
    let options = |set: &RenderedSet| ApplyOptions {
        method: set.method,
        namespace: set.namespace.clone(),
        validation: FieldValidation::Strict,
        minor: Minor::LATEST,
        kubectl_minor,
        together: together(set, &report.sources),
        closed_world: !request.cluster.is_empty(),
    };
    request.progress.begin(Step::Judging, rendered.iter().filter(|set| !set.files.is_empty()).count());
    let judged: Vec<_> = rendered
        .par_iter()
        .filter(|set| !set.files.is_empty())
        .map(|set| {
            // A set's own CRDs are not known before it is applied.
            let own: HashSet<FileId> = set.files.iter().chain(&set.from).copied().collect();
            let crds: Vec<FileId> = crds.iter().filter(|file| !own.contains(file)).copied().collect();
            let asked = SetRequest {
                name: set.name.clone(),
                files: &set.files,
                options: options(set),
                versions,
                crds: &crds,
                cluster: &cluster,
                catalogue: &request.catalogue,
                base: &[],
                selector: None,
                repository: &repository,
            };
            let judged = judge_set(&asked, &report.sources, &streams);
            request.progress.advance();
            judged
        })
        .collect();
    let planned = grouped.sets.iter().zip(&rendered).filter(|(_, set)| !set.files.is_empty());
    for (mut set, (planned, rendered)) in judged.into_iter().zip(planned) {
        trace(&mut set.findings, planned, rendered, &report.sources, &streams);
        report.findings.extend(set.findings);
        report.sets.push(set.set);
    }
    for mut set in rendered {
        set.findings.iter_mut().for_each(|finding| point_at_entry(finding, &streams));
        report.findings.extend(set.findings);
        report.unchecked.extend(set.unchecked);
    }
    report.keep_fixes_in(&files.iter().copied().collect());
    super::conceal(&mut report, &streams);
    report.sort();
    Ok(report)
}

fn configuration(request: &CheckRequest) -> Result<Config, ConfigError> {
    if let Some(path) = &request.config {
        return config::read(path);
    }
    let first = request.paths.iter().find(|path| *path != "-").map_or(Path::new("."), Path::new);
    let directory = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new(".")) };
    Ok(config::discover(directory)?.unwrap_or_default())
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

/// Counts files by class, and names those that may hold what is applied in the end and were not judged.
fn count_files(files: &[FileId], classified: &Classified, report: &mut Report) {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (file, class) in files.iter().zip(&classified.classes) {
        *counts.entry(class.word()).or_default() += 1;
        if let Some(why) = class.unchecked() {
            report.unchecked.push(Unchecked {
                what: report.sources.get(*file).name.clone(),
                class: class.word(),
                why: why.to_owned(),
                span: None,
            });
        }
    }
    report.files = counts.into_iter().map(|(class, files)| FileCount { class, files }).collect();
}

fn tell_outside(grouped: &Grouped, report: &mut Report) {
    for (file, why) in &grouped.outside {
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
fn leave_templates_out(set: &RenderedSet, streams: &mut Streams, report: &mut Report) {
    for file in &set.rendered {
        for range in streams.leave_out(*file, classify::is_template) {
            report.unchecked.push(Unchecked {
                what: report.sources.get(*file).name.clone(),
                class: Class::Template.word(),
                why: "what was rendered still holds placeholders".to_owned(),
                span: Some(Span { file: *file, range }),
            });
        }
    }
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
