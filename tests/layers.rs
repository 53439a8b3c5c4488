//! Who may enter which room: the arrows of ARCHITECTURE.md, held against every `crate::` path in the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top down. A room may use rooms of later rows and itself, none of its own row or above.
const ROWS: &[&[&str]] = &[
    &["cli"],
    &["lsp", "rules"],
    &["server"],
    &["pipeline"],
    &["fix", "suppress"],
    &["report"],
    &["config"],
    &["sets"],
    &["advice"],
    &["change"],
    &["cross"],
    &["apply"],
    &["policies"],
    &["update"],
    &["catalog", "server_rules"],
    &["decode"],
    &["finding"],
    &["object"],
    &["classify"],
    &["source"],
    &["cel", "schema", "yaml"],
    &["go_pattern", "go_quote", "quantity"],
];

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn arrows_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&source).expect("below src");
        let room = relative.iter().next().expect("a name").to_string_lossy().trim_end_matches(".rs").to_owned();
        let is_for_tests = matches!(file.file_stem().and_then(|stem| stem.to_str()), Some("testing" | "tests"));
        if matches!(room.as_str(), "lib" | "main") || is_for_tests {
            continue;
        }
        let Some(own) = row(&room) else {
            wrong.push(format!("{room} stands in no row of this test"));
            continue;
        };
        seen.insert(room.clone());
        let text = fs::read_to_string(&file).expect("text");
        // Tests may build what they need from any room.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for part in code.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(used) = row(&name) else { continue };
            if name != room && used <= own {
                wrong.push(format!("{} uses {name}", relative.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() >= 10, "the test found only {seen:?}");
}

#[test]
fn pure_rooms_touch_no_file_clock_or_environment() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for room in [
        "advice",
        "apply",
        "catalog",
        "change",
        "cel",
        "classify",
        "decode",
        "finding",
        "fix",
        "object",
        "policies",
        "report",
        "rules",
        "schema",
        "server_rules",
        "sets",
        "suppress",
        "update",
        "yaml",
    ] {
        let directory = source.join(room);
        if !directory.is_dir() {
            continue;
        }
        let mut files = Vec::new();
        rust_files(&directory, &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for banned in [
                "std::fs",
                "std::net::Tcp",
                "std::net::Udp",
                "std::env",
                "std::process",
                "std::time",
                "println!",
                "eprintln!",
            ] {
                if code.contains(banned) {
                    wrong.push(format!("{} uses {banned}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_server_room_opens_sockets() {
    const MEANS: &[&str] = &["std::net::Tcp", "std::net::Udp", "std::os::unix::net", "kube::", "tokio::", "hyper"];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        let in_server = file.starts_with(source.join("server"));
        let means = MEANS.iter().find(|means| text.contains(**means));
        assert!(in_server || means.is_none(), "{} has {means:?}", file.display());
    }
}

#[test]
fn the_server_room_sends_requests_from_one_file() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server");
    let mut files = Vec::new();
    rust_files(&server, &mut files);
    for file in files.iter().filter(|file| !file.ends_with("wire.rs")) {
        let text = fs::read_to_string(file).expect("text");
        for means in ["kube::", "http::", "Client", "std::net"] {
            assert!(!text.contains(means), "{} has {means}", file.display());
        }
    }
    assert!(files.len() >= 5, "the test found only {files:?}");
}
