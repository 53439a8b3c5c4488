//! What a change starts from, where nobody names it: the variables of whoever runs the pipeline, else git.
//!
//! Apart from `git` because these are the words of others, and each service has its own. What a variable names need not be
//! in the clone, so every candidate is looked for, and the first that is there is taken.

use super::git;
use std::fs;

/// A revision, and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The revision.
    pub revision: String,
    /// The variable, or what of git.
    pub named_by: String,
}

/// The variables that name the branch a change goes into, of Jenkins, Buildkite, Bitbucket and Azure in this order.
const TARGET_BRANCHES: [&str; 4] = [
    "CHANGE_TARGET",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
];

/// Finds what the work tree that a directory is in was changed from.
///
/// The sources, the first that names anything: GitHub Actions (`GITHUB_BASE_REF`, the event in `GITHUB_EVENT_PATH`), GitLab
/// (`CI_MERGE_REQUEST_DIFF_BASE_SHA`, `CI_MERGE_REQUEST_TARGET_BRANCH_NAME`, `CI_COMMIT_BEFORE_SHA`), the target branch
/// of other services, Jenkins' `GIT_PREVIOUS_SUCCESSFUL_COMMIT`; else the default branch of `origin`, `main` or `master`.
///
/// # Errors
///
/// When nothing names one, or the clone does not hold what is named: what to do.
pub fn find(directory: &str) -> Result<Base, String> {
    find_by(directory, &|name| std::env::var(name).ok())
}

fn find_by(directory: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Base, String> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let named = named(&variable);
    let is_there = |base: &&Base| git::has_commit(&base.revision, directory);
    if let Some(found) = named.iter().find(is_there) {
        return Ok(found.clone());
    }
    if let Some(Base { revision, named_by }) = named.first() {
        return Err(format!(
            "{named_by} names {revision}, and this clone does not hold it; fetch it with its history (fetch-depth: 0 in \
             actions/checkout, GIT_DEPTH: 0 in GitLab, `git fetch --unshallow`), or name the base yourself: --base REVISION"
        ));
    }
    let of_git = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
    let found = of_git.into_iter().find(|revision| git::has_commit(revision, directory));
    found.map(|revision| Base { revision: revision.to_owned(), named_by: "git".to_owned() }).ok_or_else(|| {
        let shallow = if git::is_shallow(directory) {
            "; this is a shallow clone: fetch the history (fetch-depth: 0 in actions/checkout, GIT_DEPTH: 0 in GitLab)"
        } else {
            ""
        };
        format!(
            "found no base: no variable of GitHub, GitLab, Jenkins, Buildkite, Bitbucket or Azure names one, and there is no \
             branch origin/HEAD, main or master{shallow}; name it: --base REVISION or --base DIRECTORY"
        )
    })
}

/// What the variables name, the best first.
fn named(variable: &dyn Fn(&str) -> Option<String>) -> Vec<Base> {
    let mut named = Vec::new();
    let mut add = |revision: String, named_by: &str| {
        // All zeros stand for no commit: a branch was made.
        if revision.chars().any(|c| c != '0') {
            named.push(Base { revision, named_by: named_by.to_owned() });
        }
    };
    let branch = |name: &str| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
    if let Some(base) = variable("GITHUB_BASE_REF") {
        add(format!("origin/{base}"), "GITHUB_BASE_REF");
    }
    if let Some(event) = variable("GITHUB_EVENT_PATH").and_then(|path| fs::read(path).ok()) {
        let event: serde_json::Value = serde_json::from_slice(&event).unwrap_or_default();
        // What was before a push to a pull request is no base: it is the pull request as it was.
        let pointers: &[&str] = if event.get("pull_request").is_some() {
            &["/pull_request/base/sha"]
        } else {
            &["/merge_group/base_sha", "/before"]
        };
        for pointer in pointers {
            if let Some(commit) = event.pointer(pointer).and_then(serde_json::Value::as_str) {
                add(commit.to_owned(), "the event in GITHUB_EVENT_PATH");
            }
        }
    }
    if let Some(commit) = variable("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
        add(commit, "CI_MERGE_REQUEST_DIFF_BASE_SHA");
    }
    if let Some(target) = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") {
        add(format!("origin/{target}"), "CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    } else if let Some(before) = variable("CI_COMMIT_BEFORE_SHA") {
        add(before, "CI_COMMIT_BEFORE_SHA");
    }
    for name in TARGET_BRANCHES {
        if let Some(target) = variable(name) {
            add(format!("origin/{}", branch(&target)), name);
            add(branch(&target), name);
        }
    }
    if let Some(commit) = variable("GIT_PREVIOUS_SUCCESSFUL_COMMIT") {
        add(commit, "GIT_PREVIOUS_SUCCESSFUL_COMMIT");
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn names(variables: &[(&str, &str)]) -> Vec<String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        named(&|name| variables.get(name).map(|value| (*value).to_owned()))
            .into_iter()
            .map(|one| one.revision)
            .collect()
    }

    #[test]
    fn every_service_is_understood() {
        assert_eq!(names(&[("GITHUB_BASE_REF", "main")]), ["origin/main"]);
        assert_eq!(
            names(&[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "a1"), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "trunk")]),
            ["a1", "origin/trunk"]
        );
        assert_eq!(names(&[("CI_COMMIT_BEFORE_SHA", "0000000000")]), [""; 0]);
        assert_eq!(names(&[("CHANGE_TARGET", "main")]), ["origin/main", "main"]);
        assert_eq!(names(&[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")]), ["origin/main", "main"]);
        assert_eq!(names(&[("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "b2")]), ["b2"]);
    }

    #[test]
    fn the_event_of_github_names_commits() {
        let directory = tempfile::tempdir().expect("a directory");
        let event = directory.path().join("event.json");
        fs::write(&event, r#"{"pull_request": {"base": {"sha": "c3"}}, "before": "d4"}"#).expect("a file");
        let found = || names(&[("GITHUB_EVENT_PATH", event.to_str().expect("UTF-8"))]);
        assert_eq!(found(), ["c3"]);
        fs::write(&event, r#"{"before": "d4"}"#).expect("a file");
        assert_eq!(found(), ["d4"]);
    }

    #[test]
    fn what_to_do_is_told_where_nothing_is_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let nowhere = directory.path().to_str().expect("UTF-8");
        let told = find_by(nowhere, &|_| None).expect_err("no repository");
        assert!(told.contains("--base REVISION"), "{told}");
        let told = find_by(nowhere, &|name| (name == "GITHUB_BASE_REF").then(|| "main".to_owned()));
        let told = told.expect_err("no such branch");
        assert!(told.starts_with("GITHUB_BASE_REF names origin/main") && told.contains("fetch-depth: 0"), "{told}");
    }
}
