//! Texts back to disk: a file is replaced whole, or left as it is.
//!
//! Apart because nothing else in the program changes a file that a user wrote.

use super::read::go_words;
use crate::yaml;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a file was not written. It is as it was.
#[derive(Debug)]
pub enum WriteFailure {
    /// It is no longer what was read.
    Changed,
    /// It stands outside of the paths that were given: a symlink leads there.
    Outside(PathBuf),
    /// It may not be written to.
    ReadOnly,
    /// Its encoding cannot hold the text, or not all of it was text.
    Encoding,
    /// The system refuses.
    System(io::Error),
}

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteFailure::Changed => f.write_str("it has changed since it was read"),
            WriteFailure::Outside(target) => {
                write!(f, "it is a link to {}, which is outside of the paths given", target.display())
            }
            WriteFailure::ReadOnly => f.write_str("it is read-only"),
            WriteFailure::Encoding => f.write_str("it holds bytes that are no text"),
            WriteFailure::System(error) => f.write_str(&go_words(error)),
        }
    }
}

impl std::error::Error for WriteFailure {}

impl From<io::Error> for WriteFailure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Puts `new` in the place of the text `old` of a file, in the encoding the file has, with its permissions. A symlink
/// stays one: what it leads to is written. What was read before stays in place until all of the new text is on disk.
///
/// # Errors
///
/// When the file is no longer `old`, lies outside of `roots` (paths that were given), or cannot be written.
pub fn replace(path: &Path, roots: &[PathBuf], old: &str, new: &str) -> Result<(), WriteFailure> {
    let target = path.canonicalize()?;
    let is_given = |root: &PathBuf| root.canonicalize().is_ok_and(|root| target.starts_with(root));
    if !roots.iter().any(is_given) {
        return Err(WriteFailure::Outside(target));
    }
    let permissions = std::fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(WriteFailure::ReadOnly);
    }
    let directory = target.parent().unwrap_or(Path::new("."));
    let bytes = std::fs::read(&target)?;
    if *yaml::decode_bytes(bytes.clone()).text == *new {
        // It was given under two names.
        return Ok(());
    }
    let encoded = encode_like(&bytes, old, new)?;
    let mut file = tempfile::Builder::new().prefix(".seaworthy-").tempfile_in(directory)?;
    file.write_all(&encoded)?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    // As late as possible: whoever writes in between loses nothing.
    if std::fs::read(&target)? != bytes {
        return Err(WriteFailure::Changed);
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// The text as bytes of the encoding that `bytes`, which hold the text `old`, are in.
fn encode_like(bytes: &[u8], old: &str, new: &str) -> Result<Vec<u8>, WriteFailure> {
    let read = yaml::decode_bytes(bytes.to_vec());
    if *read.text != *old {
        return Err(WriteFailure::Changed);
    }
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        mark.into_iter().chain(new.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
    };
    let encoded = match bytes {
        _ if !read.replaced.is_empty() => return Err(WriteFailure::Encoding),
        [0xFE, 0xFF, ..] => utf16([0xFE, 0xFF], u16::to_be_bytes),
        [0xFF, 0xFE, ..] => utf16([0xFF, 0xFE], u16::to_le_bytes),
        [0xEF, 0xBB, 0xBF, ..] => [&[0xEF, 0xBB, 0xBF], new.as_bytes()].concat(),
        _ => new.as_bytes().to_vec(),
    };
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::{WriteFailure, encode_like, replace};
    use std::path::PathBuf;

    fn directory() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.yaml");
        std::fs::write(&path, "a: 1\n").expect("written");
        (directory, path)
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let (directory, path) = directory();
        replace(&path, &[directory.path().to_owned()], "a: 1\n", "a: 2\n").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a: 2\n");
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
    }

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let (directory, path) = directory();
        let failure = replace(&path, &[directory.path().to_owned()], "a: 0\n", "a: 2\n");
        assert!(matches!(failure, Err(WriteFailure::Changed)), "{failure:?}");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a: 1\n");
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (directory, path) = directory();
        let link = directory.path().join("link.yaml");
        symlink("a.yaml", &link).expect("a link");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("permissions");
        replace(&link, &[directory.path().to_owned()], "a: 1\n", "a: 2\n").expect("written");
        let metadata = |path: &PathBuf| std::fs::symlink_metadata(path).expect("metadata");
        assert!(metadata(&link).is_symlink());
        assert_eq!(metadata(&path).permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a: 2\n");
        replace(&path, &[directory.path().to_owned()], "a: 1\n", "a: 2\n").expect("written under its other name");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o440)).expect("permissions");
        let failure = replace(&link, &[directory.path().to_owned()], "a: 2\n", "a: 3\n");
        assert!(matches!(failure, Err(WriteFailure::ReadOnly)), "{failure:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_outside() {
        let (inside, (_outside, path)) = (tempfile::tempdir().expect("a directory"), directory());
        let link = inside.path().join("link.yaml");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let failure = replace(&link, &[inside.path().to_owned()], "a: 1\n", "a: 2\n");
        assert!(matches!(failure, Err(WriteFailure::Outside(_))), "{failure:?}");
        replace(&link, std::slice::from_ref(&link), "a: 1\n", "a: 2\n").expect("given by name");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a: 2\n");
    }

    #[test]
    fn the_encoding_stays() {
        for bytes in [&b"a: 1"[..], b"\xEF\xBB\xBFa: 1", b"\xFE\xFF\0a\0:\0 \x001", b"\xFF\xFEa\0:\0 \x001\0"] {
            let encoded = encode_like(bytes, "a: 1", "a: 2").expect("encoded");
            assert_eq!(encoded.len(), bytes.len());
            assert_eq!(encode_like(&encoded, "a: 2", "a: 1").expect("encoded"), bytes);
        }
        assert!(matches!(encode_like(b"\xFF", "\u{FFFD}", "a"), Err(WriteFailure::Encoding)));
    }
}
