//! `cargo xtask man [DIR]`: a manual page for seaworthy and one for each of its commands.
//!
//! Apart because packages want them and the program does not: what generates them is not in it.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Writes the pages into a directory, `target/man` if none is named.
///
/// # Errors
///
/// When a file cannot be written, or the arguments are not understood.
pub fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/man");
    let directory = match arguments {
        [] => default.as_path(),
        [directory] => Path::new(directory),
        _ => return Err("usage: cargo xtask man [DIR]".into()),
    };
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(seaworthy::cli::command(), directory)?;
    let pages = fs::read_dir(directory)?.count();
    println!("{pages} pages in {}", directory.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn every_command_has_a_page() {
        let directory = tempfile::tempdir().expect("a directory");
        run(&[directory.path().to_string_lossy().into_owned()]).expect("pages");
        for command in seaworthy::cli::command().get_subcommands() {
            let page = directory.path().join(format!("seaworthy-{}.1", command.get_name()));
            let text = std::fs::read_to_string(&page).unwrap_or_default();
            assert!(text.contains(".SH NAME"), "{}", page.display());
        }
    }
}
