//! `cargo xtask ready`: all that CI runs, in the order in which it fails soonest.
//!
//! Apart because a person and CI must run the same.

use std::error::Error;
use std::process::Command;

const STEPS: &[&[&str]] = &[
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    // Without the feature `server`, nothing can open a socket, and everything else is there.
    &["clippy", "--no-default-features", "--all-targets", "--", "-D", "warnings"],
    &["test", "--workspace"],
    &["doc", "--no-deps", "--quiet"],
];

/// Runs every step; stops at the first that fails.
///
/// # Errors
///
/// The step that failed.
pub fn run() -> Result<(), Box<dyn Error>> {
    for step in STEPS {
        println!("$ cargo {}", step.join(" "));
        if !Command::new(env!("CARGO")).args(*step).env("RUSTDOCFLAGS", "-D warnings").status()?.success() {
            return Err(format!("cargo {} failed", step.join(" ")).into());
        }
    }
    Ok(())
}
