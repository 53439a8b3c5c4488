//! `seaworthy catalog`: JSON Schemas of custom resources, to be committed and read with `--schema-location`.
//!
//! Apart because it is the one command that writes files of its own.

use super::{WHOLE, say};
use crate::pipeline::write_catalogue;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What is done with a catalogue.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the schemas of CRDs into a catalogue
    Add(Add),
}

#[derive(Debug, Args)]
struct Add {
    /// Files and directories with CRDs, or the output of `kubectl get crd -o yaml`
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// The catalogue's directory
    #[arg(long, value_name = "DIR", default_value = "schemas")]
    to: PathBuf,
}

/// Runs `catalog`.
///
/// # Errors
///
/// When the CRDs cannot be read, or the catalogue not written: the message.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let Command::Add(add) = &arguments.command;
    let written = write_catalogue(&add.paths, &add.to).map_err(|error| error.to_string())?;
    let mut told = String::new();
    for file in &written.files {
        let _ = writeln!(told, "{}", add.to.join(file).display());
    }
    let schemas = match written.files.len() {
        1 => "1 schema".to_owned(),
        count => format!("{count} schemas"),
    };
    let _ = writeln!(
        told,
        "{schemas}, {} of them unchanged; use them with --schema-location {}",
        written.unchanged,
        add.to.display()
    );
    say(&told)?;
    Ok(WHOLE)
}
