//! Files as they are in a git revision, and which have changed since, as the `git` program tells.
//!
//! Apart because it is the only place that knows git. Nothing is checked out, and nothing of the repository is written:
//! neither its work tree nor its index.

use super::walk::{absolute_path, is_wanted};
use super::{SourceFile, go_path};
use crate::yaml;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path};
use std::process::{Command, Stdio};

/// What has changed since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The top of the work tree: an absolute path.
    pub top: String,
    /// The commit that is compared with: the last one that the revision and `HEAD` have in common.
    pub base: String,
    /// Absolute paths of what was added, changed or deleted; of a submodule or of a repository inside of this one that is
    /// not tracked, its directory.
    pub paths: BTreeSet<String>,
}

/// What has changed since a revision in the work tree that a directory is in: since the last commit that the revision
/// and `HEAD` have in common, as a pull request shows it, so what others have changed in the revision meanwhile is
/// not counted. Committed or not makes no difference. Files that git does not track count as added; those that a
/// `.gitignore` leaves out are not looked at either.
///
/// # Errors
///
/// When git is not installed, this is no work tree, there is no such revision or it has no commit in common with `HEAD`:
/// git's words, or ours.
pub fn changes_since(revision: &str, directory: &str) -> Result<Changes, String> {
    if revision.is_empty() || revision.starts_with('-') {
        return Err(format!("{revision:?} is no git revision"));
    }
    let within = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(if directory.is_empty() { "." } else { directory }).args(arguments);
        // Looking must not take locks that somebody's commit waits for.
        command.env("GIT_OPTIONAL_LOCKS", "0");
        command
    };
    // Named from the directory, not resolved: files that are walked are named so as well.
    let up = text(&output(&mut within(&["rev-parse", "--show-cdup"]), None)?);
    let top = absolute_path(&go_path::join(directory, if up.is_empty() { "." } else { &up }));
    for name in [revision, "HEAD"] {
        let commit = format!("{name}^{{commit}}");
        output(&mut within(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]), None)
            .map_err(|_| format!("there is no commit {name} in this repository"))?;
    }
    let base = output(&mut within(&["merge-base", revision, "HEAD"]), None).map_err(|_| {
        format!(
            "{revision} and HEAD have no commit in common; if this is a shallow clone, fetch more of the history \
             (fetch-depth: 0 in actions/checkout, GIT_DEPTH: 0 in GitLab)"
        )
    })?;
    let base = text(&base);
    let diff = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-relative", &base, "--"];
    let mut paths = BTreeSet::new();
    let mut take = |listed: &[u8]| {
        let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        paths.extend(names.map(|name| go_path::join(&top, &String::from_utf8_lossy(name))));
    };
    take(&output(&mut within(&diff), None)?);
    // From the top, since git lists what it does not track from the directory it is in.
    let mut untracked = Command::new("git");
    untracked.args(["-C", &top, "ls-files", "--others", "--exclude-per-directory=.gitignore", "-z"]);
    take(&output(untracked.env("GIT_OPTIONAL_LOCKS", "0"), None)?);
    Ok(Changes { top, base, paths })
}

impl Changes {
    /// The changed files that may be manifests as they were; those that were not there are left out. Their names are the
    /// absolute paths.
    ///
    /// # Errors
    ///
    /// Git's words.
    pub fn before(&self) -> Result<Vec<SourceFile>, String> {
        let asked: Vec<(&str, &str)> = self
            .paths
            .iter()
            .filter(|path| is_wanted(path) && !path.contains('\n'))
            .filter_map(|path| Some((path.as_str(), path.strip_prefix(&self.top)?.trim_start_matches('/'))))
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = asked.iter().fold(String::new(), |wanted, (_, path)| wanted + &self.base + ":" + path + "\n");
        let contents = output(Command::new("git").args(["-C", &self.top, "cat-file", "--batch"]), Some(wanted))?;
        let mut rest = contents.as_slice();
        let mut files = Vec::new();
        for (name, _) in asked {
            let malformed = || format!("git cat-file gave no answer for {name}");
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(malformed)?;
            let header = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            let Some(size) = header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else { continue };
            let content = rest.get(..size).ok_or_else(malformed)?;
            files.push(SourceFile::new(name.to_owned(), yaml::decode_bytes(content.to_vec())));
            rest = rest.get(size + 1..).unwrap_or_default();
        }
        Ok(files)
    }

    /// Writes all files as they were into a directory of its own outside of the repository, which goes when the value
    /// does. Programs that render need files, so reading them is not enough.
    ///
    /// # Errors
    ///
    /// When git fails, the directory cannot be written, or the commit holds a path that no checkout would write.
    pub fn export(&self) -> Result<tempfile::TempDir, String> {
        let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
        let listing = output(
            Command::new("git").args(["-C", &self.top, "ls-tree", "-r", "-z", "--full-tree", &self.base]),
            None,
        )?;
        let mut files = Vec::new();
        for entry in String::from_utf8_lossy(&listing).split('\0') {
            let Some((entry, path)) = entry.split_once('\t') else { continue };
            let mut words = entry.split(' ');
            let (Some(mode), Some("blob"), Some(hash)) = (words.next(), words.next(), words.next()) else { continue };
            if !is_written_by_checkout(path) {
                return Err(format!("{} holds a file that no checkout would write: {path}", self.base));
            }
            files.push((mode == "120000", path.to_owned(), hash.to_owned()));
        }
        // Links come last: nothing is ever written through one.
        files.sort_by_key(|(is_link, ..)| *is_link);
        let directory = tempfile::Builder::new().prefix("seaworthy-").tempdir();
        let directory = directory.map_err(|error| failed("a directory for temporary files", error))?;
        // What ends at the top of the work tree ends here, too.
        fs::create_dir(directory.path().join(".git")).map_err(|error| failed(".git", error))?;
        let mut git = Command::new("git")
            .args(["-C", &self.top, "cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed("cannot run git", error))?;
        let wanted = files.iter().fold(String::new(), |wanted, (.., hash)| wanted + hash + "\n");
        let writer = git.stdin.take().map(|mut pipe| std::thread::spawn(move || pipe.write_all(wanted.as_bytes())));
        let mut contents = BufReader::new(git.stdout.take().ok_or("git has no output")?);
        let mut write = || -> std::io::Result<()> {
            for (is_link, path, _) in &files {
                let mut header = String::new();
                contents.read_line(&mut header)?;
                let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
                let size: u64 = size.ok_or_else(|| std::io::Error::other(format!("git has no content of {path}")))?;
                let target = directory.path().join(path);
                if let Some(parent) = target.parent() {
                    fs::create_dir_all(parent)?;
                }
                let mut content = (&mut contents).take(size);
                if *is_link {
                    link(&mut content, &target)?;
                } else {
                    std::io::copy(&mut content, &mut fs::File::create_new(&target)?)?;
                }
                contents.read_exact(&mut [0])?;
            }
            Ok(())
        };
        let written = write().map_err(|error| format!("cannot write the files of {}: {error}", self.base));
        drop(contents);
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        let _ = git.wait();
        written.map(|()| directory)
    }
}

/// A commit's files in a directory of their own, which goes when the value does.
#[derive(Debug)]
pub struct Export {
    directory: tempfile::TempDir,
    /// The top of the work tree: an absolute path.
    top: String,
}

/// Writes all files of a revision into a directory of its own: [`Changes::export`], of any commit.
///
/// # Errors
///
/// When git is not installed, this is no work tree, there is no such revision, or the directory cannot be written.
pub fn export(revision: &str) -> Result<Export, String> {
    if !has_commit(revision, "") {
        return Err(format!("{revision} is neither a path nor a git revision"));
    }
    let up = text(&output(Command::new("git").args(["rev-parse", "--show-cdup"]), None)?);
    let top = absolute_path(if up.is_empty() { "." } else { &up });
    let commit = Changes { top, base: revision.to_owned(), paths: BTreeSet::new() };
    Ok(Export { directory: commit.export()?, top: commit.top })
}

impl Export {
    /// Where a path of the work tree is; none if it lies outside of the repository.
    pub fn path_of(&self, path: &str) -> Option<String> {
        let absolute = absolute_path(path);
        let below = absolute.strip_prefix(&self.top)?;
        let below = if below.is_empty() || self.top == "/" { below } else { below.strip_prefix('/')? };
        Some(self.directory.path().join(below).to_string_lossy().into_owned())
    }
}

/// Whether the repository that a directory is in holds a commit of this name.
pub fn has_commit(revision: &str, directory: &str) -> bool {
    if revision.is_empty() || revision.starts_with('-') {
        return false;
    }
    let commit = format!("{revision}^{{commit}}");
    let directory = if directory.is_empty() { "." } else { directory };
    output(
        Command::new("git").args(["-C", directory, "rev-parse", "--verify", "--quiet", "--end-of-options", &commit]),
        None,
    )
    .is_ok()
}

/// Whether a directory is in a clone without its whole history.
pub fn is_shallow(directory: &str) -> bool {
    let directory = if directory.is_empty() { "." } else { directory };
    let answer = output(Command::new("git").args(["-C", directory, "rev-parse", "--is-shallow-repository"]), None);
    answer.is_ok_and(|answer| text(&answer) == "true")
}

/// Whether a path of a tree lies below the directory that it is written to, and outside of what is git's own
/// (`verify_path` in git's `read-cache.c`).
fn is_written_by_checkout(path: &str) -> bool {
    let is_plain = |component| match component {
        Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    };
    !path.is_empty() && Path::new(path).components().all(is_plain)
}

#[cfg(unix)]
fn link(content: &mut dyn Read, at: &Path) -> std::io::Result<()> {
    let mut target = String::new();
    content.read_to_string(&mut target)?;
    std::os::unix::fs::symlink(target, at)
}

/// Where there are no links, a checkout writes a file with the path in it.
#[cfg(not(unix))]
fn link(content: &mut dyn Read, at: &Path) -> std::io::Result<()> {
    std::io::copy(content, &mut fs::File::create_new(at)?).map(drop)
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim_end_matches(['\n', '\r']).to_owned()
}

/// The manifests that `paths` name as they are in `revision`, in the order of git's own listing: those of directories, and
/// of the directories below only where `recursive` says so, as kubectl reads them. Names are `REVISION:PATH`, as `git show`
/// takes them.
///
/// # Errors
///
/// When git is not installed, this is no repository, or there is no such revision: git's words.
pub fn files_at(revision: &str, paths: &[String], recursive: bool) -> Result<Vec<SourceFile>, String> {
    if revision.starts_with('-') {
        return Err(format!("{revision} is neither a path nor a git revision"));
    }
    let mut list = Command::new("git");
    list.args(["ls-tree", "-r", "-z", "--full-tree", revision, "--"]);
    let prefix = output(Command::new("git").args(["rev-parse", "--show-prefix"]), None)?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end().to_owned();
    let mut given = Vec::with_capacity(paths.len());
    for path in paths {
        let path = go_path::clean(&format!("{prefix}{path}"));
        list.arg(&path);
        given.push(if path == "." { String::new() } else { path });
    }
    let directory = |path: &str| path.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned());
    let is_given = |path: &str| recursive || given.iter().any(|one| one == path || *one == directory(path));
    let listing = output(&mut list, None)?;
    let mut names = Vec::new();
    let mut wanted = String::new();
    for line in String::from_utf8_lossy(&listing).split('\0') {
        let Some((entry, path)) = line.split_once('\t') else { continue };
        let Some(hash) = entry.strip_prefix("100").and_then(|_| entry.split(' ').nth(2)) else { continue };
        if matches!(go_path::extension(path), ".json" | ".yaml" | ".yml") && is_given(path) {
            names.push(format!("{revision}:{path}"));
            wanted.push_str(hash);
            wanted.push('\n');
        }
    }
    let contents = output(Command::new("git").args(["cat-file", "--batch"]), Some(wanted))?;
    let mut rest = contents.as_slice();
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let malformed = || format!("git cat-file gave no content for {name}");
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(malformed)?;
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size: usize = header.rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(malformed)?;
        let content = rest.get(end + 1..end + 1 + size).ok_or_else(malformed)?;
        files.push(SourceFile::new(name, yaml::decode_bytes(content.to_vec())));
        rest = rest.get(end + 2 + size..).unwrap_or_default();
    }
    Ok(files)
}

fn output(command: &mut Command, input: Option<String>) -> Result<Vec<u8>, String> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let started = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.map_err(|error| format!("cannot run git: {error}"))?;
    // Written beside the reading: git answers while it is asked, and a full pipe would stop both.
    let writer = input.zip(child.stdin.take()).map(|(text, mut pipe)| {
        std::thread::spawn(move || {
            let _ = pipe.write_all(text.as_bytes());
        })
    });
    let result = child.wait_with_output().map_err(|error| format!("git: {error}"))?;
    if let Some(writer) = writer {
        let _ = writer.join();
    }
    if result.status.success() {
        Ok(result.stdout)
    } else {
        Err(String::from_utf8_lossy(&result.stderr).trim().trim_start_matches("fatal: ").to_owned())
    }
}
