//! Tasks of the project that are no part of the program: generators and the one command that equals CI.

mod apiserver;
mod docs;
mod man;
mod ready;
mod schemas;
mod table;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <task>

tasks:
  apiserver a real API server on loopback for the tests of --server (build, up, down, env); needs Go
  ready     all that CI runs: format, lints, tests, documentation
  docs      the rules' pages in docs/rules and their part of docs/SUMMARY.md
  man       manual pages, in target/man or the directory named
  schemas   the text and the packed form of schemas/ (--from WHEEL, --pack)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((task, rest)) if task == "apiserver" => apiserver::run(rest),
        Some((task, [])) if task == "ready" => ready::run(),
        Some((task, [])) if task == "docs" => docs::run(),
        Some((task, rest)) if task == "man" => man::run(rest),
        Some((task, rest)) if task == "schemas" => schemas::run(rest),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
