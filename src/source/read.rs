//! Bytes from disk and standard input, and the words Go has for what goes wrong.
//!
//! Apart because both ways of finding files (`walk` and `kubectl_files`) read them in the same way.

use super::SourceFile;
use crate::yaml;
use std::fs::Metadata;
use std::io::{self, Read};
use std::path::Path;

/// Places in a text are 32 bits; a file that does not fit is not read.
pub const LARGEST_FILE: u64 = u32::MAX as u64;

/// Why a file could not be read.
#[derive(Debug)]
pub enum ReadFailure {
    /// It could not be opened: Go prints `open PATH: …`.
    Open(io::Error),
    /// It was opened and could not be read: Go prints `read PATH: …`.
    Read(io::Error),
    /// It is larger than [`LARGEST_FILE`]; the size in bytes.
    TooLarge(u64),
}

impl ReadFailure {
    /// The words Go's `os` package has for it, with the path as it was asked for.
    pub fn message(&self, path: &str) -> String {
        match self {
            ReadFailure::Open(error) => format!("open {path}: {}", go_words(error)),
            ReadFailure::Read(error) => format!("read {path}: {}", go_words(error)),
            ReadFailure::TooLarge(size) => {
                format!("{path} has {size} bytes; seaworthy reads files of up to {LARGEST_FILE} bytes")
            }
        }
    }
}

/// What the system says of an error, as Go's `syscall.Errno` prints it.
pub fn go_words(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.find(" (os error").map_or(words.as_str(), |at| &words[..at]);
    let mut characters = words.chars();
    // Go's table is the C library's with a small first letter, but for words such as `I/O`.
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), &words[1..])
        }
        _ => words.to_owned(),
    }
}

/// Reads a file as kubectl does.
///
/// # Errors
///
/// When it cannot be opened or read, or is too large.
pub fn file(path: &Path, name: String) -> Result<SourceFile, ReadFailure> {
    let mut opened = std::fs::File::open(path).map_err(ReadFailure::Open)?;
    let size = opened.metadata().ok().filter(Metadata::is_file).map_or(0, |metadata| metadata.len());
    if size > LARGEST_FILE {
        return Err(ReadFailure::TooLarge(size));
    }
    to_end(&mut opened, size, name)
}

/// Reads a stream to its end.
///
/// # Errors
///
/// When it cannot be read, or is too large.
pub fn reader(stream: &mut dyn io::Read, name: String) -> Result<SourceFile, ReadFailure> {
    to_end(stream, 0, name)
}

/// `size` is how much there will be, if that is known: a small file is then read at once, and not in steps of a few bytes.
fn to_end(stream: &mut dyn io::Read, size: u64, name: String) -> Result<SourceFile, ReadFailure> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    stream.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(ReadFailure::Read)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(ReadFailure::TooLarge(bytes.len() as u64));
    }
    Ok(SourceFile::new(name, yaml::decode_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::go_words;
    use std::io::Error;

    #[test]
    fn errors_are_in_gos_words() {
        for (number, words) in [
            (2, "no such file or directory"),
            (13, "permission denied"),
            (20, "not a directory"),
            (21, "is a directory"),
            (40, "too many levels of symbolic links"),
        ] {
            assert_eq!(go_words(&Error::from_raw_os_error(number)), words);
        }
    }
}
