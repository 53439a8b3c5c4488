//! The command line: what was asked, in what form it is answered, and the exit code.
//!
//! Apart because only here arguments, the environment and the terminal are looked at. Each command is a file.

mod catalog;
mod check;
mod completions;
mod explain;
mod fix;
mod later;
mod live_with;
mod lsp;
mod output;
mod plan;
mod progress;
mod prune_flags;
mod read;
mod rules;
mod server_flags;
mod snapshot;

use clap::{CommandFactory, Parser, Subcommand};
use later::Later;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Everything goes through.
const WHOLE: u8 = 0;
/// Something is refused.
const REFUSED: u8 = 1;
/// Nothing can be said: usage, input and output, or a fault of seaworthy's own.
const CANNOT_TELL: u8 = 2;

/// Would applying these Kubernetes manifests go through whole?
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find, group and judge every manifest below the paths
    Check(Later<check::Arguments>),
    /// Keep the schemas of custom resources in a catalogue of JSON Schemas
    // Not later: completions of `help` would miss the commands in it.
    Catalog(catalog::Arguments),
    /// Serve an editor: the language server, on standard input and output
    Lsp(Later<lsp::Arguments>),
    /// Say for one `kubectl apply` which objects would be created, configured, unchanged, failed or skipped
    Plan(Later<plan::Arguments>),
    /// Print the documents of a file as kubectl reads them
    Read(Later<read::Arguments>),
    /// List every rule: its id, its level, and what it finds
    Rules(Later<rules::Arguments>),
    /// Explain a rule: why what it finds is refused, how to mend it, and examples
    Explain(Later<explain::Arguments>),
    /// Write what offline runs need to know of a cluster into a file for --cluster
    Snapshot(Later<snapshot::Arguments>),
    /// Print a script that completes seaworthy's arguments in a shell
    Completions(Later<completions::Arguments>),
}

/// The commands and their flags, for whoever tells people of them: completions, manual pages.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Writes a text to standard output. A reader that closed the pipe has read enough: that is no error.
fn say(text: &str) -> Result<(), String> {
    say_bytes(text.as_bytes())
}

fn say_bytes(bytes: &[u8]) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

/// Writes to standard error, if anybody listens.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "seaworthy: {message}");
}

/// Has this thread be one of rayon's pool. Otherwise it hands every step over and sleeps until it is woken, which for a
/// small file takes longer than the steps do.
fn work_here() {
    // The first thread of a program has a stack of 1 MiB there, half of what threads of the pool have.
    if cfg!(windows) {
        return;
    }
    // What fails here fails again where the pool is first used, and is told there.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for; everything else is a usage error. A closed pipe is not ours to report.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { CANNOT_TELL } else { WHOLE });
        }
    };
    let answered = std::panic::catch_unwind(|| match arguments.command {
        Command::Catalog(arguments) => catalog::run(&arguments),
        Command::Check(Later(arguments)) => check::run(&arguments),
        Command::Completions(Later(arguments)) => completions::run(&arguments),
        Command::Explain(Later(arguments)) => explain::run(&arguments),
        Command::Lsp(Later(arguments)) => lsp::run(&arguments),
        Command::Plan(Later(arguments)) => plan::run(&arguments),
        Command::Read(Later(arguments)) => read::run(&arguments),
        Command::Rules(Later(arguments)) => rules::run(&arguments),
        Command::Snapshot(Later(arguments)) => snapshot::run(&arguments),
    });
    match answered {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(message)) => {
            complain(&message);
            ExitCode::from(CANNOT_TELL)
        }
        Err(_) => {
            complain("this is a fault in seaworthy, not in the manifests; nothing was judged");
            ExitCode::from(CANNOT_TELL)
        }
    }
}
