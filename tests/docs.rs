//! The documentation is whole: the rules' pages are what the rules say, and no link leads nowhere.

use seaworthy::rules::{all, pages};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages_below(directory: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.insert(path);
        }
    }
}

#[test]
fn the_pages_of_the_rules_are_those_of_docs_rules() {
    const AGAIN: &str = "run `cargo xtask docs`";
    let directory = root().join("docs/rules");
    let mut written = BTreeSet::new();
    pages_below(&directory, &mut written);
    let mut expected = BTreeSet::from([directory.join("README.md")]);
    for rule in all() {
        let path = directory.join(pages::path(rule));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(text == pages::page(rule), "{} is not what {} says; {AGAIN}", path.display(), rule.id);
        expected.insert(path);
    }
    let lacking: Vec<_> = written.symmetric_difference(&expected).collect();
    assert!(lacking.is_empty(), "{lacking:?}: {AGAIN}");
    let index = fs::read_to_string(directory.join("README.md")).expect("an index");
    assert!(index == pages::index(), "docs/rules/README.md is not the index; {AGAIN}");
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).expect("a summary");
    assert!(summary == pages::summary(&summary), "docs/SUMMARY.md lacks a rule; {AGAIN}");
}

/// The targets of links, outside of code.
fn links(markdown: &str) -> Vec<String> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if in_block {
            continue;
        }
        let outside_code: String =
            line.split('`').enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, part)| part).collect();
        found.extend(outside_code.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    found
}

#[test]
fn no_link_leads_nowhere() {
    let mut files = BTreeSet::new();
    pages_below(&root().join("docs"), &mut files);
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        files.insert(root().join(name));
    }
    let mut checked = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = file.parent().expect("a directory").join(target);
            assert!(path.exists(), "{}: {link} leads nowhere", file.display());
            checked += 1;
        }
    }
    assert!(checked > 130, "the test reads the links: {checked}");
}

#[test]
fn every_page_is_in_the_book_once() {
    let docs = root().join("docs");
    let text = fs::read_to_string(docs.join("SUMMARY.md")).expect("a summary");
    let listed: Vec<PathBuf> =
        links(&text).into_iter().filter(|link| !link.is_empty()).map(|link| docs.join(link)).collect();
    let mut written = BTreeSet::new();
    pages_below(&docs, &mut written);
    written.remove(&docs.join("SUMMARY.md"));
    let unique: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(unique.len(), listed.len(), "a page is listed twice");
    let lacking: Vec<_> = unique.symmetric_difference(&written).collect();
    assert!(lacking.is_empty(), "in docs/ or in docs/SUMMARY.md, and not in both: {lacking:?}");
    // What a book leaves out must not be linked to from it: nothing outside of docs/ is part of the site.
    for file in &written {
        for link in links(&fs::read_to_string(file).expect("text")) {
            let climbs = link.split('/').take_while(|part| *part == "..").count();
            let depth = file.strip_prefix(&docs).expect("below docs").components().count() - 1;
            assert!(link.contains("://") || climbs <= depth, "{}: {link} is not in the book", file.display());
        }
    }
}

#[test]
fn the_book_is_configured_to_read_docs_and_to_write_elsewhere() {
    let text = fs::read_to_string(root().join("docs/book.toml")).expect("a book.toml");
    let book: toml::Table = text.parse().expect("TOML");
    assert_eq!(book["book"]["src"].as_str(), Some("."));
    let build = book["build"]["build-dir"].as_str().expect("a directory");
    // The preprocessor `index` would make index.html of a README.md, and links to it would lead nowhere.
    assert_eq!(book["build"]["use-default-preprocessors"].as_bool(), Some(false));
    assert!(book["preprocessor"].get("index").is_none());
    assert!(build.starts_with("../target/"), "{build}: a book within docs/ would be a page of itself");
}
