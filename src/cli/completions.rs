//! `seaworthy completions SHELL`: a script by which a shell completes seaworthy's arguments.
//!
//! Apart because the arguments themselves are its only input.

use super::{WHOLE, command, say_bytes};
use clap::Args;
use clap_complete::Shell;

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Runs `completions`.
///
/// # Errors
///
/// When standard output cannot be written to.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "seaworthy", &mut script);
    say_bytes(&script)?;
    Ok(WHOLE)
}
