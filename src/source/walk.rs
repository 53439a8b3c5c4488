//! The files `seaworthy check PATH…` looks at.
//!
//! Apart from `kubectl_files` because this is seaworthy's own choice of what a repository holds:
//!
//! - `.gitignore` files are respected, in git or outside of it; above the paths given only inside a git work tree.
//!   What only one machine knows (`.git/info/exclude`, the user's global excludes) is not, so that everybody gets the
//!   same verdict.
//! - Hidden files and directories are looked at, as `kubectl apply -R` does (`.github/workflows`, `.k8s`); only what
//!   version control keeps for itself is left out.
//! - Read are `.yaml`, `.yml`, `.json`, and the two files that tools know by name: `Kustomization` and `Kptfile`.
//! - A symlink to a file is read under its own name; one to a directory is not entered, as neither git nor kubectl
//!   does. Where it points out of what is looked at, that is a [`Problem`]; so is a link that leads to itself or to
//!   nothing, and whatever cannot be read.
//! - Above what is given, up to the top of the work tree, the files that say what it is part of are read too
//!   ([`Walked::context`]): a patch or a chart's template must not be taken for a manifest because it was named alone,
//!   as pre-commit does.
//! - A file that is named is always read; `-` is standard input, and comes first.
//! - What an editor has not saved yet ([`Options::unsaved`]) stands for what is on disk; a file that is only there takes
//!   its place among the others.
//! - The order is that of the paths given, and below each by the bytes of names in a directory, as kubectl reads.

use super::kubectl_files::STDIN;
use super::read::{self, go_words};
use super::{FileId, SourceFile, Sources, go_path};
use crate::yaml::Text;
use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file, in [`Walked::sources`].
    pub file: FileId,
    /// Its absolute path, cleaned; empty for standard input.
    pub path: String,
    /// Whether it was named itself, not found below a directory.
    pub named: bool,
}

/// Why something was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It cannot be opened or read.
    Unreadable,
    /// A symlink that leads back to a directory it lies in.
    SymlinkLoop,
    /// A symlink to a directory outside of what is looked at.
    SymlinkOutside,
    /// Neither a file nor a directory: a pipe, a socket, a device.
    SpecialFile,
    /// A line of a `.gitignore` that is no pattern.
    Gitignore,
}

impl ProblemKind {
    /// The class in the report.
    pub const fn word(self) -> &'static str {
        match self {
            ProblemKind::Unreadable => "unreadable",
            ProblemKind::SymlinkLoop | ProblemKind::SymlinkOutside => "symlink",
            ProblemKind::SpecialFile => "special-file",
            ProblemKind::Gitignore => "gitignore",
        }
    }
}

/// Something that was not looked at; the run goes on without it, and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path, as names of files are made; empty where the system names none.
    pub path: String,
    /// What kind of thing it is.
    pub kind: ProblemKind,
    /// Why it was not looked at.
    pub why: String,
}

/// What a walk brought.
#[derive(Debug, Default)]
pub struct Walked {
    /// The texts.
    pub sources: Sources,
    /// The files, in order; each once.
    pub files: Vec<Found>,
    /// Kustomizations and `Chart.yaml` files above what was given, the nearest first.
    pub context: Vec<Found>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

/// Why there was no walk.
#[derive(Debug)]
pub enum WalkError {
    /// A path that was given cannot be looked at.
    Path {
        /// The path as given.
        path: String,
        /// The system's words.
        why: String,
    },
    /// A pattern to leave out is malformed.
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// Standard input cannot be read: the system's words.
    Stdin(String),
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WalkError::Path { path, why } => write!(f, "cannot check {path}: {why}"),
            WalkError::Pattern { pattern, why } => write!(f, "exclude pattern {pattern}: {why}"),
            WalkError::Stdin(why) => write!(f, "cannot read standard input: {why}"),
        }
    }
}

impl std::error::Error for WalkError {}

/// Texts that are not saved yet, by the absolute, cleaned path of their file; standard input has an empty one.
pub type Unsaved = BTreeMap<String, Text>;

/// What to leave out, and what to read elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Patterns as in a `.gitignore`.
    pub exclude: Vec<String>,
    /// The directory the patterns are relative to; the working directory if empty.
    pub exclude_base: PathBuf,
    /// What stands for the files on disk, or beside them.
    pub unsaved: Unsaved,
}

/// Walks the paths and reads every file that may be a manifest, or says what a manifest is part of.
///
/// # Errors
///
/// When a path that was given is not there, standard input cannot be read, or a pattern is malformed.
pub fn walk(paths: &[String], options: &Options, stdin: &mut dyn Read) -> Result<Walked, WalkError> {
    let excluded = excluded(options)?;
    let mut listing = Listing { roots: roots(paths), ..Listing::default() };
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for path in paths {
        if path == "-" {
            // A second `-` would read nothing.
            if !files.is_empty() {
                continue;
            }
            let text = options.unsaved.get("").map_or_else(|| standard_input(stdin), |text| Ok(text.clone()))?;
            let text = SourceFile::new(STDIN.to_owned(), text);
            files.push(Found { file: sources.add(text), path: String::new(), named: true });
            continue;
        }
        if options.unsaved.contains_key(&absolute_path(path)) {
            continue;
        }
        let metadata =
            std::fs::metadata(path).map_err(|error| WalkError::Path { path: path.clone(), why: go_words(&error) })?;
        if metadata.is_dir() {
            listing.directory(path, &excluded);
        } else {
            listing.take(path.clone(), PathBuf::from(path), true);
        }
    }
    for path in options.unsaved.keys() {
        listing.take_unsaved(path, paths, &excluded);
    }
    for path in paths.iter().filter(|path| options.unsaved.contains_key(&absolute_path(path))) {
        listing.take(path.clone(), PathBuf::from(path), true);
    }
    for path in paths.iter().filter(|path| *path != "-") {
        listing.climb(path, &options.unsaved);
    }
    let context = listing.context;
    let read_all = |listed: &[Listed]| -> Vec<Result<SourceFile, Problem>> {
        let read = |listed: &Listed| {
            if let Some(text) = options.unsaved.get(&*absolute(&listed.path).to_string_lossy()) {
                return Ok(SourceFile::new(listed.name.clone(), text.clone()));
            }
            read::file(&listed.path, listed.name.clone()).map_err(|failure| Problem {
                path: listed.name.clone(),
                kind: ProblemKind::Unreadable,
                why: failure.message(&listed.name),
            })
        };
        listed.par_iter().map(read).collect()
    };
    let mut problems = listing.problems;
    let mut take_in = |listed: &[Listed], files: &mut Vec<Found>| {
        for (listed, text) in listed.iter().zip(read_all(listed)) {
            match text {
                Ok(text) => {
                    let path = absolute(&listed.path).to_string_lossy().into_owned();
                    files.push(Found { file: sources.add(text), path, named: listed.named });
                }
                Err(problem) => problems.push(problem),
            }
        }
    };
    let mut above = Vec::new();
    take_in(&listing.files, &mut files);
    take_in(&context, &mut above);
    Ok(Walked { sources, files, context: above, problems })
}

/// The text on standard input.
///
/// # Errors
///
/// When it cannot be read.
pub fn standard_input(stdin: &mut dyn Read) -> Result<Text, WalkError> {
    let read = read::reader(stdin, STDIN.to_owned());
    read.map(|file| file.text).map_err(|failure| WalkError::Stdin(failure.message(STDIN)))
}

/// Reads a file again that a walk has found; none if it cannot be read any more.
pub fn read_again(found: &Found, name: &str) -> Option<SourceFile> {
    read::file(Path::new(&found.path), name.to_owned()).ok()
}

/// The directory that says what a file is part of: the nearest one above it with a `seaworthy.toml` or the top of a git
/// work tree, spelt as the path is; none if there is neither.
pub fn root_of(path: &str, config: &str) -> Option<String> {
    let mut directory = go_path::parent(&go_path::clean(path));
    loop {
        let here = Path::new(&directory);
        if here.join(config).is_file() || here.join(".git").exists() {
            return Some(directory);
        }
        let above = go_path::join(&directory, "..");
        if above == directory || absolute(here) == Path::new("/") {
            return None;
        }
        directory = above;
    }
}

fn excluded(options: &Options) -> Result<Override, WalkError> {
    let base = if options.exclude_base.as_os_str().is_empty() { Path::new(".") } else { &options.exclude_base };
    let failed = |pattern: &str, error: &ignore::Error| WalkError::Pattern {
        pattern: pattern.to_owned(),
        why: error.to_string(),
    };
    // The directories walked are named as the user named them, so both sides are made absolute to meet.
    let mut builder = OverrideBuilder::new(absolute(base));
    for pattern in &options.exclude {
        builder.add(&format!("!{pattern}")).map_err(|error| failed(pattern, &error))?;
    }
    builder.build().map_err(|error| failed("", &error))
}

/// Whether the patterns leave out a file of this absolute path, or a directory that it lies in.
///
/// # Errors
///
/// When a pattern is malformed.
pub fn leaves_out(options: &Options, path: &str) -> Result<bool, WalkError> {
    let excluded = excluded(options)?;
    let is_out =
        |part: &Path| excluded.matched(part, part != Path::new(path)).is_ignore() || is_hidden_by_version_control(part);
    Ok(Path::new(path).ancestors().any(is_out))
}

fn is_hidden_by_version_control(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(is_of_version_control)
}

/// The absolute path of one that was given, cleaned: as [`Found::path`] and [`Unsaved`] have it.
pub fn absolute_path(path: &str) -> String {
    absolute(Path::new(path)).to_string_lossy().into_owned()
}

/// The top of the git work tree that a directory is in, named from where it is: `.`, `../..`; none outside of one.
pub fn top_of_work_tree(directory: &str) -> Option<String> {
    let mut directory = go_path::clean(directory);
    loop {
        if Path::new(&directory).join(".git").exists() {
            return Some(directory);
        }
        if absolute(Path::new(&directory)) == Path::new("/") {
            return None;
        }
        directory = go_path::join(&directory, "..");
    }
}

fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_str().map_or_else(|| path.clone(), |text| PathBuf::from(go_path::clean(text)))
}

/// The real places of the directories that are walked.
fn roots(paths: &[String]) -> Vec<PathBuf> {
    paths.iter().filter_map(|path| Path::new(path).canonicalize().ok()).filter(|path| path.is_dir()).collect()
}

struct Listed {
    name: String,
    path: PathBuf,
    named: bool,
}

#[derive(Default)]
struct Listing {
    roots: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
    files: Vec<Listed>,
    context: Vec<Listed>,
    problems: Vec<Problem>,
}

impl Listing {
    /// Lists what above a path says what the path is part of.
    fn climb(&mut self, path: &str, unsaved: &Unsaved) {
        let mut directory = go_path::parent(&go_path::clean(path));
        if Path::new(path).is_dir() {
            if Path::new(path).join(".git").exists() {
                return;
            }
            directory = go_path::join(path, "..");
        }
        loop {
            for file in ["kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml"] {
                let name = go_path::join(&directory, file);
                let path = PathBuf::from(&name);
                let is_there = path.is_file() || unsaved.contains_key(&*absolute(&path).to_string_lossy());
                if is_there && self.seen.insert(absolute(&path)) {
                    self.context.push(Listed { name, path, named: false });
                }
            }
            let above = go_path::join(&directory, "..");
            let is_top =
                Path::new(&directory).join(".git").exists() || absolute(Path::new(&directory)) == Path::new("/");
            if is_top || above == directory {
                return;
            }
            directory = above;
        }
    }

    fn take(&mut self, name: String, path: PathBuf, named: bool) {
        if self.seen.insert(absolute(&path)) {
            self.files.push(Listed { name, path, named });
        }
    }

    /// Takes a file in that is not on disk yet, where the walk would have met it. What is on disk and was not met is
    /// left out on purpose.
    fn take_unsaved(&mut self, path: &str, paths: &[String], excluded: &Override) {
        let place = Path::new(path);
        if place.exists() || !is_wanted(path) || self.seen.contains(place) {
            return;
        }
        let of_version_control = place.iter().any(|part| is_of_version_control(part.to_str().unwrap_or_default()));
        let is_excluded = !excluded.is_empty()
            && place
                .ancestors()
                .take_while(|above| above.starts_with(excluded.path()))
                .any(|above| excluded.matched(above, above != place).is_ignore());
        let root = paths.iter().filter(|root| *root != "-").find(|root| place.starts_with(absolute(Path::new(root))));
        let Some(root) = root.filter(|_| !of_version_control && !is_excluded) else { return };
        let directory = absolute(Path::new(root));
        let Ok(below) = place.strip_prefix(&directory) else { return };
        let listed =
            Listed { name: go_path::join(root, &below.to_string_lossy()), path: place.to_owned(), named: false };
        // Paths compare by their parts, as names in directories do.
        let behind = self.files.iter().position(|other| {
            let other = absolute(&other.path);
            other.starts_with(&directory) && other.as_path() > place
        });
        self.seen.insert(place.to_owned());
        self.files.insert(behind.unwrap_or(self.files.len()), listed);
    }

    fn problem(&mut self, path: String, kind: ProblemKind, why: impl Into<String>) {
        self.problems.push(Problem { path, kind, why: why.into() });
    }

    fn directory(&mut self, root: &str, excluded: &Override) {
        let in_git = in_git_work_tree(Path::new(root));
        let excluded = excluded.clone();
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .git_ignore(true)
            .require_git(false)
            .parents(in_git)
            .follow_links(false)
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .filter_entry(move |entry| entry.depth() == 0 || !is_left_out(entry, &excluded))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    if let Some(error) = entry.error() {
                        self.problem(name_of(root, entry.path()), ProblemKind::Gitignore, error.to_string());
                    }
                    self.entry(root, &entry);
                }
                Err(error) => {
                    let (path, why) = taken_apart(&error);
                    let name = path.map_or_else(String::new, |path| name_of(root, path));
                    self.problem(name, ProblemKind::Unreadable, why);
                }
            }
        }
    }

    fn entry(&mut self, root: &str, entry: &DirEntry) {
        let name = name_of(root, entry.path());
        let Some(kind) = entry.file_type().filter(|kind| entry.depth() > 0 && !kind.is_dir()) else { return };
        if kind.is_symlink() {
            match entry.path().metadata() {
                Ok(target) if target.is_dir() => self.link_to_directory(name, entry.path()),
                Ok(target) if is_wanted(&name) && !target.is_file() => self.special(name),
                // One that leads nowhere is taken, too: reading it tells why.
                _ if is_wanted(&name) => self.take(name, entry.path().to_owned(), false),
                _ => {}
            }
        } else if is_wanted(&name) {
            if kind.is_file() { self.take(name, entry.path().to_owned(), false) } else { self.special(name) }
        }
    }

    fn special(&mut self, name: String) {
        self.problem(name, ProblemKind::SpecialFile, "it is neither a file nor a directory");
    }

    fn link_to_directory(&mut self, name: String, link: &Path) {
        let Ok(target) = link.canonicalize() else { return };
        let lies_in = link.parent().and_then(|parent| parent.canonicalize().ok());
        if lies_in.is_some_and(|parent| parent.starts_with(&target)) {
            let why = format!("the symlink leads back to {}, in which it lies", target.display());
            self.problem(name, ProblemKind::SymlinkLoop, why);
        } else if !self.roots.iter().any(|root| target.starts_with(root)) {
            let why = format!(
                "the symlink leads to {}, outside of what is checked, and symlinks to directories are not entered; \
                 name that directory to have it checked",
                target.display()
            );
            self.problem(name, ProblemKind::SymlinkOutside, why);
        }
    }
}

/// A path below a root under the name kubectl would give it.
fn name_of(root: &str, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => go_path::join(root, &below.to_string_lossy()),
        _ => path.to_string_lossy().into_owned(),
    }
}

/// Whether a file of this name is read when it is found below a directory.
pub fn is_wanted(name: &str) -> bool {
    matches!(go_path::extension(name), ".yaml" | ".yml" | ".json")
        || matches!(go_path::file_name(name), "Kustomization" | "Kptfile")
}

fn is_left_out(entry: &DirEntry, excluded: &Override) -> bool {
    let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
    is_of_version_control(entry.file_name().to_str().unwrap_or_default())
        || (!excluded.is_empty() && excluded.matched(absolute(entry.path()), is_directory).is_ignore())
}

fn is_of_version_control(name: &str) -> bool {
    matches!(name, ".git" | ".hg" | ".svn" | ".jj")
}

/// Whether a directory is part of a git work tree: one with a `.git` in it or above it.
fn in_git_work_tree(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    directory.ancestors().any(|ancestor| ancestor.join(".git").exists())
}

/// The path and the words of a walking error.
fn taken_apart(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), taken_apart(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => taken_apart(err),
        // The walker wraps the system's error in one that says the path again.
        ignore::Error::Io(error) if error.raw_os_error().is_none() => (None, error.kind().to_string()),
        ignore::Error::Io(error) => (None, go_words(error)),
        other => (None, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Problem, ProblemKind, WalkError, walk};
    use std::fs;
    use std::path::Path;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            fs::write(root.path().join(path), text).unwrap();
        }
        root
    }

    /// The names found, and the problems, all relative to the tree.
    fn walked(root: &Path, paths: &[&str], options: &Options) -> (Vec<String>, Vec<Problem>) {
        let root = root.canonicalize().unwrap();
        let paths: Vec<String> = paths.iter().map(|path| format!("{}/{path}", root.display())).collect();
        let walked = walk(&paths, options, &mut std::io::empty()).unwrap();
        let relative = |text: &str| text.replace(&format!("{}/", root.display()), "").replace("//", "/");
        let names = walked.files.iter().map(|found| relative(&walked.sources.get(found.file).name)).collect();
        let problems = walked
            .problems
            .into_iter()
            .map(|problem| Problem { path: relative(&problem.path), why: relative(&problem.why), ..problem })
            .collect();
        (names, problems)
    }

    fn names(root: &Path, paths: &[&str]) -> Vec<String> {
        let (names, problems) = walked(root, paths, &Options::default());
        assert_eq!(problems, []);
        names
    }

    #[test]
    fn finds_what_may_be_a_manifest_in_kubectls_order() {
        let root = tree(&[
            ("b/z.yml", ""),
            ("b.yaml", ""),
            ("B.json", ""),
            ("README.md", ""),
            (".github/workflows/ci.yaml", ""),
            (".git/config.yaml", ""),
            ("over/Kustomization", ""),
            ("pkg/Kptfile", ""),
        ]);
        assert_eq!(
            names(root.path(), &[""]),
            [".github/workflows/ci.yaml", "B.json", "b/z.yml", "b.yaml", "over/Kustomization", "pkg/Kptfile"]
        );
    }

    #[test]
    fn gitignore_is_respected_without_git() {
        let root = tree(&[
            (".gitignore", "build/\n*.local.yaml\n!keep.local.yaml\n"),
            ("a.yaml", ""),
            ("a.local.yaml", ""),
            ("keep.local.yaml", ""),
            ("build/b.yaml", ""),
            ("sub/.gitignore", "c.yaml"),
            ("sub/c.yaml", ""),
            ("sub/d.yaml", ""),
        ]);
        assert_eq!(names(root.path(), &[""]), ["a.yaml", "keep.local.yaml", "sub/d.yaml"]);
    }

    #[test]
    fn a_gitignore_above_counts_inside_a_work_tree_only() {
        let root = tree(&[(".gitignore", "x.yaml"), ("sub/x.yaml", "")]);
        assert_eq!(names(root.path(), &["sub"]), ["sub/x.yaml"]);
        fs::create_dir(root.path().join(".git")).unwrap();
        assert_eq!(names(root.path(), &["sub"]), <[&str; 0]>::default());
    }

    #[test]
    fn what_only_one_machine_knows_leaves_nothing_out() {
        let root = tree(&[(".git/info/exclude", "a.yaml"), ("a.yaml", "")]);
        assert_eq!(names(root.path(), &[""]), ["a.yaml"]);
    }

    #[test]
    fn a_named_file_is_always_read_and_each_file_once() {
        let root = tree(&[(".gitignore", "secret.yaml"), ("secret.yaml", ""), ("notes.txt", ""), ("a.yaml", "")]);
        assert_eq!(
            names(root.path(), &["secret.yaml", "notes.txt", "", "a.yaml"]),
            ["secret.yaml", "notes.txt", "a.yaml"]
        );
    }

    #[test]
    fn what_a_path_is_part_of_is_read_from_above_it() {
        let root = tree(&[
            (".git/HEAD", ""),
            ("Chart.yaml", ""),
            ("over/kustomization.yaml", ""),
            ("over/other.yaml", ""),
            ("over/patches/a.yaml", ""),
        ]);
        let base = root.path().canonicalize().unwrap().display().to_string();
        let context = |path: &str| -> Vec<String> {
            let walked = walk(&[format!("{base}/{path}")], &Options::default(), &mut std::io::empty()).unwrap();
            let name = |found: &super::Found| {
                assert_eq!(walked.sources.get(found.file).name, found.path);
                found.path.replace(&format!("{base}/"), "")
            };
            walked.context.iter().map(name).collect()
        };
        assert_eq!(context("over/patches/a.yaml"), ["over/kustomization.yaml", "Chart.yaml"]);
        assert_eq!(context("over/patches"), ["over/kustomization.yaml", "Chart.yaml"]);
        assert_eq!(context("over"), ["Chart.yaml"]);
        assert_eq!(context(""), <[&str; 0]>::default());
    }

    #[test]
    fn patterns_leave_out() {
        let root = tree(&[("a.yaml", ""), ("vendor/x/b.yaml", ""), ("c/vendor.yaml", ""), ("c/gen/d.yaml", "")]);
        let base = root.path().canonicalize().unwrap();
        let exclude = ["vendor/".to_owned(), "/c/gen/**".to_owned()].to_vec();
        let options = Options { exclude, exclude_base: base, ..Options::default() };
        assert_eq!(walked(root.path(), &[""], &options).0, ["a.yaml", "c/vendor.yaml"]);
    }

    #[test]
    fn a_missing_path_is_an_error() {
        let missing = ["/nowhere/at/all".to_owned()];
        let error = walk(&missing, &Options::default(), &mut std::io::empty()).unwrap_err();
        assert!(matches!(&error, WalkError::Path { .. }));
        assert_eq!(error.to_string(), "cannot check /nowhere/at/all: no such file or directory");
    }

    #[test]
    fn standard_input_is_a_file() {
        let walked = walk(&["-".to_owned()], &Options::default(), &mut "kind: x".as_bytes()).unwrap();
        let file = walked.sources.get(walked.files[0].file);
        assert_eq!((file.name.as_str(), &*file.text.text), ("STDIN", "kind: x"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_read_or_reported() {
        use std::os::unix::fs::symlink;
        let outside = tree(&[("o.yaml", "")]);
        let root = tree(&[("d/real.yaml", ""), ("e/x.yaml", "")]);
        let base = root.path();
        symlink("real.yaml", base.join("d/link.yaml")).unwrap();
        symlink("..", base.join("d/up")).unwrap();
        symlink("../e", base.join("d/beside")).unwrap();
        symlink(outside.path(), base.join("d/out")).unwrap();
        symlink("self.yaml", base.join("d/self.yaml")).unwrap();
        symlink("nothing", base.join("d/gone.yaml")).unwrap();
        let (names, problems) = walked(base, &[""], &Options::default());
        assert_eq!(names, ["d/link.yaml", "d/real.yaml", "e/x.yaml"]);
        let mut seen: Vec<(&str, ProblemKind)> = problems.iter().map(|p| (p.path.as_str(), p.kind)).collect();
        seen.sort_unstable_by_key(|(path, _)| *path);
        assert_eq!(
            seen,
            [
                ("d/gone.yaml", ProblemKind::Unreadable),
                ("d/out", ProblemKind::SymlinkOutside),
                ("d/self.yaml", ProblemKind::Unreadable),
                ("d/up", ProblemKind::SymlinkLoop),
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_reported() {
        use std::os::unix::fs::PermissionsExt;
        let root = tree(&[("a.yaml", ""), ("locked.yaml", ""), ("dir/b.yaml", "")]);
        let (file, directory) = (root.path().join("locked.yaml"), root.path().join("dir"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser reads everything, and there is nothing to report then.
        if fs::read(&file).is_err() {
            let (names, problems) = walked(root.path(), &[""], &Options::default());
            assert_eq!(names, ["a.yaml"]);
            let whys: Vec<_> = problems.iter().map(|p| (p.path.as_str(), p.kind, p.why.as_str())).collect();
            assert_eq!(
                whys,
                [
                    ("dir", ProblemKind::Unreadable, "permission denied"),
                    ("locked.yaml", ProblemKind::Unreadable, "open locked.yaml: permission denied"),
                ]
            );
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
