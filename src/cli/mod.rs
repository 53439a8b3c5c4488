//! The command line: what was asked, in what form it is answered, and the exit code.

mod read;

pub use read::{ReadFormat, read_command};

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Would applying these Kubernetes manifests go through whole?
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what kubectl reads in a file.
    Read {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// How to show it.
        #[arg(long, value_enum, default_value_t)]
        format: ReadFormat,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Read { file, format } => read_command(&file, format),
    }
}
