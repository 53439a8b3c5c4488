//! `cargo xtask schemas`: makes the text of `schemas/definitions/` from the published schemas, and the packed form of
//! all of `schemas/`.
//!
//! Apart because a new Kubernetes release runs it and nothing else does.

mod wheel;

use crate::table::{Packed, Table, pack, write_definitions};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: cargo xtask schemas [--from WHEEL | --pack]

Without --from, the wheel that schemas/SOURCES.toml names is downloaded with pip.
With --pack, only the packed form is made anew, from the text as it is.";

/// Runs the task.
///
/// # Errors
/// The wheel is not the one that `schemas/SOURCES.toml` names, or a text breaks its rules.
pub fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let schemas = schemas_directory();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--pack"] => {}
        ["--from", path] => write_text(&schemas, &wheel::read(&schemas, Path::new(path))?)?,
        [] => {
            let directory = tempfile::tempdir()?;
            write_text(&schemas, &wheel::read(&schemas, &wheel::download(&schemas, directory.path())?)?)?;
        }
        _ => return Err(USAGE.into()),
    }
    write_packed(&schemas)
}

fn schemas_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}

/// Writes `schemas/definitions/`, one file for each group.
fn write_text(schemas: &Path, table: &Table) -> Result<(), Box<dyn Error>> {
    let mut files: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for entry in &table.definitions {
        files.entry(group(entry.0)).or_default().push(entry);
    }
    let directory = schemas.join("definitions");
    fs::create_dir_all(&directory)?;
    for entry in fs::read_dir(&directory)? {
        fs::remove_file(entry?.path())?;
    }
    for (group, definitions) in files {
        let head = "# Made by `cargo xtask schemas` from the source in SOURCES.toml; not edited by hand. README.md tells the form.\n";
        let text = write_definitions(definitions.into_iter());
        fs::write(directory.join(format!("{group}.txt")), format!("{head}{text}"))?;
    }
    Ok(())
}

/// The part of a definition's name that tells its file: the package that holds the versions.
fn group(name: &str) -> &str {
    if name.starts_with("io.k8s.apimachinery.") {
        return "apimachinery";
    }
    name.rsplit('.').nth(2).unwrap_or(name)
}

fn write_packed(schemas: &Path) -> Result<(), Box<dyn Error>> {
    let Packed { strings, tables } = pack(&Table::read(schemas)?);
    let directory = schemas.join("packed");
    fs::create_dir_all(&directory)?;
    println!("schemas/packed: {} bytes of text, {} bytes of tables", strings.len(), tables.len());
    fs::write(directory.join("strings.txt"), strings)?;
    fs::write(directory.join("tables.bin"), tables)?;
    Ok(())
}
