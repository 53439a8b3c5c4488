//! `seaworthy read`: what kubectl reads in a file, before it looks at the objects in it.
//!
//! Apart because it asks only the YAML reader, and its output is a contract of its own.

use crate::yaml::{self, Content, Escape, Stream};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// How `seaworthy read` shows documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFormat {
    /// One JSON array of all documents.
    Json,
    /// One line of JSON for each document.
    #[default]
    Jsonl,
}

/// Reads `path` (`-` is standard input) and prints one object for each document: `{"json": VALUE}`, `{"error": TEXT}` or
/// `{"skip": true}`. The exit code is 0, 1 if a document could not be read, 2 if the file could not.
pub fn read_command(path: &Path, format: ReadFormat) -> ExitCode {
    let bytes = match bytes_of(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("seaworthy: {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let stream = yaml::read(&yaml::decode_bytes(bytes), &yaml::Options::default());
    match print(&stream, format) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            eprintln!("seaworthy: standard output: {error}");
            return ExitCode::from(2);
        }
    }
    let failed = stream.documents.iter().any(|document| matches!(document.content, Content::Error(_)));
    ExitCode::from(u8::from(failed))
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
        Content::Value(tree) => format!("{{\"json\":{}}}", one_line(&yaml::write_json(tree.root(), Escape::Minimal))),
        Content::Empty => "{\"skip\":true}".to_owned(),
        Content::Error(error) => {
            format!("{{\"error\":{}}}", one_line(&serde_json::Value::from(error.message.as_str()).to_string()))
        }
    });
    match format {
        ReadFormat::Jsonl => {
            for line in lines {
                writeln!(out, "{line}")?;
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

/// The same JSON without the line breaks of Unicode that JSON does not escape: many a reader of lines knows them.
fn one_line(json: &str) -> String {
    json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
