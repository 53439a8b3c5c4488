//! `seaworthy check`: a repository, or a part of it.
//!
//! Apart because nothing of kubectl's command line is in it: what is applied together is found, not given.

use super::plan::{catalogue, exit_code_of, minor, versions};
use super::server_flags::{Connection, Identity, asked as when, connect};
use super::{CANNOT_TELL, WHOLE, fix, live_with, output, progress, work_here};
use crate::advice::Groups;
use crate::pipeline::{self, About, CheckRequest};
use crate::report::View;
use crate::schema::{Minor, VersionRange};
use crate::source::render::Tools;
use crate::source::walk::top_of_work_tree;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files and directories to look in, `-` for standard input
    #[arg(default_value = ".")]
    paths: Vec<String>,
    #[command(flatten)]
    context: Context,
    /// The file whose text is on standard input (`-`), not saved yet: it is judged in the context of the set it is in, and
    /// reported on alone
    #[arg(long, value_name = "PATH", conflicts_with = "fixes")]
    stdin_filename: Option<String>,

    /// What was last applied: the change to it is judged, update by update. A git revision (the last commit in common with
    /// it), a directory that stands for PATH, or `auto` for what the variables of GitHub, GitLab, Jenkins and others
    /// name, else the main branch
    #[arg(
        long,
        value_name = "REVISION|DIR|auto",
        help_heading = "What is reported",
        conflicts_with_all = ["changed_since", "files_only_report", "stdin_filename", "fixes", "server"]
    )]
    base: Option<String>,
    /// Report only on sets that have to do with what has changed since the last commit in common with a git revision:
    /// committed, not committed or not tracked yet. Everything is read all the same
    #[arg(long, value_name = "REVISION", help_heading = "What is reported", conflicts_with = "stdin_filename")]
    changed_since: Option<String>,
    /// Leave out what was wrong before the change already
    #[arg(long, requires = "changed_since", help_heading = "What is reported")]
    new_only: bool,
    /// Take the paths for files to report on, as pre-commit gives them, and read the whole work tree: all that stops the
    /// sets they are part of is reported, and warnings that have a place in one of them
    #[arg(
        long,
        conflicts_with_all = ["changed_since", "stdin_filename"],
        help_heading = "What is reported"
    )]
    files_only_report: bool,
    /// The same as --format
    #[arg(long = "output", value_name = "FORMAT[=FILE]", value_parser = output::output, help_heading = "Output")]
    outputs: Vec<output::Output>,

    /// Ask the API server too, by a dry run of every object. It has to be there, or is asked `if-reachable`
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", value_parser = ["always", "if-reachable"], conflicts_with_all = ["stdin_filename", "new_only", "fixes"], help_heading = "The API server")]
    server: Option<String>,
    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    choices: live_with::ChoiceFlags,
    #[command(flatten)]
    baseline: live_with::BaselineFlags,
    #[command(flatten)]
    fix: fix::FixFlags,
    #[command(flatten)]
    output: output::OutputFlags,
}

/// What is known besides the repository, and by which versions is judged.
#[derive(Debug, Args)]
pub struct Context {
    /// The API server's minor, or a range of minors (1.31..1.34)
    #[arg(long, value_name = "MINOR", value_parser = versions)]
    kube_version: Option<VersionRange>,
    /// kubectl's minor
    #[arg(long, value_name = "MINOR", value_parser = minor)]
    kubectl_version: Option<Minor>,
    /// What the cluster holds: files, directories, output of `kubectl get -o yaml`. What is found neither there nor in
    /// a set is then missing
    #[arg(long, value_name = "PATH")]
    cluster: Vec<String>,
    /// Admission policies (`ValidatingAdmissionPolicy`) to hold the objects to, with their bindings and parameters, as if
    /// they were in the cluster. A policy that no binding is given for denies everywhere
    #[arg(long, value_name = "PATH")]
    policies: Vec<String>,
    /// CRDs to know besides those of the repository
    #[arg(long, value_name = "PATH")]
    crds: Vec<String>,
    /// Where JSON Schemas of kinds without a CRD are: a directory laid out as `GROUP/KIND_VERSION.json`, or a path with
    /// kubeconform's placeholders
    #[arg(long, value_name = "PATH")]
    schema_location: Vec<String>,
    /// The seaworthy.toml to use, instead of the one found upwards
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Context {
    /// The request to check these paths.
    ///
    /// # Errors
    ///
    /// When a `--schema-location` cannot be used: the message.
    pub fn request(&self, paths: Vec<String>) -> Result<CheckRequest, String> {
        Ok(CheckRequest {
            paths,
            versions: self.kube_version,
            kubectl_minor: self.kubectl_version,
            cluster: self.cluster.clone(),
            crds: self.crds.clone(),
            policies: self.policies.clone(),
            catalogue: catalogue(&self.schema_location)?,
            config: self.config.clone(),
            tools: Tools::in_path(&std::env::var_os("PATH").unwrap_or_default()),
            instead: BTreeMap::new(),
            editing: false,
            base: None,
            advice: Groups::default(),
            server: None,
            choices: Vec::new(),
            rules: crate::rules::all(),
            about: About::Everything,
            progress: Arc::default(),
        })
    }
}

/// Runs `check`.
///
/// # Errors
///
/// When nothing can be said: the message.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    work_here();
    output::refuse_conflicts(&arguments.output, &arguments.outputs)?;
    let (paths, about) = asked(arguments)?;
    let advice = arguments.output.advice();
    let choices = arguments.choices.choices.clone();
    let baseline = arguments.baseline.read()?;
    let base = arguments.base.clone();
    let mut request = CheckRequest { about, base, advice, choices, ..arguments.context.request(paths)? };
    if arguments.fix.is_asked() {
        return fix::run(&mut request, &arguments.fix, &arguments.output, &arguments.outputs);
    }
    let is_standard_input = request.paths.iter().any(|path| path == "-");
    if arguments.stdin_filename.is_some() && !is_standard_input {
        return Err("--stdin-filename names the text on standard input: ask for it with `-`".to_owned());
    }
    let when = arguments.server.iter().map(|text| when(text)).collect::<Result<Vec<_>, _>>()?;
    let connected = connect(&when, &arguments.connection, &Identity::default())?;
    request.server = connected.server();
    // Whoever types the manifest in would find the line in what they type.
    let line = progress::show(&request.progress, arguments.output.is_quiet() || is_standard_input);
    let stdin = &mut std::io::stdin().lock();
    let report = match &arguments.stdin_filename {
        None => pipeline::check(&request, stdin),
        Some(path) => pipeline::check_unsaved(&request, path, stdin),
    };
    drop(line);
    let mut report = report.map_err(|error| error.to_string())?;
    if let Some(baseline) = &baseline {
        if baseline.is_to_be_written() {
            baseline.write(&report)?;
            return Ok(if exit_code_of(&report, &connected) == CANNOT_TELL { CANNOT_TELL } else { WHOLE });
        }
        let is_whole = request.about == About::Everything && arguments.stdin_filename.is_none();
        baseline.leave_out(&mut report, is_whole, &request.advice)?;
    }
    output::print(&report, &arguments.output, &arguments.outputs, View::Check)?;
    Ok(exit_code_of(&report, &connected))
}

/// What is read, and what of it is asked about.
fn asked(arguments: &Arguments) -> Result<(Vec<String>, About), String> {
    let paths = arguments.paths.clone();
    if (arguments.files_only_report || arguments.changed_since.is_some() || arguments.base.is_some())
        && paths.iter().any(|path| path == "-")
    {
        return Err("standard input is part of no repository; give paths, or leave --base, --changed-since \
                    and --files-only-report out"
            .to_owned());
    }
    if arguments.files_only_report {
        if let Some((path, error)) = paths.iter().find_map(|path| Some((path, std::fs::metadata(path).err()?))) {
            return Err(format!("cannot check {path}: {error}"));
        }
        return Ok((vec![top_of_work_tree(".").unwrap_or_else(|| ".".to_owned())], About::Files(paths)));
    }
    let about = arguments
        .changed_since
        .clone()
        .map_or(About::Everything, |revision| About::Change { revision, new_only: arguments.new_only });
    Ok((paths, about))
}
