//! Files as they are in a git revision, read by the `git` program.
//!
//! Apart because it is the only place that knows git. Nothing is checked out and nothing is written.

use super::SourceFile;
use crate::yaml;
use std::io::Write;
use std::process::{Command, Stdio};

/// The manifests below `paths` as they are in `revision`, in the order of git's own listing. Names are
/// `REVISION:PATH`, as `git show` takes them.
///
/// # Errors
///
/// When git is not installed, this is no repository, or there is no such revision: git's words.
pub fn files_at(revision: &str, paths: &[String]) -> Result<Vec<SourceFile>, String> {
    if revision.starts_with('-') {
        return Err(format!("{revision} is neither a path nor a git revision"));
    }
    let mut list = Command::new("git");
    list.args(["ls-tree", "-r", "-z", "--full-tree", revision, "--"]);
    let prefix = output(Command::new("git").args(["rev-parse", "--show-prefix"]), None)?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end().to_owned();
    for path in paths {
        list.arg(super::go_path::clean(&format!("{prefix}{path}")));
    }
    let listing = output(&mut list, None)?;
    let mut names = Vec::new();
    let mut wanted = String::new();
    for line in String::from_utf8_lossy(&listing).split('\0') {
        let Some((entry, path)) = line.split_once('\t') else { continue };
        let Some(hash) = entry.strip_prefix("100").and_then(|_| entry.split(' ').nth(2)) else { continue };
        if matches!(super::go_path::extension(path), ".json" | ".yaml" | ".yml") {
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
