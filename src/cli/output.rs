//! Where and how a report is written: format, colour, width.
//!
//! Apart because every command that reports has the same flags, and only here the terminal is asked about.

use crate::finding::Level;
use crate::report::{self, Report, View};
use clap::{ArgAction, Args, ValueEnum};
use owo_colors::Style;
use std::io::{self, IsTerminal, Write};

/// A format, as its flag spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs: version 1, described by schemas/report-v1.schema.json
    Json,
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
    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Output")]
    format: Format,
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
}

impl OutputFlags {
    /// Whether `--quiet` was given.
    pub const fn is_quiet(&self) -> bool {
        self.quiet > 0
    }
}

/// Narrowest and widest frame: below, nothing can be read; above, lines are too long to read.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

/// Writes the report to standard output. A reader that closed the pipe has read enough: that is no error.
///
/// # Errors
///
/// When standard output cannot be written to.
pub fn print(report: &Report, arguments: &OutputFlags, view: View) -> Result<(), String> {
    let colour = is_coloured(arguments.color);
    let view = if arguments.is_quiet() { View::Findings } else { view };
    let options =
        report::Options { colour, unicode: unicode_locale(), width: width(), verbose: arguments.verbose, view };
    let format = match arguments.format {
        Format::Human => report::Format::Human,
        Format::Json => report::Format::Json,
    };
    if arguments.quiet > 1 && format == report::Format::Human {
        return Ok(());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = report::write(report, format, &mut out, &options).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the report: {error}")),
        _ => Ok(()),
    }
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
