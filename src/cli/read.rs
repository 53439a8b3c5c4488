//! `seaworthy read`: what kubectl reads in a file, before it looks at the objects in it.
//!
//! Apart because it asks only the YAML reader, and its output is a contract of its own.

use super::{REFUSED, WHOLE};
use crate::yaml::{self, Content, Escape, Stream};
use clap::Args;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// How `seaworthy read` shows documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFormat {
    /// One JSON array of all documents.
    Json,
    /// One line of JSON for each document.
    #[default]
    Jsonl,
}

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, `-` for standard input
    file: PathBuf,
    /// How the documents are shown
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: ReadFormat,
}

/// Prints one object for each document: `{"json": VALUE}`, `{"error": TEXT}` or `{"skip": true}`. Whole if every
/// document could be read, refused if one could not.
///
/// # Errors
///
/// When the file cannot be read, or standard output not written.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let bytes = bytes_of(&arguments.file).map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    let stream = yaml::read(&yaml::decode_bytes(bytes), &yaml::Options::default());
    match print(&stream, arguments.format) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(format!("standard output: {error}")),
        _ => {}
    }
    let failed = stream.documents.iter().any(|document| matches!(document.content, Content::Error(_)));
    Ok(if failed { REFUSED } else { WHOLE })
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    } else {
        std::fs::read(path)
    }
}

fn print(stream: &Stream, format: ReadFormat) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let lines = stream.documents.iter().map(|document| match &document.content {
        Content::Value(tree) => format!("{{\"json\":{}}}", yaml::write_json(tree.root(), Escape::Minimal)),
        Content::Empty => "{\"skip\":true}".to_owned(),
        Content::Error(error) => format!("{{\"error\":{}}}", serde_json::Value::from(error.message.as_str())),
    });
    match format {
        ReadFormat::Jsonl => {
            for line in lines {
                // Unicode takes NEL for the end of a line, and so do readers of lines (Python's `splitlines`).
                writeln!(out, "{}", line.replace('\u{85}', "\\u0085"))?;
            }
        }
        ReadFormat::Json => {
            out.write_all(b"[")?;
            for (at, line) in lines.enumerate() {
                write!(out, "{}{line}", if at > 0 { "," } else { "" })?;
            }
            writeln!(out, "]")?;
        }
    }
    out.flush()
}
