//! The registry of rules, held against the sources.

use seaworthy::rules;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn visit(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            visit(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(ids_in(&fs::read_to_string(&path).expect("text")));
        }
    }
}

/// The ids of the rules that a source declares: behind `static NAME: Rule = Rule { id:`, in a row of a table behind
/// `rule: Rule { id:`, or by the macro of `apply/losses.rs`.
fn ids_in(text: &str) -> Vec<String> {
    // Tests may declare rules of their own.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let literal = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let places = text.match_indices(": Rule = ").chain(text.match_indices("    rule: Rule {"));
    let declared = places.filter_map(|(at, _)| {
        let behind = &text[at..];
        let id = behind.split("id:").nth(1).expect("a rule starts with its id").trim_start();
        // In the macro it is a variable.
        (!id.starts_with('$')).then(|| literal(id))
    });
    let by_macro = text.split("\nloss_rule!(").skip(1).map(literal);
    declared.chain(by_macro).collect()
}

#[test]
fn every_rule_of_the_sources_is_registered_once() {
    let mut declared = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut declared);
    let unique: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    assert_eq!(unique.len(), declared.len(), "an id is used twice");
    let registered: Vec<&str> = rules::all().iter().map(|rule| rule.id).collect();
    assert!(registered.is_sorted(), "rules come in the order of their ids");
    assert_eq!(registered, unique.into_iter().collect::<Vec<_>>());
    assert!(registered.len() > 120, "the test reads the sources: {}", registered.len());
}

#[test]
fn an_id_names_its_area_and_what_is_wrong() {
    for rule in rules::all() {
        let parts: Vec<&str> = rule.id.split('/').collect();
        assert_eq!(parts.len(), 2, "{}", rule.id);
        for part in parts {
            let is_kebab = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(!part.is_empty() && is_kebab, "{}", rule.id);
        }
        assert!(!rule.summary.is_empty() && !rule.why.is_empty(), "{}", rule.id);
    }
}

#[test]
fn a_rule_is_found_by_its_id() {
    for rule in rules::all() {
        assert!(std::ptr::eq(rules::find(rule.id).expect("registered"), *rule));
    }
    assert!(rules::find("api").is_none());
}

fn documentations(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            documentations(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
}

#[test]
fn a_documentation_lies_beside_its_rule_under_the_name_of_the_rule() {
    let mut found = Vec::new();
    documentations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found.len(), rules::all().len(), "one for each rule");
    for rule in rules::all() {
        let name = rule.id.split_once('/').expect("an area").1;
        assert!(found.iter().any(|(file, text)| file == name && text == rule.docs), "{}", rule.id);
    }
}
