//! Files beside the manifests that are read or written as a whole: schemas of a catalogue, reports.
//!
//! Apart from `read` because these are not kubectl's to read, so nothing of its ways is followed.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// The text of a file; none if there is no such file.
///
/// # Errors
///
/// When it is there and cannot be read as UTF-8.
pub fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file, and the directories above it, so that a reader finds the old text or the new one and never a part of
/// either. Tells whether anything had to be written.
///
/// # Errors
///
/// When the file or a directory cannot be written.
pub fn write_whole(path: &Path, text: &str) -> io::Result<bool> {
    if read_if_there(path).is_ok_and(|old| old.as_deref() == Some(text)) {
        return Ok(false);
    }
    replace(path, text.as_bytes()).map(|()| true)
}

/// Writes a file, and the directories above it, so that a reader finds the old content or the new one and never a part
/// of either.
///
/// # Errors
///
/// When the file or a directory cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_once_and_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/er/schema.json");
        assert_eq!(read_if_there(&path).expect("no error"), None);
        assert!(write_whole(&path, "one").expect("written"));
        assert!(!write_whole(&path, "one").expect("left as it is"));
        assert!(write_whole(&path, "two").expect("written"));
        assert_eq!(read_if_there(&path).expect("no error").as_deref(), Some("two"));
        assert_eq!(
            fs::read_dir(path.parent().expect("a parent")).expect("a directory").count(),
            1,
            "nothing is left over"
        );
        assert!(write_whole(&path.join("below a file"), "three").is_err());
    }
}
