//! Where and how a report is written: format, colour, width.
//!
//! Apart because every command that reports has the same flags, and only here the terminal is asked about.

use crate::advice::{Group, Groups};
use crate::finding::Level;
use crate::report::{self, Report, View};
use crate::source::small_files;
use clap::{ArgAction, Args, ValueEnum};
use owo_colors::Style;
use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A format, as its flag spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs: version 1, described by schemas/report-v1.schema.json
    Json,
    /// A line for each finding: PATH:LINE:COLUMN: LEVEL[RULE] MESSAGE
    Concise,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML: a test case for each object
    Junit,
    /// Annotations of GitHub Actions, and a job summary where `GITHUB_STEP_SUMMARY` is set
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// The Test Anything Protocol: a test point for each object
    Tap,
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => report::Format::Human,
            Format::Json => report::Format::Json,
            Format::Concise => report::Format::Concise,
            Format::Sarif => report::Format::Sarif,
            Format::Junit => report::Format::Junit,
            Format::Github => report::Format::Github,
            Format::Gitlab => report::Format::Gitlab,
            Format::Tap => report::Format::Tap,
        }
    }
}

/// A form of the report and where it goes: a file, or standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    format: Format,
    file: Option<PathBuf>,
}

/// `FORMAT` or `FORMAT=FILE`.
pub(super) fn output(text: &str) -> Result<Output, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let format = Format::from_str(name, false).map_err(|_| {
        let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
        format!("{name:?} is no format; there are {}", names.join(", "))
    })?;
    match file {
        Some("") => Err(format!("a file is missing behind {text}; write {name}=FILE, or {name} for standard output")),
        Some("-") | None => Ok(Output { format, file: None }),
        Some(file) => Ok(Output { format, file: Some(PathBuf::from(file)) }),
    }
}

/// A group of advice, as `--advice` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AdviceGroup {
    /// Every group
    All,
    /// Names that are in no file, and may be in the cluster
    Cross,
    /// What is wasted, or taken from others
    Efficiency,
    /// What goes down sooner than it must
    Reliability,
    /// What gives an intruder more than they had
    Security,
    /// What a change to a live object brings about (with --base)
    Update,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless the variable `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The flags.
#[derive(Debug, Args)]
pub struct OutputFlags {
    /// The form of the report (human, json, concise, sarif, junit, github, gitlab, tap), and a file for it instead of
    /// standard output; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output, help_heading = "Output")]
    format: Vec<Output>,
    /// When to colour
    #[arg(long, alias = "colour", value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: Colour,
    /// Write out what is folded otherwise
    #[arg(long, help_heading = "Output")]
    verbose: bool,
    /// Say only what is wrong, and nothing if nothing is; given twice, say nothing at all: the exit code tells. Forms for
    /// programs are written whole
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    quiet: u8,
    /// Give advice too, of all groups or of these: what is accepted and is likely to hurt (security, reliability,
    /// efficiency), names what no file has (cross), or restarts what is live (update)
    #[arg(
        long,
        value_name = "GROUP,…",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    advice: Vec<AdviceGroup>,
}

impl OutputFlags {
    /// The advice that is asked for.
    pub fn advice(&self) -> Groups {
        let groups = self.advice.iter().flat_map(|group| match group {
            AdviceGroup::All => Group::ALL.to_vec(),
            AdviceGroup::Cross => vec![Group::Cross],
            AdviceGroup::Efficiency => vec![Group::Efficiency],
            AdviceGroup::Reliability => vec![Group::Reliability],
            AdviceGroup::Security => vec![Group::Security],
            AdviceGroup::Update => vec![Group::Update],
        });
        groups.collect()
    }

    /// Whether `--quiet` was given.
    pub const fn is_quiet(&self) -> bool {
        self.quiet > 0
    }
}

/// Narrowest and widest frame: below, nothing can be read; above, lines are too long to read.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

/// Writes the report in every form asked for: first the files, each whole or not at all, then standard output, which has
/// the report for people if no other form goes there. A reader that closed the pipe has read enough: that is no error.
///
/// # Errors
///
/// When two forms would go to one place, or one cannot be written.
pub fn print(report: &Report, arguments: &OutputFlags, further: &[Output], view: View) -> Result<(), String> {
    let outputs: Vec<&Output> = arguments.format.iter().chain(further).collect();
    let to_stdout = one_place_each(&outputs)?;
    let colour = is_coloured(arguments.color);
    let view = if arguments.is_quiet() { View::Findings } else { view };
    let options =
        report::Options { colour, unicode: unicode_locale(), width: width(), verbose: arguments.verbose, view };
    let in_file = report::Options { colour: arguments.color == Colour::Always, ..options };
    for output in &outputs {
        if let Some(file) = &output.file {
            let mut text = Vec::new();
            report::write(report, output.format.into(), &mut text, &in_file)
                .and_then(|()| write_file(file, &text))
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
    }
    if outputs.iter().any(|output| output.format == Format::Github) {
        append_summary(report)?;
    }
    if arguments.quiet > 1 && to_stdout == Format::Human {
        return Ok(());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = report::write(report, to_stdout.into(), &mut out, &options).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the report: {error}")),
        _ => Ok(()),
    }
}

/// Whether every form has a place of its own; to be asked before anything is judged.
///
/// # Errors
///
/// When two forms would go to one place.
pub fn refuse_conflicts(arguments: &OutputFlags, further: &[Output]) -> Result<(), String> {
    one_place_each(&arguments.format.iter().chain(further).collect::<Vec<_>>()).map(|_| ())
}

/// The form that goes to standard output.
fn one_place_each(outputs: &[&Output]) -> Result<Format, String> {
    let mut files = HashSet::new();
    let mut to_stdout = None;
    for output in outputs {
        match &output.file {
            Some(file) if !files.insert(file) => {
                return Err(format!("two forms of the report would be written to {}", file.display()));
            }
            None if to_stdout.replace(output.format).is_some() => {
                return Err("two forms of the report would go to standard output; name a file for one of them, as in \
                            sarif=report.sarif"
                    .to_owned());
            }
            Some(_) | None => {}
        }
    }
    Ok(to_stdout.unwrap_or(Format::Human))
}

/// Writes a file so that nobody ever reads a part of it. What is there and is no file (`/dev/null`, a pipe) cannot be
/// replaced, and is written to; a link keeps leading to the same file.
pub(super) fn write_file(path: &Path, text: &[u8]) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if !there.is_file() => std::fs::OpenOptions::new().write(true).open(path)?.write_all(text),
        Ok(_) => small_files::replace(&path.canonicalize()?, text),
        Err(_) => small_files::replace(path, text),
    }
}

/// Adds the job summary to the file that GitHub Actions names for it. Other commands of the step may have written there.
fn append_summary(report: &Report) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let summary = report::github_summary(report);
    let appended = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    appended.and_then(|mut file| file.write_all(summary.as_bytes())).map_err(|error| {
        format!("cannot write the job summary to {} (GITHUB_STEP_SUMMARY): {error}", Path::new(&path).display())
    })
}

/// Whether standard output is coloured.
pub fn is_coloured(when: Colour) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match when {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => io::stdout().is_terminal() && !set("NO_COLOR"),
    }
}

/// How the word for a level looks where there is colour.
pub const fn style_of(level: Level) -> Style {
    match level {
        Level::Error => Style::new().red().bold(),
        Level::Warning => Style::new().yellow().bold(),
        Level::Advice => Style::new().cyan(),
    }
}

/// Whether the locale's characters are Unicode. Source: POSIX, the precedence of `LC_ALL`, `LC_CTYPE` and `LANG`.
pub(super) fn unicode_locale() -> bool {
    let first =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|v| !v.is_empty());
    first.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The terminal's columns: `COLUMNS` if it is set, else what the terminal says, else 80.
pub(super) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let columns = asked.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
    columns.unwrap_or(80).clamp(*WIDTHS.start(), *WIDTHS.end())
}
