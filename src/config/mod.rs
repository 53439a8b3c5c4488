//! `seaworthy.toml`: what a repository says about itself.
//!
//! Apart because it is read before anything else and decides what is asked, not what is answered.
//!
//! ```toml
//! # The minors the objects have to be accepted by; the newest bundled one if not given.
//! kube-version = ["1.34", "1.36"]
//! # Files and directories that are left out, as in a .gitignore next to this file.
//! exclude = ["vendor/", "**/testdata/"]
//!
//! # What is applied together, where that is not to be guessed.
//! [[set]]
//! name = "production"
//! paths = ["k8s/common", "k8s/production/*.yaml"]
//! namespace = "shop"
//! method = "kubectl-server-side"
//!
//! [[set]]
//! name = "chart"
//! paths = ["charts/shop"]
//! method = "helm"
//! values = ["charts/shop/ci/values.yaml"]
//!
//! # What is made of a rule, of a group of rules, or of a level: allow, warn or deny.
//! [levels]
//! warnings = "deny"
//! "cross/missing-secret" = "allow"
//!
//! # The same for some files only.
//! [[levels-for]]
//! paths = ["vendored"]
//! levels = { cross = "allow" }
//!
//! # Objects that are there, though no file says so.
//! [[external]]
//! kind = "Secret"
//! namespace = "shop-*"
//! name = ["tls", "*-password"]
//! ```
//!
//! `schemas/seaworthy.toml.schema.json` describes the file for editors; a test holds the two together. Paths are relative to the directory the file is in, whatever the working directory.

use crate::apply::Method;
use crate::finding::{Choice, Rule, Stance, unknown_choice};
use crate::object::{External, NamePattern};
use crate::schema::Minor;
use crate::sets::NamedSet;
use crate::source::go_path;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE_NAME: &str = "seaworthy.toml";

/// What `seaworthy.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The directory it is in, absolute; empty if there is no such file.
    pub directory: PathBuf,
    /// The minors to judge by; empty if it does not say.
    pub kube_versions: Vec<Minor>,
    /// Patterns of what is left out, as in a `.gitignore` in [`Config::directory`].
    pub exclude: Vec<String>,
    /// The sets it names, their paths made absolute.
    pub sets: Vec<NamedSet>,
    /// What is made of findings, the weightiest last.
    pub choices: Vec<Choice>,
    /// Objects that are there, though no file says so.
    pub externals: Vec<External>,
}

/// A `seaworthy.toml` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Its text, for an excerpt; empty if it could not be read.
    pub text: String,
    /// The bytes of the text that are at fault, where it is known.
    pub range: Option<Range<usize>>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for ConfigError {
    /// `PATH:LINE:COLUMN: message`, and the line itself with the fault marked below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(range) = &self.range else { return write!(f, "{}: {}", self.path.display(), self.message) };
        let start =
            (0..=range.start.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count();
        let marked =
            self.text.get(start..range.end).map_or(1, |text| text.lines().next().unwrap_or_default().chars().count());
        let marked = marked.clamp(1, line.chars().count().saturating_sub(column).max(1));
        writeln!(f, "{}:{number}:{}: {}", self.path.display(), column + 1, self.message)?;
        let margin = " ".repeat(number.to_string().len());
        writeln!(f, " {margin} |")?;
        writeln!(f, " {number} | {line}")?;
        write!(f, " {margin} | {}{}", " ".repeat(column), "^".repeat(marked))
    }
}

impl std::error::Error for ConfigError {}

/// Finds `seaworthy.toml` in a directory or the nearest one above it, and reads it. `rules` are those that it may name;
/// where there are none, every name is taken for one.
///
/// # Errors
///
/// When there is one and it cannot be used.
pub fn discover(from: &Path, rules: &[&'static Rule]) -> Result<Option<Config>, ConfigError> {
    let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let found = from.ancestors().map(|directory| directory.join(FILE_NAME)).find(|path| path.is_file());
    found.map(|path| read(&path, rules)).transpose()
}

/// Reads a file of this kind, whatever its name; `rules` as for [`discover`].
///
/// # Errors
///
/// When it cannot be read or used.
pub fn read(path: &Path, rules: &[&'static Rule]) -> Result<Config, ConfigError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = std::fs::read_to_string(&path).map_err(|error| ConfigError {
        path: path.clone(),
        text: String::new(),
        range: None,
        message: format!("cannot be read: {error}"),
    })?;
    parse(&path, &text, rules)
}

/// Reads the text of such a file; the path is where it stands, and `rules` are as for [`discover`].
///
/// # Errors
///
/// When it is no TOML, has a field that there is none of, or a value that does not fit.
pub fn parse(path: &Path, text: &str, rules: &[&'static Rule]) -> Result<Config, ConfigError> {
    let failed = |range: Option<Range<usize>>, message: String| ConfigError {
        path: path.to_owned(),
        text: text.to_owned(),
        range,
        message,
    };
    let written: Written =
        toml::from_str(text).map_err(|error| failed(error.span(), error.message().trim_end().replace('\n', " ")))?;
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut names = std::collections::HashSet::new();
    let mut sets = Vec::new();
    for set in written.set {
        let at = Some(set.name.span());
        let name = set.name.into_inner();
        if name.is_empty() {
            return Err(failed(at, "a set needs a name".to_owned()));
        }
        if set.paths.is_empty() {
            return Err(failed(at, format!("set {name:?} has no paths: name the files or directories it is made of")));
        }
        if !names.insert(name.clone()) {
            return Err(failed(
                at,
                format!("there are two sets of the name {name:?}: reports could not tell them apart"),
            ));
        }
        let paths = patterns(&directory, &set.paths).map_err(|(at, why)| failed(Some(at), why))?;
        sets.push(NamedSet {
            name,
            paths,
            method: set.method.map(Method::from),
            namespace: set.namespace,
            values: set.values.iter().map(|path| absolute(&directory, path)).collect(),
        });
    }
    let at = written.kube_version.span();
    let mut kube_versions = Vec::new();
    for version in written.kube_version.into_inner().into_vec() {
        let Some(minor) = minor(&version) else {
            let (oldest, latest) = (Minor::OLDEST, Minor::LATEST);
            let message =
                format!("{version:?} is no Kubernetes version that seaworthy knows: it knows {oldest} to {latest}");
            return Err(failed(Some(at), message));
        };
        kube_versions.push(minor);
    }
    let mut choices = choices(&[], written.levels, rules).map_err(|(at, why)| failed(Some(at), why))?;
    for some in written.levels_for {
        let at = some.paths.span();
        let paths = some.paths.into_inner();
        if paths.is_empty() {
            return Err(failed(Some(at), "these levels are for no paths; [levels] is for all".to_owned()));
        }
        let paths = patterns(&directory, &paths).map_err(|(at, why)| failed(Some(at), why))?;
        choices.extend(self::choices(&paths, some.levels, rules).map_err(|(at, why)| failed(Some(at), why))?);
    }
    let mut externals = Vec::new();
    for written in written.external {
        externals.push(external(written).map_err(|(at, why)| failed(Some(at), why))?);
    }
    Ok(Config { directory, kube_versions, exclude: written.exclude, sets, choices, externals })
}

/// What is wrong with a value, and where it stands.
type Fault = (Range<usize>, String);

/// Paths and patterns, made absolute.
fn patterns(directory: &Path, written: &[toml::Spanned<String>]) -> Result<Vec<String>, Fault> {
    let pattern = |path: &toml::Spanned<String>| match globset::Glob::new(path.get_ref()) {
        Ok(_) => Ok(absolute(directory, path.get_ref())),
        Err(error) => Err((path.span(), format!("{:?} is no pattern: {}", path.get_ref(), error.kind()))),
    };
    written.iter().map(pattern).collect()
}

/// What a table of levels says, what is said of most at once first: TOML's tables have no order.
fn choices(paths: &[String], written: WrittenLevels, rules: &[&'static Rule]) -> Result<Vec<Choice>, Fault> {
    let mut choices = Vec::new();
    for (name, stance) in written {
        let at = name.span();
        let name = name.into_inner();
        if let Some(why) = unknown_choice(&name, rules) {
            return Err((at, why));
        }
        choices.push(Choice { paths: paths.to_vec(), name, stance: stance.into() });
    }
    choices.sort_by_key(|choice| std::cmp::Reverse(choice.breadth()));
    Ok(choices)
}

fn external(written: WrittenExternal) -> Result<External, Fault> {
    let patterns = |written: toml::Spanned<OneOrMany>| {
        let at = written.span();
        let all = written.into_inner().into_vec();
        if all.is_empty() {
            return Err((at, "no name is given".to_owned()));
        }
        let pattern = |name: &String| {
            NamePattern::new(name).map_err(|why| (at.clone(), format!("{name:?} is no pattern: {why}")))
        };
        all.iter().map(pattern).collect::<Result<Vec<_>, _>>()
    };
    let at = written.kind.span();
    let kind = written.kind.into_inner();
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err((at, format!("{kind:?} is no kind: write it as in a manifest, as in Secret")));
    }
    Ok(External {
        group: written.group,
        kind,
        namespaces: written.namespace.map(patterns).transpose()?.unwrap_or_default(),
        names: patterns(written.name)?,
    })
}

fn absolute(directory: &Path, path: &str) -> String {
    if path.starts_with('/') { go_path::clean(path) } else { go_path::join(&directory.to_string_lossy(), path) }
}

/// `1.36`, `v1.36` and `1.36.2` are the same minor.
fn minor(version: &str) -> Option<Minor> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let mut parts = version.split('.');
    let (major, minor) = (parts.next()?, parts.next()?.parse().ok()?);
    let is_patch = parts.next().is_none_or(|patch| patch.parse::<u32>().is_ok());
    let minor = Minor(minor);
    let is_known = major == "1" && (Minor::OLDEST..=Minor::LATEST).contains(&minor);
    (is_known && is_patch && parts.next().is_none()).then_some(minor)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default = "no_version")]
    kube_version: toml::Spanned<OneOrMany>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    set: Vec<WrittenSet>,
    #[serde(default)]
    levels: WrittenLevels,
    #[serde(default)]
    levels_for: Vec<WrittenLevelsFor>,
    #[serde(default)]
    external: Vec<WrittenExternal>,
}

type WrittenLevels = BTreeMap<toml::Spanned<String>, WrittenStance>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenLevelsFor {
    paths: toml::Spanned<Vec<toml::Spanned<String>>>,
    levels: WrittenLevels,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenStance {
    Allow,
    Warn,
    Deny,
}

impl From<WrittenStance> for Stance {
    fn from(stance: WrittenStance) -> Self {
        match stance {
            WrittenStance::Allow => Stance::Allow,
            WrittenStance::Warn => Stance::Warn,
            WrittenStance::Deny => Stance::Deny,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenExternal {
    group: Option<String>,
    kind: toml::Spanned<String>,
    namespace: Option<toml::Spanned<OneOrMany>>,
    name: toml::Spanned<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenSet {
    name: toml::Spanned<String>,
    paths: Vec<toml::Spanned<String>>,
    namespace: Option<String>,
    method: Option<WrittenMethod>,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

fn no_version() -> toml::Spanned<OneOrMany> {
    toml::Spanned::new(0..0, OneOrMany::Many(Vec::new()))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenMethod {
    Kubectl,
    KubectlServerSide,
    KubectlCreate,
    Kustomize,
    Helm,
    Argocd,
    Flux,
}

impl From<WrittenMethod> for Method {
    fn from(method: WrittenMethod) -> Self {
        match method {
            WrittenMethod::Kubectl => Method::Kubectl,
            WrittenMethod::KubectlServerSide => Method::KubectlServerSide,
            WrittenMethod::KubectlCreate => Method::KubectlCreate,
            WrittenMethod::Kustomize => Method::Kustomize,
            WrittenMethod::Helm => Method::Helm,
            WrittenMethod::Argocd => Method::ArgoCd,
            WrittenMethod::Flux => Method::Flux,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, discover, parse};
    use crate::apply::Method;
    use crate::finding::{Level, Rule, Stance};
    use crate::schema::Minor;
    use std::path::Path;

    fn error(text: &str) -> String {
        parse(Path::new("/repo/seaworthy.toml"), text, &[]).unwrap_err().to_string()
    }

    #[test]
    fn says_what_a_repository_says_about_itself() {
        let text = r#"
kube-version = "v1.34"
exclude = ["vendor/"]

[[set]]
name = "production"
paths = ["k8s/common", "./k8s/production/*.yaml"]
namespace = "shop"
method = "argocd"
"#;
        let config = parse(Path::new("/repo/seaworthy.toml"), text, &[]).unwrap();
        assert_eq!(config.directory, Path::new("/repo"));
        assert_eq!(config.kube_versions, [Minor(34)]);
        assert_eq!(config.exclude, ["vendor/"]);
        let set = &config.sets[0];
        assert_eq!(set.paths, ["/repo/k8s/common", "/repo/k8s/production/*.yaml"]);
        assert_eq!((set.method, set.namespace.as_deref()), (Some(Method::ArgoCd), Some("shop")));
    }

    #[test]
    fn an_unknown_field_is_shown_where_it_stands() {
        let shown = error("exclude = []\nexlude = [\"a\"]\n");
        assert!(shown.starts_with("/repo/seaworthy.toml:2:1: unknown field `exlude`, expected one of"), "{shown}");
        assert!(shown.ends_with(" 2 | exlude = [\"a\"]\n   | ^^^^^^"), "{shown}");
    }

    #[test]
    fn a_value_that_does_not_fit_is_shown_where_it_stands() {
        let shown = error("[[set]]\nname = \"a\"\npaths = [\"x\"]\nmethod = \"kubctl\"\n");
        assert!(shown.contains(":4:10: unknown variant `kubctl`, expected one of `kubectl`,"), "{shown}");
        assert!(error("kube-version = [\"1.36\", \"1.99\"]").contains("1:16: \"1.99\" is no Kubernetes version"));
        assert!(error("kube-version = \"2\"").contains("it knows 1.25 to 1.37"));
        assert!(error("[[set]]\nname = \"a\"\npaths = [\"a[\"]").contains(":3:10: \"a[\" is no pattern: unclosed"));
        assert!(error("[[set]]\nname = \"a\"\npaths = []").contains("set \"a\" has no paths"));
        assert!(error("[[set]]\nname = \"\"\npaths = [\"a\"]").contains("a set needs a name"));
        assert!(
            error("[[set]]\nname = \"a\"\npaths = [\"a\"]\n[[set]]\nname = \"a\"\npaths = [\"b\"]")
                .contains(":5:8: there are two sets of the name \"a\"")
        );
        assert!(error("exclude = [").contains("/repo/seaworthy.toml:1:"));
    }

    static MISSING: Rule = Rule { id: "cross/missing-secret", level: Level::Warning, summary: "", why: "", docs: "" };

    fn parsed(text: &str) -> Result<Config, ConfigError> {
        parse(Path::new("/repo/seaworthy.toml"), text, &[&MISSING])
    }

    #[test]
    fn levels_are_told_from_the_broadest_to_the_narrowest() {
        let text = r#"
[levels]
"cross/missing-secret" = "allow"
cross = "warn"
warnings = "deny"

[[levels-for]]
paths = ["vendored", "*/test/*.yaml"]
levels = { advice = "allow" }
"#;
        let choices = parsed(text).unwrap().choices;
        let told: Vec<_> = choices.iter().map(|one| (one.name.as_str(), one.stance, one.paths.len())).collect();
        assert_eq!(
            told,
            [
                ("warnings", Stance::Deny, 0),
                ("cross", Stance::Warn, 0),
                ("cross/missing-secret", Stance::Allow, 0),
                ("advice", Stance::Allow, 2),
            ]
        );
        assert_eq!(choices[3].paths, ["/repo/vendored", "/repo/*/test/*.yaml"]);
    }

    #[test]
    fn a_level_for_no_rule_is_shown_where_it_stands() {
        let shown = |text: &str| parsed(text).unwrap_err().to_string();
        let unknown = shown("[levels]\n\"cross/mising-secret\" = \"allow\"\n");
        assert!(
            unknown.contains(":2:1: there is no rule or group cross/mising-secret; did you mean cross/missing-secret?"),
            "{unknown}"
        );
        assert!(unknown.ends_with("| ^^^^^^^^^^^^^^^^^^^^^"), "{unknown}");
        assert!(
            shown("[levels]\ncross = \"of\"").contains("unknown variant `of`, expected one of `allow`, `warn`, `deny`")
        );
        assert!(shown("[[levels-for]]\npaths = []\nlevels = {}").contains(":2:9: these levels are for no paths"));
        assert!(shown("[[levels-for]]\npaths = [\"a[\"]\nlevels = {}").contains(":2:10: \"a[\" is no pattern"));
    }

    #[test]
    fn external_objects_have_a_kind_and_patterns_of_names() {
        let text = "[[external]]\nkind = \"Secret\"\nnamespace = \"shop-*\"\nname = [\"tls\", \"*-key\"]\n";
        let externals = parsed(text).unwrap().externals;
        assert!(externals[0].is("", "Secret", Some("shop-1"), "tls"));
        assert!(externals[0].is("", "Secret", Some("shop-1"), "db-key"));
        assert!(!externals[0].is("", "Secret", Some("store"), "tls"));
        let shown = |text: &str| parsed(text).unwrap_err().to_string();
        assert!(shown("[[external]]\nkind = \"Secret\"").contains("missing field `name`"));
        assert!(shown("[[external]]\nkind = \"v1/Secret\"\nname = \"a\"").contains(":2:8: \"v1/Secret\" is no kind"));
        assert!(shown("[[external]]\nkind = \"Secret\"\nname = \"a[\"").contains(":3:8: \"a[\" is no pattern"));
        assert!(shown("[[external]]\nkind = \"Secret\"\nname = []").contains(":3:8: no name is given"));
        assert!(shown("[[external]]\nkind = \"Secret\"\nnme = \"a\"").contains(":3:1: unknown field `nme`"));
    }

    #[test]
    fn is_found_in_the_nearest_directory_above() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(root.path().join("seaworthy.toml"), "exclude = [\"outer\"]").unwrap();
        assert_eq!(discover(&inner, &[]).unwrap().unwrap().exclude, ["outer"]);
        std::fs::write(root.path().join("a/seaworthy.toml"), "exclude = [\"inner\"]").unwrap();
        assert_eq!(discover(&inner, &[]).unwrap().unwrap().exclude, ["inner"]);
        let broken = root.path().join("a/b/seaworthy.toml");
        std::fs::write(&broken, "x").unwrap();
        let ConfigError { path, text, .. } = discover(&inner, &[]).unwrap_err();
        assert_eq!((path, text.as_str()), (broken, "x"));
    }
}
