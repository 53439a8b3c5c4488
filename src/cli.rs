//! The command line: what was asked, in what form it is answered, and the exit code.

use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
