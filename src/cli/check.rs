//! `seaworthy check`: a repository, or a part of it.
//!
//! Apart because nothing of kubectl's command line is in it: what is applied together is found, not given.

use super::plan::{catalogue, exit_code, minor, versions};
use super::{fix, output, progress};
use crate::pipeline::{self, CheckRequest};
use crate::report::View;
use crate::schema::{Minor, VersionRange};
use crate::source::render::Tools;
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

    #[command(flatten)]
    fix: fix::FixFlags,
    #[command(flatten)]
    output: output::OutputFlags,
}

/// Runs `check`.
///
/// # Errors
///
/// When nothing can be said: the message.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let mut request = CheckRequest {
        paths: arguments.paths.clone(),
        versions: arguments.kube_version,
        kubectl_minor: arguments.kubectl_version,
        cluster: arguments.cluster.clone(),
        crds: arguments.crds.clone(),
        catalogue: catalogue(&arguments.schema_location)?,
        config: arguments.config.clone(),
        tools: Tools::find(&std::env::var_os("PATH").unwrap_or_default()),
        instead: BTreeMap::new(),
        progress: Arc::default(),
    };
    if arguments.fix.is_asked() {
        return fix::run(&mut request, &arguments.fix, &arguments.output);
    }
    // Whoever types the manifest in would find the line in what they type.
    let is_typed = request.paths.iter().any(|path| path == "-");
    let line = progress::show(&request.progress, arguments.output.is_quiet() || is_typed);
    let report = pipeline::check(&request, &mut std::io::stdin().lock()).map_err(|error| error.to_string());
    drop(line);
    let report = report?;
    output::print(&report, &arguments.output, View::Check)?;
    Ok(exit_code(&report))
}
