//! `seaworthy plan`: takes the flags of `kubectl apply`, so that it can stand in its place in a script.
//!
//! Apart because most of these flags are kubectl's, in its spelling; those that only a cluster gives a meaning to are
//! taken and have no effect.

use super::output;
use super::prune_flags::{self, PruneFlags};
use super::server_flags::{Asked, Connected, Connection, Identity, asked, connect};
use super::{CANNOT_TELL, REFUSED, WHOLE, work_here};
use crate::apply::{ApplyOptions, LabelSelector, Method, Together};
use crate::decode::FieldValidation;
use crate::pipeline::{self, Catalogue, PlanRequest};
use crate::report::{Report, View};
use crate::schema::{Minor, Schema, VersionRange};
use crate::source::render::Tools;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};

/// The flags.
#[derive(Debug, Args)]
#[command(
    after_help = "Other flags of `kubectl apply` are taken and have no effect here. Without --server, the plan reaches no cluster."
)]
pub struct Arguments {
    /// Files or directories that hold the manifests, `-` for standard input
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filenames: Vec<String>,
    /// Process a kustomization directory
    #[arg(short = 'k', long, value_name = "DIR")]
    kustomize: Option<String>,
    /// Read directories given with -f recursively
    #[arg(short = 'R', long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set, value_parser = switch())]
    recursive: bool,
    /// The namespace of the apply: default for objects without one, refused for objects of another
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Only objects with these labels take part
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Apply on the server side
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set, value_parser = switch())]
    server_side: bool,
    /// What happens to unknown fields: strict or true, warn, ignore or false
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "strict", default_value = "strict")]
    validate: ValidateFlag,

    /// What the cluster holds: files, directories, output of `kubectl get -o yaml`. What is found neither there nor in
    /// the set is then missing
    #[arg(long, value_name = "PATH", help_heading = "What is known")]
    cluster: Vec<String>,
    /// Admission policies (`ValidatingAdmissionPolicy`) to hold the objects to, with their bindings and parameters, as if
    /// they were in the cluster. A policy that no binding is given for denies everywhere
    #[arg(long, value_name = "PATH", help_heading = "What is known")]
    policies: Vec<String>,
    /// CRDs to know; whatever else the cluster may hold stays open
    #[arg(long, value_name = "PATH", help_heading = "What is known")]
    crds: Vec<String>,
    /// Where JSON Schemas of kinds without a CRD are: a directory laid out as `GROUP/KIND_VERSION.json`, or a path with
    /// kubeconform's placeholders
    #[arg(long, value_name = "PATH", help_heading = "What is known")]
    schema_location: Vec<String>,
    /// The same objects as last applied: a path, or a git revision in which the paths of -f are read, or the
    /// kustomization of -k is built
    #[arg(long, value_name = "PATH|REVISION", help_heading = "What is known")]
    base: Vec<String>,
    /// The API server's minor, or a range of minors (1.31..1.34)
    #[arg(long, value_name = "MINOR", value_parser = versions, help_heading = "What is known")]
    kube_version: Option<VersionRange>,
    /// kubectl's minor
    #[arg(long, value_name = "MINOR", value_parser = minor, help_heading = "What is known")]
    kubectl_version: Option<Minor>,

    #[command(flatten)]
    prune: PruneFlags,

    /// Ask the API server too, by a dry run of every object. It has to be there, or is asked `if-reachable`. An address is
    /// kubectl's flag of this name: the server that is asked if one is
    #[arg(short = 's', long, value_name = "WHEN|ADDRESS", num_args = 0..=1, default_missing_value = "always", action = ArgAction::Append, value_parser = asked, help_heading = "The API server")]
    server: Vec<Asked>,
    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: output::OutputFlags,

    #[command(flatten)]
    kubectl: KubectlFlags,
}

/// Flags of `kubectl apply` that have no effect on a plan.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of kubectl apply")]
struct KubectlFlags {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_missing_template_keys: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "background")]
    cascade: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "unchanged")]
    dry_run: Option<String>,
    #[arg(long, hide = true)]
    field_manager: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    force: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    force_conflicts: bool,
    #[arg(long, hide = true)]
    grace_period: Option<i64>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    openapi_patch: Option<String>,
    #[arg(short = 'o', long, hide = true)]
    output: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    overwrite: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    record: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    show_managed_fields: bool,
    #[arg(long, hide = true)]
    subresource: Option<String>,
    #[arg(long, hide = true)]
    template: Option<String>,
    #[arg(long, hide = true)]
    timeout: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    wait: bool,
    #[arg(long, hide = true)]
    user: Option<String>,
    #[arg(long = "as", hide = true)]
    impersonate: Option<String>,
    #[arg(long, hide = true)]
    as_group: Vec<String>,
    #[arg(long, hide = true)]
    as_uid: Option<String>,
    #[arg(long, hide = true)]
    cache_dir: Option<String>,
    #[arg(long, hide = true)]
    certificate_authority: Option<String>,
    #[arg(long, hide = true)]
    client_certificate: Option<String>,
    #[arg(long, hide = true)]
    client_key: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    disable_compression: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    insecure_skip_tls_verify: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    match_server_version: bool,
    #[arg(long, hide = true)]
    password: Option<String>,
    #[arg(long, hide = true)]
    request_timeout: Option<String>,
    #[arg(long, hide = true)]
    tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    token: Option<String>,
    #[arg(long, hide = true)]
    username: Option<String>,
    #[arg(short = 'v', long = "v", hide = true)]
    log_level: Option<String>,
    #[arg(long, hide = true)]
    vmodule: Option<String>,
    #[arg(long, hide = true)]
    kuberc: Option<String>,
    #[arg(long, hide = true)]
    profile: Option<String>,
    #[arg(long, hide = true)]
    profile_output: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = switch())]
    warnings_as_errors: bool,
}

/// kubectl's spellings of `--validate`. Source: `pkg/cmd/util/helpers.go` of kubectl 1.36.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ValidateFlag {
    #[value(alias = "true")]
    Strict,
    Warn,
    #[value(alias = "false")]
    Ignore,
}

/// A switch as kubectl takes it: alone, or with `=true` and `=false`. Source: `strconv.ParseBool`, which pflag calls.
fn switch() -> BoolishValueParser {
    BoolishValueParser::new()
}

/// A minor, or a range of them.
pub(super) fn versions(text: &str) -> Result<VersionRange, String> {
    VersionRange::parse(text).map_err(|error| error.to_string())
}

/// Any minor: kubectl's differences concern its reader, not the bundled schemas.
pub(super) fn minor(text: &str) -> Result<Minor, String> {
    let number = text.trim_start_matches('v').strip_prefix("1.").and_then(|rest| rest.split(['.', '+', '-']).next());
    number
        .and_then(|minor| minor.parse().ok())
        .map(Minor)
        .ok_or_else(|| format!("{text} is no version of kubectl; write 1.36"))
}

/// The values of `--schema-location`.
pub(super) fn catalogue(locations: &[String]) -> Result<Catalogue, String> {
    Catalogue::new(locations).map_err(|error| format!("--schema-location: {error}"))
}

/// Runs `plan`.
///
/// # Errors
///
/// When nothing can be said: the message.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    work_here();
    refuse_flags(arguments)?;
    output::refuse_conflicts(&arguments.output, &[])?;
    let connected = connect(&arguments.server, &arguments.connection, &identity(arguments))?;
    let server = connected.server();
    let server_side = arguments.server_side;
    let options = ApplyOptions {
        field_manager: arguments.kubectl.field_manager.clone(),
        force_conflicts: arguments.kubectl.force_conflicts,
        method: match (server_side, &arguments.kustomize) {
            (true, _) => Method::KubectlServerSide,
            (false, Some(_)) => Method::Kustomize,
            (false, None) => Method::Kubectl,
        },
        namespace: arguments.namespace.clone(),
        validation: match arguments.validate {
            ValidateFlag::Strict => FieldValidation::Strict,
            ValidateFlag::Warn => FieldValidation::Warn,
            ValidateFlag::Ignore => FieldValidation::Ignore,
        },
        minor: Minor::LATEST,
        kubectl_minor: arguments.kubectl_version.unwrap_or(Minor::LATEST),
        together: Together::All,
        closed_world: !arguments.cluster.is_empty(),
        context_namespace: server.as_ref().map(|server| server.default_namespace().to_owned()),
    };
    let selector = arguments.selector.as_deref().map(LabelSelector::parse).transpose()?;
    let newest = arguments.kube_version.map_or(Minor::LATEST, |versions| versions.newest);
    let prune = arguments.prune.asked(selector.as_ref(), arguments.namespace.as_deref(), Schema::of(newest))?;
    let request = PlanRequest {
        filenames: arguments.filenames.clone(),
        kustomize: arguments.kustomize.clone(),
        tools: Tools::in_path(&std::env::var_os("PATH").unwrap_or_default()),
        recursive: arguments.recursive,
        options,
        versions: arguments.kube_version,
        selector,
        cluster: arguments.cluster.clone(),
        policies: arguments.policies.clone(),
        crds: arguments.crds.clone(),
        catalogue: catalogue(&arguments.schema_location)?,
        base: arguments.base.clone(),
        prune,
        advice: arguments.output.advice(),
        server,
    };
    let report = pipeline::plan(&request, &mut std::io::stdin().lock()).map_err(|error| error.to_string())?;
    output::print(&report, &arguments.output, &[], View::Plan)?;
    Ok(exit_code_of(&report, &connected))
}

/// Whom the server is asked as, and how.
fn identity(arguments: &Arguments) -> Identity {
    let kubectl = &arguments.kubectl;
    Identity {
        user: kubectl.user.clone(),
        token: kubectl.token.clone(),
        certificate_authority: kubectl.certificate_authority.clone(),
        client_certificate: kubectl.client_certificate.clone(),
        client_key: kubectl.client_key.clone(),
        tls_server_name: kubectl.tls_server_name.clone(),
        insecure_skip_tls_verify: kubectl.insecure_skip_tls_verify,
        impersonate: kubectl.impersonate.clone(),
        impersonate_groups: kubectl.as_group.clone(),
        field_manager: kubectl.field_manager.clone(),
        force_conflicts: kubectl.force_conflicts,
        namespace: arguments.namespace.clone(),
    }
}

/// As [`exit_code`]; nothing is told whole of which the server was not asked to the end.
pub(super) fn exit_code_of(report: &Report, connected: &Connected) -> u8 {
    match exit_code(report) {
        WHOLE if connected.was_cut_short() => CANNOT_TELL,
        code => code,
    }
}

/// What kubectl refuses in its own flags. Source: `ToOptions` and `Validate` in `pkg/cmd/apply/apply.go` (1.36).
fn refuse_flags(arguments: &Arguments) -> Result<(), String> {
    let kubectl = &arguments.kubectl;
    if arguments.kustomize.is_some() && !arguments.filenames.is_empty() {
        return Err("only one of -f or -k can be specified".to_owned());
    }
    if arguments.kustomize.is_some() && arguments.recursive {
        return Err("the -k flag can't be used with -f or -R".to_owned());
    }
    if arguments.kustomize.is_none() && arguments.filenames.is_empty() {
        return Err("must specify one of -f and -k".to_owned());
    }
    if kubectl.force_conflicts && !arguments.server_side {
        return Err("--force-conflicts only works with --server-side".to_owned());
    }
    if kubectl.force && arguments.server_side {
        return Err("--force cannot be used with --server-side".to_owned());
    }
    arguments.prune.refuse(&prune_flags::Beside {
        selector: arguments.selector.as_deref(),
        server_side: arguments.server_side,
        force: kubectl.force,
        kubectl: arguments.kubectl_version.unwrap_or(Minor::LATEST),
    })
}

/// Nothing fails the run, or something does; or not to be told, where seaworthy itself failed on an object.
pub fn exit_code(report: &Report) -> u8 {
    if report.findings.iter().any(|finding| finding.rule.id == pipeline::INTERNAL.id) {
        return CANNOT_TELL;
    }
    if report.fails() { REFUSED } else { WHOLE }
}
