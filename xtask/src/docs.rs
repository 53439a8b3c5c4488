//! `cargo xtask docs`: the rules' pages in `docs/rules/`, and their part of `docs/SUMMARY.md`.
//!
//! Apart because the pages are committed, so that they can be read where the repository is; a test holds them equal to
//! what the rules say.

use seaworthy::rules::{all, pages};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Writes every page, and removes those of rules that are gone.
///
/// # Errors
///
/// When a file cannot be written.
pub fn run() -> Result<(), Box<dyn Error>> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let rules = docs.join("rules");
    if rules.exists() {
        fs::remove_dir_all(&rules)?;
    }
    for rule in all() {
        let path = rules.join(pages::path(rule));
        fs::create_dir_all(path.parent().unwrap_or(&rules))?;
        fs::write(path, pages::page(rule))?;
    }
    fs::write(rules.join("README.md"), pages::index())?;
    let summary = docs.join("SUMMARY.md");
    fs::write(&summary, pages::summary(&fs::read_to_string(&summary)?))?;
    println!("{} pages in docs/rules, and their index", all().len());
    Ok(())
}
