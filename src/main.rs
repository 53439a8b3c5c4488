//! The program: hands the arguments to [`seaworthy::cli`] and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    seaworthy::cli::main()
}
