//! The files `kubectl apply -f PATH… [-R]` reads, in its order and under its names.
//!
//! Apart from `walk` because it is another tool's behaviour, kept as it is: no `.gitignore`, hidden files read, one
//! missing path and nothing is applied at all. Read in `k8s.io/cli-runtime` 0.36.2, `pkg/resource/builder.go`
//! (`FilenameParam`, `Path`, `expandIfFilePattern`) and `visitor.go` (`ExpandPathsToFileVisitors`, `FileVisitor`),
//! and in Go 1.26's `path/filepath` (`Walk`, `Glob`).

use super::go_path::{self, BadPattern};
use super::read::{self, ReadFailure, go_words};
use super::{FileId, SourceFile, Sources};
use crate::go_quote::go_quote;
use rayon::prelude::*;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The name kubectl gives standard input in its messages.
pub const STDIN: &str = "STDIN";

const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// One source of objects, in the order in which kubectl reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The name kubectl prints: the path as given, or joined with what lies below it; [`STDIN`].
    pub name: String,
    /// Its text; or kubectl's message when it cannot be read, which costs this source alone.
    pub text: Result<FileId, String>,
}

/// Why there is nothing to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectError {
    /// kubectl refuses the arguments, and applies nothing of any of them. Its messages, at least one.
    Refused(Vec<String>),
    /// kubectl finds no file to read below the paths; its message.
    NoFiles(String),
    /// A URL: kubectl would fetch it, and seaworthy works without a network.
    Url(String),
}

impl fmt::Display for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CollectError::Refused(messages) => {
                // `k8s.io/apimachinery/pkg/util/errors`: one message stands alone, equal ones are said once.
                let mut seen = HashSet::new();
                let distinct: Vec<&str> =
                    messages.iter().map(String::as_str).filter(|message| seen.insert(*message)).collect();
                match distinct.as_slice() {
                    [one] => f.write_str(one),
                    several => write!(f, "[{}]", several.join(", ")),
                }
            }
            CollectError::NoFiles(message) => f.write_str(message),
            CollectError::Url(url) => write!(
                f,
                "{url} cannot be judged: seaworthy does not use the network; fetch it and name the file, or pipe it in \
                 with `-f -`"
            ),
        }
    }
}

impl std::error::Error for CollectError {}

/// Collects what `kubectl apply -f ARGUMENT… [-R]` would read, and reads it.
///
/// Each argument is one value of `-f`, commas and all. A file that is named twice is read, and listed, twice.
///
/// # Errors
///
/// What kubectl refuses before it reads anything (a missing path, a bad pattern, an unreadable directory, standard
/// input twice), and URLs.
pub fn collect(
    arguments: &[String],
    recursive: bool,
    stdin: &mut dyn Read,
    sources: &mut Sources,
) -> Result<Vec<Collected>, CollectError> {
    let mut builder = Builder { recursive, ..Builder::default() };
    for argument in arguments {
        match split_commas(argument) {
            Ok(values) => values.iter().try_for_each(|value| builder.argument(value))?,
            Err(message) => {
                let flag = "-f, --filename";
                let message = format!("invalid argument {} for {} flag: {message}", go_quote(argument), go_quote(flag));
                return Err(CollectError::Refused(vec![message]));
            }
        }
    }
    match (builder.errors.as_slice(), builder.without_files) {
        ([], _) => {}
        ([only], true) => return Err(CollectError::NoFiles(only.clone())),
        _ => return Err(CollectError::Refused(builder.errors)),
    }
    if builder.found.is_empty() {
        return Err(CollectError::Refused(vec!["must specify one of -f and -k".to_owned()]));
    }
    let texts: Vec<Option<Result<SourceFile, ReadFailure>>> = builder
        .found
        .par_iter()
        .map(|found| found.path.as_ref().map(|path| read::file(path, found.name.clone())))
        .collect();
    let collected = builder.found.into_iter().zip(texts).map(|(found, text)| {
        let text = text.unwrap_or_else(|| read::reader(stdin, STDIN.to_owned()));
        let text = text.map(|file| sources.add(file)).map_err(|failure| message(&failure, &found.name));
        Collected { name: found.name, text }
    });
    Ok(collected.collect())
}

/// A file that cannot be opened is reported as it is; one that cannot be read fails as a text that does not parse.
fn message(failure: &ReadFailure, name: &str) -> String {
    match failure {
        ReadFailure::Open(_) | ReadFailure::TooLarge(_) => failure.message(name),
        ReadFailure::Read(_) => format!("error parsing {name}: {}", failure.message(name)),
    }
}

/// A name, and where to read it; nowhere for standard input. They differ where a name is no UTF-8.
struct Found {
    name: String,
    path: Option<PathBuf>,
}

#[derive(Default)]
struct Builder {
    recursive: bool,
    stdin_in_use: bool,
    /// Whether one of the errors is that no file was found.
    without_files: bool,
    found: Vec<Found>,
    errors: Vec<String>,
}

impl Builder {
    fn argument(&mut self, value: &str) -> Result<(), CollectError> {
        if value == "-" {
            if self.stdin_in_use {
                self.errors.push("standard input cannot be used for multiple arguments".to_owned());
            } else {
                self.found.push(Found { name: STDIN.to_owned(), path: None });
            }
            self.stdin_in_use = true;
            return Ok(());
        }
        if value.starts_with("http://") || value.starts_with("https://") {
            return Err(CollectError::Url(value.to_owned()));
        }
        match expand(value) {
            Ok(paths) => self.paths(&paths),
            Err(message) => self.errors.push(message),
        }
        Ok(())
    }

    fn paths(&mut self, paths: &[String]) {
        for path in paths {
            match std::fs::metadata(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.errors.push(does_not_exist(path)),
                Err(error) => self.errors.push(format!(
                    "the path {} cannot be accessed: stat {path}: {}",
                    go_quote(path),
                    go_words(&error)
                )),
                Ok(_) => {
                    let before = self.found.len();
                    if let Err(message) = self.walk(path, Path::new(path), true) {
                        self.found.truncate(before);
                        self.errors.push(format!("error reading {}: {message}", go_quote(path)));
                    }
                }
            }
        }
        if self.found.is_empty() && self.errors.is_empty() {
            self.without_files = true;
            self.errors.push(format!(
                "error reading [{}]: recognized file extensions are [{}]",
                paths.join(" "),
                EXTENSIONS.join(" ")
            ));
        }
    }

    /// `filepath.Walk` with kubectl's function: a directory is listed before it is decided whether to enter it, so
    /// one that cannot be read is an error even where nothing in it is wanted.
    fn walk(&mut self, name: &str, path: &Path, is_root: bool) -> Result<(), String> {
        let metadata =
            std::fs::symlink_metadata(path).map_err(|error| format!("lstat {name}: {}", go_words(&error)))?;
        if !metadata.is_dir() {
            if is_root || EXTENSIONS.contains(&go_path::extension(name)) {
                self.found.push(Found { name: name.to_owned(), path: Some(path.to_owned()) });
            }
            return Ok(());
        }
        let below = children(name, path)?;
        if !is_root && !self.recursive {
            return Ok(());
        }
        below.iter().try_for_each(|(name, path)| self.walk(name, path, false))
    }
}

/// What lies in a directory, by the bytes of its names.
fn children(name: &str, path: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let failed = |error: &io::Error| format!("open {name}: {}", go_words(error));
    let mut entries = std::fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>())
        .map_err(|error| failed(&error))?;
    entries.sort_unstable();
    Ok(entries
        .into_iter()
        .map(|entry| match entry.to_str() {
            Some(text) => {
                let joined = go_path::join(name, text);
                (joined.clone(), PathBuf::from(joined))
            }
            None => (go_path::join(name, &entry.to_string_lossy()), path.join(&entry)),
        })
        .collect())
}

fn does_not_exist(path: &str) -> String {
    format!("the path {} does not exist", go_quote(path))
}

/// A pattern is one only if nothing has exactly this name.
fn expand(value: &str) -> Result<Vec<String>, String> {
    match std::fs::metadata(value) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match glob(value) {
            Ok(found) if found.is_empty() => Err(does_not_exist(value)),
            Ok(found) => Ok(found),
            Err(BadPattern) => Err(format!("pattern {} is not valid: syntax error in pattern", go_quote(value))),
        },
        _ => Ok(vec![value.to_owned()]),
    }
}

/// `filepath.Glob`: directories that cannot be read match nothing.
fn glob(pattern: &str) -> Result<Vec<String>, BadPattern> {
    go_path::matches(pattern, "")?;
    if !go_path::is_pattern(pattern) {
        return Ok(if std::fs::symlink_metadata(pattern).is_ok() { vec![pattern.to_owned()] } else { Vec::new() });
    }
    let (directory, last) = pattern.split_at(pattern.rfind('/').map_or(0, |at| at + 1));
    let directory = match directory {
        "" => ".",
        "/" => "/",
        directory => &directory[..directory.len() - 1],
    };
    let directories = if go_path::is_pattern(directory) { glob(directory)? } else { vec![directory.to_owned()] };
    let mut found = Vec::new();
    for directory in directories {
        // `Glob` asks `Stat` first, so a path that is no directory matches nothing either.
        for (name, path) in children(&directory, Path::new(&directory)).unwrap_or_default() {
            let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if go_path::matches(last, &file_name)? {
                found.push(name);
            }
        }
    }
    Ok(found)
}

/// One value of a `pflag` string slice: a line of comma-separated values as Go's `encoding/csv` reads it, quotes
/// included. An empty value is no value at all.
fn split_commas(argument: &str) -> Result<Vec<String>, String> {
    let line = argument.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).find(|line| !line.is_empty());
    let Some(mut rest) = line else { return Ok(Vec::new()) };
    let column = |rest: &str| line.unwrap_or_default().len() - rest.len() + 1;
    let mut values = Vec::new();
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (value, behind) = rest.split_once(',').map_or((rest, None), |(value, behind)| (value, Some(behind)));
            if let Some(at) = value.find('"') {
                let column = column(&rest[at..]);
                return Err(format!("parse error on line 1, column {column}: bare \" in non-quoted-field"));
            }
            values.push(value.to_owned());
            match behind {
                Some(behind) => rest = behind,
                None => return Ok(values),
            }
            continue;
        };
        let mut value = String::new();
        let mut inner = quoted;
        let behind = loop {
            let Some(end) = inner.find('"') else {
                let column = line.unwrap_or_default().len() + 1;
                return Err(format!(
                    "parse error on line 1, column {column}: extraneous or missing \" in quoted-field"
                ));
            };
            value.push_str(&inner[..end]);
            inner = &inner[end + 1..];
            match inner.strip_prefix('"') {
                Some(escaped) => {
                    value.push('"');
                    inner = escaped;
                }
                None => break inner,
            }
        };
        values.push(value);
        if behind.is_empty() {
            return Ok(values);
        }
        let Some(next) = behind.strip_prefix(',') else {
            let column = column(behind) - 1;
            return Err(format!("parse error on line 1, column {column}: extraneous or missing \" in quoted-field"));
        };
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::{CollectError, Sources, collect, split_commas};
    use std::fs;
    use std::path::Path;

    /// Makes a tree in a new directory: a path ending in `/` is a directory, `a -> b` a symlink.
    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            if let Some((link, target)) = path.split_once(" -> ") {
                std::os::unix::fs::symlink(target, root.path().join(link)).unwrap();
            } else if path.ends_with('/') {
                fs::create_dir_all(root.path().join(path)).unwrap();
            } else {
                fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
                fs::write(root.path().join(path), *path).unwrap();
            }
        }
        root
    }

    /// What is collected, names relative to the tree, an unreadable one with its message.
    fn names(root: &Path, arguments: &[&str], recursive: bool) -> Result<Vec<String>, CollectError> {
        let root = format!("{}/", root.display());
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| if *argument == "-" { "-".to_owned() } else { format!("{root}{argument}") })
            .collect();
        let mut sources = Sources::default();
        let collected = collect(&arguments, recursive, &mut "from a pipe".as_bytes(), &mut sources);
        let relative = |text: &str| text.replace(&root, "");
        collected
            .map(|all| {
                let line = |one: &super::Collected| match &one.text {
                    Ok(file) => {
                        assert_eq!(sources.get(*file).name, one.name);
                        relative(&one.name)
                    }
                    Err(message) => format!("{}: {}", relative(&one.name), relative(message)),
                };
                all.iter().map(line).collect()
            })
            .map_err(|error| match error {
                CollectError::Refused(messages) => {
                    CollectError::Refused(messages.iter().map(|message| relative(message)).collect())
                }
                CollectError::NoFiles(message) => CollectError::NoFiles(relative(&message)),
                CollectError::Url(url) => CollectError::Url(url),
            })
    }

    fn refused(messages: &[&str]) -> Result<Vec<String>, CollectError> {
        Err(CollectError::Refused(messages.iter().map(|message| (*message).to_owned()).collect()))
    }

    #[test]
    fn a_directory_is_read_by_the_bytes_of_its_names() {
        let root = tree(&["d/a.yaml", "d/A.yml", "d/.yaml", "d/.f.yaml", "d/.hid/x.yaml", "d/b.json", "d/sub/c.yaml"]);
        assert_eq!(
            names(root.path(), &["d"], false).unwrap(),
            ["d/.f.yaml", "d/.yaml", "d/A.yml", "d/a.yaml", "d/b.json"]
        );
        assert_eq!(
            names(root.path(), &["d/"], true).unwrap(),
            ["d/.f.yaml", "d/.hid/x.yaml", "d/.yaml", "d/A.yml", "d/a.yaml", "d/b.json", "d/sub/c.yaml"]
        );
    }

    #[test]
    fn extensions_count_below_a_directory_only() {
        let root = tree(&["d/a.YAML", "d/b.yaml.tmpl", "d/c.yaml~", "d/d", "d/e.yaml"]);
        assert_eq!(names(root.path(), &["d"], true).unwrap(), ["d/e.yaml"]);
        assert_eq!(names(root.path(), &["d/b.yaml.tmpl"], false).unwrap(), ["d/b.yaml.tmpl"]);
        assert_eq!(names(root.path(), &["d/*.t*", "d/d"], false).unwrap(), ["d/b.yaml.tmpl", "d/d"]);
    }

    #[test]
    fn links_to_files_are_read_and_links_to_directories_are_not_entered() {
        let root = tree(&[
            "d/real.yaml",
            "d/to-file.yaml -> real.yaml",
            "d/to-dir -> ../other",
            "d/to-dir.yaml -> ../other",
            "d/broken.yaml -> nowhere",
            "d/loop.yaml -> loop.yaml",
            "other/o.yaml",
            "link -> d",
        ]);
        assert_eq!(
            names(root.path(), &["d"], true).unwrap(),
            [
                "d/broken.yaml: open d/broken.yaml: no such file or directory",
                "d/loop.yaml: open d/loop.yaml: too many levels of symbolic links",
                "d/real.yaml",
                "d/to-dir.yaml: error parsing d/to-dir.yaml: read d/to-dir.yaml: is a directory",
                "d/to-file.yaml",
            ]
        );
        assert_eq!(
            names(root.path(), &["link"], true).unwrap(),
            ["link: error parsing link: read link: is a directory"]
        );
        assert_eq!(names(root.path(), &["link/"], true).unwrap()[2], "link/real.yaml");
    }

    #[test]
    fn one_missing_path_refuses_all() {
        let root = tree(&["a.yaml", "gone.yaml -> nowhere"]);
        assert_eq!(names(root.path(), &["a.yaml", "b.yaml"], false), refused(&["the path \"b.yaml\" does not exist"]));
        assert_eq!(names(root.path(), &["*.json"], false), refused(&["the path \"*.json\" does not exist"]));
        assert_eq!(names(root.path(), &["gone.yaml"], false), refused(&["the path \"gone.yaml\" does not exist"]));
        assert_eq!(
            names(root.path(), &["a.yaml/b.yaml"], false),
            refused(&["the path \"a.yaml/b.yaml\" cannot be accessed: stat a.yaml/b.yaml: not a directory"])
        );
        assert_eq!(
            names(root.path(), &["[a-"], false),
            refused(&["pattern \"[a-\" is not valid: syntax error in pattern"])
        );
    }

    #[test]
    fn the_literal_path_wins_over_the_pattern() {
        let root = tree(&["[ab].yaml", "a.yaml", ".hidden.yaml", "x/1/m.yaml", "x/2/m.yaml", "x/file"]);
        assert_eq!(names(root.path(), &["[ab].yaml"], false).unwrap(), ["[ab].yaml"]);
        assert_eq!(names(root.path(), &["[a].yaml"], false).unwrap(), ["a.yaml"]);
        assert_eq!(names(root.path(), &["*.yaml"], false).unwrap(), [".hidden.yaml", "[ab].yaml", "a.yaml"]);
        assert_eq!(names(root.path(), &["x/*/m.yaml"], false).unwrap(), ["x/1/m.yaml", "x/2/m.yaml"]);
    }

    #[test]
    fn an_empty_directory_is_refused_only_where_nothing_came_before() {
        let root = tree(&["empty/", "a.yaml"]);
        let none = "error reading [empty]: recognized file extensions are [.json .yaml .yml]".to_owned();
        assert_eq!(names(root.path(), &["empty"], true), Err(CollectError::NoFiles(none.clone())));
        assert_eq!(names(root.path(), &["empty", "a.yaml"], true), Err(CollectError::NoFiles(none)));
        assert_eq!(names(root.path(), &["a.yaml", "empty"], true).unwrap(), ["a.yaml"]);
    }

    #[test]
    fn the_same_file_twice_is_read_twice() {
        let root = tree(&["d/a.yaml"]);
        assert_eq!(names(root.path(), &["d", "d/a.yaml"], false).unwrap(), ["d/a.yaml", "d/a.yaml"]);
    }

    #[test]
    fn standard_input_once() {
        let root = tree(&["a.yaml"]);
        assert_eq!(names(root.path(), &["a.yaml", "-"], false).unwrap(), ["a.yaml", "STDIN"]);
        assert_eq!(
            names(root.path(), &["-", "-"], false),
            refused(&["standard input cannot be used for multiple arguments"])
        );
    }

    #[test]
    fn an_unreadable_directory_refuses_all_even_where_it_would_not_be_entered() {
        use std::os::unix::fs::PermissionsExt;
        let root = tree(&["d/a.yaml", "d/locked/b.yaml"]);
        let locked = root.path().join("d/locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser reads everything, and the rule cannot be seen then.
        if fs::read_dir(&locked).is_err() {
            assert_eq!(
                names(root.path(), &["d"], false),
                refused(&["error reading \"d\": open d/locked: permission denied"])
            );
        }
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn urls_are_not_fetched() {
        let collected =
            collect(&["https://example.com/a.yaml".to_owned()], false, &mut std::io::empty(), &mut Sources::default());
        assert_eq!(collected, Err(CollectError::Url("https://example.com/a.yaml".to_owned())));
    }

    #[test]
    fn commas_split_as_csv() {
        let ok = |values: &[&str]| Ok(values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(split_commas("a,b"), ok(&["a", "b"]));
        assert_eq!(split_commas(""), ok(&[]));
        assert_eq!(split_commas("a,,b,"), ok(&["a", "", "b", ""]));
        assert_eq!(split_commas("\"a,b\",c"), ok(&["a,b", "c"]));
        assert_eq!(split_commas("\"a\"\"b\""), ok(&["a\"b"]));
        assert_eq!(
            split_commas("a\"b"),
            Err("parse error on line 1, column 2: bare \" in non-quoted-field".to_owned())
        );
        for broken in ["\"a", "\"a\"b"] {
            assert!(split_commas(broken).unwrap_err().contains("extraneous or missing \" in quoted-field"));
        }
    }

    #[test]
    fn equal_messages_are_said_once() {
        let messages = ["x", "y", "x"].map(str::to_owned).to_vec();
        assert_eq!(CollectError::Refused(messages).to_string(), "[x, y]");
        assert_eq!(CollectError::Refused(vec!["x".to_owned(); 2]).to_string(), "x");
    }
}
