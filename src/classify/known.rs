//! The many YAML and JSON files that are no manifests, by their names and their shapes.
//!
//! Apart because it is a list that grows with every tool, and nothing depends on which of its words a file gets.

use super::Class;
use super::chart::below;
use crate::source::go_path;
use crate::yaml::{NodeRef, Value};

/// Whether the text is ciphertext from its first byte on.
pub(super) fn is_encrypted_text(text: &str) -> bool {
    text.starts_with("$ANSIBLE_VAULT;") || text.starts_with("\0GITCRYPT") || text.starts_with("age-encryption.org/")
}

/// A name between separators: `values` in `prod-values.yaml` and `values.prod.yaml`, not in `evaluate.yaml`.
fn has_word(stem: &str, word: &str) -> bool {
    stem.split(['-', '_', '.']).any(|part| part.eq_ignore_ascii_case(word))
}

fn stem(name: &str) -> &str {
    let name = go_path::file_name(name);
    name.strip_suffix(go_path::extension(name)).unwrap_or(name)
}

/// Whether a file is called as values for a chart are.
pub(super) fn is_named_as_values(name: &str) -> bool {
    has_word(stem(name), "values")
}

/// Whether a file is called as patches are: `patch-x.yaml`, `x-patch.yaml`, `x.jsonpatch.yaml`, `patches/x.yaml`.
pub(super) fn is_named_as_patch(name: &str) -> bool {
    let stem = stem(name);
    let mut words = stem.split(['-', '_', '.']).map(str::to_ascii_lowercase);
    let is_patch = |word: String| matches!(word.as_str(), "patch" | "patches" | "jsonpatch");
    let directory = go_path::parent(&go_path::clean(name));
    words.next().is_some_and(is_patch)
        || words.next_back().is_some_and(is_patch)
        || matches!(go_path::file_name(&directory), "patch" | "patches")
}

/// Whether a file holds what a kuttl or chainsaw test expects to find: a part of an object
/// (`00-assert.yaml`, `chainsaw-assert-1.yaml`, `01-errors.yaml`).
pub(super) fn is_test_expectation(name: &str) -> bool {
    let stem = stem(name);
    let rest = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.len() < stem.len() && matches!(rest, "-assert" | "-errors" | "-error");
    numbered || stem.starts_with("chainsaw-assert") || stem.starts_with("chainsaw-error")
}

/// What a file is by its name and directory.
pub(super) fn by_name(name: &str) -> Option<Class> {
    let name = go_path::clean(name);
    let file = go_path::file_name(&name);
    let in_directory = |directory: &str| {
        name.split('/').zip(name.match_indices('/')).any(|(_, (at, _))| {
            let start = name[..at].rfind('/').map_or(0, |slash| slash + 1);
            below(directory, &name[start..]).is_some()
        })
    };
    let starts = |start: &str| file.starts_with(start);
    let ends = |end: &str| file.ends_with(end);
    let word = if in_directory(".github/workflows")
        || in_directory(".circleci")
        || in_directory(".azure-pipelines")
        || in_directory(".buildkite")
        || in_directory(".woodpecker")
        || in_directory(".gitlab/ci")
        || ends(".gitlab-ci.yml")
        || ends(".gitlab-ci.yaml")
        || starts("azure-pipeline")
        || starts("cloudbuild")
        || starts("bitbucket-pipelines")
        || starts(".travis.")
        || starts(".drone.")
        || starts(".woodpecker.")
        || starts("appveyor.")
        || starts(".appveyor.")
        || starts("buildspec.")
    {
        "ci-workflow"
    } else if in_directory(".github") {
        "github-config"
    } else if starts("docker-compose") || starts("compose.") || starts("compose-") {
        "compose"
    } else if is_tool_file(file) || in_directory(".vscode") || in_directory(".devcontainer") {
        "tool-config"
    } else if in_directory("playbooks") || in_directory("host_vars") || in_directory("group_vars") {
        "ansible"
    } else if is_named_as_values(&name) {
        return Some(Class::Values);
    } else {
        return None;
    };
    Some(Class::Other(word))
}

/// Files that one tool looks for by name.
fn is_tool_file(file: &str) -> bool {
    const STARTS: &[&str] = &[
        ".checkov.",
        ".codecov.",
        ".commitlintrc",
        ".ct.",
        ".eslintrc",
        ".golangci",
        ".goreleaser.",
        ".kube-linter.",
        ".markdownlint",
        ".mockery.",
        ".pre-commit-",
        ".prettierrc",
        ".readthedocs.",
        ".renovaterc",
        ".sops.",
        ".stylelintrc",
        ".trivy",
        ".yamllint",
        "codecov.",
        "mkdocs.",
        "pnpm-",
        "renovate.",
        "tsconfig",
    ];
    const NAMES: &[&str] = &[
        "Kptfile",
        "appsettings.json",
        "composer.json",
        "helmfile.yaml",
        "jsconfig.json",
        "lerna.json",
        "package-lock.json",
        "package.json",
        "skaffold.yaml",
        "taskfile.yaml",
        "taskfile.yml",
        "Taskfile.yaml",
        "Taskfile.yml",
    ];
    NAMES.contains(&file) || STARTS.iter().any(|start| file.starts_with(start))
}

/// What a document is by its top-level fields. The text is the whole file's.
pub(super) fn by_shape(root: NodeRef<'_>, text: &str) -> Option<Class> {
    let word = match root.value() {
        Value::Sequence => {
            let is_play = |element: NodeRef<'_>| {
                element.get("hosts").is_some() || element.get("import_playbook").is_some() || is_task(element)
            };
            if root.is_empty() || !root.elements().all(is_play) {
                return None;
            }
            "ansible"
        }
        Value::Mapping => of_mapping(root, text)?,
        _ => return None,
    };
    Some(Class::Other(word))
}

fn is_task(element: NodeRef<'_>) -> bool {
    element.get("name").is_some()
        && element.entries().any(|entry| {
            entry.name().starts_with("ansible.")
                || entry.name().starts_with("community.")
                || entry.name().starts_with("kubernetes.core.")
        })
}

fn of_mapping(root: NodeRef<'_>, text: &str) -> Option<&'static str> {
    let has = |field: &str| root.get(field).is_some();
    let element_has = |list: &str, fields: &[&str]| {
        root.get(list).is_some_and(|list| {
            !list.is_empty() && list.elements().all(|element| fields.iter().all(|field| element.get(field).is_some()))
        })
    };
    if text.starts_with("#cloud-config") {
        Some("cloud-init")
    } else if has("swagger") || has("openapi") {
        Some("openapi")
    } else if is_json_schema(root) {
        Some("json-schema")
    } else if has("jobs") && (has("true") || has("on")) {
        Some("ci-workflow")
    } else if is_compose(root) {
        Some("compose")
    } else if element_has("groups", &["name", "rules"]) {
        Some("prometheus-rules")
    } else if has("scrape_configs") || has("receivers") && has("route") {
        Some("prometheus-config")
    } else if has("panels") && (has("schemaVersion") || has("templating") || has("title")) {
        Some("grafana-dashboard")
    } else if has("runs") && has("name") {
        Some("github-config")
    } else {
        None
    }
}

fn is_json_schema(root: NodeRef<'_>) -> bool {
    let declared =
        root.get("$schema").and_then(NodeRef::as_str).is_some_and(|schema| schema.contains("json-schema.org"));
    declared || ["$defs", "definitions"].iter().any(|field| root.get(field).is_some_and(|defined| !defined.is_empty()))
}

fn is_compose(root: NodeRef<'_>) -> bool {
    const FIELDS: &[&str] =
        &["version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models"];
    root.entries().all(|entry| FIELDS.contains(&entry.name()) || entry.name().starts_with("x-"))
        && root.get("services").is_some_and(|services| {
            !services.is_empty()
                && services.entries().all(|service| {
                    ["image", "build", "extends", "command"].iter().any(|field| service.value.get(field).is_some())
                })
        })
}
