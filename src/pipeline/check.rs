//! `seaworthy check`: everything a repository applies, found, grouped and judged.
//!
//! Apart from `plan` because nobody says here what is applied together: that is found out.

use super::asked::ApiServer;
use super::base;
use super::before;
use super::catalogue::Catalogue;
use super::rendered::RenderedSet;
use super::scope::{About, Asked};
use super::{Progress, Streams, Workspace};
use crate::advice::Groups;
use crate::apply::{ApplySet, Together};
use crate::classify::{self, Class, Classified};
use crate::config::{self, Config, ConfigError};
use crate::finding::{Choice, Rule};
use crate::object::view::View;
use crate::report::{FileCount, Report, Unchecked};
use crate::schema::{Minor, VersionRange};
use crate::sets::{self, Grouped};
use crate::source::git::{self, Changes};
use crate::source::render::Tools;
use crate::source::walk::{self, Found, Unsaved, WalkError};
use crate::source::{FileId, Sources, Span, go_path};
use crate::yaml::{Content, NodeRef, Stream};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `check` was asked.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<String>,
    /// The API server's minors; none for what `seaworthy.toml` says, else the newest.
    pub versions: Option<VersionRange>,
    /// kubectl's minor; none for the newest.
    pub kubectl_minor: Option<Minor>,
    /// What the cluster holds.
    pub cluster: Vec<String>,
    /// Admission policies to hold the sets to, as if they were live.
    pub policies: Vec<String>,
    /// CRDs to know besides those of the repository.
    pub crds: Vec<String>,
    /// `--schema-location`: the schemas of kinds without a CRD.
    pub catalogue: Catalogue,
    /// `seaworthy.toml` by name, instead of the one found upwards.
    pub config: Option<PathBuf>,
    /// The programs that render.
    pub tools: Tools,
    /// Texts to judge instead of what stands on disk, or is not there yet, by absolute path; standard input has none.
    pub instead: Unsaved,
    /// Whether an editor asks: then what cannot be rendered, because it is in no file yet or for want of a program, is
    /// judged as it is written.
    pub editing: bool,
    /// What of it is asked about.
    pub about: About,
    /// What was last applied, where a change to it is judged: a git revision, a directory, or `auto` for what the pipeline
    /// or git tells.
    pub base: Option<String>,
    /// Told how far the run has come.
    pub progress: Arc<Progress>,
    /// Which advice to give too.
    pub advice: Groups,
    /// An API server that is asked about every object.
    pub server: Option<Arc<dyn ApiServer>>,
    /// What is made of findings, over what `seaworthy.toml` says of them.
    pub choices: Vec<Choice>,
    /// The rules that a suppression or `seaworthy.toml` may name; where there are none, every name is taken for one.
    pub rules: &'static [&'static Rule],
}

/// Why nothing was checked.
#[derive(Debug)]
pub enum CheckError {
    /// The paths.
    Walk(WalkError),
    /// `seaworthy.toml`.
    Config(Box<ConfigError>),
    /// The paths of `--cluster`, `--policies` or `--crds`.
    Context(super::PlanError),
    /// git, or what it knows: its words, or ours.
    Git(String),
    /// What was last applied cannot be found or read.
    Base(String),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::Walk(error) => error.fmt(f),
            CheckError::Config(error) => error.fmt(f),
            CheckError::Context(error) => error.fmt(f),
            CheckError::Base(why) => write!(f, "--base: {why}"),
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
    if let Some(base) = &request.base {
        return before::check(request, base, stdin);
    }
    let question = question(request)?;
    let asked = question.as_ref().map(|question| &question.asked);
    let mut workspace = Workspace::open(request, stdin)?;
    workspace.judge_about(asked);
    let (mut report, of_set) = workspace.into_report(asked);
    if let Some(changes) = question.as_ref().and_then(|question| question.new_only.as_ref()) {
        leave_out_known(request, changes, &of_set, &mut report)?;
    }
    report.sort();
    Ok(report)
}

/// Checks one file, of which standard input has the text: in the context of what it is applied together with, and
/// reports on that file alone. The paths that were asked for are walked for context; where it is only standard input that
/// was asked for, the repository that the file is in, or else nothing.
///
/// # Errors
///
/// As [`check`]; or when standard input cannot be read.
pub fn check_unsaved(request: &CheckRequest, path: &str, stdin: &mut dyn Read) -> Result<Report, CheckError> {
    let text = walk::standard_input(stdin).map_err(CheckError::Walk)?;
    let mut request = request.clone();
    request.paths.retain(|path| path != "-");
    if request.paths.is_empty() {
        request.paths.extend(walk::root_of(path, config::FILE_NAME));
    }
    request.instead = Unsaved::from([(walk::absolute_path(path), text)]);
    request.editing = true;
    // A file that is named is read whatever leaves it out of a walk.
    request.paths.push(path.to_owned());
    let mut workspace = Workspace::open(&request, &mut std::io::empty())?;
    let Some(file) = workspace.file(&walk::absolute_path(path)) else { return Ok(Report::default()) };
    workspace.judge(|files| files.contains(&file));
    Ok(workspace.into_report_on(file, path))
}

/// What the walk could not look at.
pub(super) fn unlooked(problem: walk::Problem) -> Unchecked {
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
pub(super) fn first_directory(request: &CheckRequest) -> String {
    let first = request.paths.iter().find(|path| *path != "-").map_or(".", String::as_str);
    if Path::new(first).is_dir() { first.to_owned() } else { go_path::parent(&go_path::clean(first)) }
}

pub(super) fn configuration(request: &CheckRequest) -> Result<Config, ConfigError> {
    if let Some(path) = &request.config {
        return config::read(path, request.rules);
    }
    Ok(config::discover(Path::new(&first_directory(request)), request.rules)?.unwrap_or_default())
}

pub(super) fn together(set: &RenderedSet, sources: &Sources) -> Together {
    if !set.is_guess {
        return Together::All;
    }
    Together::ByDirectory(set.files.iter().map(|file| (*file, go_path::parent(&sources.get(*file).name))).collect())
}

pub(super) fn configured_versions(config: &Config) -> Option<VersionRange> {
    let oldest = config.kube_versions.iter().min()?;
    let newest = config.kube_versions.iter().max()?;
    Some(VersionRange { oldest: *oldest, newest: *newest })
}

/// Counts files by class, and names those that are asked about, may hold what is applied in the end, and were not judged.
pub(super) fn count_files(files: &[Found], classified: &Classified, asked: Option<&Asked>, report: &mut Report) {
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

pub(super) fn tell_outside<'f>(
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
pub(super) fn leave_templates_out(set: &mut RenderedSet, streams: &mut Streams, sources: &Sources) {
    for file in &set.rendered {
        set.unchecked.extend(streams.leave_out(*file, classify::is_template).into_iter().map(|range| Unchecked {
            what: sources.get(*file).name.clone(),
            class: Class::Template.word(),
            why: "what was rendered still holds placeholders".to_owned(),
            span: Some(Span { file: *file, range }),
        }));
    }
}

/// Whether a file holds a CustomResourceDefinition.
pub(super) fn declares_crds(stream: &Stream) -> bool {
    stream.documents.iter().any(|document| match &document.content {
        Content::Value(tree) => {
            let root = tree.root();
            let items = root.get("items").into_iter().flat_map(NodeRef::elements);
            std::iter::once(root).chain(items).any(|node| node.text("kind") == "CustomResourceDefinition")
        }
        _ => false,
    })
}
