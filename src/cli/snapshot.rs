//! `seaworthy snapshot`: what offline runs need to know of a cluster, in a file.
//!
//! Apart because it judges nothing: it looks once, so that later runs need no cluster.

use super::server_flags::Connection;
use clap::Args;
use std::path::PathBuf;

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to write, instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs `snapshot`.
///
/// # Errors
///
/// When no server can be asked, or the file cannot be written.
#[cfg(feature = "server")]
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    use super::server_flags::{Identity, target};
    let target = target(None, &arguments.connection, &Identity::default());
    let server = crate::server::Server::connect(&target).map_err(|error| error.to_string())?;
    let snapshot = server.snapshot().map_err(|error| error.to_string())?;
    for line in snapshot.lines().filter_map(|line| line.strip_prefix("# not seen: ")) {
        super::complain(&format!("not seen: {line}"));
    }
    match arguments.output.as_deref().filter(|path| path.as_os_str() != "-") {
        None => super::say(&snapshot)?,
        Some(path) => super::output::write_file(path, snapshot.as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
    }
    Ok(super::WHOLE)
}

/// Runs `snapshot`.
///
/// # Errors
///
/// Always.
#[cfg(not(feature = "server"))]
pub fn run(_arguments: &Arguments) -> Result<u8, String> {
    Err(super::server_flags::WITHOUT.to_owned())
}
